import type { Decision } from './decision.ts'
import type { ReferenceShape, RelationShape } from './shape.ts'

/**
 * A relation whose rows are the details of one other: nothing but a reference of that relation leads to it, deleting the details deletes
 * the row that they describe, and it leads nowhere itself. Its rows are of the tenant of the row that refers to them.
 */
export function detailOf(
  relation: RelationShape,
  relations: readonly RelationShape[],
  decisionOf: (relation: string) => Decision | undefined,
): [Decision, string] | null {
  if (relation.references.length > 0) return null
  const leading = relations.flatMap((from) =>
    from.references.filter(({ to }) => to === relation.name).map((reference) => ({ from, reference })),
  )
  const [only, ...others] = leading
  if (only === undefined || others.length > 0 || !isOneToOne(only.reference)) return null
  const decision = decisionOf(only.from.name)
  if (decision === undefined || !('owned' in decision || 'ownedThrough' in decision)) return null
  const column = only.reference.toColumns[0] ?? relation.primaryKey[0] ?? 'id'
  const [parentColumn] = only.reference.columns
  return [
    { ownedThrough: [column, only.from.name, parentColumn!] },
    `taken for details of ${only.from.name}, the only relation that refers to it; two rows of different tenants must not share one`,
  ]
}

/** What is shared by many is not deleted with them; a reference that deletes both ways ties one row to one. */
const isOneToOne = ({ cascades, columns }: ReferenceShape): boolean => cascades && columns.length === 1
