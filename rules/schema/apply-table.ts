import type { ColumnDef, Constraint, CreateStmt, RangeVar, TableLikeClause } from 'libpg-query'
import type { RelationName } from '../sql/statement.ts'
import { namesOf, relationOf } from './ast.ts'
import { creationSchema, findTable, isNameTaken, qualify, type DraftTable } from './draft.ts'
import { chooseName, namesOfElements } from './object-name.ts'
import { applyDefaultPrivileges } from './apply-grant.ts'
import { expressionText, originOfElement, tokenAt, type Reading } from './reading.ts'
import type { Key, Origin } from './schema.ts'
import { parenthesized, tokenize } from './tokens.ts'
import { typeOf } from './type-name.ts'

const actions = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
} as const

type Action = (typeof actions)[keyof typeof actions]

const actionOf = (code: string | undefined): Action =>
  actions[(code ?? 'a') as keyof typeof actions] ?? 'no action'

/** `CREATE TABLE`. A table that exists is left alone, as `IF NOT EXISTS` does and everything else would fail on. */
export function createTable(reading: Reading, statement: CreateStmt): void {
  const { draft } = reading
  const named = relationOf(statement.relation as RangeVar)
  const schema = named.schema ?? creationSchema(draft)
  if (statement.relation?.relpersistence === 't') return
  if (draft.tables.some((table) => table.schema === schema && table.name === named.name)) return
  const parents = (statement.inhRelations ?? []).flatMap((node) =>
    'RangeVar' in node ? [qualify(draft, relationOf(node.RangeVar))] : [],
  )
  if (parents.some((parent) => findTable(draft, parent) === null)) {
    draft.unread.push({ reason: `${named.name} inherits a table that is not known`, origin: reading.origin })
  }
  const table: DraftTable = {
    schema,
    name: named.name,
    owner: draft.role,
    columns: [],
    keys: [],
    indexes: [],
    rowSecurity: false,
    forceRowSecurity: false,
    policies: [],
    triggers: [],
    inherits: parents.filter((parent) => findTable(draft, parent) !== null),
    partition: statement.partbound !== undefined,
    origin: reading.origin,
  }
  draft.tables.push(table)
  for (const parent of parents) inheritFrom(reading, table, parent)
  const constraints: Constraint[] = []
  for (const element of [...(statement.tableElts ?? []), ...(statement.constraints ?? [])]) {
    if ('ColumnDef' in element) addColumn(reading, table, element.ColumnDef)
    else if ('Constraint' in element) constraints.push(element.Constraint)
    else if ('TableLikeClause' in element) copyLike(reading, table, element.TableLikeClause)
  }
  for (const constraint of constraints) addConstraint(reading, table, constraint, [])
  applyDefaultPrivileges(draft, table)
}

/** Columns, and for a partition also the keys, come from the parent. */
export function inheritFrom(reading: Reading, table: DraftTable, parentName: RelationName): void {
  const parent = findTable(reading.draft, parentName)
  if (parent === null) return
  for (const column of parent.columns) {
    const own = table.columns.find(({ name }) => name === column.name)
    if (own === undefined) table.columns.push({ ...column, origin: table.origin })
    else own.nullable &&= column.nullable
  }
  if (!table.partition) return
  for (const key of parent.keys) inheritKey(reading, table, key)
  for (const index of parent.indexes) {
    const columns = index.columns.map((column) => (column.startsWith('(') ? 'expr' : column))
    const name = nameFor(reading, table, columns, 'idx')
    table.indexes.push({ ...index, name, origin: table.origin })
  }
}

function inheritKey(reading: Reading, table: DraftTable, key: Key): void {
  if (key.kind === 'foreign') {
    table.keys.push({ ...key, origin: table.origin })
    return
  }
  const label = key.kind === 'primary' ? 'pkey' : key.kind === 'unique' ? 'key' : 'excl'
  table.keys.push({ ...key, name: nameFor(reading, table, key.columns, label), origin: table.origin })
}

