import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { migratedDatabase } from '../support/migrated-database.ts'
import { serve } from '../support/service-process.ts'
import {
  serviceOnFreshDatabase,
  withoutLimits,
  type Ask,
  type RunningService,
  type TenantInService,
} from '../support/service.ts'

/** Writes until told to stop, and tells which writes were answered with success. */
function keepWriting({ member }: TenantInService, round: number) {
  const acknowledged: string[] = []
  const refused: number[] = []
  let going = true
  const writer = async (lane: number) => {
    for (let index = 0; going; index += 1) {
      const slug = `new-${round}-${lane}-${index}`
      const { status } = await member('POST /projects', { body: { slug, name: slug } })
      if (status === 201) acknowledged.push(slug)
      else refused.push(status)
    }
  }
  const writers = Promise.all([writer(0), writer(1), writer(2)])
  return async () => {
    going = false
    await writers
    return { acknowledged, refused }
  }
}

async function slugs(ask: Ask): Promise<string[]> {
  const found: string[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const page = await ask(`GET /projects?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`)
    expect(page.status).toBe(200)
    found.push(...page.json.items.map(({ slug }: { slug: string }) => slug))
    cursor = page.json.nextCursor
  }
  return found
}

const over = ['done', 'failed']

async function finished(operator: Ask, tenantId: string) {
  for (;;) {
    const { json } = await operator(`GET /operator/tenants/${tenantId}/moves`)
    const [latest] = json.items
    if (over.includes(latest.phase)) return latest
    await delay(20)
  }
}

async function withData(service: RunningService, slug: string): Promise<TenantInService> {
  const tenant = await service.tenant(slug)
  await withoutLimits(service, tenant)
  const tasks = Array.from({ length: 30 }, (_, index) => ({
    title: `Task ${index}`,
    labels: ['bug'],
    comments: [{ author: tenant.adminId, body: 'Words' }],
  }))
  const projects = Array.from({ length: 50 }, (_, index) => ({ slug: `old-${index}`, name: 'Old', tasks }))
  const imported = await service.operator(`POST /operator/tenants/${tenant.id}/import`, {
    body: { labels: [{ name: 'bug' }], projects },
  })
  expect(imported.status).toBe(201)
  return tenant
}

