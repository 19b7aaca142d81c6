import type { TSESTree } from '@typescript-eslint/utils'
import { returnsOf, unwrap } from '../../../source/children.ts'
import { isFunction } from '../../../source/binding.ts'
import type { Comparison, Condition, Operand } from '../../../sql/statement.ts'
import type { Draft } from '../../draft.ts'
import { membership } from '../prisma/where.ts'
import { typeormName } from './receiver.ts'

const comparisons: Readonly<Record<string, Comparison>> = {
  Equal: '=',
  LessThan: '<',
  LessThanOrEqual: '<=',
  MoreThan: '>',
  MoreThanOrEqual: '>=',
  Like: 'like',
  ILike: 'ilike',
}

const others =
  /^(Not|And|Or|In|Any|IsNull|Between|Raw|ArrayContains|ArrayContainedBy|ArrayOverlap|JsonContains)$/

/** The find operator that an expression calls: `In(ids)`. Null: it is a plain value. */
export function operatorOf(
  given: TSESTree.Node,
  draft: Draft,
): { readonly name: string; readonly call: TSESTree.CallExpression } | null {
  const call = unwrap(draft.scope.resolve(unwrap(given)))
  if (call.type !== 'CallExpression') return null
  const name = typeormName(draft.scope.definitionOf(call.callee)) ?? ''
  return Object.hasOwn(comparisons, name) || others.test(name) ? { name, call } : null
}

/** `In(ids)`, `Not(IsNull())`, … on one column. Unlike plain values they are never dropped. */
export function operatorCondition(
  left: Operand,
  name: string,
  call: TSESTree.CallExpression,
  draft: Draft,
): Condition {
  const span = draft.spanOf(call)
  const [first, second] = call.arguments
  const comparison = comparisons[name]
  const opaque: Condition = { kind: 'opaque', reason: `operator ${name}`, mentions: [left], span }
  if (name === 'IsNull') return { kind: 'isNull', operand: left, span }
  if (first === undefined || first.type === 'SpreadElement') return opaque
  if (comparison !== undefined) {
    return { kind: 'compare', operator: comparison, left, right: draft.value(first), span }
  }
  switch (name) {
    case 'Not':
      return { kind: 'not', operand: valueCondition(left, first, draft) }
    case 'And':
    case 'Or': {
      const operands = call.arguments.map((argument) => valueCondition(left, argument, draft))
      return { kind: name === 'And' ? 'and' : 'or', operands }
    }
    case 'In':
    case 'Any':
      return membership(left, first, call, draft)
    case 'Between': {
      if (second === undefined) return opaque
      const bound = (operator: Comparison, value: TSESTree.Node): Condition => ({
        kind: 'compare',
        operator,
        left,
        right: draft.value(value),
        span,
      })
      return { kind: 'and', operands: [bound('>=', first), bound('<=', second)] }
    }
    default:
      return { ...opaque, mentions: [left, ...rawTexts(first, draft)] }
  }
}

/** What an operator holds: another operator, or a value to be equal to. */
function valueCondition(left: Operand, given: TSESTree.Node, draft: Draft): Condition {
  const operator = operatorOf(given, draft)
  if (operator !== null) return operatorCondition(left, operator.name, operator.call, draft)
  const span = draft.spanOf(given)
  const constant = draft.scope.constantOf(given)
  if (constant !== null && constant.value === null) return { kind: 'isNull', operand: left, span }
  return { kind: 'compare', operator: '=', left, right: draft.value(given), span }
}

/** `Raw((alias) => \`${alias} > ${x}\`)` pastes `x` into the statement. */
function rawTexts(given: TSESTree.Node, draft: Draft): readonly Operand[] {
  const node = unwrap(given)
  const [parameter] = isFunction(node) ? node.params : []
  const texts = isFunction(node) ? returnsOf(node) : [node]
  for (const text of texts) {
    if (text.type !== 'TemplateLiteral') continue
    for (const expression of text.expressions) {
      const isAlias =
        expression.type === 'Identifier' &&
        parameter?.type === 'Identifier' &&
        parameter.name === expression.name
      if (isAlias || draft.scope.constantOf(expression) !== null) continue
      const provenance = draft.scope.provenanceOf(expression)
      draft.interpolate({ node: expression, position: 'value', provenance })
    }
  }
  return []
}
