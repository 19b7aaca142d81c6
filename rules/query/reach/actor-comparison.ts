import type { TSESTree } from '@typescript-eslint/utils'
import { leaves } from '../../provenance/guard.ts'
import { memberName } from '../../source/binding.ts'
import { belowOf } from '../../source/below.ts'
import { functionAround, unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import { isSelf } from './actor.ts'
import { RowTrail } from './row-trail.ts'

/** Columns that name a person. */
const personal =
  /^(?:user|owner|author|creator|member|person|account|partner|customer|actor|assignee)_?[iI]d$|^created_?[bB]y(?:_?[iI]d)?$/

/**
 * After a call that reads a row: the column by which the code leaves unless the row names whoever asks,
 * `if (row.userId !== session.user.id) throw …`. One person may act in several tenants, so that it tells the tenant of nobody.
 */
export function comparedWithActor(call: TSESTree.CallExpression, file: QueryContext): string | null {
  const around = functionAround(call)
  const trail = around === null ? null : RowTrail.of(call, around, file)
  if (around === null || trail === null) return null
  const columnIn = (given: TSESTree.Node): string | null => {
    const test = unwrap(given)
    if (test.type === 'LogicalExpression' && test.operator === '||') {
      return columnIn(test.left) ?? columnIn(test.right)
    }
    if (test.type !== 'BinaryExpression' || !/^!==?$/.test(test.operator)) return null
    for (const [side, other] of [
      [test.left, test.right],
      [test.right, test.left],
    ] as const) {
      const row = unwrap(side)
      const column = row.type === 'MemberExpression' && trail.belongs(row) ? memberName(row) : null
      if (column !== null && personal.test(column) && isActor(unwrap(other), file)) return `\`${column}\``
    }
    return null
  }
  for (const { range, test, consequent } of belowOf(around, 'IfStatement')) {
    const found = range[1] > call.range[0] && leaves(consequent) ? columnIn(test) : null
    if (found !== null) return found
  }
  return null
}

/** What the session or the context of a request says of whoever asks. */
function isActor(node: TSESTree.Node, { scope }: QueryContext): boolean {
  const provenance = scope.provenanceOf(node)
  if (provenance.kind === 'request' || provenance.kind === 'literal') return false
  const written = scope.sourceCode.getText(node)
  return (
    isSelf(written) ||
    isSelf(provenance.path) ||
    /(?:^|\.)(?:ctx|context|session|locals)\./.test(provenance.path)
  )
}
