import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely'
import { describe, expect, it } from 'vitest'
import { TenantPredicates } from '../../fixtures/service/scoping/plugin.ts'
import { UnscopedQuery } from '../../fixtures/service/scoping/refusal.ts'
import { relations } from '../../fixtures/service/scoping/relations.ts'
import type { Database } from '../../fixtures/service/tables.ts'

const acme = '11111111-1111-4111-8111-111111111111'
const rival = '22222222-2222-4222-8222-222222222222'

const db = new Kysely<Database>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (one) => new PostgresIntrospector(one),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
}).withPlugin(new TenantPredicates({ tenantId: acme }, null))

const tenancy = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../fixtures/service/tenancy.json'), 'utf8'),
) as {
  relations: Record<string, { root?: string; owned?: string; ownedThrough?: string[]; global?: string }>
}

it('knows the same tables as the tenancy model, and the same of each', () => {
  // The queue is the library's: no statement that passes the plugin can name its tables, which have no types.
  const ours = Object.entries(tenancy.relations).filter(([name]) => !name.startsWith('graphile_worker.'))
  const said = ours.map(([name, { root, owned, ownedThrough }]) => {
    const column = root ?? owned
    if (column !== undefined) return [name, { kind: 'column', column }]
    if (ownedThrough === undefined) return [name, { kind: 'foreign' }]
    const [key, relation, referring] = ownedThrough
    return [name, { kind: 'through', key, through: { relation, column: referring } }]
  })
  expect(relations).toEqual(Object.fromEntries(said))
})

describe('predicates are put', () => {
  it.each([
    [
      'on a table',
      db.selectFrom('tasks').select('id').compile().sql,
      'select "id" from "tasks" where "tasks"."tenant_id" = $1',
    ],
    [
      'beside an OR, which stays in parentheses',
      db
        .selectFrom('tasks')
        .select('id')
        .where((eb) => eb.or([eb('number', '=', 1), eb('number', '=', 2)]))
        .compile().sql,
      'select "id" from "tasks" where (("number" = $1 or "number" = $2)) and "tasks"."tenant_id" = $3',
    ],
    [
      'in the condition of an outer join',
      db.selectFrom('tasks as t').leftJoin('projects as p', 'p.id', 't.project_id').select('t.id').compile()
        .sql,
      'select "t"."id" from "tasks" as "t" left join "projects" as "p" on ("p"."id" = "t"."project_id") and "p"."tenant_id" = $1 where "t"."tenant_id" = $2',
    ],
    [
      'in sub-queries',
      db
        .selectFrom('labels')
        .select((eb) => eb.selectFrom('tasks').select(eb.fn.countAll().as('n')).as('tasks'))
        .compile().sql,
      'select (select count(*) as "n" from "tasks" where "tasks"."tenant_id" = $1) as "tasks" from "labels" where "labels"."tenant_id" = $2',
    ],
    [
      'in common table expressions, not on their names',
      db
        .with('mine', (one) => one.selectFrom('tasks').select('id'))
        .selectFrom('mine')
        .select('id')
        .compile().sql,
      'with "mine" as (select "id" from "tasks" where "tasks"."tenant_id" = $1) select "id" from "mine"',
    ],
    [
      'on the table behind a name that a later expression takes',
      db
        .with('tasks', (one) => one.selectFrom('tasks').select('id'))
        .selectFrom('tasks')
        .select('id')
        .compile().sql,
      'with "tasks" as (select "id" from "tasks" where "tasks"."tenant_id" = $1) select "id" from "tasks"',
    ],
    [
      'on updates and deletes',
      db.deleteFrom('comments').using('tasks').whereRef('tasks.id', '=', 'comments.task_id').compile().sql,
      'delete from "comments" using "tasks" where ("tasks"."id" = "comments"."task_id") and "comments"."tenant_id" = $1 and "tasks"."tenant_id" = $2',
    ],
    [
      'on rows that say nothing of a tenant',
      db
        .insertInto('labels')
        .values({ name: 'bug' } as never)
        .compile().sql,
      'insert into "labels" ("name", "tenant_id") values ($1, $2)',
    ],
    [
      'through the relation that owns',
      db.selectFrom('users').select('id').compile().sql,
      'select "id" from "users" where exists (select * from "memberships" as "owner_of_the_row" where "owner_of_the_row"."tenant_id" = $1 and "owner_of_the_row"."user_id" = "users"."id")',
    ],
  ])('%s', (_, text, expected) => {
    expect(text).toBe(expected)
  })
})

const id = '33333333-3333-4333-8333-333333333333'

