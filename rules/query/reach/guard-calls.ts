import type { TSESTree } from '@typescript-eslint/utils'
import { callsRunBy } from '../../source/below.ts'
import { contains, unwrap } from '../../source/children.ts'
import { decisionsTo } from '../../provenance/writes.ts'
import type { QueryContext } from '../context.ts'
import { isLogin } from './actor.ts'
import { guardAround } from './around.ts'
import { declaredAround } from '../authority/declared.ts'
import { isAsked, isDiscarded } from './asked.ts'
import { isBlind } from './blind-guard.ts'
import { calledFunction } from './called-function.ts'
import { calleeName } from '../../source/callee.ts'
import { comparesTenant } from './compared-text.ts'
import { workingText } from './delegated.ts'
import { isConstantName } from './expression.ts'
import { Handed, type Picking } from './handed.ts'
import { findsActor, knowsActor, usesParameter } from './handed-actor.ts'
import { awaitedWith } from './inner-guard.ts'
import { isQuestion, isRefusing, neverRefusing, onlyTells, refusalAlone, refusalOf } from './refusal.ts'
import { exemptsRoles } from './role-exemption.ts'
import { statementsBefore } from './statements-before.ts'
import { asksForPresence } from './presence.ts'

/** The call that has refused for a value before `at`, or the guard around the handler that speaks of it, in words. */
export function guardedByCall(picking: Picking, at: TSESTree.Node, file: QueryContext): string | null {
  const watch = new CallWatch(picking, file)
  return watch.callBefore(at) ?? watch.around(at)
}

/** The call before `at` that is handed a value, may refuse it, and could not be read; null when there is none. */
export function doubtfulCall(picking: Picking, at: TSESTree.Node, file: QueryContext): string | null {
  return new CallWatch(picking, file).doubtBefore(at)
}

/** The call before `at` that would have refused for a value, were there not whole roles that it lets pass; null when there is none. */
export function exemptingCall(picking: Picking, at: TSESTree.Node, file: QueryContext): string | null {
  return new CallWatch(picking, file).exemptingBefore(at)
}

class CallWatch {
  readonly #handed: Handed
  readonly #absentPicksNone: boolean
  readonly #file: QueryContext

  constructor(picking: Picking, file: QueryContext) {
    this.#handed = new Handed(picking, file)
    this.#absentPicksNone = picking.absentPicksNone
    this.#file = file
  }

  /** `await assertAccess(ctx, input.projectId)`, as a statement or as a test that leaves, on every way to `at`. */
  callBefore(at: TSESTree.Node): string | null {
    return this.#first(at, (call) => this.#guardKind(call, at) === 'guard')
  }

  exemptingBefore(at: TSESTree.Node): string | null {
    return this.#first(at, (call) => this.#guardKind(call, at) === 'exempting')
  }

  doubtBefore(at: TSESTree.Node): string | null {
    return this.#first(at, (call) => this.#isDoubtful(call, at))
  }

