import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../source/binding.ts'
import { unwrap } from '../../source/children.ts'

/** Is a handler built on what says by its name that nobody has to be logged in? `publicProcedure.input(…).query(handler)` */
export function isDeclaredPublic(whole: TSESTree.Node): boolean {
  let node: TSESTree.Node = unwrap(whole)
  while (node.type === 'CallExpression' || node.type === 'MemberExpression') {
    node = unwrap(node.type === 'CallExpression' ? node.callee : node.object)
  }
  return node.type === 'Identifier' && /^(?:public|anonymous|unauthenticated)(?=[A-Z_])/.test(node.name)
}

/** The name under which something stands on the web for all to see. */
export function isPublicName(name: string): boolean {
  return /(?:^|_|[a-z])(?:slug|sub_?domain|domain|host|hostname|handle)$/i.test(name)
}

/** A test that leaves unless the row says that it is public: `if (!row.isPublic) throw …`. Answers with the row's flag. */
export function askedForPublic(test: TSESTree.Node): TSESTree.MemberExpression | null {
  const node = unwrap(test)
  if (node.type === 'LogicalExpression' && node.operator === '||') {
    return askedForPublic(node.left) ?? askedForPublic(node.right)
  }
  if (node.type !== 'UnaryExpression' || node.operator !== '!') return null
  const flag = unwrap(node.argument)
  if (flag.type !== 'MemberExpression') return null
  return /^(?:is_?)?(?:public|published)$/i.test(memberName(flag) ?? '') ? flag : null
}
