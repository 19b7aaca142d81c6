import type { Statement } from '../sql/statement.ts'
import { keyOf } from './judge.ts'
import type { Ownership, OwnershipOf } from './verdict.ts'

/**
 * Does the statement never mention a tenant key of its relations, and is all of it understood? Then no branch of its conditions binds one,
 * however many branches there are.
 */
export function neverSpeaksOfTenants(
  { block }: Statement,
  ownerships: readonly Ownership[],
  ownershipOf: OwnershipOf,
): boolean {
  const keys = new Set<string>()
  for (const ownership of ownerships) {
    const key = keyOf(ownership, ownershipOf)
    if (key === null && ownership.kind !== 'global') return false
    if (key?.kind === 'tenant') keys.add(key.column)
  }
  return !speaks(block, keys)
}

function speaks(value: unknown, keys: ReadonlySet<string>, restricts = true): boolean {
  if (Array.isArray(value)) return value.some((part) => speaks(part, keys, restricts))
  if (typeof value !== 'object' || value === null) return false
  const { kind, column, mentions } = value as {
    readonly kind?: string
    readonly column?: unknown
    readonly mentions?: readonly unknown[]
  }
  // New rows name their tenant by position or by name; what a condition does not show may name one.
  if (kind === 'insert' || kind === 'optional') return true
  if (kind === 'opaque' && restricts && (mentions ?? []).length === 0) return true
  if (kind === 'column' && typeof column === 'string' && (keys.has(column) || column === '*')) return true
  return Object.entries(value).some(([name, part]) =>
    speaks(part, keys, restricts && name !== 'outputs' && name !== 'others'),
  )
}
