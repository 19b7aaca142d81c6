import { relative } from 'node:path'
import type { TSESTree } from '@typescript-eslint/utils'
import type { Binding } from '../../source/binding.ts'
import { unwrap } from '../../source/children.ts'
import { isConstant, linted, type SourceModule, variableOf } from '../../source/module.ts'
import { lineOf } from '../../source/position.ts'
import type { Provenance } from '../../provenance/provenance.ts'
import { placeOf } from '../../provenance/place.ts'
import { canonicalRoot, matchesTrusted } from '../../provenance/request.ts'
import type { QueryContext } from '../context.ts'
import type { Judged, JudgedQuery } from '../judge.ts'
import { relationIn } from '../reference.ts'
import { dropsUndefined } from '../object-mappers.ts'
import {
  functionsAround,
  handlerAround,
  hasActor,
  isFoundByAuthentication,
  isLogin,
  isOwnTenant,
  isSelf,
  outermostAround,
  tenantNames,
} from './actor.ts'
import { type Caller, callersOf, nameOf } from './callers.ts'
import { attributeOf, calleeName } from './calls.ts'
import { speaksOfTenant } from './compared-text.ts'
import {
  isBinding,
  isHeld,
  isInvitation,
  isMembership,
  isNonce,
  isPlainName,
  isSecret,
  ofRow,
  ofTenantRow,
} from './column.ts'
import { contextVariableOf, isSelfVariable } from './context-variable.ts'
import { isAtEntrance } from './entrance.ts'
import { isEntry, isServerAction, namesIn } from './entry.ts'
import { isConstantName, looksUp, partsOf } from './expression.ts'
import { type Exposure, type Step, worst } from './exposure.ts'
import { comparedWithActor } from './actor-comparison.ts'
import { checkedAfter } from './checked-after.ts'
import { knowsDeploymentSecret } from './deployment-secret.ts'
import { doubtfulCall } from './guard-calls.ts'
import { guardOf } from './guards.ts'
import type { Picking } from './handed.ts'
import { askedMembers, type MembershipLead, membershipLead } from './membership-lead.ts'
import { areOfTenant, isLookUpForTenant } from './of-tenant.ts'
import { isDeclaredPublic, isPublicName } from './published.ts'
import type { SideFiles } from './side-files.ts'
import { sharedLead } from './shared-lead.ts'
import { boundBySession } from './stored-session.ts'
import { steeringOf, type SteeringValue, unseenIn } from './steering.ts'
import { onlyTellsTaken } from './taken.ts'
import { readsOnlyTenant } from './tenant-look.ts'
import { isUnreferredInsert } from './unreferred-insert.ts'

/** Calls from an entry point to a query; longer chains are not followed. */
const depthLimit = 6

/** Helpers within helpers that make a value. */
const nestingLimit = 4

/** A parameter of a function, or a member of it, in the file of the function. */
interface ParameterPlace {
  readonly binding: Extract<Binding, { kind: 'parameter' }>
  readonly path: readonly string[]
}

/** One look at a query from where it stands, towards the entry points that lead to it. */
interface Look {
  readonly isRead: boolean
  /** A value that is missing picks no row, rather than every row. */
  readonly absentPicksNone: boolean
  readonly path: readonly Step[]
  readonly visited: ReadonlySet<TSESTree.Node>
  /** Helpers that were seen through. */
  readonly nested: number
  /** A call on the way that may have refused the value, and could not be read. */
  readonly doubt: string | null
  /** The column that the followed value is compared with. */
  readonly column: string | null
}

const authenticated: Exposure = { kind: 'derived', from: 'the authenticated tenant', isTenant: true }

/** Finds out who steers the queries of one file. */
export class Reach {
  readonly #file: QueryContext
  readonly #files: SideFiles
  readonly #known = new Map<Judged, Exposure>()

  constructor(file: QueryContext, files: SideFiles) {
    this.#file = file
    this.#files = files
  }

  exposureOf(judged: JudgedQuery, mention: Judged): Exposure {
    const known = this.#known.get(mention)
    if (known !== undefined) return known
    const found = this.#exposure(judged, mention)
    this.#known.set(mention, found)
    return found
  }

