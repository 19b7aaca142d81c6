import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { afterAll } from 'vitest'
import { freePort } from '../../fixtures/service/platform/redis-server.ts'

/** A Redis of this test file alone, which can be killed and brought back at the same address. */
export interface TestRedis {
  readonly url: string
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  /** Stops answering without closing any connection, and goes on. */
  readonly freeze: () => void
  readonly thaw: () => void
}

const running = new Set<ChildProcess>()

afterAll(async () => {
  for (const child of running) {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
})

export async function testRedis(): Promise<TestRedis> {
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  let child: ChildProcess
  const start = async (): Promise<void> => {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    child = spawn('redis-server', options, { stdio: 'ignore' })
    running.add(child)
    child.once('exit', () => running.delete(child))
    const client = new Redis(url, { retryStrategy: () => 5, maxRetriesPerRequest: null })
    client.on('error', () => {})
    await client.ping()
    client.disconnect()
  }
  await start()
  return {
    url,
    start,
    kill: async () => {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  }
}
