import { allLegs, type Leg, type LegOutcome } from './mutant-legs.ts'
import type { KilledBy, Mutant } from './mutant.ts'

/** What each leg said about one variant. @public */
export type Outcomes = Readonly<Record<Leg, LegOutcome>>

/** One row of the kill matrix. @public */
export interface MutantResult {
  readonly id: string
  readonly area: string
  readonly class: number
  readonly title: string
  readonly knockOut: readonly string[]
  /** Null when the leg was not run, failed, or did not cover enough to tell. */
  readonly killed: Readonly<Record<Leg, boolean | null>>
  /** Requests and seconds of the campaign until its end, which a finding brings early. Null without one. */
  readonly requests: number | null
  readonly seconds: number | null
  /** Null without a twin, or when a leg could not tell. */
  readonly twinAlive: boolean | null
  readonly outcomes: Outcomes
  readonly twin: Outcomes | null
  /** What `killedBy` claims and no leg that ran bears out. */
  readonly unmet: readonly KilledBy[]
}

/** The service without any mutation, as it is or without some layers: nobody may kill it. @public */
export interface BaselineResult {
  readonly knockOut: readonly string[]
  readonly killed: Readonly<Record<Leg, boolean | null>>
  readonly outcomes: Outcomes
}

/** @public */
export interface MutantsResult {
  readonly mutants: readonly MutantResult[]
  readonly clean: Readonly<Record<Leg, boolean | null>>
  /** First the clean service, then one for each combination of knock-outs that mutants use. */
  readonly baselines: readonly BaselineResult[]
}

/** @internal */
export function killedOf(outcomes: Outcomes): Record<Leg, boolean | null> {
  const told = ({ kind }: LegOutcome) => (kind === 'killed' ? true : kind === 'survived' ? false : null)
  return { lint: told(outcomes.lint), audit: told(outcomes.audit), fuzz: told(outcomes.fuzz) }
}

/** Alive when every leg that ran let it live; not when one did not, whatever the others could not tell. @internal */
export function aliveOf(outcomes: Outcomes): boolean | null {
  const kinds = allLegs.map((leg) => outcomes[leg].kind).filter((kind) => kind !== 'skipped')
  if (kinds.includes('killed')) return false
  return kinds.length > 0 && kinds.every((kind) => kind === 'survived') ? true : null
}

/** A leg bears its claims out when one of the claimed rules, checks or oracles is among its findings. @internal */
export function unmetClaims(mutant: Mutant, outcomes: Outcomes): KilledBy[] {
  return mutant.killedBy.filter(({ leg }) => {
    const outcome = outcomes[leg]
    if (outcome.kind === 'skipped') return false
    if (outcome.kind !== 'killed') return true
    const claimed: string[] = mutant.killedBy.filter((claim) => claim.leg === leg).map(({ by }) => by)
    return !outcome.findings.some(({ by }) => claimed.includes(by))
  })
}

/**
 * The verdict on a whole run. `finding`: a hole in watertight, that is a mutant that every leg let live, a twin that one killed, or
 * a clean service that one killed. `inconclusive`: some leg could not tell, and no other settled the matter.
 *
 * @public
 */
export function verdictOf({ mutants, baselines }: MutantsResult): 'clean' | 'finding' | 'inconclusive' {
  const variants = mutants.flatMap(({ outcomes, twin }) => (twin ? [outcomes, twin] : [outcomes]))
  const all = [...baselines.map(({ outcomes }) => outcomes), ...variants]
  const broken = all.some((outcomes) => Object.values(outcomes).some(({ kind }) => kind === 'error'))
  const answers = [
    ...baselines.map(cleanUnkilled),
    ...mutants.map(({ outcomes }) => {
      const alive = aliveOf(outcomes)
      return alive === null ? null : !alive
    }),
    ...mutants.filter(({ twin }) => twin !== null).map(({ twinAlive }) => twinAlive),
  ]
  if (answers.includes(false)) return 'finding'
  return broken || answers.includes(null) || mutants.length === 0 ? 'inconclusive' : 'clean'
}

const skipped: LegOutcome = { kind: 'skipped' }

/** Without some of its code the service may well be accused by a static leg: that is the baseline, then. */
function cleanUnkilled({ knockOut, outcomes }: BaselineResult): boolean | null {
  if (knockOut.length === 0) return aliveOf(outcomes)
  return outcomes.fuzz.kind === 'skipped' ? true : aliveOf({ ...outcomes, lint: skipped, audit: skipped })
}
