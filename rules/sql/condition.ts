import { as, items, strings, type Content } from './ast.ts'
import { conjunction, union, type NameScope } from './names.ts'
import { mentionsIn, readOperand, rowOf } from './operand.ts'
import type { AstNode } from './parse.ts'
import type { Reader } from './reader.ts'
import type { Comparison, Condition, Operand } from './statement.ts'

/**
 * Reads a predicate. `positive` says that only its being TRUE matters (no NOT above it): there `x IS TRUE` is `x`, and
 * `coalesce(x, false)` is `x`.
 */
export function readCondition(reader: Reader, node: AstNode, scope: NameScope, positive = true): Condition {
  if ('BoolExpr' in node) return readBoolean(reader, node.BoolExpr, scope, positive)
  if ('A_Expr' in node) return readComparison(reader, node.A_Expr, scope)
  if ('SubLink' in node) return readSubLink(reader, node.SubLink, scope)
  if ('NullTest' in node) return readNullTest(reader, node.NullTest, scope)
  if ('BooleanTest' in node) return readTruthTest(reader, node.BooleanTest, scope, positive)
  if ('CaseExpr' in node && positive) return readCase(reader, node.CaseExpr, scope)
  if ('CoalesceExpr' in node && positive) {
    const [first, second, ...rest] = node.CoalesceExpr.args ?? []
    const fallback = as(second, 'A_Const')?.boolval
    if (first !== undefined && fallback !== undefined && fallback.boolval !== true && rest.length === 0) {
      return readCondition(reader, first, scope)
    }
  }
  if ('TypeCast' in node && node.TypeCast.arg !== undefined) {
    const type = strings(node.TypeCast.typeName?.names).at(-1)
    const argument = node.TypeCast.arg
    if (type === 'bool' && !('A_Const' in argument)) return readCondition(reader, argument, scope, positive)
  }
  return asTruth(readOperand(reader, node, scope))
}

function asTruth(operand: Operand): Condition {
  const { span } = operand
  if (operand.kind === 'literal' && (typeof operand.value === 'boolean' || operand.value === null)) {
    return { kind: 'constant', value: operand.value, span }
  }
  if (operand.kind === 'opaque') return operand
  return { kind: 'truth', operand, span }
}

const opaque = (reader: Reader, node: unknown, scope: NameScope, reason: string): Condition => ({
  kind: 'opaque',
  reason,
  mentions: mentionsIn(reader, node, scope),
  span: null,
})

function readBoolean(
  reader: Reader,
  node: Content<'BoolExpr'>,
  scope: NameScope,
  positive: boolean,
): Condition {
  const args = node.args ?? []
  if (node.boolop === 'NOT_EXPR') {
    const inner = as(args[0], 'BooleanTest')
    // NOT (x IS NOT TRUE) is TRUE exactly where x is.
    if (positive && inner?.booltesttype === 'IS_NOT_TRUE' && inner.arg !== undefined) {
      return readCondition(reader, inner.arg, scope)
    }
    return { kind: 'not', operand: readCondition(reader, args[0]!, scope, false) }
  }
  const operands = args.map((arg) => readCondition(reader, arg, scope, positive))
  return { kind: node.boolop === 'OR_EXPR' ? 'or' : 'and', operands }
}

function readNullTest(reader: Reader, node: Content<'NullTest'>, scope: NameScope): Condition {
  const operand = readOperand(reader, node.arg!, scope)
  // A row is null when all its members are, so neither test splits into tests of its members one way.
  if (rowOf(node.arg) !== null) return opaque(reader, node, scope, 'a null test of a row')
  const isNull: Condition = { kind: 'isNull', operand, span: operand.span }
  return node.nulltesttype === 'IS_NOT_NULL' ? { kind: 'not', operand: isNull } : isNull
}

function readTruthTest(
  reader: Reader,
  node: Content<'BooleanTest'>,
  scope: NameScope,
  positive: boolean,
): Condition {
  if (positive && node.booltesttype === 'IS_TRUE') return readCondition(reader, node.arg!, scope)
  if (positive && node.booltesttype === 'IS_FALSE') {
    return { kind: 'not', operand: readCondition(reader, node.arg!, scope, false) }
  }
  return opaque(reader, node, scope, node.booltesttype?.replaceAll('_', ' ') ?? 'a truth test')
}

/** CASE as an OR of its arms: never narrower than the CASE, so nothing is confined that is not. */
function readCase(reader: Reader, node: Content<'CaseExpr'>, scope: NameScope): Condition {
  if (node.arg !== undefined) return opaque(reader, node, scope, 'CASE')
  const arms = (node.args ?? []).map((arm): Condition => {
    const { expr, result } = as(arm, 'CaseWhen')!
    return {
      kind: 'and',
      operands: [readCondition(reader, expr!, scope), readCondition(reader, result!, scope)],
    }
  })
  const otherwise: Condition =
    node.defresult === undefined
      ? { kind: 'constant', value: null, span: null }
      : readCondition(reader, node.defresult, scope)
  return { kind: 'or', operands: [...arms, otherwise] }
}

const comparisons: Readonly<Record<string, Comparison>> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '~~': 'like',
  '~~*': 'ilike',
  '~': 'regex',
  '~*': 'regex',
}

const negated: Readonly<Record<string, Comparison>> = {
  '!~~': 'like',
  '!~~*': 'ilike',
  '!~': 'regex',
  '!~*': 'regex',
}

function compare(operator: Comparison, left: Operand, right: Operand): Condition {
  return { kind: 'compare', operator, left, right, span: union(left.span, right.span) }
}

const not = (operand: Condition): Condition => ({ kind: 'not', operand })

