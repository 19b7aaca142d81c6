import type { TSESTree } from '@typescript-eslint/utils'
import { leaves } from '../../provenance/guard.ts'
import { someBelow } from '../../source/below.ts'
import { isFunction, memberName } from '../../source/binding.ts'
import { childrenOf, unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import { isAsked } from './asked.ts'
import { calledFunction } from './called-function.ts'
import { calleeName } from '../../source/callee.ts'
import { Handed, type Picking } from './handed.ts'
import { statementsBefore } from './statements-before.ts'
import { isNothing } from '../../source/nothing.ts'

/**
 * `const session = await verifyRoomSession(request, linkId, roomId); if (!session) return unauthorised()`, where the function reads a
 * session that the server keeps under the token of a cookie and answers nothing when its members are not these: whoever goes on has been
 * let in to them. Answers in words; null when the value is not bound so.
 */
export function boundBySession(picking: Picking, at: TSESTree.Node, file: QueryContext): string | null {
  const handed = new Handed(picking, file)
  for (const statement of statementsBefore(at)) {
    const call = callIn(statement)
    const index = call === null ? -1 : call.arguments.findIndex((argument) => handed.is(argument))
    if (call === null || index < 0 || !isAsked(call, at, file)) continue
    const target = calledFunction(call, file)
    const text = target === null ? null : file.scope.textOf(target.node, target.module)
    if (target === null || text === null || !isFunction(target.node)) continue
    const parameter = target.node.params[index]
    if (parameter?.type === 'Identifier' && binds(target.node, parameter.name, text)) {
      return `the session that \`${calleeName(call)}\` reads`
    }
  }
  return null
}

/** `const session = await verify(…)` */
function callIn(statement: TSESTree.Node): TSESTree.CallExpression | null {
  if (statement.type !== 'VariableDeclaration') return null
  const [declarator, ...others] = statement.declarations
  const call = declarator?.init == null || others.length > 0 ? null : unwrap(declarator.init, true)
  return call?.type === 'CallExpression' ? call : null
}

/** Does the function leave with nothing unless a member of the stored session is the parameter? */
function binds(
  node: TSESTree.Node & { readonly body: TSESTree.Node },
  parameter: string,
  text: string,
): boolean {
  if (node.body.type !== 'BlockStatement') return false
  const written = (one: TSESTree.Node): string =>
    text.slice(one.range[0] - node.range[0], one.range[1] - node.range[0])
  const inits = new Map<string, TSESTree.Node>()
  const note = (one: TSESTree.Node): void => {
    if (one.type === 'VariableDeclarator' && one.id.type === 'Identifier' && one.init !== null) {
      inits.set(one.id.name, one.init)
    }
    for (const child of childrenOf(one)) note(child)
  }
  note(node.body)
  const isOfSession = (one: TSESTree.Node): boolean => {
    const member = unwrap(one)
    const object = member.type === 'MemberExpression' ? unwrap(member.object) : null
    return object?.type === 'Identifier' && isStored(object.name, inits, written)
  }
  const differs = (test: TSESTree.Node): boolean => {
    const bare = unwrap(test)
    if (bare.type === 'LogicalExpression') {
      return bare.operator === '||' && (differs(bare.left) || differs(bare.right))
    }
    if (bare.type !== 'BinaryExpression' || !/^!==?$/.test(bare.operator)) return false
    const isParameter = (one: TSESTree.Node): boolean => one.type === 'Identifier' && one.name === parameter
    return (
      (isParameter(bare.right) && isOfSession(bare.left)) ||
      (isParameter(bare.left) && isOfSession(bare.right))
    )
  }
  return comesThrough(node.body.body, differs) === 'checked'
}

/** Is each way to an answer one that the check has passed? Only ways through `try` and blocks are looked at. */
function comesThrough(
  statements: readonly TSESTree.Node[],
  differs: (test: TSESTree.Node) => boolean,
): 'checked' | 'answers' | 'open' {
  for (const statement of statements) {
    if (statement.type === 'IfStatement' && statement.alternate === null && differs(statement.test)) {
      return refuses(statement.consequent) ? 'checked' : 'answers'
    }
    const inner =
      statement.type === 'TryStatement' &&
      (statement.handler === null || !someBelow(statement.handler.body, answersSomething))
        ? comesThrough(statement.block.body, differs)
        : statement.type === 'BlockStatement'
          ? comesThrough(statement.body, differs)
          : someBelow(statement, answersSomething)
            ? 'answers'
            : 'open'
    if (inner !== 'open') return inner
  }
  return 'open'
}

const refuses = (branch: TSESTree.Node): boolean => leaves(branch) && !someBelow(branch, answersSomething)

/** `return session`: anything but nothing. */
function answersSomething(node: TSESTree.Node): boolean {
  if (node.type !== 'ReturnStatement' || node.argument === null) return false
  const value = unwrap(node.argument)
  return !isNothing(value) && !(value.type === 'Literal' && value.value === false)
}

/** Methods that read one entry of a store. */
const reads = /^(?:get|getItem|find|findOne|findFirst|findUnique|findById|read|load)$/

/** Was the variable read from a store that the server keeps, under a key that a cookie or a header holds? */
function isStored(
  name: string,
  inits: ReadonlyMap<string, TSESTree.Node>,
  written: (node: TSESTree.Node) => string,
  depth = 0,
): boolean {
  const init = inits.get(name)
  if (init === undefined || depth > 3) return false
  const value = unwrap(init, true)
  if (value.type === 'Identifier') return isStored(value.name, inits, written, depth + 1)
  if (value.type !== 'CallExpression') return false
  const callee = unwrap(value.callee)
  const method = callee.type === 'MemberExpression' ? (memberName(callee) ?? '') : ''
  const names = value.arguments.flatMap(identifiersIn)
  if (/^(?:parse|parseAsync)$/.test(method)) {
    return names.length === 1 && isStored(names[0]!, inits, written, depth + 1)
  }
  const isAwaited = init.type === 'AwaitExpression'
  if (!isAwaited || !reads.test(method) || callee.type !== 'MemberExpression') return false
  if (/cookie|header/i.test(written(callee.object))) return false
  return names.some((one) => {
    const token = inits.get(one)
    return token !== undefined && /cookie|headers?\b/i.test(written(token))
  })
}

function identifiersIn(node: TSESTree.Node): readonly string[] {
  return node.type === 'Identifier' ? [node.name] : childrenOf(node).flatMap(identifiersIn)
}
