import type { AuditCheck } from './check.ts'
import { nameOf } from './subjects.ts'
import { tenantTablesBehind } from './view-sources.ts'

export const materializedViewOverOwned: AuditCheck = {
  id: 'materialized-view-over-owned',
  direction: 'open',
  title: 'A stored copy of tenant rows that no policy can protect',
  catalogue: 47,
  *run(context) {
    for (const view of context.schema.views) {
      // A model that says what the copy is has answered the question; only a policy it cannot have.
      const declared = context.tenancy.ownershipOf(view).kind
      if (!view.materialized || declared !== 'unknown') continue
      const tables = tenantTablesBehind(context, view)
      if (tables.length === 0) continue
      const name = nameOf(view)
      yield {
        object: `materialized view ${name}`,
        origin: view.origin,
        message:
          `Materialized view ${name} holds rows of ${tables.join(', ')} of all tenants, and row-level security cannot be ` +
          `put on it. Replace it by a table with policies, or say in the tenancy model why it is global.`,
        fix: null,
        key: name,
      }
    }
  },
}
