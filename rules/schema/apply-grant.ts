import type {
  AlterDefaultPrivilegesStmt,
  AlterRoleSetStmt,
  AlterRoleStmt,
  AlterDatabaseSetStmt,
  CreateRoleStmt,
  GrantRoleStmt,
  GrantStmt,
  VariableSetStmt,
} from 'libpg-query'
import type { RelationName } from '../sql/statement.ts'
import { flagOf, namesOf, optionsOf, relationOf, roleOf, rolesOf, wordOf } from './ast.ts'
import { qualify, sameRelation, type Draft, type DraftRole, type DraftTable } from './draft.ts'
import type { Reading } from './reading.ts'
import type { Grant, Origin } from './schema.ts'

/** What ALL stands for. MAINTAIN is left out: it exists from release 17 on and gives no access to rows. */
const tablePrivileges = ['delete', 'insert', 'references', 'select', 'trigger', 'truncate', 'update']

const objectKinds: Readonly<Record<string, Grant['objectKind']>> = {
  OBJECT_TABLE: 'table',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_SCHEMA: 'schema',
}

interface Privilege {
  readonly name: string
  readonly columns: readonly string[] | null
}

function privilegesOf(statement: GrantStmt, kind: Grant['objectKind']): Privilege[] {
  const listed = (statement.privileges ?? []).flatMap((node) =>
    'AccessPriv' in node ? [node.AccessPriv] : [],
  )
  const all =
    kind === 'table'
      ? tablePrivileges
      : kind === 'sequence'
        ? ['select', 'update', 'usage']
        : ['create', 'usage']
  const everything = (columns: readonly string[] | null): Privilege[] =>
    (columns === null ? all : ['insert', 'references', 'select', 'update']).map((name) => ({ name, columns }))
  if (listed.length === 0) return everything(null)
  return listed.flatMap(({ priv_name, cols }) => {
    const columns = cols === undefined ? null : namesOf(cols)
    return priv_name === undefined ? everything(columns) : [{ name: priv_name.toLowerCase(), columns }]
  })
}

function change(
  draft: Draft,
  grantee: string,
  object: RelationName,
  objectKind: Grant['objectKind'],
  privilege: Privilege,
  origin: Origin | null,
  give: boolean,
): void {
  for (const column of privilege.columns ?? [null]) {
    const at = draft.grants.findIndex(
      (grant) =>
        grant.grantee === grantee &&
        grant.objectKind === objectKind &&
        sameRelation(grant.object, object) &&
        (grant.columns?.[0] ?? null) === column,
    )
    const held = at < 0 ? [] : draft.grants[at]!.privileges
    const privileges = give
      ? [...new Set([...held, privilege.name])].toSorted()
      : held.filter((name) => name !== privilege.name)
    if (at >= 0) draft.grants.splice(at, 1)
    if (privileges.length === 0) continue
    const columns = column === null ? null : [column]
    draft.grants.push({ grantee, object, objectKind, privileges, columns, origin })
  }
}

function objectsOf(draft: Draft, statement: GrantStmt, kind: Grant['objectKind']): RelationName[] {
  const nodes = statement.objects ?? []
  if (statement.targtype === 'ACL_TARGET_ALL_IN_SCHEMA') {
    const schemas = namesOf(nodes)
    if (kind !== 'table') return []
    return [...draft.tables, ...draft.views]
      .filter(({ schema }) => schema !== null && schemas.includes(schema))
      .map(({ schema, name }) => ({ schema, name }))
  }
  return nodes.flatMap((node): RelationName[] => {
    if ('RangeVar' in node) return [qualify(draft, relationOf(node.RangeVar))]
    if ('String' in node) return [{ schema: null, name: node.String.sval ?? '' }]
    return []
  })
}

