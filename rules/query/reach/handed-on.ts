import type { TSESTree } from '@typescript-eslint/utils'
import type { Base } from '../../provenance/place.ts'
import { isFunction, memberName } from '../../source/binding.ts'
import { calleeName } from '../../source/callee.ts'
import { returnsOf, unwrap } from '../../source/children.ts'
import { variableOf } from '../../source/module.ts'
import type { QueryContext } from '../context.ts'

/**
 * The expressions that a value was before it was handed on: what was written to a variable that is written again, what the callback of a
 * transaction returned, what a promise was of. Null where nothing is known of it; a part that is null could not be seen.
 */
export function handedOn(
  { base, path }: { readonly base: Base; readonly path: readonly string[] },
  at: TSESTree.Node,
  file: QueryContext,
): readonly (TSESTree.Node | null)[] | null {
  switch (base.kind) {
    case 'variable':
      return writtenTo(base.node, at, file)
    case 'call':
      return ofCall(base.node, path.slice(path.findLastIndex((name) => name.endsWith('()')) + 1))
    default:
      return null
  }
}

/** What a variable was written with, whole or by taking it apart. */
function writtenTo(
  identifier: TSESTree.Identifier,
  at: TSESTree.Node,
  file: QueryContext,
): readonly (TSESTree.Node | null)[] | null {
  const writes = file.scope.writesOf(identifier, at)
  if (writes === null) return null
  const assigned = writes.flatMap(({ kind, node, value }) => {
    if (kind === 'member') return []
    return [value ?? (node.type === 'AssignmentExpression' && node.operator === '=' ? node.right : null)]
  })
  const declarator = variableOf(file.scope.sourceCode, identifier)?.defs[0]?.node
  const isTorn = declarator?.type === 'VariableDeclarator' && declarator.id.type !== 'Identifier'
  return isTorn ? [declarator.init, ...assigned] : assigned
}

function ofCall(call: TSESTree.CallExpression, path: readonly string[]): readonly TSESTree.Node[] | null {
  const callee = unwrap(call.callee)
  if (callee.type !== 'MemberExpression') return null
  const [first] = call.arguments
  switch (memberName(callee)) {
    case 'then':
    case 'catch':
    case 'finally':
      return [callee.object]
    case 'transaction':
    case '$transaction':
      return first !== undefined && isFunction(first)
        ? returnsOf(first).flatMap((one) => memberOf(one, path))
        : ofList(first, path)
    case 'all':
    case 'allSettled':
      return unwrap(callee.object).type === 'Identifier' ? ofList(first, path) : null
    default:
      return null
  }
}

/** `return { invoice, total }` of a callback whose result's `invoice` is asked for. */
function memberOf(returned: TSESTree.Node, [name]: readonly string[]): readonly TSESTree.Node[] {
  const node = unwrap(returned)
  if (node.type !== 'ObjectExpression' || name === undefined) return [returned]
  if (node.properties.some((property) => property.type !== 'Property' || property.computed)) return [returned]
  return node.properties.flatMap((property) =>
    property.type === 'Property' && property.key.type === 'Identifier' && property.key.name === name
      ? [property.value]
      : [],
  )
}

/**
 * `const [team, project] = await Promise.all([…])`: the one that stands in its place, or all where the place is not known. A list that is
 * mapped holds what the callback returns.
 */
function ofList(given: TSESTree.Node | undefined, path: readonly string[]): readonly TSESTree.Node[] | null {
  const array = given === undefined ? null : unwrap(given)
  if (array?.type === 'CallExpression') {
    const [callback] = array.arguments
    const isMapped = calleeName(array) === 'map' && callback !== undefined && isFunction(callback)
    return isMapped ? returnsOf(callback) : null
  }
  if (array?.type !== 'ArrayExpression') return null
  const [index] = path
  const one = index !== undefined && /^\d+$/.test(index) ? array.elements[Number(index)] : null
  return one == null ? array.elements.filter((element) => element !== null) : [one]
}
