/**
 * `npm run bench:service -- egress`: what the egress guard costs: a page of rows through a transaction with its witness, over the same
 * rows without it, and the last look at an answer of that size.
 */
import { PostgresQueryCompiler } from 'kysely'
import { openConnections } from '../../fixtures/service/database.ts'
import { TenantConnections } from '../../fixtures/service/isolation/connections.ts'
import { Placements } from '../../fixtures/service/isolation/placement.ts'
import { appRole, roleUrl } from '../../fixtures/service/isolation/roles.ts'
import { TenantStore, type TenantTransaction } from '../../fixtures/service/isolation/store.ts'
import { findTask, listTasks } from '../../fixtures/service/domain/tasks/repository.ts'
import { EgressGuard } from '../../fixtures/service/leakage/egress/guard.ts'
import { KnownIds } from '../../fixtures/service/leakage/egress/known-ids.ts'
import type { TenantContext } from '../../fixtures/service/scoping/context.ts'
import { confine } from '../../fixtures/service/scoping/confine.ts'
import { median } from './figures.ts'
import { populated } from './populated.ts'

const rounds = 80
const perRound = 50
const page = {
  limit: 100,
  column: 'tasks.created_at',
  direction: 'asc',
  after: null,
  sort: 'createdAt',
} as const

const { databaseUrl, tenants, service, close } = await populated({ tenants: 4, tasks: 1000 })
const registry = openConnections(databaseUrl, 1)
const connections = new TenantConnections(roleUrl(databaseUrl, appRole), 1)
const store = new TenantStore(new Placements(registry.database), connections, confine)

const read = (context: TenantContext, taskId: string) =>
  store.run(context, async (transaction: TenantTransaction) => {
    await findTask(transaction, context, taskId)
    return listTasks(transaction, context, { limit: 100, sort: 'createdAt' }, page)
  })

/** The guard as it is, and one that compiles statements as they are and lets every row pass. */
const guarded = {
  compile: Object.getOwnPropertyDescriptor(EgressGuard.prototype, 'compileQuery')!,
  admit: Object.getOwnPropertyDescriptor(EgressGuard.prototype, 'admit')!,
}
const compiler = new PostgresQueryCompiler()
function use(guard: 'on' | 'off'): void {
  const off = {
    compile: { ...guarded.compile, value: compiler.compileQuery.bind(compiler) },
    admit: { ...guarded.admit, value: () => {} },
  }
  const { compile, admit } = guard === 'on' ? guarded : off
  Object.defineProperty(EgressGuard.prototype, 'compileQuery', compile)
  Object.defineProperty(EgressGuard.prototype, 'admit', admit)
}

const times = { on: [] as number[], off: [] as number[] }
for (let round = 0; round < rounds; round += 1) {
  for (const guard of round % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const)) {
    use(guard)
    const started = performance.now()
    for (let index = 0; index < perRound; index += 1) {
      const tenant = tenants[index % tenants.length]!
      await read(tenant.context, tenant.taskIds[index % tenant.taskIds.length]!)
    }
    times[guard].push((performance.now() - started) / perRound)
  }
}
use('on')

const [tenant] = tenants
const { body } = await service.app.inject({
  method: 'GET',
  url: '/tasks?limit=100',
  headers: { authorization: `Bearer ${tenant!.token}` },
})
const known = new KnownIds()
for (const { taskIds, context } of tenants) for (const id of taskIds) known.learn(id, context.tenantId)
const scans: number[] = []
for (let round = 0; round < 2000; round += 1) {
  const started = performance.now()
  if (known.namesForeign(body, tenant!.context.tenantId)) throw new Error('the answer is the tenant’s own')
  scans.push(performance.now() - started)
}

console.log(
  `egress: ${median(times.on).toFixed(3)} ms for a task and a page of 100; over the same without the guard ` +
    `(${median(times.off).toFixed(3)} ms) ${(median(times.on) / median(times.off)).toFixed(2)}; ` +
    `an answer of ${Math.round(body.length / 1024)} KiB is looked through in ${(median(scans) * 1000).toFixed(0)} µs`,
)
await Promise.all([connections.close(), registry.close()])
await close()