/** `GRANT` and `REVOKE` on tables, sequences and schemas. Privileges on other objects give no access to rows. */
export function grant(reading: Reading, statement: GrantStmt): void {
  const { draft } = reading
  const kind = objectKinds[statement.objtype ?? '']
  if (kind === undefined) return
  for (const grantee of rolesOf(statement.grantees, draft.role)) {
    for (const object of objectsOf(draft, statement, kind)) {
      for (const privilege of privilegesOf(statement, kind)) {
        const revokesAll = !statement.is_grant && privilege.columns === null
        change(draft, grantee, object, kind, privilege, reading.origin, statement.is_grant ?? false)
        // Revoking a table privilege takes the column privileges of that name with it.
        if (revokesAll) revokeColumns(draft, grantee, object, privilege.name)
      }
    }
  }
}

function revokeColumns(draft: Draft, grantee: string, object: RelationName, name: string): void {
  draft.grants = draft.grants.flatMap((held) => {
    if (held.columns === null || held.grantee !== grantee || !sameRelation(held.object, object)) return [held]
    const privileges = held.privileges.filter((privilege) => privilege !== name)
    return privileges.length === 0 ? [] : [{ ...held, privileges }]
  })
}

/** `ALTER DEFAULT PRIVILEGES … ON TABLES`. */
export function alterDefaultPrivileges(reading: Reading, statement: AlterDefaultPrivilegesStmt): void {
  const { draft } = reading
  const action = statement.action
  if (action?.objtype !== 'OBJECT_TABLE') return
  const options = optionsOf(statement.options)
  const option = (name: string) => options.find(({ defname }) => defname === name)?.arg
  const listOf = (name: string) => {
    const node = option(name)
    return node !== undefined && 'List' in node ? (node.List.items ?? []) : []
  }
  const roles = rolesOf(listOf('roles'), draft.role)
  const schemas = namesOf(listOf('schemas'))
  const names = privilegesOf(action, 'table').map(({ name }) => name)
  for (const grantee of rolesOf(action.grantees, draft.role)) {
    for (const schema of schemas.length > 0 ? schemas : [null]) {
      for (const forRole of roles.length > 0 ? roles : [draft.role]) {
        changeDefault(draft, { grantee, schema, forRole, names }, reading.origin, action.is_grant ?? false)
      }
    }
  }
}

interface DefaultChange {
  readonly grantee: string
  readonly schema: string | null
  readonly forRole: string | null
  readonly names: readonly string[]
}

function changeDefault(draft: Draft, change: DefaultChange, origin: Origin | null, give: boolean): void {
  const { grantee, schema, forRole, names } = change
  const at = draft.defaultPrivileges.findIndex(
    (entry) => entry.grantee === grantee && entry.schema === schema && entry.forRole === forRole,
  )
  const held = at < 0 ? [] : draft.defaultPrivileges[at]!.privileges
  const privileges = give
    ? [...new Set([...held, ...names])].toSorted()
    : held.filter((name) => !names.includes(name))
  if (at >= 0) draft.defaultPrivileges.splice(at, 1)
  if (privileges.length > 0) draft.defaultPrivileges.push({ forRole, schema, grantee, privileges, origin })
}

/** What a relation starts with. A role that cannot be told from the creator counts as the creator. */
export function applyDefaultPrivileges(
  draft: Draft,
  relation: Pick<DraftTable, 'name' | 'schema' | 'owner'>,
): void {
  for (const entry of draft.defaultPrivileges) {
    if (entry.schema !== null && entry.schema !== relation.schema) continue
    if (entry.forRole !== null && relation.owner !== null && entry.forRole !== relation.owner) continue
    const object = { schema: relation.schema, name: relation.name }
    for (const name of entry.privileges) {
      change(draft, entry.grantee, object, 'table', { name, columns: null }, entry.origin, true)
    }
  }
}

function roleNamed(reading: Reading, name: string): DraftRole {
  const found = reading.draft.roles.find((role) => role.name === name)
  if (found !== undefined) return found
  const role: DraftRole = {
    name,
    superuser: false,
    bypassRls: false,
    login: false,
    memberOf: [],
    origin: reading.origin,
  }
  reading.draft.roles.push(role)
  return role
}

