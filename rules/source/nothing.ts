import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from './children.ts'

/** `undefined` or `null`, as the program writes it. */
export function isNothing(given: TSESTree.Node): boolean {
  const node = unwrap(given)
  return node.type === 'Identifier'
    ? node.name === 'undefined'
    : node.type === 'Literal' && node.value === null
}
