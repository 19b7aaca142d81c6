import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../source/binding.ts'
import { unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import type { CalledFunction } from './called-function.ts'

/** A function, and where it is handed what its caller was handed. */
export interface HandedOn {
  readonly target: CalledFunction
  readonly index: number
}

/**
 * The functions that a function waits for, whatever happens, and hands one of its own parameters to: `const auth = await
 * getAuth(projectId)`. What those refuse by throwing, it refuses too.
 */
export function awaitedWith(target: CalledFunction, index: number, file: QueryContext): readonly HandedOn[] {
  const { node } = target
  if (!isFunction(node) || node.body.type !== 'BlockStatement') return []
  const parameter = node.params[index]
  if (parameter?.type !== 'Identifier') return []
  return node.body.body.flatMap((statement) => {
    const call = awaitedIn(statement)
    const isHanded = (one: TSESTree.Node): boolean => one.type === 'Identifier' && one.name === parameter.name
    const place = call === null ? -1 : call.arguments.findIndex(isHanded)
    const inner = call === null || place < 0 ? null : innerFunction(call, target.module, file)
    return inner === null ? [] : [{ target: inner, index: place }]
  })
}

/** The call that a statement waits for and does nothing else. */
function awaitedIn(statement: TSESTree.Node): TSESTree.CallExpression | null {
  const [only, ...others] = statement.type === 'VariableDeclaration' ? statement.declarations : []
  const value =
    statement.type === 'ExpressionStatement' ? statement.expression : others.length > 0 ? null : only?.init
  if (value?.type !== 'AwaitExpression') return null
  const call = unwrap(value, true)
  return call.type === 'CallExpression' ? call : null
}

function innerFunction(
  { callee }: TSESTree.CallExpression,
  module: string,
  { scope }: QueryContext,
): CalledFunction | null {
  const definition = scope.definitionIn(callee, module)
  if (definition.kind === 'function') return definition
  if (definition.kind !== 'call') return null
  const wrapped = definition.node.arguments.filter(isFunction)
  return wrapped.length === 1 ? { node: wrapped[0]!, module: definition.module } : null
}
