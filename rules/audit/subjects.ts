import type { Ownership } from '../confinement/verdict.ts'
import type { Schema, Table } from '../schema/schema.ts'
import type { RelationName } from '../sql/statement.ts'
import type { AuditContext } from './check.ts'

/** A table together with what the tenancy model says of it. */
export interface Subject {
  readonly table: Table
  readonly ownership: Ownership
  /** Schema-qualified, as shown in findings and used in keys. */
  readonly name: string
}

export function nameOf({ schema, name }: RelationName): string {
  return `${schema ?? 'public'}.${name}`
}

/** An identifier as SQL needs it written. */
export function quote(identifier: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(identifier) ? identifier : `"${identifier.replaceAll('"', '""')}"`
}

export function quoteRelation({ schema, name }: RelationName): string {
  return `${quote(schema ?? 'public')}.${quote(name)}`
}

export function tableNamed(schema: Schema, relation: RelationName): Table | null {
  return (
    schema.tables.find(
      (table) => table.name === relation.name && (table.schema ?? 'public') === (relation.schema ?? 'public'),
    ) ?? null
  )
}

/** A partition or child holds the rows of its parent, so it belongs to whom the parent belongs to. */
export function ownershipOf(context: AuditContext, relation: RelationName): Ownership {
  const own = context.tenancy.ownershipOf(relation)
  if (own.kind !== 'unknown') return own
  const table = tableNamed(context.schema, relation)
  for (const parent of table?.inherits ?? []) {
    const inherited = ownershipOf(context, parent)
    if (inherited.kind !== 'unknown') return inherited
  }
  return own
}

export function subjectsOf(context: AuditContext): Subject[] {
  return context.schema.tables.map((table) => ({
    table,
    ownership: ownershipOf(context, table),
    name: nameOf(table),
  }))
}

/** Does the relation hold rows of tenants, or the tenants themselves? */
export function isTenantData(ownership: Ownership): boolean {
  return ownership.kind === 'owned' || ownership.kind === 'through' || ownership.kind === 'root'
}

export function tenantTables(context: AuditContext): Subject[] {
  return subjectsOf(context).filter(({ ownership }) => isTenantData(ownership))
}

/** The column by which a row tells its tenant: the key itself, the reference to the parent, the root's key. */
export function tenantColumn(ownership: Ownership): string | null {
  switch (ownership.kind) {
    case 'owned':
    case 'through':
      return ownership.column
    case 'root':
      return ownership.key
    case 'global':
    case 'unknown':
      return null
  }
}

/**
 * What row-level security the schema is held to. A model that says `none` is taken at its word only while no tenant table uses
 * row security: a schema that protects some tables means to protect all of them.
 */
export function rowSecurityMode(context: AuditContext): 'forced' | 'enabled' | 'none' {
  const declared = context.tenancy.rowLevelSecurity
  if (declared === null) return 'enabled'
  if (declared !== 'none') return declared
  const used = tenantTables(context).some(({ table }) => table.rowSecurity || table.policies.length > 0)
  return used ? 'enabled' : 'none'
}

/** Is the table a partition or child of another tenant table, and so judged with its parent? */
export function isChild(context: AuditContext, table: Table): boolean {
  return table.inherits.some((parent) => isTenantData(ownershipOf(context, parent)))
}
