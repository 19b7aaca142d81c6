import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from './binding.ts'
import { unwrap } from './children.ts'

/** The last name of what is called or made: `c` of `c(…)`, `a.b.c(…)` and `new a.c(…)`; null where it is computed. */
export function calleeName(node: TSESTree.CallExpression | TSESTree.NewExpression): string | null {
  const callee = unwrap(node.callee)
  if (callee.type === 'Identifier') return callee.name
  return callee.type === 'MemberExpression' ? memberName(callee) : null
}
