import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName, type FunctionNode } from '../../../source/binding.ts'
import type { Condition, JoinType } from '../../../sql/statement.ts'
import type { ChainStep, Environment } from './chain.ts'
import { conditionOf, unseen } from './condition.ts'
import type { Conversion, Level } from './conversion.ts'
import { reference } from './operand.ts'
import { returnedExpressions, unwrapped } from './syntax.ts'

export const joinTypes: Readonly<Record<string, JoinType>> = {
  innerJoin: 'inner',
  leftJoin: 'left',
  rightJoin: 'right',
  fullJoin: 'full',
  crossJoin: 'cross',
  innerJoinLateral: 'inner',
  leftJoinLateral: 'left',
  crossJoinLateral: 'cross',
}

/** `innerJoin('t', 'a.id', 'b.id')` or `innerJoin('t', (join) => join.onRef(…).on(…))`. */
export function joinCondition(step: ChainStep, level: Level, conversion: Conversion): Condition | null {
  const { call, environment } = step
  const [, left, right] = call.arguments
  if (left === undefined) return null
  return right === undefined
    ? callbackCondition(left, environment, level, conversion)
    : keyCondition(left, right, level, conversion, call)
}

function keyCondition(
  left: TSESTree.Node,
  right: TSESTree.Node,
  level: Level,
  conversion: Conversion,
  call: TSESTree.CallExpression,
): Condition {
  const { scope, spanOf } = conversion.draft
  const [leftName, rightName] = [scope.constantOf(left)?.value, scope.constantOf(right)?.value]
  if (typeof leftName !== 'string' || typeof rightName !== 'string') {
    return unseen('a join on columns that could not be seen', call, conversion)
  }
  return {
    kind: 'compare',
    operator: '=',
    left: reference(leftName, left, level, conversion),
    right: reference(rightName, right, level, conversion),
    span: spanOf(call),
  }
}

function callbackCondition(
  callback: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Condition {
  const target = conversion.evaluator.functionOf(callback)
  const returned = target === null ? null : returnedExpressions(target)
  if (target === null || returned === null || returned.length !== 1) {
    return unseen('a join condition that could not be followed', callback, conversion)
  }
  return stepsCondition(returned[0]!, target, environment, level, conversion)
}

/** The calls on the join builder, from the last to the first; a call that is not known leaves a hole. */
function stepsCondition(
  node: TSESTree.Node,
  target: FunctionNode,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Condition {
  const conditions: Condition[] = []
  let at = unwrapped(node)
  while (at.type === 'CallExpression') {
    const callee = unwrapped(at.callee)
    if (callee.type !== 'MemberExpression') break
    const method = memberName(callee)
    if (method === 'on' || method === 'onRef') {
      const reading = method === 'on' ? 'value' : 'reference'
      conditions.unshift(conditionOf(at.arguments, environment, level, conversion, reading, at))
    } else if (method === 'onTrue') {
      conditions.unshift({ kind: 'constant', value: true, span: conversion.draft.spanOf(at) })
    } else conditions.unshift(unseen(`.${method ?? '[…]'}() in a join`, at, conversion))
    at = unwrapped(callee.object)
  }
  const [parameter] = target.params
  const isBuilder = at.type === 'Identifier' && parameter?.type === 'Identifier' && at.name === parameter.name
  if (!isBuilder || isFunction(at))
    conditions.push(unseen('a join that could not be followed', node, conversion))
  return conditions.length === 1 ? conditions[0]! : { kind: 'and', operands: conditions }
}
