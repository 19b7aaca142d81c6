import { openConflict } from '../query/conflict.ts'
import { missingPredicate, tenantText } from '../query/advice.ts'
import type { Judged } from '../query/judge.ts'
import {
  type ConfinementOptions,
  confinementDefaults,
  confinementSchema,
  defineRule,
  isWanted,
} from '../query/rule.ts'
import { suggestionMessages, suggestionsFor } from '../query/suggest/suggestion.ts'
import { reportTogether, type Told } from '../query/together.ts'

/** The column that the new row must carry. */
function keyOf({ ownership }: Judged): string {
  switch (ownership.kind) {
    case 'owned':
    case 'through':
      return ownership.column
    case 'root':
      return ownership.key
    case 'global':
    case 'unknown':
      return 'the tenant key'
  }
}

/** An insert or upsert of tenant-owned rows without the tenant key. */
export default defineRule<ConfinementOptions>({
  name: 'require-tenant-on-insert',
  description: 'Require every insert of tenant-owned rows to set the tenant key',
  hasSuggestions: true,
  messages: {
    ...suggestionMessages,
    missing:
      'Rows are inserted into `{{relation}}` without `{{column}}` being set to the tenant. Set `{{column}}` to {{tenant}}.{{others}}{{reach}}',
    unknown:
      'It could not be decided whether the rows inserted into `{{relation}}` belong to one tenant: {{reason}}. Set `{{column}}` where it can be seen.',
    through:
      'Rows are inserted into `{{relation}}` under a parent that may be of another tenant: `{{column}}` is not checked. Insert with SELECT from a confined parent (`{{predicate}}`), or carry the tenant key in both.{{others}}{{reach}}',
  },
  schema: confinementSchema,
  defaults: confinementDefaults,
  check(site, options, report) {
    const { findings, file } = site
    const told: Told[] = []
    for (const finding of findings) {
      const { occurrence, state } = finding
      if (occurrence.occurrence.access !== 'insert' || state.kind === 'unnamed') continue
      if (!isWanted(finding, options, file)) continue
      // The row that is inserted is the tenant's: the one it runs into is the business of require-tenant-conflict-target.
      if (openConflict(finding.judged, file.tenancy) !== null) continue
      const through = occurrence.ownership.kind === 'through'
      told.push({
        messageId: state.kind === 'unknown' ? 'unknown' : through ? 'through' : 'missing',
        finding,
        data: {
          column: keyOf(occurrence),
          tenant: tenantText(file.tenancy),
          predicate: missingPredicate(occurrence, file.tenancy),
          reason: state.kind === 'unknown' ? state.reason : '',
        },
        suggest: suggestionsFor(finding, site, file.scope),
      })
    }
    reportTogether(site, told, options.tier, report)
  },
})
