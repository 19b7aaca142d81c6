import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openConnections, type Connections } from '../../fixtures/service/database.ts'
import { TenantConnections } from '../../fixtures/service/isolation/connections.ts'
import { Placements, type Placement } from '../../fixtures/service/isolation/placement.ts'
import { appRole, roleUrl } from '../../fixtures/service/isolation/roles.ts'
import { TenantStore, type TenantTransaction } from '../../fixtures/service/isolation/store.ts'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'

let service: RunningService
let registry: Connections
let placements: Placements
let connections: TenantConnections
let store: TenantStore
let tenants: TenantInService[]

/** As the role that the policies confine, on a single connection, and without predicates: what is kept apart, the policies keep apart. */
beforeAll(async () => {
  service = await serviceOnFreshDatabase()
  registry = openConnections(service.databaseUrl, 1)
  placements = new Placements(registry.database)
  connections = new TenantConnections(roleUrl(service.databaseUrl, appRole), 1)
  store = new TenantStore(placements, connections, () => [])
  tenants = [await service.tenant('acme'), await service.tenant('rival')]
  for (const { id, slug } of tenants) {
    await service.operator(`POST /operator/tenants/${id}/import`, {
      body: { labels: [{ name: slug }], projects: [{ slug, name: slug, tasks: [] }] },
    })
  }
})

afterAll(async () => {
  await Promise.all([connections.close(), registry.close()])
})

const labels = (transaction: TenantTransaction) =>
  transaction.selectFrom('labels').select(['name', 'color']).execute()

const labelsAmong = (ids: readonly string[]) => (transaction: TenantTransaction) =>
  transaction.selectFrom('labels').where('id', 'in', ids).select('color').execute()

/** What the connection keeps of the statements that name a table. */
function keptOf(table: string, { id }: TenantInService, placement: Placement) {
  return connections.use(id, placement, async (client) => {
    const { rows } = await client.query<{ parameters: number; plans: number; shared: number }>(
      `SELECT cardinality(parameter_types) AS parameters, (generic_plans + custom_plans)::int AS plans, generic_plans::int AS shared
         FROM pg_prepared_statements WHERE statement LIKE '%"' || $1 || '"%'`,
      [table],
    )
    return rows
  })
}

describe('a statement', () => {
  it('is parsed once on a connection, and shows each tenant its own rows by one plan for all', async () => {
    for (let turn = 0; turn < 10; turn += 1) {
      for (const { id, slug } of tenants) {
        const seen = await store.run({ tenantId: id }, labels)
        expect(seen.map(({ name }) => name)).toEqual([slug])
      }
    }
    const [acme] = tenants as [TenantInService]
    const kept = await keptOf('labels', acme, await placements.of(acme.id))
    expect(kept).toMatchObject([{ plans: 20 }])
    expect(kept[0]!.shared).toBeGreaterThan(0)
  })

  it('that holds a long list is not kept', async () => {
    const [acme] = tenants as [TenantInService]
    const ids = Array.from({ length: 60 }, () => randomUUID())
    await store.run({ tenantId: acme.id }, labelsAmong(ids.slice(0, 3)))
    await store.run({ tenantId: acme.id }, labelsAmong(ids))
    const kept = await keptOf('labels', acme, await placements.of(acme.id))
    expect(kept.map(({ parameters }) => parameters).sort()).toEqual([1, 4])
  })

  it('that picks a partial index by a value is not kept, and meets its conflict however often it comes', async () => {
    const [acme] = tenants as [TenantInService]
    const ask = (transaction: TenantTransaction) =>
      transaction
        .insertInto('exports')
        .values({ tenant_id: acme.id, asked_by: null })
        .onConflict((conflict) => conflict.column('tenant_id').where('state', '=', 'waiting').doNothing())
        .execute()
    for (let turn = 0; turn < 8; turn += 1) {
      const [outcome] = await store.run({ tenantId: acme.id }, ask)
      expect(outcome!.numInsertedOrUpdatedRows).toBe(turn === 0 ? 1n : 0n)
    }
    expect(await keptOf('exports', acme, await placements.of(acme.id))).toEqual([])
  })

  it('in a schema of its tenant’s own is not kept', async () => {
    const { json } = await service.operator('POST /operator/tenants', {
      body: {
        slug: 'apart',
        name: 'Apart',
        plan: 'business',
        members: [{ name: 'Ada', email: 'ada@example.org', role: 'admin' }],
      },
    })
    const placement = await placements.of(json.id)
    expect(placement.tier).toBe('schema')
    await store.run({ tenantId: json.id }, labels)
    expect(await keptOf(placement.location, json, placement)).toEqual([])
  })

  it('whose columns a migration has changed fails once, and its connection is given up', async () => {
    const [acme] = tenants as [TenantInService]
    const context = { tenantId: acme.id }
    await store.run(context, labels)
    await service.database.pool.query('ALTER TABLE labels ALTER COLUMN color TYPE varchar(50)')
    await expect(store.run(context, labels)).rejects.toMatchObject({ code: '0A000' })
    await expect(store.run(context, labels)).resolves.toHaveLength(1)
  })
})
