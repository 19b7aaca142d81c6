import type { TSESTree } from '@typescript-eslint/utils'
import { annotationOf, isFunction, memberName } from '../source/binding.ts'
import { calleeName } from '../source/callee.ts'
import { unwrap } from '../source/children.ts'
import { variableOf } from '../source/module.ts'
import type { ExtractionScope } from '../query/library.ts'
import type { FileView } from './file.ts'
import { exportOf, isGlobal } from '../source/origin.ts'
import { rootOf } from './pattern.ts'

/** A place where the program answers the client. */
export interface Answer {
  readonly node: TSESTree.Node
  readonly payloads: readonly TSESTree.Node[]
}

const responseNames = /^(res|response|reply|rep)$/
const responseTypes = /(Response|Reply)$/
const contextNames = /^(c|ctx|context)$/
const contextTypes = /Context$/

const responseMethods = /^(json|jsonp|send|end|write)$/
const contextMethods = /^(json|text|html|body)$/

/** Exceptions that a framework turns into an answer with their text. */
const exceptionPackages: Readonly<Record<string, RegExp>> = {
  '@nestjs/common': /Exception$/,
  '@trpc/server': /^TRPCError$/,
  'hono/http-exception': /^HTTPException$/,
  'http-errors': /./,
}

/** Where the file answers a client: Express, Fastify, Koa, Hono, Next, Fetch API, NestJS, tRPC. */
export function answersOf(file: FileView): readonly Answer[] {
  return [
    ...file.all('CallExpression').flatMap((node) => callAnswer(node, file.scope)),
    ...file.all('NewExpression').flatMap((node) => madeAnswer(node, file.scope)),
    ...file.all('AssignmentExpression').flatMap((node) => bodyAnswer(node, file.scope)),
  ]
}

const expressions = (nodes: readonly TSESTree.CallExpressionArgument[]): TSESTree.Node[] =>
  nodes.filter((one) => one.type !== 'SpreadElement')

function callAnswer(node: TSESTree.CallExpression, scope: ExtractionScope): Answer[] {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return []
  const name = memberName(callee) ?? ''
  const [payload] = expressions(node.arguments)
  if (payload === undefined || !(responseMethods.test(name) || contextMethods.test(name))) return []
  const answered = isAnswering(callee.object, name, scope)
  return answered ? [{ node, payloads: [payload] }] : []
}

function isAnswering(object: TSESTree.Node, method: string, scope: ExtractionScope): boolean {
  const root = rootOf(object)
  if (root?.type !== 'Identifier') return false
  if (root === unwrap(object) && method === 'json') {
    const definition = scope.definitionOf(root)
    if (isGlobal(definition, 'Response')) return true
    const exported = exportOf(definition)
    if (exported?.module === 'next/server' && exported.name === 'NextResponse') return true
  }
  const role = roleOf(root, scope)
  if (role === 'response') return responseMethods.test(method)
  return role === 'context' && root === unwrap(object) && contextMethods.test(method)
}

/** The part that a parameter plays in a request handler, by its type or, without one, by its usual name. */
function roleOf(identifier: TSESTree.Identifier, scope: ExtractionScope): 'response' | 'context' | null {
  const definition = variableOf(scope.sourceCode, identifier)?.defs[0]
  if (definition === undefined) return null
  if ((definition.type as string) !== 'Parameter') return isGivenResponse(definition.node) ? 'response' : null
  const annotation = annotationOf(definition.name)
  const name = identifier.name.replace(/^_+/, '')
  if (annotation?.type === 'TSTypeReference' && annotation.typeName.type === 'Identifier') {
    const type = annotation.typeName.name
    if (responseTypes.test(type)) return 'response'
    if (contextTypes.test(type)) return 'context'
  }
  if (responseNames.test(name)) return isFunction(definition.node) ? 'response' : null
  return contextNames.test(name) && isFirst(definition.node, definition.name) ? 'context' : null
}

