import type { TSESTree } from '@typescript-eslint/utils'
import type { CallSite } from '../query/context.ts'
import type { ExtractionScope } from '../query/library.ts'
import type { Interpolation } from '../query/query.ts'
import { defineRule, type Site, type Tier } from '../query/rule.ts'
import { memberName } from '../source/binding.ts'
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
  check(site, options, report) {
    const { file } = site
    const seen = new Set<unknown>()
    for (const interpolation of interpolationsOf(site)) {
      const text = file.scope.sourceCode.getText(interpolation.node)
      if (seen.has(interpolation.node) || !isWanted(interpolation, text, options, file.scope)) continue
      seen.add(interpolation.node)
      if (!isFirst(site, interpolation.node, text, options)) continue
      const harm = harmOf(interpolation.node, file.scope)
      if (harm === 'harmless' || (harm === 'unseen' && !options.reportUnknown)) continue
      report(positionOf(interpolation, text), interpolation.node, {
        source: shortened(text),
        origin: interpolation.provenance.kind === 'request' ? ', and the request chooses it' : '',
      })
    }
  },
})

const interpolationsOf = ({ queries, opaques }: CallSite): readonly Interpolation[] =>
  [...queries.map((one) => one.query), ...opaques].flatMap((one) => one.interpolations)

/** A text that several calls send is told once, at the first of them for which it counts. */
function isFirst(site: Site, node: TSESTree.Node, text: string, options: Options): boolean {
  const first = site.file.sites.find((one) =>
    interpolationsOf(one).some(
      (other) => other.node === node && isWanted(other, text, options, site.file.scope),
    ),
  )
  return first === undefined || first.node === site.node
}

/** A name or a fragment is mostly chosen by the program itself; a value, and what stands between quotes, hardly ever. */
function isWanted(
  interpolation: Interpolation,
  text: string,
  options: Options,
  scope: ExtractionScope,
): boolean {
  const { node, provenance } = interpolation
  if (provenance.kind === 'literal' || enumMember.test(text)) return false
  if (provenance.kind === 'request') return true
  if (options.tier === 'certain') return false
  if (options.reportUnknown) return true
  if (isQuotedByKysely(node)) return false
  // Whoever is logged in does not choose who that is.
  if (provenance.kind === 'trusted' && options.tier === 'likely') return false
  if (positionOf(interpolation, text) === 'value' || quoted.test(text)) return true
  if (provenance.kind !== 'row' && isOfTransferObject(node, scope)) return true
  return options.tier === 'every' && provenance.kind !== 'unknown'
}

/** Placeholders whose names are pasted, `$(${column})`, are names, although values stand in their place. */
function positionOf({ position }: Interpolation, text: string): Interpolation['position'] {
  const pasted = text.match(/(?<!\\)\$\{/g)?.length ?? 0
  const named = text.match(/(?:\$[({<[]|(?<!:):)\$\{/g)?.length ?? 0
  return position === 'value' && pasted > 0 && named === pasted ? 'identifier' : position
}

/** `sql.lit(x)` doubles quotes, which is enough where backslashes are no escapes. Kysely's documentation promises nothing. */
function isQuotedByKysely(node: TSESTree.Node): boolean {
  const { parent } = node
  if (parent?.type !== 'CallExpression' || parent.arguments[0] !== node) return false
  return parent.callee.type === 'MemberExpression' && memberName(parent.callee) === 'lit'
}

/** `State.ERROR`, `LIMIT_DEFAULT`: written once, in the program. */
const enumMember = /^(?:[A-Z]\w*\.)?[A-Z][A-Z\d_]*$|^[A-Z]\w+\.[A-Z]\w+$/

/** A value that a template puts between the quotes of SQL. */
const quoted = /'\$\{/

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 60 ? `${line.slice(0, 57)}...` : line
}
