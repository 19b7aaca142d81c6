import { Redis } from 'ioredis'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { connect } from '../../fixtures/service/isolation/connect.ts'
import { Placements } from '../../fixtures/service/isolation/placement.ts'
import { TenantStore } from '../../fixtures/service/isolation/store.ts'
import { plans, type Limits } from '../../fixtures/service/quotas/limits.ts'
import { readUsage, reserve } from '../../fixtures/service/quotas/usage.ts'
import { confine } from '../../fixtures/service/scoping/confine.ts'
import { buildService, type Service } from '../../fixtures/service/service.ts'
import { migratedDatabase } from '../support/migrated-database.ts'
import type { FreshDatabase } from '../support/postgres.ts'
import { testRedis, type TestRedis } from '../support/redis.ts'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'

const hour = 3_600_000
let now = 500_000 * hour
let redis: TestRedis
let service: RunningService

beforeAll(async () => {
  redis = await testRedis()
  service = await serviceOnFreshDatabase({ redisUrl: redis.url, clock: () => now, limitFractionAlone: 0.5 })
})

async function tenantWith(slug: string, limits: object): Promise<TenantInService> {
  now += 10 * hour
  const tenant = await service.tenant(slug)
  const body = { plan: 'unlimited', limits, reason: 'test' }
  expect((await service.operator(`PUT /operator/tenants/${tenant.id}/quotas`, { body })).status).toBe(200)
  return tenant
}

/** Commands that Redis got from clients while `work` ran; what a script calls is not among them. */
async function commandsDuring(url: string, work: () => Promise<unknown>): Promise<string[]> {
  const client = new Redis(url)
  const monitor = await client.monitor()
  const seen: string[] = []
  monitor.on('monitor', (_time: string, [name]: string[], source: string) => {
    if (source !== 'lua') seen.push(name!.toLowerCase())
  })
  await work()
  await client.echo('the end')
  await vi.waitFor(() => expect(seen).toContain('echo'))
  monitor.disconnect()
  client.disconnect()
  return seen.filter((name) => name !== 'echo')
}

describe('a request', () => {
  it('asks Redis once, however many windows there are and whatever it is answered', async () => {
    const limits = { requestsPerMinute: 30, requestsPerHour: 40, computeMillisecondsPerHour: 60_000 }
    const tenant = await tenantWith('once', { ...limits, concurrentRequests: 1000 })
    await tenant.member('GET /session')
    const commands = await commandsDuring(redis.url, async () => {
      for (let index = 0; index < 40; index += 1) await tenant.member('GET /projects')
    })
    // Besides them, leases go back on a timer, five times a second at most.
    const settlements = commands.length - 40
    expect(new Set(commands)).toEqual(new Set(['evalsha']))
    expect(settlements).toBeGreaterThanOrEqual(0)
    expect(settlements).toBeLessThanOrEqual(10)
  })

  it('that comes fifty times at once is not admitted more often than its place allows', async () => {
    const tenant = await tenantWith('places', { concurrentRequests: 3 })
    const answers = await Promise.all(Array.from({ length: 50 }, () => tenant.member('GET /projects')))
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused[0]).toMatchObject({
      headers: { 'retry-after': '1' },
      json: { 'violated-policies': ['concurrency'] },
    })
    expect(answers.filter(({ status }) => status === 200).length + refused.length).toBe(50)
    // Every place has come back.
    await vi.waitFor(async () => {
      const { headers } = await tenant.member('GET /projects')
      expect(headers['ratelimit']).toBe('"concurrency";r=2')
    })
  })
})

describe('a client that hangs up', () => {
  it('gives its place back', async () => {
    const tenant = await tenantWith('hangs-up', { concurrentRequests: 20 })
    const url = new URL('/projects', await service.app.listen({ host: '127.0.0.1', port: 0 }))
    const hangUp = async (milliseconds: number) => {
      const headers = { authorization: `Bearer ${tenant.memberToken}` }
      await fetch(url, { headers, signal: AbortSignal.timeout(milliseconds) }).catch(() => {})
    }
    await Promise.all(Array.from({ length: 60 }, (_, index) => hangUp(1 + (index % 20))))
    await vi.waitFor(
      async () => {
        const { headers } = await tenant.member('GET /session')
        expect(headers['ratelimit']).toBe('"concurrency";r=19')
      },
      { timeout: 5000 },
    )
  })
})

