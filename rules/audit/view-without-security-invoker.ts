import type { AuditCheck } from './check.ts'
import { nameOf, quoteRelation, rowSecurityMode } from './subjects.ts'
import { tenantTablesBehind } from './view-sources.ts'

export const viewWithoutSecurityInvoker: AuditCheck = {
  id: 'view-without-security-invoker',
  direction: 'open',
  title: "A view that reads tenant tables with its owner's rights",
  catalogue: 44,
  *run(context) {
    if (rowSecurityMode(context) === 'none') return
    for (const view of context.schema.views) {
      if (view.materialized || view.securityInvoker) continue
      if (context.tenancy.ownershipOf(view).kind === 'global') continue
      const tables = tenantTablesBehind(context, view)
      if (tables.length === 0) continue
      const name = nameOf(view)
      yield {
        object: `view ${name}`,
        origin: view.origin,
        message:
          `View ${name} reads ${tables.join(', ')} with the rights of its owner, whose policies apply instead of the ` +
          `caller's. Set security_invoker (PostgreSQL 15 and later).`,
        fix: `ALTER VIEW ${quoteRelation(view)} SET (security_invoker = true);`,
        key: name,
      }
    }
  },
}
