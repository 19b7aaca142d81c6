import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../source/children.ts'
import { leaves } from '../provenance/guard.ts'
import { type Identities, type Identity, isEqual } from './identity.ts'

/** Does a statement before `at` leave unless the query found as many rows as the list has ids? */
export function areAllFound(
  query: TSESTree.Node,
  list: Identity,
  at: TSESTree.Node,
  identities: Identities,
): boolean {
  const rows = identities.of(query)
  if (rows === null) return false
  const isCount = (node: TSESTree.Node, of: Identity): boolean => {
    const identity = identities.of(node)
    return identity !== null && isEqual(identity, { ...of, path: [...of.path, 'length'] })
  }
  const differs = (test: TSESTree.Node): boolean => {
    const bare = unwrap(test)
    if (bare.type === 'LogicalExpression' && bare.operator === '||')
      return differs(bare.left) || differs(bare.right)
    if (bare.type !== 'BinaryExpression') return false
    const { left, right, operator } = bare
    if (/^!==?$/.test(operator)) {
      return (isCount(left, rows) && isCount(right, list)) || (isCount(left, list) && isCount(right, rows))
    }
    if (operator === '<') return isCount(left, rows) && isCount(right, list)
    return operator === '>' && isCount(left, list) && isCount(right, rows)
  }
  let child = at
  for (let parent = at.parent; parent != null; parent = parent.parent) {
    if (parent.type === 'BlockStatement' || parent.type === 'Program') {
      const before = parent.body.slice(0, parent.body.indexOf(child as never))
      const rejects = (one: TSESTree.Node): boolean =>
        one.type === 'IfStatement' && leaves(one.consequent) && differs(one.test)
      if (before.some(rejects)) return true
    }
    child = parent
  }
  return false
}
