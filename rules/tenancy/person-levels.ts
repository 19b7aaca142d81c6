import { isPerson } from './identity.ts'
import { compare, type TenantLevels } from './root.ts'
import { isRequired, type RelationShape } from './shape.ts'

/** Of its relations, a product without tenants has at least so many that belong to a user. */
const fewest = 2

/**
 * A product that knows no organisations keeps what each user has apart: then every user is a tenant. Null when there are no users either,
 * or nothing belongs to them.
 */
export function personLevels(relations: readonly RelationShape[]): TenantLevels | null {
  const people = relations.filter(isPerson)
  const counts = new Map<string, Map<string, number>>()
  for (const { name, references, ...rest } of relations) {
    for (const { to, columns } of references) {
      const [column] = columns
      if (columns.length !== 1 || to === name || !people.some((person) => person.name === to)) continue
      if (!isRequired({ name, references, ...rest }, columns)) continue
      const known = counts.get(to) ?? new Map<string, number>()
      counts.set(to, known.set(column!, (known.get(column!) ?? 0) + 1))
    }
  }
  const total = (columns: ReadonlyMap<string, number>) => [...columns.values()].reduce((a, b) => a + b, 0)
  const [best] = [...counts].sort(([a, left], [b, right]) => total(right) - total(left) || compare(a, b))
  if (best === undefined || total(best[1]) < fewest) return null
  const columns = [...best[1]]
    .sort(([a, left], [b, right]) => right - left || compare(a, b))
    .map(([name]) => name)
  return {
    root: best[0],
    columns,
    notes: [
      `No tenant was found; every row of ${best[0]} was taken for a tenant of its own, by ${columns.join(', ')}. Name the tenant column with --tenant-column if there is one.`,
    ],
  }
}
