import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../source/binding.ts'
import type { QueryContext } from '../context.ts'

/** A function, and the file that it stands in. */
export interface CalledFunction {
  readonly node: TSESTree.Node
  readonly module: string
}

/** The function that a call runs: the one of that name, or the one that a wrapper made it of (`cache(async (id) => …)`). */
export function calledFunction(
  { callee }: TSESTree.CallExpression,
  { scope }: QueryContext,
): CalledFunction | null {
  const definition = scope.definitionOf(callee)
  if (definition.kind === 'function') return definition
  if (definition.kind !== 'call') return null
  const wrapped = definition.node.arguments.filter(isFunction)
  return wrapped.length === 1 ? { node: wrapped[0]!, module: definition.module } : null
}
