import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../source/children.ts'
import { matchesTrusted } from '../../provenance/request.ts'
import type { QueryContext } from '../context.ts'
import type { Judged, JudgedQuery } from '../judge.ts'
import { handlerAround, hasActor, isLogin, isOwnTenant, isSelf } from './actor.ts'
import { argumentOf, type ParameterPlace } from './argument.ts'
import { type Caller, callersOf } from './callers.ts'
import { calleeName } from '../../source/callee.ts'
import { isNonce, isSecret, ofRow, ofTenantRow } from './column.ts'
import { contextVariableOf, isSelfVariable } from './context-variable.ts'
import { isAtEntrance } from './entrance.ts'
import { isOpenTo } from '../authority/entry-point.ts'
import { isServerAction } from './entry.ts'
import { isConstantName, looksUp, membersTaken, partsOf } from './expression.ts'
import { type Exposure, worst } from './exposure.ts'
import { checkedAfter } from './checked-after.ts'
import { knowsDeploymentSecret } from './deployment-secret.ts'
import { doubtfulCall, exemptingCall } from './guard-calls.ts'
import { guardOf } from './guards.ts'
import { handedOn } from './handed-on.ts'
import type { Picking } from './handed.ts'
import { depthLimit, type Look, stepAt } from './look.ts'
import { type MembershipLead, membershipLead } from './membership-lead.ts'
import { isLookUpForTenant } from './of-tenant.ts'
import { madeBy } from './messages.ts'
import { exposureOfOwn } from './own.ts'
import { isMovedOn, isRequest, placeIn } from './places.ts'
import { isDeclaredPublic, isPublicName } from './published.ts'
import type { SideFiles } from './side-files.ts'
import { boundBySession } from './stored-session.ts'
import type { SteeringValue } from './steering.ts'
import { onlyTellsTaken, taken } from './taken.ts'

/** Helpers within helpers that make a value. */
const nestingLimit = 4

const authenticated: Exposure = { kind: 'derived', from: 'the authenticated tenant', isTenant: true }

/** Follows the values that pick the rows of the queries of one file, into whoever calls it. */
export class Values {
  readonly #file: QueryContext
  readonly #files: SideFiles

  constructor(file: QueryContext, files: SideFiles) {
    this.#file = file
    this.#files = files
  }

  /** Are the rows only those of tenants that the logged-in user is a member of? */
  isOfMember(judged: JudgedQuery, mention: Judged, file: QueryContext, look: Look): boolean {
    const lead: MembershipLead | null = membershipLead(judged, mention, file.tenancy)
    const states = (lead?.members ?? []).map(({ node }) =>
      node === null ? null : this.of(node, judged.query.node, file, look, [], lead!.membership),
    )
    return states.some((state) => state?.kind === 'derived' || state?.kind === 'guarded')
  }

