import type { TSESTree } from '@typescript-eslint/utils'
import { calleeName } from '../source/callee.ts'
import { type FunctionNode, isFunction, memberName } from '../source/binding.ts'
import { childrenOf, unwrap } from '../source/children.ts'
import type { ExtractionScope } from '../query/library.ts'

/**
 * Is what `node` throws caught on the way out of `outer`, and never thrown on? A new error in its place is another one; what it
 * tells a client is told where it is made.
 */
export function isReplaced(node: TSESTree.Node, outer: TSESTree.Node, scope: ExtractionScope): boolean {
  let child = node
  for (let parent = node.parent; parent != null && child !== outer; parent = parent.parent) {
    if (parent.type === 'TryStatement' && child === parent.block && parent.handler !== null) {
      if (!throwsOn(parent.handler.body, scope)) return true
    }
    if (isFunction(parent) && parent !== outer && !isRunHere(parent)) return false
    child = parent
    const caught = handlerAfter(child)
    if (caught !== null && !throwsOn(caught.body, scope)) return true
  }
  return false
}

/** A callback that is handed on runs under whoever calls it, within the attempt. */
const isRunHere = (node: TSESTree.Node): boolean => node.parent?.type === 'CallExpression'

/** `promise.catch((error) => …)`. */
function handlerAfter(promise: TSESTree.Node): FunctionNode | null {
  const member = promise.parent
  if (member?.type !== 'MemberExpression' || member.object !== promise || memberName(member) !== 'catch')
    return null
  const call = member.parent
  if (call.type !== 'CallExpression' || call.callee !== member) return null
  const [handler] = call.arguments
  return handler !== undefined && isFunction(handler) ? handler : null
}

/** Does a handler let the error itself out? It does when it throws, returns or hands on anything but a new object or a constant. */
function throwsOn(body: TSESTree.Node, scope: ExtractionScope): boolean {
  if (body.type !== 'BlockStatement') return letsOut(body, scope)
  return thrownIn(body).some((thrown) => letsOut(thrown, scope))
}

function letsOut(given: TSESTree.Node, scope: ExtractionScope): boolean {
  const thrown = unwrap(scope.resolve(given))
  switch (thrown.type) {
    case 'NewExpression':
    case 'Literal':
    case 'TemplateLiteral':
    case 'ObjectExpression':
    case 'ArrayExpression':
      return false
    case 'ConditionalExpression':
      return letsOut(thrown.consequent, scope) || letsOut(thrown.alternate, scope)
    case 'Identifier':
      return thrown.name !== 'undefined'
    default:
      return true
  }
}

/** What the statements of a handler throw, those of functions made in it apart; `Promise.reject(x)` and a callback's `reject(x)` count too. */
function thrownIn(node: TSESTree.Node): readonly TSESTree.Node[] {
  if (node.type === 'ThrowStatement') return [node.argument]
  if (node.type === 'CallExpression') {
    const name = calleeName(node)
    if (/^(reject|rethrow|next)$/.test(name ?? '')) return node.arguments
  }
  return isFunction(node) ? [] : childrenOf(node).flatMap(thrownIn)
}
