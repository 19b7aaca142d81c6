import type { Condition, Operand } from '../sql/statement.ts'
import { both, closureOf, type Branches, type Closure, type Fact, type Term } from './facts.ts'
import { renderOperand, renderSources, type ParameterName } from './render.ts'
import type { Leaf } from './space.ts'
import { columnsIn } from './terms.ts'
import type { Evidence, LeakReason, Ownership, OwnershipOf, TenantValue, Verdict } from './verdict.ts'

/**
 * Is this operand the key of a row of `parent` that is known to be the tenant's, for example the id of a row that a
 * confined query returned?
 */
export type ParentValue = (operand: Operand, parent: string) => boolean

export interface JudgeContext {
  readonly ownershipOf: OwnershipOf
  readonly tenantValue: TenantValue
  readonly parentValue: ParentValue
  readonly nameOf: ParameterName
  readonly leafOf: (row: number) => Leaf | undefined
  readonly termOf: (row: number, column: string) => Term
}

/** What one branch says about the owner of a row. */
type State =
  | { readonly kind: 'tenant'; readonly evidence: Evidence }
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'other'; readonly description: string }
  | { readonly kind: 'peer'; readonly peer: string }
  | { readonly kind: 'none' }

/** How ownership is read off a row: by its tenant key, or by the link to its parent. */
type Key =
  | { readonly kind: 'tenant'; readonly column: string }
  | { readonly kind: 'link'; readonly column: string; readonly parent: string; readonly parentColumn: string }

function parentRelation(parent: string): { readonly schema: string | null; readonly name: string } {
  const dot = parent.lastIndexOf('.')
  return { schema: dot < 0 ? null : parent.slice(0, dot), name: parent.slice(dot + 1) }
}

/** A link to the tenants themselves, or to a parent's own tenant key, is a tenant key. */
export function keyOf(ownership: Ownership, ownershipOf: OwnershipOf): Key | null {
  if (ownership.kind === 'owned') return { kind: 'tenant', column: ownership.column }
  if (ownership.kind === 'root') return { kind: 'tenant', column: ownership.key }
  if (ownership.kind !== 'through') return null
  const { column, parent, parentColumn } = ownership
  const above = ownershipOf(parentRelation(parent))
  const isKey =
    (above.kind === 'root' && above.key === parentColumn) ||
    (above.kind === 'owned' && above.column === parentColumn)
  return isKey ? { kind: 'tenant', column } : { kind: 'link', column, parent, parentColumn }
}

/** Decides whether the row of a leaf is the tenant's in every branch that can be TRUE. */
export function judge(leaf: Leaf, branches: Branches, context: JudgeContext): Verdict {
  const { ownership } = leaf
  if (ownership.kind === 'global') {
    return { kind: 'confined', evidence: { kind: 'global', reason: ownership.reason } }
  }
  const key = keyOf(ownership, context.ownershipOf)
  if (key === null) {
    return {
      kind: 'unknown',
      reason: `the tenancy model does not say whose the rows of ${leaf.occurrence.relation.name} are`,
    }
  }
  const results = branches.flatMap((branch) => {
    const closure = closureOf(branch)
    return closure.contradictory ? [] : [{ branch, state: stateOf(leaf, closure, context, new Set()) }]
  })
  const failing = results.filter(({ state }) => state.kind !== 'tenant')
  if (failing.length > 0) return explain(leaf, key, results, failing, context)
  const first = results[0]?.state
  return { kind: 'confined', evidence: first?.kind === 'tenant' ? first.evidence : { kind: 'empty' } }
}

export function stateOf(
  leaf: Leaf,
  closure: Closure,
  context: JudgeContext,
  visited: ReadonlySet<number>,
): State {
  const key = keyOf(leaf.ownership, context.ownershipOf)
  if (key === null || visited.has(leaf.row)) return { kind: 'none' }
  const term = context.termOf(leaf.row, key.column)
  return key.kind === 'tenant'
    ? tenantState(term, leaf.row, closure, context)
    : linkState(term, key, closure, context, new Set([...visited, leaf.row]))
}

/** Is the value of this term the acting tenant? `row` is the row variable whose own columns are no proof. */
export function tenantState(term: Term, row: number, closure: Closure, context: JudgeContext): State {
  const group = closure.classOf(term)
  const column = term.column ?? ''
  let state: State = { kind: 'none' }
  for (const member of group.terms) {
    const next = memberState(member, column, row, context)
    if (next.kind === 'tenant') return next
    if (rank(next) > rank(state)) state = next
  }
  for (const list of group.lists) {
    const states = list.map((member) => memberState(member, column, row, context))
    if (states.every((one) => one.kind === 'tenant')) return states[0]!
    const worst = states.find((one) => one.kind !== 'tenant')!
    if (rank(worst) > rank(state)) state = worst
  }
  return state
}

const rank = (state: State): number => ['none', 'peer', 'other', 'unknown', 'tenant'].indexOf(state.kind)

function memberState(member: Term, column: string, row: number, context: JudgeContext): State {
  const { operand } = member
  if (operand === null) {
    if (member.row === null)
      return { kind: 'unknown', reason: `${member.column} could not be bound to one relation` }
    const peer = member.row === row ? undefined : context.leafOf(member.row)
    return peer === undefined ? { kind: 'none' } : { kind: 'peer', peer: peer.occurrence.relation.name }
  }
  const value = context.tenantValue(operand)
  if (value === 'tenant') return { kind: 'tenant', evidence: { kind: 'key', column, operand } }
  const text = renderOperand(operand, context.nameOf)
  // coalesce($1, tenant_id) follows the row, so the row does not follow it.
  if (columnsIn(member).some((inner) => inner.row === row)) {
    return {
      kind: 'other',
      description: `${column} is compared with ${text}, which depends on the row itself`,
    }
  }
  if (value === 'other')
    return { kind: 'other', description: `${column} is bound to ${text}, not to the tenant` }
  return { kind: 'unknown', reason: `whether ${text} is the acting tenant could not be told` }
}

