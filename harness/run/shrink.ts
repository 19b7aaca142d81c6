import type { Step } from '../generate/trial.ts'

/** Tries a sequence on fresh tenants: does the same finding come out? */
export type Reproduces = (steps: readonly Step[]) => Promise<boolean>

/** How long shrinking may go on. */
export interface ShrinkBudget {
  /** Asked before each try. */
  readonly spent: () => boolean
}

/**
 * The smallest sequence found with the same finding identity: first fewer steps (delta debugging: Zeller and Hildebrandt 2002),
 * then simpler ones. Returns null when the finding does not come out even of the whole sequence.
 *
 * @param likely sequences to try before all others, e.g. the accused step alone
 */
export async function shrink(
  steps: readonly Step[],
  likely: readonly (readonly Step[])[],
  simpler: (step: Step) => Iterable<Step>,
  reproduces: Reproduces,
  budget: ShrinkBudget,
): Promise<readonly Step[] | null> {
  let smallest: readonly Step[] | null = null
  for (const candidate of [...likely, steps]) {
    if (await reproduces(candidate)) {
      smallest = candidate
      break
    }
    if (budget.spent()) break
  }
  if (smallest === null) return null
  const fewer = await dropSteps(smallest, reproduces, budget)
  return simplify(fewer, simpler, reproduces, budget)
}

/** Drops ever smaller runs of steps. */
async function dropSteps(
  steps: readonly Step[],
  reproduces: Reproduces,
  budget: ShrinkBudget,
): Promise<readonly Step[]> {
  let current = steps
  for (let size = Math.ceil(current.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < current.length && current.length > 1;) {
      if (budget.spent()) return current
      const candidate = [...current.slice(0, start), ...current.slice(start + size)]
      if (candidate.length > 0 && (await reproduces(candidate))) current = candidate
      else start += size
    }
  }
  return current
}

async function simplify(
  steps: readonly Step[],
  simpler: (step: Step) => Iterable<Step>,
  reproduces: Reproduces,
  budget: ShrinkBudget,
): Promise<readonly Step[]> {
  let current = steps
  for (let index = 0; index < current.length; index++) {
    let improved = true
    while (improved) {
      improved = false
      for (const candidate of simpler(current[index]!)) {
        if (budget.spent()) return current
        const changed = current.with(index, candidate)
        if (!(await reproduces(changed))) continue
        current = changed
        improved = true
        break
      }
    }
  }
  return current
}

/** Steps one notch simpler: no hint, nothing hostile, the first actor, then a smaller payload. */
export function* simplerSteps(step: Step, optional: readonly string[], frozen: unknown): Iterable<Step> {
  if (step.hint !== null) yield { ...step, hint: null }
  if (step.hostility !== null) yield { ...step, hostility: null }
  if (step.credential !== 'actor') yield { ...step, credential: 'actor' }
  if (step.actor !== 0) yield { ...step, actor: 0 }
  if (typeof frozen !== 'object' || frozen === null || Array.isArray(frozen)) return
  const present = optional.filter((name) => name in frozen)
  if (present.length > 1) yield { ...step, payload: { value: without(frozen, present) } }
  for (const name of present) yield { ...step, payload: { value: without(frozen, [name]) } }
}

function without(object: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}
