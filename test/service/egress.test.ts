import { sql } from 'kysely'
import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openConnections, type Connections } from '../../fixtures/service/database.ts'
import { TenantConnections } from '../../fixtures/service/isolation/connections.ts'
import { Placements } from '../../fixtures/service/isolation/placement.ts'
import { placeOf } from '../../fixtures/service/isolation/registry.ts'
import { TenantStore, type TenantTransaction } from '../../fixtures/service/isolation/store.ts'
import { EgressRefused } from '../../fixtures/service/leakage/egress/guard.ts'
import { KnownIds } from '../../fixtures/service/leakage/egress/known-ids.ts'
import { guardReplies } from '../../fixtures/service/leakage/egress/replies.ts'
import type { Application } from '../../fixtures/service/plugin.ts'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'

let service: RunningService
let registry: Connections
let connections: TenantConnections
let store: TenantStore
const knownIds = new KnownIds()

/** As the superuser, whom no policy confines: what remains is the guard. */
beforeAll(async () => {
  service = await serviceOnFreshDatabase()
  registry = openConnections(service.databaseUrl, 2)
  connections = new TenantConnections(service.databaseUrl, 2)
  store = new TenantStore(new Placements(registry.database), connections, () => [], { knownIds })
})

afterAll(async () => {
  await Promise.all([connections.close(), registry.close()])
})

async function fill({ id, adminId }: TenantInService): Promise<void> {
  const task = { title: 'Task', labels: ['bug'], comments: [{ author: adminId, body: 'Words' }] }
  await service.operator(`POST /operator/tenants/${id}/import`, {
    body: { labels: [{ name: 'bug' }], projects: [{ slug: 'same', name: 'Same', tasks: [task] }] },
  })
}

const forgotten: Record<string, (transaction: TenantTransaction, tenantId: string) => Promise<unknown>> = {
  'a list': (db) => db.selectFrom('tasks').selectAll().execute(),
  'an alias': (db) => db.selectFrom('tasks as t').select('t.title').execute(),
  'a count': (db) =>
    db
      .selectFrom('tasks')
      .select((eb) => eb.fn.countAll().as('n'))
      .execute(),
  'a group': (db) =>
    db
      .selectFrom('tasks')
      .groupBy('status')
      .select((eb) => ['status', eb.fn.max('title').as('last')])
      .execute(),
  'an inner join': (db, id) =>
    db
      .selectFrom('projects')
      .innerJoin('tasks', (join) => join.onTrue())
      .where('projects.tenant_id', '=', id)
      .select(['projects.name', 'tasks.title'])
      .execute(),
  'an outer join': (db, id) =>
    db
      .selectFrom('labels')
      .leftJoin('projects', 'projects.name', 'projects.name')
      .where('labels.tenant_id', '=', id)
      .select('projects.name')
      .execute(),
  'one side of a union': (db, id) =>
    db
      .selectFrom('projects')
      .where('tenant_id', '=', id)
      .select('name as text')
      .unionAll(db.selectFrom('tasks').select('title as text'))
      .execute(),
  'a common table expression': (db) =>
    db
      .with('everything', (cte) => cte.selectFrom('comments').select('body'))
      .selectFrom('everything')
      .select('body')
      .execute(),
  'a statement in the place of a table': (db) =>
    db
      .selectFrom((eb) => eb.selectFrom('comments').select('body').as('everything'))
      .select('everything.body')
      .execute(),
  'a writing common table expression': (db) =>
    db
      .with('changed', (cte) => cte.updateTable('labels').set({ color: 'red' }).returning('name'))
      .selectFrom('changed')
      .selectAll()
      .execute(),
  'an update': (db) => db.updateTable('labels').set({ color: 'red' }).returning('id').execute(),
  'an update from another table': (db, id) =>
    db
      .updateTable('labels')
      .set({ color: 'red' })
      .from('projects')
      .where('labels.tenant_id', '=', id)
      .where('projects.tenant_id', '!=', id)
      .returning('projects.name')
      .execute(),
  'a delete': (db) => db.deleteFrom('task_labels').returning('task_id').execute(),
  'tenants themselves': (db) => db.selectFrom('tenants').select('name').execute(),
  'raw SQL that names its tenant': (db) =>
    sql`SELECT tenant_id, title FROM ${sql.table('tasks')}`.execute(db),
  'raw SQL that returns JSON': (db) => sql`SELECT to_jsonb(t) AS row FROM tasks t`.execute(db),
  'raw SQL that does not say whose its rows are': (db) =>
    sql`SELECT title FROM ${sql.table('tasks')}`.execute(db),
}

