import { type Queryable, queryRows } from './connection.ts'
import type { SnapshotPlan } from './snapshot-plan.ts'

/** The rows of one tenant in one relation, as far as a comparison needs them. */
export interface Extent {
  readonly relation: string
  /** The tenant's id as text; null for rows that name no tenant. */
  readonly tenant: string | null
  readonly rows: number
  readonly content: string
  readonly keys: string
}

/** All rows of all tenants at one moment. */
export type Snapshot = ReadonlyMap<string, Extent>

/** What happened to one tenant's rows in one relation between two snapshots. */
export interface TenantChange {
  readonly relation: string
  readonly tenant: string | null
  /**
   * `changed`: the same rows, other content. `replaced`: as many rows, but not the same ones. Otherwise the balance:
   * beside it, rows may have changed, too.
   */
  readonly kind: 'added' | 'removed' | 'replaced' | 'changed'
  readonly rowsBefore: number
  readonly rowsAfter: number
}

/**
 * Takes a snapshot in one statement, so that it shows one moment. The client must see all rows: a superuser, or a role with
 * BYPASSRLS.
 *
 * @internal
 */
export async function takeSnapshot(client: Queryable, plan: SnapshotPlan): Promise<Snapshot> {
  const extents = await queryRows<Extent & Record<string, unknown>>(client, plan.sql)
  return new Map(extents.map((extent) => [JSON.stringify([extent.relation, extent.tenant]), extent]))
}

/** What changed, ordered by relation and tenant. @internal */
export function diffSnapshots(before: Snapshot, after: Snapshot): TenantChange[] {
  const changes: TenantChange[] = []
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const change = compare(before.get(key), after.get(key))
    if (change !== null) changes.push(change)
  }
  return changes.toSorted((left, right) => (order(left) < order(right) ? -1 : 1))
}

function order(change: TenantChange): string {
  return `${change.relation}\0${change.tenant ?? ''}`
}

function compare(before: Extent | undefined, after: Extent | undefined): TenantChange | null {
  const some = (before ?? after)!
  const rowsBefore = before?.rows ?? 0
  const rowsAfter = after?.rows ?? 0
  if (rowsBefore === rowsAfter && before?.content === after?.content && before?.keys === after?.keys)
    return null
  const kind =
    rowsAfter > rowsBefore
      ? 'added'
      : rowsAfter < rowsBefore
        ? 'removed'
        : before?.keys === after?.keys
          ? 'changed'
          : 'replaced'
  return { relation: some.relation, tenant: some.tenant, kind, rowsBefore, rowsAfter }
}
