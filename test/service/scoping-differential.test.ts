import { fc } from '@fast-check/vitest'
import { sql, type Kysely } from 'kysely'
import { beforeAll, describe, expect, it } from 'vitest'
import { openConnections, type Connections } from '../../fixtures/service/database.ts'
import { TenantPredicates } from '../../fixtures/service/scoping/plugin.ts'
import type { Database } from '../../fixtures/service/tables.ts'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'

/** What a random query is made of; each number chooses. */
const shape = fc.record({
  kind: fc.constantFrom('read', 'join', 'left', 'exists', 'union', 'with', 'count', 'people', 'derived'),
  wide: fc.boolean(),
  number: fc.integer({ min: 0, max: 4 }),
  status: fc.constantFrom('open', 'doing', 'done'),
  negated: fc.boolean(),
})
type Shape = typeof shape extends fc.Arbitrary<infer Value> ? Value : never

/** A query without any filter for a tenant. `wide` joins on what is equal in all tenants. */
function build(database: Kysely<Database>, { kind, wide, number, status, negated }: Shape) {
  const tasks = database.selectFrom('tasks as t').select(['t.id', 't.tenant_id', 't.title'])
  const narrowed = tasks.where((eb) =>
    eb.or([eb('t.number', '<=', number), eb('t.status', negated ? '<>' : '=', status)]),
  )
  switch (kind) {
    case 'read':
      return narrowed
    case 'join':
      return narrowed
        .innerJoin('projects as p', (join) =>
          wide ? join.onRef('p.created_at', '>=', 'p.created_at') : join.onRef('p.id', '=', 't.project_id'),
        )
        .select(['p.id as other', 'p.name'])
    case 'left':
      return narrowed
        .leftJoin('labels as l', (join) => join.on('l.name', wide ? '<>' : '=', `label ${number}`))
        .select(['l.id as other', 'l.tenant_id as owner'])
    case 'exists':
      return tasks.where((eb) => {
        const inner = eb.selectFrom('comments as c').select('c.id').where('c.body', 'like', `%${number}%`)
        const found = eb.exists(wide ? inner : inner.whereRef('c.task_id', '=', 't.id'))
        return negated ? eb.not(found) : found
      })
    case 'union':
      return narrowed.unionAll(
        database
          .selectFrom('projects as t')
          .select(['t.id', 't.tenant_id', 't.name as title'])
          .where('t.slug', 'like', `%${number}%`),
      )
    case 'with':
      return database
        .with('chosen', (one) =>
          one.selectFrom('tasks').select(['id', 'tenant_id', 'title']).where('number', '>', number),
        )
        .selectFrom('chosen as t')
        .innerJoin('comments as c', (join) => (wide ? join.onTrue() : join.onRef('c.task_id', '=', 't.id')))
        .select(['t.id', 't.tenant_id', 'c.body as title'])
    case 'count':
      return database
        .selectFrom('tasks as t')
        .select((eb) => [
          't.status as id',
          eb.fn.countAll<string>().as('title'),
          eb
            .selectFrom('labels')
            .select((one) => one.fn.countAll<string>().as('n'))
            .as('tenant_id'),
        ])
        .groupBy('t.status')
        .having((eb) => eb.fn.countAll(), '>', number)
    case 'people':
      return database
        .selectFrom('users as t')
        .leftJoin('memberships as m', (join) => (wide ? join.onTrue() : join.onRef('m.user_id', '=', 't.id')))
        .select(['t.id', 't.email as title', 'm.role', 'm.tenant_id'])
    case 'derived':
      return database
        .selectFrom((eb) => eb.selectFrom('tasks').selectAll().where('number', '<=', number).as('t'))
        .innerJoinLateral(
          (eb) =>
            eb.selectFrom('comments as c').select('c.body').where('c.body', 'like', `%${number}%`).as('c'),
          (join) => join.onTrue(),
        )
        .select(['t.id', 't.tenant_id', 'c.body as title'])
  }
}

