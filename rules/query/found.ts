import type { TSESTree } from '@typescript-eslint/utils'
import { isEnsured, leaves, type Signs } from '../provenance/guard.ts'
import { decisionsTo } from '../provenance/writes.ts'
import { memberName } from '../source/binding.ts'
import { contains, unwrap } from '../source/children.ts'
import type { CallSite } from './context.ts'
import type { Identities } from './identity.ts'
import type { Answer } from './query.ts'

/** Does control reach `at` only when the query found a row? */
export function isFound(site: CallSite, at: TSESTree.Node, identities: Identities, text: string): boolean {
  const query = site.queries[0]?.query
  if (query === undefined) return false
  if (query.answer.throws) return isAwaited(site.node) && isOnTheWay(site.node, at, text)
  const counts = query.statement.block.kind === 'select' && isCountCall(query.node)
  const isRow = (node: TSESTree.Node): boolean => {
    const tested = identities.of(node)
    if (tested?.origin == null || !isCallOf(site, tested.origin)) return false
    return counts ? tested.path.length === 0 : isRowIn(tested.path, query.answer.shape)
  }
  return isEnsured(at, isRow, {
    ...signsOf(identities),
    lacks: (node) => counts && node.type === 'BinaryExpression' && isRow(node.left) && isNone(node),
  })
}

/** A check under a condition holds wherever the same condition does. */
export const signsOf = (identities: Identities): Signs => ({
  areSame: (one, other) => isSameTest(one, other, identities),
})

export const isCallOf = (site: CallSite, call: TSESTree.Node): boolean =>
  site.node === call || site.queries.some(({ query }) => query.node === call)

/** `count({ where })`, which gives a number. */
export function isCountCall(node: TSESTree.Node): boolean {
  const callee = node.type === 'CallExpression' ? unwrap(node.callee) : null
  return callee?.type === 'MemberExpression' && /^(?:count(?:By)?|getCount)$/.test(memberName(callee) ?? '')
}

/** `=== 0`, `< 1` */
function isNone({ operator, right }: TSESTree.BinaryExpression): boolean {
  const value = right.type === 'Literal' ? right.value : null
  return (value === 0 && /^(?:===?|<=)$/.test(operator)) || (value === 1 && operator === '<')
}

/** Do two tests certainly have the same outcome? */
function isSameTest(given: TSESTree.Node, other: TSESTree.Node, identities: Identities): boolean {
  const [one, two] = [unwrap(given), unwrap(other)]
  if (one.type === 'BinaryExpression' && two.type === 'BinaryExpression') {
    if (one.operator !== two.operator || !isSameTest(one.left, two.left, identities)) return false
    return isSameTest(one.right, two.right, identities)
  }
  if (one.type === 'Literal' && two.type === 'Literal') return one.raw === two.raw
  return identities.areSame(one, two)
}

/** Is what this path leads to truthy only when there is a row? */
function isRowIn(path: readonly string[], shape: Answer['shape']): boolean {
  switch (shape) {
    case 'none':
      return false
    case 'row':
      return !path.includes('*')
    case 'pair':
      // The array of rows stands in an array itself.
      return path[0] === '*' && isRowPath(path.slice(1))
    default:
      return isRowPath(path)
  }
}

/** Truthy only when there is a row: `rows[0]`, a column of it, the number of rows. */
export function isRowPath(path: readonly string[]): boolean {
  return path.includes('*') || ['length', 'rowCount'].includes(path.at(-1) ?? '')
}

function isAwaited(node: TSESTree.Node): boolean {
  return node.parent?.type === 'AwaitExpression'
}

/** Has the query run whenever control reaches `at`, with nothing between that swallows what it throws? */
function isOnTheWay(node: TSESTree.Node, at: TSESTree.Node, text: string): boolean {
  for (let parent = node.parent; parent != null && !contains(parent, at); parent = parent.parent) {
    if (parent.type === 'TryStatement' && parent.handler !== null && !leaves(parent.handler.body))
      return false
  }
  return decisionsTo(node, at, text).length === 0
}
