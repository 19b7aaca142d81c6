import type { TSESTree } from '@typescript-eslint/utils'
import { keyName, type FunctionNode } from '../../../source/binding.ts'
import { returnsOf, unwrap } from '../../../source/children.ts'
import type { Bound, Environment } from './chain.ts'

/** The expression inside `await`, casts, `!` and optional chains. */
export const unwrapped = (node: TSESTree.Node): TSESTree.Node => unwrap(node, true)

/** What a function can return; null when a `return` has no value. */
export function returnedExpressions(target: FunctionNode): readonly TSESTree.Node[] | null {
  const returned = returnsOf(target)
  return returned.length === 0 ? null : returned
}

/** Gives a function's parameters their meaning; `({ eb, or }) => …` names members of the expression builder. */
export function bindParameters(
  target: FunctionNode,
  values: readonly Bound[],
  environment: Environment,
): Environment {
  const inner = new Map(environment)
  target.params.forEach((parameter, index) => {
    const pattern = parameter.type === 'AssignmentPattern' ? parameter.left : parameter
    const value = values[index]
    if (pattern.type === 'Identifier') {
      if (value === undefined) inner.delete(pattern.name)
      else inner.set(pattern.name, value)
    } else if (pattern.type === 'ObjectPattern') bindPattern(pattern, value, inner)
  })
  return inner
}

function bindPattern(
  pattern: TSESTree.ObjectPattern,
  value: Bound | undefined,
  inner: Map<string, Bound>,
): void {
  for (const property of pattern.properties) {
    if (property.type !== 'Property') continue
    const local = property.value.type === 'AssignmentPattern' ? property.value.left : property.value
    const name = keyName(property.key, property.computed)
    if (local.type !== 'Identifier' || name === null) continue
    const member = value === undefined ? null : memberOf(value, name)
    if (member === null) inner.delete(local.name)
    else inner.set(local.name, member)
  }
}

function memberOf(value: Bound, name: string): Bound | null {
  if (value.kind === 'expressions') return { kind: 'expressionMember', name }
  if (value.kind !== 'argument' || value.node.type !== 'ObjectExpression') return null
  for (const property of value.node.properties) {
    if (property.type === 'Property' && keyName(property.key, property.computed) === name) {
      return { kind: 'argument', node: property.value, environment: value.environment }
    }
  }
  return null
}