describe('what cannot be confined is refused', () => {
  it.each<[string, () => unknown]>([
    [
      'a table that nobody knows',
      () =>
        db
          .selectFrom('passwords' as never)
          .selectAll()
          .compile(),
    ],
    ['the control plane', () => db.selectFrom('control.placements').selectAll().compile()],
    ['a table of another schema', () => db.withSchema('tenant_x').selectFrom('tasks').selectAll().compile()],
    ['raw statements', () => sql`select * from tasks`.compile(db)],
    [
      'raw text with a relation in it',
      () =>
        db
          .selectFrom('tasks')
          .select(sql`(select 1 from users)`.as('x'))
          .compile(),
    ],
    [
      'a table that is pasted into raw text',
      () =>
        db
          .selectFrom('tasks')
          .select(sql`${sql.table('users')}`.as('x'))
          .compile(),
    ],
    [
      'raw text as a source',
      () =>
        db
          .selectFrom(sql<{ id: string }>`tasks`.as('t'))
          .selectAll()
          .compile(),
    ],
    [
      'a name in raw text as a source',
      () =>
        db
          .selectFrom(sql<{ id: string }>`${sql.id('tasks')}`.as('t'))
          .selectAll()
          .compile(),
    ],
    [
      'raw text that is joined',
      () =>
        db
          .selectFrom('labels')
          .innerJoin(sql<{ id: string }>`tasks`.as('t'), (join) => join.onTrue())
          .selectAll('labels')
          .compile(),
    ],
    [
      'raw text that a delete uses',
      () =>
        db
          .deleteFrom('labels')
          .using(sql<{ id: string }>`tasks`.as('t'))
          .compile(),
    ],
    [
      'raw text that an update reads',
      () =>
        db
          .updateTable('labels')
          .from(sql<{ id: string }>`tasks`.as('t'))
          .set({ name: 'x' })
          .compile(),
    ],
    [
      'a function whose name is pasted into raw text',
      () =>
        db
          .selectFrom('tasks')
          .select(sql`${sql.id('query_to_xml')}(${'q'}, true, true, ${''})`.as('x'))
          .compile(),
    ],
    [
      'people who belong to an expression that is called memberships',
      () =>
        db
          .with('memberships', (one) => one.selectFrom('labels').select(['id as user_id']))
          .insertInto('users')
          .columns(['id', 'email', 'name'])
          .expression(
            (eb) =>
              eb
                .selectFrom('memberships')
                .select((row) => [
                  'memberships.user_id',
                  row.val('x').as('email'),
                  row.val('x').as('name'),
                ]) as never,
          )
          .compile(),
    ],
    [
      'functions that run queries',
      () =>
        db
          .selectFrom('tasks')
          .select((eb) => eb.fn('query_to_xml', [eb.val('q')]).as('x'))
          .compile(),
    ],
    [
      'the same in raw text',
      () =>
        db
          .selectFrom('tasks')
          .select(sql`query_to_xml(${'q'}, true, true, ${''})`.as('x'))
          .compile(),
    ],
    [
      'full joins',
      () => db.selectFrom('tasks').fullJoin('labels', 'labels.id', 'tasks.id').selectAll().compile(),
    ],
    [
      'right joins',
      () => db.selectFrom('tasks').rightJoin('labels', 'labels.id', 'tasks.id').selectAll().compile(),
    ],
    ['cross joins', () => db.selectFrom('tasks').crossJoin('labels').selectAll().compile()],
    [
      'a row of another tenant',
      () => db.insertInto('labels').values({ tenant_id: rival, name: 'x' }).compile(),
    ],
    [
      'a row of another tenant among others',
      () =>
        db
          .insertInto('labels')
          .values([
            { tenant_id: acme, name: 'x' },
            { tenant_id: rival, name: 'x' },
          ])
          .compile(),
    ],
    [
      'a tenant that is computed',
      () =>
        db
          .insertInto('labels')
          .values({ tenant_id: sql`lower(${rival})`, name: 'x' } as never)
          .compile(),
    ],
    [
      'rows from a query that does not bring the tenant',
      () =>
        db
          .insertInto('labels')
          .columns(['tenant_id', 'name'])
          .expression((eb) => eb.selectFrom('labels').select(['id', 'name']))
          .compile(),
    ],
    ['people out of nothing', () => db.insertInto('users').values({ id, email: 'x', name: 'x' }).compile()],
    [
      'a tenant that moves',
      () => db.updateTable('tasks').set({ tenant_id: rival }).where('id', '=', id).compile(),
    ],
    [
      'a conflict among all tenants',
      () =>
        db
          .insertInto('labels')
          .values({ tenant_id: acme, name: 'x' })
          .onConflict((one) => one.column('name').doNothing())
          .compile(),
    ],
    [
      'a conflict that is named by its constraint',
      () =>
        db
          .insertInto('labels')
          .values({ tenant_id: acme, name: 'x' })
          .onConflict((one) => one.constraint('labels_pkey').doNothing())
          .compile(),
    ],
    [
      'a conflict that moves a row',
      () =>
        db
          .insertInto('labels')
          .values({ tenant_id: acme, name: 'x' })
          .onConflict((one) => one.columns(['tenant_id', 'name']).doUpdateSet({ tenant_id: rival }))
          .compile(),
    ],
    [
      'another tenant in a condition',
      () => db.selectFrom('tasks').selectAll().where('tenant_id', '=', rival).compile(),
    ],
    [
      'merges',
      () =>
        db.mergeInto('labels').using('tasks', 'tasks.id', 'labels.id').whenMatched().thenDelete().compile(),
    ],
    ['tables made or dropped', () => db.schema.dropTable('tasks').compile()],
  ])('%s', (_, build) => {
    expect(build).toThrow(UnscopedQuery)
  })
})
