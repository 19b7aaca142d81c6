import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { backUp, recoveryPoint, restore } from '../support/recovery.ts'
import { serviceOnFreshDatabase, type RunningService } from '../support/service.ts'

const plans = ['team', 'business', 'enterprise'] as const

/** Tables of the main database in which a row says one of the words. */
async function tablesWith({ database }: RunningService, words: readonly string[]): Promise<string[]> {
  const { rows } = await database.pool.query(
    `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`,
  )
  const found: string[] = []
  for (const { name } of rows as { name: string }[]) {
    const hits = await database.pool.query(`SELECT 1 FROM ${name} t WHERE t::text ~* $1 LIMIT 1`, [
      words.join('|'),
    ])
    if (hits.rows.length > 0) found.push(name)
  }
  return found
}

async function move({ operator }: RunningService, id: string, tier: string): Promise<void> {
  await operator(`POST /operator/tenants/${id}/move`, { body: { tier } })
  for (;;) {
    const [latest] = (await operator(`GET /operator/tenants/${id}/moves`)).json.items
    if (latest.phase === 'done') return
  }
}

/** The pause in which everybody writes down what was under way is waited for: what was read is recorded a moment later. */
async function erase(service: RunningService, userId: string): Promise<void> {
  const path = `/operator/users/${userId}/erasure`
  expect((await service.operator(`POST ${path}`, { body: { reason: 'asked to' } })).status).toBe(202)
  for (let rounds = 0; rounds < 100; rounds += 1) {
    await service.lifecycleJobs.sweep()
    const { status } = await service.operator(`GET ${path}`)
    if (status === 404) return
    await delay(100)
    await service.database.pool.query('UPDATE control.lifecycle_runs SET due_at = now()')
  }
  throw new Error(`not erased: ${(await service.operator(`GET ${path}`)).text}`)
}

describe('the erasure of a person', () => {
  it('reaches every tenant of every tier, and takes nothing of the others', async () => {
    const service = await serviceOnFreshDatabase()
    const home = await service.tenant('home')
    const eve = { userId: home.memberId, name: 'Max', email: 'max@example.org' }
    await home.admin(`PATCH /users/${eve.userId}`, { body: { title: 'Writes from max@example.org' } })
    const tenants = []
    for (const tier of ['row', 'schema', 'database']) {
      const { json } = await service.operator('POST /operator/tenants', {
        body: {
          slug: `at-${tier}`,
          name: tier,
          members: [
            { name: 'Zoe', email: `zoe@${tier}.example`, role: 'admin' },
            { ...eve, role: 'member' },
          ],
        },
      })
      if (tier !== 'row') await move(service, json.id, tier)
      const zoe = json.members.find(({ role }: { role: string }) => role === 'admin')
      const max = json.members.find(({ role }: { role: string }) => role === 'member')
      tenants.push({ admin: service.as(zoe.token), member: service.as(max.token), ownerId: zoe.userId })
    }
    const made = await home.member('POST /projects', { body: { slug: 'web', name: 'Ask Max@Example.org' } })
    const task = await home.member(`POST /projects/${made.json.id}/tasks`, { body: { title: 'Stays' } })
    await home.member(`POST /tasks/${task.json.id}/comments`, { body: { body: 'By max@example.org' } })
    await service.as()('POST /sign-in', { body: { email: eve.email } })

    await erase(service, eve.userId)
    expect((await home.member('GET /projects')).status).toBe(401)
    expect((await home.admin('GET /users')).json.total).toBe(1)
    expect((await home.admin(`GET /tasks/${task.json.id}`)).json.title).toBe('Stays')
    const comments = (await home.admin(`GET /tasks/${task.json.id}/comments`)).json.items
    expect(comments[0].body).toMatch(/^By .*@erased\.invalid$/)
    expect(await service.quotaJobs.recount({ tenantId: home.id })).toEqual({})
    expect(await tablesWith(service, [eve.userId, 'max@example\\.org'])).toEqual([])
    const trail = await service.operator(`GET /operator/subjects/${eve.userId}/trail`)
    expect(trail.json.items.at(-1)).toMatchObject({ event: 'erased', detail: { tenants: 4 } })
    for (const { admin, member, ownerId } of tenants) {
      expect((await member('GET /users')).status).toBe(401)
      expect((await admin('GET /users')).json.items.map(({ id }: { id: string }) => id)).toEqual([ownerId])
    }
  }, 60_000)

  it.each(plans)(
    'on the plan %s leaves the log without the person and the tenant as it was',
    async (plan) => {
      const service = await serviceOnFreshDatabase({ plan })
      const tenant = await service.tenant('works')
      const made = await tenant.member('POST /projects', { body: { slug: 'web', name: 'Web' } })
      await tenant.member('POST /api-keys', { body: { name: 'key' } })
      await tenant.admin('POST /invitations', { body: { email: 'MAX@example.org', role: 'guest' } })
      await erase(service, tenant.memberId)
      expect((await tenant.member('GET /projects')).status).toBe(401)
      expect((await tenant.admin(`GET /projects/${made.json.id}`)).json.name).toBe('Web')
      expect((await tenant.admin('GET /invitations')).json.total).toBe(0)
      // What they did has happened, and nobody did it.
      const did = (await tenant.admin('GET /activity?kind=project.created')).json.items
      expect(did).toMatchObject([{ actorKind: 'user', actorId: null, subjectId: made.json.id }])
      expect(await tablesWith(service, [tenant.memberId, 'max@example\\.org'])).toEqual([])
      expect((await tenant.admin('GET /users')).json.total).toBe(1)
    },
    60_000,
  )
})