  #exposure(judged: JudgedQuery, mention: Judged): Exposure {
    const at = judged.query.node
    const look: Look = {
      isRead: mention.occurrence.access === 'read',
      absentPicksNone: !dropsUndefined(judged.query.library),
      path: [this.#stepAt(at, this.#file)],
      visited: new Set(),
      nested: 0,
      doubt: null,
      column: null,
    }
    const values = steeringOf(judged, mention, this.#file.tenancy)
    if (isUnreferredInsert(judged, mention, this.#file.tenancy)) {
      return { kind: 'derived', from: 'a new row that no row of a tenant refers to' }
    }
    if (mention.occurrence.access === 'insert' && mention.ownership.kind === 'owned') {
      return this.#unkeyed(at, look, this.#ignoredTenant(at), 'the new row names no tenant')
    }
    if (mention.verdict.kind === 'leak' && mention.verdict.reason.kind === 'released') {
      return { kind: 'derived', from: 'a row of the tenant that is given to nobody' }
    }
    const unseen = unseenIn(judged)
    if (unseen !== null)
      return { kind: 'unreached', reason: `a part of its condition is not in sight: ${unseen}` }
    const checked = look.isRead && at.type === 'CallExpression' ? checkedAfter(at, this.#file) : null
    if (checked !== null) return { kind: 'guarded', by: checked }
    if (look.isRead && at.type === 'CallExpression' && onlyTellsTaken(at, this.#file)) return taken
    if (readsOnlyTenant(judged, this.#file)) {
      return { kind: 'derived', from: 'a look at whose the row is' }
    }
    if (this.#isOfMember(judged, mention, this.#file, look)) {
      return { kind: 'derived', from: 'the memberships of whoever is logged in' }
    }
    const asked = look.isRead ? this.#askedMember(judged, look) : null
    if (asked === 'actor') {
      return { kind: 'derived', from: 'a question after the memberships of whoever is logged in' }
    }
    const lead = sharedLead(judged, mention)
    if (lead !== null) return { kind: 'likely', reason: `it is joined through ${lead}`, path: look.path }
    const states = values.flatMap((value) => {
      const state = this.#ofSteering(value, at, mention, look)
      return state === null ? [] : [{ value, state }]
    })
    const binding = states.find(({ value, state }) => isBinding(value, state))
    if (binding !== undefined) return binding.state
    const isOptional = mention.verdict.kind === 'leak' && mention.verdict.reason.kind === 'optional'
    const isTold = this.#isByTenantKey(values, mention) || (!isOptional && areOfTenant(values, this.#file))
    const ignored = isTold ? null : this.#ignoredTenant(at)
    const held =
      states.find(({ value, state }) => isHeld(value, state)) ??
      states.find(({ value, state }) => state.kind === 'unreached' && this.#ownsRows(value, mention))
    const found = held?.state ?? worst(states.map(({ state }) => state))
    if (found === null) return this.#unkeyed(at, look, ignored)
    if (found.kind === 'certain') return this.#doubted(found, at, asked === 'unseen')
    if (found.kind === 'guarded') return found
    const isOneByOne =
      found.kind === 'derived' && values.every(({ column }) => this.#isOwnKey(column, mention))
    if (ignored !== null && found.kind !== 'likely' && !isOneByOne) return ignoredExposure(ignored, look)
    const shared = found.kind === 'likely' ? undefined : values.find(({ column }) => isPlainName(column))
    if (shared !== undefined && states.every(({ value }) => isPlainName(value.column))) {
      const reason = `it is looked up by \`${shared.column}\`, which other tenants may have too`
      return { kind: 'likely', reason, path: look.path }
    }
    return found
  }

  /** A row that must name whoever asks, or a membership, is hardly another tenant's. */
  #doubted(found: Exposure & { kind: 'certain' }, at: TSESTree.Node, asksForMembership: boolean): Exposure {
    const own = at.type === 'CallExpression' ? comparedWithActor(at, this.#file) : null
    const why = asksForMembership
      ? 'the statement only asks what the memberships of a user allow'
      : own === null
        ? null
        : `the row must name whoever asks in ${own}`
    if (why === null) return found
    return { kind: 'likely', reason: `the request chooses \`${found.value}\`, and ${why}`, path: found.path }
  }

  /** Tenants themselves, picked by a key that is called so: whose key it is, is another question. */
  #isByTenantKey(values: readonly SteeringValue[], mention: Judged): boolean {
    const { tenancy, scope } = this.#file
    const { relation } = mention.occurrence
    const named = relationIn(tenancy, relation)?.model ?? relation.name
    if (!tenantNames(tenancy).test(named)) return false
    return values.some(
      ({ column, node }) =>
        this.#isOwnKey(column, mention) &&
        node !== null &&
        speaksOfTenant(scope.sourceCode.getText(node), tenancy),
    )
  }

  /** Does a column name one row of the relation, and no row of another one? */
  #isOwnKey(column: string | null, { occurrence }: Judged): boolean {
    const key = relationIn(this.#file.tenancy, occurrence.relation)?.key ?? ['id']
    return key.length === 1 && column === key[0]
  }

  /** Is it the key of the row, or of the parent that owns it? Other values only choose among the rows of whoever owns that one. */
  #ownsRows({ column, holds }: SteeringValue, mention: Judged): boolean {
    const { ownership } = mention
    const isLead = ownership.kind === 'through' && ownership.column === column
    return holds && (isLead || this.#isOwnKey(column, mention))
  }

  /** Are the rows only those of tenants that the logged-in user is a member of? */
  #isOfMember(judged: JudgedQuery, mention: Judged, file: QueryContext, look: Look): boolean {
    const lead: MembershipLead | null = membershipLead(judged, mention, file.tenancy)
    const states = (lead?.members ?? []).map(({ node }) =>
      node === null ? null : this.#ofValue(node, judged.query.node, file, look, [], lead!.membership),
    )
    return states.some((state) => state?.kind === 'derived' || state?.kind === 'guarded')
  }

  /**
   * Whose memberships a statement asks for that gives nothing but what they allow; `unseen`: a user whom no request in sight chooses.
   * Null: it is no such question.
   */
  #askedMember(judged: JudgedQuery, look: Look): 'actor' | 'unseen' | null {
    const at = judged.query.node
    const kinds = askedMembers(judged).map(({ membership, member: { node } }) =>
      node === null ? null : (this.#ofValue(node, at, this.#file, look, [], membership)?.kind ?? null),
    )
    if (kinds.length === 0) return null
    if (kinds.every((kind) => kind === 'derived' || kind === 'guarded')) return 'actor'
    return kinds.every((kind) => kind !== null && kind !== 'certain' && kind !== 'likely') ? 'unseen' : null
  }

  /** No value picks the rows: all of them are read or written. */
  #unkeyed(
    at: TSESTree.Node,
    look: Look,
    ignored: string | null,
    reason = 'no value picks its rows',
  ): Exposure {
    if (ignored !== null) return ignoredExposure(ignored, look)
    const path = this.#wayTo(at, this.#file, look)
    if (path !== null) return { kind: 'likely', reason, path }
    return { kind: 'unreached', reason: `${reason}, and no entry point of a user is in sight` }
  }

  /** A way from an entry point with an actor to where the query stands. */
  #wayTo(at: TSESTree.Node, file: QueryContext, look: Look): readonly Step[] | null {
    const handler = outermostAround(at)
    if (handler === null || this.#files.isTenantless(file.scope.filename)) return null
    if (knowsDeploymentSecret(at, file)) return null
    if (
      isEntry(handler.function, file) &&
      hasActor(handler.whole, file.scope.sourceCode.text, file.tenancy)
    ) {
      return look.path
    }
    if (look.visited.size >= depthLimit || look.visited.has(handler.function)) return null
    const visited = new Set([...look.visited, handler.function])
    for (const { call, file: from } of callersOf(handler.function, file, this.#files).callers) {
      const path = [this.#stepAt(call, from), ...look.path]
      const found = this.#wayTo(call, from, { ...look, visited, path })
      if (found !== null) return found
    }
    return null
  }

  #ofSteering(value: SteeringValue, at: TSESTree.Node, mention: Judged, look: Look): Exposure | null {
    if (value.isWritten) return { kind: 'derived', from: 'the row that the call writes' }
    if (value.column !== null && isSecret(value.column))
      return { kind: 'derived', from: `the secret \`${value.column}\`` }
    const { node, provenance } = value
    if (node === null) return provenance.kind === 'literal' ? null : ofProvenance(provenance.kind)
    return this.#ofValue(node, at, this.#file, { ...look, column: value.column }, [], mention)
  }

  /** Where a value comes from, as seen from `at`; null for what the program itself wrote. */
  #ofValue(
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
      const all = parts.map((part) => this.#ofValue(part, at, file, look, members, mention))
      return worst(all.filter((one) => one !== null))
    }
    if (isConstantName(node)) return null
    if (this.#isRequest(node, file)) {
      return this.#ofRequest(node, at, file, look, 'request', members, mention)
    }
    const variable = contextVariableOf(node, file)
    if (variable !== null) return this.#ofContext(variable, members, mention)
    if (file.proofs.factsAt(node, at).length > 0) return ofTenantRow
    const found = file.proofs.foundAt(node, at)
    if (found.some(({ judged, mention: one }) => this.#isOfMember(judged, one, file, look))) {
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
    return { kind: 'certain', value, path: look.path }
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
    const { base } = this.#placeOf(node, file)
    const self = [path, written].find(isSelf)
    // Who asked is a member of the session; the id of what a call found under that name is the id of a row.
    const isFound = written === 'session.id' && base.kind === 'call' && !isLogin(calleeName(base.node) ?? '')
    if (self !== undefined && !isFound) {
      const lookup = file.proofs.identities.of(node)?.call ?? null
      return lookup !== null && node !== lookup && isLookUpForTenant(lookup, file)
        ? ofRow
        : this.#self(self, mention)
    }
    const unfollowed: Exposure = { kind: 'unreached', reason: `\`${path}\` could not be followed` }
    if (base.kind === 'expression' && base.node !== node) {
      return this.#ofValue(base.node, at, file, look, [], mention) ?? unfollowed
    }
    const call = node.type === 'CallExpression' ? node : base.kind === 'call' ? base.node : null
    if (call === null || look.nested >= nestingLimit) return unfollowed
    const definition = file.scope.definitionOf(call.callee)
    const isOutside = definition.kind === 'import' && definition.local
    if (!isOutside && definition.kind !== 'function') return unfollowed
    const text = definition.kind === 'function' ? file.scope.textOf(definition.node, definition.module) : null
    const deeper = { ...look, nested: look.nested + 1 }
    const parts = call.arguments.flatMap(
      (argument) => this.#ofValue(argument, at, file, deeper, [], mention) ?? [],
    )
    // A function that looks nothing up makes its result of what it is handed.
    if (text !== null && !looksUp(text)) return worst(parts) ?? unfollowed
    const from = `what \`${file.scope.sourceCode.getText(call.callee)}\` returned`
    const isTenant =
      isOwnTenant(written, file.tenancy) && parts.some((one) => one.kind === 'derived' && one.isTenant)
    return isTenant ? { kind: 'derived', from, isTenant } : { kind: 'derived', from }
  }

  /** What earlier handlers of the same request left in its context. */
  #ofContext(variable: string, members: readonly string[], mention: Judged): Exposure {
    const name = [variable, ...members].join('.')
    if (isSelfVariable(name)) return this.#self(name, mention)
    return { kind: 'unreached', reason: `\`${name}\` is set by what runs before the handler` }
  }

  /** The request as a whole, handed to what reads it. */
  #isRequest(node: TSESTree.Node, file: QueryContext): boolean {
    if (node.type !== 'Identifier') return false
    const { path, base } = this.#placeOf(node, file)
    return path.length === 1 && path[0] === 'request' && base.kind === 'parameter'
  }

  #placeOf(node: TSESTree.Node, file: QueryContext): ReturnType<typeof placeOf> {
    const { sourceCode } = file.scope
    return placeOf(node, moduleOf(file), (identifier) => isConstant(sourceCode, identifier))
  }

  #ofParameter(
    node: TSESTree.Node,
    at: TSESTree.Node,
    file: QueryContext,
    look: Look,
    members: readonly string[],
    mention: Judged,
  ): Exposure | null {
    const place = this.#placeOf(node, file)
    const path = place.path.join('.')
    const whole = [...place.path, ...members].join('.')
    if (isSelf(whole)) return this.#self(whole, mention)
    if (place.base.kind !== 'parameter') {
      // `const ids = input.map((one) => one.id)` is made of what the parameter holds.
      const { base } = place
      const made = base.kind === 'call' || base.kind === 'expression' ? base.node : node
      if (made !== node) return this.#ofValue(made, at, file, look, members, mention)
      return { kind: 'unreached', reason: `\`${path}\` could not be followed` }
    }
    const guard = guardFor(pickingOf(node, members, look), at, file, look)
    if (guard !== null) return { kind: 'guarded', by: guard }
    const { binding } = place.base
    if (isServerAction(binding.function, file)) {
      return this.#ofRequest(node, at, file, look, path, members, mention)
    }
    const names = [...place.path.slice(1), ...members].filter((name) => name !== '*')
    const doubt = look.doubt ?? doubtfulCall(pickingOf(node, members, look), at, file)
    return this.#ofCallers({ binding, path: names }, file, { ...look, doubt }, mention)
  }

  /** A row of one's own is no other tenant's, unless the relation carries a tenant and one person may act in several. */
  #self(path: string, { ownership, occurrence }: Judged): Exposure {
    if (isFoundByAuthentication(path, this.#file.tenancy)) {
      return { kind: 'derived', from: 'a row that authentication read' }
    }
    if (isOwnTenant(path, this.#file.tenancy)) {
      return { kind: 'derived', from: 'the tenant of whoever is logged in', isTenant: true }
    }
    const { name } = occurrence.relation
    return ownership.kind === 'owned' && !isMembership(name) && !isInvitation(name)
      ? {
          kind: 'likely',
          reason: 'it is bound to the logged-in user, who may act in several tenants',
          path: [],
        }
      : { kind: 'derived', from: 'whoever is logged in' }
  }

  #ofCallers({ binding, path }: ParameterPlace, file: QueryContext, look: Look, mention: Judged): Exposure {
    const target = binding.function
    const outside: Exposure = { kind: 'unreached', reason: 'its callers are not in sight' }
    if (look.visited.size >= depthLimit || look.visited.has(target)) return outside
    const { callers, complete } = callersOf(target, file, this.#files)
    const visited = new Set([...look.visited, target])
    const states = callers.map((caller) => {
      const next: Look = { ...look, visited, path: [this.#stepAt(caller.call, caller.file), ...look.path] }
      return this.#ofCaller(caller, binding, path, next, mention)
    })
    const found = worst(states.filter((one) => one !== null)) ?? outside
    // That those who were looked at do check says nothing of the others.
    return complete || found.kind === 'certain' || found.kind === 'likely' ? found : tooMany
  }

  #ofCaller(
    { call, file }: Caller,
    binding: ParameterPlace['binding'],
    path: readonly string[],
    look: Look,
    mention: Judged,
  ): Exposure | null {
    if (this.#files.isTenantless(file.scope.filename)) return null
    if (call.type === 'JSXOpeningElement') {
      const [name, ...further] = path
      const value = binding.index === 0 && name !== undefined ? attributeOf(call, name) : null
      return value === null ? null : this.#ofValue(value, call, file, look, further, mention)
    }
    const spread = call.arguments.findIndex((argument) => argument.type === 'SpreadElement')
    if (spread >= 0 && spread <= binding.index)
      return { kind: 'unreached', reason: 'its arguments are spread' }
    let value: TSESTree.Node | undefined = call.arguments[binding.index]
    let rest = path
    while (value !== undefined && rest.length > 0) {
      const view = file.scope.objectOf(value)
      if (view === null) break
      const [name, ...further] = rest
      const property = view.properties.findLast((one) => one.name === name)
      if (property === undefined && view.open.length > 0) {
        const open = view.open.map((one) => this.#ofValue(one.node, call, file, look, rest, mention))
        return worst(open.filter((state) => state !== null))
      }
      value = property?.value
      rest = further
    }
    if (value === undefined) return null
    const checked = look.isRead ? checkedAfter(call, file) : null
    if (checked !== null) return { kind: 'guarded', by: checked }
    if (look.isRead && onlyTellsTaken(call, file)) return taken
    return this.#ofValue(value, call, file, look, rest, mention)
  }

  /** A tenant that is a parameter of the function around the query, which the query ignores. */
  #ignoredTenant(at: TSESTree.Node): string | null {
    const names = tenantNames(this.#file.tenancy)
    for (const around of functionsAround(at)) {
      for (const parameter of around.params) {
        const found = namesIn(parameter).find((name) => names.test(name)) ?? this.#trustedIn(parameter)
        if (found !== undefined) return found
      }
    }
    return null
  }

  /** The place of the tenancy model's `trusted` that begins in a parameter: `ctx` in `ctx.session.orgId`. */
  #trustedIn(parameter: TSESTree.Node): string | undefined {
    const roots = namesIn(parameter).map(canonicalRoot)
    return this.#file.tenancy.trusted.find((path) => {
      const [root, ...members] = path.split('.')
      return members.length > 0 && roots.includes(canonicalRoot(root!))
    })
  }

  #stepAt(node: TSESTree.Node, file: QueryContext): Step {
    const { filename } = file.scope
    const around = functionsAround(node)
    const named = around.map(nameOf).find((one) => one !== null)
    const shown = relative(this.#files.project.root, filename)
    const [outermost] = around.slice(-1)
    const name = named?.name ?? (outermost === undefined ? 'the module' : 'a handler')
    return { name, file: shown, line: lineOf(node, file.scope.sourceCode.text) }
  }
}

/** A mapper's call that drops what is missing is handed whole objects for many reasons: only the object itself is followed there. */
const pickingOf = (value: TSESTree.Node, members: readonly string[], { absentPicksNone }: Look): Picking => ({
  value,
  members: absentPicksNone ? members : [],
  absentPicksNone,
})

/** `cursor` in `id > cursor`, which a loop moves on over the rows of its own query: it says where to go on, and picks none. */
function isMovedOn(node: TSESTree.Node, { kind }: Provenance, { scope }: QueryContext): boolean {
  if (node.type !== 'Identifier' || (kind !== 'row' && kind !== 'unknown')) return false
  if (isConstant(scope.sourceCode, node)) return false
  const declarator = variableOf(scope.sourceCode, node)?.defs[0]?.node
  if (declarator?.type !== 'VariableDeclarator') return false
  return declarator.init === null || scope.provenanceOf(declarator.init).kind === 'literal'
}

/** Whoever was let in to something may look at it; what they write is another question. */
const guardFor = (picking: Picking, at: TSESTree.Node, file: QueryContext, { isRead }: Look): string | null =>
  guardOf(picking, at, file) ?? (isRead ? boundBySession(picking, at, file) : null)

const tooMany: Exposure = { kind: 'unreached', reason: 'it has more callers than are looked at' }

const taken: Exposure = { kind: 'derived', from: 'a look at whether something is taken already' }

function ignoredExposure(tenant: string, look: Look): Exposure {
  return { kind: 'likely', reason: `\`${tenant}\` is in scope, and the query ignores it`, path: look.path }
}

function ofProvenance(kind: string): Exposure {
  if (kind === 'row') return ofRow
  if (kind === 'trusted') return authenticated
  return { kind: 'unreached', reason: 'the value has no expression of its own' }
}

const modules = new WeakMap<QueryContext, SourceModule>()

function moduleOf(file: QueryContext): SourceModule {
  const known = modules.get(file)
  if (known !== undefined) return known
  const made = linted(file.scope.sourceCode, file.scope.filename)
  modules.set(file, made)
  return made
}
