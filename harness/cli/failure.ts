import { Problem } from '../../rules/problem.ts'
import { paintFor } from '../report/console.ts'
import type { Io } from './command.ts'

/** Says what went wrong, without a stack trace unless WATERTIGHT_DEBUG asks for it, and returns the exit code. */
export function reportFailure(error: unknown, io: Io, json: boolean): number {
  const problem = asProblem(error)
  const paint = paintFor(io.stderr)
  io.stderr.write(`${paint.red.bold(`error ${problem.code}:`)} ${problem.message}\n`)
  io.stderr.write(`${paint.bold('next:')} ${problem.next}\n`)
  if (io.env['WATERTIGHT_DEBUG'] === '1') io.stderr.write(`${stackOf(error)}\n`)
  if (json) {
    const { code, message, next } = problem
    io.stdout.write(`${JSON.stringify({ problem: { code, message, next } }, null, 2)}\n`)
  }
  return problem.exitCode
}

/** Whatever is no {@link Problem} is a defect of watertight, and never looks like a result. */
function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new Problem(
    'E-INTERNAL',
    `watertight failed: ${text.split('\n')[0]}`,
    'Run it again with WATERTIGHT_DEBUG=1 and report what it prints.',
    { cause: error },
  )
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}
