import type { AuditCheck } from './check.ts'
import { nameOf, ownershipOf, subjectsOf } from './subjects.ts'

export const childWithoutTenantKey: AuditCheck = {
  id: 'child-without-tenant-key',
  direction: 'open',
  title: 'A table called global that refers to rows of tenants',
  catalogue: 11,
  *run(context) {
    for (const { table, ownership, name } of subjectsOf(context)) {
      if (ownership.kind !== 'global') continue
      const key = table.keys.find((candidate) => {
        if (candidate.kind !== 'foreign') return false
        const target = ownershipOf(context, candidate.references).kind
        return target === 'owned' || target === 'through'
      })
      if (key === undefined || key.kind !== 'foreign') continue
      yield {
        object: name,
        origin: key.origin ?? table.origin,
        message:
          `${name} is called global, but ${key.name} refers to ${nameOf(key.references)}, whose rows belong to tenants: ` +
          `every tenant reads who is referred to. Make it ownedThrough (${key.columns.join(', ')}), or give it the tenant key.`,
        fix: null,
        key: name,
      }
    }
  },
}
