import type { Tenancy } from '../../rules/tenancy/tenancy.ts'
import { resolveStep } from '../generate/resolve.ts'
import { plainStep } from '../generate/trial.ts'
import { Pool } from '../model/pool.ts'
import type { Tenant } from '../model/tenant.ts'
import type { Change } from '../oracles/foreign-write.ts'
import { differences, plain, type Plain, Symbols } from '../oracles/normalise.ts'
import { openPool, type Pool as DatabasePool } from '../postgres/connection.ts'
import { planSnapshot } from '../postgres/snapshot-plan.ts'
import { diffSnapshots, takeSnapshot } from '../postgres/snapshot.ts'
import type { Arena } from './arena.ts'
import type { Ground } from './ground.ts'
import { sendResolved } from './exchange.ts'

/** Notices when what passive tenants own changes. `compare` gives the changes since the mark, oldest tenant first. */
export interface Watch {
  readonly kind: 'database' | 'owner'
  /** Remembers the present state. */
  readonly mark: () => Promise<void>
  /** What has changed since the mark; the present state becomes the mark. */
  readonly changes: () => Promise<Change[]>
  /** Does it see anything of the tenant at all? */
  readonly sees: (tenant: Tenant) => boolean
  /** Relations that it cannot see, with the reason. */
  readonly blind: readonly string[]
  readonly close: () => Promise<void>
}

async function firstSnapshot(pool: DatabasePool, tenancy: Tenancy) {
  try {
    const plan = await planSnapshot(pool, tenancy)
    return { plan, first: await takeSnapshot(pool, plan) }
  } catch (error) {
    await pool.end()
    throw error
  }
}

/** Watches by snapshots of the database: sees every relation of the tenancy model. */
export async function watchDatabase(
  url: string,
  tenancy: Tenancy,
  passive: () => readonly Tenant[],
): Promise<Watch> {
  const pool: DatabasePool = openPool(url, 1)
  const { plan, first } = await firstSnapshot(pool, tenancy)
  let last = first
  return {
    kind: 'database',
    blind: plan.uncovered.map(({ relation, reason }) => `${relation}: ${reason}`),
    mark: async () => {
      last = await takeSnapshot(pool, plan)
    },
    changes: async () => {
      const before = last
      last = await takeSnapshot(pool, plan)
      const names = new Map(passive().map((tenant) => [tenant.provisioned.id, tenant.label]))
      return diffSnapshots(before, last).flatMap(
        ({ relation, tenant, kind, rowsBefore, rowsAfter }): Change[] => {
          const label = tenant === null ? undefined : names.get(tenant)
          if (label === undefined) return []
          const rows =
            rowsBefore === rowsAfter ? `${rowsAfter} rows` : `${rowsBefore} rows before, ${rowsAfter} after`
          return [
            {
              tenant: label,
              place: relation,
              kind,
              evidence: `rows of the ${label} in ${relation} were ${kind} (${rows})`,
            },
          ]
        },
      )
    },
    sees: (tenant) =>
      [...last.values()].some((extent) => extent.tenant === tenant.provisioned.id && extent.rows > 0),
    close: () => pool.end(),
  }
}

/**
 * The best watch that the target allows: snapshots when the database can be looked into and knows the tenants by their ids, else the
 * owners' own eyes. `warnings` says what it cannot see.
 */
export async function passiveWatch(
  ground: Ground,
): Promise<{ readonly watch: Watch; readonly warnings: readonly string[] }> {
  const { arena, instance, tenancy } = ground
  const passive = (): readonly Tenant[] => [arena.victim, arena.bystander]
  if (instance.databaseUrl === null || tenancy === null)
    return { watch: await watchOwners(arena, passive), warnings: [] }
  const watch = await watchDatabase(instance.databaseUrl, tenancy, passive)
  const warnings = watch.blind.map((blind) => `Writes cannot be seen in ${blind}.`)
  if (watch.sees(arena.victim)) return { watch, warnings }
  await watch.close()
  const reason = 'No row in the database bears the id of the provisioned tenant; its owner is asked instead.'
  return { watch: await watchOwners(arena, passive), warnings: [...warnings, reason] }
}

interface Reading {
  readonly operation: string
  readonly tenant: Tenant
  readonly plain: Plain
}

/** Watches through the service: the owners read everything again. Sees only what operations show. */
export async function watchOwners(arena: Arena, passive: () => readonly Tenant[]): Promise<Watch> {
  const noise = new Set<string>()
  const read = async (): Promise<Reading[]> => {
    const readings: Reading[] = []
    for (const tenant of passive()) readings.push(...(await readAll(tenant, arena)))
    return readings
  }
  let last = await read()
  for (const change of compare(last, await read(), noise)) noise.add(change.key)
  return {
    kind: 'owner',
    blind: [],
    mark: async () => {
      last = await read()
    },
    changes: async () => {
      const before = last
      last = await read()
      return compare(before, last, noise).map(({ change }) => change)
    },
    sees: (tenant) => last.some((reading) => reading.tenant === tenant && reading.plain.status < 300),
    close: async () => {},
  }
}

async function readAll(tenant: Tenant, arena: Arena): Promise<Reading[]> {
  const { prepared, hints, tenantFields, payloads } = arena
  const readings: Reading[] = []
  for (const { operation, slots } of prepared.values()) {
    if (operation.method !== 'GET' || operation.access !== 'tenant') continue
    const rows = Math.max(
      1,
      ...slots.filter((slot) => slot.in === 'path').map((slot) => tenant.pool.of(slot.type).length),
    )
    for (let pick = 0; pick < Math.min(rows, 4); pick++) {
      const resolved = resolveStep(
        { ...plainStep(operation.id, arena.repertoire, pick), actor: 0 },
        {
          prepared,
          hints,
          tenantFields,
          attacker: tenant,
          victim: tenant,
          pool: new Pool(tenant.pool),
          deleted: [],
          payloads,
          dictionary: [],
          lexicon: arena.world.lexicon,
        },
      )
      if (resolved === null) continue
      const answer = await sendResolved(resolved, arena)
      readings.push({ operation: `${operation.id} ${pick}`, tenant, plain: plain(answer, new Symbols()) })
    }
  }
  return readings
}

function compare(
  before: readonly Reading[],
  after: readonly Reading[],
  noise: ReadonlySet<string>,
): { key: string; change: Change }[] {
  const earlier = new Map(
    before.map((reading) => [`${reading.tenant.index} ${reading.operation}`, reading.plain]),
  )
  return after.flatMap(({ operation, tenant, plain: present }) => {
    const past = earlier.get(`${tenant.index} ${operation}`)
    if (past === undefined || past.status >= 300) return []
    const field = differences(past, present).find((name) => !noise.has(`${operation} ${name}`))
    if (field === undefined) return []
    const place = operation.replace(/ \d+$/, '')
    const kind = field === 'status' ? 'removed' : 'changed'
    const evidence = `${place} shows the ${tenant.label} another ${field} than before`
    return [{ key: `${operation} ${field}`, change: { tenant: tenant.label, place, kind, evidence } }]
  })
}
