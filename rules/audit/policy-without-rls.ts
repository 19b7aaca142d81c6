import type { AuditCheck } from './check.ts'
import { nameOf, quoteRelation } from './subjects.ts'

export const policyWithoutRls: AuditCheck = {
  id: 'policy-without-rls',
  direction: 'open',
  title: 'Policies that row-level security never applies',
  catalogue: 2,
  *run({ schema }) {
    for (const table of schema.tables) {
      if (table.rowSecurity || table.policies.length === 0) continue
      const name = nameOf(table)
      yield {
        object: name,
        origin: table.origin,
        message:
          `${name} has ${table.policies.map((policy) => policy.name).join(', ')}, but row-level security is ` +
          `not enabled, so no policy applies. Enable it.`,
        fix: `ALTER TABLE ${quoteRelation(table)} ENABLE ROW LEVEL SECURITY;`,
        key: name,
      }
    }
  },
}