const likeIndexes = 1 << 5
const likeDefaults = 1 << 2

function copyLike(reading: Reading, table: DraftTable, clause: TableLikeClause): void {
  const source = findTable(reading.draft, relationOf(clause.relation as RangeVar))
  if (source === null) {
    reading.draft.unread.push({
      reason: `LIKE names a table that is not known: ${clause.relation?.relname}`,
      origin: reading.origin,
    })
    return
  }
  const options = clause.options ?? 0
  for (const column of source.columns) {
    const keepsDefault = (options & likeDefaults) !== 0
    table.columns.push({ ...column, default: keepsDefault ? column.default : null, origin: table.origin })
  }
  if ((options & likeIndexes) === 0) return
  for (const key of source.keys) if (key.kind !== 'foreign') inheritKey(reading, table, key)
  for (const index of source.indexes) {
    table.indexes.push({
      ...index,
      name: nameFor(reading, table, index.columns, 'idx'),
      origin: table.origin,
    })
  }
}

function schemaOfType(reading: Reading): (name: string) => string {
  const { draft } = reading
  return (name) =>
    draft.searchPath.find((schema) =>
      draft.types.some((type) => type.schema === schema && type.name === name),
    ) ??
    draft.types.find((type) => type.name === name)?.schema ??
    creationSchema(draft)
}

/** Adds one column and the keys that are written on it. */
export function addColumn(reading: Reading, table: DraftTable, definition: ColumnDef): void {
  const name = definition.colname ?? ''
  const type = typeOf(definition.typeName ?? {}, schemaOfType(reading))
  const constraints = (definition.constraints ?? []).flatMap((node) =>
    'Constraint' in node ? [node.Constraint] : [],
  )
  const has = (kind: string): boolean => constraints.some(({ contype }) => contype === kind)
  const generated = constraints.find(({ contype }) => contype === 'CONSTR_GENERATED')
  const existing = table.columns.find((column) => column.name === name)
  if (existing !== undefined) {
    existing.nullable &&= !has('CONSTR_NOTNULL')
    return
  }
  table.columns.push({
    name,
    type: type.text,
    nullable: !(type.serial || has('CONSTR_NOTNULL') || has('CONSTR_PRIMARY') || has('CONSTR_IDENTITY')),
    default: type.serial ? `nextval('${table.name}_${name}_seq'::regclass)` : defaultOf(reading, constraints),
    generated: has('CONSTR_IDENTITY')
      ? 'identity'
      : generated === undefined
        ? null
        : generated.generated_kind === 'v'
          ? 'virtual'
          : 'stored',
    collation: namesOf(definition.collClause?.collname).at(-1) ?? null,
    origin: originOfElement(reading, definition.location),
  })
  for (const constraint of constraints) addConstraint(reading, table, constraint, [name])
}

function defaultOf(reading: Reading, constraints: readonly Constraint[]): string | null {
  const constraint = constraints.find(({ contype }) => contype === 'CONSTR_DEFAULT')
  if (constraint === undefined) return null
  const text = expressionText(reading, tokenAt(reading, reading.offsetOf(constraint.location ?? 0)) + 1)
  return text.toLowerCase() === 'null' ? null : text
}

export function nameFor(
  reading: Reading,
  table: DraftTable,
  columns: readonly string[],
  label: 'pkey' | 'key' | 'fkey' | 'idx' | 'excl',
): string {
  return chooseName(table.name, columns, label, (name) => isNameTaken(reading.draft, table.schema, name))
}

