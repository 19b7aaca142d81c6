import type { AuditCheck } from './check.ts'
import { isChild, quote, quoteRelation, tenantTables } from './subjects.ts'

export const nullableTenantColumn: AuditCheck = {
  id: 'nullable-tenant-column',
  direction: 'open',
  title: 'A tenant key that may be null',
  catalogue: 8,
  *run(context) {
    for (const { table, ownership, name } of tenantTables(context)) {
      if (ownership.kind !== 'owned' && ownership.kind !== 'through') continue
      const column = table.columns.find((candidate) => candidate.name === ownership.column)
      if (column === undefined || !column.nullable || isChild(context, table)) continue
      yield {
        object: `${name}.${column.name}`,
        origin: column.origin ?? table.origin,
        message:
          `${name}.${column.name} says whose row it is, but may be null: such a row belongs to nobody, and a ` +
          `filter that treats null as "any" shows it to all. Make it NOT NULL.`,
        fix: `ALTER TABLE ${quoteRelation(table)} ALTER COLUMN ${quote(column.name)} SET NOT NULL;`,
        key: `${name}.${column.name}`,
      }
    }
  },
}
