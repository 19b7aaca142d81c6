import type { OccurrenceId } from '../../sql/statement.ts'
import type { Tenancy } from '../../tenancy/tenancy.ts'
import type { Judged, JudgedQuery } from '../judge.ts'
import { type Link, linksOf } from '../links.ts'
import { relationIn } from '../reference.ts'
import { isMembership } from './column.ts'
import { type SteeringValue, valueOf } from './steering.ts'

/** The members of tenants that a statement asks for, where its rows are only those of their tenants. */
export interface MembershipLead {
  readonly membership: Judged
  /** The values that say who the members are. */
  readonly members: readonly SteeringValue[]
}

/** The value that says whose memberships a mention is asked for. */
export interface AskedMember {
  readonly membership: Judged
  readonly member: SteeringValue
}

interface Search {
  readonly judged: JudgedQuery
  readonly tenancy: Tenancy
  readonly links: readonly Link[]
  readonly seen: Set<OccurrenceId>
}

/**
 * `team: { members: { some: { userId } } }`, `team_id IN (SELECT team_id FROM members WHERE user_id = …)`: the tenant key of a mention, or of
 * the parent that it belongs to, is that of a membership. A membership that is joined on anything else says nothing of the tenant.
 */
export function membershipLead(
  judged: JudgedQuery,
  mention: Judged,
  tenancy: Tenancy,
): MembershipLead | null {
  const { links } = linksOf(judged.query.statement)
  return leadFrom(mention, { judged, tenancy, links, seen: new Set() })
}

/**
 * Of a statement that gives nothing of tenants' rows (its outputs are of relations that all tenants share), who the members are that it
 * asks for: `SELECT capability FROM role_capabilities WHERE role IN (SELECT role FROM members WHERE user_id = …)`. Empty: it is no such question.
 */
export function askedMembers(judged: JudgedQuery): readonly AskedMember[] {
  const { block } = judged.query.statement
  if (block.kind !== 'select' || block.outputs.length === 0) return []
  const isShared = block.outputs.every(({ operand }) => {
    if (operand?.kind !== 'column' || operand.occurrence === null) return false
    return mentionOf(operand.occurrence, judged)?.ownership.kind === 'global'
  })
  if (!isShared) return []
  return membershipsIn(judged).flatMap(({ persons }) => persons)
}

/**
 * Who the members are whose memberships of what `picks` names a statement asks for beside its own rows:
 * `SELECT … FROM forms … WHERE page_id = :page AND :capability IN (SELECT capability … WHERE user_id = :user AND page_id = :page)`.
 */
export function membersBeside(
  judged: JudgedQuery,
  picks: (value: SteeringValue) => boolean,
): readonly AskedMember[] {
  return membershipsIn(judged).flatMap(({ persons, others }) => (others.some(picks) ? persons : []))
}

interface Asked {
  readonly persons: readonly AskedMember[]
  /** What else the membership is asked for by. */
  readonly others: readonly SteeringValue[]
}

function membershipsIn(judged: JudgedQuery): readonly Asked[] {
  const { links } = linksOf(judged.query.statement)
  return judged.occurrences.flatMap((membership) => {
    const { id, relation } = membership.occurrence
    if (!isMembership(relation.name)) return []
    const values = links.flatMap(({ of, column, to }) =>
      of === id && to.kind === 'parameter' ? [valueOf(judged, to.index, column)] : [],
    )
    const persons = values.filter(({ column }) => isPerson(column ?? ''))
    const others = values.filter((value) => !persons.includes(value))
    return [{ persons: persons.map((member) => ({ membership, member })), others }]
  })
}

function leadFrom(mention: Judged, search: Search): MembershipLead | null {
  const { id, relation } = mention.occurrence
  if (search.seen.has(id)) return null
  search.seen.add(id)
  const own = search.links.filter((link) => link.of === id)
  const key = keyOf(mention)
  if (isMembership(relation.name) && mention.ownership.kind === 'owned') {
    const members = own.flatMap(({ column, to }) =>
      to.kind === 'parameter' && column !== key && isPerson(column)
        ? [valueOf(search.judged, to.index, column)]
        : [],
    )
    if (members.length > 0) return { membership: mention, members }
  }
  for (const { column, to } of own) {
    const peer = to.kind === 'mention' ? mentionOf(to.id, search.judged) : undefined
    if (peer === undefined || to.kind !== 'mention') continue
    const isSameTenant = column === key && to.column === keyOf(peer)
    const found = isSameTenant || isParent(mention, column, peer, search) ? leadFrom(peer, search) : null
    if (found !== null) return found
  }
  return null
}

/** The column that tells the tenant of a row. */
function keyOf({ ownership }: Judged): string | null {
  if (ownership.kind === 'owned') return ownership.column
  return ownership.kind === 'root' ? ownership.key : null
}

function isParent({ ownership }: Judged, column: string, peer: Judged, { tenancy }: Search): boolean {
  return (
    ownership.kind === 'through' &&
    ownership.column === column &&
    tenancy.find(ownership.parent) === relationIn(tenancy, peer.occurrence.relation)
  )
}

const mentionOf = (id: OccurrenceId, judged: JudgedQuery): Judged | undefined =>
  judged.occurrences.find(({ occurrence }) => occurrence.id === id)

/** A column that says who a member is. */
const isPerson = (column: string): boolean =>
  /^(?:user|person|member|account|profile|actor|identity|partner)_?(?:id|uuid)$|email$/i.test(column)
