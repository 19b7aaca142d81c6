import type { ExtractionScope } from '../query/library.ts'
import type { Interpolation } from '../query/query.ts'
import { defineRule, type Tier } from '../query/rule.ts'
import { harmOf } from '../query/harmless.ts'
import { isOfTransferObject } from '../query/transfer-object.ts'

interface Options {
  /** Report also names and fragments of which nothing is known, and what only a function or list out of sight makes safe. */
  readonly reportUnknown: boolean
  /** `certain`: what comes from the request. `likely`: also values, and what stands between quotes. `every`: also names and fragments. */
  readonly tier: Tier
}

/** A value pasted into the text of a statement. */
export default defineRule<Options>({
  name: 'no-unsafe-raw-sql',
  description: 'Disallow values that are pasted into SQL text',
  evenTenantless: true,
  messages: {
    value:
      '`{{source}}` is pasted into SQL text{{origin}}. Pass it as a parameter (`$n` and an entry in the values).',
    identifier:
      '`{{source}}` is pasted into SQL text as a name{{origin}}. Look the name up in a constant list of allowed names.',
    fragment:
      '`{{source}}` is pasted into SQL text as a part of the statement{{origin}}. Write the statement in one place, with parameters for its values.',
  },
  schema: {
    reportUnknown: {
      type: 'boolean',
      description:
        'Report also names and fragments of which nothing is known, and what only a function or list out of sight makes safe.',
    },
    tier: {
      type: 'string',
      enum: ['certain', 'likely', 'every'],
      description: 'How surely what is pasted must be a value of a request for it to be reported.',
    },
  },
  defaults: { reportUnknown: false, tier: 'every' },
  check({ queries, opaques, file }, options, report) {
    const seen = new Set<unknown>()
    const all = [...queries.map((one) => one.query), ...opaques].flatMap((one) => one.interpolations)
    for (const interpolation of all) {
      const text = file.scope.sourceCode.getText(interpolation.node)
      if (seen.has(interpolation.node) || !isWanted(interpolation, text, options, file.scope)) continue
      seen.add(interpolation.node)
      const harm = harmOf(interpolation.node, file.scope)
      if (harm === 'harmless' || (harm === 'unseen' && !options.reportUnknown)) continue
      report(interpolation.position, interpolation.node, {
        source: shortened(text),
        origin: interpolation.provenance.kind === 'request' ? ', and the request chooses it' : '',
      })
    }
  },
})

/** A name or a fragment is mostly chosen by the program itself; a value, and what stands between quotes, hardly ever. */
function isWanted(
  { node, position, provenance }: Interpolation,
  text: string,
  options: Options,
  scope: ExtractionScope,
): boolean {
  if (provenance.kind === 'literal' || enumMember.test(text)) return false
  if (provenance.kind === 'request') return true
  if (options.tier === 'certain') return false
  if (position === 'value' || quoted.test(text) || options.reportUnknown) return true
  if (provenance.kind !== 'row' && isOfTransferObject(node, scope)) return true
  return options.tier === 'every' && provenance.kind !== 'unknown'
}

/** `State.ERROR`, `LIMIT_DEFAULT`: written once, in the program. */
const enumMember = /^(?:[A-Z]\w*\.)?[A-Z][A-Z\d_]*$|^[A-Z]\w+\.[A-Z]\w+$/

/** A value that a template puts between the quotes of SQL. */
const quoted = /'\$\{/

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 60 ? `${line.slice(0, 57)}...` : line
}
