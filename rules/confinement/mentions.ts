import type { Block, FromItem, Occurrence } from '../sql/statement.ts'

export interface Mention {
  readonly occurrence: Occurrence
  /** Joined to the first mention of its level, or to the target. */
  readonly joined: boolean
}

/** Every mention of a relation in a block, at any depth, each once. */
export function mentionsOf(block: Block): readonly Mention[] {
  const found = new Map<number, Mention>()
  const seen = new Set<object>()
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    if (Array.isArray(value)) value.forEach(visit)
    else if (isOccurrence(value)) {
      if (!found.has(value.id)) found.set(value.id, { occurrence: value, joined: !first.has(value.id) })
    } else {
      const leading = leadingOf(value)
      if (leading !== null) first.add(leading.id)
      Object.values(value).forEach(visit)
    }
  }
  const first = new Set<number>()
  visit(block)
  return [...found.values()].map(({ occurrence }) => ({ occurrence, joined: !first.has(occurrence.id) }))
}

function isOccurrence(value: object): value is Occurrence {
  return (value as Partial<Occurrence>).kind === 'relation' && 'access' in value
}

/** The target of a level, or the first mention in its FROM. */
function leadingOf(value: object): Occurrence | null {
  const block = value as Partial<Block>
  if (block.kind === 'insert' || block.kind === 'update' || block.kind === 'delete')
    return block.target ?? null
  if (block.kind === 'opaque' && 'occurrences' in block) return block.occurrences?.[0] ?? null
  if (block.kind !== 'select') return null
  let item: FromItem | undefined = block.from?.[0]
  while (item?.kind === 'join') item = item.left
  return item?.kind === 'relation' ? item : null
}
