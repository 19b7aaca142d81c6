import { Problem } from '../../rules/problem.ts'
import { applyEdits } from './mutant-copy.ts'
import type { MutantCollection } from './mutant-files.ts'
import {
  allLegs,
  failure,
  type Leg,
  type LegFinding,
  type LegOutcome,
  type Legs,
  runLeg,
} from './mutant-legs.ts'
import {
  aliveOf,
  type BaselineResult,
  killedOf,
  type MutantResult,
  type MutantsResult,
  type Outcomes,
  unmetClaims,
} from './mutant-result.ts'
import type { Edit, KnockOut, Mutant } from './mutant.ts'

/** @public */
export interface MutantsOptions extends MutantCollection {
  /** The clean service's source. */
  readonly directory: string
  /** Only these ids; all unless said. */
  readonly only?: readonly string[]
  /** All unless said. */
  readonly legs?: readonly Leg[]
  /** Variants side by side: 2 unless said. */
  readonly concurrency?: number
  readonly signal?: AbortSignal
}

/** @public */
export type MutantsEvent =
  | { readonly type: 'mutants-started'; readonly mutants: number; readonly baselines: number }
  | { readonly type: 'baseline'; readonly result: BaselineResult }
  | { readonly type: 'mutant'; readonly result: MutantResult }
  | { readonly type: 'mutants-ended'; readonly result: MutantsResult }

/**
 * Runs every leg on every mutant and its twin, each against the service with the same layers taken away and no mutation.
 *
 * @public
 */
export async function runMutants(
  options: MutantsOptions,
  legs: Legs,
  emit: (event: MutantsEvent) => void,
): Promise<MutantsResult> {
  const chosen = chosenOf(options)
  const combinations = [[], ...chosen.map(knockOutsOf)]
  const keys = [...new Set(combinations.map((ids) => JSON.stringify(ids)))]
  emit({ type: 'mutants-started', mutants: chosen.length, baselines: keys.length })
  const context: Context = {
    options,
    legs,
    wanted: options.legs ?? allLegs,
    signal: options.signal ?? new AbortController().signal,
  }
  const lanes = options.concurrency ?? 2
  const baseline = async (key: string, clean: BaselineResult | null) => {
    const result = await runBaseline(context, JSON.parse(key) as string[], clean)
    emit({ type: 'baseline', result })
    return result
  }
  const clean = await baseline(keys[0]!, null)
  const baselines = [clean, ...(await inLanes(keys.slice(1), lanes, (key) => baseline(key, clean)))]
  const baselineOf = new Map(keys.map((key, index) => [key, baselines[index]!]))
  const mutants = await inLanes(chosen, lanes, async (mutant) => {
    const result = await runMutant(context, mutant, baselineOf.get(JSON.stringify(knockOutsOf(mutant)))!)
    emit({ type: 'mutant', result })
    return result
  })
  const result = { mutants, clean: clean.killed, baselines }
  emit({ type: 'mutants-ended', result })
  return result
}

function chosenOf({ mutants, only }: MutantsOptions): readonly Mutant[] {
  if (only === undefined) return mutants
  const strangers = only.filter((id) => !mutants.some((mutant) => mutant.id === id))
  if (strangers.length > 0) {
    throw new Problem(
      'E-MUTANT',
      `There is no mutant ${strangers.join(', ')}.`,
      `Choose among ${mutants.map(({ id }) => id).join(', ')}.`,
    )
  }
  return mutants.filter(({ id }) => only.includes(id))
}

interface Context {
  readonly options: MutantsOptions
  readonly legs: Legs
  readonly wanted: readonly Leg[]
  readonly signal: AbortSignal
}

function knockOutsOf(mutant: Mutant): string[] {
  return [...new Set(mutant.knockOut ?? [])].toSorted()
}

async function runBaseline(
  context: Context,
  knockOut: readonly string[],
  clean: BaselineResult | null,
): Promise<BaselineResult> {
  const sameSource = knockOut.every((id) => context.options.knockOuts.get(id)?.edits === undefined)
  // The static legs see the source, and SQL on the clone does not change it.
  const known = clean && sameSource ? { lint: clean.outcomes.lint, audit: clean.outcomes.audit } : {}
  const outcomes = await runVariant(context, `clean-${knockOut.join('-')}`, [], knockOut, null, known)
  return { knockOut, killed: killedOf(outcomes), outcomes }
}

async function runMutant(context: Context, mutant: Mutant, baseline: BaselineResult): Promise<MutantResult> {
  const knockOut = knockOutsOf(mutant)
  const outcomes = await runVariant(context, mutant.id, mutant.edits, knockOut, baseline.outcomes)
  const twin = mutant.twin
    ? await runVariant(context, `${mutant.id}-twin`, mutant.twin, knockOut, baseline.outcomes)
    : null
  const cost = 'cost' in outcomes.fuzz ? outcomes.fuzz.cost : null
  return {
    id: mutant.id,
    area: mutant.area,
    class: mutant.class,
    title: mutant.title,
    knockOut,
    killed: killedOf(outcomes),
    requests: cost?.requests ?? null,
    seconds: cost?.seconds ?? null,
    twinAlive: twin && aliveOf(twin),
    outcomes,
    twin,
    unmet: unmetClaims(mutant, outcomes),
  }
}

async function runVariant(
  context: Context,
  name: string,
  edits: readonly Edit[],
  knockOutIds: readonly string[],
  baseline: Outcomes | null,
  known: Partial<Outcomes> = {},
): Promise<Outcomes> {
  const knockOuts = knockOutIds.map((id) => context.options.knockOuts.get(id)!)
  const outcomes: Record<Leg, LegOutcome> = {
    lint: { kind: 'skipped' },
    audit: { kind: 'skipped' },
    fuzz: { kind: 'skipped' },
  }
  try {
    const copy = applyEdits(context.options.directory, [...edits, ...editsOf(knockOuts)], name)
    const variant = { directory: copy.directory, knockOutSql: knockOuts.flatMap(({ sql }) => sql ?? []) }
    try {
      for (const leg of context.wanted) {
        outcomes[leg] =
          known[leg] ??
          baselineFailure(leg, baseline) ??
          (await runLeg(leg, context.legs, variant, findingsOf(leg, baseline), context.signal))
      }
    } finally {
      copy.remove()
    }
  } catch (error) {
    for (const leg of context.wanted) outcomes[leg] = failure(error)
  }
  return outcomes
}

function editsOf(knockOuts: readonly KnockOut[]): Edit[] {
  return knockOuts.flatMap(({ edits }) => edits ?? [])
}

/** Without knowing what the clean service shows, nothing can be held against the mutant. */
function baselineFailure(leg: Leg, baseline: Outcomes | null): LegOutcome | null {
  const outcome = baseline?.[leg]
  if (outcome?.kind !== 'error') return null
  return { ...outcome, reason: `the service without the mutation already fails: ${outcome.reason}` }
}

function findingsOf(leg: Leg, baseline: Outcomes | null): readonly LegFinding[] {
  const outcome = baseline?.[leg]
  return outcome?.kind === 'killed' ? outcome.findings : []
}

/** Works on several items at once, and returns the results in the order of the items. */
async function inLanes<Item, Result>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length)
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index]!)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(lanes, items.length)) }, lane))
  return results
}
