import type { AuditCheck } from './check.ts'
import { isChild, tenantTables } from './subjects.ts'

export const onlyRestrictivePolicies: AuditCheck = {
  id: 'only-restrictive-policies',
  direction: 'closed',
  title: 'Restrictive policies with nothing to restrict',
  catalogue: 5,
  *run(context) {
    for (const { table, name } of tenantTables(context)) {
      const { policies } = table
      if (!table.rowSecurity || policies.length === 0 || isChild(context, table)) continue
      if (policies.some(({ permissive }) => permissive)) continue
      yield {
        object: name,
        origin: policies[0]!.origin ?? table.origin,
        message:
          `${name} has only restrictive policies (${policies.map((policy) => policy.name).join(', ')}), which admit no row ` +
          `by themselves. Add a permissive policy for the tenant's own rows.`,
        fix: null,
        key: name,
      }
    }
  },
}
