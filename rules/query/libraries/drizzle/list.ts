import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../../../source/binding.ts'
import { returnsOf, unwrap } from '../../../source/children.ts'
import type { Conversion } from './conversion.ts'
import type { Environment } from './environment.ts'

/** One of the arguments of `and(…)`, `sql.join([…])`, or a part of them that could not be seen. */
export type ListPart =
  | {
      readonly kind: 'one'
      readonly node: TSESTree.Node
      readonly environment: Environment
      /** Why it may be absent; null where it is always there. */
      readonly optional: string | null
    }
  | { readonly kind: 'open'; readonly node: TSESTree.Node; readonly reason: string }

/** Arguments with their spreads followed: arrays that grow by `push`, also as the caller's arguments. */
export function listOf(
  given: readonly TSESTree.Node[],
  environment: Environment,
  conversion: Conversion,
): readonly ListPart[] {
  return given.flatMap((one) =>
    one.type === 'SpreadElement'
      ? arrayParts(one.argument, environment, conversion)
      : [{ kind: 'one', node: one, environment, optional: null } as const],
  )
}

/** The elements of an array expression. */
export function arrayParts(
  given: TSESTree.Node,
  environment: Environment,
  conversion: Conversion,
): readonly ListPart[] {
  const { scope } = conversion.draft
  const node = withoutFilter(unwrap(given))
  const bound = node.type === 'Identifier' ? environment.get(node.name) : undefined
  if (bound?.kind === 'argument') return arrayParts(bound.node, bound.environment, conversion)
  const resolved = unwrap(scope.resolve(node))
  const target = withoutFilter(resolved)
  const array = target.type === 'CallExpression' ? null : scope.arrayOf(target === resolved ? node : target)
  if (array === null) {
    const followed = followedArray(target, environment, conversion)
    if (followed !== null) return followed
    return [{ kind: 'open', node: target, reason: 'a list that could not be seen' }]
  }
  return [
    ...array.elements.flatMap(({ value, optional }): readonly ListPart[] => [
      { kind: 'one', node: value, environment, optional },
    ]),
    ...array.open.flatMap(({ node: open, reason }): readonly ListPart[] =>
      open.type === 'SpreadElement' && isRead(open, node)
        ? arrayParts(open.argument, environment, conversion)
        : [{ kind: 'open', node: open, reason }],
    ),
  ]
}

/** A spread within the array may be a helper's call, or an argument of the caller. */
const isRead = (open: TSESTree.SpreadElement, from: TSESTree.Node): boolean => open.argument !== from

/** `conditionsFor(input)`, a helper of this file that returns an array. */
function followedArray(
  node: TSESTree.Node,
  environment: Environment,
  conversion: Conversion,
): readonly ListPart[] | null {
  if (node.type !== 'CallExpression' || mappedReturns(node) !== null) return null
  const found = conversion.evaluator.alternativesOf(node, environment)
  if (found === null || found.length !== 1) return null
  const [only] = found
  if (only!.node === null || only!.node === node) return null
  return arrayParts(only!.node, only!.environment, conversion)
}

/** `.filter(Boolean)` and `.filter((one) => one !== undefined)` leave out only what `and` leaves out too. */
function withoutFilter(node: TSESTree.Node): TSESTree.Node {
  if (node.type !== 'CallExpression') return node
  const callee = unwrap(node.callee)
  const [test] = node.arguments
  if (callee.type !== 'MemberExpression' || memberName(callee) !== 'filter' || test === undefined) return node
  return isPresence(test) ? unwrap(callee.object) : node
}

function isPresence(test: TSESTree.Node): boolean {
  if (test.type === 'Identifier') return test.name === 'Boolean'
  const [parameter] = isFunction(test) ? test.params : []
  const [returned] = returnsOf(test)
  if (parameter?.type !== 'Identifier' || returned === undefined) return false
  const isItself = (node: TSESTree.Node): boolean =>
    node.type === 'Identifier' && node.name === parameter.name
  if (isItself(returned)) return true
  if (returned.type === 'UnaryExpression' && returned.argument.type === 'UnaryExpression')
    return isItself(returned.argument.argument)
  return (
    returned.type === 'BinaryExpression' &&
    /^!==?$/.test(returned.operator) &&
    isItself(returned.left) &&
    (returned.right.type === 'Literal' ? returned.right.value === null : returned.right.type === 'Identifier')
  )
}

/** What the callback of `rows.map(callback)` returns; null where the call is no such thing. */
export function mappedReturns(node: TSESTree.CallExpression): readonly TSESTree.Node[] | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression' || memberName(callee) !== 'map') return null
  const [callback] = node.arguments
  const returned = callback !== undefined && isFunction(callback) ? returnsOf(callback) : []
  return returned.length === 0 ? null : returned
}
