import { relationText } from '../query/advice.ts'
import { defineFileRule } from '../surroundings/rule.ts'
import { unusedTenants } from '../surroundings/unused-tenant.ts'

interface Options {
  /** Report also where something else confines every query: another value, row-level security, a scoped client. */
  readonly requireExplicit: boolean
}

/** A tenant that a function takes and does nothing with. */
export default defineFileRule<Options>({
  name: 'no-unused-tenant',
  description: 'Disallow tenant parameters that nothing reads beside queries of tenant-owned rows',
  presets: ['recommended', 'strict'],
  evenTenantless: false,
  messages: {
    open: '`{{tenant}}` is a parameter that nothing reads, and `{{relation}}` is queried without it: callers take the rows for those of that tenant. Bind the query to it, or take the parameter away.',
    confined:
      '`{{tenant}}` is a parameter that nothing reads: the rows of `{{relation}}` are those of another value than callers name. Bind the query to it, or take the parameter away.',
  },
  schema: {
    requireExplicit: {
      type: 'boolean',
      description:
        'Report also where something else confines every query: another value, row-level security, a scoped client.',
    },
  },
  defaults: { requireExplicit: false },
  mentions: () => true,
  check(file, options, report) {
    if (file.queries === null || file.queries.sites.length === 0) return
    for (const { parameter, mention, confined } of unusedTenants(file)) {
      if (confined && !options.requireExplicit) continue
      report(confined ? 'confined' : 'open', parameter, {
        tenant: parameter.name,
        relation: relationText(mention),
      })
    }
  },
})
