import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../source/binding.ts'
import { childrenOf, contains, functionAround, unwrap } from '../../source/children.ts'
import { leaves } from '../../provenance/guard.ts'
import { decisionsTo } from '../../provenance/writes.ts'
import type { QueryContext } from '../context.ts'
import type { Identity } from '../identity.ts'
import { functionsAround, tenantNames } from './actor.ts'
import { calleeName, some } from './calls.ts'

/** Names of functions that exist to refuse. */
const refuses =
  /^(?:assert|check|verify|ensure|require|authori[sz]e|guard|protect|deny|enforce|has|can|is|user(?:Can|Has)|validate)\w*(?:access|permission|owner|member|role|tenant|belong|allowed|authori[sz]|rights?|scope|team|workspace|org|project|account|admin)\w*$|^(?:assert|authori[sz]e|checkAuth|userCan|can|ability|requireAuth|checkAuthorization)\w*$|^(?:throwUnless|throwIf)\w*$|^(?:get|fetch|find|load|read|with)\w*authori[sz]ed?\w*$/i

const neverRefuses =
  /^(?:parse|safeParse|log|debug|info|warn|error|track|format|stringify|revalidate\w*|validateInputs?)$/i

/** What in the text of a function shows that it can refuse. */
const refusal =
  /\bthrow\b|\breturn\s+(?:false|null|undefined)\b|status\(40[134]\)|notFound\(|redirect\(|unauthori[sz]ed|forbidden/i

/** What in the text of a function shows that it looks something up. */
const lookup =
  /\bfind\w*\(|\.select\w*\(|\.where\(|\bquery\w*\(|\.count\(|\.exists?\w*\(|getMembership|isMember|\bfrom\(/i

/** Values that stand for the actor or its tenant, in the text of an argument list. */
const actorWords =
  /\b(?:ctx|context|session|user|userId|currentUser|req|request|c|auth|apiKey|member|authentication)\b/

/**
 * The check that a value has passed before `at`: a call that refuses and is handed the value, a comparison of what was read by it, or a
 * guard around the handler that names it. Answers in words; null when there is none.
 */
export function guardOf(value: TSESTree.Node, at: TSESTree.Node, file: QueryContext): string | null {
  const watch = new Watch(value, file)
  return watch.callBefore(at) ?? watch.comparisonBefore(at) ?? watch.checkedReadBefore(at) ?? watch.around(at)
}

class Watch {
  readonly #value: TSESTree.Node
  readonly #identity: Identity | null
  readonly #file: QueryContext
  readonly #text: string

  constructor(value: TSESTree.Node, file: QueryContext) {
    this.#value = value
    this.#file = file
    this.#identity = file.proofs.identities.of(value)
    this.#text = file.scope.sourceCode.text
  }

  /** `await assertAccess(ctx, input.projectId)`, as a statement or as a test that leaves, on every way to `at`. */
  callBefore(at: TSESTree.Node): string | null {
    for (const statement of this.#statementsBefore(at)) {
      const call = this.#guardCallIn(statement, at)
      if (call !== null) return `\`${calleeName(call)}\``
    }
    return null
  }

  #guardCallIn(statement: TSESTree.Node, at: TSESTree.Node): TSESTree.CallExpression | null {
    let found: TSESTree.CallExpression | null = null
    const visit = (node: TSESTree.Node): void => {
      if (found !== null || isFunction(node)) return
      if (node.type === 'CallExpression' && this.#isGuard(node) && this.#isOnTheWay(node, at)) found = node
      for (const child of childrenOf(node)) visit(child)
    }
    visit(statement)
    return found
  }

  #isOnTheWay(call: TSESTree.CallExpression, at: TSESTree.Node): boolean {
    for (
      let parent: TSESTree.Node | undefined = call.parent;
      parent != null && !contains(parent, at);
      parent = parent.parent
    ) {
      if (parent.type === 'CatchClause') return false
    }
    return decisionsTo(call, at, this.#text).length === 0
  }

  #isGuard(call: TSESTree.CallExpression): boolean {
    const name = calleeName(call)
    if (name === null || neverRefuses.test(name)) return false
    if (refuses.test(name) && this.#isHandedRow(call)) return true
    if (!this.#isHanded(call)) return false
    if (refuses.test(name)) return true
    const definition = this.#file.scope.definitionOf(call.callee)
    if (definition.kind !== 'function') return false
    const text = this.#textOf(definition)
    if (text === null || !refusal.test(text) || !lookup.test(text)) return false
    return this.#namesActor(call)
  }

  #textOf(definition: { readonly node: TSESTree.Node; readonly module: string }): string | null {
    return this.#file.scope.textOf(definition.node, definition.module)
  }

  /** A read by id alone refuses nobody; one that is handed the actor or its tenant may. */
  #namesActor(call: TSESTree.CallExpression): boolean {
    const names = tenantNames(this.#file.tenancy)
    return call.arguments.some((argument) => {
      const text = this.#text.slice(argument.range[0], argument.range[1])
      return actorWords.test(text) || (text.match(/[A-Za-z_$][\w$]*/g) ?? []).some((word) => names.test(word))
    })
  }

  /** Is the value, or the object that it is a member of, among the arguments? */
  #isHanded(call: TSESTree.CallExpression): boolean {
    return call.arguments.some((argument) => some(argument, (node) => this.#isValue(node)))
  }

  #isHandedRow(call: TSESTree.CallExpression): boolean {
    return call.arguments.some((argument) => some(argument, (node) => this.#isReadByIt(node)))
  }

  #isValue(node: TSESTree.Node): boolean {
    if (node.type !== 'Identifier' && node.type !== 'MemberExpression') return false
    if (node.parent?.type === 'Property' && node.parent.key === node && node.parent.value !== node)
      return false
    if (node.parent?.type === 'MemberExpression' && node.parent.property === node && !node.parent.computed)
      return false
    const { identities } = this.#file.proofs
    if (identities.areSame(node, this.#value)) return true
    const other = this.#identity === null ? null : identities.of(node)
    if (other === null || this.#identity === null || other.root !== this.#identity.root) return false
    if (node.parent?.type === 'MemberExpression' && node.parent.object === node) return false
    return other.path.every((name, index) => name === this.#identity!.path[index])
  }

  /** A row, or a member of one, that was read by the value. */
  #isReadByIt(node: TSESTree.Node): boolean {
    if (node.type !== 'Identifier' && node.type !== 'MemberExpression') return false
    const call = this.#file.proofs.identities.of(node)?.call ?? null
    return call !== null && this.#isHanded(call)
  }

  /** `const row = await getRow(id); if (row.tenantId !== tenant.id) throw …` */
  comparisonBefore(at: TSESTree.Node): string | null {
    for (const statement of this.#statementsBefore(at)) {
      if (statement.type !== 'IfStatement' || !leaves(statement.consequent)) continue
      const compared = this.#comparedIn(statement.test)
      if (compared !== null) return `the comparison of \`${compared}\``
    }
    return null
  }

  #comparedIn(test: TSESTree.Node): string | null {
    const bare = unwrap(test)
    if (bare.type === 'LogicalExpression' && bare.operator === '||') {
      return this.#comparedIn(bare.left) ?? this.#comparedIn(bare.right)
    }
    if (bare.type !== 'BinaryExpression' || !/^!==?$/.test(bare.operator)) return null
    for (const side of [bare.left, bare.right]) {
      const identity = this.#file.proofs.identities.of(side)
      const call = identity?.call ?? null
      const isTenant = tenantNames(this.#file.tenancy).test(identity?.path.at(-1) ?? '')
      const other = side === bare.left ? bare.right : bare.left
      if (call === null || !isTenant || this.#file.scope.provenanceOf(other).kind === 'literal') continue
      if (this.#isHanded(call)) return this.#text.slice(side.range[0], side.range[1])
    }
    return null
  }

  /** `const row = await getRow(id)`, then a check of what the row says of its tenant, then the write by the same id. */
  checkedReadBefore(at: TSESTree.Node): string | null {
    for (const statement of this.#statementsBefore(at)) {
      if (statement.type !== 'VariableDeclaration') continue
      for (const { init } of statement.declarations) {
        const call = init === null ? null : unwrap(init, true)
        if (call?.type !== 'CallExpression' || !this.#isHanded(call)) continue
        const checked = checkedAfter(call, this.#file, at)
        if (checked !== null) return checked
      }
    }
    return null
  }

  /** `router.get('/:taskId', access.fromTask('taskId'), handler)`, `withAccess(handler, …)`, `procedure.use(owns('taskId')).query(handler)`. */
  around(at: TSESTree.Node): string | null {
    const key = this.#keyName()
    if (key === null) return null
    for (const inner of functionsAround(at)) {
      let node: TSESTree.Node = inner
      while (node.parent?.type === 'CallExpression' && node.parent.callee !== node) {
        const call: TSESTree.CallExpression = node.parent
        const guard = this.#guardAmong(call, node, key)
        if (guard !== null) return `\`${guard}\` around the handler`
        node = call
      }
    }
    return null
  }

  #keyName(): string | null {
    const last = this.#identity?.path.filter((name) => name !== '*').at(-1)
    if (last !== undefined) return last
    const bare = unwrap(this.#value)
    return bare.type === 'Identifier' ? bare.name : null
  }

  #guardAmong(call: TSESTree.CallExpression, handler: TSESTree.Node, key: string): string | null {
    const others = call.arguments.filter((argument) => argument !== handler && !isFunction(argument))
    const word = new RegExp(`(?<![\\w$])${key.replace(/[^\w]/g, '')}(?![\\w$])`)
    for (const other of [...others, unwrap(call.callee)]) {
      const guards = this.#callsIn(other)
      for (const guard of guards) {
        const name = calleeName(guard)
        if (
          name === null ||
          !(refuses.test(name) || /access|guard|permission|owner|member|^from[A-Z]/i.test(name))
        )
          continue
        const definition = this.#file.scope.definitionOf(guard.callee)
        const text = definition.kind === 'function' ? (this.#textOf(definition) ?? '') : ''
        if (word.test(this.#text.slice(guard.range[0], guard.range[1])) || word.test(text)) return name
      }
    }
    return null
  }

  #callsIn(node: TSESTree.Node): readonly TSESTree.CallExpression[] {
    const own = node.type === 'CallExpression' ? [node] : []
    return isFunction(node) ? own : [...own, ...childrenOf(node).flatMap((child) => this.#callsIn(child))]
  }

  /** Statements that have run whenever control reaches `at`, in all functions around it. */
  *#statementsBefore(at: TSESTree.Node): Iterable<TSESTree.Node> {
    let child: TSESTree.Node = at
    for (let parent = at.parent; parent != null; parent = parent.parent) {
      if (parent.type === 'BlockStatement' || parent.type === 'SwitchCase') {
        const statements: readonly TSESTree.Node[] =
          parent.type === 'SwitchCase' ? parent.consequent : parent.body
        yield* statements.slice(0, statements.indexOf(child))
      }
      if (parent.type === 'IfStatement' && child === parent.consequent) yield parent.test
      child = parent
    }
  }
}

/** A look-up that is handed the tenant of a row together with the actor: `findMember(row.teamId, session.user.id)`. */
function isMembershipProof(
  call: TSESTree.CallExpression,
  leadsToTenant: (node: TSESTree.Node) => boolean,
  text: string,
): boolean {
  return (
    call.arguments.some((argument) => some(argument, leadsToTenant)) &&
    namesUser.test(text.slice(...call.range))
  )
}

const namesUser = /\b(?:user|userId|session|currentUser|actor|member|auth)\b|[a-z]UserId\b/

/**
 * After a call that reads rows: does the code compare their tenant, or hand them to a check, before it goes on (to `until`, where
 * that is given)?
 */
export function checkedAfter(
  call: TSESTree.CallExpression,
  file: QueryContext,
  until?: TSESTree.Node,
): string | null {
  const { identities } = file.proofs
  const root = identities.of(call)?.root
  const around = functionAround(call)
  if (root === undefined || around === null) return null
  const { text } = file.scope.sourceCode
  const names = tenantNames(file.tenancy)
  const leadsToTenant = (node: TSESTree.Node): boolean => {
    const identity = node.type === 'MemberExpression' ? identities.of(node) : null
    return identity?.root === root && identity.path.some((name) => names.test(name))
  }
  const compared = (node: TSESTree.BinaryExpression): TSESTree.Node | null => {
    for (const [side, other] of [
      [unwrap(node.left), unwrap(node.right)],
      [unwrap(node.right), unwrap(node.left)],
    ] as const) {
      if (!leadsToTenant(side)) continue
      const isCount = side.type === 'MemberExpression' && text.slice(...side.property.range) === 'length'
      if (isCount || file.scope.provenanceOf(other).kind !== 'literal') return side
    }
    return null
  }
  let found: string | null = null
  const visit = (node: TSESTree.Node): void => {
    if (found !== null || node.range[1] <= call.range[0]) return
    if (until !== undefined && node.range[0] >= until.range[0]) return
    if (node.type === 'BinaryExpression' && /^(?:[!=]==?|>|<|>=|<=)$/.test(node.operator)) {
      const side = compared(node)
      if (side !== null) found = `the comparison of \`${text.slice(side.range[0], side.range[1])}\``
    }
    if (node.type === 'CallExpression' && node !== call && isMembershipProof(node, leadsToTenant, text)) {
      found = `\`${calleeName(node)}\` for the tenant of the row`
    }
    if (node.type === 'CallExpression' && node !== call && refuses.test(calleeName(node) ?? '')) {
      const handed = node.arguments.some((argument) =>
        some(argument, (inner) => inner.type !== 'CallExpression' && identities.of(inner)?.root === root),
      )
      if (handed) found = `\`${calleeName(node)}\``
    }
    for (const child of childrenOf(node)) visit(child)
  }
  visit(around)
  return found
}
