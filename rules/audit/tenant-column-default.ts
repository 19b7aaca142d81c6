import { conditionOf } from '../sql/statements.ts'
import type { AuditCheck } from './check.ts'
import { isChild, quote, quoteRelation, subjectsOf } from './subjects.ts'

/** Is the default one fixed value, whoever acts? */
function isLiteral(text: string): boolean {
  const condition = conditionOf(`(${text}) = x`, { schema: null, name: 'x', columns: ['x'] })
  return condition.kind === 'compare' && condition.left.kind === 'literal' && condition.left.value !== null
}

export const tenantColumnDefault: AuditCheck = {
  id: 'tenant-column-default',
  direction: 'open',
  title: 'A tenant key that falls back to one fixed tenant',
  catalogue: 9,
  *run(context) {
    for (const { table, ownership, name } of subjectsOf(context)) {
      if ((ownership.kind !== 'owned' && ownership.kind !== 'through') || isChild(context, table)) continue
      const column = table.columns.find((candidate) => candidate.name === ownership.column)
      if (column === undefined || column.default === null || !isLiteral(column.default)) continue
      yield {
        object: `${name}.${column.name}`,
        origin: column.origin ?? table.origin,
        message:
          `${name}.${column.name} defaults to ${column.default}: an insert that forgets the tenant gives the row to that ` +
          `one. Drop the default.`,
        fix: `ALTER TABLE ${quoteRelation(table)} ALTER COLUMN ${quote(column.name)} DROP DEFAULT;`,
        key: `${name}.${column.name}`,
      }
    }
  },
}
