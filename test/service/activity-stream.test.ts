import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { InProcessState } from '../../fixtures/service/platform/in-process.ts'
import { RedisState } from '../../fixtures/service/platform/redis.ts'
import { leaseStream, mostOfOneUser, releaseStream } from '../../fixtures/service/quotas/stream-leases.ts'
import { openEvents, type EventReader, type StreamRequest } from '../support/events.ts'
import { testRedis, type TestRedis } from '../support/redis.ts'
import {
  arrange,
  serviceOnFreshDatabase,
  withoutLimits,
  type RunningService,
  type TenantInService,
} from '../support/service.ts'

const opened: EventReader[] = []
afterEach(() => {
  for (const reader of opened.splice(0)) reader.close()
})

async function listening(service: RunningService): Promise<string> {
  return service.app.listen({ host: '127.0.0.1', port: 0 })
}

async function open(url: string, token: string, request?: StreamRequest): Promise<EventReader> {
  const reader = await openEvents(url, token, request)
  opened.push(reader)
  return reader
}

const kindsOf = ({ events }: EventReader) => events.map(({ data }) => data.kind)
const numbersOf = ({ events }: EventReader) => events.map(({ id }) => id)

async function label({ member }: TenantInService, name: string): Promise<string> {
  const { status, json } = await member('PUT /labels', { body: { name, color: 'red' } })
  expect(status).toBe(200)
  return json.id
}

describe.each(['team', 'business', 'enterprise'] as const)('streams, on the plan %s', (plan) => {
  let redis: TestRedis
  let service: RunningService
  let other: RunningService
  let urls: readonly [string, string]
  let acme: TenantInService
  let rival: TenantInService

  beforeAll(async () => {
    redis = await testRedis()
    // Nobody looks by the clock: what is told here was announced.
    const streamTimes = { look: 600_000, heartbeat: 600_000 }
    service = await serviceOnFreshDatabase({ plan, redisUrl: redis.url, streamTimes })
    other = await service.second()
    urls = [await listening(service), await listening(other)]
    acme = await service.tenant('acme')
    rival = await service.tenant('rival')
    for (const tenant of [acme, rival]) await withoutLimits(service, tenant)
  })

  it('tell what happens, on every instance at once, each tenant its own', async () => {
    const readers = await Promise.all(
      [acme, rival].flatMap(({ memberToken }) => urls.map((url) => open(url, memberToken))),
    )
    const [ofAcme, ofRival] = [await label(acme, 'first'), await label(rival, 'first')]
    await Promise.all(readers.map((reader) => reader.until(({ length }) => length === 1)))
    const subjects = readers.map(({ events }) => events.map(({ data }) => data.subjectId))
    expect(subjects).toEqual([[ofAcme], [ofAcme], [ofRival], [ofRival]])
    await delay(100)
    expect(readers.map(({ events }) => events.length)).toEqual([1, 1, 1, 1])
  })

  it('go on behind the last event without loss or duplicate, however often they break', async () => {
    const [first] = (await acme.member('GET /activity?limit=1')).json.items
    let last: number = first?.number ?? 0
    const from = last
    let writing = true
    const written: Promise<string[]> = (async () => {
      const ids: string[] = []
      for (let index = 0; writing; index += 1) ids.push(await label(acme, `broken ${index}`))
      return ids
    })()
    const got: { id: number; subject: string }[] = []
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const reader = await open(urls[attempt % 2]!, acme.memberToken, { lastEventId: last })
      await reader.until(({ length }) => length >= 1 + (attempt % 4))
      reader.close()
      await reader.ended
      got.push(...reader.events.map(({ id, data }) => ({ id, subject: data.subjectId })))
      last = got.at(-1)!.id
    }
    writing = false
    const ids = await written
    const rest = await open(urls[0], acme.memberToken, { lastEventId: last })
    await rest.until(() => got.length + rest.events.length >= ids.length)
    got.push(...rest.events.map(({ id, data }) => ({ id, subject: data.subjectId })))
    expect(got.map(({ subject }) => subject)).toEqual(ids)
    expect(got.map(({ id }) => id)).toEqual(ids.map((_, index) => from + index + 1))
  })

  it('are pages of the feed when they are to end at once', async () => {
    const whole = await open(urls[0], acme.adminToken, { lastEventId: 0, query: '?seconds=0' })
    await whole.ended
    const count = (await acme.admin('GET /activity?limit=1')).json.items[0].number
    expect(numbersOf(whole)).toEqual(Array.from({ length: count }, (_, index) => index + 1))
    const narrowed = await open(urls[0], acme.adminToken, {
      lastEventId: 0,
      query: '?seconds=0&kind=tenant.provisioned',
    })
    await narrowed.ended
    expect(kindsOf(narrowed)).toEqual(['tenant.provisioned'])
    const beyond = await open(urls[0], acme.adminToken, { lastEventId: count + 1 })
    expect(beyond.status).toBe(400)
  })

  it('believe no announcement: forged and stray ones show nothing', async () => {
    const reader = await open(urls[0], acme.memberToken)
    const before = reader.lastId()
    const forger = new Redis(redis.url)
    const channel = `{${acme.id}}:activity`
    for (const message of [
      `${acme.id} ${before + 1000}`,
      `${rival.id} 999999999`,
      'nonsense',
      `${acme.id} -1`,
      `{"number":1,"json":"{}"}`,
    ]) {
      await forger.publish(channel, message)
    }
    await label(rival, 'forged')
    // The rival's announcement strays into the channel.
    await forger.publish(channel, `${rival.id} 12`)
    await delay(300)
    expect(reader.events).toEqual([])
    const own = await label(acme, 'after the forgery')
    await reader.until(({ length }) => length === 1)
    expect(reader.events).toMatchObject([{ id: before + 1, data: { subjectId: own } }])
    // Nobody listens for a tenant that nobody follows.
    for (const one of opened.splice(0)) one.close()
    await expect.poll(async () => forger.pubsub('NUMSUB', channel)).toEqual([channel, 0])
    forger.disconnect()
  })
})

