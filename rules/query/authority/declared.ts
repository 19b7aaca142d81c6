import type { TSESTree } from '@typescript-eslint/utils'
import type { QueryContext } from '../context.ts'

/** A wrapper that the tenancy model says proves this input: `guards: { "projectProcedure": ["input.projectId"] }`. */
export function declaredAround(
  path: string,
  at: TSESTree.Node,
  { tenancy, scope }: QueryContext,
): string | null {
  const proving = Object.entries(tenancy.guards).flatMap(([guard, inputs]) =>
    inputs.some((input) => path === input || path.endsWith(`.${input}`)) ? [guard] : [],
  )
  if (proving.length === 0) return null
  for (let node = at.parent; node != null; node = node.parent) {
    if (node.type !== 'CallExpression') continue
    const words = scope.sourceCode.getText(node.callee).split(/[^\w$]+/)
    const guard = proving.find((one) => words.includes(one))
    if (guard !== undefined) return `\`${guard}\`, which the tenancy model names`
  }
  return null
}
