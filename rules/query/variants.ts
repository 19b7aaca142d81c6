import type { Decider } from './decider.ts'

/** One outcome of the tests that decide what a call sends. */
export interface Variant<T> {
  readonly value: T
  /** Test → outcome, for the tests that were asked. */
  readonly decisions: ReadonlyMap<string, boolean>
}

export interface Variants<T> {
  readonly variants: readonly Variant<T>[]
  /** False: there were too many combinations; those with none, one, all but one and all of the tests taken were looked at. */
  readonly complete: boolean
}

/** Six independent tests; more would cost more than they tell. */
const combinationLimit = 64

/** Runs `build` for every combination of outcomes of the tests that it asks about; equal tests have equal outcomes. */
export function explore<T>(build: (decider: Decider) => T): Variants<T> {
  const variants: Variant<T>[] = []
  const pending: ReadonlyMap<string, boolean>[] = [new Map()]
  const asked = new Set<string>()
  for (let start = pending.pop(); start !== undefined; start = pending.pop()) {
    if (variants.length >= combinationLimit) return { variants: extremes(build, asked), complete: false }
    const decisions = new Map(start)
    const value = build(
      deciderOf((key) => {
        asked.add(key)
        const known = decisions.get(key)
        if (known !== undefined) return known
        pending.push(new Map([...decisions, [key, true]]))
        decisions.set(key, false)
        return false
      }),
    )
    variants.push({ value, decisions })
  }
  return { variants, complete: true }
}

function deciderOf(outcome: (key: string) => boolean): Decider {
  return { holds: ({ key, taken }) => outcome(key) === taken, arguments: new Map() }
}

function extremes<T>(build: (decider: Decider) => T, asked: ReadonlySet<string>): Variant<T>[] {
  const run = (outcome: (key: string) => boolean): Variant<T> => {
    const decisions = new Map([...asked].map((key) => [key, outcome(key)]))
    return { value: build(deciderOf((key) => decisions.get(key) ?? outcome(key))), decisions }
  }
  return [
    run(() => false),
    run(() => true),
    ...[...asked].flatMap((one) => [run((key) => key === one), run((key) => key !== one)]),
  ]
}
