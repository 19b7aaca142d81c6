import type { InferenceNote } from './decision.ts'
import { isRequired, type RelationShape } from './shape.ts'

/** Is the key nullable in most relations, as a common base class makes it? Then it is the application that always sets it. */
export function isNullableByHabit(column: string, relations: readonly RelationShape[]): boolean {
  const holders = holdersOf(column, relations)
  const nullable = holders.filter((relation) => !isRequired(relation, [column]))
  return nullable.length > 3 && nullable.length * 2 > holders.length
}

/** What a person should look at where `taken` are owned by a key that may be NULL; a habit is told once. */
export function nullableKeyNotes(
  column: string,
  taken: readonly RelationShape[],
  relations: readonly RelationShape[],
): readonly InferenceNote[] {
  const advice = 'say what a row without a tenant is, or add NOT NULL'
  if (isNullableByHabit(column, relations)) {
    const count = holdersOf(column, relations).length
    const text = `${column} may be NULL in ${taken.length} of ${count} relations: ${advice}.`
    return [{ relation: null, unsure: true, text }]
  }
  return taken.map(({ name }) => ({
    relation: name,
    unsure: true,
    text: `${column} may be NULL: ${advice}`,
  }))
}

function holdersOf(column: string, relations: readonly RelationShape[]): readonly RelationShape[] {
  return relations.filter(
    ({ kind, columns }) => kind === 'table' && columns.some(({ name }) => name === column),
  )
}
