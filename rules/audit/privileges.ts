import type { Role, Schema, Table } from '../schema/schema.ts'
import type { RelationName } from '../sql/statement.ts'
import { nameOf } from './subjects.ts'

const rowPrivileges = ['select', 'insert', 'update', 'delete']

/** Roles, other than the owner, that were granted access to rows of a table. */
export function granteesOf(schema: Schema, table: Table, privileges = rowPrivileges): string[] {
  const name = nameOf(table)
  const grantees = schema.grants.flatMap((grant) =>
    grant.objectKind === 'table' &&
    nameOf(grant.object) === name &&
    grant.grantee !== table.owner &&
    grant.privileges.some((privilege) => privileges.includes(privilege))
      ? [grant.grantee]
      : [],
  )
  return [...new Set(grantees)].toSorted()
}

export function roleNamed(schema: Schema, name: string): Role | null {
  return schema.roles.find((role) => role.name === name) ?? null
}

/** The role and every role that it can become with SET ROLE. */
export function rolesReachableFrom(schema: Schema, name: string): string[] {
  const reached = new Set<string>()
  const visit = (role: string): void => {
    if (reached.has(role)) return
    reached.add(role)
    roleNamed(schema, role)?.memberOf.forEach(visit)
  }
  visit(name)
  return [...reached]
}

export function grantsOn(schema: Schema, relation: RelationName): Schema['grants'] {
  const name = nameOf(relation)
  return schema.grants.filter((grant) => grant.objectKind === 'table' && nameOf(grant.object) === name)
}
