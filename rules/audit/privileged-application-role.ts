import type { Role } from '../schema/schema.ts'
import type { AuditCheck, AuditContext } from './check.ts'
import { granteesOf, roleNamed, rolesReachableFrom } from './privileges.ts'
import { nameOf, quote, rowSecurityMode, tenantTables } from './subjects.ts'

interface Power {
  readonly what: string
  readonly fix: string | null
}

/** What lets the role pass by policies, itself or through a role that it can become. */
function powerOf(context: AuditContext, role: Role): Power | null {
  for (const name of rolesReachableFrom(context.schema, role.name)) {
    const reached = roleNamed(context.schema, name)
    const own = name === role.name
    const via = own ? 'it' : `it can become ${name}, which`
    const revoke = own ? null : `REVOKE ${quote(name)} FROM ${quote(role.name)};`
    if (reached?.superuser === true) {
      return { what: `${via} is a superuser`, fix: revoke ?? `ALTER ROLE ${quote(name)} NOSUPERUSER;` }
    }
    if (reached?.bypassRls === true) {
      return { what: `${via} has BYPASSRLS`, fix: revoke ?? `ALTER ROLE ${quote(name)} NOBYPASSRLS;` }
    }
    const owned = tenantTables(context).find(({ table }) => table.owner === name)
    if (owned !== undefined && !own) return { what: `${via} owns ${owned.name}`, fix: revoke }
  }
  return null
}

export const privilegedApplicationRole: AuditCheck = {
  id: 'privileged-application-role',
  direction: 'open',
  title: 'A role that serves tenants and may pass by their policies',
  catalogue: 35,
  *run(context) {
    if (rowSecurityMode(context) === 'none') return
    const writers = new Map<string, string>()
    for (const { table } of tenantTables(context)) {
      for (const grantee of granteesOf(context.schema, table, ['insert', 'update', 'delete'])) {
        if (!writers.has(grantee)) writers.set(grantee, nameOf(table))
      }
    }
    for (const [name, table] of writers) {
      const role = roleNamed(context.schema, name)
      const power = role === null ? null : powerOf(context, role)
      if (role === null || power === null) continue
      yield {
        object: `role ${name}`,
        origin: role.origin,
        message:
          `Role ${name} writes ${table}, and ${power.what}: no policy holds it. Give the application a role without ` +
          `such rights.`,
        fix: power.fix,
        key: name,
      }
    }
  },
}
