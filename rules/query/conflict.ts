import type { InsertBlock } from '../sql/statement.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import { type Judged, type JudgedQuery, judge } from './judge.ts'

/** An upsert whose conflict target does not name the tenant. */
export interface OpenConflict {
  readonly mention: Judged
  readonly action: 'update' | 'nothing'
  /** The columns of the target; the constraint's name where it is given by that. */
  readonly target: string
  /** The column that the target lacks. */
  readonly column: string
}

/**
 * The conflict of an INSERT that may meet a row of another tenant: the row that is inserted is confined, the one that it runs into is not.
 * With DO NOTHING that row is not changed, but the answer tells that it is there.
 */
export function openConflict(judged: JudgedQuery, tenancy: Tenancy): OpenConflict | null {
  const { block } = judged.query.statement
  if (block.kind !== 'insert' || block.conflict === null) return null
  const mention = judged.occurrences.find(({ occurrence }) => occurrence.id === block.target.id)
  const column = mention === undefined ? null : keyColumn(mention)
  if (mention === undefined || column === null) return null
  const { action, target, constraint } = block.conflict
  const found: OpenConflict = { mention, action, target: constraint ?? (target ?? []).join(', '), column }
  if (action === 'nothing')
    return target === null || namesTenant(target, column, mention, tenancy) ? null : found
  if (mention.verdict.kind !== 'leak') return null
  return isConfinedWithout(judged, block, tenancy) ? found : null
}

function keyColumn({ ownership }: Judged): string | null {
  if (ownership.kind === 'owned' || ownership.kind === 'through') return ownership.column
  return null
}

/** A key that holds the primary key of a row which is made here cannot meet another tenant's row by intent. */
function namesTenant(
  target: readonly string[],
  column: string,
  { occurrence }: Judged,
  tenancy: Tenancy,
): boolean {
  if (target.includes(column)) return true
  const { schema, name } = occurrence.relation
  const relation = tenancy.find(schema === null ? name : `${schema}.${name}`)
  return relation !== null && relation.key.length > 0 && relation.key.every((one) => target.includes(one))
}

/** Without its conflict clause, is the row that is inserted the tenant's? */
function isConfinedWithout({ query }: JudgedQuery, block: InsertBlock, tenancy: Tenancy): boolean {
  const plain = { ...query, statement: { ...query.statement, block: { ...block, conflict: null } } }
  return judge(plain, tenancy).occurrences.some(
    ({ occurrence, verdict }) => occurrence.id === block.target.id && verdict.kind === 'confined',
  )
}
