import type { OccurrenceId } from '../../sql/statement.ts'
import type { Judged, JudgedQuery } from '../judge.ts'
import { type Link, linksOf } from '../links.ts'

/**
 * What joins a mention to the statement's other rows without keeping it in their tenant: a relation that all tenants share, or columns of
 * which other tenants have equal values. Then no check of the key that picks those rows says anything about it. Null: it hangs on a key.
 */
export function sharedLead(judged: JudgedQuery, mention: Judged): string | null {
  if (!mention.joined || mention.occurrence.access !== 'read') return null
  const { id } = mention.occurrence
  const { links, associations } = linksOf(judged.query.statement)
  const own = links.filter((link) => link.of === id)
  if (own.some(({ to }) => to.kind === 'parameter')) return null
  const tied = associations.filter((one) => one.of === id)
  const leads = [
    ...own.flatMap((link) => leadOf(link, judged)),
    ...tied.flatMap((one) => leadThrough(one.with, judged)),
  ]
  return leads.length > 0 && leads.every((lead) => lead.shared) ? leads[0]!.text : null
}

interface Lead {
  readonly shared: boolean
  readonly text: string
}

function leadOf({ column, to }: Link, judged: JudgedQuery): readonly Lead[] {
  if (to.kind !== 'mention') return []
  const peer = mentionOf(to.id, judged)
  if (peer === undefined) return []
  const { relation } = peer.occurrence
  if (peer.ownership.kind === 'global') {
    return [{ shared: true, text: `\`${relation.name}\`, which the tenants share` }]
  }
  const keyed = isKeyLike(column) || isKeyLike(to.column)
  return [{ shared: !keyed, text: `\`${column}\`, which other tenants may have too` }]
}

/** A relation ties rows by their keys. */
function leadThrough(id: OccurrenceId, judged: JudgedQuery): readonly Lead[] {
  const peer = mentionOf(id, judged)
  if (peer === undefined) return []
  const shared = peer.ownership.kind === 'global'
  return [{ shared, text: `\`${peer.occurrence.relation.name}\`, which the tenants share` }]
}

const mentionOf = (id: OccurrenceId, judged: JudgedQuery): Judged | undefined =>
  judged.occurrences.find(({ occurrence }) => occurrence.id === id)

/** Columns that name one row wherever they stand. */
const isKeyLike = (column: string): boolean => /(?:^|_)(?:id|uuid|guid|pk)$|(?:Id|Uuid|ID)$/.test(column)
