import type { Step, Trial } from '../generate/trial.ts'
import type { Change } from '../oracles/foreign-write.ts'
import type { Laboratory } from './laboratory.ts'
import type { Suspicion } from './lanes.ts'

/** How many of a batch's trials are run again alone before the search is given up. */
const most = 160

/**
 * Rows of a passive tenant changed during a batch: runs its writing trials again, one at a time, until all changes are explained.
 */
export async function findCulprits(
  changes: readonly Change[],
  writers: readonly Trial[],
  laboratory: Laboratory,
  spent: () => boolean,
): Promise<{ readonly suspicions: readonly Suspicion[]; readonly unexplained: readonly Change[] }> {
  const open = new Set(changes.map(({ place }) => place))
  const suspicions: Suspicion[] = []
  for (const trial of writers.slice(0, most)) {
    if (open.size === 0 || spent()) break
    const outcome = await laboratory.run(trial.steps, false)
    for (const charge of outcome.charges) {
      if (!charge.damage) continue
      suspicions.push({ charge, trial: trial.index, steps: outcome.played.map(({ step }) => step) })
    }
    for (const { place } of outcome.changes) open.delete(place)
  }
  return { suspicions, unexplained: changes.filter(({ place }) => open.has(place)) }
}

/** What a step does to whom, coarse enough that the same bug is not looked for again in every batch. */
export function muteKey(step: Step): string {
  return [step.operation, step.relation, step.hint ?? '', step.hostility ?? ''].join(' ')
}
