import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { Operand } from '../../../sql/statement.ts'
import { nameStep } from './chain.ts'
import { conditionOperand } from './condition.ts'
import { subqueryOf, type Conversion, type Level, type Placed } from './conversion.ts'
import type { Environment } from './environment.ts'
import { fragmentOperand } from './fragment.ts'
import { fragmentIn } from './fragment-text.ts'
import { columnIn, mentionOf, type Mention } from './mention.ts'
import { tableOf, tableOfColumns } from './table.ts'

const conditions =
  /^(and|or|not|eq|ne|gte?|lte?|isNull|isNotNull|inArray|notInArray|exists|notExists|(notB|b)etween|(notL|l|notIl|il)ike|array(Contains|Contained|Overlaps))$/

/** Functions that make an expression of their arguments. */
const functions =
  /^(count|countDistinct|avg|avgDistinct|sum|sumDistinct|max|min|rowNumber|rank|denseRank|lag|lead|cosineDistance|l2Distance|l1Distance|innerProduct|hammingDistance|jaccardDistance)$/

export function operandOf(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Operand {
  const { draft, evaluator } = conversion
  const found = evaluator.alternativesOf(node, environment)
  if (found === null) return opaque('an expression that could not be followed', [], node, conversion)
  const [only] = found
  if (found.length === 1 && only!.node !== null) {
    const placed: Placed = { node: only!.node, environment: only!.environment }
    // A plain value keeps the name that it has here, unless a helper's parameter stands for it.
    const plain = placed.environment === environment ? node : placed.node
    return single(placed, level, conversion) ?? draft.value(plain)
  }
  // One of several values at run time: a plain value when none of them speaks of columns.
  const operands = found.flatMap((one) =>
    one.node === null
      ? []
      : (single({ node: one.node, environment: one.environment }, level, conversion) ?? []),
  )
  if (operands.every(({ kind }) => kind === 'parameter')) return draft.value(node)
  return opaque('one of several expressions', operands, node, conversion)
}

/** Null: a plain value. */
function single(placed: Placed, level: Level, conversion: Conversion): Operand | null {
  const { draft } = conversion
  const { node, environment } = placed
  const fragment = fragmentIn(node, environment, conversion)
  if (fragment !== null) return fragmentOperand(fragment, environment, level, conversion)
  const column = columnOperand(placed, level, conversion)
  if (column !== null) return column
  const block = subqueryOf(placed, level, conversion)
  if (block !== null) return { kind: 'subquery', block, span: draft.spanOf(node) }
  return node.type === 'CallExpression' ? call(node, placed, level, conversion) : null
}

/** `table.column`, `subquery.column`, `t.column` of a callback's parameter. Null: no column. */
export function columnOperand(
  { node, environment }: Placed,
  level: Level,
  conversion: Conversion,
): Operand | null {
  if (node.type !== 'MemberExpression') return null
  const object = unwrap(node.object)
  const source = sourceOf({ node: object, environment }, level, conversion)
  if (source === null) return null
  const name = memberName(node)
  if (name === null) return opaque('a column that is chosen at run time', [], node, conversion)
  if (source === 'absent')
    return { kind: 'column', occurrence: null, column: name, span: conversion.draft.spanOf(node) }
  return columnIn(source, name, node, conversion)
}

/** The mention that an expression names: a table constant, a sub-query, a callback's parameter. `absent`: it is not part of the query. */
export function sourceOf(
  { node: given, environment }: Placed,
  level: Level,
  conversion: Conversion,
): Mention | 'absent' | null {
  const { scope } = conversion.draft
  const bound = given.type === 'Identifier' ? environment.get(given.name) : undefined
  if (bound?.kind === 'mention') return bound.mention
  if (bound?.kind === 'argument')
    return sourceOf({ node: unwrap(bound.node), environment: bound.environment }, level, conversion)
  if (bound !== undefined && bound.kind !== 'chain') return null
  const node = tableOfColumns(unwrap(scope.resolve(given)), scope) ?? given
  const chain = conversion.evaluator.chainOf(node, environment)
  if (chain !== null) {
    const named = nameStep(chain)
    const name = named === null ? null : scope.constantOf(named)?.value
    if (typeof name !== 'string') return null
    return mentionOf({ name, alias: null }, level.naming) ?? 'absent'
  }
  const table = tableOf(node, scope)
  if (table === null) return null
  const mention = mentionOf(table, level.naming)
  if (mention !== null) return mention
  // A name that was imported may stand for anything; a table that is not mentioned stands for one all the same.
  return table.evidence === 'named' ? null : 'absent'
}

/** `.as('x')`, `.mapWith(Number)`, `.getSQL()`: the expression that they leave as it is. */
export function transparentObject(node: TSESTree.CallExpression): TSESTree.Node | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return null
  return /^(as|mapWith|getSQL)$/.test(memberName(callee) ?? '') ? callee.object : null
}

function call(
  node: TSESTree.CallExpression,
  { environment }: Placed,
  level: Level,
  conversion: Conversion,
): Operand | null {
  const { draft, evaluator } = conversion
  const operator = evaluator.operatorOf(node.callee, environment) ?? ''
  if (conditions.test(operator)) return conditionOperand(node, environment, level, conversion)
  const given = (): readonly Operand[] =>
    node.arguments.map((one) => operandOf(one, environment, level, conversion))
  const [first] = node.arguments
  if (/^(asc|desc)$/.test(operator) && first !== undefined)
    return operandOf(first, environment, level, conversion)
  if (functions.test(operator)) {
    const operands = given().filter(({ kind }) => kind !== 'parameter')
    return { kind: 'call', name: operator.toLowerCase(), arguments: operands, span: draft.spanOf(node) }
  }
  if (first !== undefined && isParameter(node, environment, conversion)) return draft.value(first)
  const inner = transparentObject(node)
  if (inner === null) return expressionOf(node, environment, level, conversion)
  const operand = operandOf(inner, environment, level, conversion)
  return operand.kind === 'parameter' ? null : operand
}

/** `sql.param(value)`. */
function isParameter(
  { callee }: TSESTree.CallExpression,
  environment: Environment,
  { evaluator }: Conversion,
): boolean {
  return (
    callee.type === 'MemberExpression' &&
    memberName(callee) === 'param' &&
    evaluator.operatorOf(callee.object, environment) === 'sql'
  )
}

/** A function out of sight that is given columns makes an expression of them, which is no plain value. */
function expressionOf(
  node: TSESTree.CallExpression,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Operand | null {
  const operands = node.arguments
    .filter((one) => one.type !== 'SpreadElement' && one.type !== 'ArrowFunctionExpression')
    .flatMap((one): Operand[] => {
      const inner = unwrap(one)
      const column = columnOperand({ node: inner, environment }, level, conversion)
      if (column !== null) return [column]
      const fragment = fragmentIn(inner, environment, conversion)
      return fragment === null ? [] : [fragmentOperand(fragment, environment, level, conversion)]
    })
  if (operands.length === 0) return null
  const name = conversion.draft.scope.sourceCode.getText(node.callee)
  return opaque(`${name}(…) could not be seen`, operands, node, conversion)
}

export function opaque(
  reason: string,
  mentions: readonly Operand[],
  node: TSESTree.Node,
  conversion: Conversion,
): Operand {
  return { kind: 'opaque', reason, mentions, span: conversion.draft.spanOf(node) }
}
