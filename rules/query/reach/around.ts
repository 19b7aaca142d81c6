import type { TSESTree } from '@typescript-eslint/utils'
import { type FunctionNode, isFunction, memberName } from '../../source/binding.ts'
import { childrenOf, unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import { functionsAround } from './actor.ts'
import { calleeName } from '../../source/callee.ts'
import { decoratorsOf } from './decorators.ts'
import { textsOf } from './guard-text.ts'
import { isRefusing, refusalAlone, refusalOf } from './refusal.ts'
import { type KeyWords, wordsFor } from './key-words.ts'
import { hooksBefore } from './route-hooks.ts'

/**
 * The guard around a handler that speaks of a key: `router.get('/:taskId', access.fromTask('taskId'), handler)`, `withAccess(handler, …)`,
 * `procedure.use(owns('taskId')).query(handler)`, a hook of the route or of all routes before it, a decorator. A guard that does not
 * name the key says nothing of it.
 */
export function guardAround(key: string, at: TSESTree.Node, file: QueryContext): string | null {
  const word = wordsFor(key)
  for (const inner of functionsAround(at)) {
    const decorator = decoratorsOf(inner).find((node) => isGuard(node, word, file))
    if (decorator !== undefined) return inWords(decorator)
    let node: TSESTree.Node = holderOf(inner)
    while (node.parent?.type === 'CallExpression' && node.parent.callee !== node) {
      const call: TSESTree.CallExpression = node.parent
      const guard =
        guardsOf(call, node, inner, file).find((one) => isGuard(one, word, file)) ??
        hooksBefore(call, word.named, file).find((hook) =>
          isGuard(hook.guard, hook.names ? null : word, file),
        )?.guard
      if (guard !== undefined) return inWords(guard)
      node = call
    }
  }
  return null
}

/** A handler in an object of options stands for that object: `route({ preHandler: [own('taskId')], handler })`. */
function holderOf(handler: FunctionNode): TSESTree.Node {
  const property = handler.parent
  return property.type === 'Property' && property.value === handler ? property.parent : handler
}

/** What may guard a handler among the arguments of the call that it is handed to, and in the chain that the call ends. */
function guardsOf(
  call: TSESTree.CallExpression,
  holder: TSESTree.Node,
  handler: FunctionNode,
  file: QueryContext,
): readonly TSESTree.Node[] {
  const among = call.arguments.flatMap((argument) => {
    if (argument === holder) return holder === handler ? [] : candidatesIn(argument, handler)
    // What stands behind the handler runs after it, unless it is a wrapper's argument.
    if (isFunction(argument)) return argument.range[0] < holder.range[0] ? [argument] : []
    return candidatesIn(argument, handler)
  })
  const callee = unwrap(call.callee)
  return [...among, ...candidatesIn(callee, handler), ...chainOf(callee, file)]
}

/** Calls and names in an expression, without those inside functions. */
function candidatesIn(node: TSESTree.Node, handler: FunctionNode): readonly TSESTree.Node[] {
  if (node === handler || isFunction(node)) return []
  if (node.type === 'Identifier') return [node]
  if (node.type === 'MemberExpression') {
    const object = unwrap(node.object)
    return object.type === 'Identifier' ? [node] : candidatesIn(object, handler)
  }
  const inner = childrenOf(node)
    .filter((child) => node.type !== 'Property' || child !== node.key)
    .flatMap((child) => candidatesIn(child, handler))
  return node.type === 'CallExpression' ? [node, ...inner] : inner
}

/** The functions in `procedure.use(async ({ input, ctx, next }) => …).query(handler)`. */
function chainOf(callee: TSESTree.Node, file: QueryContext): readonly TSESTree.Node[] {
  const object = callee.type === 'MemberExpression' ? unwrap(callee.object) : null
  if (object?.type !== 'CallExpression') return []
  const inner = unwrap(object.callee)
  const middlewares =
    inner.type === 'MemberExpression' && memberName(inner) === 'use'
      ? object.arguments.filter(isFunction)
      : []
  return [...middlewares, ...chainOf(inner, file)]
}

/** `word` null: it is known to speak of the key. */
function isGuard(node: TSESTree.Node, word: KeyWords | null, file: QueryContext): boolean {
  if (isFunction(node)) {
    const text = file.scope.sourceCode.getText(node)
    return (word === null || word.read.test(text)) && refusalOf(text) === 'throws'
  }
  const name = nameOf(node)
  if (name === null) return false
  const own = file.scope.sourceCode.getText(node)
  const texts = textsOf(node, file)
  if (isRefusing(name) || guardLike.test(name)) {
    const inText = node.type === 'CallExpression' ? word?.named : word?.read
    const speaks =
      word === null || (own !== name && word.named.test(own)) || texts.some((text) => inText!.test(text))
    return speaks && texts.every(mayRefuse)
  }
  const isChain = texts.some((text) => /\.use\(/.test(text))
  return isChain && texts.some((text) => refusalOf(text) !== null && (word?.read.test(text) ?? true))
}

/** A text in which nothing refuses, calls on or looks up is no guard's, whatever its name. */
const mayRefuse = (text: string): boolean =>
  refusalAlone(text) !== null || /\(/.test(text.replace(/^[^)]*\)/, ''))

const guardLike = /access|guard|permission|owner|member|^from[A-Z]/i

function nameOf(node: TSESTree.Node): string | null {
  if (node.type === 'CallExpression') return calleeName(node)
  if (node.type === 'Identifier') return node.name
  return node.type === 'MemberExpression' ? memberName(node) : null
}

const inWords = (node: TSESTree.Node): string => `\`${nameOf(node) ?? 'a middleware'}\` around the handler`
