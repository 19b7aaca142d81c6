import type { RelationName } from '../sql/statement.ts'
import { expressionColumn } from './apply-table.ts'
import { catalogQueries } from './catalog-queries.ts'
import { bindExpressions, type UnboundPolicy, type UnboundTable, type UnboundView } from './expression.ts'
import type {
  Column,
  Grant,
  Index,
  Key,
  Role,
  Schema,
  SqlFunction,
  StoredSetting,
  Trigger,
  View,
} from './schema.ts'

/** Sends one read-only statement and returns its rows. @public */
export type CatalogQuery = (sql: string) => Promise<readonly Record<string, unknown>[]>

type Row = Readonly<Record<string, unknown>>

type Names = readonly string[] | null

/**
 * Reads the schema of a live database from `pg_catalog`, PostgreSQL 13 to 18; the same picture as
 * {@link readMigrations} gives of the migrations that made it. Reads the catalog only, never a table, and leaves out
 * what the system and extensions own.
 *
 * @public
 */
export async function readCatalog(query: CatalogQuery): Promise<Schema> {
  // Rows travel as JSON text, so that no driver's idea of arrays and names matters.
  const ask = async (sql: string): Promise<Row[]> => {
    const rows = await query(`SELECT pg_catalog.to_json(answer)::text AS answer FROM (${sql}) AS answer`)
    return rows.map((row) => JSON.parse(String(row['answer'])) as Row)
  }
  const version = await ask(catalogQueries.version)
  const grants = await ask(catalogQueries.grants)
  const settings = await ask(catalogQueries.settings)
  const triggers = await ask(catalogQueries.triggers)
  const views = (await ask(catalogQueries.views)).map(viewOf).toSorted(byName)
  return {
    source: 'catalog',
    ...bindExpressions(await readTables(ask, triggers), views),
    functions: (await ask(catalogQueries.functions)).map(functionOf).toSorted(byName),
    roles: (await ask(catalogQueries.roles))
      .map(roleOf)
      .toSorted((left, right) => (left.name < right.name ? -1 : 1)),
    grants: grantsOf(grants),
    settings: settings.flatMap(settingsOf),
    serverVersion: Number(version[0]?.['number']),
    unread: triggers.flatMap((row) =>
      row['view'] === null
        ? []
        : [{ reason: `trigger ${text(row['name'])} on the view ${text(row['view'])}`, origin: null }],
    ),
  }
}

const byName = (left: RelationName, right: RelationName): number =>
  `${left.schema}.${left.name}` < `${right.schema}.${right.name}` ? -1 : 1

const text = (value: unknown): string => String(value)
const optional = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** Groups rows by the table that they belong to. */
function byTable(rows: readonly Row[]): ReadonlyMap<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = text(row['oid'])
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return groups
}

async function readTables(
  ask: (sql: string) => Promise<Row[]>,
  triggerRows: readonly Row[],
): Promise<UnboundTable[]> {
  const columns = byTable(await ask(catalogQueries.columns))
  const constraints = byTable(await ask(catalogQueries.constraints))
  const indexes = byTable(await ask(catalogQueries.indexes))
  const policies = byTable(await ask(catalogQueries.policies))
  const triggers = byTable(triggerRows)
  const tables = (await ask(catalogQueries.tables)).map((row): UnboundTable => {
    const oid = text(row['oid'])
    const relation = { schema: text(row['schema']), name: text(row['name']) }
    const ownIndexes = indexes.get(oid) ?? []
    return {
      ...relation,
      owner: text(row['owner']),
      columns: (columns.get(oid) ?? []).map(columnOf),
      keys: [
        ...(constraints.get(oid) ?? []).map(keyOf),
        ...ownIndexes.filter((index) => index['unique'] === true).map(keyOfIndex),
      ],
      indexes: ownIndexes.map(indexOf),
      rowSecurity: row['row_security'] === true,
      forceRowSecurity: row['force_row_security'] === true,
      policies: (policies.get(oid) ?? []).map((policy) => policyOf(policy, relation)),
      triggers: (triggers.get(oid) ?? []).map(triggerOf),
      inherits: (row['inherits'] as RelationName[] | null) ?? [],
      partition: row['partition'] === true,
      origin: null,
    }
  })
  return tables.toSorted(byName)
}

function columnOf(row: Row): Column {
  return {
    name: text(row['name']),
    type: text(row['type']),
    nullable: row['nullable'] === true,
    default: optional(row['default']),
    generated: row['generated'] as Column['generated'],
    collation: optional(row['collation']),
    origin: null,
  }
}

const kinds = { p: 'primary', u: 'unique', x: 'exclusion' } as const

const actions = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
} as const

