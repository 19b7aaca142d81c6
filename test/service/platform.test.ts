import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { InProcessState } from '../../fixtures/service/platform/in-process.ts'
import { tenantKey } from '../../fixtures/service/platform/tenant-key.ts'
import { openSharedState } from '../../fixtures/service/platform/open.ts'
import { findRedisServer, startRedisServer } from '../../fixtures/service/platform/redis-server.ts'
import { RedisState } from '../../fixtures/service/platform/redis.ts'
import { StateUnavailable, type Script, type SharedState } from '../../fixtures/service/platform/state.ts'
import { testRedis, type TestRedis } from '../support/redis.ts'

const said: string[] = []
const report = (message: string) => void said.push(message)

let redis: TestRedis

beforeAll(async () => {
  redis = await testRedis()
})

async function redisState(): Promise<SharedState> {
  const state = new RedisState(redis.url, report)
  await state.settle(5000)
  return state
}

/** Two numbers: how often the key was counted, and the sum. */
const count: Script = {
  lua: `
redis.call('HINCRBY', KEYS[1], 'times', 1)
redis.call('HINCRBY', KEYS[1], 'sum', ARGV[1])
redis.call('PEXPIRE', KEYS[1], 60000)
return {tonumber(redis.call('HGET', KEYS[1], 'times')), tonumber(redis.call('HGET', KEYS[1], 'sum'))}`,
  inProcess(keyspace, [key], [addend]) {
    const [times, sum] = keyspace.read<[number, number]>(key!) ?? [0, 0]
    const counted = [times + 1, sum + Number(addend)]
    keyspace.write(key!, counted, 60_000)
    return counted
  },
}