  #first(at: TSESTree.Node, is: (call: TSESTree.CallExpression) => boolean): string | null {
    for (const statement of statementsBefore(at)) {
      const call = this.#callIn(statement, at, is)
      if (call !== null) return `\`${calleeName(call)}\``
    }
    return null
  }

  #callIn(
    statement: TSESTree.Node,
    at: TSESTree.Node,
    is: (call: TSESTree.CallExpression) => boolean,
  ): TSESTree.CallExpression | null {
    return callsRunBy(statement).find((call) => is(call) && this.#isOnTheWay(call, at)) ?? null
  }

  #isOnTheWay(call: TSESTree.CallExpression, at: TSESTree.Node): boolean {
    for (
      let parent: TSESTree.Node | undefined = call.parent;
      parent != null && !contains(parent, at);
      parent = parent.parent
    ) {
      if (parent.type === 'CatchClause') return false
    }
    const step = this.#absentPicksNone ? this.#aroundPresence(call, at) : call
    return decisionsTo(step, at, this.#file.scope.sourceCode.text).length === 0
  }

  /** `if (input.id) await assertAccess(session, input.id)`: where there is no id, nothing is picked by it either. */
  #aroundPresence(call: TSESTree.CallExpression, at: TSESTree.Node): TSESTree.Node {
    let step: TSESTree.Node = call
    for (
      let child: TSESTree.Node = step;
      child.parent != null && !contains(child.parent, at);
      child = child.parent
    ) {
      const parent: TSESTree.Node = child.parent
      if (parent.type !== 'IfStatement' || parent.consequent !== child) continue
      if (decisionsTo(step, child, this.#file.scope.sourceCode.text).length > 0) return step
      if (!asksForPresence(parent.test, (node) => this.#handed.is(node))) return step
      step = parent
    }
    return step
  }

  /** `exempting`: it refuses, but not those of a role that it lets pass before it looks at the value. */
  #guardKind(call: TSESTree.CallExpression, at: TSESTree.Node): 'guard' | 'exempting' | null {
    const name = calleeName(call)
    if (name === null || neverRefusing(name)) return null
    const isHanded = this.#handed.isHandedTo(call)
    if (isHanded && Object.hasOwn(this.#file.tenancy.guards, name)) return 'guard'
    if (isRefusing(name)) {
      if ((!isHanded && !this.#handed.isReadFor(call)) || this.#isIdle(call, name)) return null
      const refusesAll = isBlind(call, this.#file) && !this.#throwsInside(call)
      return refusesAll ? null : this.#unlessExempting(call)
    }
    if (!isHanded) return null
    const target = calledFunction(call, this.#file)
    const text = target === null ? null : workingText(target, this.#file)
    if (target === null || text === null) return null
    if (this.#throwsInside(call)) return 'guard'
    const refusal = refusalOf(text) ?? (comparesTenant(text, this.#file.tenancy) ? refusalAlone(text) : null)
    if (refusal === null || !knowsActor(call, target.node, text, this.#file)) return null
    return refusal === 'throws' || isAsked(call, at, this.#file) ? this.#unlessExempting(call) : null
  }

  #unlessExempting(call: TSESTree.CallExpression): 'guard' | 'exempting' {
    return exemptsRoles(call, (node) => this.#handed.tells(node), this.#file) ? 'exempting' : 'guard'
  }

  /** Does it hand the value on to a function that throws unless the actor may have it? */
  #throwsInside(call: TSESTree.CallExpression): boolean {
    const outer = calledFunction(call, this.#file)
    if (outer === null) return false
    const index = call.arguments.findIndex((argument) => this.#handed.is(argument))
    return awaitedWith(outer, index, this.#file).some(({ index: place, target }) => {
      const text = workingText(target, this.#file)
      if (text === null || refusalOf(text) !== 'throws') return false
      return findsActor(text, this.#file) && usesParameter(target.node, place, text)
    })
  }

  /** `await this.policies.check(user, input.id)`: whatever it does, it may do it to refuse. */
  #isDoubtful(call: TSESTree.CallExpression, at: TSESTree.Node): boolean {
    const name = calleeName(call)
    // Finding out who is logged in refuses nobody a row.
    if (name === null || isLogin(name) || onlyTells(name) || isKnownToPass(call, name)) return false
    if (!this.#handed.isHandedTo(call) || calledFunction(call, this.#file) !== null) return false
    if (this.#file.sites.some(({ node }) => contains(node, call) || contains(call, node))) return false
    return isDiscarded(call) || isAsked(call, at, this.#file)
  }

  /** A question whose answer is thrown away. */
  #isIdle(call: TSESTree.CallExpression, name: string): boolean {
    if (!isDiscarded(call)) return false
    if (isQuestion(name)) return true
    const target = calledFunction(call, this.#file)
    const text = target === null ? null : this.#file.scope.textOf(target.node, target.module)
    return text !== null && refusalOf(text) === 'answers'
  }

  around(at: TSESTree.Node): string | null {
    const key = this.#handed.keyName()
    const declared = declaredAround(this.#handed.path(), at, this.#file)
    return declared ?? (key === null ? null : guardAround(key, at, this.#file))
  }
}

/** Calls of the language, and of those that read what was sent. */
const passing =
  /^(?:Number|String|Boolean|BigInt|Array|Object|JSON|Math|Date|Promise|Set|Map|URL|RegExp|console|process|z|zod|Buffer|encodeURIComponent|decodeURIComponent|parseInt|parseFloat|isNaN|setTimeout|structuredClone)$/

function isKnownToPass({ callee }: TSESTree.CallExpression, name: string): boolean {
  let root: TSESTree.Node = unwrap(callee)
  while (root.type === 'MemberExpression' || root.type === 'CallExpression') {
    root = unwrap(root.type === 'MemberExpression' ? root.object : root.callee)
  }
  // `RESERVED_SLUGS.includes(slug)` says the same to everybody.
  if (root.type === 'Identifier' && (passing.test(root.name) || isConstantName(root))) return true
  return readers.test(name)
}

/** Methods of text and of lists, which say what a value looks like. */
const readers =
  /^(?:startsWith|endsWith|match|test|exec|isArray|split|replace|replaceAll|slice|map|filter|push|set|delete|limit|parse\w*|safeParse\w*|next|use\w*)$/