describe.each(plans)('a backup from before an erasure, on the plan %s,', (plan) => {
  it('brings back what was made, and nobody who was erased', async () => {
    const service = await serviceOnFreshDatabase({ plan })
    const { operator } = service
    const tenant = await service.tenant('works')
    const made = await tenant.member('POST /projects', { body: { slug: 'web', name: 'Web' } })
    const task = await tenant.member(`POST /projects/${made.json.id}/tasks`, {
      body: { title: 'Ask max@example.org', assigneeId: tenant.memberId },
    })
    await tenant.member('POST /api-keys', { body: { name: 'key' } })
    expect(await backUp(operator, tenant)).toMatchObject({ state: 'complete' })
    await tenant.member(`POST /tasks/${task.json.id}/comments`, { body: { body: 'Since then' } })
    const before = await recoveryPoint(operator, tenant)
    await tenant.admin(`DELETE /projects/${made.json.id}`)
    await erase(service, tenant.memberId)
    const after = await recoveryPoint(operator, tenant)
    await tenant.admin('POST /projects', { body: { slug: 'since', name: 'Since' } })

    for (const [point, names] of [
      [after, []],
      [before, ['Web']],
    ] as const) {
      const restored = await restore(operator, tenant, { point, mode: 'swap' })
      expect(restored).toMatchObject({ phase: 'done', failure: null })
      const { json } = await tenant.admin('GET /projects')
      expect(json.items.map(({ name }: { name: string }) => name)).toEqual(names)
      expect((await tenant.admin('GET /users')).json.total).toBe(1)
      expect(await service.quotaJobs.recount({ tenantId: tenant.id })).toEqual({})
      expect(await tablesWith(service, [tenant.memberId, 'max@example\\.org'])).toEqual([])
      expect((await tenant.member('GET /projects')).status).toBe(401)
    }
    const comments = (await tenant.admin(`GET /tasks/${task.json.id}/comments`)).json.items
    expect(comments).toEqual([expect.objectContaining({ body: 'Since then', authorId: null })])
    const drill = await restore(operator, tenant, {
      point: await recoveryPoint(operator, tenant),
      mode: 'merge',
    })
    expect(drill).toMatchObject({ phase: 'done', failure: null })
    expect((await operator(`GET /operator/tenants/${tenant.id}/audit/verify`)).json).toMatchObject({
      intact: true,
    })
  }, 60_000)
})

describe.each(plans)('the document of a tenant on the plan %s', (plan) => {
  it('says where it lies, who answers for it and what it may use', async () => {
    const service = await serviceOnFreshDatabase({ plan })
    const tenant = await service.tenant('described')
    const { text, headers } = await service.operator(`GET /operator/tenants/${tenant.id}/document`)
    expect(headers['content-type']).toBe('text/markdown; charset=utf-8')
    expect(text).toContain(`| Plan | ${plan} |`)
    expect(text).toContain('| admin | 1 |')
    expect(text).toContain('`GET /projects`')
    expect(text).not.toContain('/operator')
    expect(text).toContain('Ada, ada@example\\.org')
    const missing = await service.operator(`GET /operator/tenants/${crypto.randomUUID()}/document`)
    expect(missing.status).toBe(404)
  })
})
