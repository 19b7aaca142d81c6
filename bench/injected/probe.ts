import type { Rule } from 'eslint'
import type { TSESLint } from '@typescript-eslint/utils'
import {
  type CallSite,
  type FileContext,
  type QueryContext,
  queryContextOf,
} from '../../rules/query/context.ts'
import { matchesGlob, patternPath } from '../../rules/query/glob.ts'
import { exposureText } from '../../rules/query/reach/reach-text.ts'
import { type Filter, filtersOf, columnsOfTenants } from './filters.ts'

/** A query of real code that is confined, and one of its filters. */
export interface Candidate {
  readonly file: string
  /** The offset at which the query's call begins. */
  readonly at: number
  readonly lines: readonly [number, number]
  readonly library: string
  readonly filter: Filter
}

/** Collects what can be left out of the queries of a file, all of whose mentions are confined. */
export const candidateRule = (candidates: Candidate[]): Rule.RuleModule => ({
  create: (context) => {
    const found = queryContextOf(context as unknown as FileContext)
    if (found === null || isTenantless(context.filename, found)) return {}
    const names = columnsOfTenants(found.tenancy)
    for (const site of found.sites) {
      const occurrences = site.queries.flatMap((one) => one.occurrences)
      if (occurrences.length === 0 || occurrences.some(({ verdict }) => verdict.kind !== 'confined')) continue
      if (occurrences.some(({ declared }) => declared !== null)) continue
      const sourceCode = context.sourceCode as unknown as TSESLint.SourceCode
      for (const filter of filtersOf(site, sourceCode, names)) {
        const { start, end } = site.node.loc
        candidates.push({
          file: context.filename,
          at: site.node.range[0],
          lines: [start.line, end.line],
          library: site.queries[0]!.query.library,
          filter,
        })
      }
    }
    return {}
  },
})

/** Code that works for all tenants by design, or for the only one, has no hole to lose a filter by. */
const isTenantless = (filename: string, { tenancy, cwd }: QueryContext): boolean =>
  tenancy.singleTenant !== null ||
  tenancy.tenantless.some(({ files }) => files.some((glob) => matchesGlob(patternPath(filename, cwd), glob)))

/** What is said of a query that has lost a filter, when no finding is. */
export type Silence =
  | 'nothing recognised'
  | 'not understood'
  | 'unknown'
  /** By the rest of the statement. */
  | 'still confined'
  /** By what was read or checked before. */
  | 'proved'
  | 'guarded'
  | 'derived'
  | 'unreached'
  | 'exposed'

export interface Seen {
  readonly silence: Silence
  readonly why: string
}

/** Looks at the query that begins at an offset. */
export const probeRule = (at: () => number, tell: (seen: Seen) => void): Rule.RuleModule => ({
  create: (context) => {
    const found = queryContextOf(context as unknown as FileContext)
    const site = found?.sites.find(({ node }) => node.range[0] === at())
    tell(site === undefined ? { silence: 'nothing recognised', why: '' } : seen(site, found!))
    return {}
  },
})

const order: readonly Silence[] = [
  'exposed',
  'unreached',
  'unknown',
  'derived',
  'guarded',
  'proved',
  'still confined',
]

function seen(site: CallSite, file: QueryContext): Seen {
  const all: Seen[] = site.opaques.map(({ reason }) => ({ silence: 'not understood', why: reason }))
  for (const judged of site.queries) {
    for (const one of judged.occurrences) {
      if (one.verdict.kind === 'confined') all.push({ silence: 'still confined', why: '' })
      else if (one.verdict.kind === 'unknown') all.push({ silence: 'unknown', why: one.verdict.reason })
      else if (file.proofs.standingOf(judged, one.occurrence.id) !== 'open') {
        all.push({ silence: 'proved', why: file.proofs.standingOf(judged, one.occurrence.id) })
      } else {
        const exposure = file.exposureOf(judged, one)
        const isSaid = exposure.kind === 'certain' || exposure.kind === 'likely'
        all.push({ silence: isSaid ? 'exposed' : exposure.kind, why: exposureText(exposure) })
      }
    }
  }
  const rank = ({ silence }: Seen): number => (silence === 'not understood' ? -1 : order.indexOf(silence))
  return (
    all.toSorted((one, other) => rank(one) - rank(other))[0] ?? { silence: 'nothing recognised', why: '' }
  )
}
