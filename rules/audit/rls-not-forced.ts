import type { Table } from '../schema/schema.ts'
import type { AuditCheck } from './check.ts'
import { granteesOf } from './privileges.ts'
import { quoteRelation, rowSecurityMode, tenantTables } from './subjects.ts'

function describeOwner(table: Table): string {
  return table.owner === null
    ? 'the owner, which the migrations do not name, may be the role that the application uses'
    : `its owner ${table.owner} is exempt`
}

export const rlsNotForced: AuditCheck = {
  id: 'rls-not-forced',
  direction: 'open',
  title: "Row-level security that the table's owner passes by",
  catalogue: 4,
  *run(context) {
    const mode = rowSecurityMode(context)
    if (mode === 'none') return
    for (const { table, name } of tenantTables(context)) {
      if (!table.rowSecurity || table.forceRowSecurity) continue
      // A role that was granted access is presumably the one that the application uses, and not the owner.
      if (mode === 'enabled' && granteesOf(context.schema, table).length > 0) continue
      yield {
        object: name,
        origin: table.origin,
        message:
          `${name} does not force row-level security: ${describeOwner(table)} and sees all tenants. ` +
          `Force it, and let the application use a role that owns nothing.`,
        fix: `ALTER TABLE ${quoteRelation(table)} FORCE ROW LEVEL SECURITY;`,
        key: name,
      }
    }
  },
}
