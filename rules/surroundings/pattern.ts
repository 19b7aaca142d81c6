import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../source/children.ts'

/** The names that a parameter or pattern declares. */
export function identifiersIn(pattern: TSESTree.Node): TSESTree.Identifier[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern]
    case 'AssignmentPattern':
      return identifiersIn(pattern.left)
    case 'RestElement':
      return identifiersIn(pattern.argument)
    case 'ObjectPattern':
      return pattern.properties.flatMap((one) =>
        identifiersIn(one.type === 'Property' ? one.value : one.argument),
      )
    case 'ArrayPattern':
      return pattern.elements.flatMap((one) => (one === null ? [] : identifiersIn(one)))
    default:
      return []
  }
}

/** What a chain of members and calls begins with: `request` of `request.params.id.trim()`. */
export function rootOf(node: TSESTree.Node): TSESTree.Node | null {
  const bare = unwrap(node, true)
  switch (bare.type) {
    case 'MemberExpression':
      return rootOf(bare.object)
    case 'CallExpression':
      return rootOf(bare.callee)
    default:
      return bare
  }
}