describe('a statement without its filter, where no policy confines it', () => {
  let acme: TenantInService
  let rival: TenantInService

  beforeAll(async () => {
    acme = await service.tenant('acme')
    rival = await service.tenant('rival')
    await fill(acme)
    await fill(rival)
  })

  it.each(Object.keys(forgotten))('%s is refused, and leaves nothing behind', async (name) => {
    const count = 'SELECT count(*)::int AS n FROM task_labels'
    const before = await service.database.pool.query(count)
    const work = store.run({ tenantId: acme.id }, (transaction) => forgotten[name]!(transaction, acme.id))
    await expect(work).rejects.toThrow(EgressRefused)
    expect((await service.database.pool.query(count)).rows).toEqual(before.rows)
    const { rows } = await service.database.pool.query(`SELECT 1 FROM labels WHERE color = 'red'`)
    expect(rows).toEqual([])
  })

  it('is allowed what is its own, and does not see the witness', async () => {
    const rows = await store.run({ tenantId: acme.id }, (transaction) =>
      transaction
        .selectFrom('projects')
        .leftJoin('tasks', (join) =>
          join.onRef('tasks.tenant_id', '=', 'projects.tenant_id').onRef('tasks.title', '=', 'tasks.status'),
        )
        .where('projects.tenant_id', '=', acme.id)
        .select(['projects.name', 'tasks.title'])
        .execute(),
    )
    expect(rows).toEqual([{ name: 'Same', title: null }])
  })

  it('as part of another statement changes nothing of it', async () => {
    const rows = await store.run({ tenantId: acme.id }, (transaction) =>
      transaction
        .selectFrom('projects')
        .where('tenant_id', '=', acme.id)
        .where(
          'id',
          'in',
          transaction.selectFrom('tasks').select('project_id').where('tenant_id', '=', acme.id),
        )
        .select('slug')
        .execute(),
    )
    expect(rows).toEqual([{ slug: 'same' }])
  })

  it('has answers whose ids are remembered as the tenant’s', async () => {
    const [task] = await store.run({ tenantId: rival.id }, (transaction) =>
      transaction.selectFrom('tasks').where('tenant_id', '=', rival.id).select('id').execute(),
    )
    expect(knownIds.namesForeign(JSON.stringify([task]), acme.id)).toBe(true)
    expect(knownIds.namesForeign(JSON.stringify([task]), rival.id)).toBe(false)
  })
})

describe.each(['business', 'enterprise'] as const)('on the plan %s', (plan) => {
  it('a tenant that is looked for in another’s place gets none of its rows', async () => {
    const plans = await serviceOnFreshDatabase({ plan })
    const acme = await plans.tenant('acme')
    const rival = await plans.tenant('rival')
    const places = openConnections(plans.databaseUrl, 1)
    const free = new TenantConnections(plans.databaseUrl, 1)
    const confused = new TenantStore(new Placements(places.database), free, () => [])
    const place = { ...(await placeOf(places.database, rival.id)), generation: null }
    const members = (tenantId: string) =>
      confused.runAt(place, { tenantId }, (transaction) =>
        transaction.selectFrom('memberships').select('role').execute(),
      )
    await expect(members(acme.id)).rejects.toThrow(EgressRefused)
    await expect(members(rival.id)).resolves.toHaveLength(2)
    await Promise.all([places.close(), free.close()])
  })
})

describe('an answer that did not come from the store', () => {
  const foreign = '7b0c3a9e-5d1f-4a52-9d3b-0d0f6a3f4e11'
  const shared = '7b0c3a9e-5d1f-4a52-9d3b-0d0f6a3f4e12'

  async function answer(body: unknown, headers: Record<string, string> = {}) {
    const app = fastify()
    const ids = new KnownIds(3)
    ids.learn(foreign, 'rival')
    ids.learn(shared, 'rival')
    ids.learn(shared, 'acme')
    guardReplies(app as unknown as Application, ids)
    app.get('/tenants/:tenantId/cached', (_request, reply) => reply.headers(headers).send(body))
    const { statusCode, body: text, headers: sent } = await app.inject('/tenants/acme/cached')
    await app.close()
    return { statusCode, text, location: sent['location'] }
  }

  it('is replaced when it names what is known to be another tenant’s', async () => {
    const problem = {
      statusCode: 500,
      text: '{"type":"about:blank","title":"Internal Server Error","status":500}',
    }
    expect(await answer({ items: [{ nested: { id: foreign } }] })).toEqual(problem)
    expect(await answer({}, { location: `/tasks/${foreign}` })).toEqual(problem)
  })

  it('is replaced when it names several at once', async () => {
    expect((await answer({ taskIds: [shared, foreign] })).statusCode).toBe(500)
    expect((await answer({ items: [{ projectId: foreign }] })).statusCode).toBe(500)
  })

  it('goes out when a person has written what it names: to refuse it would tell whose it is', async () => {
    expect((await answer({ body: foreign, title: `see ${foreign}` })).statusCode).toBe(200)
    expect((await answer({ body: `"id":"${foreign}"` })).statusCode).toBe(200)
  })

  it('goes out when nobody knows better', async () => {
    expect((await answer({ id: shared })).statusCode).toBe(200)
    expect((await answer({ id: '7b0c3a9e-5d1f-4a52-9d3b-0d0f6a3f4e13' })).statusCode).toBe(200)
  })

  it('is not held against what was forgotten long ago', () => {
    const ids = new KnownIds(1)
    ids.learn(foreign, 'rival')
    ids.learn(shared, 'rival')
    expect(ids.namesForeign(foreign, 'acme')).toBe(false)
    expect(ids.namesForeign(shared, 'acme')).toBe(true)
  })
})

it('answers a comment that holds another tenant’s id like one that holds nobody’s', async () => {
  const [writer, other] = [await service.tenant('writer'), await service.tenant('other')]
  const task = async ({ admin }: TenantInService) => {
    const project = await admin('POST /projects', { body: { slug: 'p', name: 'P' } })
    return (await admin(`POST /projects/${project.json.id}/tasks`, { body: { title: 'T' } })).json
      .id as string
  }
  const [own, foreign] = [await task(writer), await task(other)]
  for (const body of [foreign, crypto.randomUUID()]) {
    const written = await writer.admin(`POST /tasks/${own}/comments`, { body: { body } })
    expect(written.status).toBe(201)
    expect(written.json.body).toBe(body)
  }
  expect((await writer.admin(`GET /tasks/${own}/comments`)).json.items).toHaveLength(2)
})
