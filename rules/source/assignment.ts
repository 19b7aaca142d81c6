import type { TSESTree } from '@typescript-eslint/utils'
import { childrenOf } from './children.ts'
import type { SourceModule } from './module.ts'

/** The value of `name = …` for a variable without a telling initialiser (`let pool; … pool = new Pool()`). */
export function firstAssignment(node: { readonly name: string }, module: SourceModule): TSESTree.Node | null {
  const pattern = new RegExp(`(?<![\\w$.])${node.name.replaceAll('$', '\\$')}\\s*(?:\\?\\?|\\|\\|)?=(?![=>])`)
  if (!pattern.test(module.text)) return null
  const pending: TSESTree.Node[] = [module.program]
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (
      at.type === 'AssignmentExpression' &&
      at.left.type === 'Identifier' &&
      at.left.name === node.name &&
      at.operator !== '+='
    ) {
      return at.right
    }
    pending.push(...childrenOf(at))
  }
  return null
}
