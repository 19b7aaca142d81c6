import type { Ownership, OccurrenceVerdict } from '../confinement/verdict.ts'
import type { OccurrenceId, Statement } from '../sql/statement.ts'

/** The tenant key of each mention that carries one. */
type Keys = ReadonlyMap<OccurrenceId, string>

/**
 * The mentions of which the statement reads nobody's rows (`tenant_id IS NULL`: defaults that all tenants share) beside the tenant's own. For
 * a row that has a tenant, `IS NULL` of its tenant key is false: where the statement is confined with that in its place, it lets no other
 * tenant's row through. Writing to what all share is another matter.
 */
export function readsOfNobodys(
  statement: Statement,
  verdicts: readonly OccurrenceVerdict[],
  confineAgain: (statement: Statement) => readonly OccurrenceVerdict[],
): ReadonlySet<OccurrenceId> {
  const keys: Keys = new Map(
    verdicts.flatMap(({ occurrence, ownership, verdict }) => {
      const key = verdict.kind === 'leak' && occurrence.access === 'read' ? keyOf(ownership) : null
      return key === null ? [] : [[occurrence.id, key] as const]
    }),
  )
  if (keys.size === 0) return new Set()
  const seen = new Set<OccurrenceId>()
  const owned = { ...statement, block: withoutNobodys(statement.block, keys, seen) }
  if (seen.size === 0) return seen
  const confined = confineAgain(owned).filter(({ verdict }) => verdict.kind === 'confined')
  return new Set(confined.map(({ occurrence }) => occurrence.id).filter((id) => seen.has(id)))
}

const keyOf = (ownership: Ownership): string | null => (ownership.kind === 'owned' ? ownership.column : null)

/** Structural: it follows whatever the relational form holds. */
function withoutNobodys<T>(value: T, keys: Keys, seen: Set<OccurrenceId>): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((part: unknown) => withoutNobodys(part, keys, seen)) as T
  const id = nullTested(value)
  if (id !== null && keys.get(id.occurrence) === id.column) {
    seen.add(id.occurrence)
    return { kind: 'constant', value: false, span: null } as T
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, withoutNobodys(part as unknown, keys, seen)]),
  ) as T
}

function nullTested(value: object): { readonly occurrence: OccurrenceId; readonly column: string } | null {
  const { kind, operand } = value as { readonly kind?: unknown; readonly operand?: unknown }
  if (kind !== 'isNull' || typeof operand !== 'object' || operand === null) return null
  const { kind: of, occurrence, column } = operand as Readonly<Record<string, unknown>>
  return of === 'column' && typeof occurrence === 'number' && typeof column === 'string'
    ? { occurrence, column }
    : null
}