/** Is the parent that this link names a row of the tenant's? */
export function linkState(
  term: Term,
  key: Extract<Key, { kind: 'link' }>,
  closure: Closure,
  context: JudgeContext,
  visited: ReadonlySet<number>,
): State {
  const { name, schema } = parentRelation(key.parent)
  const group = closure.classOf(term)
  let state: State = { kind: 'none' }
  for (const member of group.terms) {
    if (member.operand !== null && context.parentValue(member.operand, key.parent)) {
      const by: Evidence = { kind: 'key', column: key.column, operand: member.operand }
      return { kind: 'tenant', evidence: { kind: 'parent', parent: key.parent, by } }
    }
    const peer = member.row === null ? undefined : context.leafOf(member.row)
    if (peer === undefined || member.column !== key.parentColumn) continue
    const { relation } = peer.occurrence
    if (relation.name !== name || (schema !== null && relation.schema !== null && relation.schema !== schema))
      continue
    const above = stateOf(peer, closure, context, visited)
    if (above.kind === 'tenant') {
      return { kind: 'tenant', evidence: { kind: 'parent', parent: key.parent, by: above.evidence } }
    }
    state = above.kind === 'unknown' ? above : { kind: 'peer', peer: name }
  }
  const lists = group.lists.filter((list) =>
    list.every(({ operand }) => operand !== null && context.parentValue(operand, key.parent)),
  )
  const operand = lists[0]?.[0]?.operand ?? null
  if (operand === null) return state
  const by: Evidence = { kind: 'key', column: key.column, operand }
  return { kind: 'tenant', evidence: { kind: 'parent', parent: key.parent, by } }
}

interface Result {
  readonly branch: readonly Fact[]
  readonly state: State
}

function explain(
  leaf: Leaf,
  key: Key,
  results: readonly Result[],
  failing: readonly Result[],
  context: JudgeContext,
): Verdict {
  const reasons = failing.map((result) => reasonOf(leaf, key, result, context))
  const leak = reasons.find((reason) => reason.kind === 'leak')
  if (leak === undefined) return reasons[0]!
  const bound = results.some(({ state }) => state.kind === 'tenant')
  if (!bound || leak.reason.kind === 'optional') return leak
  if (failing.every(({ branch }) => branch.some((fact) => fact.kind === 'absent'))) {
    return { kind: 'leak', reason: { kind: 'outerJoin' } }
  }
  const culprit = failing[reasons.indexOf(leak)]!
  const branch = branchText(culprit.branch, results, context.nameOf)
  // The rows of an INSERT are branches without conditions; there the reason itself says more.
  return branch === '' ? leak : { kind: 'leak', reason: { kind: 'branch', branch } }
}

/** The conditions that set this branch apart from the others; those common to all would only fill the message. */
function branchText(branch: readonly Fact[], results: readonly Result[], nameOf: ParameterName): string {
  const sources = (facts: readonly Fact[]): Set<Condition> =>
    new Set(facts.flatMap((fact) => (fact.source === null || fact.within.length > 0 ? [] : [fact.source])))
  const others = results.filter((result) => result.branch !== branch).map((result) => sources(result.branch))
  const own = [...sources(branch)]
  const special = own.filter((source) => !others.every((other) => other.has(source)))
  return renderSources(special.length > 0 ? special : own, nameOf)
}

type Reason = Extract<Verdict, { kind: 'leak' | 'unknown' }>

function reasonOf(leaf: Leaf, key: Key, { branch, state }: Result, context: JudgeContext): Reason {
  const leak = (reason: LeakReason): Reason => ({ kind: 'leak', reason })
  if (state.kind === 'unknown') return state
  const term = context.termOf(leaf.row, key.column)
  const touches = (mention: Term): boolean => {
    if (mention === term) return true
    return mention.row === leaf.row
      ? mention.column === '*'
      : mention.row === null && (mention.column === '*' || mention.column === key.column)
  }
  const speaks = (terms: readonly Term[]): boolean => terms.flatMap(columnsIn).some(touches)
  const opaque = branch.find((fact) => fact.kind === 'opaque' && speaks(fact.terms))
  if (opaque?.kind === 'opaque') {
    return {
      kind: 'unknown',
      reason: `${key.column} stands in a condition that is not understood: ${opaque.reason}`,
    }
  }
  if (state.kind === 'other') return leak({ kind: 'weak', description: state.description })
  for (const fact of branch) {
    if (fact.kind !== 'optional') continue
    const would = both([branch], fact.inner).every((one) => {
      const closure = closureOf(one)
      return closure.contradictory || stateOf(leaf, closure, context, new Set()).kind === 'tenant'
    })
    if (would) return leak({ kind: 'optional', reason: fact.reason })
  }
  if (state.kind === 'peer') return leak({ kind: 'unboundPeer', peer: state.peer })
  const weak = branch.find((fact) => fact.kind === 'weak' && key.kind === 'tenant' && speaks(fact.terms))
  if (weak !== undefined) {
    const text = weak.source === null ? key.column : renderSources([weak.source], context.nameOf)
    return leak({ kind: 'weak', description: `${text} does not bind ${key.column} to the tenant` })
  }
  return leak({ kind: 'unfiltered' })
}
