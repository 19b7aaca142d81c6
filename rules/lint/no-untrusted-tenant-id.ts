import { relationText, tenantText } from '../query/advice.ts'
import { untrustedIn } from '../query/authority/untrusted.ts'
import { reachText } from '../query/reach/reach-text.ts'
import { defineRule } from '../query/rule.ts'

interface Options {
  /** Report also where something that may be a guard is called, and where it is not seen how a request gets there. */
  readonly reportUnknown: boolean
}

/** A tenant predicate whose value the request chooses, with nothing that ties it to who is signed in. */
export default defineRule<Options>({
  name: 'no-untrusted-tenant-id',
  description: 'Disallow tenant ids from the request that are not checked against the authenticated actor',
  evenSingleTenant: true,
  messages: {
    untrusted:
      '`{{relation}}` is confined to the tenant that the request names (`{{source}}`), and nothing shows that the actor belongs to it. Use {{tenant}}, or look up the membership of the signed-in user first and reject the request when there is none.{{reach}}',
  },
  schema: {
    reportUnknown: {
      type: 'boolean',
      description:
        'Report also where something that may be a guard is called, and where it is not seen how a request gets there.',
    },
  },
  defaults: { reportUnknown: false },
  check({ queries, file, node }, options, report) {
    for (const { claimed, certain, exposure } of untrustedIn(node, queries, file)) {
      if (!certain && !options.reportUnknown) continue
      report('untrusted', node, {
        relation: relationText(claimed.mention),
        source: exposure?.kind === 'certain' ? exposure.value : claimed.path,
        reach: exposure === undefined ? '' : reachText(exposure),
        tenant: tenantText(file.tenancy),
      })
    }
  },
})