describe('a stream ends', () => {
  let service: RunningService
  let url: string
  let acme: TenantInService

  beforeAll(async () => {
    service = await serviceOnFreshDatabase({ streamTimes: { heartbeat: 400 } })
    url = await listening(service)
    acme = await service.tenant('acme')
    await withoutLimits(service, acme)
  })

  async function newcomer(role = 'member') {
    const email = `${crypto.randomUUID()}@example.org`
    const { json } = await acme.admin('POST /users', { body: { name: 'Eve', email, role } })
    const { members } = (await service.operator(`GET /operator/tenants/${acme.id}`)).json
    const { token } = members.find(({ userId }: { userId: string }) => userId === json.id)
    return { id: json.id as string, token: token as string }
  }

  /** And no event that came to be afterwards has been told. */
  async function endsBy(token: string, work: () => Promise<unknown>, milliseconds = 1500): Promise<void> {
    const reader = await open(url, token)
    expect(reader.status).toBe(200)
    await label(acme, 'before')
    await reader.until(({ length }) => length >= 1)
    const before = reader.events.length
    const started = performance.now()
    await work()
    await label(acme, 'afterwards').catch(() => {})
    await reader.ended
    expect(performance.now() - started).toBeLessThan(milliseconds + 3000)
    expect(kindsOf(reader).slice(before)).not.toContain('label.put')
    const again = await open(url, token)
    expect(again.status).toBeGreaterThanOrEqual(401)
  }

  it('when the membership is removed', async () => {
    const { id, token } = await newcomer()
    await endsBy(token, () => acme.admin(`DELETE /users/${id}`))
  })

  it('when the sessions are revoked', async () => {
    const { id, token } = await newcomer()
    await endsBy(token, () => service.operator(`POST /operator/tenants/${acme.id}/members/${id}/revoke`))
  })

  it('when the membership goes behind the service’s back, with the next sign of life', async () => {
    const { id, token } = await newcomer()
    const remove = () =>
      service.database.pool.query(
        `BEGIN; SELECT set_config('app.tenant_id', '${acme.id}', true);
         DELETE FROM memberships WHERE user_id = '${id}'; COMMIT`,
      )
    await endsBy(token, remove)
  })

  it('when its API key is deleted', async () => {
    const { json: key } = await acme.admin('POST /api-keys', { body: { name: 'streams', role: 'guest' } })
    await endsBy(key.token, () => acme.admin(`DELETE /api-keys/${key.id}`))
  })

  it('when the operator stops acting as somebody', async () => {
    const at = `/operator/tenants/${acme.id}/impersonations`
    const visit = { userId: acme.adminId, operator: 'Olga', reason: 'ticket' }
    const { json: started } = await service.operator(`POST ${at}`, { body: visit })
    await endsBy(started.token, () => service.operator(`DELETE ${at}/${started.id}`))
  })

  it('when the keys of all tokens are revoked', async () => {
    const own = await serviceOnFreshDatabase()
    const tenant = await own.tenant('acme')
    const reader = await open(await listening(own), tenant.memberToken)
    await own.operator('POST /operator/keys/rotate', { body: { revoke: true } })
    await reader.ended
  })

  it('when the token expires', async () => {
    const own = await serviceOnFreshDatabase({ tokenLifetimeSeconds: 1 })
    const tenant = await own.tenant('acme')
    const reader = await open(await listening(own), tenant.memberToken)
    expect(reader.status).toBe(200)
    const started = performance.now()
    await reader.ended
    // Clocks of instances may differ by five seconds.
    expect(performance.now() - started).toBeLessThan(12_000)
  })

  it('when the tenant is suspended, and when it is gone', async () => {
    const tenant = await service.tenant('leaving')
    const first = await open(url, tenant.memberToken)
    await service.operator(`POST /operator/tenants/${tenant.id}/suspend`)
    await first.ended
    expect((await open(url, tenant.memberToken)).status).toBe(403)
    await service.operator(`POST /operator/tenants/${tenant.id}/resume`)
    const second = await open(url, tenant.memberToken)
    expect(second.status).toBe(200)
    await service.operator(`DELETE /operator/tenants/${tenant.id}`)
    await second.ended
  })

  it('not when nothing happens: it gives signs of life, and tells less to who may know less', async () => {
    const { id, token } = await newcomer()
    const reader = await open(url, token)
    await reader.until(() => reader.heartbeats() >= 2)
    await acme.admin('PUT /configuration', {
      body: { settings: { branding: { displayName: 'Acme' } } },
      headers: { 'if-match': '*' },
    })
    await acme.admin(`PATCH /users/${id}`, { body: { role: 'guest' } })
    await reader.until(({ length }) => length >= 1)
    expect(kindsOf(reader)).toEqual(['member.changed'])
    // The number of what it may not know is behind it all the same: it will not be looked for again.
    await reader.until(() => reader.lastId() === reader.events.at(-1)!.id)
  })

  it('when the service stops, and goes on with the next one', async () => {
    const own = await serviceOnFreshDatabase({ serviceKey: Buffer.alloc(32, 7).toString('base64url') })
    const tenant = await own.tenant('acme')
    const reader = await open(await listening(own), tenant.memberToken)
    await label(tenant, 'one')
    await reader.until(({ length }) => length === 1)
    const next = await own.second()
    await own.app.close()
    await reader.ended
    await next.as(tenant.memberToken)('PUT /labels', { body: { name: 'two', color: 'red' } })
    const resumed = await open(await listening(next), tenant.memberToken, { lastEventId: reader.lastId() })
    await resumed.until(({ length }) => length === 1)
    expect(numbersOf(resumed)).toEqual([reader.lastId() + 1])
  })
})

