import { relationText } from '../query/advice.ts'
import { openConflict } from '../query/conflict.ts'
import { defineRule } from '../query/rule.ts'

interface Options {
  /** Report also conflicts that do nothing: they change no row, and tell that it is there. */
  readonly requireExplicit: boolean
  /** Report only upserts that a value from the request steers. */
  readonly onlyRequestControlled: boolean
}

/** An upsert on a key without the tenant, which can update a row of another tenant. */
export default defineRule<Options>({
  name: 'require-tenant-conflict-target',
  description: 'Require the conflict target of an upsert to name the tenant key',
  messages: {
    update:
      'A conflict on `{{target}}` may be with a row of another tenant, and updates it. Put `{{column}}` into the conflict target of `{{relation}}`, with a unique key on both, or add `WHERE {{relation}}.{{column}} = excluded.{{column}}` to the update.',
    nothing:
      'A conflict on `{{target}}` may be with a row of another tenant, and what is inserted tells that it is there. Put `{{column}}` into the conflict target of `{{relation}}`, with a unique key on both.',
  },
  schema: {
    requireExplicit: {
      type: 'boolean',
      description: 'Report also conflicts that do nothing: they change no row, and tell that it is there.',
    },
    onlyRequestControlled: {
      type: 'boolean',
      description: 'Report only upserts that a value from the request steers.',
    },
  },
  defaults: { requireExplicit: false, onlyRequestControlled: false },
  check({ queries, file }, options, report) {
    for (const judged of queries) {
      const conflict = openConflict(judged, file.tenancy)
      if (conflict === null) continue
      const { mention, action, target, column } = conflict
      if ((action === 'nothing' || mention.declared !== null) && !options.requireExplicit) continue
      const steered = judged.query.values.some(({ kind }) => kind === 'request')
      if (options.onlyRequestControlled && !steered) continue
      report(action, judged.query.node, { relation: relationText(mention), target, column })
    }
  },
})
