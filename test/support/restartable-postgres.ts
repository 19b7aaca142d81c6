import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll } from 'vitest'
import { freePort } from '../../fixtures/service/platform/redis-server.ts'
import { installations, type Installation } from '../../harness/postgres/binaries.ts'
import { cacheDirectory } from '../../harness/postgres/cache.ts'
import { newCluster, serverEnvironment, superuser } from '../../harness/postgres/cluster.ts'
import { serverIdentity } from '../../harness/postgres/identity.ts'

/** How a server goes: as it is restarted by an administrator, as in an emergency, as the kernel kills it. */
export type Ending = 'fast' | 'immediate' | 'killed'

const signals = { fast: 'SIGINT', immediate: 'SIGQUIT', killed: 'SIGKILL' } as const

/** A server of this test file alone, which goes away and comes back at the same address with what was committed. */
export interface RestartablePostgres {
  readonly url: string
  readonly stop: (ending: Ending) => Promise<void>
  readonly start: () => Promise<void>
}

/** The end of standard input, which comes when the test's process ends however it ends, ends the server. */
const supervisor =
  'exec 3<&0; "$1" -D "$2" -p "$3" -c synchronous_commit=on </dev/null 3<&- & server=$!; ' +
  '(read line <&3; kill -QUIT $server) >/dev/null 2>&1 & watcher=$!; exec 3<&-; wait $server; kill $watcher'

const running = new Map<ChildProcess, string>()

afterAll(async () => {
  for (const [child, directory] of running) {
    const ended = once(child, 'exit')
    child.stdin!.end()
    if (child.exitCode === null) await ended
    rmSync(directory, { recursive: true, force: true })
  }
})

/** What was committed is written when it is acknowledged: this server has data to lose. */
export async function restartablePostgres(): Promise<RestartablePostgres> {
  const identity = serverIdentity()
  const cache = cacheDirectory(identity)
  const candidates = [...installations(identity, cache, ['embedded', 'system'])]
  const installation = candidates.find((candidate): candidate is Installation => !('reason' in candidate))
  if (installation === undefined) throw new Error('there is no PostgreSQL to start')
  const { directory, password } = await newCluster(installation, identity, cache)
  const port = await freePort()
  let child: ChildProcess
  const launch = async (): Promise<void> => {
    const program = join(installation.directory, 'postgres')
    child = spawn('/bin/sh', ['-c', supervisor, 'postgres', program, directory, String(port)], {
      ...(identity ?? {}),
      cwd: directory,
      env: serverEnvironment(),
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    running.set(child, directory)
    await ready(child)
  }
  // Of a server that was killed, the children hold its memory a moment longer.
  const start = (): Promise<void> => launch().catch(() => delay(200).then(launch))
  const stop = async (ending: Ending): Promise<void> => {
    const ended = once(child, 'exit')
    const [pid] = readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n')
    process.kill(Number(pid), signals[ending])
    await ended
    running.delete(child)
  }
  await start()
  return { url: `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`, start, stop }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = ''
    child.stderr!.on('data', (chunk: Buffer) => {
      log = `${log}${chunk.toString()}`.slice(-4096)
      if (log.includes('ready to accept connections')) resolve()
    })
    child.once('close', () => reject(new Error(`the server ended: ${log}`)))
  })
}
