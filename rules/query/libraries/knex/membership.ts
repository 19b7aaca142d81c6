import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Condition, Operand, Span } from '../../../sql/statement.ts'
import type { Place } from './condition.ts'
import { possible, subqueriesOf, type Placed } from './conversion.ts'
import { operandOf } from './operand.ts'

/** `whereIn('a', values)`, `whereIn(['a', 'b'], query)`, with an array, a query, a callback that builds one, or raw SQL. */
export function membership(left: TSESTree.Node, values: TSESTree.Node, place: Place): Condition {
  const operands = leftOperands(left, place)
  const all = possible(values, place.environment, place.conversion).flatMap((one) =>
    memberOf(operands, one, place),
  )
  return all.length === 1 ? all[0]! : { kind: 'or', operands: all }
}

function leftOperands(node: TSESTree.Node, place: Place): readonly Operand[] {
  const { conversion, environment, level } = place
  const bare = unwrap(node)
  const array = bare.type === 'ArrayExpression' ? conversion.draft.scope.arrayOf(bare) : null
  const nodes = array === null ? [node] : array.elements.map(({ value }) => value)
  return nodes.map((one) => operandOf(one, environment, level, conversion, 'reference'))
}

function memberOf(operands: readonly Operand[], placed: Placed, place: Place): readonly Condition[] {
  const { conversion, level, at } = place
  const { draft } = conversion
  const span = draft.spanOf(at)
  const blocks = subqueriesOf(placed, level, conversion)
  if (blocks !== null) return blocks.map((block) => ({ kind: 'inQuery', operands, block, span }))
  const [operand, ...more] = operands
  const { node, environment } = placed
  const value = (of: TSESTree.Node): Operand => operandOf(of, environment, level, conversion, 'value')
  if (operand === undefined || more.length > 0) {
    return [{ kind: 'opaque', reason: 'IN a list of tuples', mentions: [...operands, value(node)], span }]
  }
  const array = node.type === 'ArrayExpression' ? draft.scope.arrayOf(node) : null
  if (array !== null && array.open.length === 0) {
    return [{ kind: 'in', operand, values: array.elements.map((one) => value(one.value)), list: false, span }]
  }
  const list = value(node)
  if (list.kind === 'subquery') return [{ kind: 'inQuery', operands, block: list.block, span }]
  return [{ kind: 'in', operand, values: [list], list: true, span }]
}

/** `IS NULL`, `IS TRUE`. */
export function isCondition(left: Operand, value: TSESTree.Node, place: Place, span: Span): Condition {
  const constant = place.conversion.draft.scope.constantOf(value)
  if (constant !== null && constant.value === null) return { kind: 'isNull', operand: left, span }
  const right = operandOf(value, place.environment, place.level, place.conversion, 'value')
  return { kind: 'compare', operator: 'is not distinct from', left, right, span }
}
