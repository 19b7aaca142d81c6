import { relationText, tenantText } from '../query/advice.ts'
import { massAssignmentsIn } from '../query/authority/mass-assignment.ts'
import { defineRule } from '../query/rule.ts'

interface Options {
  /** Report also objects that have passed a schema which is not in sight, and values that may have been checked. */
  readonly reportUnknown: boolean
}

/** What a request sends, written as it is, so that it can set the tenant key. */
export default defineRule<Options>({
  name: 'no-tenant-mass-assignment',
  description: 'Disallow writing request data as it is, where it can set the tenant key',
  evenSingleTenant: true,
  messages: {
    spread:
      '`{{source}}` is written into `{{relation}}` as the request sends it, so it can set `{{column}}` to another tenant. Write the columns out, or set `{{column}}` to {{tenant}} after it.',
    moved:
      '`{{column}}` of `{{relation}}` is set to what the request sends (`{{source}}`), which moves the row to another tenant. Leave the tenant key out of updates, or set it to {{tenant}}.',
  },
  schema: {
    reportUnknown: {
      type: 'boolean',
      description:
        'Report also objects that have passed a schema which is not in sight, and values that may have been checked.',
    },
  },
  defaults: { reportUnknown: false },
  check({ queries, node, file }, options, report) {
    const told = new Set<string>()
    for (const judged of queries) {
      // The further statements of a Prisma call are its nested writes, whose data stands inside that of the first.
      if (judged.query.library === 'prisma' && judged !== queries[0]) continue
      for (const { kind, mention, column, source, certain } of massAssignmentsIn(judged, node, file)) {
        if ((!certain && !options.reportUnknown) || told.has(source)) continue
        told.add(source)
        report(kind, node, {
          source,
          column,
          relation: relationText(mention),
          tenant: tenantText(file.tenancy),
        })
      }
    }
  },
})
