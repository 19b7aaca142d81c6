import type { TSESTree } from '@typescript-eslint/utils'
import { mentionsOf } from '../../mentions.ts'
import { memberName } from '../../../source/binding.ts'
import type { Operand } from '../../../sql/statement.ts'
import { bindColumn } from '../../naming.ts'
import type { Environment } from './chain.ts'
import { possibleExpressions, subqueryOf, type Conversion, type Level, type Placed } from './conversion.ts'
import { conditionIn } from './condition.ts'
import { fragmentIn } from './fragment-text.ts'
import { fragmentOperand } from './fragment.ts'
import { unwrapped } from './syntax.ts'

/** Whether a bare string is a column (`where('id', …)`) or a value (`where(…, '=', 'open')`). */
export type Reading = 'reference' | 'value'

/** Calls on an expression that leave its value as it is. */
const transparent: ReadonlySet<string> = new Set([
  'as',
  '$castTo',
  '$notNull',
  '$asScalar',
  '$asTuple',
  'toOperationNode',
])

export function operandOf(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
  reading: Reading,
): Operand {
  const placed = possibleExpressions(node, environment, conversion)
  if (placed === null) return opaque('an expression that could not be followed', node, conversion)
  if (placed.length === 1) return single(placed[0]!, level, conversion, reading)
  // One of several values at run time: a plain value when none of them speaks of columns.
  const operands = placed.map((one) => single(one, level, conversion, reading))
  if (operands.every(({ kind }) => kind === 'parameter' || kind === 'literal')) {
    return conversion.draft.value(node)
  }
  return {
    kind: 'opaque',
    reason: 'one of several expressions',
    mentions: operands,
    span: conversion.draft.spanOf(node),
  }
}

function single(placed: Placed, level: Level, conversion: Conversion, reading: Reading): Operand {
  const { draft, evaluator } = conversion
  const { scope } = draft
  const node = unwrapped(placed.node)
  const fragment = fragmentIn(node, conversion)
  if (fragment !== null) return fragmentOperand(fragment, placed.environment, level, conversion)
  if (reading === 'reference') {
    const name = scope.constantOf(node)?.value
    if (typeof name === 'string') return reference(name, node, level, conversion)
  }
  if (node.type === 'CallExpression') {
    const method = evaluator.expressionMethod(node.callee, placed.environment)
    if (method !== null) return expressionCall(method, node, placed.environment, level, conversion)
  }
  const block = subqueryOf(placed, level, conversion)
  if (block !== null) return { kind: 'subquery', block, span: draft.spanOf(node) }
  if (node.type === 'CallExpression') {
    const other = otherCall(node, placed.environment, level, conversion, reading)
    if (other !== null) return other
  }
  if (reading === 'reference') return opaque('a column that is chosen at run time', node, conversion)
  return draft.value(node)
}

/** A column as a string: `p.id`, `id as project_id`, `data->>key` is none. */
export function reference(text: string, node: TSESTree.Node, level: Level, conversion: Conversion): Operand {
  const name = text.split(/\s+as\s+/i)[0]!.trim()
  return bindColumn(name, level.naming, conversion.draft.scope.tenancy, conversion.draft.spanOf(node))
}