describe.each([
  ['redis', redisState],
  ['in-process', async () => new InProcessState()],
] as const)('shared state: %s', (kind, open) => {
  let state: SharedState
  const key = () => tenantKey({ tenantId: randomUUID() }, 'test', 'a b:c')

  beforeAll(async () => {
    state = await open()
  })
  afterAll(() => state.close())

  it('says what it is', () => expect(state.kind).toBe(kind))

  it('gives back what was set, until it is deleted or its time is over', async () => {
    const [kept, brief] = [key(), key()]
    expect(await state.get(kept)).toBeNull()
    await state.set(kept, 'value ☃', 60_000)
    await state.set(brief, 'value', 1)
    expect(await state.get(kept)).toBe('value ☃')
    await vi.waitFor(async () => expect(await state.get(brief)).toBeNull())
    await state.delete(kept, brief)
    expect(await state.get(kept)).toBeNull()
  })

  it('never goes back to an older revision, whatever order they come in', async () => {
    const place = key()
    expect(await state.getRevision(place)).toBeNull()
    const orders = [3, 1, 5, 5, 4].map((revision) =>
      state.setRevision(place, { revision, value: `r${revision}` }, 60_000),
    )
    expect(await Promise.all(orders)).toEqual([true, false, true, false, false])
    expect(await state.getRevision(place)).toEqual({ revision: 5, value: 'r5' })
  })

  it('runs a script as one step', async () => {
    const place = key()
    const replies = await Promise.all(Array.from({ length: 100 }, () => state.run(count, [place], [2])))
    expect(replies.map(([times]) => times)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
    expect(replies.at(-1)).toEqual([100, 200])
  })

  it('hands messages to all who listen to the channel, and to nobody who has left', async () => {
    const channel = `channel ${randomUUID()}`
    const heard: string[] = []
    const listen = (name: string) =>
      state.subscribe(channel, {
        message: (message) => heard.push(`${name} ${message}`),
        missed: () => {},
      })
    const [, leave] = await Promise.all([listen('one'), listen('two')])
    // A subscription that is made before the connection stands counts from when it does.
    await vi.waitFor(async () => {
      await state.publish(channel, 'first')
      await vi.waitFor(() => expect(heard).toContain('two first'), 100)
    })
    leave()
    await state.publish(channel, 'second')
    await vi.waitFor(() => expect(heard).toContain('one second'))
    expect(heard).not.toContain('two second')
  })
})

describe('keys', () => {
  it('lead with the tenant, and no part can pretend to be two', () => {
    const scope = { tenantId: 'a' }
    expect(tenantKey(scope, 'quota', 'x:y')).toBe('{a}:quota:x%3Ay')
    expect(tenantKey(scope, 'quota', 'x', 'y')).not.toBe(tenantKey(scope, 'quota', 'x:y'))
  })
})

describe('when Redis goes away', () => {
  it('commands fail at once, and succeed again when it is back, without help', async () => {
    const state = await redisState()
    const missed = vi.fn()
    await state.subscribe('channel', { message: () => {}, missed })
    await vi.waitFor(() => expect(missed).toHaveBeenCalled())
    missed.mockClear()
    await redis.kill()
    await vi.waitFor(async () => {
      const started = performance.now()
      const asked = await Promise.allSettled(Array.from({ length: 1000 }, () => state.get('key')))
      expect(asked.every((answer) => answer.status === 'rejected')).toBe(true)
      expect((asked[0] as PromiseRejectedResult).reason).toBeInstanceOf(StateUnavailable)
      expect(performance.now() - started).toBeLessThan(500)
    })
    await vi.waitFor(() => expect(said).toContain('the connection to Redis is lost'))
    await redis.start()
    await vi.waitFor(() => state.set('key', 'value', 60_000), { timeout: 10_000 })
    expect(await state.get('key')).toBe('value')
    // Whoever listens learns that invalidations may have been missed.
    await vi.waitFor(() => expect(missed).toHaveBeenCalled(), { timeout: 10_000 })
    await vi.waitFor(() => expect(said).toContain('Redis is back'))
    await state.close()
  })

  it('and hangs instead of closing, only the first command waits for it', async () => {
    const state = await redisState()
    redis.freeze()
    try {
      await expect(state.get('key')).rejects.toThrow(StateUnavailable)
      const started = performance.now()
      await expect(state.get('key')).rejects.toThrow(StateUnavailable)
      expect(performance.now() - started).toBeLessThan(100)
    } finally {
      redis.thaw()
    }
    await vi.waitFor(() => state.get('key'), { timeout: 5000 })
    await state.close()
  })
})

describe('the state that the service opens', () => {
  it('is the one at the URL; else a server of its own, which ends with it; else one within the process', async () => {
    const given = await openSharedState(redis.url, report)
    expect(given.kind).toBe('redis')
    await given.close()
    const server = await startRedisServer((await findRedisServer())!)
    const own = new RedisState(server.url, report, server.stop)
    await own.settle(5000)
    await own.set('key', 'value', 60_000)
    await own.close()
    await expect(fetch(server.url.replace(/^redis:\/\/.*@/, 'http://'))).rejects.toThrow()
    vi.stubEnv('PATH', '/nowhere')
    const alone = await openSharedState(undefined, report)
    vi.unstubAllEnvs()
    expect(alone.kind).toBe('in-process')
    expect(said.at(-1)).toMatch(/of this process alone/)
  })

  it('does not outlive a process that is killed', async () => {
    const module = join(resolve(import.meta.dirname, '../..'), 'fixtures/service/platform/redis-server.ts')
    const program = `
      import { findRedisServer, startRedisServer } from ${JSON.stringify(module)}
      const { url } = await startRedisServer(await findRedisServer())
      console.log(url)
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const state = new RedisState(url, report)
    await state.settle(5000)
    await state.set('key', 'value', 60_000)
    child.kill('SIGKILL')
    await vi.waitFor(() => expect(state.get('key')).rejects.toThrow(StateUnavailable), { timeout: 5000 })
    await state.close()
  })

  it('lets the service start when the URL leads nowhere', async () => {
    const state = await openSharedState('redis://127.0.0.1:1', report)
    await expect(state.get('key')).rejects.toThrow(StateUnavailable)
    await state.close()
  })
})
