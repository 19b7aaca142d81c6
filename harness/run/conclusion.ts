import type { Operation } from '../target/target.ts'
import type { CoverageLedger } from './coverage.ts'
import type { CampaignSummary, CampaignVerdict, Finding, OracleId } from './events.ts'

/** At least this share of the tenants' operations must have worked for their owner. */
export const controlShare = 2 / 3

/** At least this share of the cells of the operations that worked must have been exercised. */
export const exercisedShare = 0.9

/** Kinds of operations of which each must have worked for its owner once. */
const classes: readonly (readonly [name: string, test: (operation: Operation) => boolean])[] = [
  ['read', (operation) => !operation.writes],
  ['create', (operation) => operation.writes && operation.method === 'POST'],
  ['update', (operation) => operation.writes && (operation.method === 'PUT' || operation.method === 'PATCH')],
  ['delete', (operation) => operation.writes && operation.method === 'DELETE'],
]

/** Why the campaign saw too little to call anything clean; null when it saw enough. */
export function coverageFault(operations: readonly Operation[], coverage: CoverageLedger): string | null {
  const working = operations.filter(({ id }) => coverage.hasControl(id))
  if (working.length < operations.length * controlShare) {
    return `only ${working.length} of ${operations.length} operations worked for their owner; at least ${Math.ceil(operations.length * controlShare)} must`
  }
  for (const [name, test] of classes) {
    const members = operations.filter(test)
    if (members.length > 0 && !members.some(({ id }) => coverage.hasControl(id))) {
      return `none of the ${members.length} operations that ${name} worked for its owner`
    }
  }
  const { cells, exercised } = coverage.progress()
  return exercised === 0 && cells > 0 ? 'no cell of operation, relation and oracle was exercised' : null
}

/**
 * Why a run did not get far enough to call anything clean; null when it did. Cells in which an oracle is blind for a stated reason do not
 * count: more time would not open them.
 */
export function reachFault(
  reach: { readonly cells: number; readonly exercised: number } | null,
  sweep: { readonly done: number; readonly essential: number },
): string | null {
  if (sweep.done < sweep.essential)
    return `the time was too short: ${sweep.done} of the ${sweep.essential} essential trials of the sweep were run`
  if (reach === null) return null
  const { cells, exercised } = reach
  if (exercised >= cells * exercisedShare) return null
  return `only ${exercised} of ${cells} cells of the operations that worked were exercised; at least ${Math.ceil(cells * exercisedShare)} must be`
}

/** The worst of: a finding, infrastructure, too little coverage. */
export function verdictOf(
  findings: readonly Finding[],
  problem: CampaignSummary['problem'],
): CampaignVerdict {
  if (findings.length > 0) return 'finding'
  if (problem === null) return 'clean'
  return problem.code === 'uncovered' ? 'uncovered' : 'inconclusive'
}

/** The upper end of the 95 % confidence interval for a probability of which n independent trials showed nothing. */
export function upperBound(trials: number): number {
  return 1 - 0.05 ** (1 / trials)
}

/** What the run may claim, null when it may claim nothing. */
export function claimOf(
  verdict: CampaignVerdict,
  mode: 'hunt' | 'certify',
  trials: number,
  coverage: { readonly cells: number; readonly exercised: number },
  oracles: readonly OracleId[],
): string | null {
  if (verdict !== 'clean' || trials === 0) return null
  const reach = `${coverage.exercised} of ${coverage.cells} cells of operation × relation × oracle were exercised (${oracles.join(', ')})`
  if (mode === 'hunt')
    return `No leak was seen in ${trials} trials; ${reach}. A hunt makes no statistical claim.`
  const bound = upperBound(trials)
  const percent = (bound * 100).toPrecision(3)
  return `No leak was seen in ${trials} independent trials: with 95 % confidence a trial drawn from this distribution shows one with probability at most ${percent} %; ${reach}.`
}
