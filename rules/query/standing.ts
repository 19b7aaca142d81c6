import { holdsHole } from '../sql/hole.ts'
import type { OccurrenceId } from '../sql/statement.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import type { Judged, JudgedQuery } from './judge.ts'
import { linksOf, type Association, type Link } from './links.ts'
import type { Query } from './query.ts'
import { type ColumnOf, isKey, isReference, relationIn } from './reference.ts'
import { tenantSchemaOf } from './tenant-schema.ts'

/** What speaks for a mention when the whole program around its statement is looked at. */
export type Standing =
  /** Its rows are the tenant's: the statement says so, or an earlier query of the function that found them so. */
  | 'confined'
  /**
   * Reached by a declared reference from rows that are the tenant's, or picked together with them because nobody's name is on them: its own
   * as long as what is stored keeps to its tenant.
   */
  | 'reference'
  /** It hangs on a mention that is a finding itself. */
  | 'repeated'
  | 'open'

/** What is known of a value: it is this column of a row that is the tenant's, or was reached by reference from one. */
export interface ValueFact extends ColumnOf {
  readonly standing: 'confined' | 'reference'
}

/** What is known of the parameter of a statement. */
export type FactsOf = (index: number) => readonly ValueFact[]

export function standingsOf(
  { query, occurrences }: JudgedQuery,
  tenancy: Tenancy,
  factsOf: FactsOf,
  checked: ReadonlyMap<OccurrenceId, Standing> = new Map(),
): ReadonlyMap<OccurrenceId, Standing> {
  const { links, associations } = linksOf(query.statement)
  const mentions = new Map(occurrences.map((one) => [one.occurrence.id, one]))
  const standings = new Map<OccurrenceId, Standing>()
  for (const one of occurrences)
    standings.set(one.occurrence.id, checked.get(one.occurrence.id) ?? ownStanding(one))
  const factsAt = ({ to }: Link): readonly ValueFact[] => {
    if (to.kind === 'parameter') return factsOf(to.index)
    const peer = mentions.get(to.id)
    if (peer === undefined || peer.ownership.kind === 'global') return []
    const { relation } = peer.occurrence
    if (peer.ownership.kind === 'unknown' && tenantSchemaOf(relation, query) !== null) {
      return [{ relation, column: to.column, standing: 'reference' }]
    }
    const standing = standings.get(to.id)
    if (standing !== 'confined' && standing !== 'reference') return []
    return [{ relation, column: to.column, standing }]
  }
  /** What a relation ties to rows that are the tenant's is its own as long as relations stay in their tenant. */
  const tied = ({ occurrence }: Judged, association: Association): Standing => {
    const peer = mentions.get(association.with)
    const standing = standings.get(association.with)
    const isOwn = standing === 'confined' || standing === 'reference'
    return isOwn && peer?.ownership.kind !== 'global' && occurrence.access !== 'insert' ? 'reference' : 'open'
  }
  inserted(query, occurrences, tenancy, factsOf, standings)
  for (let changed = true; changed;) {
    changed = false
    for (const [id, mention] of mentions) {
      const before = standings.get(id)
      if (before === 'confined' || mention.verdict.kind !== 'leak') continue
      const all = links.filter((link) => link.of === id)
      const after = best([
        ...all.flatMap((link) => factsAt(link).map((fact) => reached(mention, link, fact, tenancy))),
        ...associations.filter((one) => one.of === id).map((one) => tied(mention, one)),
      ])
      if (rank(after) <= rank(before!)) continue
      standings.set(id, after)
      changed = true
    }
  }
  markRepeated(occurrences, links, associations, standings, tenancy)
  return standings
}

const ranks: readonly Standing[] = ['open', 'repeated', 'reference', 'confined']
const rank = (standing: Standing): number => ranks.indexOf(standing)
const best = (all: readonly Standing[]): Standing =>
  all.reduce((one, other) => (rank(other) > rank(one) ? other : one), 'open')

function ownStanding({ verdict, ownOrNobodys }: Judged): Standing {
  if (verdict.kind === 'confined') return 'confined'
  return verdict.kind === 'leak' && ownOrNobodys ? 'reference' : 'open'
}

