import type { TSESTree } from '@typescript-eslint/utils'

/** The documentation comment that ends where a declaration begins. */
export function noteBefore(node: TSESTree.Node, text: string): string {
  const exported = node.parent?.type.startsWith('Export') === true ? node.parent : node
  const before = text.slice(0, exported.range[0]).trimEnd()
  return before.endsWith('*/') ? before.slice(before.lastIndexOf('/**')) : ''
}
