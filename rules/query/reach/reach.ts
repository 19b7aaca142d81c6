import type { TSESTree } from '@typescript-eslint/utils'
import type { QueryContext } from '../context.ts'
import type { Judged, JudgedQuery } from '../judge.ts'
import { relationIn } from '../reference.ts'
import { absentPicksNone } from '../object-mappers.ts'
import { tenantNames } from './actor.ts'
import { speaksOfTenant } from './compared-text.ts'
import { isBinding, isHeld, isPlainName } from './column.ts'
import { type Exposure, worst } from './exposure.ts'
import { comparedWithActor } from './actor-comparison.ts'
import { checkedAfter } from './checked-after.ts'
import { ignoredTenant } from './ignored.ts'
import { onlyLeaking } from './leaking-branches.ts'
import { beginning, type Look, stepAt, wayTo } from './look.ts'
import { type AskedMember, askedMembers, membersBeside } from './membership-lead.ts'
import { isOwnKey, namesRowOfTenant } from './named-row.ts'
import { areOfTenant } from './of-tenant.ts'
import type { SideFiles } from './side-files.ts'
import { sharedLead } from './shared-lead.ts'
import { steeringOf, type SteeringValue, unseenIn } from './steering.ts'
import { onlyTellsTaken, taken } from './taken.ts'
import { readsOnlyTenant } from './tenant-look.ts'
import { uncalledAround } from './uncalled.ts'
import { isUnreferredInsert } from './unreferred-insert.ts'
import { Values } from './values.ts'

/** Finds out who steers the queries of one file. */
export class Reach {
  readonly #file: QueryContext
  readonly #files: SideFiles
  readonly #values: Values
  readonly #known = new Map<Judged, Exposure>()

  constructor(file: QueryContext, files: SideFiles) {
    this.#file = file
    this.#files = files
    this.#values = new Values(file, files)
  }

  exposureOf(judged: JudgedQuery, mention: Judged): Exposure {
    const known = this.#known.get(mention)
    if (known !== undefined) return known
    const found = this.#called(this.#exposure(judged, mention), judged.query.node)
    this.#known.set(mention, found)
    return found
  }