describe('two instances on one PostgreSQL', () => {
  let database: FreshDatabase
  let instances: Service[]

  beforeAll(async () => {
    database = await migratedDatabase()
    const options = { databaseUrl: database.url, redisUrl: redis.url, poolSize: 8, operatorToken: 'operator' }
    instances = [await buildService(options), await buildService(options)]
    return async () => void (await Promise.all(instances.map(({ app }) => app.close())))
  })

  it('sell the last places of a tenant once', async () => {
    const members = [{ name: 'Ada', email: 'ada@example.org', role: 'admin' }]
    const operator = (at: number, method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) =>
      instances[at]!.app.inject({
        method,
        url,
        headers: { authorization: 'Bearer operator' },
        ...(payload && { payload }),
      })
    const body = { slug: 'race', name: 'Race', members }
    const { id } = (await operator(0, 'POST', '/operator/tenants', body)).json()
    const limits = { plan: 'unlimited', limits: { projects: 10 }, reason: 'test' }
    await operator(0, 'PUT', `/operator/tenants/${id}/quotas`, limits)
    const tokens = await Promise.all(
      [0, 1].map(
        async (at) => (await operator(at, 'GET', `/operator/tenants/${id}`)).json().members[0].token,
      ),
    )
    const create = (index: number) =>
      instances[index % 2]!.app.inject({
        method: 'POST',
        url: '/projects',
        headers: { authorization: `Bearer ${tokens[index % 2]}` },
        payload: { slug: `p${index}`, name: 'Project' },
      })
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => create(index)))
    const statuses = answers.map(({ statusCode }) => statusCode).toSorted()
    expect(statuses).toEqual([...Array(10).fill(201), ...Array(40).fill(403)])
    const { rows } = await database.pool.query(
      `SELECT count(*)::int AS made, (SELECT used::int FROM quota_usage WHERE resource = 'projects') AS used FROM projects`,
    )
    expect(rows).toEqual([{ made: 10, used: 10 }])
  })

  it('never oversell storage, whatever is aborted between', async () => {
    const members = [{ name: 'Ada', email: 'ada@example.org', role: 'admin' }]
    const made = await instances[0]!.app.inject({
      method: 'POST',
      url: '/operator/tenants',
      headers: { authorization: 'Bearer operator' },
      payload: { slug: 'storage', name: 'Storage', members },
    })
    const scope = { tenantId: String(made.json().id) }
    const roles = await Promise.all([1, 2].map(() => connect(database.url, undefined, 8)))
    const stores = roles.map(
      ({ registry, tenants }) => new TenantStore(new Placements(registry.database), tenants, confine),
    )
    const limits: Limits = { ...plans.unlimited, storageBytes: 1000 }
    const attempts = Array.from({ length: 50 }, (_, index) =>
      stores[index % 2]!.run(scope, async (transaction) => {
        await reserve(transaction, scope, limits, { storageBytes: 90 })
        if (index % 5 === 0) throw new Error('the upload was aborted')
      }),
    )
    const settled = await Promise.allSettled(attempts)
    const stored = settled.filter(({ status }) => status === 'fulfilled').length
    expect(stored).toBe(11)
    const { storageBytes } = await stores[0]!.run(scope, readUsage)
    expect(storageBytes).toBe(990)
    await Promise.all(roles.map(({ close }) => close()))
  })
})

describe('without Redis', () => {
  it('an instance allows its share of the limit, and all of it when Redis is back', async () => {
    const tenant = await tenantWith('alone', { requestsPerHour: 20 })
    expect((await tenant.member('GET /session')).headers['ratelimit']).toBe('"hour";r=19;t=3600')
    await redis.kill()
    const alone = await Promise.all(Array.from({ length: 30 }, () => tenant.member('GET /session')))
    expect(alone.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(10)
    expect(alone.every(({ status }) => status === 200 || status === 429)).toBe(true)
    const refused = await tenant.member('GET /session')
    expect(refused.headers['ratelimit-policy']).toBe('"hour";q=10;w=3600')
    expect(refused.json.type).toBe(
      'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
    )
    expect((await service.operator(`GET /operator/tenants/${tenant.id}/quotas`)).json).toMatchObject({
      counted: false,
      limits: { requestsPerHour: 20 },
    })
    expect(await service.quotaJobs.reconcile({ tenantId: tenant.id })).toBe(false)
    await redis.start()
    // What was admitted meanwhile is counted: 10, and those of this loop.
    await vi.waitFor(
      async () => {
        const { headers } = await tenant.member('GET /session')
        expect(headers['ratelimit-policy']).toBe('"hour";q=20;w=3600')
      },
      { timeout: 10_000, interval: 20 },
    )
    const { headers } = await tenant.member('GET /session')
    expect(headers['ratelimit']).toBe('"hour";r=8;t=3600')
  })

  it('nothing is forgotten that was reconciled: counters that were lost begin with what was kept', async () => {
    const tenant = await tenantWith('kept', { requestsPerHour: 100 })
    const scope = { tenantId: tenant.id }
    const left = async () =>
      Number(/r=(\d+)/.exec(String((await tenant.member('GET /session')).headers['ratelimit']))?.[1])
    for (let index = 0; index < 30; index += 1) await tenant.member('GET /session')
    await Promise.all([service.quotaJobs.reconcile(scope), service.quotaJobs.reconcile(scope)])
    const kept = () =>
      service.database.pool
        .query(`SELECT used::int FROM quota_hours WHERE tenant_id = $1 AND resource = 'requests'`, [
          tenant.id,
        ])
        .then(({ rows }) => rows.map(({ used }) => used))
    expect(await kept()).toEqual([30])
    await redis.kill()
    await redis.start()
    // Only the service's own connection has to notice.
    await vi.waitFor(async () => expect(await service.quotaJobs.reconcile(scope)).toBe(true), {
      timeout: 10_000,
    })
    expect(await left()).toBe(69)
    await service.quotaJobs.reconcile(scope)
    await service.quotaJobs.reconcile(scope)
    expect(await kept()).toEqual([31])
    expect(await left()).toBe(68)
    now += hour
    expect(await left()).toBe(67)
    await service.quotaJobs.reconcile(scope)
    expect((await kept()).toSorted()).toEqual([1, 32])
  })

  it('that hangs, requests are answered all the same', async () => {
    const tenant = await tenantWith('hung', { requestsPerHour: 1000 })
    redis.freeze()
    try {
      const answers = await Promise.all(Array.from({ length: 20 }, () => tenant.member('GET /session')))
      expect(answers.every(({ status }) => status === 200)).toBe(true)
      expect((await tenant.member('GET /session')).headers['ratelimit-policy']).toBe('"hour";q=500;w=3600')
    } finally {
      redis.thaw()
    }
  })
})
