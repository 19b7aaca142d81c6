import type { TSESTree } from '@typescript-eslint/utils'
import { childrenOf, functionAround, unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import { tenantNames } from './actor.ts'
import { calleeName, some } from './calls.ts'
import { isRefusing } from './refusal.ts'

/** A look-up that is handed the tenant of a row together with the actor: `findMember(row.teamId, session.user.id)`. */
function isMembershipProof(
  call: TSESTree.CallExpression,
  leadsToTenant: (node: TSESTree.Node) => boolean,
  text: string,
): boolean {
  return (
    call.arguments.some((argument) => some(argument, leadsToTenant)) &&
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
  const { identities } = file.proofs
  const root = identities.of(call)?.root
  const around = functionAround(call)
  if (root === undefined || around === null) return null
  const { text } = file.scope.sourceCode
  const names = tenantNames(file.tenancy)
  const leadsToTenant = (node: TSESTree.Node): boolean => {
    const identity = node.type === 'MemberExpression' ? identities.of(node) : null
    return identity?.root === root && identity.path.some((name) => names.test(name))
  }
  const compared = (node: TSESTree.BinaryExpression): TSESTree.Node | null => {
    for (const [side, other] of [
      [unwrap(node.left), unwrap(node.right)],
      [unwrap(node.right), unwrap(node.left)],
    ] as const) {
      if (!leadsToTenant(side)) continue
      const isCount = side.type === 'MemberExpression' && text.slice(...side.property.range) === 'length'
      if (isCount || file.scope.provenanceOf(other).kind !== 'literal') return side
    }
    return null
  }
  let found: string | null = null
  const visit = (node: TSESTree.Node): void => {
    if (found !== null || node.range[1] <= call.range[0]) return
    if (until !== undefined && node.range[0] >= until.range[0]) return
    if (node.type === 'BinaryExpression' && /^(?:[!=]==?|>|<|>=|<=)$/.test(node.operator)) {
      const side = compared(node)
      if (side !== null) found = `the comparison of \`${text.slice(side.range[0], side.range[1])}\``
    }
    if (node.type === 'CallExpression' && node !== call && isMembershipProof(node, leadsToTenant, text)) {
      found = `\`${calleeName(node)}\` for the tenant of the row`
    }
    if (node.type === 'CallExpression' && node !== call && isRefusing(calleeName(node))) {
      const handed = node.arguments.some((argument) =>
        some(argument, (inner) => inner.type !== 'CallExpression' && identities.of(inner)?.root === root),
      )
      if (handed) found = `\`${calleeName(node)}\``
    }
    for (const child of childrenOf(node)) visit(child)
  }
  visit(around)
  return found
}
