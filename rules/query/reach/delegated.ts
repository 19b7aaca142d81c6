import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../source/binding.ts'
import { childrenOf, unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import type { CalledFunction } from './called-function.ts'

/** Methods that hand on to methods; a longer chain is not followed. */
const depthLimit = 4

/**
 * The text of a function, and of what it consists of when all it does is to hand on to its own class or a base class of it:
 * `findOne(id, options) { return super.findOne(id, this.withTenant(options)) }`. Null: it cannot be read.
 */
export function workingText(definition: CalledFunction, file: QueryContext, depth = 0): string | null {
  const text = file.scope.textOf(definition.node, definition.module)
  if (text === null || depth > depthLimit) return text
  const inner = handedOn(definition.node).flatMap((callee) => {
    const next = file.scope.definitionIn(callee, definition.module)
    const more = next.kind === 'function' ? workingText(next, file, depth + 1) : null
    return more === null ? [] : [more]
  })
  return [text, ...inner].join('\n')
}

/** What a function that only hands on calls of its own object; none for one that does something itself. */
function handedOn(node: TSESTree.Node): readonly TSESTree.Node[] {
  if (!isFunction(node)) return []
  const [only, ...others] = node.body.type === 'BlockStatement' ? node.body.body : [node.body]
  if (only === undefined || others.length > 0) return []
  const returned = only.type === 'ReturnStatement' ? only.argument : only
  const call = returned == null ? null : unwrap(returned, true)
  return call?.type === 'CallExpression' && isOwn(call) ? ownCallees(call) : []
}

function ownCallees(node: TSESTree.Node): readonly TSESTree.Node[] {
  if (isFunction(node)) return []
  const inner = childrenOf(node).flatMap(ownCallees)
  return node.type === 'CallExpression' && isOwn(node) ? [unwrap(node.callee), ...inner] : inner
}

function isOwn({ callee }: TSESTree.CallExpression): boolean {
  const bare = unwrap(callee)
  return bare.type === 'MemberExpression' && /^(ThisExpression|Super)$/.test(unwrap(bare.object).type)
}
