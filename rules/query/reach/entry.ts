import type { TSESTree } from '@typescript-eslint/utils'
import { type FunctionNode, isFunction, memberName } from '../../source/binding.ts'
import { unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import { isRouteModule } from '../../provenance/route-file.ts'

/** Names that a parameter's pattern brings into scope. */
export function namesIn(pattern: TSESTree.Node): readonly string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name]
    case 'AssignmentPattern':
      return namesIn(pattern.left)
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        property.type === 'Property' ? namesIn(property.value) : namesIn(property.argument),
      )
    case 'TSParameterProperty':
      return namesIn(pattern.parameter)
    default:
      return []
  }
}
/** Exported from a file of server actions: whoever can send a request calls it, with any arguments. */
export function isServerAction(node: FunctionNode, file: QueryContext): boolean {
  const { ast } = file.scope.sourceCode
  const isDirective = (statement: TSESTree.Node | undefined): boolean =>
    statement?.type === 'ExpressionStatement' &&
    statement.expression.type === 'Literal' &&
    statement.expression.value === 'use server'
  if (node.body.type === 'BlockStatement' && isDirective(node.body.body[0])) return true
  if (!isDirective(ast.body[0])) return false
  const holder = node.type === 'FunctionDeclaration' ? node.parent : node.parent.parent?.parent
  return holder?.type === 'ExportNamedDeclaration' || holder?.type === 'ExportDefaultDeclaration'
}

const requestLike = /^(?:req|request|_req|c|ctx|context|event|params|searchParams|input|parsedInput|opts)$/

/** Is a parameter called as requests are? */
export function takesRequest(node: FunctionNode): boolean {
  return node.params.some((parameter) => namesIn(parameter).some((name) => requestLike.test(name)))
}

/** Is the function called by the framework with what a user sent? */
export function isEntry(node: FunctionNode, file: QueryContext): boolean {
  if (isServerAction(node, file) || isProcedure(node) || isWrappedRoute(node, file)) return true
  return takesRequest(node) && !isFunction(node.parent)
}

/** `export const GET = withApi({ handler: async ({ authentication }) => … })` in a file that is a route. */
function isWrappedRoute(node: FunctionNode, { scope }: QueryContext): boolean {
  if (!isRouteModule(scope.filename)) return false
  let at: TSESTree.Node = node
  while (
    at.parent.type === 'Property' ||
    at.parent.type === 'ObjectExpression' ||
    at.parent.type === 'CallExpression'
  )
    at = at.parent
  const { parent } = at
  return (
    at !== node &&
    parent.type === 'VariableDeclarator' &&
    parent.id.type === 'Identifier' &&
    /^(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)$/.test(parent.id.name) &&
    parent.parent.parent.type === 'ExportNamedDeclaration'
  )
}

/** `teamProcedure.query(async () => …)`: it asks for nothing that the user sent, and is called for one all the same. */
function isProcedure({ parent, params }: FunctionNode): boolean {
  if (params.length > 0 || parent.type !== 'CallExpression') return false
  let callee = unwrap(parent.callee)
  if (callee.type !== 'MemberExpression') return false
  if (!/^(?:query|mutation|subscription)$/.test(memberName(callee) ?? '')) return false
  while (callee.type === 'CallExpression' || callee.type === 'MemberExpression') {
    if (callee.type === 'MemberExpression' && isProcedureName(memberName(callee))) return true
    callee = unwrap(callee.type === 'CallExpression' ? callee.callee : callee.object)
  }
  return callee.type === 'Identifier' && isProcedureName(callee.name)
}

const isProcedureName = (name: string | null): boolean => /procedure$/i.test(name ?? '')
