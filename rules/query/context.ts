import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { Problem } from '../problem.ts'
import { below } from '../source/below.ts'
import { loadTenancy } from '../tenancy/read.ts'
import type { Tenancy, TenancyFile } from '../tenancy/tenancy.ts'
import type { StandingOf } from './finding.ts'
import { type Judged, type JudgedQuery, judge } from './judge.ts'
import { libraries } from './libraries.ts'
import { type CallNode, type ExtractionScope, isCallNode, type LibraryExtractor } from './library.ts'
import { isMigration } from './migration.ts'
import type { Opaque, QueryOrOpaque } from './query.ts'
import { Proofs } from './proof.ts'
import type { Exposure } from './reach/exposure.ts'
import { Reach } from './reach/reach.ts'
import { SideFiles } from './reach/side-files.ts'
import { extractionScope } from './scope.ts'

/** What ESLint and oxlint hand to a rule, as far as it is needed here. */
export interface FileContext {
  readonly sourceCode: TSESLint.SourceCode
  readonly filename: string
  readonly cwd?: string
  readonly settings: object
  readonly languageOptions?: TSESLint.FlatConfig.LanguageOptions
}

/** The queries of one call; several where control flow makes several statements out of it. */
export interface CallSite {
  readonly node: TSESTree.Node
  readonly queries: readonly JudgedQuery[]
  readonly opaques: readonly Opaque[]
}

/** Everything that the rules ask about a file, made once and shared by all of them. */
export interface QueryContext {
  readonly tenancy: Tenancy
  readonly sites: readonly CallSite[]
  readonly scope: ExtractionScope
  readonly standingOf: StandingOf
  readonly proofs: Proofs
  /** Who can steer a mention that its statement does not confine. */
  readonly exposureOf: (judged: JudgedQuery, occurrence: Judged) => Exposure
  /** Who chooses the tenant that a query is confined to, where `source` gives it. */
  readonly tenantExposureOf: (
    judged: JudgedQuery,
    occurrence: Judged,
    source: TSESTree.Node,
  ) => Exposure | null
  /** The analysis of another file of the project; null when it cannot be read. */
  readonly analysisOf: (filename: string) => QueryContext | null
  /** The folder that the linter runs in. */
  readonly cwd: string
}

const contexts = new WeakMap<object, QueryContext | null>()

/**
 * The queries of a file; null when it certainly has none.
 *
 * @throws {@link Problem} when no usable tenancy model is configured: without one, silence would look like a pass.
 */
export function queryContextOf(context: FileContext): QueryContext | null {
  return contextFor(context, tenancyOf(context))
}

/** The same, under a tenancy model that is already there. */
export function contextFor(context: FileContext, tenancy: Tenancy): QueryContext | null {
  const { ast } = context.sourceCode
  const known = contexts.get(ast)
  if (known !== undefined && (known === null || known.tenancy === tenancy)) return known
  const made = build(context, tenancy)
  contexts.set(ast, made)
  return made
}

/** The model of a file, so that each rule that asks need not look whether it has changed. */
const models = new WeakMap<object, { readonly source: unknown; readonly tenancy: Tenancy }>()

/**
 * The tenancy model that the settings name.
 *
 * @throws {@link Problem} when there is none, or it cannot be used.
 */
export function tenancyOf(context: FileContext): Tenancy {
  const settings = context.settings as { readonly watertight?: { readonly tenancy?: unknown } }
  const source = settings.watertight?.tenancy
  const { ast } = context.sourceCode
  const known = models.get(ast)
  if (known !== undefined && known.source === source) return known.tenancy
  try {
    if (source === undefined || source === null) {
      throw new Problem(
        'E-TENANCY-MISSING',
        'no tenancy model is configured for the watertight rules.',
        'Set `settings: { watertight: { tenancy: "./tenancy.json" } }` in the ESLint configuration; `watertight init` writes that file.',
      )
    }
    const tenancy = loadTenancy(source as string | TenancyFile, { cwd: context.cwd ?? process.cwd() })
    models.set(ast, { source, tenancy })
    return tenancy
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    // Linters print only the message of what a rule throws.
    throw new Problem(error.code, `${error.code}: ${error.message} ${error.next}`, error.next, {
      cause: error,
    })
  }
}

function build(context: FileContext, tenancy: Tenancy): QueryContext | null {
  const extractors = libraries.filter((library) => library.mentions(context.sourceCode.text))
  return extractors.length === 0 ? null : analyse(context, tenancy, extractors)
}

