import type { TSESTree } from '@typescript-eslint/utils'
import type { Condition, Operand, Span } from '../../../sql/statement.ts'
import { comparison, operatorName } from '../../operator.ts'
import type { Environment } from './chain.ts'
import { possibleExpressions, subqueryOf, type Conversion, type Level } from './conversion.ts'
import { operandOf, type Reading } from './operand.ts'
import { unwrapped } from './syntax.ts'

/** `left operator right`, as the arguments of a call. */
export interface BinaryParts {
  readonly left: TSESTree.Node
  readonly operator: TSESTree.Node
  readonly value: TSESTree.Node
  readonly right: Reading
  readonly at: TSESTree.Node
}

export function binary(
  parts: BinaryParts,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Condition {
  const { draft } = conversion
  const left = operandOf(parts.left, environment, level, conversion, 'reference')
  const operator = draft.scope.constantOf(parts.operator)?.value
  const span = draft.spanOf(parts.at)
  const right = (): Operand => operandOf(parts.value, environment, level, conversion, parts.right)
  if (typeof operator !== 'string') {
    return { kind: 'opaque', reason: 'an operator chosen at run time', mentions: [left, right()], span }
  }
  const name = operatorName(operator)
  if (name === 'in' || name === 'not in') {
    const condition = membership(parts.value, left, environment, level, conversion, span)
    return name === 'in' ? condition : { kind: 'not', operand: condition }
  }
  if (name === 'is' || name === 'is not') {
    const condition = isCondition(left, draft.scope.constantOf(parts.value)?.value, right, span)
    return name === 'is' ? condition : { kind: 'not', operand: condition }
  }
  return comparison(name, left, right(), span)
}

function isCondition(
  left: Operand,
  value: string | number | boolean | null | undefined,
  right: () => Operand,
  span: Span,
): Condition {
  if (value === null) return { kind: 'isNull', operand: left, span }
  return { kind: 'compare', operator: 'is not distinct from', left, right: right(), span }
}

/** `in` of an array, of a sub-query, or of a value that holds an array. */
function membership(
  node: TSESTree.Node,
  operand: Operand,
  environment: Environment,
  level: Level,
  conversion: Conversion,
  span: Span,
): Condition {
  const { draft } = conversion
  const placed = possibleExpressions(node, environment, conversion)
  const conditions = (placed ?? []).map((one): Condition => {
    const block = subqueryOf(one, level, conversion)
    if (block !== null) return { kind: 'inQuery', operands: [operand], block, span }
    const array = unwrapped(one.node).type === 'ArrayExpression' ? draft.scope.arrayOf(one.node) : null
    if (array !== null && array.open.length === 0) {
      const values = array.elements.map(({ value }) =>
        operandOf(value, one.environment, level, conversion, 'value'),
      )
      return { kind: 'in', operand, values, list: false, span }
    }
    const value = operandOf(one.node, one.environment, level, conversion, 'value')
    if (value.kind === 'subquery') return { kind: 'inQuery', operands: [operand], block: value.block, span }
    return { kind: 'in', operand, values: [value], list: true, span }
  })
  if (conditions.length === 0) {
    return { kind: 'opaque', reason: 'IN a list that could not be followed', mentions: [operand], span }
  }
  return conditions.length === 1 ? conditions[0]! : { kind: 'or', operands: conditions }
}
