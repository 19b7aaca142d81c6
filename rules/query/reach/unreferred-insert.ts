import type { Judged, JudgedQuery } from '../judge.ts'
import type { Tenancy } from '../../tenancy/tenancy.ts'

/**
 * The row that is inserted is owned by the row that will refer to it, and takes a key of its own: as yet no row of any tenant does.
 */
export function isUnreferredInsert(
  { query }: JudgedQuery,
  { ownership, occurrence }: Judged,
  tenancy: Tenancy,
): boolean {
  const { block } = query.statement
  if (occurrence.access !== 'insert' || block.kind !== 'insert' || block.target.id !== occurrence.id)
    return false
  if (ownership.kind !== 'through' || block.source.kind !== 'rows' || block.conflict !== null) return false
  const own = tenancy.find(occurrence.relation.name)
  const isOwnKey = own?.key.length === 1 && own.key[0] === ownership.column
  const refers = !(tenancy.find(ownership.parent)?.key ?? []).includes(ownership.parentColumn)
  return (
    isOwnKey &&
    refers &&
    block.source.rows.every((row) => row.every(({ column }) => column !== ownership.column))
  )
}
