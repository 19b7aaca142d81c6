import type { Interpolation } from '../query/query.ts'
import { defineRule } from '../query/rule.ts'
import { isHarmless } from '../query/harmless.ts'

interface Options {
  /** Report also names and fragments of which nothing is known. */
  readonly reportUnknown: boolean
  /** Report only values that come from the request. */
  readonly onlyRequestControlled: boolean
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
      description: 'Report also names and fragments of which nothing is known.',
    },
    onlyRequestControlled: { type: 'boolean', description: 'Report only values that come from the request.' },
  },
  defaults: { reportUnknown: false, onlyRequestControlled: false },
  check({ queries, opaques, file }, options, report) {
    const seen = new Set<unknown>()
    const all = [...queries.map((one) => one.query), ...opaques].flatMap((one) => one.interpolations)
    for (const interpolation of all) {
      if (seen.has(interpolation.node) || !isWanted(interpolation, options)) continue
      seen.add(interpolation.node)
      if (isHarmless(interpolation.node, file.scope)) continue
      report(interpolation.position, interpolation.node, {
        source: shortened(file.scope.sourceCode.getText(interpolation.node)),
        origin: interpolation.provenance.kind === 'request' ? ', and the request chooses it' : '',
      })
    }
  },
})

function isWanted({ position, provenance }: Interpolation, options: Options): boolean {
  if (provenance.kind === 'literal') return false
  if (options.onlyRequestControlled) return provenance.kind === 'request'
  return position === 'value' || options.reportUnknown || provenance.kind !== 'unknown'
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 60 ? `${line.slice(0, 57)}...` : line
}
