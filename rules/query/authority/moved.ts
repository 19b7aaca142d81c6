import type { Assignment } from '../../sql/statement.ts'
import type { Judged, JudgedQuery } from '../judge.ts'
import type { Claimed } from './claimed.ts'

/** Updates of the tenant key of a mention with a value that the request chooses. */
export function movedIn({ query }: JudgedQuery, mention: Judged, column: string): readonly Claimed[] {
  const { block } = query.statement
  const set: readonly Assignment[] =
    block.kind === 'update' ? block.set : block.kind === 'insert' ? (block.conflict?.set ?? []) : []
  return set.flatMap(({ column: written, operand }): readonly Claimed[] => {
    if (written !== column || operand?.kind !== 'parameter') return []
    const value = query.values[operand.index]
    const source = query.sources[operand.index]
    return value?.kind === 'request' && source != null
      ? [{ mention, source, path: value.path, by: 'request' }]
      : []
  })
}
