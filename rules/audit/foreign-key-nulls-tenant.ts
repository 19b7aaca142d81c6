import type { AuditCheck } from './check.ts'
import { quote, quoteRelation, subjectsOf } from './subjects.ts'

export const foreignKeyNullsTenant: AuditCheck = {
  id: 'foreign-key-nulls-tenant',
  direction: 'closed',
  title: 'A composite reference whose ON DELETE takes the tenant off the row',
  catalogue: 60,
  *run(context) {
    for (const { table, ownership, name } of subjectsOf(context)) {
      if (ownership.kind !== 'owned') continue
      for (const key of table.keys) {
        if (key.kind !== 'foreign' || (key.onDelete !== 'set null' && key.onDelete !== 'set default'))
          continue
        const emptied = key.onDeleteColumns ?? key.columns
        if (!emptied.includes(ownership.column) || key.columns.length < 2) continue
        const rest = key.columns.filter((column) => column !== ownership.column)
        yield {
          object: `${key.name} on ${name}`,
          origin: key.origin ?? table.origin,
          message:
            `Deleting the row that ${key.name} refers to also empties ${name}.${ownership.column}: the row loses its ` +
            `tenant, or the delete fails. Name the columns to empty.`,
          fix:
            key.onDelete === 'set null'
              ? `ALTER TABLE ${quoteRelation(table)} DROP CONSTRAINT ${quote(key.name)}, ADD CONSTRAINT ` +
                `${quote(key.name)} FOREIGN KEY (${key.columns.map(quote).join(', ')}) REFERENCES ` +
                `${quoteRelation(key.references)} (${key.referencedColumns.map(quote).join(', ')}) ` +
                `ON DELETE SET NULL (${rest.map(quote).join(', ')});`
              : null,
          key: `${name}/${key.name}`,
        }
      }
    }
  },
}
