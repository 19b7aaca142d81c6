import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../../source/binding.ts'
import type { Condition, Operand } from '../../../sql/statement.ts'
import { conditionsOf } from '../../branches.ts'
import { fragmentCondition } from '../../fragment.ts'
import { comparison, operatorName } from '../../operator.ts'
import type { ChainStep, Environment } from './chain.ts'
import { possible, subqueriesOf, textOf, type Conversion, type Level } from './conversion.ts'
import { groupOf } from './group.ts'
import { isCondition, membership } from './membership.ts'
import { operandOf, reference, type Reading } from './operand.ts'
import { partIn, partMethod, rawTexts } from './raw.ts'

/** Where a condition stands: at which call, with which names in sight, and what a bare string on its right is. */
export interface Place {
  readonly at: TSESTree.Node
  readonly environment: Environment
  readonly level: Level
  readonly conversion: Conversion
  readonly right: Reading
  /** Which family of methods a callback's builder is read by. */
  readonly family: 'where' | 'having' | 'on'
}

/** The condition of one call, by what its method's name says after `where`, `having` or `on`. */
export function conditionOf(suffix: string, given: readonly TSESTree.Node[], place: Place): Condition {
  const [first, second, third] = given
  const { at, conversion } = place
  if (given.some((one) => one.type === 'SpreadElement') || first === undefined) {
    return unseen('arguments that could not be seen', at, conversion)
  }
  const negative = /^Not(?=[A-Z]|$)/.test(suffix)
  const name = suffix.replace(/^Not(?=[A-Z]|$)/, '')
  const not = (condition: Condition): Condition =>
    negative ? { kind: 'not', operand: condition } : condition
  const left = (): Operand => operand(first, place, 'reference')
  const span = conversion.draft.spanOf(at)
  switch (name) {
    case '':
    case 'Val':
      return generalCondition(given, { ...place, right: name === 'Val' ? 'value' : place.right }, negative)
    case 'Column':
      return generalCondition(given, { ...place, right: 'reference' }, negative)
    case 'In':
      return second === undefined
        ? unseen('IN without a list', at, conversion)
        : not(membership(first, second, place))
    case 'Null':
      return not({ kind: 'isNull', operand: left(), span })
    case 'Exists':
      return not(existsOf(first, place))
    case 'Between': {
      const [low, high] = second === undefined ? [] : elements(second, place)
      const bounds = [low, high].map((one, index): Condition =>
        one === undefined
          ? unseen('BETWEEN bounds that could not be seen', at, conversion)
          : comparison(index === 0 ? '>=' : '<=', left(), operand(one, place, 'value'), span),
      )
      return not({ kind: 'and', operands: bounds })
    }
    case 'Like':
    case 'ILike':
      if (second === undefined) break
      return not(comparison(name.toLowerCase(), left(), operand(second, place, 'value'), span))
    case 'Raw':
      return not(
        fragmentCondition(
          rawTexts(given, place.environment, conversion),
          at,
          place.level.naming,
          conversion.draft,
        ),
      )
    case 'Wrapped':
      return not(oneArgument(first, place, false))
    default:
  }
  const mentions = [second, third].flatMap((one) => (one === undefined ? [] : [operand(one, place, 'value')]))
  return {
    kind: 'opaque',
    reason: `a ${place.family}${suffix} condition`,
    mentions: [left(), ...mentions],
    span,
  }
}

/** `where(one)`, `where(column, value)`, `where(column, operator, value)`. */
function generalCondition(given: readonly TSESTree.Node[], place: Place, negative: boolean): Condition {
  const [first, second, third] = given
  const { at, conversion } = place
  const not = (condition: Condition): Condition =>
    negative ? { kind: 'not', operand: condition } : condition
  if (second === undefined) return oneArgument(first!, place, negative)
  const left = operand(first!, place, 'reference')
  if (third === undefined) return not(equal(left, second, place, at))
  const operator = textOf(second, place.environment, conversion)
  const span = conversion.draft.spanOf(at)
  if (operator === null) {
    const mentions = [left, operand(third, place, place.right)]
    return { kind: 'opaque', reason: 'an operator chosen at run time', mentions, span }
  }
  const name = operatorName(operator)
  if (name === 'in' || name === 'not in') {
    const member = membership(first!, third, place)
    return not(name === 'in' ? member : { kind: 'not', operand: member })
  }
  const constant = conversion.draft.scope.constantOf(third)
  const isNull = constant !== null && constant.value === null
  if (name === 'is' || (name === '=' && isNull)) return not(isCondition(left, third, place, span))
  if (name === 'is not' || (/^(<>|!=)$/.test(name) && isNull)) {
    return not({ kind: 'not', operand: isCondition(left, third, place, span) })
  }
  return not(comparison(name, left, operand(third, place, place.right), span))
}

