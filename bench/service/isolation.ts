/**
 * `npm run bench:service -- isolation`: what row-level security costs over the same code in a plain transaction, and whether two tenants on one
 * backend of PostgreSQL are ever mixed.
 */
import { randomUUID } from 'node:crypto'
import { findTask, listTasks } from '../../fixtures/service/domain/tasks/repository.ts'
import { TenantConnections } from '../../fixtures/service/isolation/connections.ts'
import { Placements, sharedSchema } from '../../fixtures/service/isolation/placement.ts'
import { appRole, roleUrl } from '../../fixtures/service/isolation/roles.ts'
import { TenantStore, type TenantTransaction } from '../../fixtures/service/isolation/store.ts'
import { openConnections } from '../../fixtures/service/database.ts'
import { confine } from '../../fixtures/service/scoping/confine.ts'
import type { TenantContext } from '../../fixtures/service/scoping/context.ts'
import { median } from './figures.ts'
import { populated, type Populated } from './populated.ts'

const rounds = 60
const perRound = 50

interface Way {
  readonly name: string
  readonly read: (context: TenantContext, taskId: string) => Promise<void>
}

const page = {
  limit: 20,
  column: 'tasks.created_at',
  direction: 'asc',
  after: null,
  sort: 'createdAt',
} as const

/** The same repository code. The plain transactions are those of a role that no policy holds. */
function ways({ databaseUrl }: Populated): {
  readonly all: readonly Way[]
  readonly close: () => Promise<void>
} {
  const owner = openConnections(databaseUrl, 4)
  const confined = new TenantConnections(roleUrl(databaseUrl, appRole), 4)
  const free = new TenantConnections(databaseUrl, 4)
  const placements = new Placements(owner.database)
  const place = { tier: 'row', location: sharedSchema, generation: null } as const
  const pipelined = new TenantStore(placements, free, confine)
  const store = new TenantStore(placements, confined, confine)
  const work = (taskId: string) => async (transaction: TenantTransaction, context: TenantContext) => {
    await findTask(transaction, context, taskId)
    await listTasks(transaction, context, { limit: 20, sort: 'createdAt' }, page)
  }
  const all: readonly Way[] = [
    {
      name: 'plain transaction',
      read: (context, taskId) =>
        owner.database.transaction().execute((transaction) => work(taskId)(transaction, context)),
    },
    {
      name: 'pipelined transaction without policies',
      read: (context, taskId) => pipelined.runAt(place, context, work(taskId)),
    },
    { name: 'TenantStore.run', read: (context, taskId) => store.run(context, work(taskId)) },
  ]
  const close = async () => {
    await Promise.all([owner.close(), confined.close(), free.close()])
  }
  return { all, close }
}

async function overhead(service: Populated): Promise<void> {
  const { all, close } = ways(service)
  const times = new Map<string, number[]>(all.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, read } of round % 2 === 0 ? all : all.toReversed()) {
      const started = performance.now()
      for (let index = 0; index < perRound; index += 1) {
        const tenant = service.tenants[index % service.tenants.length]!
        await read(tenant.context, tenant.taskIds[index % tenant.taskIds.length]!)
      }
      times.get(name)!.push((performance.now() - started) / perRound)
    }
  }
  await close()
  const [plain, pipelined, confined] = all.map(({ name }) => median(times.get(name)!)) as [
    number,
    number,
    number,
  ]
  console.log(
    `isolation: ${confined.toFixed(3)} ms; over a plain transaction (${plain.toFixed(3)} ms) ${(confined / plain).toFixed(2)}, goal 1.10; ` +
      `over a pipelined one without policies (${pipelined.toFixed(3)} ms) ${(confined / pipelined).toFixed(2)}`,
  )
}

/** A single connection serves two tenants in turns, whom the policies and the filter alone keep apart; each must see its own tasks and nothing else. */
async function interleaved({ databaseUrl, tenants }: Populated): Promise<void> {
  const requests = 100_000
  const registry = openConnections(databaseUrl, 1)
  const connections = new TenantConnections(roleUrl(databaseUrl, appRole), 1)
  const store = new TenantStore(new Placements(registry.database), connections, () => [])
  const pair = tenants.slice(0, 2)
  const backends = new Set<number>()
  let mixed = 0
  const lanes = Array.from({ length: 8 }, async (_, lane) => {
    for (let index = lane; index < requests; index += 8) {
      const { context, taskIds } = pair[index % 2]!
      const foreign = pair[(index + 1) % 2]!
      const seen = await store.run(context, (transaction) =>
        transaction
          .selectFrom('tasks')
          .where('id', 'in', [taskIds[index % taskIds.length]!, foreign.taskIds[0]!, randomUUID()])
          .select((eb) => ['tenant_id', eb.fn<number>('pg_backend_pid').as('backend')])
          .execute(),
      )
      for (const { tenant_id, backend } of seen) {
        if (tenant_id !== context.tenantId) mixed += 1
        backends.add(backend)
      }
      if (seen.length !== 1) mixed += 1
    }
  })
  await Promise.all(lanes)
  await Promise.all([registry.close(), connections.close()])
  console.log(`interleaved: ${requests} requests of 2 tenants on ${backends.size} backend, ${mixed} mixed`)
}

const service = await populated({ tenants: 4, tasks: 1000 })
await overhead(service)
await interleaved(service)
await service.close()