describe('streams are limited', () => {
  it('by a script that does the same in Redis and in the process', async () => {
    const redis = new RedisState((await testRedis()).url, () => {})
    await redis.settle(5000)
    const step = fc.record({
      pass: fc.integer({ min: 0, max: 700 }),
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      most: fc.tuple(fc.integer({ min: -1, max: 4 }), fc.integer({ min: -1, max: 3 })),
      releases: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const states = [redis, new InProcessState(() => 0)]
        const keys = [crypto.randomUUID(), crypto.randomUUID()]
        let now = 1_800_000_000_000
        for (const { pass, id, most, releases } of steps) {
          now += pass
          const [script, args] = releases ? [releaseStream, [id]] : [leaseStream, [now, 1000, id, ...most]]
          const [left, right] = await Promise.all(states.map((state) => state.run(script, keys, args)))
          expect(right).toEqual(left)
        }
      }),
      { numRuns: 60 },
    )
    await redis.close()
  })

  it('for each user, whatever the tenant may have', async () => {
    const service = await serviceOnFreshDatabase()
    const url = await listening(service)
    const acme = await service.tenant('acme')
    await withoutLimits(service, acme)
    for (let index = 0; index < mostOfOneUser; index += 1) {
      expect((await open(url, acme.memberToken)).status).toBe(200)
    }
    expect((await open(url, acme.memberToken)).status).toBe(429)
    expect((await open(url, acme.adminToken)).status).toBe(200)
  })

  it('for each tenant, on all instances together, and give their place back', async () => {
    const redis = await testRedis()
    const service = await serviceOnFreshDatabase({ redisUrl: redis.url })
    const other = await service.second()
    const urls = [await listening(service), await listening(other)]
    const acme = await service.tenant('acme')
    const limits = { concurrentStreams: 3, concurrentRequests: 2 }
    await service.operator(`PUT /operator/tenants/${acme.id}/quotas`, { body: { limits, reason: 'test' } })
    const readers = [
      await open(urls[0]!, acme.memberToken),
      await open(urls[1]!, acme.memberToken),
      await open(urls[0]!, acme.adminToken),
    ]
    expect(readers.map(({ status }) => status)).toEqual([200, 200, 200])
    const refused = await open(urls[1]!, acme.adminToken)
    expect(refused.status).toBe(429)
    // Requests have their own places.
    expect((await acme.member('GET /projects')).status).toBe(200)
    readers[0]!.close()
    await readers[0]!.ended
    await expect.poll(async () => (await open(urls[1]!, acme.adminToken)).status).toBe(200)
  })

  it('by a share for each instance while there is no Redis, and are told by the look', async () => {
    const redis = await testRedis()
    const service = await serviceOnFreshDatabase({ redisUrl: redis.url, streamTimes: { look: 100 } })
    const url = await listening(service)
    const acme = await service.tenant('acme')
    const limits = { concurrentStreams: 8 }
    await service.operator(`PUT /operator/tenants/${acme.id}/quotas`, { body: { limits, reason: 'test' } })
    await redis.kill()
    const statuses = []
    for (let index = 0; index < 3; index += 1) statuses.push((await open(url, acme.memberToken)).status)
    expect(statuses).toEqual([200, 200, 429])
    await label(acme, 'without Redis')
    await opened[0]!.until(({ length }) => length === 1)
  })
})