/** `where('a', value)`; NULL is compared as Knex writes it. */
function equal(left: Operand, value: TSESTree.Node, place: Place, at: TSESTree.Node): Condition {
  const { conversion } = place
  const span = conversion.draft.spanOf(at)
  const constant = conversion.draft.scope.constantOf(value)
  if (constant !== null && constant.value === null) return { kind: 'isNull', operand: left, span }
  return comparison('=', left, operand(value, place, place.right), span)
}

const operand = (node: TSESTree.Node, place: Place, reading: Reading): Operand =>
  operandOf(node, place.environment, place.level, place.conversion, reading)

/** `where({ a: 1 })`, `where((builder) => …)`, `where(raw)`, `where(true)`. */
function oneArgument(given: TSESTree.Node, place: Place, negative: boolean): Condition {
  const conditions = possible(given, place.environment, place.conversion).map(({ node, environment }) =>
    wholeCondition(node, { ...place, environment }, negative),
  )
  return conditions.length === 1 ? conditions[0]! : { kind: 'or', operands: conditions }
}

function wholeCondition(node: TSESTree.Node, place: Place, negative: boolean): Condition {
  const { conversion, level, environment } = place
  const { draft, evaluator } = conversion
  const not = (condition: Condition): Condition =>
    negative ? { kind: 'not', operand: condition } : condition
  const part = partIn(node, draft.scope)
  if (part !== null && partMethod(part, draft.scope) === 'raw') {
    conversion.consumed.add(part)
    return not(
      fragmentCondition(rawTexts(part.arguments, environment, conversion), part, level.naming, draft),
    )
  }
  const constant = draft.scope.constantOf(node)
  if (typeof constant?.value === 'boolean') {
    return not({ kind: 'constant', value: constant.value, span: draft.spanOf(node) })
  }
  const target = isFunction(node) ? node : evaluator.functionOf(node)
  if (target !== null) {
    const chains = evaluator.applied(target, { root: node, steps: [] }, [], environment)
    const groups = chains.map(({ steps }): Condition => {
      consume(steps, conversion)
      return (
        groupOf(steps, place.family, level, conversion) ?? {
          kind: 'constant',
          value: true,
          span: draft.spanOf(node),
        }
      )
    })
    return not(groups.length === 1 ? groups[0]! : { kind: 'or', operands: groups })
  }
  return objectCondition(node, place, negative)
}

export function consume(steps: readonly ChainStep[], conversion: Conversion): void {
  for (const { call } of steps) conversion.consumed.add(call)
}

/** `{ a: 1, b: 2 }` are conjuncts, each negated on its own by `whereNot`. A value of `undefined` makes Knex throw. */
function objectCondition(node: TSESTree.Node, place: Place, negative: boolean): Condition {
  const { conversion, level } = place
  const view = conversion.draft.scope.objectOf(node)
  if (view === null) return unseen('a condition that could not be seen', node, conversion)
  const operands = conditionsOf(
    view.properties,
    ({ name, node: at, value }): Condition => {
      const one = equal(reference(name, at, level, conversion), value, place, at)
      return negative ? { kind: 'not', operand: one } : one
    },
    (condition, { optional, node: at }) =>
      optional === null
        ? condition
        : { kind: 'optional', condition, reason: optional, span: conversion.draft.spanOf(at) },
  )
  const open = view.open.map((one) => unseen(one.reason, one.node, conversion))
  const all = [...operands, ...open]
  return all.length === 1 ? all[0]! : { kind: 'and', operands: all }
}

function existsOf(node: TSESTree.Node, place: Place): Condition {
  const { conversion, level } = place
  const span = conversion.draft.spanOf(node)
  const conditions = possible(node, place.environment, conversion).map((placed): Condition => {
    const blocks = subqueriesOf(placed, level, conversion)
    if (blocks === null) {
      const mentions = [operandOf(placed.node, placed.environment, level, conversion, 'value')]
      return { kind: 'opaque', reason: 'EXISTS of a query that could not be seen', mentions, span }
    }
    const all = blocks.map((block): Condition => ({ kind: 'exists', block, span }))
    return all.length === 1 ? all[0]! : { kind: 'or', operands: all }
  })
  return conditions.length === 1 ? conditions[0]! : { kind: 'or', operands: conditions }
}

function elements(node: TSESTree.Node, place: Place): readonly TSESTree.Node[] {
  const [placed] = possible(node, place.environment, place.conversion)
  const array = placed === undefined ? null : place.conversion.draft.scope.arrayOf(placed.node)
  return array === null || array.open.length > 0 ? [] : array.elements.map(({ value }) => value)
}

export function unseen(reason: string, node: TSESTree.Node, conversion: Conversion): Condition {
  return { kind: 'opaque', reason, mentions: [], span: conversion.draft.spanOf(node) }
}
