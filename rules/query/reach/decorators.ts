import type { TSESTree } from '@typescript-eslint/utils'
import type { FunctionNode } from '../../source/binding.ts'

/** What the guards' decorators of a method and of its class name: `@UseGuards(ProjectGuard)`. Others only carry data for them. */
export function decoratorsOf(method: FunctionNode): readonly TSESTree.Node[] {
  const definition = method.parent
  if (definition.type !== 'MethodDefinition') return []
  return [...definition.decorators, ...definition.parent.parent.decorators].flatMap(({ expression }) => {
    if (expression.type !== 'CallExpression' || expression.callee.type !== 'Identifier') return []
    return expression.callee.name === 'UseGuards' ? expression.arguments : []
  })
}