describe('against PostgreSQL, as a role that no policy holds', () => {
  const runs = Number(process.env['SCOPING_QUERIES'] ?? 300)
  let all: Connections
  let alone: Connections
  let tenants: TenantInService[]

  const fill = async (service: RunningService, tenant: TenantInService) => {
    const projects = ['one', 'two'].map((slug) => ({
      slug,
      name: `${slug} of ${tenant.slug}`,
      tasks: Array.from({ length: 4 }, (_, index) => ({
        title: `Task ${index}`,
        status: ['open', 'doing', 'done'][index % 3],
        labels: [`label ${index}`],
        comments: [{ author: tenant.adminId, body: `Words ${index} of ${tenant.slug}` }],
      })),
    }))
    const labels = Array.from({ length: 4 }, (_, index) => ({ name: `label ${index}` }))
    const { status } = await service.operator(`POST /operator/tenants/${tenant.id}/import`, {
      body: { labels, projects },
    })
    expect(status).toBe(201)
  }

  beforeAll(async () => {
    const service = await serviceOnFreshDatabase()
    tenants = [await service.tenant('acme'), await service.tenant('rival'), await service.tenant('third')]
    for (const tenant of tenants) await fill(service, tenant)
    all = openConnections(service.database.url, 2)
    const single = await serviceOnFreshDatabase()
    alone = openConnections(single.database.url, 2)
    // The rows of one tenant only, under the same ids.
    for (const table of [
      'tenants',
      'memberships',
      'users',
      'projects',
      'tasks',
      'comments',
      'labels',
      'task_labels',
    ]) {
      const of =
        table === 'tenants'
          ? 'id'
          : table === 'users'
            ? 'id IN (SELECT user_id FROM memberships WHERE tenant_id'
            : 'tenant_id'
      const { rows } = await service.database.pool.query(
        `SELECT to_jsonb(t) AS image FROM ${table} t WHERE ${of} = $1${table === 'users' ? ')' : ''}`,
        [tenants[0]!.id],
      )
      await single.database.pool.query(
        `BEGIN; SET LOCAL session_replication_role = replica;
         INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, '${JSON.stringify(rows.map(({ image }) => image)).replaceAll("'", "''")}');
         COMMIT`,
      )
    }
    return async () => {
      await all.close()
      await alone.close()
    }
  })

  it(`finds what a database of one tenant has, in ${runs} queries`, async () => {
    const scoped = all.database.withPlugin(new TenantPredicates({ tenantId: tenants[0]!.id }, null))
    const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).toSorted()
    let told = 0
    await fc.assert(
      fc.asyncProperty(shape, async (one) => {
        const [mine, expected] = await Promise.all([
          build(scoped, one).execute(),
          build(alone.database, one).execute(),
        ])
        told += expected.length
        expect(sorted(mine)).toEqual(sorted(expected))
      }),
      { numRuns: runs },
    )
    expect(told).toBeGreaterThan(runs)
  })

  it('changes what is the tenant’s and nothing else', async () => {
    const { id: tenantId } = tenants[1]!
    const before = await all.database
      .selectFrom('comments')
      .select(['tenant_id', 'body'])
      .orderBy('id')
      .execute()
    await all.database.transaction().execute(async (transaction) => {
      // For the log of changes, which names the tenant of the session.
      await sql`select set_config('app.tenant_id', ${tenantId}, true)`.execute(transaction)
      const scoped = transaction.withPlugin(new TenantPredicates({ tenantId }, null))
      const changed = await scoped
        .updateTable('comments')
        .set({ body: 'changed' })
        .where('body', 'like', 'Words%')
        .executeTakeFirstOrThrow()
      expect(changed.numUpdatedRows).toBe(8n)
      const removed = await scoped
        .deleteFrom('task_labels')
        .using('labels')
        .whereRef('labels.name', '=', 'labels.name')
        .executeTakeFirstOrThrow()
      expect(removed.numDeletedRows).toBe(8n)
    })
    const after = await all.database
      .selectFrom('comments')
      .select(['tenant_id', 'body'])
      .orderBy('id')
      .execute()
    expect(after).toEqual(
      before.map((row) => (row.tenant_id === tenantId ? { ...row, body: 'changed' } : row)),
    )
    const left = await all.database
      .selectFrom('task_labels')
      .select((eb) => eb.fn.countAll<number>().as('rows'))
      .executeTakeFirst()
    expect(left).toEqual({ rows: 16 })
  })
})
