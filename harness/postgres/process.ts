import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Installation } from './binaries.ts'
import { type Cluster, serverEnvironment } from './cluster.ts'
import type { Identity } from './identity.ts'

/** A postmaster that accepts connections. */
export interface RunningCluster {
  readonly port: number
  /** Ends the server and removes its data. */
  readonly stop: () => Promise<void>
}

/**
 * Runs the server and waits for either its end or the end of standard input, which the operating system closes when our
 * process ends, however it ends. Then the data go. Immediate shutdown: nothing is kept that a checkpoint could save.
 */
const supervisor = `
exec 3<&0
"$1" -D "$2" -p "$3" </dev/null 3<&- &
server=$!
( read line <&3; kill -QUIT $server 2>/dev/null ) >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait $server
code=$?
kill $watcher 2>/dev/null
rm -rf "$2"
exit $code
`

const attempts = 8

/**
 * Starts the server on a free port of 127.0.0.1. Between choosing the port and binding it another process may take it, so
 * that is tried again.
 *
 * @throws Error with the end of the server's log
 * @internal
 */
export async function runCluster(
  installation: Installation,
  cluster: Cluster,
  identity: Identity | null,
): Promise<RunningCluster> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const child = launch(installation, cluster, identity, port)
    const outcome = await ready(child)
    if (outcome.ready) return { port, stop: () => stop(child, cluster) }
    const taken = /could not bind|address already in use/i.test(outcome.log)
    if (!taken || attempt === attempts) {
      rmSync(cluster.directory, { recursive: true, force: true })
      throw new Error(lastLines(outcome.log))
    }
  }
}

function launch(
  installation: Installation,
  cluster: Cluster,
  identity: Identity | null,
  port: number,
): ChildProcess {
  const windows = process.platform === 'win32'
  const program = join(installation.directory, windows ? 'postgres.exe' : 'postgres')
  const [file, parameters] = windows
    ? [program, ['-D', cluster.directory, '-p', String(port)]]
    : ['/bin/sh', ['-c', supervisor, 'watertight-postgres', program, cluster.directory, String(port)]]
  return spawn(file, parameters, {
    ...(identity ?? {}),
    cwd: cluster.directory,
    env: serverEnvironment(),
    // A Ctrl-C in the terminal is for us; the server must outlive it until we are done.
    detached: !windows,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
}

function ready(child: ChildProcess): Promise<{ ready: boolean; log: string }> {
  return new Promise((resolve) => {
    let log = ''
    const listen = (chunk: Buffer) => {
      log = `${log}${chunk.toString('utf8')}`.slice(-8192)
      if (!log.includes('ready to accept connections')) return
      child.stderr!.off('data', listen)
      child.stderr!.resume()
      letGo(child)
      resolve({ ready: true, log })
    }
    child.stderr!.on('data', listen)
    child.stdin!.on('error', () => {})
    child.once('error', (error) => resolve({ ready: false, log: error.message }))
    child.once('close', (code) => resolve({ ready: false, log: log || `the server ended with ${code}` }))
  })
}

/** A forgotten `stop` must not keep our process alive: its end is what ends the server. */
function letGo(child: ChildProcess): void {
  child.unref()
  for (const stream of [child.stdin, child.stderr]) (stream as unknown as { unref?: () => void }).unref?.()
}

async function stop(child: ChildProcess, cluster: Cluster): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.ref()
    const ended = once(child, 'exit')
    if (process.platform === 'win32') child.kill()
    else child.stdin!.end()
    await ended
  }
  rmSync(cluster.directory, { recursive: true, force: true })
}

function lastLines(log: string): string {
  return log.trim().split('\n').slice(-3).join(' ')
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