/** A table constraint, or one on a column (then `own` is that column). NOT NULL and CHECK are no keys. */
export function addConstraint(
  reading: Reading,
  table: DraftTable,
  constraint: Constraint,
  own: readonly string[],
): void {
  const origin = originOfElement(reading, constraint.location)
  switch (constraint.contype) {
    case 'CONSTR_NOTNULL':
      for (const column of namesOf(constraint.keys)) setNullable(table, column, false)
      return
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      addUnique(reading, table, constraint, own, origin)
      return
    case 'CONSTR_EXCLUSION':
      addExclusion(reading, table, constraint, origin)
      return
    case 'CONSTR_FOREIGN':
      addForeign(reading, table, constraint, own, origin)
      return
    default:
  }
}

export function setNullable(table: DraftTable, name: string, nullable: boolean): void {
  const column = table.columns.find((candidate) => candidate.name === name)
  if (column !== undefined) column.nullable = nullable
}

function addUnique(
  reading: Reading,
  table: DraftTable,
  constraint: Constraint,
  own: readonly string[],
  origin: Origin | null,
): void {
  const kind = constraint.contype === 'CONSTR_PRIMARY' ? 'primary' : 'unique'
  // ADD CONSTRAINT … USING INDEX: the index becomes the constraint and takes its name.
  const index = table.indexes.find(({ name }) => name === constraint.indexname)
  if (index !== undefined) {
    table.indexes = table.indexes.filter((other) => other !== index)
    table.keys = table.keys.filter((key) => key.kind === 'foreign' || key.name !== index.name)
  }
  const listed = namesOf(constraint.keys)
  const columns = index?.columns ?? (listed.length > 0 ? listed : own)
  const name =
    constraint.conname ?? index?.name ?? nameFor(reading, table, columns, kind === 'primary' ? 'pkey' : 'key')
  const nullsEqual = constraint.nulls_not_distinct ?? false
  table.keys.push({ kind, name, columns, predicate: null, nullsEqual, origin })
  if (kind === 'primary') for (const column of columns) setNullable(table, column, false)
}

function addExclusion(
  reading: Reading,
  table: DraftTable,
  constraint: Constraint,
  origin: Origin | null,
): void {
  const elements = (constraint.exclusions ?? []).flatMap((node) => {
    const element = 'List' in node ? node.List.items?.[0] : undefined
    return element !== undefined && 'IndexElem' in element ? [element.IndexElem] : []
  })
  const columns = elements.map((element) => element.name ?? '(expression)')
  const name = constraint.conname ?? nameFor(reading, table, namesOfElements(elements), 'excl')
  const from = tokenAt(reading, reading.offsetOf(constraint.location ?? 0))
  const predicate =
    constraint.where_clause === undefined
      ? null
      : parenthesized(reading.text, reading.tokens.slice(from), 'where')
  table.keys.push({ kind: 'exclusion', name, columns, predicate, nullsEqual: false, origin })
}

function addForeign(
  reading: Reading,
  table: DraftTable,
  constraint: Constraint,
  own: readonly string[],
  origin: Origin | null,
): void {
  const references = qualify(reading.draft, relationOf(constraint.pktable as RangeVar))
  const listed = namesOf(constraint.fk_attrs)
  const columns = listed.length > 0 ? listed : own
  const target = findTable(reading.draft, references)
  const named = namesOf(constraint.pk_attrs)
  const primary = target?.keys.find(({ kind }) => kind === 'primary')?.columns
  const setColumns = namesOf(constraint.fk_del_set_cols)
  table.keys.push({
    kind: 'foreign',
    name: constraint.conname ?? nameFor(reading, table, columns, 'fkey'),
    columns,
    references,
    referencedColumns: named.length > 0 ? named : (primary ?? []),
    onDelete: actionOf(constraint.fk_del_action),
    onUpdate: actionOf(constraint.fk_upd_action),
    onDeleteColumns: setColumns.length > 0 ? setColumns : null,
    origin,
  })
}

/** Text of one index expression, normalised to `(…)` with the source between. */
export function expressionColumn(text: string): string {
  const tokens = tokenize(text)
  const wrapped = tokens[0]?.text === '(' && tokens.at(-1)?.text === ')'
  return wrapped ? text : `(${text})`
}
