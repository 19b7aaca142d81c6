import type { TSESTree } from '@typescript-eslint/utils'
import { childrenOf, functionAround } from '../../source/children.ts'
import { leaves } from '../../provenance/guard.ts'
import type { QueryContext } from '../context.ts'
import { calleeName, some } from './calls.ts'
import { askedForPublic } from './published.ts'
import { isRefusing, onlyTells } from './refusal.ts'
import { RowTrail } from './row-trail.ts'
import { comparedSide, type Rows } from './tenant-comparison.ts'

/** A look-up that is handed the tenant of a row together with the actor: `findMember(row.teamId, session.user.id)`. */
function isMembershipProof(call: TSESTree.CallExpression, trail: RowTrail, text: string): boolean {
  return (
    !onlyTells(calleeName(call) ?? '') &&
    call.arguments.some((argument) => some(argument, (node) => trail.leadsToTenant(node))) &&
    namesUser.test(text.slice(...call.range))
  )
}

const namesUser = /\b(?:user|userId|session|currentUser|actor|member|auth)\b|[a-z]UserId\b/

/**
 * After a call that reads rows: does the code compare their tenant, or hand them to a check, before it goes on (to `until`, where
 * that is given)?
 */
export function checkedAfter(
  call: TSESTree.CallExpression,
  file: QueryContext,
  until?: TSESTree.Node,
): string | null {
  const around = functionAround(call)
  const trail = around === null ? null : RowTrail.of(call, around, file)
  if (around === null || trail === null) return null
  const { text } = file.scope.sourceCode
  const rows: Rows = {
    isTenant: (node) => trail.leadsToTenant(node),
    isRow: (node) => trail.belongs(node),
  }
  let found: string | null = null
  const visit = (node: TSESTree.Node): void => {
    if (found !== null || node.range[1] <= call.range[0]) return
    if (until !== undefined && node.range[0] >= until.range[0]) return
    if (node.type === 'BinaryExpression') {
      const side = comparedSide(node, rows, file)
      if (side !== null) found = `the comparison of \`${text.slice(side.range[0], side.range[1])}\``
    }
    if (node.type === 'IfStatement' && leaves(node.consequent)) {
      const flag = askedForPublic(node.test)
      if (flag !== null && trail.belongs(flag))
        found = `the test of \`${file.scope.sourceCode.getText(flag)}\``
    }
    if (node.type === 'CallExpression' && node !== call && isMembershipProof(node, trail, text)) {
      found = `\`${calleeName(node)}\` for the tenant of the row`
    }
    if (node.type === 'CallExpression' && node !== call && isRefusing(calleeName(node))) {
      const handed = node.arguments.some((argument) => some(argument, (inner) => trail.belongs(inner)))
      if (handed) found = `\`${calleeName(node)}\``
    }
    for (const child of childrenOf(node)) visit(child)
  }
  visit(around)
  return found
}
