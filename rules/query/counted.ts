import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../source/children.ts'
import { isEnsured } from '../provenance/guard.ts'
import { isCountCall, signsOf } from './found.ts'
import { type Identities, type Identity, isEqual } from './identity.ts'

/** Does control reach `at` only when the query found as many rows as the list has ids? */
export function areAllFound(
  query: TSESTree.Node,
  list: Identity,
  at: TSESTree.Node,
  identities: Identities,
): boolean {
  const rows = identities.of(query)
  if (rows === null) return false
  const counts = isCountCall(query)
  const isCount = (node: TSESTree.Node, of: Identity): boolean => {
    const identity = identities.of(node)
    if (identity === null) return false
    if (counts && of === rows) return isEqual(identity, rows)
    return ['length', 'size'].some((name) => isEqual(identity, { ...of, path: [...of.path, name] }))
  }
  /** `differs`: is the comparison truthy whenever an id was not found; else: only when all were? */
  const compares = (test: TSESTree.Node, differs: boolean): boolean => {
    const bare = unwrap(test)
    if (bare.type !== 'BinaryExpression') return false
    const { left, right, operator } = bare
    const inOrder = isCount(left, rows) && isCount(right, list)
    const turned = isCount(left, list) && isCount(right, rows)
    if ((differs ? /^!==?$/ : /^===?$/).test(operator)) return inOrder || turned
    return (operator === (differs ? '<' : '>=') && inOrder) || (operator === (differs ? '>' : '<=') && turned)
  }
  return isEnsured(at, (test) => compares(test, false), {
    ...signsOf(identities),
    lacks: (test) => compares(test, true),
  })
}
