import { leakText, missingPredicate } from '../query/advice.ts'
import {
  type ConfinementOptions,
  confinementDefaults,
  confinementSchema,
  defineRule,
  isWanted,
} from '../query/rule.ts'
import { functionsCalled } from '../sql/plain-functions.ts'
import { suggestionMessages, suggestionsFor } from '../query/suggest/suggestion.ts'
import { reportTogether, type Told } from '../query/together.ts'

/** Read, update or delete of a tenant-owned relation that is not confined to one tenant. */
export default defineRule<ConfinementOptions>({
  name: 'require-tenant-filter',
  description: 'Require every read, update and delete of tenant-owned rows to be confined to one tenant',
  hasSuggestions: true,
  messages: {
    ...suggestionMessages,
    missing:
      '`{{relation}}` is {{access}} without being confined to one tenant: {{reason}}. Add `{{predicate}}`.{{others}}{{reach}}',
    unknown:
      'It could not be decided whether `{{relation}}` is confined to one tenant: {{reason}}. Write `{{predicate}}` where it can be seen.',
    unnamed:
      'The tenancy model does not name `{{relation}}`. Say in tenancy.json who owns its rows: "owned", "ownedThrough" or "global".',
    called:
      'This query calls `{{name}}()`, whose body is not in sight: whether it touches only rows of one tenant could not be decided. Say who looked at it with `watertight-ignore`.',
    opaque: 'This query could not be checked: {{reason}}. Write its text where it can be seen.',
  },
  schema: confinementSchema,
  defaults: confinementDefaults,
  check(site, options, report) {
    const { findings, opaques, queries, node, file } = site
    const told: Told[] = []
    for (const finding of findings) {
      const { occurrence, state } = finding
      const { access } = occurrence.occurrence
      const isOwn = access !== 'insert' && !(occurrence.joined && access === 'read')
      if (state.kind === 'optional' || !isWanted(finding, options, file)) continue
      if (state.kind !== 'unnamed' && !isOwn) continue
      told.push({
        messageId: state.kind === 'leak' ? 'missing' : state.kind,
        finding,
        data: {
          access: access === 'read' ? 'read' : access === 'truncate' ? 'truncated' : `${access}d`,
          reason:
            state.kind === 'leak' ? leakText(state.reason) : state.kind === 'unknown' ? state.reason : '',
          predicate: missingPredicate(occurrence, file.tenancy),
        },
        suggest: suggestionsFor(finding, site, file.scope),
      })
    }
    reportTogether(site, told, options.tier, report)
    if (!options.reportUnknown) return
    for (const opaque of opaques) report('opaque', opaque.node, { reason: opaque.reason })
    const called = new Set(queries.flatMap(({ query }) => functionsCalled(query.statement)))
    for (const name of called) report('called', node, { name })
  },
})
