import type { View } from '../schema/schema.ts'
import type { RelationName } from '../sql/statement.ts'
import type { AuditContext } from './check.ts'
import { isTenantData, nameOf, ownershipOf } from './subjects.ts'

/** Tenant tables that a view shows, through any chain of views, by name. */
export function tenantTablesBehind(context: AuditContext, view: View): string[] {
  const seen = new Set<string>()
  const found = new Set<string>()
  const visit = (relation: RelationName): void => {
    const name = nameOf(relation)
    if (seen.has(name)) return
    seen.add(name)
    const inner = context.schema.views.find((candidate) => nameOf(candidate) === name)
    if (inner !== undefined) inner.reads.forEach(visit)
    else if (isTenantData(ownershipOf(context, relation))) found.add(name)
  }
  view.reads.forEach(visit)
  return [...found].toSorted()
}