  /** Where a value that picks rows comes from; null for what the program itself wrote. */
  ofSteering(value: SteeringValue, at: TSESTree.Node, mention: Judged, look: Look): Exposure | null {
    if (value.isWritten) return { kind: 'derived', from: 'the row that the call writes' }
    if (value.column !== null && isSecret(value.column, mention.occurrence.relation.name))
      return { kind: 'derived', from: `the secret \`${value.column}\`` }
    const { node, provenance } = value
    if (node === null) return provenance.kind === 'literal' ? null : ofProvenance(provenance.kind)
    return this.of(node, at, this.#file, { ...look, column: value.column }, [], mention)
  }

  /** Where a value comes from, as seen from `at`; null for what the program itself wrote. */
  of(
    given: TSESTree.Node,
    at: TSESTree.Node,
    file: QueryContext,
    look: Look,
    members: readonly string[],
    mention: Judged,
  ): Exposure | null {
    const node = unwrap(given, true)
    const parts = partsOf(node, file)
    if (parts !== null) {
      return worstOf(parts.map((part) => this.of(part, at, file, look, members, mention)))
    }
    if (isConstantName(node)) return null
    if (isRequest(node, file)) {
      return this.#ofRequest(node, at, file, look, 'request', members, mention)
    }
    const variable = contextVariableOf(node, file)
    if (variable !== null) return this.#ofContext([variable, ...members].join('.'), mention)
    if (file.proofs.factsAt(node, at).length > 0) return ofTenantRow
    const found = file.proofs.foundAt(node, at)
    if (found.some(({ judged, mention: one }) => this.isOfMember(judged, one, file, look))) {
      return { kind: 'derived', from: 'a row of a tenant of whoever is logged in' }
    }
    const provenance = file.scope.provenanceOf(node)
    if (look.column === null && isMovedOn(node, provenance, file)) return null
    switch (provenance.kind) {
      case 'literal':
        return null
      case 'trusted':
        return authenticated
      case 'row':
        return ofRow
      case 'request':
        return this.#ofRequest(node, at, file, look, provenance.path, members, mention)
      case 'parameter':
        return this.#ofParameter(node, at, file, look, members, mention)
      case 'unknown':
        return this.#ofUnknown(node, at, file, look, provenance.path, mention)
    }
  }

  #ofRequest(
    node: TSESTree.Node,
    at: TSESTree.Node,
    file: QueryContext,
    look: Look,
    value: string,
    members: readonly string[],
    { occurrence }: Judged,
  ): Exposure {
    const written = file.scope.sourceCode.getText(node)
    if ([value, written].some((name) => isNonce(look.column, name)))
      return { kind: 'derived', from: 'the nonce `state`' }
    const guard = guardFor(pickingOf(node, members, look), at, file, look)
    if (guard !== null) return { kind: 'guarded', by: guard }
    if (look.isTenant && !isOpenTo(node, members.at(-1) ?? value.split('.').at(-1)!, at, file)) {
      return { kind: 'guarded', by: 'what may look at the tenant' }
    }
    if (knowsDeploymentSecret(at, file)) return { kind: 'guarded', by: 'a secret of the deployment' }
    const handler = handlerAround(at)
    if (isAtEntrance(handler, occurrence.relation.name, look.column)) {
      return { kind: 'derived', from: 'whoever comes in, whose tenant nobody knows yet' }
    }
    const { text } = file.scope.sourceCode
    const name = members.at(-1) ?? value.split('.').at(-1)!
    if (look.isRead && handler !== null && isDeclaredPublic(handler.whole) && isPublicName(name)) {
      return { kind: 'derived', from: `what stands for all to see under its \`${name}\`` }
    }
    if (handler === null || !hasActor(handler.whole, text, file.tenancy)) {
      const reason = `the request chooses \`${value}\`, and no authenticated actor is in sight`
      return { kind: 'likely', reason, path: look.path }
    }
    const doubt = look.doubt ?? doubtfulCall(pickingOf(node, members, look), at, file)
    if (doubt !== null) {
      const reason = `the request chooses \`${value}\`, and ${doubt} may refuse it, which could not be read`
      return { kind: 'likely', reason, path: look.path }
    }
    const exempting = exemptingCall(pickingOf(node, members, look), at, file)
    return { kind: 'certain', value, path: look.path, ...(exempting === null ? {} : { exempting }) }
  }

