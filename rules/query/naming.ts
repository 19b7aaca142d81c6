import type { Block, Derived, FromItem, Occurrence, Operand, Rowset, Span } from '../sql/statement.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'

/** The items of one query level that columns can belong to, innermost first. Builders give names as strings. */
export interface Naming {
  readonly items: readonly (Occurrence | Derived | Rowset)[]
  readonly outer: Naming | null
}

/** The flat list of what a FROM clause makes visible. */
export function itemsOf(from: readonly FromItem[]): readonly (Occurrence | Derived | Rowset)[] {
  return from.flatMap((item) =>
    item.kind === 'join' ? [...itemsOf([item.left]), ...itemsOf([item.right])] : [item],
  )
}

export function itemName(item: Occurrence | Derived | Rowset): string | null {
  if (item.alias !== null) return item.alias
  return item.kind === 'relation' ? item.relation.name : null
}

/** Binds `alias.column` or `column` to one mention, as PostgreSQL would; an unbound name keeps a null occurrence. */
export function bindColumn(text: string, naming: Naming, tenancy: Tenancy, span: Span | null): Operand {
  const parts = text.split('.').map((part) => part.trim())
  const column = parts.at(-1)!
  const qualifier = parts.length > 1 ? parts.at(-2)! : null
  const schema = parts.length > 2 ? parts.at(-3)! : null
  const [target] = naming.items
  if (qualifier === 'excluded' && target !== undefined && named('excluded', null, naming, tenancy) === null) {
    const proposed = bindItemColumn(target, column, tenancy, span)
    return { kind: 'call', name: 'excluded', arguments: [proposed], span }
  }
  const item =
    qualifier === null ? ownerOf(column, naming, tenancy) : named(qualifier, schema, naming, tenancy)
  return item === null
    ? { kind: 'column', occurrence: null, column, span }
    : bindItemColumn(item, column, tenancy, span)
}

function named(
  qualifier: string,
  schema: string | null,
  naming: Naming,
  tenancy: Tenancy,
): Occurrence | Derived | Rowset | null {
  for (let level: Naming | null = naming; level !== null; level = level.outer) {
    const found = level.items.find((item) => {
      const name = itemName(item)
      if (name !== qualifier && name !== snakeCase(qualifier)) return false
      if (name !== qualifier && tenancy.find(qualifier) !== null) return false
      return schema === null || item.kind !== 'relation' || item.relation.schema === schema
    })
    if (found !== undefined) return found
  }
  return null
}

/** An unqualified column: the only item of the level has it; among several, the one that the tenancy model knows to have it. */
function ownerOf(column: string, naming: Naming, tenancy: Tenancy): Occurrence | Derived | Rowset | null {
  const { items } = naming
  if (items.length === 1) return items[0]!
  if (items.length === 0) return naming.outer === null ? null : ownerOf(column, naming.outer, tenancy)
  const owners = items.filter((item) => has(item, column, tenancy))
  return owners.length === 1 ? owners[0]! : null
}

function has(item: Occurrence | Derived | Rowset, column: string, tenancy: Tenancy): boolean {
  switch (item.kind) {
    case 'relation':
      return knownColumns(item, tenancy).has(columnName(item, column, tenancy))
    case 'derived':
      return outputNames(item.block)?.includes(column) === true
    case 'rowset':
      return false
  }
}

/** A column of one certain item. */
export function bindItemColumn(
  item: Occurrence | Derived | Rowset,
  column: string,
  tenancy: Tenancy,
  span: Span | null,
): Operand {
  switch (item.kind) {
    case 'relation':
      return { kind: 'column', occurrence: item.id, column: columnName(item, column, tenancy), span }
    case 'derived':
      return { kind: 'column', occurrence: item.id ?? null, column, span }
    case 'rowset':
      return { kind: 'opaque', reason: `${column} is a column of a row set`, mentions: [], span }
  }
}

/** Names of the columns that a block returns, or null when a star hides some. */
function outputNames(block: Block): readonly string[] | null {
  if (block.kind === 'opaque') return null
  if (block.kind === 'set') return outputNames(block.branches[0]!)
  const names = block.outputs.map(({ name }) => name)
  return names.every((name) => name !== null) ? names : null
}

/**
 * The SQL column of a property that a builder names. Kysely's CamelCasePlugin writes `tenantId` for `tenant_id`: taken so
 * only where the tenancy model knows that column of that relation.
 */
export function columnName(item: Occurrence, property: string, tenancy: Tenancy): string {
  const relation = relationKey(item)
  const mapped = tenancy.columnOf(relation, property)
  if (mapped !== property) return mapped
  const known = knownColumns(item, tenancy)
  const snake = snakeCase(property)
  return snake !== property && !known.has(property) && known.has(snake) ? snake : property
}

export function relationKey({ relation }: Pick<Occurrence, 'relation'>): string {
  return relation.schema === null ? relation.name : `${relation.schema}.${relation.name}`
}

function knownColumns(item: Occurrence, tenancy: Tenancy): ReadonlySet<string> {
  const found = tenancy.find(relationKey(item))
  if (found === null) return new Set()
  const columns = new Set([...found.key, ...Object.values(found.properties)])
  const { ownership } = found
  if (ownership.kind === 'owned' || ownership.kind === 'through') columns.add(ownership.column)
  for (const field of Object.values(found.relationFields)) for (const [own] of field.on) columns.add(own)
  return columns
}

/** As Kysely's CamelCasePlugin does it, with its default options. */
export function snakeCase(text: string): string {
  return text.replace(/(?<=[a-z0-9])([A-Z])/g, '_$1').toLowerCase()
}
