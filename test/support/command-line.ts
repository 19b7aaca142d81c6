import type { Io } from '../../harness/cli/command.ts'
import { run } from '../../harness/cli/run.ts'

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs one command line in this process, with streams that are no terminal. */
export async function commandLine(
  argv: readonly string[],
  cwd: string,
  signal = new AbortController().signal,
): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  const stream = (write: (text: string) => void) => ({ write, live: false, color: false, columns: 100 })
  const io: Io = {
    cwd,
    env: {},
    stdout: stream((text) => (stdout += text)),
    stderr: stream((text) => (stderr += text)),
    signal,
  }
  const code = await run(argv, io)
  return { code, stdout, stderr }
}
