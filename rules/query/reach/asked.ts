import type { TSESTree } from '@typescript-eslint/utils'
import { leaves } from '../../provenance/guard.ts'
import { decisionsTo } from '../../provenance/writes.ts'
import { someBelow } from '../../source/below.ts'
import { isFunction } from '../../source/binding.ts'
import { childrenOf, contains } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import { statementsBefore } from './statements-before.ts'

/** Is what a call answers thrown away? */
export function isDiscarded(call: TSESTree.CallExpression): boolean {
  let node: TSESTree.Node = call
  while (node.parent?.type === 'AwaitExpression' || node.parent?.type === 'ChainExpression')
    node = node.parent
  return node.parent?.type === 'ExpressionStatement'
}

/**
 * Does what a call answers decide whether control reaches `at`? `const r = await check(id); if (r) return r`,
 * `if (!(await canSee(id))) return`, and a branch that is only taken after asking.
 */
export function isAsked(call: TSESTree.CallExpression, at: TSESTree.Node, file: QueryContext): boolean {
  const { identities } = file.proofs
  const root = identities.of(call)?.root
  const speaksOfIt = (test: TSESTree.Node): boolean =>
    someBelow(
      test,
      (node) => node === call || (isName(node) && root !== undefined && identities.of(node)?.root === root),
    )
  for (const statement of statementsBefore(at)) {
    if (!/Statement$|Declaration$/.test(statement.type)) {
      if (speaksOfIt(statement)) return true
      continue
    }
    if (testsIn(statement, at, file.scope.sourceCode.text).some(speaksOfIt)) return true
  }
  return false
}

const isName = (node: TSESTree.Node): boolean =>
  node.type === 'Identifier' || node.type === 'MemberExpression'

/** Tests in a statement that leave, and that every way to `at` passes. */
function testsIn(statement: TSESTree.Node, at: TSESTree.Node, text: string): readonly TSESTree.Node[] {
  if (isFunction(statement) || contains(statement, at)) return []
  const inner = childrenOf(statement).flatMap((child) => testsIn(child, at, text))
  if (statement.type !== 'IfStatement' || decisionsTo(statement, at, text).length > 0) return inner
  const rejects =
    leaves(statement.consequent) || (statement.alternate !== null && leaves(statement.alternate))
  return rejects ? [statement.test, ...inner] : inner
}
