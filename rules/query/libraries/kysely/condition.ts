import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import type { Condition } from '../../../sql/statement.ts'
import type { Environment } from './chain.ts'
import { binary } from './comparison.ts'
import { possibleExpressions, subqueryOf, type Conversion, type Level, type Placed } from './conversion.ts'
import { fragmentIn } from './fragment-text.ts'
import { fragmentCondition } from './fragment.ts'
import { operandOf, reference, type Reading } from './operand.ts'
import { unwrapped } from './syntax.ts'

/** The arguments of `where`, `having`, `on`, `eb(…)`: one condition, or a left side, an operator and a right side. */
export function conditionOf(
  given: readonly TSESTree.Node[],
  environment: Environment,
  level: Level,
  conversion: Conversion,
  right: Reading,
  at: TSESTree.Node,
): Condition {
  const [left, operator, value] = given
  if (given.some((one) => one.type === 'SpreadElement') || left === undefined) {
    return unseen('arguments that could not be seen', at, conversion)
  }
  if (operator === undefined || value === undefined) return conditionIn(left, environment, level, conversion)
  return binary({ left, operator, value, right, at }, environment, level, conversion)
}

/** A whole condition: what the expression builder, `sql` or a sub-query made, or a callback that returns it. */
export function conditionIn(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Condition {
  const placed = possibleExpressions(node, environment, conversion)
  if (placed === null || placed.length === 0) {
    return unseen('a condition that could not be followed', node, conversion)
  }
  const conditions = placed.map((one) => single(one, level, conversion))
  return conditions.length === 1 ? conditions[0]! : { kind: 'or', operands: conditions }
}

function single(placed: Placed, level: Level, conversion: Conversion): Condition {
  const { draft, evaluator } = conversion
  const node = unwrapped(placed.node)
  const { environment } = placed
  const constant = draft.scope.constantOf(node)
  if (typeof constant?.value === 'boolean') {
    return { kind: 'constant', value: constant.value, span: draft.spanOf(node) }
  }
  const fragment = fragmentIn(node, conversion)
  if (fragment !== null) return fragmentCondition(fragment, environment, level, conversion)
  if (node.type === 'CallExpression') {
    const method = evaluator.expressionMethod(node.callee, environment)
    if (method !== null) return expressionCall(method, node, environment, level, conversion)
    const joined = continued(node, environment, level, conversion)
    if (joined !== null) return joined
  }
  const block = subqueryOf(placed, level, conversion)
  const operand = block === null ? null : ({ kind: 'subquery', block, span: draft.spanOf(node) } as const)
  if (operand !== null) return { kind: 'truth', operand, span: draft.spanOf(node) }
  return unseen('a condition that could not be seen', node, conversion)
}

function expressionCall(
  method: string,
  node: TSESTree.CallExpression,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Condition {
  const { draft } = conversion
  const given = node.arguments
  const [first, second, third] = given
  switch (method) {
    case '':
      return conditionOf(given, environment, level, conversion, 'value', node)
    case 'and':
    case 'or':
      if (first === undefined) return unseen('an empty list of conditions', node, conversion)
      if (given.length === 3) return conditionOf(given, environment, level, conversion, 'value', node)
      return listed(method, first, environment, level, conversion)
    case 'not':
      if (first === undefined) break
      return { kind: 'not', operand: conditionIn(first, environment, level, conversion) }
    case 'parens':
      if (given.length === 3) return conditionOf(given, environment, level, conversion, 'value', node)
      if (first === undefined) break
      return conditionIn(first, environment, level, conversion)
    case 'exists': {
      if (first === undefined) break
      return existsOf(first, environment, level, conversion)
    }
    case 'between': {
      if (first === undefined || second === undefined || third === undefined) break
      const operand = operandOf(first, environment, level, conversion, 'reference')
      const bound = (of: TSESTree.Node, operator: '>=' | '<='): Condition => ({
        kind: 'compare',
        operator,
        left: operand,
        right: operandOf(of, environment, level, conversion, 'value'),
        span: draft.spanOf(node),
      })
      return { kind: 'and', operands: [bound(second, '>='), bound(third, '<=')] }
    }
    case 'val':
    case 'lit':
    case 'cast':
      if (first !== undefined) {
        const constant = draft.scope.constantOf(first)
        const value = constant?.value
        if (typeof value === 'boolean' || (constant !== null && value === null)) {
          return { kind: 'constant', value, span: draft.spanOf(node) }
        }
      }
      break
    default:
  }
  const operand = operandOf(node, environment, level, conversion, 'value')
  return { kind: 'truth', operand, span: draft.spanOf(node) }
}

export function existsOf(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Condition {
  const { draft } = conversion
  const placed = possibleExpressions(node, environment, conversion)
  const blocks = placed?.map((one) => subqueryOf(one, level, conversion)) ?? [null]
  if (blocks.some((block) => block === null)) {
    const operand = operandOf(node, environment, level, conversion, 'value')
    return {
      kind: 'opaque',
      reason: 'EXISTS of a query that could not be seen',
      mentions: [operand],
      span: draft.spanOf(node),
    }
  }
  const all = blocks.map((block): Condition => ({ kind: 'exists', block: block!, span: draft.spanOf(node) }))
  return all.length === 1 ? all[0]! : { kind: 'or', operands: all }
}

/** `eb('a', '=', 1).and('b', '=', 2)`, and calls that leave a condition as it is. */
function continued(
  node: TSESTree.CallExpression,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Condition | null {
  const callee = unwrapped(node.callee)
  if (callee.type !== 'MemberExpression') return null
  const method = memberName(callee)
  if (method === 'and' || method === 'or') {
    return {
      kind: method,
      operands: [
        conditionIn(callee.object, environment, level, conversion),
        conditionOf(node.arguments, environment, level, conversion, 'value', node),
      ],
    }
  }
  if (method === '$castTo' || method === 'as' || method === '$notNull') {
    return conditionIn(callee.object, environment, level, conversion)
  }
  return null
}

/** `eb.and([…])`, `eb.or({ a: 1, b: 2 })`. An empty list is TRUE for `and`, FALSE for `or`, as Kysely writes it. */
function listed(
  method: 'and' | 'or',
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Condition {
  const { draft } = conversion
  const { scope } = draft
  const bound = node.type === 'Identifier' ? environment.get(node.name) : undefined
  if (bound?.kind === 'argument') {
    return listed(method, bound.node, bound.environment, level, conversion)
  }
  const array = scope.arrayOf(node)
  if (array !== null) {
    const operands = array.elements.map(({ value, optional }) =>
      mayBeAbsent(conditionIn(value, environment, level, conversion), optional, method, value, conversion),
    )
    const open = array.open.map((one) => openList(one, method, environment, level, conversion))
    return { kind: method, operands: [...operands, ...open] }
  }
  const object = scope.objectOf(node)
  if (object !== null) {
    const operands = object.properties.map((property): Condition => {
      const equal: Condition = {
        kind: 'compare',
        operator: '=',
        left: reference(property.name, property.node, level, conversion),
        right: operandOf(property.value, environment, level, conversion, 'value'),
        span: draft.spanOf(property.node),
      }
      return mayBeAbsent(equal, property.optional, method, property.node, conversion)
    })
    const open = object.open.map((one) => unseen(one.reason, one.node, conversion))
    return { kind: method, operands: [...operands, ...open] }
  }
  return openList(
    { node, reason: 'a list of conditions that could not be seen' },
    method,
    environment,
    level,
    conversion,
  )
}

/** A conjunct that may be absent confines nothing; a disjunct that may be absent is judged as if it were there. */
function mayBeAbsent(
  condition: Condition,
  optional: string | null,
  method: 'and' | 'or',
  node: TSESTree.Node,
  conversion: Conversion,
): Condition {
  if (optional === null || method === 'or') return condition
  return { kind: 'optional', condition, reason: optional, span: conversion.draft.spanOf(node) }
}

/** Conditions made by `rows.map((row) => eb(…))`: what each of them is like can be seen, how many there are cannot. */
function openList(
  { node, reason }: { readonly node: TSESTree.Node; readonly reason: string },
  method: 'and' | 'or',
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Condition {
  const target = unwrapped(node.type === 'SpreadElement' ? node.argument : node)
  if (target.type === 'CallExpression' && target.callee.type === 'MemberExpression') {
    const [callback] = target.arguments
    if (memberName(target.callee) === 'map' && callback !== undefined) {
      const each = possibleExpressions(callback, environment, conversion, null)
      if (each !== null && each.length > 0) {
        const conditions = each.map((one) => single(one, level, conversion))
        const condition: Condition = { kind: 'or', operands: conditions }
        return mayBeAbsent(condition, 'the list may be empty', method, node, conversion)
      }
    }
  }
  return unseen(reason, node, conversion)
}

export function unseen(reason: string, node: TSESTree.Node, conversion: Conversion): Condition {
  return { kind: 'opaque', reason, mentions: [], span: conversion.draft.spanOf(node) }
}
