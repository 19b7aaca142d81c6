import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../source/binding.ts'
import { returnsOf, unwrap } from '../source/children.ts'
import type { ExtractionScope } from './library.ts'

const sortsOrLimits = /^\s*(?:(?:order\s+by|limit|offset|fetch)\b|$)/i

/**
 * Is the value, wherever it is made, empty or a clause that only sorts or limits? Nothing that widens a statement can follow such a
 * clause.
 */
export function isTrailing(given: TSESTree.Node, scope: ExtractionScope): boolean {
  const node = unwrap(scope.resolve(unwrap(given)))
  if (node.type !== 'CallExpression') return isClause(node)
  const definition = scope.definitionOf(node.callee)
  if (definition.kind !== 'function' || !isFunction(definition.node)) return false
  const returned = returnsOf(definition.node)
  return returned.length > 0 && returned.every((one) => isClause(one))
}

function isClause(given: TSESTree.Node): boolean {
  const node = unwrap(given)
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string' && sortsOrLimits.test(node.value)
    case 'TemplateLiteral': {
      const [first] = node.quasis
      const text = first!.value.cooked ?? first!.value.raw
      return sortsOrLimits.test(text) && (text.trim() !== '' || node.quasis.length === 1)
    }
    case 'ConditionalExpression':
      return isClause(node.consequent) && isClause(node.alternate)
    default:
      return false
  }
}