describe('a move', () => {
  it('carries a tenant through all tiers while it is at work, and loses nothing', async () => {
    const service = await serviceOnFreshDatabase()
    const mover = await withData(service, 'mover')
    const neighbour = await withData(service, 'neighbour')
    const expected = new Set(await slugs(mover.admin))
    const tiers = ['schema', 'database', 'row', 'database', 'schema', 'row']
    for (const [round, tier] of tiers.entries()) {
      const stop = keepWriting(mover, round)
      const started = await service.operator(`POST /operator/tenants/${mover.id}/move`, { body: { tier } })
      expect(started.status).toBe(202)
      const move = await finished(service.operator, mover.id)
      const { acknowledged, refused } = await stop()
      expect(move).toMatchObject({ to: tier, phase: 'done', failure: null })
      expect(move.verified.tasks.rows).toBe(1500)
      expect(refused).toEqual([])
      expect(acknowledged.length).toBeGreaterThan(0)
      for (const slug of acknowledged) expected.add(slug)
      expect(new Set(await slugs(mover.admin))).toEqual(expected)
      const removed = (await mover.admin('GET /projects?limit=1&sort=-createdAt')).json.items[0]
      await mover.admin(`DELETE /projects/${removed.id}`)
      expected.delete(removed.slug)
      await neighbour.admin('POST /projects', { body: { slug: `new-${tier}-${expected.size}`, name: 'New' } })
    }
    expect((await slugs(neighbour.admin)).length).toBe(56)
    // What is counted came along, and is still right.
    expect(await service.quotaJobs.recount({ tenantId: mover.id })).toEqual({})
  }, 300_000)

  it('leaves nothing of the tenant where it was', async () => {
    const service = await serviceOnFreshDatabase()
    const tenant = await withData(service, 'leaver')
    await service.operator(`POST /operator/tenants/${tenant.id}/move`, { body: { tier: 'database' } })
    await finished(service.operator, tenant.id)
    for (const table of ['tenants', 'memberships', 'projects', 'tasks', 'comments', 'changes']) {
      const column = table === 'tenants' ? 'id' : 'tenant_id'
      const { rows } = await service.database.pool.query(
        `SELECT count(*)::int AS rows FROM ${table} WHERE ${column} = $1`,
        [tenant.id],
      )
      expect(rows).toEqual([{ rows: 0 }])
    }
    expect((await service.operator(`DELETE /operator/tenants/${tenant.id}`)).status).toBe(204)
    const { rows } = await service.database.pool.query(
      `SELECT count(*)::int AS databases FROM pg_database WHERE datname LIKE $1`,
      [`tenant_${tenant.id.replaceAll('-', '')}%`],
    )
    expect(rows).toEqual([{ databases: 0 }])
    expect((await tenant.admin('GET /projects')).status).toBe(401)
  })

  it('is refused where it makes no sense', async () => {
    const service = await serviceOnFreshDatabase()
    const tenant = await service.tenant('stays')
    const move = (id: string, tier: string) =>
      service.operator(`POST /operator/tenants/${id}/move`, { body: { tier } })
    expect((await move(tenant.id, 'row')).status).toBe(409)
    expect((await move(tenant.id, 'moon')).status).toBe(400)
    expect((await move(crypto.randomUUID(), 'schema')).status).toBe(404)
    expect(
      (await tenant.admin(`POST /operator/tenants/${tenant.id}/move`, { body: { tier: 'schema' } })).status,
    ).toBe(401)
    const both = await Promise.all([move(tenant.id, 'schema'), move(tenant.id, 'database')])
    expect(both.map(({ status }) => status).toSorted()).toEqual([202, 409])
    expect((await service.operator(`DELETE /operator/tenants/${tenant.id}`)).status).toBe(409)
    await finished(service.operator, tenant.id)
  })
})

const operatorToken = 'operator-of-a-service-that-is-killed'
const environment = { OPERATOR_TOKEN: operatorToken }

describe('a move whose service is killed', () => {
  it.each([40, 120, 250])(
    'after %d ms is completed by the next one',
    async (milliseconds) => {
      const { url, pool } = await migratedDatabase()
      const first = await serve(url, environment)
      const operator = first.ask(operatorToken)
      const tenant = (
        await operator('POST /operator/tenants', {
          body: {
            slug: 'victim',
            name: 'V',
            members: [{ name: 'Ada', email: 'a@example.org', role: 'admin' }],
          },
        })
      ).json
      const tasks = Array.from({ length: 100 }, (_, index) => ({ title: `Task ${index}` }))
      const projects = Array.from({ length: 60 }, (_, index) => ({ slug: `p-${index}`, name: 'P', tasks }))
      await operator(`POST /operator/tenants/${tenant.id}/import`, { body: { projects } })
      await operator(`POST /operator/tenants/${tenant.id}/move`, { body: { tier: 'database' } })
      await delay(milliseconds)
      first.child.kill('SIGKILL')
      await once(first.child, 'exit')

      const second = await serve(url, environment)
      try {
        const move = await finished(second.ask(operatorToken), tenant.id)
        expect(move).toMatchObject({ phase: 'done', failure: null })
        expect(move.verified.tasks.rows).toBe(6000)
        const { rows } = await pool.query('SELECT count(*)::int AS rows FROM tasks')
        expect(rows).toEqual([{ rows: 0 }])
        const [{ token }] = (await second.ask(operatorToken)(`GET /operator/tenants/${tenant.id}`)).json
          .members
        expect((await second.ask(token)('GET /tasks?limit=1')).json.total).toBe(6000)
      } finally {
        second.child.kill('SIGTERM')
        await once(second.child, 'exit')
      }
    },
    300_000,
  )
})
