import type { RelationName } from '../sql/statement.ts'
import type { Tenancy, TenancyRelation } from '../tenancy/tenancy.ts'

/** One column of one relation. */
export interface ColumnOf {
  readonly relation: RelationName
  readonly column: string
}

export function relationIn(tenancy: Tenancy, { schema, name }: RelationName): TenancyRelation | null {
  return (schema === null ? null : tenancy.find(`${schema}.${name}`)) ?? tenancy.find(name)
}

/** Is the column the whole primary key, so that one value names one row? */
export function isKey({ relation, column }: ColumnOf, tenancy: Tenancy): boolean {
  const known = relationIn(tenancy, relation)
  return known !== null && known.key.length === 1 && known.key[0] === column
}

/**
 * Does one of the columns refer to the other? The tenancy model's relation fields tell. Where neither relation lists any, a column
 * that is compared with the primary key of the other relation is taken for a reference.
 */
export function isReference(one: ColumnOf, other: ColumnOf, tenancy: Tenancy): boolean {
  const own = relationIn(tenancy, one.relation)
  const far = relationIn(tenancy, other.relation)
  if (own === null || far === null) return false
  if (leads(own, one.column, far, other.column, tenancy)) return true
  if (leads(far, other.column, own, one.column, tenancy)) return true
  const listed = [own, far].some((relation) => Object.keys(relation.relationFields).length > 0)
  return !listed && isKey(one, tenancy) !== isKey(other, tenancy)
}

function leads(
  from: TenancyRelation,
  column: string,
  to: TenancyRelation,
  target: string,
  tenancy: Tenancy,
): boolean {
  const { ownership } = from
  if (ownership.kind === 'through' && ownership.column === column && ownership.parentColumn === target) {
    if (tenancy.find(ownership.parent) === to) return true
  }
  return Object.values(from.relationFields).some(
    (field) =>
      tenancy.find(field.to) === to &&
      field.on.some(([mine, theirs]) => mine === column && theirs === target),
  )
}
