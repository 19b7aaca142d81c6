#!/usr/bin/env node
import type { Io } from './command.ts'
import { reportFailure } from './failure.ts'
import { run } from './run.ts'
import { terminalOf } from './terminal.ts'

const interrupted = new AbortController()

/** The first Ctrl-C ends the run with what is known so far, the second at once. */
function interrupt(): void {
  if (interrupted.signal.aborted) process.exit(130)
  process.stderr.write('\nstopping; press Ctrl-C again to leave at once\n')
  interrupted.abort()
}

const io: Io = {
  cwd: process.cwd(),
  env: process.env,
  stdout: terminalOf(process.stdout),
  stderr: terminalOf(process.stderr),
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
