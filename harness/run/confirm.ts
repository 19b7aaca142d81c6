import type { Step } from '../generate/trial.ts'
import { curlScript } from './curl.ts'
import type { Finding, OracleId } from './events.ts'
import type { Played } from './execute.ts'
import type { Arena } from './arena.ts'
import type { Tenant } from '../model/tenant.ts'
import type { Outcome } from './execute.ts'
import { chargeOf, freeze, simplifications } from './laboratory.ts'
import type { Suspicion } from './lanes.ts'
import { type Receipt, writeReceipt } from './receipt.ts'
import { Disguise, showSteps } from './show.ts'
import { shrink } from './shrink.ts'

/** How often the minimal sequence is run again on fresh tenants. */
const usualReruns = 3
/** Three worlds may by chance differ in the telling way once; not this often. */
const lockstepReruns = 6
/** What rests on a comparison must come back this often. */
const leastRate = 0.8

/** Oracles whose one observation is proof: what was seen cannot be seen by chance. */
const conclusive: ReadonlySet<OracleId> = new Set(['foreign-read', 'foreign-write', 'error-message'])

/** Where sequences are run again: one world, or worlds in lockstep. */
export interface Bench {
  readonly arena: Arena
  readonly run: (steps: readonly Step[], fresh: boolean) => Promise<Outcome & { readonly attacker: Tenant }>
}

export interface ConfirmOptions {
  readonly target: string
  readonly seed: number
  readonly receiptsDirectory: string | null
  readonly spent: () => boolean
}

/**
 * Makes a finding of a suspicion: shrinks it on fresh tenants to the same identity, runs it again for the rate, and writes
 * receipt and script. Null when it does not come back and rests on a comparison, which noise can upset.
 */
export async function confirm(
  suspicion: Suspicion,
  bench: Bench,
  options: ConfirmOptions,
): Promise<Finding | null> {
  const { charge } = suspicion
  const reproduces = async (steps: readonly Step[]): Promise<boolean> =>
    chargeOf(await bench.run(steps, false), charge.id) !== undefined
  const upTo = suspicion.steps.slice(0, charge.at + 1).map((step) => freeze(step, bench.arena))
  const last = upTo.at(-1)!
  const minimal = await shrink(
    upTo,
    upTo.length > 1 ? [[last]] : [],
    (step) => simplifications(step, bench.arena),
    reproduces,
    { spent: options.spent },
  )
  if (minimal === null && !conclusive.has(charge.accusation.oracle)) return null
  const finding = await rerun(suspicion, minimal ?? upTo, bench)
  if (!conclusive.has(finding.oracle) && finding.reproductionRate < leastRate) return null
  const directory = options.receiptsDirectory
  if (directory === null) return finding
  return { ...finding, receipt: await writeReceipt(directory, receiptOf(finding, minimal ?? upTo, options)) }
}

async function rerun(suspicion: Suspicion, steps: readonly Step[], bench: Bench): Promise<Finding> {
  const { charge, trial } = suspicion
  const reruns = charge.accusation.oracle === 'interference' ? lockstepReruns : usualReruns
  let again = 0
  let shown: Pick<Finding, 'steps' | 'evidence' | 'curl' | 'title'> | null = null
  for (let run = 0; run < reruns; run++) {
    const { victim } = bench.arena
    const outcome = await bench.run(steps, true)
    const found = chargeOf(outcome, charge.id)
    if (found !== undefined) again++
    if (shown !== null && found === undefined) continue
    // The victim may have been replaced since: its ids must still get their names.
    const disguise = new Disguise({ ...bench.arena, victim }, outcome.attacker)
    shown = show(charge.id, found?.accusation ?? charge.accusation, outcome.played, disguise, bench)
  }
  const { accusation, operation, relation, id } = charge
  return {
    id,
    oracle: accusation.oracle,
    operation,
    relation,
    ...shown!,
    requests: shown!.steps.length,
    reproductionRate: again / reruns,
    trial,
    receipt: null,
  }
}

function receiptOf(finding: Finding, steps: readonly Step[], { target, seed }: ConfirmOptions): Receipt {
  const { id, oracle, operation, relation, title } = finding
  return { version: 1, target, finding: id, oracle, operation, relation, title, seed, steps }
}

function show(
  id: string,
  accusation: { readonly title: string; readonly evidence: string },
  played: readonly Played[],
  disguise: Disguise,
  bench: Bench,
): Pick<Finding, 'steps' | 'evidence' | 'curl' | 'title'> {
  const steps = showSteps(played, disguise)
  const { title } = accusation
  const evidence = disguise.text(accusation.evidence)
  const baseUrl = bench.arena.world.service.baseUrl
  return { steps, title, evidence, curl: curlScript({ finding: id, title, evidence, baseUrl }, steps) }
}
