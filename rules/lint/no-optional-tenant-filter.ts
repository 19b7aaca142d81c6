import { missingPredicate } from '../query/advice.ts'
import {
  type ConfinementOptions,
  confinementDefaults,
  confinementSchema,
  defineRule,
  isWanted,
} from '../query/rule.ts'
import { reportTogether, type Told } from '../query/together.ts'

/** A tenant predicate that the program may leave out: `undefined` in Prisma, `$if`, an `if` around an append. */
export default defineRule<ConfinementOptions>({
  name: 'no-optional-tenant-filter',
  description: 'Disallow tenant predicates that can be dropped at run time',
  messages: {
    optional:
      'The tenant predicate on `{{relation}}` can be dropped at run time: {{reason}}. Always apply `{{predicate}}`, and reject the request when there is no tenant.{{others}}{{reach}}',
  },
  schema: confinementSchema,
  defaults: confinementDefaults,
  check(site, options, report) {
    const { findings, file } = site
    const told: Told[] = []
    for (const finding of findings) {
      const { occurrence, state } = finding
      if (state.kind !== 'optional' || occurrence.occurrence.access === 'insert') continue
      if (!isWanted(finding, options, file)) continue
      const data = { reason: state.reason, predicate: missingPredicate(occurrence, file.tenancy) }
      told.push({ messageId: 'optional', finding, data })
    }
    reportTogether(site, told, options.tier, report)
  },
})
