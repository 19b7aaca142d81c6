import type { Tenancy, TenancyRelation } from '../../rules/tenancy/tenancy.ts'
import { identifier, literal, type Queryable, queryRows } from './connection.ts'

/** Which rows a snapshot covers, and the one statement that takes it. */
export interface SnapshotPlan {
  readonly sql: string
  /** Relations covered, by the model's name. */
  readonly relations: readonly string[]
  /** Relations of the model that the snapshot cannot cover, with the reason: writes to them are not seen. */
  readonly uncovered: readonly { readonly relation: string; readonly reason: string }[]
}

/** A table of the database. */
interface CatalogTable {
  readonly schema: string
  readonly name: string
  readonly visible: boolean
  readonly columns: readonly CatalogColumn[]
  readonly key: readonly string[]
}

interface CatalogColumn {
  readonly name: string
  readonly type: string
}

const catalogQuery = `
SELECT n.nspname AS schema, c.relname AS name, pg_table_is_visible(c.oid) AS visible,
  (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL)) ORDER BY a.attnum)
    FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  coalesce((SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_index i JOIN pg_attribute a
    ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = c.oid AND i.indisprimary), '[]') AS key
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'`

/**
 * Prepares snapshots of every relation that belongs to tenants, and of the tenants themselves. Make it once for a schema.
 *
 * @param ignore columns to leave out, as `table.column` or `*.column`
 * @internal
 */
export async function planSnapshot(
  client: Queryable,
  tenancy: Tenancy,
  ignore: readonly string[] = [],
): Promise<SnapshotPlan> {
  const catalog = await queryRows<CatalogTable & Record<string, unknown>>(client, catalogQuery)
  const parts: string[] = []
  const relations: string[] = []
  const uncovered: { relation: string; reason: string }[] = []
  for (const relation of tenancy.relations.values()) {
    if (relation.ownership.kind === 'global') continue
    const part = relationQuery(relation, tenancy, catalog, ignore)
    if ('reason' in part) uncovered.push({ relation: relation.name, reason: part.reason })
    else {
      parts.push(part.sql)
      relations.push(relation.name)
    }
  }
  const nothing =
    'SELECT NULL AS relation, NULL AS tenant, 0 AS rows, NULL AS content, NULL AS keys WHERE false'
  return { sql: parts.length > 0 ? parts.join('\nUNION ALL\n') : nothing, relations, uncovered }
}

/**
 * Count and hashes of the rows of each tenant. The sums do not depend on the order of the rows. `keys` changes only when
 * rows come or go, `content` whenever any column does.
 */
function relationQuery(
  relation: TenancyRelation,
  tenancy: Tenancy,
  catalog: readonly CatalogTable[],
  ignore: readonly string[],
): { sql: string } | { reason: string } {
  const table = findTable(relation.name, catalog)
  if (table === null) return { reason: 'the database has no such table' }
  const owner = ownerExpression(relation, tenancy, catalog)
  if ('reason' in owner) return owner
  const ignored = new Set(
    ignore.flatMap((entry) => {
      const at = entry.lastIndexOf('.')
      const [whose, column] = [entry.slice(0, at), entry.slice(at + 1)]
      return whose === '*' || whose === relation.name || whose === table.name ? [column] : []
    }),
  )
  const kept = table.columns.filter((column) => !ignored.has(column.name))
  const content = rowHash(kept)
  const key =
    table.key.length > 0 ? rowHash(kept.filter((column) => table.key.includes(column.name))) : content
  const columns = `${literal(relation.name)} AS relation, (${owner.column})::text AS tenant, count(*)::int AS rows`
  return {
    sql: `SELECT ${columns}, ${content} AS content, ${key} AS keys FROM ${qualified(table)} t0${owner.joins} GROUP BY 2`,
  }
}

/** Types whose equal values look equal, so that their own fast hash misses no change that a client could see. */
const plainTypes = new Set(
  ['boolean', 'smallint', 'integer', 'bigint', 'uuid', 'date', 'bytea', 'oid'].concat([
    'timestamp with time zone',
    'timestamp without time zone',
  ]),
)

const textTypes = new Set(['text', 'character varying'])

/** Other types compare `1.0` and `1.00` as equal (numeric, jsonb), or letters in both cases (citext), or cannot be hashed (json). */
function rowHash(columns: readonly CatalogColumn[]): string {
  const values = columns.map(({ name, type }) => {
    const column = `t0.${identifier(name)}`
    if (plainTypes.has(type)) return column
    return textTypes.has(type) ? `${column} COLLATE "C"` : `${column}::text COLLATE "C"`
  })
  return `sum(hash_record_extended(ROW(${values.join(', ')}), 0))::text`
}

/** The expression that gives the tenant of a row of `t0`, and the joins up to the relation that carries it. */
function ownerExpression(
  relation: TenancyRelation,
  tenancy: Tenancy,
  catalog: readonly CatalogTable[],
): { column: string; joins: string } | { reason: string } {
  let joins = ''
  let current = relation
  for (let depth = 0; depth <= tenancy.relations.size; depth++) {
    const { ownership } = current
    const table = findTable(current.name, catalog)
    const lacks = (column: string) => !has(table, column)
    if (ownership.kind === 'owned' || ownership.kind === 'root') {
      const column = ownership.kind === 'owned' ? ownership.column : ownership.key
      if (lacks(column)) return { reason: `${current.name} has no column ${column}` }
      return { column: `t${depth}.${identifier(column)}`, joins }
    }
    if (ownership.kind !== 'through') return { reason: `the owner of ${current.name} is not known` }
    const parent = tenancy.find(ownership.parent)
    const parentTable = parent && findTable(parent.name, catalog)
    if (!parentTable) return { reason: `its parent ${ownership.parent} is not in the database` }
    if (lacks(ownership.column)) return { reason: `${current.name} has no column ${ownership.column}` }
    if (!has(parentTable, ownership.parentColumn)) {
      return { reason: `${parent.name} has no column ${ownership.parentColumn}` }
    }
    const on = `t${depth + 1}.${identifier(ownership.parentColumn)} = t${depth}.${identifier(ownership.column)}`
    // Rows without a parent belong to nobody; they are counted under the tenant NULL.
    joins += ` LEFT JOIN ${qualified(parentTable)} t${depth + 1} ON ${on}`
    current = parent
  }
  return { reason: 'its parents form a circle' }
}

function has(table: CatalogTable | null, column: string): boolean {
  return table?.columns.some((entry) => entry.name === column) ?? false
}

function qualified(table: CatalogTable): string {
  return `${identifier(table.schema)}.${identifier(table.name)}`
}

/** As SQL finds it: the qualified name, else what the search path sees, else the only table of that name. */
function findTable(name: string, catalog: readonly CatalogTable[]): CatalogTable | null {
  const dot = name.indexOf('.')
  const named = catalog.filter((table) =>
    dot < 0 ? table.name === name : table.schema === name.slice(0, dot) && table.name === name.slice(dot + 1),
  )
  return named.find((table) => table.visible) ?? (named.length === 1 ? named[0]! : null)
}
