import type { PropertyView } from '../provenance/view.ts'
import type { Decision } from '../provenance/writes.ts'
import type { Condition } from '../sql/statement.ts'

/**
 * Properties as conditions that all hold: each by itself, perhaps left out (`absent`), and those of branches of which one is always taken
 * as alternatives.
 */
export function conditionsOf(
  properties: readonly PropertyView[],
  conditionOf: (property: PropertyView) => Condition,
  absent: (condition: Condition, property: PropertyView) => Condition,
): readonly Condition[] {
  const known = new Map(properties.map((property) => [property, conditionOf(property)]))
  const alone = [...known].map(([property, condition]) => absent(condition, property))
  return [...alone, ...alternatives(properties, (property) => known.get(property)!)]
}

/**
 * Properties that stand in branches of which the program always takes one, as alternatives: `if (a) where = {…} else where = {…}`. Those
 * of branches that may all be left out are not among them.
 */
function alternatives(
  properties: readonly PropertyView[],
  conditionOf: (property: PropertyView) => Condition,
): readonly Condition[] {
  return among(
    properties.map((property) => ({ property, when: property.when })),
    conditionOf,
  )
}

interface Branch {
  readonly property: PropertyView
  /** The tests that are still to be taken. */
  readonly when: readonly Decision[]
}

function among(
  branches: readonly Branch[],
  conditionOf: (property: PropertyView) => Condition,
): readonly Condition[] {
  const tests = new Map<string, Map<string, Branch[]>>()
  const cases = new Map<string, number | null>()
  for (const { property, when } of branches) {
    const [test, ...rest] = when
    if (test === undefined) continue
    const key = test.among?.key ?? test.key
    cases.set(key, test.among === undefined ? 2 : test.among.cases)
    const outcomes = tests.get(key) ?? new Map<string, Branch[]>()
    const outcome = test.among === undefined ? String(test.taken) : test.key
    outcomes.set(outcome, [...(outcomes.get(outcome) ?? []), { property, when: rest }])
    tests.set(key, outcomes)
  }
  return [...tests].flatMap(([key, outcomes]): Condition[] => {
    if (outcomes.size !== cases.get(key)) return []
    const operands = [...outcomes.values()].map((taken): Condition => {
      const certain = taken.filter(({ when }) => when.length === 0)
      const own = certain.map(({ property }) => conditionOf(property))
      return { kind: 'and', operands: [...own, ...among(taken, conditionOf)] }
    })
    return [{ kind: 'or', operands }]
  })
}