  #ofUnknown(
    node: TSESTree.Node,
    at: TSESTree.Node,
    file: QueryContext,
    look: Look,
    path: string,
    mention: Judged,
  ): Exposure {
    const written = file.scope.sourceCode.getText(node)
    if (file.tenancy.trusted.some((trusted) => matchesTrusted(written.split('.'), trusted, false))) {
      return authenticated
    }
    const place = placeIn(node, file)
    const { base } = place
    const self = [path, written].find(isSelf)
    // Who asked is a member of the session; the id of what a call found under that name is the id of a row.
    const isFound = written === 'session.id' && base.kind === 'call' && !isLogin(calleeName(base.node) ?? '')
    if (self !== undefined && !isFound) {
      const lookup = file.proofs.identities.of(node)?.call ?? null
      return lookup !== null && node !== lookup && isLookUpForTenant(lookup, file)
        ? ofRow
        : exposureOfOwn(self, mention, this.#file.tenancy)
    }
    const unfollowed: Exposure = { kind: 'unreached', reason: `\`${path}\` could not be followed` }
    if (base.kind === 'expression' && base.node !== node) {
      return this.of(base.node, at, file, look, [], mention) ?? unfollowed
    }
    if (look.nested >= nestingLimit) return unfollowed
    const deeper = { ...look, nested: look.nested + 1 }
    const before = handedOn(place, at, file)
    if (before !== null) {
      const states = before.map((one) =>
        one === null ? unfollowed : this.of(one, at, file, deeper, [], mention),
      )
      return worstOf(states) ?? unfollowed
    }
    const call = node.type === 'CallExpression' ? node : base.kind === 'call' ? base.node : null
    if (call === null) return unfollowed
    const definition = file.scope.definitionOf(call.callee)
    const isOutside = definition.kind === 'import' && definition.local
    if (!isOutside && definition.kind !== 'function') return unfollowed
    const text = definition.kind === 'function' ? file.scope.textOf(definition.node, definition.module) : null
    const parts = call.arguments.flatMap((argument) => this.of(argument, at, file, deeper, [], mention) ?? [])
    // A function that looks nothing up makes its result of what it is handed.
    if (text !== null && !looksUp(text)) return worst(parts) ?? unfollowed
    const from = `what \`${file.scope.sourceCode.getText(call.callee)}\` returned`
    const isTenant =
      isOwnTenant(written, file.tenancy) && parts.some((one) => one.kind === 'derived' && one.isTenant)
    return isTenant ? { kind: 'derived', from, isTenant } : { kind: 'derived', from }
  }

  /** What earlier handlers of the same request left in its context. */
  #ofContext(name: string, mention: Judged): Exposure {
    if (isSelfVariable(name)) return exposureOfOwn(name, mention, this.#file.tenancy)
    return { kind: 'unreached', reason: `\`${name}\` is set by what runs before the handler` }
  }

  #ofParameter(
    node: TSESTree.Node,
    at: TSESTree.Node,
    file: QueryContext,
    look: Look,
    members: readonly string[],
    mention: Judged,
  ): Exposure | null {
    const place = placeIn(node, file)
    const path = place.path.join('.')
    const whole = [...place.path, ...members].join('.')
    if (isSelf(whole)) return exposureOfOwn(whole, mention, this.#file.tenancy)
    const guard = guardFor(pickingOf(node, members, look), at, file, look)
    if (guard !== null) return { kind: 'guarded', by: guard }
    if (place.base.kind !== 'parameter') {
      // `const ids = input.map((one) => one.id)` is made of what the parameter holds.
      const { base } = place
      const made = base.kind === 'call' || base.kind === 'expression' ? base.node : node
      if (made !== node) {
        return this.of(made, at, file, look, [...membersTaken(made, place.path, file), ...members], mention)
      }
      return { kind: 'unreached', reason: `\`${path}\` could not be followed` }
    }
    const { binding } = place.base
    if (isServerAction(binding.function, file)) {
      return this.#ofRequest(node, at, file, look, path, members, mention)
    }
    const names = [...place.path.slice(1), ...members].filter((name) => name !== '*')
    const doubt = look.doubt ?? doubtfulCall(pickingOf(node, members, look), at, file)
    return this.#ofCallers({ binding, path: names }, file, { ...look, doubt }, mention)
  }

  #ofCallers({ binding, path }: ParameterPlace, file: QueryContext, look: Look, mention: Judged): Exposure {
    const target = binding.function
    const outside: Exposure = { kind: 'unreached', reason: 'its callers are not in sight' }
    if (look.visited.size >= depthLimit || look.visited.has(target)) return outside
    const { callers, complete } = callersOf(target, file, this.#files)
    const visited = new Set([...look.visited, target])
    const states = callers.map((caller) => {
      const next: Look = {
        ...look,
        visited,
        path: [stepAt(caller.call, caller.file, this.#files), ...look.path],
      }
      return this.#ofCaller(caller, { binding, path }, next, mention)
    })
    const found = worstOf(states) ?? outside
    if (found.kind === 'certain' || found.kind === 'likely') return found
    // That those who were looked at do check says nothing of the others.
    const told: Exposure = complete ? found : tooMany
    const isKnownOfSome = states.some((state) => state?.kind === 'derived')
    return told.kind === 'unreached' && isKnownOfSome ? { ...told, isKnownOfSome } : told
  }

  #ofCaller(caller: Caller, given: ParameterPlace, look: Look, mention: Judged): Exposure | null {
    const found = this.#handedBy(caller, given, look, mention)
    if (caller.isGuess !== true || found?.kind !== 'certain') return found
    const reason = `the request chooses \`${found.value}\`, if it is this function that is called there`
    return { kind: 'likely', reason, path: found.path }
  }

  #handedBy({ call, file }: Caller, given: ParameterPlace, look: Look, mention: Judged): Exposure | null {
    if (this.#files.isTenantless(file.scope.filename)) return null
    const place = call.type === 'NewExpression' ? madeBy(call, given, file) : given
    if (place === null) return { kind: 'unreached', reason: 'what the message holds is not in sight' }
    const handed = argumentOf(call, place, file)
    if (handed === null) return null
    if (handed === 'spread') return { kind: 'unreached', reason: 'its arguments are spread' }
    if (handed.isWhole && look.isRead && call.type === 'CallExpression') {
      const checked = checkedAfter(call, file)
      if (checked !== null) return { kind: 'guarded', by: checked }
      if (onlyTellsTaken(call, file)) return taken
    }
    return worstOf(handed.nodes.map((node) => this.of(node, call, file, look, handed.members, mention)))
  }
}

function worstOf(all: readonly (Exposure | null)[]): Exposure | null {
  return worst(all.filter((one) => one !== null))
}

/** A mapper's call that drops what is missing is handed whole objects for many reasons: only the object itself is followed there. */
const pickingOf = (value: TSESTree.Node, members: readonly string[], { absentPicksNone }: Look): Picking => ({
  value,
  members: absentPicksNone ? members : [],
  absentPicksNone,
})

/** Whoever was let in to something may look at it; what they write is another question. */
const guardFor = (picking: Picking, at: TSESTree.Node, file: QueryContext, { isRead }: Look): string | null =>
  guardOf(picking, at, file) ?? (isRead ? boundBySession(picking, at, file) : null)

const tooMany: Exposure = { kind: 'unreached', reason: 'it has more callers than are looked at' }

function ofProvenance(kind: string): Exposure {
  if (kind === 'row') return ofRow
  if (kind === 'trusted') return authenticated
  return { kind: 'unreached', reason: 'the value has no expression of its own' }
}
