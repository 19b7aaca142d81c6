import type { AuditCheck } from './check.ts'
import { granteesOf } from './privileges.ts'
import { quote, quoteRelation, rowSecurityMode, tenantTables } from './subjects.ts'

export const truncateGranted: AuditCheck = {
  id: 'truncate-granted',
  direction: 'open',
  title: 'TRUNCATE, which no policy stops, granted on a tenant table',
  catalogue: 55,
  *run(context) {
    if (rowSecurityMode(context) === 'none') return
    for (const { table, name } of tenantTables(context)) {
      for (const grantee of granteesOf(context.schema, table, ['truncate'])) {
        const written = grantee === 'public' ? 'PUBLIC' : quote(grantee)
        yield {
          object: name,
          origin:
            context.schema.grants.find(
              (grant) =>
                grant.grantee === grantee &&
                grant.privileges.includes('truncate') &&
                grant.object.name === table.name,
            )?.origin ?? table.origin,
          message:
            `${grantee} may TRUNCATE ${name}: that removes the rows of all tenants, and row-level security does not apply ` +
            `to it. Revoke it.`,
          fix: `REVOKE TRUNCATE ON ${quoteRelation(table)} FROM ${written};`,
          key: `${name}/${grantee}`,
        }
      }
    }
  },
}
