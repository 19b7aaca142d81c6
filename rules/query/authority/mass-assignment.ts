import type { TSESTree } from '@typescript-eslint/utils'
import type { QueryContext } from '../context.ts'
import type { Judged, JudgedQuery } from '../judge.ts'
import { relationIn } from '../reference.ts'
import { assignedBodies } from './assigned.ts'
import { movedIn } from './moved.ts'

/** A way in which a request can set the tenant key of a row. */
export interface MassAssignment {
  readonly kind: 'spread' | 'moved'
  readonly mention: Judged
  /** The tenant key, or the column that leads to the parent. */
  readonly column: string
  /** Source text of what is written. */
  readonly source: string
  /** Nothing in sight may have taken the key out, or checked the value. */
  readonly certain: boolean
}

export function massAssignmentsIn(
  judged: JudgedQuery,
  node: TSESTree.Node,
  file: QueryContext,
): readonly MassAssignment[] {
  const { block } = judged.query.statement
  if (block.kind !== 'insert' && block.kind !== 'update') return []
  const mention = judged.occurrences.find(({ occurrence }) => occurrence.id === block.target.id)
  if (mention?.ownership.kind !== 'owned') return []
  const { column } = mention.ownership
  const relation = relationIn(file.tenancy, mention.occurrence.relation)
  const text = (at: TSESTree.Node): string =>
    file.scope.sourceCode.getText(at).replaceAll(/\s+/g, ' ').slice(0, 60)
  const spread = relation === null ? [] : assignedBodies(judged.query, relation, column, file.scope)
  return [
    ...spread.map(({ node: at, body }): MassAssignment => ({
      kind: 'spread',
      mention,
      column,
      source: text(at),
      certain: body === 'raw',
    })),
    ...movedIn(judged, mention, column).flatMap(({ source }): readonly MassAssignment[] => {
      const authority = file.proofs.membership.before(source, node)
      if (authority === 'proved') return []
      return [{ kind: 'moved', mention, column, source: text(source), certain: authority === 'none' }]
    }),
  ]
}
