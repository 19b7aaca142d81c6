import type { RelationField } from './tenancy.ts'

/** What inference needs to know of one relation, whichever source told it. Names are stored names. */
export interface RelationShape {
  /** As a key of `tenancy.json`: `projects`, `billing.invoices`. */
  readonly name: string
  readonly kind: 'table' | 'view'
  readonly columns: readonly ColumnShape[]
  readonly primaryKey: readonly string[]
  readonly references: readonly ReferenceShape[]
  /** Relations whose columns and rows these are: the parent of a partition, the tables under a view. */
  readonly derivedFrom: readonly string[]
  readonly model: string | null
  readonly properties: Readonly<Record<string, string>>
  readonly relationFields: Readonly<Record<string, RelationField>>
}

export interface ColumnShape {
  readonly name: string
  readonly nullable: boolean
}

/** A foreign key, declared in the database or in the ORM's model. */
export interface ReferenceShape {
  readonly columns: readonly string[]
  readonly to: string
  readonly toColumns: readonly string[]
  readonly cascades: boolean
}

/** One database, with what its policies show of the tenant setting. */
export interface DatabaseShape {
  readonly relations: readonly RelationShape[]
  /** Settings that policies read, with how many policies read each. */
  readonly settings: ReadonlyMap<string, number>
  /** Relations with row-level security, and whether it is forced. */
  readonly rowSecurity: ReadonlyMap<string, 'enabled' | 'forced'>
  /** What the reader could not read; each becomes a note. */
  readonly unread: readonly string[]
}

/** Is every one of these columns NOT NULL? */
export function isRequired(shape: RelationShape, columns: readonly string[]): boolean {
  return columns.every((name) => shape.columns.find((column) => column.name === name)?.nullable === false)
}

/** One picture from several sources: columns and keys of the first that names a relation, ORM names of any. */
export function mergeShapes(sources: readonly DatabaseShape[]): DatabaseShape {
  const relations = new Map<string, RelationShape>()
  const settings = new Map<string, number>()
  const rowSecurity = new Map<string, 'enabled' | 'forced'>()
  for (const source of sources) {
    for (const shape of source.relations) {
      const known = relations.get(shape.name)
      relations.set(shape.name, known === undefined ? shape : mergeRelation(known, shape))
    }
    for (const [name, count] of source.settings) settings.set(name, (settings.get(name) ?? 0) + count)
    for (const [name, level] of source.rowSecurity) rowSecurity.set(name, level)
  }
  return {
    relations: [...relations.values()],
    settings,
    rowSecurity,
    unread: sources.flatMap((s) => s.unread),
  }
}

/** One relation told twice: the first knows better. */
export function mergeRelation(first: RelationShape, second: RelationShape): RelationShape {
  const same = (left: ReferenceShape) => (right: ReferenceShape) =>
    left.to === right.to && left.columns.join() === right.columns.join()
  const columns = new Set(first.columns.map(({ name }) => name))
  return {
    ...first,
    columns: [...first.columns, ...second.columns.filter(({ name }) => !columns.has(name))],
    primaryKey: first.primaryKey.length > 0 ? first.primaryKey : second.primaryKey,
    references: [
      ...first.references,
      ...second.references.filter((reference) => !first.references.some(same(reference))),
    ],
    model: first.model ?? second.model,
    properties: { ...second.properties, ...first.properties },
    relationFields: { ...second.relationFields, ...first.relationFields },
  }
}
