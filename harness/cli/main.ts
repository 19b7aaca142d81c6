#!/usr/bin/env node
import type { Terminal } from '../report/console.ts'
import type { Io } from './command.ts'
import { reportFailure } from './failure.ts'
import { run } from './run.ts'

const interrupted = new AbortController()

/** The first Ctrl-C ends the run with what is known so far, the second at once. */
function interrupt(): void {
  if (interrupted.signal.aborted) process.exit(130)
  process.stderr.write('\nstopping; press Ctrl-C again to leave at once\n')
  interrupted.abort()
}

function terminal(stream: NodeJS.WriteStream): Terminal {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '0'
  const refused = (NO_COLOR !== undefined && NO_COLOR !== '') || FORCE_COLOR === '0' || TERM === 'dumb'
  // A reader that has seen enough (`| head`) is no error.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return {
    write: (text) => void stream.write(text),
    live: stream.isTTY === true && TERM !== 'dumb',
    color: !refused && (forced || stream.isTTY === true),
    columns: stream.columns ?? 100,
  }
}

const io: Io = {
  cwd: process.cwd(),
  env: process.env,
  stdout: terminal(process.stdout),
  stderr: terminal(process.stderr),
  signal: interrupted.signal,
}

process.on('SIGINT', interrupt)
process.on('SIGTERM', interrupt)
// Node would leave with 1, which means that tenants are not isolated.
process.on('uncaughtException', (error) => process.exit(reportFailure(error, io, false)))

const code = await run(process.argv.slice(2), io)
// Sockets that a service under attack keeps open must not keep the command open; its output must be out, though.
const drained = (stream: NodeJS.WriteStream) => new Promise<void>((done) => stream.write('', () => done()))
await Promise.all([drained(process.stdout), drained(process.stderr)])
process.exit(code)
