import { gateCondition, type PolicyRule } from '../confinement/policies.ts'
import type { Condition, FromItem, Occurrence, SelectBlock } from '../sql/statement.ts'
import type { Table } from '../schema/schema.ts'

/** Policies of a table as they apply to the session in question; null where row-level security does not apply. */
export type PoliciesOf = (relation: Occurrence['relation']) => readonly PolicyRule[] | null

/** Policies that mention tables whose policies mention tables; a circle, which the server refuses to run, ends here. */
const deepest = 4

/**
 * Adds to every sub-select of a policy what the policies of the tables in it demand: PostgreSQL applies them there too, so that
 * `EXISTS (SELECT … FROM parent WHERE …)` sees only the parents that the session may see.
 */
export function withNestedPolicies(condition: Condition, policiesOf: PoliciesOf): Condition {
  let next = 1_000
  const expand = <T>(value: T, depth: number): T => {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map((part: unknown) => expand(part, depth)) as T
    const copy = Object.fromEntries(
      Object.entries(value).map(([key, part]) => [key, expand(part as unknown, depth)]),
    ) as T
    return isSelect(copy) ? (narrowed(copy, depth) as T) : copy
  }
  const narrowed = (block: SelectBlock, depth: number): SelectBlock => {
    if (depth >= deepest) return block
    const demands = block.from.flatMap(scanned).flatMap((occurrence) => {
      const policies = policiesOf(occurrence.relation)
      if (policies === null) return []
      const gate = gateCondition(policies, 'select', 'existing')
      const first = next
      next += 1_000
      return [
        expand(
          renumbered(gate, (id) => (id === 0 ? occurrence.id : first + id)),
          depth + 1,
        ),
      ]
    })
    if (demands.length === 0) return block
    const operands = block.where === null ? demands : [block.where, ...demands]
    return { ...block, where: { kind: 'and', operands } }
  }
  return expand(condition, 0)
}

const isSelect = (value: unknown): value is SelectBlock =>
  (value as { kind?: unknown }).kind === 'select' && 'from' in (value as object)

/** Mentions whose rows a WHERE filters as a scan would: not those that an outer join may extend with NULLs. */
function scanned(item: FromItem): readonly Occurrence[] {
  switch (item.kind) {
    case 'relation':
      return [item]
    case 'join':
      return [
        ...(item.type === 'right' || item.type === 'full' ? [] : scanned(item.left)),
        ...(item.type === 'left' || item.type === 'full' ? [] : scanned(item.right)),
      ]
    case 'derived':
    case 'rowset':
      return []
  }
}

/** The same condition about other mentions. */
function renumbered<T>(value: T, number: (id: number) => number): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((part: unknown) => renumbered(part, number)) as T
  const { kind } = value as { kind?: unknown }
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      const names =
        (key === 'id' && kind === 'relation') || (key === 'occurrence' && kind === 'column') || key === 'of'
      return [key, names && typeof part === 'number' ? number(part) : renumbered(part as unknown, number)]
    }),
  ) as T
}

/** Row-level security of the tables of a schema, for one set of roles. */
export function policiesIn(
  tableOf: (relation: Occurrence['relation']) => Table | null,
  rulesOf: (table: Table) => readonly PolicyRule[],
): PoliciesOf {
  return (relation) => {
    const table = tableOf(relation)
    return table === null || !table.rowSecurity ? null : rulesOf(table)
  }
}
