import type { JSONSchema, TSESLint, TSESTree } from '@typescript-eslint/utils'
import { type CallSite, type FileContext, type QueryContext, queryContextOf, tenancyOf } from './context.ts'
import { escapesOf, type Note } from './escape/escapes.ts'
import { reporterOf, type Said, tenantlessMessages } from './escape/reporter.ts'
import { type Finding, findingsOf } from './finding.ts'
import { reachText } from './reach/reach-text.ts'
import { relationIn } from './reference.ts'

/** The presets of rules for programs; what each is for stands beside `configs` of the plugin. */
export type Preset = 'certain' | 'recommended' | 'strict'

export const everyPreset: readonly Preset[] = ['certain', 'recommended', 'strict']

/** What a rule of the plugin is to ESLint; oxlint takes the same. */
export type WatertightRule = TSESLint.RuleModule<
  string,
  readonly unknown[],
  { readonly presets: readonly Preset[] }
> & { readonly name: string }

export type Report = (
  messageId: string,
  node: TSESTree.Node,
  data: Readonly<Record<string, string>>,
  more?: Omit<Said, 'data'> & { readonly same?: readonly Said[] },
) => void

/** What every kind of rule says of itself. */
export interface Described {
  readonly name: string
  readonly type?: 'problem' | 'suggestion'
  readonly description: string
  /** Every preset, unless said otherwise. Every rule is in `strict`. */
  readonly presets?: readonly Preset[]
  readonly messages: Readonly<Record<string, string>>
  readonly schema: Readonly<Record<string, JSONSchema.JSONSchema4>>
  readonly defaults: object
  readonly hasSuggestions?: boolean
  /** The rule holds also for code that works for all tenants by design. */
  readonly evenTenantless?: boolean
  /** The rule holds also where everybody acts in one tenant. As `evenTenantless`, unless said otherwise. */
  readonly evenSingleTenant?: boolean
}

interface RuleDescription<Options extends object> extends Described {
  readonly defaults: Options
  /** Called once for each call that is a query. */
  readonly check: (site: Site, options: Options, report: Report) => void
}

type Context = TSESLint.RuleContext<string, readonly unknown[]>

export interface Site extends CallSite {
  readonly findings: readonly Finding[]
  readonly file: QueryContext
}

const sites = new WeakMap<QueryContext, readonly Site[]>()

/** The queries of a file with their findings, made once for all the rules. */
function sitesOf(file: QueryContext): readonly Site[] {
  const known = sites.get(file)
  if (known !== undefined) return known
  const found = file.sites.map((site) => ({ ...site, findings: findingsOf(site, file.standingOf), file }))
  sites.set(file, found)
  return found
}

export function ruleMeta(rule: Described): WatertightRule['meta'] {
  return {
    type: rule.type ?? 'problem',
    docs: {
      description: rule.description,
      url: `https://unpkg.com/watertight/docs/rules/${rule.name}.md`,
      presets: rule.presets ?? everyPreset,
    },
    messages: { ...rule.messages, ...tenantlessMessages },
    schema: [{ type: 'object', additionalProperties: false, properties: { ...rule.schema } }],
    hasSuggestions: rule.hasSuggestions ?? false,
    defaultOptions: [rule.defaults],
  }
}

/** A rule that looks at the queries of a file, all of which are found once and shared. */
export function defineRule<Options extends object>(rule: RuleDescription<Options>): WatertightRule {
  return described(rule, (context, options) => {
    const file = queryContextOf(context as unknown as FileContext)
    if (file === null || file.sites.length === 0) return {}
    const report = reporterOf(context, file.tenancy, {
      name: rule.name,
      messages: rule.messages,
      evenTenantless: rule.evenTenantless ?? false,
      evenSingleTenant: rule.evenSingleTenant ?? rule.evenTenantless ?? false,
      tellTenantless: 'requireExplicit' in options && options.requireExplicit === true,
    })
    return {
      Program() {
        for (const site of sitesOf(file)) {
          rule.check(site, options, (messageId, node, data, more) =>
            report({ messageId, node, data, ...more, site }),
          )
        }
      },
    }
  })
}