function keyOf(row: Row): Key {
  const name = text(row['name'])
  const columns = (row['columns'] as Names) ?? []
  if (row['kind'] === 'f') {
    return {
      kind: 'foreign',
      name,
      columns,
      references: { schema: text(row['referenced_schema']), name: text(row['referenced_name']) },
      referencedColumns: (row['referenced_columns'] as Names) ?? [],
      onDelete: actions[row['on_delete'] as keyof typeof actions],
      onUpdate: actions[row['on_update'] as keyof typeof actions],
      onDeleteColumns: row['on_delete_columns'] as Names,
      origin: null,
    }
  }
  // An exclusion over expressions has no column numbers for them.
  const width = Number(row['index_width'] ?? columns.length)
  const missing = Array.from({ length: Math.max(0, width - columns.length) }, () => '(expression)')
  return {
    kind: kinds[row['kind'] as keyof typeof kinds],
    name,
    columns: row['kind'] === 'x' ? [...columns, ...missing] : columns,
    predicate: optional(row['predicate']),
    nullsEqual: row['nulls_equal'] === 'true',
    origin: null,
  }
}

function columnsOfIndex(row: Row): string[] {
  const columns = (row['columns'] as { column?: string; expression?: string }[] | null) ?? []
  return columns.map(({ column, expression }) => column ?? expressionColumn(expression ?? ''))
}

function keyOfIndex(row: Row): Key {
  return {
    kind: 'unique',
    name: text(row['name']),
    columns: columnsOfIndex(row),
    predicate: optional(row['predicate']),
    nullsEqual: row['nulls_equal'] === 'true',
    origin: null,
  }
}

function indexOf(row: Row): Index {
  const unique = row['unique'] === true
  return { name: text(row['name']), columns: columnsOfIndex(row), unique, origin: null }
}

const commands = { '*': 'all', r: 'select', a: 'insert', w: 'update', d: 'delete' } as const

function policyOf(row: Row, table: RelationName): UnboundPolicy {
  return {
    name: text(row['name']),
    table,
    permissive: row['permissive'] === true,
    command: commands[row['command'] as keyof typeof commands],
    roles: ((row['roles'] as Names) ?? ['public']).toSorted(),
    using: optional(row['using']),
    check: optional(row['check']),
    origin: null,
  }
}

function triggerOf(row: Row): Trigger {
  const runs = { schema: text(row['function_schema']), name: text(row['function_name']) }
  return { name: text(row['name']), runs, origin: null }
}

/** `name=value` pairs of `reloptions`, `proconfig` and `setconfig`. */
function pairs(value: unknown): Map<string, string> {
  return new Map(
    ((value as Names) ?? []).map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

function viewOf(row: Row): UnboundView {
  const options = pairs(row['options'])
  const on = (name: string): boolean =>
    ['true', 'on', 'yes', '1'].includes((options.get(name) ?? '').toLowerCase())
  const query = text(row['text']).trim().replace(/;$/, '')
  return {
    schema: text(row['schema']),
    name: text(row['name']),
    owner: text(row['owner']),
    materialized: row['materialized'] === true,
    securityInvoker: on('security_invoker'),
    securityBarrier: on('security_barrier'),
    checkOption: (options.get('check_option') ?? null) as View['checkOption'],
    text: query,
    reads: ((row['reads'] as RelationName[] | null) ?? [])
      .map(({ schema, name }) => ({ schema, name }))
      .toSorted(byName),
    origin: null,
  }
}

const volatilities = { i: 'immutable', s: 'stable', v: 'volatile' } as const

function functionOf(row: Row): SqlFunction {
  const path = pairs(row['settings']).get('search_path')
  return {
    schema: text(row['schema']),
    name: text(row['name']),
    arguments: ((row['arguments'] as Names) ?? []).join(', '),
    language: text(row['language']),
    securityDefiner: row['security_definer'] === true,
    searchPath: path === undefined ? null : path.replace(/^""$/, ''),
    volatility: volatilities[row['volatility'] as keyof typeof volatilities],
    leakproof: row['leakproof'] === true,
    body: text(row['body']),
    owner: text(row['owner']),
    origin: null,
  }
}

function roleOf(row: Row): Role {
  return {
    name: text(row['name']),
    superuser: row['superuser'] === true,
    bypassRls: row['bypass_rls'] === true,
    login: row['login'] === true,
    memberOf: ((row['member_of'] as Names) ?? []).toSorted(),
    origin: null,
  }
}

/** One entry per grantee, object and column, with all its privileges. */
function grantsOf(rows: readonly Row[]): Grant[] {
  const groups = new Map<string, Grant>()
  for (const row of rows) {
    const grantee = text(row['grantee'])
    const object = { schema: optional(row['schema']), name: text(row['name']) }
    const objectKind = row['kind'] as Grant['objectKind']
    const column = optional(row['column'])
    const key = JSON.stringify([grantee, object, objectKind, column])
    const held = groups.get(key)?.privileges ?? []
    const privileges = [...new Set([...held, text(row['privilege']).toLowerCase()])].toSorted()
    const columns = column === null ? null : [column]
    groups.set(key, { grantee, object, objectKind, privileges, columns, origin: null })
  }
  return [...groups.values()]
}

function settingsOf(row: Row): StoredSetting[] {
  return [...pairs(row['settings'])].map(([name, value]) => ({
    role: optional(row['role']),
    database: optional(row['database']),
    name,
    value,
    origin: null,
  }))
}
