import type { TSESTree } from '@typescript-eslint/utils'
import { someBelow } from '../../source/below.ts'
import { isFunction } from '../../source/binding.ts'
import { childrenOf, unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import type { CalledFunction } from './called-function.ts'
import { namesIn } from './entry.ts'

/** Methods that hand on to methods; a longer chain is not followed. */
const depthLimit = 4

/**
 * The text of a function, and of what it consists of when all it does is to hand on: to its own class or a base class of it,
 * `findOne(id, options) { return super.findOne(id, this.withTenant(options)) }`, or to another function that it answers by,
 * `const { exists } = await allExist([id], teamId); return { exists }`. Null: it cannot be read.
 */
export function workingText(definition: CalledFunction, file: QueryContext, depth = 0): string | null {
  const text = file.scope.textOf(definition.node, definition.module)
  if (text === null || depth > depthLimit) return text
  const inner = handedOn(definition.node).flatMap((callee) => {
    const next = file.scope.definitionIn(callee, definition.module)
    const more = next.kind === 'function' ? workingText(next, file, depth + 1) : null
    return more === null ? [] : [more]
  })
  return [text, ...inner, ...answeredBy(definition, file, depth)].join('\n')
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

/** The text of the function that another one hands two or more of its parameters, all of which that one uses, and answers by. */
function answeredBy({ node, module }: CalledFunction, file: QueryContext, depth: number): readonly string[] {
  const call = answeringCall(node)
  if (call === null || !isFunction(node)) return []
  const next = file.scope.definitionIn(unwrap(call.callee), module)
  if (next.kind !== 'function' || !isFunction(next.node)) return []
  const inner = next.node
  const own = node.params.flatMap(namesIn)
  const handed = call.arguments.flatMap((argument, index) =>
    own.some((name) => someBelow(argument, (one) => one.type === 'Identifier' && one.name === name))
      ? [index]
      : [],
  )
  const isUsed = (index: number): boolean => {
    const parameter = inner.params[index]
    const names = parameter === undefined ? [] : namesIn(parameter)
    return names.some((name) =>
      someBelow(inner.body, (one) => one.type === 'Identifier' && one.name === name),
    )
  }
  const text = handed.length > 1 && handed.every(isUsed) ? workingText(next, file, depth + 1) : null
  return text === null ? [] : [text]
}

/** `const found = await others(…); return …`: the one call of a function that then answers without asking anybody else. */
function answeringCall(node: TSESTree.Node): TSESTree.CallExpression | null {
  if (!isFunction(node) || node.body.type !== 'BlockStatement') return null
  const [first, last, ...more] = node.body.body
  if (first?.type !== 'VariableDeclaration' || last?.type !== 'ReturnStatement' || more.length > 0)
    return null
  const init = first.declarations[0]?.init ?? null
  const call = init === null ? null : unwrap(init, true)
  const isAlone = last.argument !== null && !someBelow(last.argument, (one) => one.type === 'CallExpression')
  return isAlone && call?.type === 'CallExpression' ? call : null
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