/** A rule about the escapes of a file, asked once every other rule has looked at it. */
export function defineEscapeRule(
  rule: Omit<
    RuleDescription<object>,
    'check' | 'schema' | 'defaults' | 'evenTenantless' | 'evenSingleTenant'
  > & {
    readonly check: (
      note: Note,
      report: (messageId: string, data: Readonly<Record<string, string>>) => void,
    ) => void
  },
): WatertightRule {
  return described({ ...rule, schema: {}, defaults: {} }, (context) => {
    const given = context as unknown as FileContext
    const tenancy = tenancyOf(given)
    return {
      'Program:exit'() {
        for (const note of escapesOf(given, tenancy).notes(queryContextOf(given)?.sites ?? [])) {
          const start = { line: 1, column: 0 }
          const loc = note.comment?.loc ?? { start, end: start }
          rule.check(note, (messageId, data) => context.report({ loc, messageId, data }))
        }
      },
    }
  })
}

function described<Options extends object>(
  rule: Omit<RuleDescription<Options>, 'check'>,
  create: (context: Context, options: Options) => TSESLint.RuleListener,
): WatertightRule {
  return {
    name: rule.name,
    meta: ruleMeta(rule),
    defaultOptions: [rule.defaults],
    create(context) {
      // The `.sql` language and others bring source code of their own.
      if (context.sourceCode.ast.type !== 'Program' || context.sourceCode.scopeManager === null) return {}
      return create(context, { ...rule.defaults, ...(context.options[0] as Partial<Options> | undefined) })
    },
  }
}

/** How surely a finding must be reachable to be reported. */
export type Tier = 'certain' | 'likely' | 'every'

/** Options of the rules about confinement, with the meaning that they share. */
export interface ConfinementOptions {
  /** Report relations whose confinement could not be decided. */
  readonly reportUnknown: boolean
  /**
   * Report queries without an explicit filter although row-level security or a scoped client is declared to confine them, or
   * although only references from confined rows lead to theirs.
   */
  readonly requireExplicit: boolean
  /**
   * `certain`: a value of the request picks the rows, and nothing on the way checks it. `likely`: also where there is a reason to think so.
   * `every`: whoever calls it.
   */
  readonly tier: Tier
}

export const confinementDefaults: ConfinementOptions = {
  reportUnknown: false,
  requireExplicit: false,
  tier: 'every',
}

export const confinementSchema: Readonly<Record<string, JSONSchema.JSONSchema4>> = {
  reportUnknown: {
    type: 'boolean',
    description: 'Report relations whose confinement could not be decided.',
  },
  requireExplicit: {
    type: 'boolean',
    description:
      'Report queries that only row-level security or a scoped client is declared to confine, and rows that only references from confined rows lead to.',
  },
  tier: {
    type: 'string',
    enum: ['certain', 'likely', 'every'],
    description: 'How surely a request must be able to steer the query for it to be reported.',
  },
}

/** Is this finding to be reported under the options? */
export function isWanted(finding: Finding, options: ConfinementOptions, file: QueryContext): boolean {
  const { state, occurrence, judged, byReference } = finding
  if (byReference && !options.requireExplicit) return false
  if (state.kind === 'unknown') return options.reportUnknown
  if (occurrence.declared !== null && !options.requireExplicit && state.kind !== 'unnamed') return false
  if (options.tier === 'every') return true
  // What `init` left open is told by `init`, and here by `strict`; a relation that nobody has named is told as soon as it can be reached.
  const isLeftOpen =
    state.kind === 'unnamed' && relationIn(file.tenancy, occurrence.occurrence.relation) !== null
  if (isLeftOpen || (state.kind === 'unnamed' && options.tier === 'certain')) return false
  const { kind } = file.exposureOf(judged, occurrence)
  return kind === 'certain' || (kind === 'likely' && options.tier === 'likely')
}

/** Who steers the query, as the end of a message. */
export function reachOf({ state, judged, occurrence }: Finding, file: QueryContext): string {
  const told = state.kind === 'leak' || state.kind === 'optional'
  return told ? reachText(file.exposureOf(judged, occurrence)) : ''
}

/** Where to report: at the call, where a comment can be put; inside SQL text none can. */
export function placeOf({ judged }: Finding): TSESTree.Node {
  return judged.query.node
}