/** A handler's first parameter, or the second of one that is given an error: `app.onError((error, c) => …)`. */
function isFirst(owner: TSESTree.Node, name: TSESTree.Node): boolean {
  if (!isFunction(owner)) return false
  const { parent } = owner
  const isOfError = parent.type === 'CallExpression' && calleeName(parent) === 'onError'
  return owner.params[isOfError ? 1 : 0] === name
}

/** NestJS: `const response = host.switchToHttp().getResponse()`. */
function isGivenResponse(node: TSESTree.Node): boolean {
  const init = node.type === 'VariableDeclarator' && node.init !== null ? unwrap(node.init, true) : null
  return init?.type === 'CallExpression' && calleeName(init) === 'getResponse'
}

/** `new Response(body)`, `new TRPCError({ message })`, `new BadRequestException(text)`. */
function madeAnswer(node: TSESTree.NewExpression, scope: ExtractionScope): Answer[] {
  if (isOtherClass(node.callee, scope)) return []
  const definition = scope.definitionOf(node.callee)
  const [first] = expressions(node.arguments)
  if (first === undefined) return []
  if (isGlobal(definition, 'Response')) return [{ node, payloads: [first] }]
  const exported = exportOf(definition)
  if (exported === null) return []
  if (exported.module === 'next/server' && exported.name === 'NextResponse')
    return [{ node, payloads: [first] }]
  if (exceptionPackages[exported.module]?.test(exported.name) !== true) return []
  const sent = expressions(node.arguments).flatMap((one, index) =>
    exported.module === '@nestjs/common' && index > 0 ? describing(one, scope) : withoutCause(one, scope),
  )
  return [{ node, payloads: sent }]
}

/**
 * NestJS answers with the first argument of an exception. Of the others only a text, or the `description` of an object, gets into the
 * answer: `new NotFoundException('Not found', error)` keeps the error to itself.
 */
function describing(node: TSESTree.Node, scope: ExtractionScope): TSESTree.Node[] {
  const bare = unwrap(node)
  if (bare.type === 'Identifier') return []
  if (bare.type !== 'ObjectExpression') return [node]
  const view = scope.objectOf(bare)
  return (view?.properties ?? []).filter(({ name }) => name === 'description').map(({ value }) => value)
}

/** A class under a name of its own that no answer has: a definition in another file is not free. */
function isOtherClass(callee: TSESTree.Node, { sourceCode }: ExtractionScope): boolean {
  if (callee.type !== 'Identifier') return false
  const node: TSESTree.Node | undefined = variableOf(sourceCode, callee)?.defs[0]?.node
  if (node?.type !== 'ImportSpecifier' || node.imported.type !== 'Identifier') return false
  return !answering.test(node.imported.name) && !isFrom(node, 'http-errors')
}

const isFrom = ({ parent }: TSESTree.ImportSpecifier, module: string): boolean =>
  parent.type === 'ImportDeclaration' && parent.source.value === module

const answering = /(?:Exception|Error|Response)$/

/** The cause of an exception is for the log; its other properties are for the client. */
function withoutCause(node: TSESTree.Node, scope: ExtractionScope): TSESTree.Node[] {
  const bare = unwrap(node)
  if (bare.type !== 'ObjectExpression') return [node]
  const view = scope.objectOf(bare)
  return (view?.properties ?? []).filter(({ name }) => name !== 'cause').map(({ value }) => value)
}

/** Koa: `ctx.body = payload`. */
function bodyAnswer(node: TSESTree.AssignmentExpression, scope: ExtractionScope): Answer[] {
  const { left } = node
  if (left.type !== 'MemberExpression' || memberName(left) !== 'body') return []
  const root = rootOf(left.object)
  if (root?.type !== 'Identifier' || roleOf(root, scope) === null) return []
  return [{ node, payloads: [node.right] }]
}
