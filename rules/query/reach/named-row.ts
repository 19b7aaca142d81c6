import type { Tenancy } from '../../tenancy/tenancy.ts'
import type { Judged } from '../judge.ts'
import { relationIn } from '../reference.ts'

/** Does a column name one row of the relation, and no row of another one? */
export function isOwnKey(column: string | null, { occurrence }: Judged, tenancy: Tenancy): boolean {
  const key = relationIn(tenancy, occurrence.relation)?.key ?? ['id']
  return key.length === 1 && column === key[0]
}

/** Does a column name one row that belongs to a tenant: the parent of the rows, or a row that they refer to? */
export function namesRowOfTenant(
  column: string | null,
  { occurrence, ownership }: Judged,
  tenancy: Tenancy,
): boolean {
  if (ownership.kind === 'through' && ownership.column === column) return true
  const fields = Object.values(relationIn(tenancy, occurrence.relation)?.relationFields ?? {})
  return fields.some(({ to, on }) => {
    const far = tenancy.find(to)
    const isOwned = far?.ownership.kind === 'owned' || far?.ownership.kind === 'through'
    return isOwned && on.length === 1 && on[0]![0] === column && on[0]![1] === far.key[0]
  })
}
