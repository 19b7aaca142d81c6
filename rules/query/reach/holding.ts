import type { Condition, OccurrenceId } from '../../sql/statement.ts'
import type { Tenancy } from '../../tenancy/tenancy.ts'
import type { Judged, JudgedQuery } from '../judge.ts'
import type { Link } from '../links.ts'
import { isKey, relationIn } from '../reference.ts'

/**
 * The mentions that a mention's rows cannot do without, and that name them: itself, its parent, and rows that refer to its key
 * (`keys.id = grants.key_id`). Rows that only share a value with it (the same person, the same name) name nothing.
 */
export function holdersOf(
  mention: Judged,
  judged: JudgedQuery,
  links: readonly Link[],
  tenancy: Tenancy,
): ReadonlySet<OccurrenceId> {
  const found = new Set([mention.occurrence.id])
  for (const id of found) {
    const own = judged.occurrences.find(({ occurrence }) => occurrence.id === id)
    if (own === undefined || own.ownership.kind === 'global') continue
    for (const { of, column, to } of links) {
      if (of !== id || to.kind !== 'mention') continue
      const refersToIt = isKey({ relation: own.occurrence.relation, column }, tenancy)
      if (refersToIt || leadsToParent(own, column, to.id, judged, tenancy)) found.add(to.id)
    }
  }
  return found
}

function leadsToParent(
  { ownership }: Judged,
  column: string,
  peer: OccurrenceId,
  judged: JudgedQuery,
  tenancy: Tenancy,
): boolean {
  if (ownership.kind !== 'through' || ownership.column !== column) return false
  const parent = judged.occurrences.find(({ occurrence }) => occurrence.id === peer)?.occurrence.relation
  return parent !== undefined && tenancy.find(ownership.parent) === relationIn(tenancy, parent)
}

const anyKind = /^(.*?)(_?)[iI]d$/

/** Keys of whatever another column says: `entity_id` beside `entity_type`. */
const ofAnyKind =
  /^(?:entity|owner|subject|resource|target|object|holder|item|parent|belongs_?to|\w+able)_?id$/i

/** Is a key that may be of several kinds of rows compared without its kind? Numbers of one kind are numbers of another. */
export function lacksKind({ query }: JudgedQuery, of: OccurrenceId, column: string): boolean {
  if (!ofAnyKind.test(column)) return false
  const [, stem = '', joint = ''] = anyKind.exec(column) ?? []
  const kinds = ['type', 'kind'].map((word) => (stem + joint + word).replace(/_/g, '').toLowerCase())
  const { block } = query.statement
  return !('where' in block && block.where !== null && tells(block.where))

  function tells(condition: Condition): boolean {
    switch (condition.kind) {
      case 'and':
        return condition.operands.some(tells)
      case 'exists':
        return 'where' in condition.block && condition.block.where !== null && tells(condition.block.where)
      case 'compare': {
        const { left, operator, right } = condition
        if (operator !== '=' || left.kind !== 'column' || left.occurrence !== of) return false
        const isFixed =
          right.kind === 'literal' ||
          (right.kind === 'parameter' && query.values[right.index]?.kind === 'literal')
        return isFixed && kinds.includes(left.column.replace(/_/g, '').toLowerCase())
      }
      default:
        return false
    }
  }
}
