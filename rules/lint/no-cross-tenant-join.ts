import { leakText, missingPredicate } from '../query/advice.ts'
import {
  type ConfinementOptions,
  confinementDefaults,
  confinementSchema,
  defineRule,
  isWanted,
} from '../query/rule.ts'
import { suggestionMessages, suggestionsFor } from '../query/suggest/suggestion.ts'
import { reportTogether, type Told } from '../query/together.ts'

/** A join or include that leaves the joined relation unconfined. */
export default defineRule<ConfinementOptions>({
  name: 'no-cross-tenant-join',
  description: "Disallow joins that can combine one tenant's rows with another's",
  hasSuggestions: true,
  messages: {
    ...suggestionMessages,
    missing:
      '`{{relation}}` is joined without being confined to one tenant: {{reason}}. Add `{{predicate}}`, or join on the tenant key of a confined relation.{{others}}{{reach}}',
    unknown:
      'It could not be decided whether the joined `{{relation}}` is confined to one tenant: {{reason}}. Write `{{predicate}}` where it can be seen.',
  },
  schema: confinementSchema,
  defaults: confinementDefaults,
  check(site, options, report) {
    const { findings, file } = site
    const told: Told[] = []
    for (const finding of findings) {
      const { occurrence, state } = finding
      if (!occurrence.joined || occurrence.occurrence.access !== 'read') continue
      if (state.kind !== 'leak' && state.kind !== 'unknown') continue
      if (!isWanted(finding, options, file)) continue
      told.push({
        messageId: state.kind === 'leak' ? 'missing' : 'unknown',
        finding,
        data: {
          reason: state.kind === 'leak' ? leakText(state.reason) : state.reason,
          predicate: missingPredicate(occurrence, file.tenancy),
        },
        suggest: suggestionsFor(finding, site, file.scope),
      })
    }
    reportTogether(site, told, options.tier, report)
  },
})
