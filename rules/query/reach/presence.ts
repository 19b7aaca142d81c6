import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../source/children.ts'
import { isNothing } from '../../source/nothing.ts'

/**
 * Does a test ask whether a value is there, and nothing else: `id`, `id !== undefined`, `id != null`? Then what it guards runs whenever the
 * value is there.
 */
export function asksForPresence(given: TSESTree.Node, is: (node: TSESTree.Node) => boolean): boolean {
  const test = unwrap(given)
  if (test.type !== 'BinaryExpression') return is(test)
  return /^!==?$/.test(test.operator) && isNothing(test.right) && is(unwrap(test.left))
}
