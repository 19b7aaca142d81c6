import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../source/binding.ts'
import { childrenOf, unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import { functionsAround } from './actor.ts'
import { calleeName } from './calls.ts'
import { isRefusing } from './refusal.ts'

/** `router.get('/:taskId', access.fromTask('taskId'), handler)`, `withAccess(handler, …)`, `procedure.use(owns('taskId')).query(handler)`. */
export function guardAround(key: string, at: TSESTree.Node, file: QueryContext): string | null {
  for (const inner of functionsAround(at)) {
    let node: TSESTree.Node = inner
    while (node.parent?.type === 'CallExpression' && node.parent.callee !== node) {
      const call: TSESTree.CallExpression = node.parent
      const guard = guardAmong(call, node, key, file)
      if (guard !== null) return `\`${guard}\` around the handler`
      node = call
    }
  }
  return null
}

function guardAmong(
  call: TSESTree.CallExpression,
  handler: TSESTree.Node,
  key: string,
  file: QueryContext,
): string | null {
  const { scope } = file
  const others = call.arguments.filter((argument) => argument !== handler && !isFunction(argument))
  const word = new RegExp(`(?<![\\w$])${key.replace(/[^\w]/g, '')}(?![\\w$])`)
  for (const guard of [...others, unwrap(call.callee)].flatMap(callsIn)) {
    const name = calleeName(guard)
    if (name === null || !(isRefusing(name) || guardLike.test(name))) continue
    const definition = scope.definitionOf(guard.callee)
    const text =
      definition.kind === 'function' ? (scope.textOf(definition.node, definition.module) ?? '') : ''
    if (word.test(scope.sourceCode.getText(guard)) || word.test(text)) return name
  }
  return null
}

const guardLike = /access|guard|permission|owner|member|^from[A-Z]/i

function callsIn(node: TSESTree.Node): readonly TSESTree.CallExpression[] {
  const own = node.type === 'CallExpression' ? [node] : []
  return isFunction(node) ? own : [...own, ...childrenOf(node).flatMap(callsIn)]
}
