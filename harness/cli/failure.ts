import { asProblem } from '../../rules/problem.ts'
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

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}
