import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../source/binding.ts'
import { returnsOf, unwrap } from '../source/children.ts'
import type { ExtractionScope } from '../query/library.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import { functionOf } from './cache.ts'
import { isNamedTenant } from './tenant-name.ts'

/** The values that a key is made of. */
export interface Key {
  readonly parts: readonly TSESTree.Node[]
  /** The calls that a part goes through on its way into the key, for each of the places where it gets there. */
  readonly through: ReadonlyMap<TSESTree.Node, readonly (readonly TSESTree.CallExpression[])[]>
  /** Something in it could not be seen through, and may hold the tenant. */
  readonly open: boolean
}

const depthLimit = 10

/** Values that hold one thing only, by their names. */
const single =
  /(id|ids|uuid|slug|name|key|email|page|limit|offset|cursor|code|domain|token|date|url|type|locale|term|search|sort|version|prefix)$/i

/** Follows templates, concatenations, arrays, constants and helpers to the values that they are made of. */
export function keyOf(expressions: readonly TSESTree.Node[], scope: ExtractionScope): Key {
  const parts: TSESTree.Node[] = []
  const through = new Map<TSESTree.Node, TSESTree.CallExpression[][]>()
  const calls: TSESTree.CallExpression[] = []
  let open = false
  const add = (part: TSESTree.Node): void => {
    parts.push(part)
    through.set(part, [...(through.get(part) ?? []), [...calls]])
  }
  const visit = (given: TSESTree.Node, inCall: boolean, depth: number): void => {
    const node = scope.resolve(given)
    const again = (next: TSESTree.Node): void => visit(next, inCall, depth + 1)
    if (depth > depthLimit) return void (open = true)
    switch (node.type) {
      case 'Literal':
        return
      case 'TemplateLiteral':
        return node.expressions.forEach((one) => visit(one, false, depth + 1))
      case 'BinaryExpression':
      case 'LogicalExpression':
        return [node.left, node.right].forEach(again)
      case 'ConditionalExpression':
        return [node.consequent, node.alternate].forEach(again)
      case 'AwaitExpression':
        return again(node.argument)
      case 'ArrayExpression':
        for (const element of node.elements) {
          if (element?.type === 'SpreadElement') visit(element.argument, true, depth + 1)
          else if (element !== null) again(element)
        }
        return
      case 'ObjectExpression': {
        const view = scope.objectOf(node)
        if (view === null || view.open.length > 0) open = true
        return view?.properties.forEach(({ value }) => again(value))
      }
      case 'CallExpression':
        return call(node, depth)
      case 'Identifier':
      case 'MemberExpression': {
        add(node)
        const name = node.type === 'Identifier' ? node.name : (memberName(node) ?? '')
        if (inCall && !single.test(name)) open = true
        return
      }
      default:
        add(node)
        open = true
    }
  }
  const call = (node: TSESTree.CallExpression, depth: number): void => {
    add(node)
    calls.push(node)
    const callee = unwrap(node.callee)
    const own = functionOf(callee, scope)
    if (own !== null) returnsOf(own).forEach((one) => visit(one, true, depth + 1))
    if (callee.type === 'MemberExpression' && isTextMethod(callee)) visit(callee.object, false, depth + 1)
    else if (node.arguments.length === 0 && own === null) open = true
    for (const argument of node.arguments) {
      if (argument.type === 'SpreadElement' || isFunction(argument)) open = true
      else visit(argument, true, depth + 1)
    }
    calls.pop()
  }
  for (const expression of expressions) visit(expression, false, 0)
  return { parts, through, open }
}

const isTextMethod = (callee: TSESTree.MemberExpression): boolean =>
  /^(join|toString|toLowerCase|toUpperCase|trim|replace|replaceAll|concat|slice)$/.test(
    memberName(callee) ?? '',
  )

/** Does a part of the key tell the tenant? */
export function namesTenant({ parts }: Key, scope: ExtractionScope): boolean {
  return parts.some(
    (part) => isNamedTenant(part, scope.tenancy) || scope.provenanceOf(part).kind === 'trusted',
  )
}

/**
 * Is a value an id that only one tenant has: `id`, `project.id`, `visitId`? Ids of relations that are nobody's (`userId` where users are
 * in several tenants) are not.
 */
export function isGlobalId(given: TSESTree.Node, tenancy: Tenancy): boolean {
  const node = unwrap(given, true)
  if (node.type !== 'Identifier' && node.type !== 'MemberExpression') return false
  const name = node.type === 'Identifier' ? node.name : (memberName(node) ?? '')
  if (!/(^id|Id|_id|uuid|Uuid|ID)$/.test(name)) return false
  const stem = name.replace(/_?(id|uuid)$/i, '')
  const holder = stem === '' && node.type === 'MemberExpression' ? unwrap(node.object) : null
  const thing = holder?.type === 'Identifier' ? holder.name : stem
  const relation = [thing, `${thing}s`, `${thing.replace(/y$/, '')}ies`]
    .map((one) => (one === '' ? null : tenancy.find(one)))
    .find((one) => one != null)
  return relation?.ownership.kind !== 'global'
}
