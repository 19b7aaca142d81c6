import type { AuditCheck } from './check.ts'
import { isChild, quoteRelation, rowSecurityMode, tenantTables } from './subjects.ts'

export const rlsDisabled: AuditCheck = {
  id: 'rls-disabled',
  direction: 'open',
  title: 'A tenant table without row-level security',
  catalogue: 1,
  *run(context) {
    if (rowSecurityMode(context) === 'none') return
    for (const { table, name } of tenantTables(context)) {
      // Policies that are not switched on are a hole of their own; children are judged by what reaches them.
      if (table.rowSecurity || table.policies.length > 0 || isChild(context, table)) continue
      yield {
        object: name,
        origin: table.origin,
        message:
          `${name} holds tenant data, but row-level security is not enabled: every role that may read it ` +
          `reads all tenants. Enable it and add a policy.`,
        fix: `ALTER TABLE ${quoteRelation(table)} ENABLE ROW LEVEL SECURITY;`,
        key: name,
      }
    }
  },
}
