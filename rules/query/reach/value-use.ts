import type { TSESTree } from '@typescript-eslint/utils'

/** A name or a member that stands for a value: the names of members and keys stand for none, whatever variable is called so. */
export function isValueUse(node: TSESTree.Node): boolean {
  if (node.type !== 'Identifier') return node.type === 'MemberExpression'
  const parent: TSESTree.Node | undefined = node.parent
  if (parent?.type === 'Property') return parent.key !== node || parent.value === node
  return parent?.type !== 'MemberExpression' || parent.property !== node || parent.computed
}
