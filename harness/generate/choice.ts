import { ghostOf, malformedIds } from '../model/ghost.ts'
import type { Pool, Pooled } from '../model/pool.ts'
import type { Tenant } from '../model/tenant.ts'
import type { Relation } from '../run/events.ts'
import { tenantType } from '../target/resources.ts'
import type { Operation } from '../target/target.ts'
import { forgeCursor, isCursor } from './cursors.ts'
import type { Slot } from './slots.ts'
import type { Step } from './trial.ts'

/** From which pools the ids of a step come. */
export interface Stock {
  readonly attacker: Tenant
  readonly victim: Tenant
  /** Of the trial: what it made itself lies on top. */
  readonly pool: Pool
  readonly deleted: readonly Pooled[]
}

/**
 * The id that a slot gets; null when there is none. `inner` is the row of the slot behind it, which lies below this one; `ghost` the salt
 * of the id that replaces a foreign one.
 */
export function chosenFor(
  slot: Slot,
  relation: Relation,
  inner: Pooled | null,
  step: Step,
  { method }: Operation,
  stock: Stock,
  ghost: number | undefined,
): Pooled | null {
  const { type } = slot
  const { pick } = step
  const { attacker, victim, deleted } = stock
  if (relation === 'malformed') return { type, id: malformedIds[pick % malformedIds.length]!, parents: {} }
  if (relation === 'deleted') {
    const gone = deleted.filter((entry) => entry.type === type)
    if (gone.length > 0) return gone[pick % gone.length]!
  }
  const foreign = relation === 'foreign' || relation === 'ghost'
  if (foreign && isCursor(type)) return foreignCursor(type, pick, stock)
  const parent = inner?.parents[type]
  let chosen: Pooled | null = null
  if (parent !== undefined) chosen = { type, id: parent, parents: {} }
  else if (type === tenantType) {
    chosen = { type, id: (foreign ? victim : attacker).provisioned.id, parents: {} }
  } else {
    const entries = foreign ? victim.pool.of(type) : ownFor(slot, step, method, stock.pool)
    if (entries.length > 0) chosen = entries[pick % entries.length]!
  }
  const salt = relation === 'ghost' ? 1 : relation === 'foreign' ? ghost : undefined
  return chosen === null || salt === undefined ? chosen : { ...chosen, id: ghostOf(chosen.id, salt) }
}

/** The victim's own cursor, or one of the actor's that says the victim's name inside. */
function foreignCursor(type: string, pick: number, { attacker, victim, pool }: Stock): Pooled | null {
  const swaps = [
    [attacker.provisioned.id, victim.provisioned.id],
    [attacker.slug, victim.slug],
  ] as const
  const given = victim.pool.of(type).map(({ id }) => id)
  const forged = pool.of(type).flatMap(({ id }) => forgeCursor(id, swaps) ?? [])
  const all = [...given.slice(0, 2), ...forged.slice(0, 2)]
  return all.length === 0 ? null : { type, id: all[pick % all.length]!, parents: {} }
}

/** The actor's own rows for a slot. What the trial made itself is destroyed before what was provisioned, on which later trials rest. */
export function ownFor(slot: Slot, step: Step, method: Operation['method'], pool: Pool): readonly Pooled[] {
  const latest = step.latest ? pool.latest(slot.type) : undefined
  if (latest !== undefined) return [latest]
  if (method === 'DELETE' && slot.in === 'path') {
    const fresh = pool.fresh(slot.type)
    if (fresh.length > 0) return [fresh[fresh.length - 1]!]
  }
  return pool.of(slot.type)
}