function readComparison(reader: Reader, node: Content<'A_Expr'>, scope: NameScope): Condition {
  const operator = strings(node.name).at(-1) ?? ''
  const { lexpr, rexpr } = node
  if (lexpr === undefined || rexpr === undefined) return asTruth(readOperand(reader, { A_Expr: node }, scope))
  switch (node.kind) {
    case 'AEXPR_IN':
      return readIn(reader, node, scope, operator === '<>')
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL':
      return readArray(reader, node, scope, operator)
    case 'AEXPR_BETWEEN':
      return readBetween(reader, node, scope)
    case 'AEXPR_NOT_BETWEEN':
      return not(readBetween(reader, node, scope))
    case 'AEXPR_DISTINCT':
      return pairwise(reader, lexpr, rexpr, scope, 'is distinct from')
    case 'AEXPR_NOT_DISTINCT':
      return pairwise(reader, lexpr, rexpr, scope, 'is not distinct from')
    case 'AEXPR_SIMILAR': {
      const similar = compare('similar', readOperand(reader, lexpr, scope), readOperand(reader, rexpr, scope))
      return operator.startsWith('!') ? not(similar) : similar
    }
    case 'AEXPR_OP':
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE': {
      const known = comparisons[operator]
      if (known !== undefined) return pairwise(reader, lexpr, rexpr, scope, known)
      const inverse = negated[operator]
      if (inverse !== undefined) {
        return not(compare(inverse, readOperand(reader, lexpr, scope), readOperand(reader, rexpr, scope)))
      }
      return opaque(reader, node, scope, `operator ${operator}`)
    }
    default:
      return asTruth(readOperand(reader, { A_Expr: node }, scope))
  }
}

/** Compares scalars, or rows member by member. */
function pairwise(
  reader: Reader,
  left: AstNode,
  right: AstNode,
  scope: NameScope,
  operator: Comparison,
): Condition {
  const lefts = rowOf(left)
  const rights = rowOf(right)
  if (lefts === null && rights === null) {
    return compare(operator, readOperand(reader, left, scope), readOperand(reader, right, scope))
  }
  const equality = operator === '=' || operator === 'is not distinct from'
  if (!equality || lefts === null || rights === null || lefts.length !== rights.length) {
    return opaque(reader, [left, right], scope, `a row comparison ${operator}`)
  }
  const pairs = lefts.map((member, index) => pairwise(reader, member, rights[index]!, scope, operator))
  return conjunction(pairs) ?? { kind: 'constant', value: true, span: null }
}

function readIn(reader: Reader, node: Content<'A_Expr'>, scope: NameScope, inverse: boolean): Condition {
  const members = items(node.rexpr)
  const row = rowOf(node.lexpr)
  if (row !== null) {
    const operands = members.map((member) => pairwise(reader, node.lexpr!, member, scope, '='))
    const any: Condition = { kind: 'or', operands }
    return inverse ? not(any) : any
  }
  const operand = readOperand(reader, node.lexpr!, scope)
  const values = members.map((member) => readOperand(reader, member, scope))
  const span = union(operand.span, values.at(-1)?.span ?? null)
  const within: Condition = { kind: 'in', operand, values, list: false, span }
  return inverse ? not(within) : within
}

function readArray(reader: Reader, node: Content<'A_Expr'>, scope: NameScope, operator: string): Condition {
  const any = node.kind === 'AEXPR_OP_ANY' && operator === '='
  const none = node.kind === 'AEXPR_OP_ALL' && (operator === '<>' || operator === '!=')
  if (!any && !none) return opaque(reader, node, scope, `operator ${operator} over an array`)
  const operand = readOperand(reader, node.lexpr!, scope)
  let array = node.rexpr
  while (array !== undefined && 'TypeCast' in array) array = array.TypeCast.arg
  const elements = as(array, 'A_ArrayExpr')
  const values =
    elements === undefined
      ? [readOperand(reader, array!, scope)]
      : (elements.elements ?? []).map((element) => readOperand(reader, element, scope))
  const span = union(operand.span, values.at(-1)?.span ?? null)
  const within: Condition = { kind: 'in', operand, values, list: elements === undefined, span }
  return any ? within : not(within)
}

function readBetween(reader: Reader, node: Content<'A_Expr'>, scope: NameScope): Condition {
  const operand = readOperand(reader, node.lexpr!, scope)
  const [low, high] = items(node.rexpr).map((bound) => readOperand(reader, bound, scope))
  return { kind: 'and', operands: [compare('>=', operand, low!), compare('<=', operand, high!)] }
}

function readSubLink(reader: Reader, node: Content<'SubLink'>, scope: NameScope): Condition {
  const span = reader.spanAt(node.location)
  const type = node.subLinkType
  const operator = strings(node.operName).at(-1) ?? '='
  if (node.subselect === undefined) return opaque(reader, node, scope, 'a sub-query')
  if (type === 'EXISTS_SUBLINK') return { kind: 'exists', block: reader.block(node.subselect, scope), span }
  if (node.testexpr !== undefined) {
    const row = rowOf(node.testexpr) ?? [node.testexpr]
    const operands = row.map((member) => readOperand(reader, member, scope))
    const within: Condition = { kind: 'inQuery', operands, block: reader.block(node.subselect, scope), span }
    if (type === 'ANY_SUBLINK' && operator === '=') return within
    if (type === 'ALL_SUBLINK' && operator === '<>') return not(within)
    const mentions: Operand[] = [...operands, { kind: 'subquery', block: within.block, span }]
    return { kind: 'opaque', reason: `operator ${operator} over a sub-query`, mentions, span }
  }
  return asTruth(readOperand(reader, { SubLink: node }, scope))
}
