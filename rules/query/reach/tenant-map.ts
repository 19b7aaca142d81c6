import type { TSESTree } from '@typescript-eslint/utils'
import { leaves } from '../../provenance/guard.ts'
import { isFunction, memberName } from '../../source/binding.ts'
import { childrenOf, functionAround, returnsOf, unwrap } from '../../source/children.ts'
import { isConstant, variableOf } from '../../source/module.ts'
import type { QueryContext } from '../context.ts'
import { tenantNames } from './actor.ts'
import { calledFunction } from './called-function.ts'
import { calleeName } from '../../source/callee.ts'

/** What the tenant of each row may be compared with. */
export type IsTold = (other: TSESTree.Node) => boolean

/**
 * `const tenantOf = await getTenants(ids); if (!ids.every((id) => tenantOf.get(id) === teamId)) throw …`: rows that were read as a map from
 * their id to their tenant, of which each asked one must be the tenant's. Whoever is not found is not the tenant's either. Answers in
 * words; null when the map is not checked so.
 */
export function tenantMapChecked(
  call: TSESTree.CallExpression,
  file: QueryContext,
  isTold: IsTold,
  until?: TSESTree.Node,
): string | null {
  const around = functionAround(call)
  if (around === null || !answersMap(call, file)) return null
  const { identities } = file.proofs
  const map = identities.of(call)
  if (map === null) return null
  const isMap = (node: TSESTree.Node): boolean => {
    const other = identities.of(node)
    return other !== null && other.root === map.root && other.path.length === 0
  }
  const isAsked = (list: TSESTree.Node): boolean =>
    call.arguments.some((argument) => identities.areSame(argument, list))
  /** Does the expression tell whether all of the asked rows are the tenant's (`own`), or whether one is not? */
  const tells = (given: TSESTree.Node, own: boolean): boolean => {
    const node = meant(given, file)
    if (node.type === 'UnaryExpression' && node.operator === '!') return tells(node.argument, !own)
    const callee = node.type === 'CallExpression' ? unwrap(node.callee) : null
    const [callback] = node.type === 'CallExpression' ? node.arguments : []
    if (callee?.type !== 'MemberExpression' || !isFunction(callback)) return false
    if (memberName(callee) !== (own ? 'every' : 'some') || !isAsked(callee.object)) return false
    const [parameter] = callback.params
    const [returned, ...others] = returnsOf(callback)
    const compared = returned === undefined || others.length > 0 ? null : unwrap(returned)
    if (compared?.type !== 'BinaryExpression' || parameter?.type !== 'Identifier') return false
    if (!(own ? /^===?$/ : /^!==?$/).test(compared.operator)) return false
    const isLookedUp = (side: TSESTree.Node): boolean => {
      const get = unwrap(side)
      const held = get.type === 'CallExpression' ? unwrap(get.callee) : null
      const [key] = get.type === 'CallExpression' ? get.arguments : []
      return (
        held?.type === 'MemberExpression' &&
        memberName(held) === 'get' &&
        isMap(held.object) &&
        key?.type === 'Identifier' &&
        key.name === parameter.name
      )
    }
    const { left, right } = compared
    return (isLookedUp(left) && isTold(right)) || (isLookedUp(right) && isTold(left))
  }
  const isRefused = (node: TSESTree.Node): boolean => {
    if (until !== undefined && node.range[0] >= until.range[0]) return false
    if (node.type === 'IfStatement' && node.range[0] > call.range[0] && leaves(node.consequent)) {
      if (partsOf(node.test).some((part) => tells(part, false))) return true
    }
    return childrenOf(node).some(isRefused)
  }
  return isRefused(around) ? `the tenants that \`${calleeName(call)}\` answers` : null
}

/** What alone makes a test true: the sides of `a || b`. */
const partsOf = (test: TSESTree.Node): readonly TSESTree.Node[] => {
  const node = unwrap(test)
  return node.type === 'LogicalExpression' && node.operator === '||'
    ? [...partsOf(node.left), ...partsOf(node.right)]
    : [node]
}

/** The expression that a constant stands for. */
function meant(given: TSESTree.Node, { scope }: QueryContext): TSESTree.Node {
  const node = unwrap(given, true)
  if (node.type !== 'Identifier' || !isConstant(scope.sourceCode, node)) return node
  const declarator = variableOf(scope.sourceCode, node)?.defs[0]?.node
  const isPlain = declarator?.type === 'VariableDeclarator' && declarator.id.type === 'Identifier'
  return isPlain && declarator.init !== null ? unwrap(declarator.init, true) : node
}

/** `map.set(row.id, row.teamId)`, `new Map(rows.map((row) => [row.id, row.teamId]))` */
const pairs = /(?:\.set\(|\[)\s*([\w$]+)\.(?:id|uuid)\s*,\s*\1\.([\w$]+)\s*[)\]]/g

/** Does the function that is called answer with a map from ids to tenants, and from nothing else? */
function answersMap(call: TSESTree.CallExpression, file: QueryContext): boolean {
  const target = calledFunction(call, file)
  const text = target === null ? null : file.scope.textOf(target.node, target.module)
  if (text === null || !/\bnew Map\b/.test(text)) return false
  const names = tenantNames(file.tenancy)
  const found = [...text.matchAll(pairs)]
  return found.length > 0 && found.every(([, , member]) => names.test(member!))
}
