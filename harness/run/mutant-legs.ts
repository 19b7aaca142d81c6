import { Problem } from '../../rules/problem.ts'
import { runCampaign } from './campaign.ts'
import type { CampaignSummary } from './events.ts'
import type { CampaignOptions } from './options.ts'

/** The three ways to kill a mutant. @public */
export type Leg = 'lint' | 'audit' | 'fuzz'

/** All legs, in the order of the matrix. */
export const allLegs: readonly Leg[] = ['lint', 'audit', 'fuzz']

/** What a static leg found. @public */
export interface LegFinding {
  /** Identity that survives shifted lines: rule or check, file or object, and what is wrong. Two findings may share it. */
  readonly key: string
  /** Rule or check. */
  readonly by: string
  readonly message: string
}

/** How to run each leg on a directory of source. An exception is an infrastructure error, never a kill. @public */
export interface Legs {
  readonly lint: (directory: string) => Promise<readonly LegFinding[]>
  readonly audit: (directory: string) => Promise<readonly LegFinding[]>
  readonly fuzz: (
    directory: string,
    knockOutSql: readonly string[],
    signal: AbortSignal,
  ) => Promise<CampaignSummary>
}

/** What one leg said about one variant of the service. @public */
export type LegOutcome =
  | { readonly kind: 'killed'; readonly findings: readonly LegFinding[]; readonly cost: Cost }
  | { readonly kind: 'survived'; readonly cost: Cost }
  /** The campaign ended without a finding, but did not exercise enough to say that there is none. */
  | { readonly kind: 'uncovered'; readonly reason: string; readonly cost: Cost }
  | { readonly kind: 'error'; readonly code: string; readonly reason: string }
  | { readonly kind: 'skipped' }

/** @public */
export interface Cost {
  readonly seconds: number
  /** Null for legs that send none. */
  readonly requests: number | null
}

/** Runs a campaign on a copy of the service until the first finding. @public */
export function campaignLeg(options: Omit<CampaignOptions, 'directory' | 'knockOutSql'>): Legs['fuzz'] {
  // Every campaign listens to a signal of its own: dozens of listeners on one would look like a leak.
  return (directory, knockOutSql, signal) =>
    runCampaign(
      {
        stopAtFirstFinding: true,
        ...options,
        directory,
        knockOutSql,
        signal: AbortSignal.any([signal]),
      },
      () => {},
    )
}

/**
 * Runs one leg. Killed means: it found something that it does not find in the service without the mutation.
 *
 * @internal
 */
export async function runLeg(
  leg: Leg,
  legs: Legs,
  variant: { readonly directory: string; readonly knockOutSql: readonly string[] },
  baseline: readonly LegFinding[],
  signal: AbortSignal,
): Promise<LegOutcome> {
  const started = performance.now()
  try {
    if (leg === 'fuzz') {
      return outcomeOf(await legs.fuzz(variant.directory, variant.knockOutSql, signal), baseline)
    }
    const findings = added(await legs[leg](variant.directory), baseline)
    const cost = { seconds: (performance.now() - started) / 1000, requests: null }
    return findings.length > 0 ? { kind: 'killed', findings, cost } : { kind: 'survived', cost }
  } catch (error) {
    return failure(error)
  }
}

/** @internal */
export function failure(error: unknown): LegOutcome & { kind: 'error' } {
  const code = error instanceof Problem ? error.code : 'E-INTERNAL'
  return { kind: 'error', code, reason: error instanceof Error ? error.message : String(error) }
}

function outcomeOf(summary: CampaignSummary, baseline: readonly LegFinding[]): LegOutcome {
  const cost = { seconds: summary.seconds, requests: summary.requests }
  const reason = summary.problem?.message ?? 'the campaign says no more'
  switch (summary.verdict) {
    case 'inconclusive':
      return { kind: 'error', code: summary.problem?.code ?? 'E-INTERNAL', reason }
    case 'uncovered':
      return { kind: 'uncovered', reason, cost }
    case 'clean':
      return { kind: 'survived', cost }
    case 'finding': {
      const all = summary.findings.map(({ id, oracle, title }) => ({ key: id, by: oracle, message: title }))
      const findings = added(all, baseline)
      return findings.length > 0 ? { kind: 'killed', findings, cost } : { kind: 'survived', cost }
    }
  }
}

/** The findings that the baseline has not: one more of the same key counts. */
function added(findings: readonly LegFinding[], baseline: readonly LegFinding[]): LegFinding[] {
  const known = new Map<string, number>()
  for (const { key } of baseline) known.set(key, (known.get(key) ?? 0) + 1)
  return findings.filter(({ key }) => {
    const left = known.get(key) ?? 0
    known.set(key, left - 1)
    return left <= 0
  })
}
