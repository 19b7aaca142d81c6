import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { ExtractionScope } from '../../library.ts'
import { mentionsDrizzle, receiverOf } from './receiver.ts'
import { tableOf } from './table.ts'

/**
 * Does this call begin a statement of Drizzle's? A client whose definition is in sight decides; with a conventional name, the
 * shape has to be Drizzle's: the table is an expression, not a string, and the call goes on as a builder.
 */
export function begins(
  object: TSESTree.Node,
  method: string,
  node: TSESTree.CallExpression,
  scope: ExtractionScope,
): boolean {
  const receiver = receiverOf(object, scope)
  if (receiver === 'other') return false
  if (receiver === 'client') return true
  const table = tableGiven(method, node)
  if (method === 'with' || method === '$with') return goesOn(node, method) && receiver === 'conventional'
  if (table === null || !isExpression(table, scope)) return false
  const found = tableOf(table, scope)
  if (receiver === 'unknown') return found?.evidence === 'defined' && goesOn(node, method)
  if (goesOn(node, method)) return true
  if (method !== 'delete' && method !== '$count') return false
  // `db.delete(key)` may be a store: the table has to be one that the model or an import tells.
  return found !== null && (found.evidence !== 'named' || mentionsDrizzle(scope))
}

const next: Readonly<Record<string, RegExp>> = {
  select: /^from$/,
  selectDistinct: /^from$/,
  selectDistinctOn: /^from$/,
  insert: /^(values|select|overridingSystemValue|ignore)$/,
  update: /^set$/,
  delete: /^(where|returning)$/,
  with: /^(with|select|selectDistinct|selectDistinctOn|insert|update|delete)$/,
  $with: /^as$/,
}

function goesOn(node: TSESTree.CallExpression, method: string): boolean {
  const following = nextMember(node)
  const name = following === null ? null : memberName(following)
  return name !== null && next[method]?.test(name) === true
}

/** The table that a statement begins with: for a selection, that of the `.from(table)` right after it. */
function tableGiven(method: string, node: TSESTree.CallExpression): TSESTree.Node | null {
  if (!method.startsWith('select')) return node.arguments[0] ?? null
  if (node.arguments.some((one) => one.type === 'Literal' || one.type === 'TemplateLiteral')) return null
  const following = nextMember(node)
  if (following === null || memberName(following) !== 'from') return null
  let at: TSESTree.Node = following
  while (at.parent !== undefined && unwrap(at.parent) === following) at = at.parent
  const call = at.parent
  return call?.type === 'CallExpression' && call.arguments.length === 1 ? call.arguments[0]! : null
}

function nextMember(node: TSESTree.Node): TSESTree.MemberExpression | null {
  let at: TSESTree.Node = node
  while (at.parent !== undefined && unwrap(at.parent) === node) at = at.parent
  const { parent } = at
  return parent?.type === 'MemberExpression' && parent.object === at ? parent : null
}

function isExpression(given: TSESTree.Node, scope: ExtractionScope): boolean {
  const node = unwrap(given)
  if (
    /^(Literal|TemplateLiteral|ObjectExpression|ArrayExpression|SpreadElement|NewExpression)$/.test(node.type)
  )
    return false
  return !isFunction(node) && scope.constantOf(node) === null
}
