import type { AuditCheck } from './check.ts'
import { granteesOf } from './privileges.ts'
import { nameOf, quoteRelation, rowSecurityMode, tableNamed, tenantTables } from './subjects.ts'

export const partitionWithoutRls: AuditCheck = {
  id: 'partition-without-rls',
  direction: 'open',
  title: 'A partition or child that is reached directly, past the policies of its parent',
  catalogue: 6,
  *run(context) {
    if (rowSecurityMode(context) === 'none') return
    for (const { table, name } of tenantTables(context)) {
      const parent = table.inherits.map((relation) => tableNamed(context.schema, relation))[0]
      if (parent === null || parent === undefined || table.rowSecurity) continue
      const own = granteesOf(context.schema, table)
      // Where privileges are not stated at all, whoever reaches the parent is taken to reach its parts.
      if (own.length === 0 && granteesOf(context.schema, parent).length > 0) continue
      yield {
        object: name,
        origin: table.origin,
        message:
          `${name} is part of ${nameOf(parent)} but has no row-level security of its own: read directly, it shows all ` +
          `tenants. Enable it there too, or revoke access to the part.`,
        fix: `ALTER TABLE ${quoteRelation(table)} ENABLE ROW LEVEL SECURITY;\nALTER TABLE ${quoteRelation(table)} FORCE ROW LEVEL SECURITY;`,
        key: name,
      }
    }
  },
}
