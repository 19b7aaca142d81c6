import type { TSESTree } from '@typescript-eslint/utils'
import type { Comparison, Condition, Operand } from '../../../sql/statement.ts'
import { unwrap } from '../../../source/children.ts'
import { subqueryOf, type Conversion, type Level, type Placed } from './conversion.ts'
import type { Environment } from './environment.ts'
import { fragmentCondition } from './fragment.ts'
import { fragmentIn } from './fragment-text.ts'
import { listOf, mappedReturns } from './list.ts'
import { mentionsOf } from '../../mentions.ts'
import { operandOf, transparentObject } from './operand.ts'

/** A condition, or none where the program gives `undefined`, which Drizzle leaves out. */
export interface Maybe {
  readonly condition: Condition | null
  /** Why it may be absent at run time; null where it is always there. */
  readonly absent: string | null
}

const comparisons: Readonly<Record<string, Comparison>> = {
  eq: '=',
  ne: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  like: 'like',
  ilike: 'ilike',
}

const negatedComparisons: Readonly<Record<string, Comparison>> = { notLike: 'like', notIlike: 'ilike' }

/** A whole condition as it restricts rows: null where there is none, optional where it may be missing. */
export function conditionOf(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Condition | null {
  return restricting(conditionIn(node, environment, level, conversion), node, conversion)
}

/** What a condition that may be absent does to the rows: nothing that could be relied on. */
export function restricting(
  { condition, absent }: Maybe,
  node: TSESTree.Node,
  conversion: Conversion,
): Condition | null {
  if (condition === null || absent === null) return condition
  return { kind: 'optional', condition, reason: absent, span: conversion.draft.spanOf(node) }
}

export function conditionIn(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Maybe {
  const found = conversion.evaluator.alternativesOf(node, environment)
  if (found === null)
    return { condition: unseen('a condition that could not be followed', node, conversion), absent: null }
  const conditions: Condition[] = []
  let absent: string | null = null
  for (const one of found) {
    const maybe =
      one.node === null
        ? { condition: null, absent: null }
        : single({ node: one.node, environment: one.environment }, level, conversion)
    if (maybe.condition !== null) conditions.push(maybe.condition)
    if (maybe.condition === null || maybe.absent !== null)
      absent ??= maybe.absent ?? one.when ?? 'it is undefined'
  }
  if (conditions.length === 0) return { condition: null, absent: null }
  const [only] = conditions
  return { condition: conditions.length === 1 ? only! : { kind: 'or', operands: conditions }, absent }
}

const present = (condition: Condition): Maybe => ({ condition, absent: null })

function single(placed: Placed, level: Level, conversion: Conversion): Maybe {
  const { draft, evaluator } = conversion
  const { node, environment } = placed
  const constant = draft.scope.constantOf(node)
  if (typeof constant?.value === 'boolean')
    return present({ kind: 'constant', value: constant.value, span: draft.spanOf(node) })
  const fragment = fragmentIn(node, environment, conversion)
  if (fragment !== null) return fragmentCondition(fragment, environment, level, conversion)
  if (node.type === 'CallExpression') {
    const operator = evaluator.operatorOf(node.callee, environment)
    const condition = operator === null ? null : called(operator, node, environment, level, conversion)
    if (condition !== null) return condition
    const inner = transparentObject(node)
    if (inner !== null) return conditionIn(inner, environment, level, conversion)
  }
  const operand = operandOf(node, environment, level, conversion)
  if (operand.kind === 'parameter' || operand.kind === 'literal')
    return present(unseen('a condition that could not be seen', node, conversion))
  return present({ kind: 'truth', operand, span: draft.spanOf(node) })
}

function called(
  operator: string,
  node: TSESTree.CallExpression,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Maybe | null {
  const { draft } = conversion
  const span = draft.spanOf(node)
  const [first, second, third] = node.arguments
  if (operator === 'and' || operator === 'or') return listed(operator, node, environment, level, conversion)
  if (first === undefined) return null
  const operand = (of: TSESTree.Node): Operand => operandOf(of, environment, level, conversion)
  const comparison = comparisons[operator] ?? negatedComparisons[operator]
  if (comparison !== undefined && second !== undefined) {
    const condition: Condition = {
      kind: 'compare',
      operator: comparison,
      left: operand(first),
      right: operand(second),
      span,
    }
    return present(operator in comparisons ? condition : not(condition))
  }
  switch (operator) {
    case 'not': {
      const { condition, absent } = conditionIn(first, environment, level, conversion)
      return { condition: condition === null ? null : not(condition), absent }
    }
    case 'inArray':
    case 'notInArray': {
      if (second === undefined) return null
      const condition = membership(second, operand(first), environment, level, conversion)
      return present(operator === 'inArray' ? condition : not(condition))
    }
    case 'isNull':
      return present({ kind: 'isNull', operand: operand(first), span })
    case 'isNotNull':
      return present(not({ kind: 'isNull', operand: operand(first), span }))
    case 'exists':
    case 'notExists': {
      const condition = existsOf(first, environment, level, conversion)
      return present(operator === 'exists' ? condition : not(condition))
    }
    case 'between':
    case 'notBetween': {
      if (second === undefined || third === undefined) return null
      const left = operand(first)
      const both: Condition = {
        kind: 'and',
        operands: [
          { kind: 'compare', operator: '>=', left, right: operand(second), span },
          { kind: 'compare', operator: '<=', left, right: operand(third), span },
        ],
      }
      return present(operator === 'between' ? both : not(both))
    }
    case 'arrayContains':
    case 'arrayContained':
    case 'arrayOverlaps':
      return present({ kind: 'opaque', reason: operator, mentions: node.arguments.map(operand), span })
    default:
      return null
  }
}

const not = (operand: Condition): Condition => ({ kind: 'not', operand })

/** `and(a, undefined, ...more)`: what is undefined is left out, and a list without conditions is undefined itself. */
function listed(
  operator: 'and' | 'or',
  node: TSESTree.CallExpression,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Maybe {
  const parts = listOf(node.arguments, environment, conversion).flatMap((one): Part[] => {
    if (one.kind === 'open') return [openPart(one.node, one.reason, environment, level, conversion)]
    const { condition, absent } = conditionIn(one.node, one.environment, level, conversion)
    return condition === null ? [] : [{ condition, absent: one.optional ?? absent, node: one.node }]
  })
  if (parts.length === 0) return { condition: null, absent: null }
  const absent = parts.every((part) => part.absent !== null) ? parts[0]!.absent : null
  // A disjunct that may be absent is judged as if it were there: fewer of them let fewer rows through.
  const operands =
    operator === 'or'
      ? parts.map(({ condition }) => condition)
      : parts.map((part) => restricting(part, part.node, conversion)!)
  const condition: Condition = operands.length === 1 ? operands[0]! : { kind: operator, operands }
  // The parts of `and` say themselves that they may be absent.
  return { condition, absent: operator === 'and' ? null : absent }
}

interface Part extends Maybe {
  readonly condition: Condition
  readonly node: TSESTree.Node
}

/** Conditions made by `rows.map((row) => eb(…))`: what each of them is like can be seen, how many there are cannot. */
function openPart(
  node: TSESTree.Node,
  reason: string,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Part {
  const each = eachOf(node)
  if (each !== null) {
    const conditions = each.flatMap((one) => conditionIn(one, environment, level, conversion).condition ?? [])
    if (conditions.length > 0) {
      const condition: Condition =
        conditions.length === 1 ? conditions[0]! : { kind: 'or', operands: conditions }
      return { condition, absent: 'the list may be empty', node }
    }
  }
  return { condition: unseen(reason, node, conversion), absent: null, node }
}

/** What the callback of `rows.map(callback)` returns. */
function eachOf(given: TSESTree.Node): readonly TSESTree.Node[] | null {
  const node = unwrap(given.type === 'SpreadElement' ? given.argument : given)
  return node.type === 'CallExpression' ? mappedReturns(node) : null
}

/** `in` of an array, of a sub-query, or of a value that holds an array. */
export function membership(
  node: TSESTree.Node,
  operand: Operand,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Condition {
  const { draft, evaluator } = conversion
  const span = draft.spanOf(node)
  const found = evaluator.alternativesOf(node, environment) ?? []
  const conditions = found.flatMap((one): Condition[] => {
    if (one.node === null) return []
    const placed: Placed = { node: one.node, environment: one.environment }
    const block = subqueryOf(placed, level, conversion)
    if (block !== null) return [{ kind: 'inQuery', operands: [operand], block, span }]
    const array = one.node.type === 'ArrayExpression' ? draft.scope.arrayOf(one.node) : null
    if (array !== null && array.open.length === 0) {
      const values = array.elements.map(({ value }) => operandOf(value, one.environment, level, conversion))
      return [{ kind: 'in', operand, values, list: false, span }]
    }
    // The list keeps the name that it has here, unless a helper's parameter stands for it.
    const named = found.length === 1 && one.environment === environment ? node : one.node
    const value = operandOf(named, one.environment, level, conversion)
    if (value.kind === 'subquery') return [{ kind: 'inQuery', operands: [operand], block: value.block, span }]
    return [{ kind: 'in', operand, values: [value], list: true, span }]
  })
  if (conditions.length === 0)
    return { kind: 'opaque', reason: 'IN a list that could not be followed', mentions: [operand], span }
  return conditions.length === 1 ? conditions[0]! : { kind: 'or', operands: conditions }
}

function existsOf(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Condition {
  const span = conversion.draft.spanOf(node)
  const found = conversion.evaluator.alternativesOf(node, environment) ?? []
  const blocks = found.map((one) =>
    one.node === null
      ? null
      : subqueryOf({ node: one.node, environment: one.environment }, level, conversion),
  )
  if (blocks.length === 0 || blocks.includes(null)) {
    const mentions = [operandOf(node, environment, level, conversion)]
    return { kind: 'opaque', reason: 'EXISTS of a query that could not be seen', mentions, span }
  }
  const all = blocks.map((block): Condition => ({ kind: 'exists', block: block!, span }))
  return all.length === 1 ? all[0]! : { kind: 'or', operands: all }
}

export function unseen(reason: string, node: TSESTree.Node, conversion: Conversion): Condition {
  return { kind: 'opaque', reason, mentions: [], span: conversion.draft.spanOf(node) }
}

/** The condition as one value: what it mentions stays in sight. */
export function conditionOperand(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Operand {
  const { condition } = conditionIn(node, environment, level, conversion)
  const mentions = condition === null ? [] : mentionsOf(condition)
  return { kind: 'opaque', reason: 'a condition as a value', mentions, span: conversion.draft.spanOf(node) }
}
