/**
 * `npm run bench:service -- scoping`: what the plugin costs a statement. Kysely compiles queries of the service's kinds with the plugin and
 * without it, in turns; no database. Printed is the median of the ratios of the turns, and what the plugin adds to a statement.
 */
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import { TenantPredicates } from '../../fixtures/service/scoping/plugin.ts'
import type { Database } from '../../fixtures/service/tables.ts'
import { median } from './figures.ts'

const tenantId = '11111111-1111-4111-8111-111111111111'
const turns = 21
const statements = 2_000

const plain = new Kysely<Database>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (database) => new PostgresIntrospector(database),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})
const scoped = plain.withPlugin(new TenantPredicates({ tenantId }, null))

/** Built anew each time, as a request does. */
const queries: Readonly<Record<string, (database: Kysely<Database>) => { compile: () => unknown }>> = {
  'by id': (database) =>
    database.selectFrom('tasks').where('tenant_id', '=', tenantId).where('id', '=', tenantId).select('id'),
  'four relations': (database) =>
    database
      .selectFrom('tasks')
      .innerJoin('projects', (join) =>
        join
          .onRef('projects.tenant_id', '=', 'tasks.tenant_id')
          .onRef('projects.id', '=', 'tasks.project_id'),
      )
      .leftJoin('memberships', (join) =>
        join
          .onRef('memberships.tenant_id', '=', 'tasks.tenant_id')
          .onRef('memberships.user_id', '=', 'tasks.assignee_id'),
      )
      .leftJoin('users', 'users.id', 'memberships.user_id')
      .where('tasks.tenant_id', '=', tenantId)
      .select(['tasks.id', 'tasks.title', 'projects.name', 'users.name as assignee']),
  upsert: (database) =>
    database
      .insertInto('labels')
      .values({ tenant_id: tenantId, name: 'bug', color: 'red' })
      .onConflict((conflict) =>
        conflict
          .columns(['tenant_id', 'name'])
          .doUpdateSet({ color: 'red' })
          .where('labels.tenant_id', '=', tenantId),
      )
      .returning('id'),
}

/** Microseconds a statement. */
function time(database: Kysely<Database>, build: (typeof queries)[string]): number {
  const start = performance.now()
  for (let count = 0; count < statements; count += 1) build(database).compile()
  return ((performance.now() - start) / statements) * 1000
}

for (const [name, build] of Object.entries(queries)) {
  time(plain, build)
  time(scoped, build)
  const pairs = Array.from({ length: turns }, () => [time(plain, build), time(scoped, build)] as const)
  const ratio = median(pairs.map(([without, within]) => within / without))
  const added = median(pairs.map(([without, within]) => within - without))
  console.log(
    `${name}: ${ratio.toFixed(2)} times the compilation without the plugin, ${added.toFixed(0)} µs more`,
  )
}
