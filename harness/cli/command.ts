import type { Terminal } from '../report/console.ts'

/** The world as a command sees it; `main.ts` takes it from the process, tests bring their own. */
export interface Io {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Terminal
  readonly stderr: Terminal
  /** Aborted on Ctrl-C. */
  readonly signal: AbortSignal
}

/** One command of the command line. */
export interface Command {
  readonly name: string
  /** One line for the overview. */
  readonly summary: string
  /** What `--help` prints. */
  readonly help: string
  /** Returns the exit code: 0 clean and covered, 1 finding, 2 usage, 3 inconclusive, 4 not enough coverage. */
  readonly run: (argv: readonly string[], io: Io) => Promise<number>
}

/** `finding` and the like as exit codes. */
export const exitCodes = { clean: 0, finding: 1, inconclusive: 3, uncovered: 4 } as const
