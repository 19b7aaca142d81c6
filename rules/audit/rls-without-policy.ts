import type { AuditCheck } from './check.ts'
import { isChild, tenantTables } from './subjects.ts'

export const rlsWithoutPolicy: AuditCheck = {
  id: 'rls-without-policy',
  direction: 'closed',
  title: 'Row-level security without any policy: nobody sees a row',
  catalogue: 3,
  *run(context) {
    for (const { table, name } of tenantTables(context)) {
      if (!table.rowSecurity || table.policies.length > 0 || isChild(context, table)) continue
      yield {
        object: name,
        origin: table.origin,
        message:
          `${name} has row-level security enabled but no policy, so its tenants see nothing. Add a policy that compares ` +
          `the tenant with the acting one.`,
        fix: null,
        key: name,
      }
    }
  },
}
