import type { Operation, Target, TenantHint } from '../target/target.ts'

/** One place where a request may name a tenant, and in which form. */
export interface Hint {
  /** As shown and as part of a finding's identity: `header:x-tenant-id`. */
  readonly id: string
  readonly place: TenantHint
  readonly value: 'id' | 'slug'
  /** `replace` the actor's own value, or send both, its own first or last. */
  readonly manner: 'replace' | 'first' | 'last'
}

/** Header names that services read tenants from, though they may not say so. */
const customaryHeaders = ['x-tenant-id', 'x-org-id', 'x-organization-id', 'x-workspace-id', 'x-tenant']
const customaryQueries = ['tenantId', 'tenant_id', 'tenant']

/** Body and query fields by which a tenant is named, besides those of the tenancy model. */
const customaryFields = [
  'tenant_id',
  'organization_id',
  'org_id',
  'workspace_id',
  'account_id',
  'company_id',
  'team_id',
]

/** The hints of a target, its own first. */
export function hintsOf(target: Target): readonly Hint[] {
  const hints: Hint[] = []
  const add = (place: TenantHint, name: string, declared: boolean): void => {
    const values = place.value === undefined ? (['id', 'slug'] as const) : [place.value]
    for (const value of values) {
      const id = `${place.in}:${name}`
      if (hints.some((hint) => hint.id === id && hint.value === value)) continue
      hints.push({ id, place, value, manner: 'replace' })
      if (declared && (place.in === 'header' || place.in === 'query')) {
        hints.push({ id, place, value, manner: 'last' }, { id, place, value, manner: 'first' })
      }
    }
  }
  for (const place of target.hints ?? []) {
    if (place.in === 'path' || place.in === 'body') continue
    add(place, place.in === 'subdomain' ? place.suffix : place.name, true)
  }
  for (const name of customaryHeaders)
    if (!declares(target, name)) add({ in: 'header', name, value: 'id' }, name, false)
  for (const name of customaryQueries)
    if (!declares(target, name)) add({ in: 'query', name, value: 'id' }, name, false)
  return hints
}

function declares(target: Target, name: string): boolean {
  return (target.hints ?? []).some((hint) => 'name' in hint && hint.name.toLowerCase() === name.toLowerCase())
}

/** Names of body fields that might set the owner of a row, the likeliest first. */
export function tenantFieldsOf(
  target: Target,
  tenantColumns: readonly string[],
  operations: readonly Operation[],
): readonly string[] {
  const named = (target.hints ?? []).flatMap((hint) => (hint.in === 'body' ? [hint.name] : []))
  const described = new Set<string>()
  for (const operation of operations) {
    for (const [place, type] of Object.entries(operation.bodyResources ?? {})) {
      if (/^(tenant|org|organi[sz]ation|workspace|account|company|team)$/.test(type)) described.add(place)
    }
  }
  const columns = [...tenantColumns, ...customaryFields]
  return [...new Set([...named, ...described, ...columns.flatMap((column) => [column, camelCase(column)])])]
}

function camelCase(column: string): string {
  return column.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
}
