import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Outcome } from './command-line.ts'

const main = join(import.meta.dirname, '../../harness/cli/main.ts')
const tsx = import.meta.resolve('tsx')

export interface ProgramOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly input?: string
  /** Sees standard output as it comes; what it returns is sent to the process as a signal. */
  readonly onOutput?: (soFar: string) => NodeJS.Signals | null
}

/** Runs the real command line in a process of its own. The services of the test go on answering meanwhile. */
export function program(argv: readonly string[], options: ProgramOptions): Promise<Outcome> {
  const { DATABASE_URL: _none, WATERTIGHT_DEBUG: _quiet, ...inherited } = process.env
  const child = spawn(process.execPath, ['--import', tsx, main, ...argv], {
    cwd: options.cwd,
    env: { ...inherited, ...options.env },
  })
  let stdout = ''
  let stderr = ''
  let signalled = false
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    const signal = signalled ? null : (options.onOutput?.(stdout) ?? null)
    if (signal !== null) signalled = child.kill(signal)
  })
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  child.stdin.end(options.input ?? '')
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === null) reject(new Error(`the program was ended by ${signal}: ${stderr}`))
      else resolve({ code, stdout, stderr })
    })
  })
}