function join(role: DraftRole, group: string): void {
  if (!role.memberOf.includes(group)) role.memberOf = [...role.memberOf, group].toSorted()
}

function applyRoleOptions(reading: Reading, role: DraftRole, options: CreateRoleStmt['options']): void {
  for (const option of optionsOf(options)) {
    const names = option.arg !== undefined && 'List' in option.arg ? rolesOf(option.arg.List.items, null) : []
    if (option.defname === 'superuser') role.superuser = flagOf(option)
    if (option.defname === 'bypassrls') role.bypassRls = flagOf(option)
    if (option.defname === 'canlogin') role.login = flagOf(option)
    if (option.defname === 'addroleto') for (const group of names) join(role, group)
    if (option.defname === 'rolemembers' || option.defname === 'adminmembers') {
      for (const member of names) join(roleNamed(reading, member), role.name)
    }
  }
}

export function createRole(reading: Reading, statement: CreateRoleStmt): void {
  const role = roleNamed(reading, statement.role ?? '')
  if (statement.stmt_type === 'ROLESTMT_USER') role.login = true
  applyRoleOptions(reading, role, statement.options)
}

export function alterRole(reading: Reading, statement: AlterRoleStmt): void {
  const name = roleOf(statement.role)
  if (name === null) return
  const role = roleNamed(reading, name)
  role.origin = reading.origin
  applyRoleOptions(reading, role, statement.options)
}

/** `GRANT role TO role` and its reverse. */
export function grantRole(reading: Reading, statement: GrantRoleStmt): void {
  const groups = (statement.granted_roles ?? []).flatMap((node) =>
    'AccessPriv' in node && node.AccessPriv.priv_name !== undefined ? [node.AccessPriv.priv_name] : [],
  )
  for (const name of rolesOf(statement.grantee_roles, reading.draft.role)) {
    const member = roleNamed(reading, name)
    for (const group of groups) {
      if (statement.is_grant) join(member, group)
      // REVOKE ADMIN OPTION FOR leaves the membership in place.
      else if ((statement.opt ?? []).length === 0)
        member.memberOf = member.memberOf.filter((held) => held !== group)
    }
    if (statement.is_grant) member.origin = reading.origin
  }
}

/** `ALTER ROLE … SET` and `ALTER DATABASE … SET`. */
export function storeSetting(
  reading: Reading,
  statement: AlterRoleSetStmt | AlterDatabaseSetStmt,
  database: string | null,
): void {
  const setting = statement.setstmt
  if (setting?.name === undefined) return
  const role = 'role' in statement ? roleOf(statement.role) : null
  const { draft } = reading
  draft.settings = draft.settings.filter(
    (held) => held.name !== setting.name || held.role !== role || held.database !== database,
  )
  if (setting.kind !== 'VAR_SET_VALUE') return
  const value = (setting.args ?? []).map(wordOf).join(', ')
  draft.settings.push({ role, database, name: setting.name, value, origin: reading.origin })
}

/** `SET role`, `SET SESSION AUTHORIZATION`, `SET search_path`, which decide owners and schemas of what follows. */
export function setVariable(draft: Draft, statement: VariableSetStmt, initialPath: readonly string[]): void {
  const values = (statement.args ?? []).flatMap((node) => wordOf(node) ?? [])
  const resets = statement.kind !== 'VAR_SET_VALUE'
  if (statement.name === 'role' || statement.name === 'session_authorization') {
    draft.role = resets || values[0] === 'none' ? null : (values[0] ?? null)
  }
  if (statement.name === 'search_path') setSearchPath(draft, resets ? initialPath : values)
}

export function setSearchPath(draft: Draft, path: readonly string[]): void {
  const schemas = path.map((name) => name.trim()).filter((name) => name !== '' && name !== '$user')
  draft.searchPath = schemas.filter((name) => name !== 'pg_catalog')
}
