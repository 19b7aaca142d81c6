import type { DeclaredColumn, DeclaredModel, DeclaredRelation } from './declared.ts'

/**
 * The part of a child class in the table of its hierarchy: rows of its siblings have nothing in the columns that it
 * declares itself (`own` properties), and the join tables that it inherits are those of its parent.
 */
export function inOneTable(
  { columns, relations }: Pick<DeclaredModel, 'columns' | 'relations'>,
  own: ReadonlySet<string>,
): Pick<DeclaredModel, 'columns' | 'relations'> {
  return {
    columns: columns.map((column): DeclaredColumn => (own.has(column.property) ? orNull(column) : column)),
    relations: relations.map((relation): DeclaredRelation => {
      const isOwn = relation.property !== null && own.has(relation.property)
      if (relation.side === 'joined') return isOwn ? relation : { ...relation, table: null }
      return relation.side === 'owner' && isOwn ? orNull(relation) : relation
    }),
  }
}

function orNull<T extends { readonly nullable: boolean }>(one: T): T {
  return { ...one, nullable: true }
}
