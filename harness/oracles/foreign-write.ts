import { canonicalType } from '../target/resources.ts'
import type { Operation } from '../target/target.ts'
import type { Accusation } from './oracle.ts'

/** What happened to a tenant that did nothing. */
export interface Change {
  /** As shown: `victim`. */
  readonly tenant: string
  /** Relation, or the operation by which its owner sees the change. */
  readonly place: string
  readonly kind: 'added' | 'removed' | 'replaced' | 'changed'
  readonly evidence: string
}

/**
 * Rows of a tenant that did nothing have changed. When the request named that tenant by a hint alone, the service followed the
 * hint, and `hint` says which.
 */
export function judgeForeignWrite(
  { id: operation, path }: Pick<Operation, 'id' | 'path'>,
  hint: string | null,
  changes: readonly Change[],
): Accusation | null {
  // Of all that a cascade touched, what the path speaks of says it best.
  const spoken = new Set(path.split('/').map(canonicalType))
  const change = changes.find(({ place }) => spoken.has(canonicalType(place))) ?? changes[0]
  if (change === undefined) return null
  const others = changes.length > 1 ? ` (and ${changes.length - 1} more)` : ''
  if (hint !== null) {
    return {
      oracle: 'principal',
      detail: hint,
      title: `${operation} follows ${hint} instead of the authenticated actor`,
      evidence: `The write landed in the tenant that ${hint} named: ${change.evidence}${others}.`,
    }
  }
  return {
    oracle: 'foreign-write',
    detail: `${change.place}:${change.kind}`,
    title: `${operation} changes data of another tenant`,
    evidence: `${change.evidence}${others}.`,
  }
}
