import type { CreateTableAsStmt, RangeVar, SelectStmt, ViewStmt } from 'libpg-query'
import { applyDefaultPrivileges } from './apply-grant.ts'
import { flagOf, optionsOf, relationOf, relationsIn } from './ast.ts'
import { creationSchema, isNameTaken, qualify, type DraftTable, type DraftView } from './draft.ts'
import type { Reading } from './reading.ts'
import type { View } from './schema.ts'
import { isSymbol, isWord } from './tokens.ts'

/** Source of the query after AS, without the clauses that may follow it. */
function queryText(reading: Reading): string {
  const { tokens, text } = reading
  let depth = 0
  let from = -1
  for (let index = 0; index < tokens.length && from < 0; index++) {
    if (isSymbol(tokens[index], '(')) depth++
    if (isSymbol(tokens[index], ')')) depth--
    if (depth === 0 && isWord(tokens[index], 'as')) from = index + 1
  }
  let end = tokens.length
  if (isWord(tokens[end - 1], 'option')) end -= isWord(tokens[end - 3], 'local', 'cascaded') ? 4 : 3
  if (isWord(tokens[end - 1], 'data')) end -= isWord(tokens[end - 2], 'no') ? 3 : 2
  return from < 0 || end <= from ? '' : text.slice(tokens[from]!.start, tokens[end - 1]!.end)
}

const checkOptions: Readonly<Record<string, View['checkOption']>> = {
  LOCAL_CHECK_OPTION: 'local',
  CASCADED_CHECK_OPTION: 'cascaded',
}

function putView(reading: Reading, view: DraftView, replace: boolean): void {
  const { draft } = reading
  const at = draft.views.findIndex(({ schema, name }) => schema === view.schema && name === view.name)
  if (at >= 0) {
    if (replace) draft.views[at] = { ...view, owner: draft.views[at]!.owner }
    return
  }
  draft.views.push(view)
  applyDefaultPrivileges(draft, { schema: view.schema ?? 'public', name: view.name, owner: view.owner })
}

/** `CREATE [OR REPLACE] VIEW`. Replacing sets all options anew. */
export function createView(reading: Reading, statement: ViewStmt): void {
  const { draft } = reading
  const relation = relationOf(statement.view as RangeVar)
  if (statement.view?.relpersistence === 't') return
  const options = optionsOf(statement.options)
  const on = (name: string): boolean => options.some((option) => option.defname === name && flagOf(option))
  const written = options.find(({ defname }) => defname === 'check_option')?.arg
  const text = queryText(reading)
  const view: DraftView = {
    schema: relation.schema ?? creationSchema(draft),
    name: relation.name,
    owner: draft.role,
    materialized: false,
    securityInvoker: on('security_invoker'),
    securityBarrier: on('security_barrier'),
    checkOption:
      checkOptions[statement.withCheckOption ?? ''] ??
      (written !== undefined && 'String' in written ? (written.String.sval as View['checkOption']) : null),
    text,
    reads: readsOf(reading, statement.query),
    origin: reading.origin,
  }
  putView(reading, view, statement.replace ?? false)
}

function readsOf(reading: Reading, query: unknown): View['reads'] {
  const reads = relationsIn(query).map((relation) => qualify(reading.draft, relation))
  return [...new Map(reads.map((relation) => [`${relation.schema}.${relation.name}`, relation])).values()]
    .map(({ schema, name }) => ({ schema, name }))
    .toSorted((left, right) => (`${left.schema}.${left.name}` < `${right.schema}.${right.name}` ? -1 : 1))
}

/** `CREATE TABLE … AS` and `CREATE MATERIALIZED VIEW`. The copy has no keys, no policies and no known columns' types. */
export function createTableAs(reading: Reading, statement: CreateTableAsStmt): void {
  const { draft } = reading
  const range = statement.into?.rel
  if (range === undefined || range.relpersistence === 't') return
  const relation = relationOf(range)
  const schema = relation.schema ?? creationSchema(draft)
  if (statement.objtype === 'OBJECT_MATVIEW') {
    const text = queryText(reading)
    const view: DraftView = {
      schema,
      name: relation.name,
      owner: draft.role,
      materialized: true,
      securityInvoker: false,
      securityBarrier: false,
      checkOption: null,
      text,
      reads: readsOf(reading, statement.query),
      origin: reading.origin,
    }
    putView(reading, view, false)
    return
  }
  const select =
    statement.query !== undefined && 'SelectStmt' in statement.query ? statement.query.SelectStmt : null
  createCopy(reading, { schema, name: relation.name }, select)
}

/** `SELECT … INTO`. */
export function selectInto(reading: Reading, statement: SelectStmt): void {
  const range = statement.intoClause?.rel
  if (range === undefined || range.relpersistence === 't') return
  const relation = relationOf(range)
  const schema = relation.schema ?? creationSchema(reading.draft)
  createCopy(reading, { schema, name: relation.name }, statement)
}

/** Columns that a query returns, with the type of the column they come from where that is plain to see. */
function columnsOf(reading: Reading, select: SelectStmt | null): DraftTable['columns'] {
  const sources = relationsIn(select?.fromClause ?? []).flatMap((relation) => {
    const { schema, name } = qualify(reading.draft, relation)
    return reading.draft.tables.filter((table) => table.schema === schema && table.name === name)
  })
  const known = sources.flatMap((table) => table.columns)
  const copy = (name: string, from: string): DraftTable['columns'][number] => ({
    name,
    type: known.find((column) => column.name === from)?.type ?? 'unknown',
    nullable: true,
    default: null,
    generated: null,
    collation: null,
    origin: reading.origin,
  })
  const columns = (select?.targetList ?? []).flatMap((node) => {
    if (!('ResTarget' in node)) return []
    const { name, val } = node.ResTarget
    const fields = val !== undefined && 'ColumnRef' in val ? (val.ColumnRef.fields ?? []) : []
    const last = fields.at(-1)
    if (last !== undefined && 'A_Star' in last) return known.map((column) => copy(column.name, column.name))
    const from = last !== undefined && 'String' in last ? (last.String.sval ?? '') : ''
    return name === undefined && from === '' ? [] : [copy(name ?? from, from)]
  })
  return columns.filter(({ name }, index) => columns.findIndex((other) => other.name === name) === index)
}

function createCopy(
  reading: Reading,
  relation: { readonly schema: string; readonly name: string },
  select: SelectStmt | null,
): void {
  const { draft } = reading
  if (isNameTaken(draft, relation.schema, relation.name)) return
  const table: DraftTable = {
    ...relation,
    owner: draft.role,
    columns: columnsOf(reading, select),
    keys: [],
    indexes: [],
    rowSecurity: false,
    forceRowSecurity: false,
    policies: [],
    triggers: [],
    inherits: [],
    partition: false,
    origin: reading.origin,
  }
  draft.tables.push(table)
  applyDefaultPrivileges(draft, table)
}