/** A call of the expression builder that makes a value. */
function expressionCall(
  method: string,
  node: TSESTree.CallExpression,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Operand {
  const { draft } = conversion
  const [first] = node.arguments
  const given = (reading: Reading): Operand =>
    first === undefined
      ? opaque('an expression without argument', node, conversion)
      : operandOf(first, environment, level, conversion, reading)
  switch (method) {
    case 'ref':
      return node.arguments.length === 1
        ? given('reference')
        : wrapped('a path into a JSON column', [given('reference')], node, conversion)
    case 'val':
    case 'lit':
      return given('value')
    case 'parens':
      if (node.arguments.length === 1) return given('reference')
      break
    case 'cast':
      return given('reference')
    case 'and':
    case 'or':
    case 'not':
    case 'exists':
    case 'between':
    case '': {
      const condition = conditionIn(node, environment, level, conversion)
      return wrapped('a condition as a value', mentionsOf(condition), node, conversion)
    }
    default:
  }
  if (method === 'fn') {
    const name = first === undefined ? null : draft.scope.constantOf(first)?.value
    const rest = callArguments(node.arguments.slice(1), environment, level, conversion)
    const span = draft.spanOf(node)
    return { kind: 'call', name: typeof name === 'string' ? name.toLowerCase() : 'fn', arguments: rest, span }
  }
  const operands = callArguments(node.arguments, environment, level, conversion)
  if (method.startsWith('fn.')) {
    const member = method.slice(3)
    const named = member === 'agg' && first !== undefined ? draft.scope.constantOf(first)?.value : null
    const name = typeof named === 'string' ? named.toLowerCase() : functionNamed(member)
    const over = typeof named === 'string' ? operands.slice(1) : operands
    return { kind: 'call', name, arguments: over, span: draft.spanOf(node) }
  }
  return wrapped(`eb.${method}`, operands, node, conversion)
}

function callArguments(
  given: readonly TSESTree.Node[],
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly Operand[] {
  return given.flatMap((argument) => {
    const inner = unwrapped(argument)
    const list = inner.type === 'ArrayExpression' ? inner.elements : [inner]
    return list.flatMap((one) =>
      one === null || one.type === 'SpreadElement'
        ? []
        : [operandOf(one, environment, level, conversion, 'reference')],
    )
  })
}

/**
 * A call that is neither a builder nor the expression builder: `jsonArrayFrom(eb.selectFrom(…))`, `.as('name')`, or a plain
 * function of the program, which is a value (null).
 */
function otherCall(
  node: TSESTree.CallExpression,
  environment: Environment,
  level: Level,
  conversion: Conversion,
  reading: Reading,
): Operand | null {
  const { draft, evaluator } = conversion
  const callee = unwrapped(node.callee)
  if (callee.type === 'MemberExpression') {
    const method = memberName(callee)
    const object = unwrapped(callee.object)
    if (isExpression(object, environment, conversion)) {
      const inner = operandOf(object, environment, level, conversion, reading)
      if (method !== null && transparent.has(method)) return inner
      const operands = callArguments(node.arguments, environment, level, conversion)
      return wrapped(`.${method ?? '[…]'}()`, [inner, ...operands], node, conversion)
    }
  }
  const found = node.arguments.flatMap((argument): Operand[] => {
    const inner = unwrapped(argument)
    const isBuilder = evaluator.chainOf(inner, environment) !== null
    if (!isBuilder && !isExpression(inner, environment, conversion)) return []
    return [operandOf(inner, environment, level, conversion, 'value')]
  })
  if (found.length === 0) {
    // A helper out of sight that is given the expression builder makes an expression, which is no plain value.
    const given = node.arguments.some((argument) => holdsBuilder(argument, environment, conversion))
    return given ? opaque('an expression made out of sight', node, conversion) : null
  }
  const name = callee.type === 'Identifier' ? callee.name : 'function'
  return { kind: 'call', name, arguments: found, span: draft.spanOf(node) }
}

function holdsBuilder(node: TSESTree.Node, environment: Environment, conversion: Conversion): boolean {
  const inner = unwrapped(node)
  if (inner.type !== 'ObjectExpression') return conversion.evaluator.isExpressions(inner, environment)
  return inner.properties.some(
    (property) => property.type === 'Property' && holdsBuilder(property.value, environment, conversion),
  )
}

/** Something that the expression builder, a sub-query or the `sql` tag made. */
function isExpression(node: TSESTree.Node, environment: Environment, conversion: Conversion): boolean {
  const { evaluator } = conversion
  const inner = unwrapped(node)
  if (fragmentIn(inner, conversion) !== null) return true
  if (inner.type !== 'CallExpression') return false
  if (evaluator.expressionMethod(inner.callee, environment) !== null) return true
  if (evaluator.chainOf(inner, environment) !== null) return true
  const callee = unwrapped(inner.callee)
  if (callee.type === 'MemberExpression' && isExpression(callee.object, environment, conversion)) return true
  return inner.arguments.some((argument) => isExpression(argument, environment, conversion))
}

export function opaque(reason: string, node: TSESTree.Node, conversion: Conversion): Operand {
  return { kind: 'opaque', reason, mentions: [], span: conversion.draft.spanOf(node) }
}

function wrapped(
  reason: string,
  mentions: readonly Operand[],
  node: TSESTree.Node,
  conversion: Conversion,
): Operand {
  return { kind: 'opaque', reason, mentions, span: conversion.draft.spanOf(node) }
}

/** The function of the database that a member of `eb.fn` writes: `countAll` is `count(*)`, `jsonAgg` is `json_agg`. */
function functionNamed(member: string): string {
  return member === 'countAll' ? 'count' : member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
