import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { plans } from '../../fixtures/service/quotas/limits.ts'
import { buildService, type Service } from '../../fixtures/service/service.ts'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'
import { testRedis } from '../support/redis.ts'

/** The same on every tier that a plan may choose. */
describe.each(['team', 'business', 'enterprise'] as const)('on the plan %s', (plan) => {
  /** The beginning of an hour, so that a test stays in one window. */
  const hour = 3_600_000
  let now = 500_000 * hour
  let service: RunningService
  let tenant: TenantInService
  let tenants = 0

  beforeAll(async () => {
    service = await serviceOnFreshDatabase({ plan, redisUrl: (await testRedis()).url, clock: () => now })
  })

  beforeEach(async () => {
    now += 10 * hour
    tenants += 1
    tenant = await service.tenant(`tenant${tenants}`)
  })

  const quotasOf = ({ id }: { id: string }) => `/operator/tenants/${id}/quotas`

  async function settle(limits: object, more: object = {}, of: { id: string } = tenant): Promise<void> {
    const body = { plan: 'unlimited', limits, reason: 'test', ...more }
    expect(await service.operator(`PUT ${quotasOf(of)}`, { body })).toMatchObject({ status: 200 })
  }

  const project = (slug: string) => ({ body: { slug, name: slug } })

  describe('a window', () => {
    it('tells how much is left, and refuses what is too much until the time it names', async () => {
      await settle({ requestsPerMinute: 5 })
      for (let left = 4; left >= 0; left -= 1) {
        const { status, headers } = await tenant.member('GET /session')
        expect(status).toBe(200)
        expect(headers).toMatchObject({
          'ratelimit-policy': '"minute";q=5;w=60',
          ratelimit: `"minute";r=${left};t=60`,
        })
      }
      const refused = await tenant.member('GET /session')
      expect(refused.status).toBe(429)
      expect(refused.headers).toMatchObject({
        'content-type': 'application/problem+json; charset=utf-8',
        ratelimit: '"minute";r=0;t=60',
        'quota-level': 'exhausted',
      })
      expect(refused.json).toEqual({
        type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
        title: 'Too Many Requests',
        status: 429,
        detail: 'The limit is reached.',
        'violated-policies': ['minute'],
      })
      const wait = Number(refused.headers['retry-after'])
      now += (wait - 1) * 1000
      expect((await tenant.member('GET /session')).status).toBe(429)
      now += 1000
      expect((await tenant.member('GET /session')).status).toBe(200)
    })

    it('of an hour holds beside that of a minute', async () => {
      await settle({ requestsPerMinute: 4, requestsPerHour: 6 })
      const statuses: number[] = []
      for (let index = 0; index < 8; index += 1) {
        statuses.push((await tenant.member('GET /session')).status)
        now += 60_000
      }
      expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429, 429])
    })

    it('counts the time of handlers, and refuses when there is none left', async () => {
      await settle({ computeMillisecondsPerHour: 1 })
      expect((await tenant.member('GET /search?q=a')).status).toBe(200)
      await vi.waitFor(async () => {
        const { status, json } = await tenant.member('GET /search?q=a')
        expect(status).toBe(429)
        expect(json['violated-policies']).toEqual(['compute'])
      })
      const { json } = await service.operator(`GET ${quotasOf(tenant)}`)
      expect(json).toMatchObject({ level: 'read-only', windows: [{ name: 'compute', unit: 'milliseconds' }] })
    })
  })

  describe('limits of one tenant', () => {
    it('change no answer of another', async () => {
      const rival = await service.tenant(`rival${tenants}`)
      const before = (await rival.member('GET /quotas')).text
      await settle({ requestsPerMinute: 1, concurrentRequests: 1, projects: 0 })
      const flood = await Promise.all(Array.from({ length: 50 }, () => tenant.member('GET /projects')))
      expect(flood.filter(({ status }) => status === 200)).toHaveLength(1)
      const { json, headers, status } = await rival.member('GET /quotas')
      expect(status).toBe(200)
      expect(json.windows[0]).toMatchObject({ used: 2 })
      expect(json.limits).toEqual(JSON.parse(before).limits)
      expect(headers['quota-level']).toBeUndefined()
      expect(headers['ratelimit']).toMatch(new RegExp(`^"minute";r=${plans[plan].requestsPerMinute - 2};`))
      expect((await rival.admin('POST /projects', project('web'))).status).toBe(201)
    })

    it('do not hold health answers or the operator', async () => {
      await settle({ requestsPerMinute: 0 })
      expect((await tenant.member('GET /session')).status).toBe(429)
      expect((await service.as(tenant.memberToken)('GET /health')).status).toBe(200)
      const data = { projects: [{ slug: 'web', name: 'Web' }] }
      expect(
        (await service.operator(`POST /operator/tenants/${tenant.id}/import`, { body: data })).status,
      ).toBe(201)
      expect((await service.operator(`GET ${quotasOf(tenant)}`)).status).toBe(200)
    })
  })

  describe('the ladder', () => {
    it('goes from kept answers over reads alone to nothing, and says so each time', async () => {
      await settle({ requestsPerHour: 20 })
      await tenant.admin('POST /projects', project('first'))
      for (let index = 1; index < 15; index += 1) await tenant.admin('GET /projects')
      const fresh = await tenant.admin('GET /projects')
      expect(fresh.headers).toMatchObject({ 'quota-level': 'cached-reads' })
      expect(fresh.headers['cache-status']).toBe('tracker; fwd=miss; stored')
      const kept = await tenant.admin('GET /projects')
      expect(kept).toMatchObject({ status: 200, text: fresh.text })
      expect(kept.headers).toMatchObject({ 'cache-status': 'tracker; hit', age: '0' })
      // Another user of the tenant, and whoever has just written, get no kept answer.
      expect((await tenant.member('GET /projects')).headers['cache-status']).toMatch(/miss/)
      await tenant.admin('PATCH /tenant', { body: { name: 'Renamed' } })
      const readOnly = await tenant.admin('POST /projects', project('second'))
      expect(readOnly.status).toBe(429)
      expect(readOnly.headers['quota-level']).toBe('read-only')
      expect(readOnly.json.detail).toBe('Close to the limit only reads are served.')
      expect(Number(readOnly.headers['retry-after'])).toBeGreaterThan(1)
      const last = await tenant.admin('GET /projects')
      expect(last.status).toBe(200)
      expect(last.headers['cache-status']).toMatch(/miss/)
      expect(last.headers['quota-level']).toBe('read-only')
      const nothing = await tenant.admin('GET /projects')
      expect(nothing).toMatchObject({ status: 429, headers: { 'quota-level': 'exhausted' } })
    })
  })

  describe('things that a tenant has', () => {
    it('are counted with the work that makes and removes them', async () => {
      await settle({ projects: 2, tasks: 3, members: 3 })
      const made = await tenant.admin('POST /projects', project('one'))
      expect((await tenant.admin('POST /projects', project('one'))).status).toBe(409)
      expect((await tenant.admin('POST /projects', project('two'))).status).toBe(201)
      const refused = await tenant.admin('POST /projects', project('three'))
      expect(refused.status).toBe(403)
      expect(refused.json).toMatchObject({ 'violated-policies': ['projects'] })
      for (const title of ['a', 'b', 'c']) {
        await tenant.admin(`POST /projects/${made.json.id}/tasks`, { body: { title } })
      }
      const task = { body: { title: 'd' } }
      expect((await tenant.admin(`POST /projects/${made.json.id}/tasks`, task)).status).toBe(403)
      const user = { body: { name: 'Eve', email: 'eve@example.org', role: 'member' } }
      const eve = await tenant.admin('POST /users', user)
      expect((await tenant.admin('POST /users', user)).status).toBe(403)
      expect((await tenant.admin('GET /quotas')).json.usage).toEqual([
        { resource: 'members', limit: 3, used: 3 },
        { resource: 'projects', limit: 2, used: 2 },
        { resource: 'storageBytes', limit: null, used: 0 },
        { resource: 'tasks', limit: 3, used: 3 },
      ])
      await tenant.admin(`DELETE /projects/${made.json.id}`)
      await tenant.admin(`DELETE /users/${eve.json.id}`)
      const { json } = await tenant.admin('GET /quotas')
      expect(json.usage.map(({ used }: { used: number }) => used)).toEqual([2, 1, 0, 0])
      expect((await tenant.admin('GET /projects')).json.total).toBe(1)
      expect(await service.quotaJobs.recount({ tenantId: tenant.id })).toEqual({})
    })

    it.runIf(plan === 'team')('are counted anew when the count was wrong', async () => {
      await tenant.admin('POST /projects', project('one'))
      await service.database.pool.query(`
        SELECT set_config('app.tenant_id', '${tenant.id}', true);
        UPDATE quota_usage SET used = 7 WHERE tenant_id = '${tenant.id}' AND resource = 'projects'`)
      const wrong = await service.quotaJobs.recount({ tenantId: tenant.id })
      expect(wrong).toEqual({ projects: { was: 7, is: 1 } })
      expect((await tenant.admin('GET /quotas')).json.usage[1]).toMatchObject({ used: 1 })
    })
  })

  describe('features', () => {
    it('that the plan does not include are refused', async () => {
      await settle({ features: ['reports'] })
      expect((await tenant.admin('GET /reports/tasks')).status).toBe(200)
      const refused = await tenant.admin('GET /search?q=a')
      expect(refused).toMatchObject({ status: 403, json: { 'violated-policies': ['search'] } })
    })
  })

  describe('notices', () => {
    const seen = async () =>
      (await tenant.admin('GET /quotas/notices')).json.items.map(
        ({ resource, threshold }: { resource: string; threshold: number }) => `${resource} ${threshold}`,
      )

    it('are written for each admin once a window, however often a threshold is passed', async () => {
      await settle({ requestsPerHour: 40 })
      const flood = () => Promise.all(Array.from({ length: 60 }, () => tenant.member('GET /session')))
      await flood()
      await flood()
      const once = [100, 80, 95].map((threshold) => `requestsPerHour ${threshold}`)
      const told = async () => {
        now += 3 * hour
        return (await seen()).toSorted()
      }
      await vi.waitFor(async () => expect(await told()).toEqual(once))
      now += 3 * hour
      await flood()
      await vi.waitFor(async () => expect(await told()).toEqual([...once, ...once].toSorted()))
      expect((await tenant.member('GET /quotas/notices')).status).toBe(403)
    })

    it('of things that a tenant has commit with the work', async () => {
      await settle({ projects: 5 })
      for (const slug of ['a', 'b', 'c']) await tenant.admin('POST /projects', project(slug))
      expect(await seen()).toEqual([])
      await tenant.admin('POST /projects', project('d'))
      expect(await seen()).toEqual(['projects 80'])
      await tenant.admin('POST /projects', project('e'))
      await tenant.admin('POST /projects', project('f'))
      expect(await seen()).toEqual(['projects 100', 'projects 95', 'projects 80'])
    })
  })

  describe('the operator', () => {
    it('settles limits for good, for a time on top, and back to the plan', async () => {
      const limitOf = async () => {
        const { json } = await tenant.admin('GET /quotas')
        return [json.plan, json.limits.projects, json.until]
      }
      expect(await limitOf()).toEqual([plan, plans[plan].projects, null])
      await settle({ projects: 7 }, { plan: 'free' })
      expect(await limitOf()).toEqual(['free', 7, null])
      const expiresAt = new Date(now + hour).toISOString()
      await settle({ projects: 70 }, { plan: undefined, reason: 'migration', expiresAt })
      expect(await limitOf()).toEqual(['free', 70, expiresAt])
      now += hour
      expect(await limitOf()).toEqual(['free', 7, null])
      await settle({}, { plan: 'business' })
      expect(await limitOf()).toEqual(['business', 50_000, null])
      const { json } = await service.operator(`GET ${quotasOf(tenant)}`)
      expect(json.settlements.map(({ reason }: { reason: string }) => reason)).toEqual([
        'test',
        'migration',
        'test',
        'provisioned',
      ])
      expect(json.settlements[1].limits).toEqual({ projects: 70 })
      expect(json.counted).toBe(true)
    })

    it('is told what cannot be settled', async () => {
      const put = (body: object, path = quotasOf(tenant)) => service.operator(`PUT ${path}`, { body })
      expect((await put({ reason: 'x', expiresAt: new Date(now - 1).toISOString() })).status).toBe(400)
      expect((await put({ limits: { projects: 1 } })).status).toBe(400)
      expect((await put({ limits: { unknown: 1 }, reason: 'x' })).status).toBe(400)
      expect((await put({ limits: { projects: -1 }, reason: 'x' })).status).toBe(400)
      const nobody = '/operator/tenants/00000000-0000-4000-8000-000000000000/quotas'
      expect((await put({ reason: 'x' }, nobody)).status).toBe(404)
      expect((await service.operator(`GET ${nobody}`)).status).toBe(404)
      expect((await tenant.admin(`PUT ${quotasOf(tenant)}`, { body: { reason: 'x' } })).status).toBe(401)
    })

    it('reaches every instance at once', async () => {
      const options = { databaseUrl: service.database.url, redisUrl: (await testRedis()).url, poolSize: 2 }
      const [one, other] = await Promise.all([buildService(options), buildService(options)])
      const ask = (at: Service, method: 'GET' | 'PUT', url: string, token: string, payload?: object) =>
        at.app.inject({
          method,
          url,
          headers: { authorization: `Bearer ${token}` },
          ...(payload && { payload }),
        })
      const known = await ask(other, 'GET', `/operator/tenants/${tenant.id}`, other.operatorToken)
      const { token } = known.json().members[0]
      const planThere = async () => (await ask(other, 'GET', '/quotas', token)).json().plan
      expect(await planThere()).toBe(plan)
      await ask(one, 'PUT', quotasOf(tenant), one.operatorToken, { plan: 'free', reason: 'test' })
      await vi.waitFor(async () => expect(await planThere()).toBe('free'), { timeout: 5000 })
      await Promise.all([one.app.close(), other.app.close()])
    })
  })
})