/** Rows that are inserted under a parent that is known to be the tenant's. */
function inserted(
  { statement: { block } }: Query,
  occurrences: readonly Judged[],
  tenancy: Tenancy,
  factsOf: FactsOf,
  standings: Map<OccurrenceId, Standing>,
): void {
  if (block.kind !== 'insert' || block.source.kind !== 'rows' || block.source.rows.length === 0) return
  const mention = occurrences.find(({ occurrence }) => occurrence.id === block.target.id)
  if (mention?.ownership.kind !== 'through' || mention.verdict.kind !== 'leak') return
  const { column } = mention.ownership
  const { conflict } = block
  // The row that an upsert runs into is another child of the same parent only when the link is part of the key.
  if (conflict?.action === 'update' && conflict.target?.includes(column) !== true) return
  const rows = block.source.rows.map((row) => {
    const operand = row.find((assignment) => assignment.column === column)?.operand
    if (operand?.kind !== 'parameter') return 'open'
    const link: Link = { of: block.target.id, column, to: operand }
    return best(factsOf(operand.index).map((fact) => parented(mention, link, fact, tenancy)))
  })
  const worst = rows.reduce((one, other) => (rank(other) < rank(one) ? other : one))
  const moved = conflict?.set.some((assignment) => assignment.column === column) === true
  standings.set(block.target.id, moved ? 'open' : worst)
}

/** A child of the parent that the value names has that parent's standing. */
function parented({ ownership }: Judged, link: Link, fact: ValueFact, tenancy: Tenancy): Standing {
  const child =
    ownership.kind === 'through' &&
    ownership.column === link.column &&
    ownership.parentColumn === fact.column &&
    tenancy.find(ownership.parent) === relationIn(tenancy, fact.relation)
  return child ? fact.standing : 'open'
}

/** What a link to a known value makes of the rows of a mention. */
function reached(mention: Judged, link: Link, fact: ValueFact, tenancy: Tenancy): Standing {
  const { occurrence } = mention
  if (occurrence.access === 'insert') return 'open'
  const own: ColumnOf = { relation: occurrence.relation, column: link.column }
  const sameRelation = relationIn(tenancy, own.relation) === relationIn(tenancy, fact.relation)
  if (sameRelation && own.column === fact.column && isKey(own, tenancy)) return fact.standing
  const child = parented(mention, link, fact, tenancy)
  if (child !== 'open') return child
  // Of a table in a schema of the tenant's own, the model need not know the keys: what is compared with a key refers to it.
  if (holdsHole(fact.relation.schema ?? '')) return isKey(own, tenancy) ? fact.standing : 'open'
  return isReference(own, fact, tenancy) ? 'reference' : 'open'
}

/** A mention that hangs on an earlier one which is a finding is the same finding again. */
function markRepeated(
  occurrences: readonly Judged[],
  links: readonly Link[],
  associations: readonly Association[],
  standings: Map<OccurrenceId, Standing>,
  tenancy: Tenancy,
): void {
  const isOpen = (standing: Standing | undefined): boolean => standing === 'open' || standing === 'repeated'
  const earlier = new Map<OccurrenceId, Judged>()
  for (const one of occurrences) {
    const { id, relation } = one.occurrence
    if (standings.get(id) === 'open' && one.verdict.kind === 'leak') {
      const hangs = links.some((link) => {
        if (link.of !== id || link.to.kind !== 'mention') return false
        const peer = earlier.get(link.to.id)
        const standing = standings.get(link.to.id)
        if (peer === undefined || !isOpen(standing)) return false
        if (peer.verdict.kind === 'leak') return true
        const far: ColumnOf = { relation: peer.occurrence.relation, column: link.to.column }
        return (
          peer.ownership.kind !== 'unknown' && isReference({ relation, column: link.column }, far, tenancy)
        )
      })
      const isTied = associations.some((one) => {
        const peer = one.of === id ? earlier.get(one.with) : undefined
        return peer !== undefined && peer.ownership.kind !== 'unknown' && isOpen(standings.get(one.with))
      })
      if (hangs || isTied) standings.set(id, 'repeated')
    }
    earlier.set(id, one)
  }
}
