import type { TSESTree } from '@typescript-eslint/utils'

/** Statements that have run whenever control reaches `at`, in all functions around it. */
export function* statementsBefore(at: TSESTree.Node): Iterable<TSESTree.Node> {
  let child: TSESTree.Node = at
  for (let parent = at.parent; parent != null; parent = parent.parent) {
    if (parent.type === 'BlockStatement' || parent.type === 'SwitchCase') {
      const statements: readonly TSESTree.Node[] =
        parent.type === 'SwitchCase' ? parent.consequent : parent.body
      yield* statements.slice(0, statements.indexOf(child))
    }
    if (parent.type === 'IfStatement' && child === parent.consequent) yield parent.test
    child = parent
  }
}
