import type { RelationName } from '../sql/statement.ts'
import { bindExpressions, type UnboundPolicy, type UnboundView } from './expression.ts'
import type {
  Column,
  Grant,
  Index,
  Key,
  Origin,
  Role,
  Schema,
  SqlFunction,
  StoredSetting,
  Table,
  Trigger,
} from './schema.ts'

type Mutable<T> = { -readonly [P in keyof T]: T[P] }

export type DraftColumn = Mutable<Column>
export type DraftView = Mutable<UnboundView>
export type DraftRole = Mutable<Role>
export type DraftFunction = Mutable<SqlFunction> & {
  /** Names of the input parameters, in order; empty where one has none. */
  parameters: string[]
}

export interface DraftTable extends Mutable<
  Omit<Table, 'columns' | 'keys' | 'indexes' | 'policies' | 'triggers' | 'inherits'>
> {
  schema: string
  columns: DraftColumn[]
  keys: Key[]
  indexes: Index[]
  policies: UnboundPolicy[]
  triggers: Trigger[]
  inherits: RelationName[]
}

/** `ALTER DEFAULT PRIVILEGES`: what later objects start with. */
export interface DefaultPrivilege {
  readonly forRole: string | null
  readonly schema: string | null
  readonly grantee: string
  readonly privileges: readonly string[]
  readonly origin: Origin | null
}

/** The schema while migrations are being read, and the session that reads them. */
export interface Draft {
  tables: DraftTable[]
  views: DraftView[]
  functions: DraftFunction[]
  roles: DraftRole[]
  grants: Grant[]
  settings: StoredSetting[]
  unread: { reason: string; origin: Origin | null }[]
  defaultPrivileges: DefaultPrivilege[]
  types: RelationName[]
  searchPath: readonly string[]
  /** Role that `SET ROLE` or `SET SESSION AUTHORIZATION` chose; null for whoever runs the migrations. */
  role: string | null
}

export const defaultSearchPath: readonly string[] = ['public']

export function emptyDraft(): Draft {
  return {
    tables: [],
    views: [],
    functions: [],
    roles: [],
    grants: [],
    settings: [],
    unread: [],
    defaultPrivileges: [],
    types: [],
    searchPath: defaultSearchPath,
    role: null,
  }
}

/** Schema in which an unqualified object is created. */
export function creationSchema(draft: Draft): string {
  return draft.searchPath[0] ?? 'public'
}

interface Named {
  readonly schema: string | null
  readonly name: string
}

function findNamed<T extends Named>(draft: Draft, list: readonly T[], relation: RelationName): T | null {
  const schemas = relation.schema === null ? draft.searchPath : [relation.schema]
  for (const schema of schemas) {
    const found = list.find((item) => item.schema === schema && item.name === relation.name)
    if (found !== undefined) return found
  }
  return null
}

export function findTable(draft: Draft, relation: RelationName): DraftTable | null {
  return findNamed(draft, draft.tables, relation)
}

export function findView(draft: Draft, relation: RelationName): DraftView | null {
  return findNamed(draft, draft.views, relation)
}

/** The relation with its schema: that of the existing object, else that in which it would be created. */
export function qualify(draft: Draft, relation: RelationName): RelationName & { readonly schema: string } {
  const known = findTable(draft, relation) ?? findView(draft, relation)
  return { schema: known?.schema ?? relation.schema ?? creationSchema(draft), name: relation.name }
}

export function sameRelation(left: RelationName, right: RelationName): boolean {
  return left.name === right.name && left.schema === right.schema
}

/** The table and everything below it: most changes recurse to partitions and children. */
export function family(draft: Draft, table: DraftTable): DraftTable[] {
  const found = [table]
  // The list grows while it is walked.
  for (const member of found) {
    const children = draft.tables.filter(({ inherits }) =>
      inherits.some((parent) => sameRelation(parent, member)),
    )
    found.push(...children.filter((child) => !found.includes(child)))
  }
  return found
}

/** Is the name taken by a table, view, index or key in this schema? They share one name space. */
export function isNameTaken(draft: Draft, schema: string, name: string): boolean {
  return (
    draft.tables.some(
      (table) =>
        table.schema === schema &&
        (table.name === name ||
          table.keys.some((key) => key.name === name) ||
          table.indexes.some((index) => index.name === name)),
    ) || draft.views.some((view) => view.schema === schema && view.name === name)
  )
}

const byName = (left: RelationName, right: RelationName): number =>
  `${left.schema}.${left.name}` < `${right.schema}.${right.name}` ? -1 : 1

/** Freezes the draft into the picture that the audit reads. */
export function finish(draft: Draft): Schema {
  const bound = bindExpressions(draft.tables, draft.views)
  const ownerOf = new Map(
    [...draft.tables, ...draft.views].map((item) => [`${item.schema}.${item.name}`, item.owner]),
  )
  const defaults = draft.defaultPrivileges.map((entry): Grant => ({
    grantee: entry.grantee,
    object: { schema: entry.schema, name: '*' },
    objectKind: 'default',
    privileges: entry.privileges,
    columns: null,
    origin: entry.origin,
  }))
  return {
    source: 'migrations',
    tables: bound.tables.toSorted(byName),
    views: bound.views.toSorted(byName),
    functions: draft.functions.map(({ parameters: _, ...routine }) => routine).toSorted(byName),
    roles: draft.roles.toSorted((left, right) => (left.name < right.name ? -1 : 1)),
    grants: [
      ...draft.grants.filter(
        ({ grantee, object }) => ownerOf.get(`${object.schema}.${object.name}`) !== grantee,
      ),
      ...defaults,
    ],
    settings: draft.settings,
    serverVersion: null,
    unread: draft.unread,
  }
}
