import type { TSESTree } from '@typescript-eslint/utils'
import { leaves } from '../../provenance/guard.ts'
import { callsRunBy } from '../../source/below.ts'
import { unwrap } from '../../source/children.ts'
import { isFunction, memberName } from '../../source/binding.ts'
import type { SiteIndex } from '../site-index.ts'
import type { Identities } from '../identity.ts'
import type { ExtractionScope } from '../library.ts'
import { Parts } from './mention.ts'

/** What speaks for a tenant that the request names: proved here, perhaps by something that is called, or nothing. */
export type Authority = 'proved' | 'perhaps' | 'none'

/** Names of functions that let only some through. */
const authorizing =
  /(member|access|permission|permit|allow|authori[sz]|role|owner|admin|guard|protect|polic|abilit|\bacl|rbac|belong|entitle|forbid|tenant|workspace|organi[sz]ation|team|^can[A-Z_]|^assert|^ensure|^require|^enforce|^verify)/i

/**
 * Looks at what runs before a query for something that ties the tenant to who is signed in: a test that leaves and speaks of both, a
 * query that throws and asks for both, a function that the tenancy model names as a guard.
 */
export class Membership {
  readonly #scope: ExtractionScope
  readonly #sites: SiteIndex
  readonly #parts: Parts

  constructor(scope: ExtractionScope, sites: SiteIndex, identities: Identities) {
    this.#scope = scope
    this.#sites = sites
    this.#parts = new Parts(scope, identities)
  }

  of(tenant: TSESTree.Node, at: TSESTree.Node): Authority {
    return this.#speaksOfBoth(at, tenant) ? 'proved' : this.before(tenant, at)
  }

  /** The same without what the query itself asks for, which says nothing of a value that it writes. */
  before(tenant: TSESTree.Node, at: TSESTree.Node): Authority {
    let found: Authority = 'none'
    for (const statement of statementsBefore(at)) {
      const said = this.#ofStatement(statement, tenant)
      if (said === 'proved') return said
      if (said === 'perhaps') found = said
    }
    return found
  }

  /** Is a row that was read checked afterwards, by a test that leaves? */
  isCheckedAfter(tenant: TSESTree.Node, at: TSESTree.Node): boolean {
    return statementsAfter(at).some(
      (statement) =>
        statement.type === 'IfStatement' &&
        leaves(statement.consequent) &&
        this.#speaksOfBoth(statement.test, tenant),
    )
  }

  #speaksOfBoth(node: TSESTree.Node, tenant: TSESTree.Node): boolean {
    return this.#parts.ofActor(node) && this.#parts.ofTenant(node, tenant)
  }

  #ofStatement(statement: TSESTree.Node, tenant: TSESTree.Node): Authority {
    if (statement.type === 'IfStatement') {
      const rejects =
        leaves(statement.consequent) || (statement.alternate !== null && leaves(statement.alternate))
      if (rejects && this.#speaksOfBoth(statement.test, tenant)) return 'proved'
      // A secret that only some callers know is no membership, and yet no open door.
      if (rejects && /process\.env\b/.test(this.#scope.sourceCode.getText(statement.test))) return 'perhaps'
    }
    if (statement.type === 'TryStatement') {
      // Its catch goes on, so what it proves holds only when nothing was thrown.
      const inside = statement.block.body.map((inner) => this.#ofStatement(inner, tenant))
      return inside.some((one) => one !== 'none') ? 'perhaps' : 'none'
    }
    const calls = callsRunBy(statement).map((call) => this.#ofCall(call, tenant))
    return calls.includes('proved') ? 'proved' : calls.includes('perhaps') ? 'perhaps' : 'none'
  }

  #ofCall(call: TSESTree.CallExpression, tenant: TSESTree.Node): Authority {
    const site = this.#sites.ofCall(call)
    if (site !== undefined) {
      const throws = site.queries.some(({ query }) => query.answer.throws)
      return throws && this.#speaksOfBoth(call, tenant) ? 'proved' : 'none'
    }
    if (this.#isPartOfQuery(call)) return 'none'
    const name = calledName(call)
    const given = call.arguments.some((argument) => this.#parts.ofTenant(argument, tenant))
    if (Object.hasOwn(this.#scope.tenancy.guards, name) && given) return 'proved'
    if (authorizing.test(name)) return 'perhaps'
    return given && call.arguments.some((argument) => this.#parts.ofActor(argument)) ? 'perhaps' : 'none'
  }

  /** `eq(…)` in a condition, `.where(…)` in a chain: they run nothing of their own. What is awaited does. */
  #isPartOfQuery(call: TSESTree.CallExpression): boolean {
    if (call.parent?.type === 'AwaitExpression') return false
    return call.parent !== undefined && this.#sites.isInQuery(call.parent)
  }
}

export function calledName(call: TSESTree.CallExpression): string {
  const callee = unwrap(call.callee)
  if (callee.type === 'Identifier') return callee.name
  return callee.type === 'MemberExpression' ? (memberName(callee) ?? '') : ''
}

/** Statements that have run when control reaches a node, and the tests of the branches it stands in. */
function statementsBefore(at: TSESTree.Node): readonly TSESTree.Node[] {
  const found: TSESTree.Node[] = []
  let child = at
  for (let parent = at.parent; parent != null; parent = parent.parent) {
    if (parent.type === 'BlockStatement' || parent.type === 'SwitchCase') {
      const list: readonly TSESTree.Node[] = parent.type === 'SwitchCase' ? parent.consequent : parent.body
      found.push(...list.slice(0, list.indexOf(child)).flatMap(unfolded))
    }
    if (parent.type === 'IfStatement' && child !== parent.test) found.push(parent.test)
    child = parent
  }
  return found
}

/** Statements that run after the one around a node, in its block. */
function statementsAfter(at: TSESTree.Node): readonly TSESTree.Node[] {
  let child = at
  for (let parent = at.parent; parent != null && !isFunction(parent); parent = parent.parent) {
    if (parent.type === 'BlockStatement') {
      return parent.body.slice(parent.body.indexOf(child as TSESTree.Statement) + 1)
    }
    child = parent
  }
  return []
}

/** The statements of a `try` have all run when its `catch` leaves. */
function unfolded(statement: TSESTree.Node): readonly TSESTree.Node[] {
  if (statement.type !== 'TryStatement') return [statement]
  const swallows = statement.handler !== null && !leaves(statement.handler.body)
  return swallows ? [statement] : statement.block.body.flatMap(unfolded)
}
