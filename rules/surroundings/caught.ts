import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { type FunctionNode, isFunction, memberName } from '../source/binding.ts'
import { contains, unwrap } from '../source/children.ts'
import { variableOf } from '../source/module.ts'
import { isAboutProduction, testOver } from './branch.ts'
import type { FileView } from './file.ts'
import { exportOf } from '../source/origin.ts'

/** An error that a handler was given, of which nobody has said yet what it is. */
export interface Caught {
  readonly variable: TSESLint.Scope.Variable
  readonly handler: TSESTree.Node
  /** What may have thrown it; null for an error handler of the whole application. */
  readonly attempt: TSESTree.Node | null
}

/** The errors of `catch` clauses, `.catch()` callbacks and the error handlers of frameworks. */
export function caughtErrors(file: FileView): readonly Caught[] {
  const { sourceCode } = file.scope
  const find = (name: TSESTree.Node | null | undefined): TSESLint.Scope.Variable | null => {
    const pattern = name?.type === 'AssignmentPattern' ? name.left : name
    return pattern?.type === 'Identifier' ? variableOf(sourceCode, pattern) : null
  }
  const found: Caught[] = []
  const add = (
    name: TSESTree.Node | null | undefined,
    handler: TSESTree.Node,
    attempt: Caught['attempt'],
  ): void => {
    const variable = find(name)
    if (variable !== null) found.push({ variable, handler, attempt })
  }
  for (const clause of file.all('CatchClause')) {
    add(clause.param, clause.body, (clause.parent as TSESTree.TryStatement).block)
  }
  for (const call of file.all('CallExpression')) {
    const handler = handlerIn(call)
    if (handler === null) continue
    add(handler.parameter, handler.function, handler.attempt)
  }
  for (const one of [...file.all('FunctionDeclaration'), ...functionExpressions(file)]) {
    if (isErrorHandler(one)) add(one.params[0], one, null)
  }
  for (const method of file.all('MethodDefinition')) {
    if (isFilter(method, file)) add(method.value.params[0], method.value, null)
  }
  return found
}

const functionExpressions = (file: FileView): readonly FunctionNode[] => [
  ...file.all('FunctionExpression'),
  ...file.all('ArrowFunctionExpression'),
]

/** Express tells error handlers by their four parameters: `(err, req, res, next)`, wherever they are handed to it. */
function isErrorHandler(node: FunctionNode): boolean {
  if (node.params.length !== 4) return false
  // What `use` is given is told by the call.
  if (node.parent.type === 'CallExpression') return false
  const [error, , response, next] = node.params.map((one) => (one.type === 'Identifier' ? one.name : ''))
  return (
    /^_?(e|err|error|ex|exception)$/i.test(error!) &&
    /^_?res(ponse)?$/.test(response!) &&
    /^_?next$/.test(next!)
  )
}

/** NestJS: `catch(exception, host)` of a class with `@Catch()`, or with classes that bring the database's words. */
function isFilter({ key, value, parent }: TSESTree.MethodDefinition, { scope }: FileView): boolean {
  if (key.type !== 'Identifier' || key.name !== 'catch' || !isFunction(value)) return false
  return parent.parent.decorators.some(({ expression }) => {
    if (expression.type !== 'CallExpression') return false
    const exported = exportOf(scope.definitionOf(expression.callee))
    if (exported?.module !== '@nestjs/common' || exported.name !== 'Catch') return false
    const classes = expression.arguments.map((one) => scope.sourceCode.getText(one))
    return classes.length === 0 || classes.some((name) => !isOwnClass(name))
  })
}

interface Handler {
  readonly function: FunctionNode
  readonly parameter: TSESTree.Parameter | undefined
  readonly attempt: TSESTree.Node | null
}

function handlerIn(call: TSESTree.CallExpression): Handler | null {
  const callee = unwrap(call.callee)
  if (callee.type !== 'MemberExpression') return null
  const callback = call.arguments.findLast((one) => isFunction(one))
  if (!isFunction(callback)) return null
  switch (memberName(callee)) {
    case 'catch':
      return { function: callback, parameter: callback.params[0], attempt: callee.object }
    case 'use':
      return callback.params.length === 4
        ? { function: callback, parameter: callback.params[0], attempt: null }
        : null
    case 'setErrorHandler':
    case 'onError':
      return { function: callback, parameter: callback.params[0], attempt: null }
    default:
      return null
  }
}

/** Classes whose instances bring the database's own words. */
const databaseErrors = /prisma|database|query|sequelize|postgres|^pg|sql|typeorm|drizzle|kysely|knex/i

const everyError = /^(Error|TypeError|RangeError|SyntaxError|Object)$/

/**
 * Has the program found out, on the way to `node`, that the error is one of its own (`instanceof NotFound`, `err.expose`), or that it does not
 * run in production?
 */
export function isNarrowed(node: TSESTree.Node, caught: Caught, text: string): boolean {
  let child = node
  for (let parent = node.parent; parent != null; parent = parent.parent) {
    const test = testOver(parent, child)
    if (
      test !== null &&
      (isAboutProduction(textOf(test.node, text)) || narrows(test.node, test.taken, caught, text))
    )
      return true
    if (parent === caught.handler || !contains(caught.handler, parent)) return false
    child = parent
  }
  return false
}

const textOf = (node: TSESTree.Node, text: string): string => text.slice(node.range[0], node.range[1])

function narrows(test: TSESTree.Node, taken: boolean, caught: Caught, text: string): boolean {
  const bare = unwrap(test)
  switch (bare.type) {
    case 'UnaryExpression':
      return bare.operator === '!' && narrows(bare.argument, !taken, caught, text)
    case 'LogicalExpression':
      return narrows(bare.left, taken, caught, text) || narrows(bare.right, taken, caught, text)
    case 'BinaryExpression':
      if (bare.operator !== 'instanceof') return taken && isAbout(bare, caught) && !isMessageTest(bare)
      if (!isAbout(bare.left, caught)) return false
      // What drivers throw is an `Error`; where it is none, something else was thrown.
      return taken ? isOwnClass(textOf(bare.right, text)) : textOf(bare.right, text) === 'Error'
    case 'CallExpression':
      return taken && isAbout(bare, caught)
    case 'MemberExpression':
      return taken && isAbout(bare, caught) && !/^(message|stack|detail)$/.test(memberName(bare) ?? '')
    default:
      return false
  }
}

const isOwnClass = (name: string): boolean =>
  !everyError.test(name) && !databaseErrors.test(name.split('.').at(-1)!)

/** `typeof err.message === 'string'`, `err != null`: says nothing of what the error is. */
function isMessageTest({ left, right }: TSESTree.BinaryExpression): boolean {
  const nothing = (node: TSESTree.Node): boolean =>
    (node.type === 'Literal' && node.value === null) ||
    (node.type === 'Identifier' && node.name === 'undefined')
  const isTypeof = left.type === 'UnaryExpression' && left.operator === 'typeof'
  return isTypeof || nothing(left) || nothing(right) || (left.type === 'Literal' && left.value === 'message')
}

/** Does the expression mention the error? */
export function isAbout(node: TSESTree.Node, caught: Caught): boolean {
  return caught.variable.references.some(({ identifier }) => contains(node, identifier as TSESTree.Node))
}
