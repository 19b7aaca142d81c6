import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import type { ExtractionScope } from '../../library.ts'
import type { Environment } from './chain.ts'
import { importsKysely, receiverOf } from './receiver.ts'
import { unwrapped } from './syntax.ts'

/** Is the node the expression builder itself? */
export function isExpressions(
  node: TSESTree.Node,
  environment: Environment,
  scope: ExtractionScope,
): boolean {
  if (node.type === 'MemberExpression') return memberName(node) === 'eb' && isByConvention(node, scope)
  if (node.type !== 'Identifier') return false
  const bound = environment.get(node.name)
  if (bound?.kind === 'argument') {
    return isExpressions(unwrapped(bound.node), bound.environment, scope)
  }
  if (bound !== undefined) return bound.kind === 'expressions'
  const definition = scope.definitionOf(node)
  if (definition.kind === 'typed' && receiverOf(node, scope) === 'expressions') return true
  // `const eb = ebb as ExpressionBuilder<…>`
  const resolved = unwrapped(scope.resolve(node))
  if (resolved !== node) return isExpressions(resolved, environment, scope)
  return isExpressionsCall(definition) || (node.name === 'eb' && isByConvention(node, scope))
}

/** Kysely's documentation calls it `eb`, and so does everybody. */
function isByConvention(node: TSESTree.Node, scope: ExtractionScope): boolean {
  const { kind } = scope.definitionOf(node)
  return importsKysely(scope) && kind !== 'value' && kind !== 'instance' && kind !== 'import'
}

/** `expressionBuilder<DB, 'projects'>()` of Kysely. */
function isExpressionsCall(definition: ReturnType<ExtractionScope['definitionOf']>): boolean {
  return (
    definition.kind === 'call' &&
    definition.callee.kind === 'import' &&
    definition.callee.module === 'kysely' &&
    definition.callee.name === 'expressionBuilder'
  )
}

/** Name of the expression builder's method that a callee is, `''` for the builder itself, null for anything else. */
export function expressionMethod(
  given: TSESTree.Node,
  environment: Environment,
  scope: ExtractionScope,
): string | null {
  const callee = unwrapped(given)
  if (callee.type === 'Identifier') {
    const bound = environment.get(callee.name)
    if (bound?.kind === 'expressionMember') return bound.name === 'eb' ? '' : bound.name
    return isExpressions(callee, environment, scope) ? '' : null
  }
  if (callee.type !== 'MemberExpression') return null
  const object = unwrapped(callee.object)
  if (isExpressions(object, environment, scope) || isEbMember(object, environment)) return memberName(callee)
  // `eb.fn.max(…)`, `fn.max(…)`
  const outer =
    object.type === 'MemberExpression' || object.type === 'Identifier'
      ? expressionMethod(object, environment, scope)
      : null
  return outer === 'fn' ? `fn.${memberName(callee) ?? ''}` : null
}

/** `({ eb, or }) => eb.and(…)`: the member `eb` is the expression builder itself. */
function isEbMember(node: TSESTree.Node, environment: Environment): boolean {
  if (node.type !== 'Identifier') return false
  const bound = environment.get(node.name)
  return bound?.kind === 'expressionMember' && bound.name === 'eb'
}