describe('a reader that takes nothing', () => {
  it('is cut, and holds up nobody', async () => {
    const service = await serviceOnFreshDatabase({ streamTimes: { patience: 300, look: 100 } })
    const url = await listening(service)
    const acme = await service.tenant('acme')
    await withoutLimits(service, acme)
    const count = 30_000
    await arrange(
      service,
      acme.id,
      `INSERT INTO activities (tenant_id, number, kind, subject_id, actor_kind, actor_id)
         SELECT '${acme.id}', value + n, 'label.put', gen_random_uuid(), 'user', '${acme.memberId}'
         FROM tenant_counters, generate_series(1, ${count}) n WHERE tenant_id = '${acme.id}' AND name = 'activity';
       UPDATE tenant_counters SET value = value + ${count} WHERE tenant_id = '${acme.id}' AND name = 'activity'`,
    )
    const slow = await open(url, acme.adminToken, { lastEventId: 0 })
    slow.response.pause()
    const quick = await open(url, acme.memberToken)
    const started = performance.now()
    await label(acme, 'meanwhile')
    await quick.until(({ length }) => length === 1)
    expect(performance.now() - started).toBeLessThan(3000)
    quick.close()
    const connections = () =>
      new Promise((resolve) => service.app.server.getConnections((_error, count) => resolve(count)))
    await expect.poll(connections, { timeout: 60_000, interval: 200 }).toBe(0)
    // What the operating system holds for it may still come.
    slow.response.resume()
    await slow.ended
    expect(slow.events.length).toBeLessThan(count)
    const rest = await open(url, acme.adminToken, { lastEventId: slow.lastId(), query: '?seconds=0' })
    await rest.ended
    const numbers = [...numbersOf(slow), ...numbersOf(rest)]
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
    expect(numbers.length).toBeGreaterThan(count)
  }, 120_000)
})
