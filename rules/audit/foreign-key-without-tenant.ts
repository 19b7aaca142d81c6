import type { Ownership } from '../confinement/verdict.ts'
import type { Key, Table } from '../schema/schema.ts'
import type { AuditCheck, AuditContext } from './check.ts'
import { isChild, nameOf, ownershipOf, quote, quoteRelation, subjectsOf, tableNamed } from './subjects.ts'

type ForeignKey = Extract<Key, { kind: 'foreign' }>

/** Does the key carry the tenant of the row to the tenant of the row that it refers to? */
export function carriesTenant(key: ForeignKey, from: Ownership, to: Ownership): boolean {
  if (from.kind !== 'owned' || to.kind !== 'owned') return false
  return key.columns.some(
    (column, index) => column === from.column && key.referencedColumns[index] === to.column,
  )
}

/** Is this key the very link by which one of the two belongs to its tenant? */
function isOwnershipLink(context: AuditContext, table: Table, key: ForeignKey): boolean {
  const from = ownershipOf(context, table)
  const to = ownershipOf(context, key.references)
  const same = (
    written: string,
    relation: { readonly name: string; readonly schema: string | null },
  ): boolean =>
    context.tenancy.find(written)?.name ===
      context.tenancy.find(`${relation.schema}.${relation.name}`)?.name || written === relation.name
  const pairs = key.columns.map((column, index) => [column, key.referencedColumns[index]] as const)
  if (from.kind === 'through' && same(from.parent, key.references)) {
    return pairs.some(([column]) => column === from.column)
  }
  return (
    to.kind === 'through' &&
    same(to.parent, table) &&
    pairs.some(([column, referenced]) => column === to.parentColumn && referenced === to.column)
  )
}

function widened(context: AuditContext, table: Table, key: ForeignKey): string | null {
  const from = ownershipOf(context, table)
  const to = ownershipOf(context, key.references)
  if (from.kind !== 'owned' || to.kind !== 'owned') return null
  const columns = [from.column, ...key.columns].map(quote).join(', ')
  const referenced = [to.column, ...key.referencedColumns].map(quote).join(', ')
  const target = quoteRelation(key.references)
  const parent = tableNamed(context.schema, key.references)
  const has = parent?.keys.some(
    (candidate) =>
      candidate.kind !== 'foreign' &&
      candidate.columns.length === key.referencedColumns.length + 1 &&
      [to.column, ...key.referencedColumns].every((column) => candidate.columns.includes(column)),
  )
  const setNull = key.onDeleteColumns ?? key.columns
  const onDelete =
    key.onDelete === 'no action'
      ? ''
      : ` ON DELETE ${key.onDelete.toUpperCase()}${key.onDelete === 'set null' ? ` (${setNull.map(quote).join(', ')})` : ''}`
  const unique = has === true ? '' : `ALTER TABLE ${target} ADD UNIQUE (${referenced});\n`
  return (
    `${unique}ALTER TABLE ${quoteRelation(table)} DROP CONSTRAINT ${quote(key.name)}, ` +
    `ADD CONSTRAINT ${quote(key.name)} FOREIGN KEY (${columns}) REFERENCES ${target} (${referenced})${onDelete};`
  )
}

export const foreignKeyWithoutTenant: AuditCheck = {
  id: 'foreign-key-without-tenant',
  direction: 'open',
  title: "A reference that may point into another tenant's rows",
  catalogue: 60,
  *run(context) {
    for (const { table, ownership, name } of subjectsOf(context)) {
      if ((ownership.kind !== 'owned' && ownership.kind !== 'through') || isChild(context, table)) continue
      for (const key of table.keys) {
        if (key.kind !== 'foreign') continue
        const target = ownershipOf(context, key.references)
        if (target.kind !== 'owned' && target.kind !== 'through') continue
        if (carriesTenant(key, ownership, target) || isOwnershipLink(context, table, key)) continue
        yield {
          object: `${key.name} on ${name}`,
          origin: key.origin ?? table.origin,
          message:
            `${key.name} lets (${key.columns.join(', ')}) of ${name} refer to a row of ${nameOf(key.references)} that ` +
            `belongs to another tenant: foreign keys do not obey row-level security. Make the tenant part of the key.`,
          fix: widened(context, table, key),
          key: `${name}/${key.name}`,
        }
      }
    }
  },
}