  /** Who chooses the tenant that a query is confined to, where callers hand it over; null where the program wrote it. */
  tenantExposureOf(judged: JudgedQuery, mention: Judged, source: TSESTree.Node): Exposure | null {
    const at = judged.query.node
    const look: Look = { ...beginning, path: [stepAt(at, this.#file, this.#files)], isTenant: true }
    return this.#values.of(source, at, this.#file, look, [], mention)
  }

  /** What nothing calls is open to nobody, whatever its signature promises. */
  #called(found: Exposure, at: TSESTree.Node): Exposure {
    if (found.kind !== 'likely' || found.path.length > 1) return found
    const name = uncalledAround(at, this.#file, this.#files.project)
    if (name === null) return found
    return { kind: 'unreached', reason: `no file of the project calls or imports \`${name}\`` }
  }

  #exposure(judged: JudgedQuery, mention: Judged): Exposure {
    const at = judged.query.node
    const look: Look = {
      ...beginning,
      isRead: mention.occurrence.access === 'read',
      absentPicksNone: absentPicksNone(judged.query),
      path: [stepAt(at, this.#file, this.#files)],
    }
    const { tenancy } = this.#file
    const values = steeringOf(onlyLeaking(judged, mention, tenancy), mention, tenancy)
    if (isUnreferredInsert(judged, mention, this.#file.tenancy)) {
      return { kind: 'derived', from: 'a new row that no row of a tenant refers to' }
    }
    if (mention.occurrence.access === 'insert' && mention.ownership.kind === 'owned') {
      return this.#unkeyed(at, look, ignoredTenant(at, this.#file.tenancy), 'the new row names no tenant')
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
    if (this.#values.isOfMember(judged, mention, this.#file, look)) {
      return { kind: 'derived', from: 'the memberships of whoever is logged in' }
    }
    const asked = look.isRead ? this.#askedMember(judged, look) : null
    if (asked === 'actor') {
      return { kind: 'derived', from: 'a question after the memberships of whoever is logged in' }
    }
    const lead = sharedLead(judged, mention)
    if (lead !== null) return { kind: 'likely', reason: `it is joined through ${lead}`, path: look.path }
    const states = values.flatMap((value) => {
      const state = this.#values.ofSteering(value, at, mention, look)
      return state === null ? [] : [{ value, state }]
    })
    const binding = states.find(({ value, state }) => isBinding(value, state))
    if (binding !== undefined) return binding.state
    const isOptional = mention.verdict.kind === 'leak' && mention.verdict.reason.kind === 'optional'
    const isTold = this.#isByTenantKey(values, mention) || (!isOptional && areOfTenant(values, this.#file))
    const ignored = isTold ? null : ignoredTenant(at, this.#file.tenancy)
    const held =
      states.find(({ value, state }) => isHeld(value, state)) ??
      states.find(({ value, state }) => state.kind === 'unreached' && this.#ownsRows(value, mention))
    const found = held?.state ?? worst(states.map(({ state }) => state))
    if (found === null) return this.#unkeyed(at, look, ignored)
    if (found.kind === 'certain') {
      const isAsked = asked === 'unseen' || this.#asksBeside(judged, values, look)
      return this.#doubted(found, at, isAsked)
    }
    if (found.kind === 'guarded') return found
    const isOneByOne =
      found.kind === 'derived' && values.every(({ column }) => isOwnKey(column, mention, this.#file.tenancy))
    // Rows that refer to a row that every caller has read are whose that row is, and that read is judged where it stands.
    const isOfRow =
      held?.state.kind === 'derived' && namesRowOfTenant(held.value.column, mention, this.#file.tenancy)
    if (ignored !== null && found.kind !== 'likely' && !isOneByOne && !isOfRow) {
      return ignoredExposure(ignored, look)
    }
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
      ? 'the statement asks what the memberships of a user allow'
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
        isOwnKey(column, mention, this.#file.tenancy) &&
        node !== null &&
        speaksOfTenant(scope.sourceCode.getText(node), tenancy),
    )
  }

  /** Is it the key of the row, or of the parent that owns it? Other values only choose among the rows of whoever owns that one. */
  #ownsRows({ column, holds }: SteeringValue, mention: Judged): boolean {
    const { ownership } = mention
    const isLead = ownership.kind === 'through' && ownership.column === column
    return holds && (isLead || isOwnKey(column, mention, this.#file.tenancy))
  }

  /**
   * Whose memberships a statement asks for that gives nothing but what they allow; `unseen`: a user whom no request in sight chooses, and
   * no caller takes from the session. Null: it is no such question.
   */
  #askedMember(judged: JudgedQuery, look: Look): 'actor' | 'unseen' | null {
    const users = askedMembers(judged).map((one) => this.#userOf(one, judged, look))
    if (users.length === 0) return null
    if (users.every((user) => user !== null && isActor(user))) return 'actor'
    const isChosen = users.some((user) => user === null || user.kind === 'certain' || user.kind === 'likely')
    return isChosen ? null : 'unseen'
  }

  /** Does the statement also ask for a membership of whoever asks, in what the same value names? */
  #asksBeside(judged: JudgedQuery, values: readonly SteeringValue[], look: Look): boolean {
    const { sourceCode } = this.#file.scope
    const texts = values.flatMap(({ node }) => (node === null ? [] : [sourceCode.getText(node)]))
    const picks = ({ node }: SteeringValue): boolean =>
      node !== null && texts.includes(sourceCode.getText(node))
    return membersBeside(judged, picks).some((one) => {
      const user = this.#userOf(one, judged, look)
      return user !== null && isActor(user)
    })
  }

  #userOf({ membership, member: { node } }: AskedMember, judged: JudgedQuery, look: Look): Exposure | null {
    return node === null ? null : this.#values.of(node, judged.query.node, this.#file, look, [], membership)
  }

  /** No value picks the rows: all of them are read or written. */
  #unkeyed(
    at: TSESTree.Node,
    look: Look,
    ignored: string | null,
    reason = 'no value picks its rows',
  ): Exposure {
    if (ignored !== null) return ignoredExposure(ignored, look)
    const path = wayTo(at, this.#file, look, this.#files)
    if (path !== null) return { kind: 'likely', reason, path }
    return { kind: 'unreached', reason: `${reason}, and no entry point of a user is in sight` }
  }
}

/** What some callers take from the session, and none in sight from a request, is whoever asks. */
const isActor = (user: Exposure): boolean =>
  user.kind === 'derived' ||
  user.kind === 'guarded' ||
  (user.kind === 'unreached' && user.isKnownOfSome === true)

function ignoredExposure(tenant: string, look: Look): Exposure {
  return { kind: 'likely', reason: `\`${tenant}\` is in scope, and the query ignores it`, path: look.path }
}
