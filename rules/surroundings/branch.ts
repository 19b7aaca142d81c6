import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../source/binding.ts'

/** What only happens outside production. */
const environments = /\b(NODE_ENV|__DEV__|is_?dev\w*|is_?prod\w*|debug\w*|development|production|verbose)\b/i

/** Does a test ask where the program runs? */
export const isAboutProduction = (test: string): boolean => environments.test(test)

/** The test that decides whether control gets from a node to its child, and what it has to say for that. */
export function testOver(
  parent: TSESTree.Node,
  child: TSESTree.Node,
): { node: TSESTree.Node; taken: boolean } | null {
  switch (parent.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
      return child === parent.test ? null : { node: parent.test, taken: child === parent.consequent }
    case 'LogicalExpression':
      return child === parent.left ? null : { node: parent.left, taken: parent.operator === '&&' }
    case 'SwitchStatement':
      return { node: parent.discriminant, taken: true }
    default:
      return null
  }
}

/** Does a test around the node, inside its function, ask where the program runs? */
export function isOnlySomewhere(node: TSESTree.Node, text: string): boolean {
  let child = node
  for (let parent = node.parent; parent != null && !isFunction(parent); parent = parent.parent) {
    const test = testOver(parent, child)
    if (test !== null && isAboutProduction(text.slice(test.node.range[0], test.node.range[1]))) return true
    child = parent
  }
  return false
}