/** The same for a file that perhaps has no query of its own, but calls a function that has. */
export function analysisOf(context: FileContext, tenancy: Tenancy): QueryContext {
  const extractors = libraries.filter((library) => library.mentions(context.sourceCode.text))
  return analyse(context, tenancy, extractors)
}

function analyse(
  context: FileContext,
  tenancy: Tenancy,
  extractors: readonly LibraryExtractor[],
): QueryContext {
  const { sourceCode } = context
  const extraction = new Extraction(context, tenancy, extractors)
  let sites: readonly CallSite[] | null = null
  let proofs: Proofs | null = null
  let reach: Reach | null = null
  let files: SideFiles | null = null
  const sideFiles = (): SideFiles => (files ??= new SideFiles(context, tenancy, made, analysisOf))
  // Of many files that are read beside the linted one nothing but their names is asked.
  const made: QueryContext = {
    tenancy,
    get sites() {
      return (sites ??= sitesOf(sourceCode, extraction, tenancy))
    },
    scope: extraction.scope,
    cwd: context.cwd ?? process.cwd(),
    standingOf: (judged, { occurrence }) => made.proofs.standingOf(judged, occurrence.id),
    get proofs() {
      return (proofs ??= new Proofs(made.sites, extraction.scope))
    },
    exposureOf: (judged, occurrence) => {
      reach ??= new Reach(made, sideFiles())
      return reach.exposureOf(judged, occurrence)
    },
    tenantExposureOf: (judged, occurrence, source) => {
      reach ??= new Reach(made, sideFiles())
      return reach.tenantExposureOf(judged, occurrence, source)
    },
    analysisOf: (filename) => sideFiles().analysisOf(filename),
  }
  return made
}

function sitesOf(
  sourceCode: TSESLint.SourceCode,
  extraction: Extraction,
  tenancy: Tenancy,
): readonly CallSite[] {
  const sites: CallSite[] = []
  for (const node of callsIn(sourceCode)) {
    const found = extraction.at(node)
    if (found.length === 0 || isMigration(node, extraction.scope)) continue
    sites.push({
      node,
      queries: found.flatMap((one) => (one.kind === 'query' ? [judge(one, tenancy)] : [])),
      opaques: found.filter((one) => one.kind === 'opaque'),
    })
  }
  return sites
}

/** Asks the extractors about calls, each call once; provenance asks too, to tell rows. */
class Extraction {
  readonly scope: ExtractionScope
  readonly #extractors: readonly LibraryExtractor[]
  readonly #known = new Map<TSESTree.Node, readonly QueryOrOpaque[]>()
  readonly #running = new Set<LibraryExtractor>()

  constructor(context: FileContext, tenancy: Tenancy, extractors: readonly LibraryExtractor[]) {
    this.#extractors = extractors
    this.scope = extractionScope({
      sourceCode: context.sourceCode,
      filename: context.filename,
      tenancy,
      languageOptions: context.languageOptions,
      isQuery: (node) => isCallNode(node) && this.at(node).length > 0,
    })
  }

  at(node: CallNode): readonly QueryOrOpaque[] {
    const known = this.#known.get(node)
    if (known !== undefined) return known
    // A call whose own values lead back to it is no row source while it is being read.
    this.#known.set(node, [])
    let found: readonly QueryOrOpaque[] = []
    let complete = true
    for (const extractor of this.#extractors) {
      if (this.#running.has(extractor) && extractor.reentrant !== true) {
        complete = false
        continue
      }
      const answer = this.#ask(extractor, node)
      if (answer === null) continue
      found = answer
      break
    }
    if (complete) this.#known.set(node, found)
    else this.#known.delete(node)
    return found
  }

  #ask(extractor: LibraryExtractor, node: CallNode): readonly QueryOrOpaque[] | null {
    const outermost = !this.#running.has(extractor)
    this.#running.add(extractor)
    try {
      const extracted = extractor.extract(node, this.scope)
      if (extracted === null) return null
      return 'kind' in extracted ? [extracted] : extracted
    } finally {
      if (outermost) this.#running.delete(extractor)
    }
  }
}

/** Calls and tagged templates of a file in source order, outer ones before those inside them. */
function callsIn({ ast }: TSESLint.SourceCode): readonly CallNode[] {
  return below(ast)
    .filter(isCallNode)
    .sort(({ range: one }, { range: other }) => one[0] - other[0] || other[1] - one[1])
}
