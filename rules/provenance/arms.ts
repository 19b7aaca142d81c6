import type { Decision } from './writes.ts'

/** Is some of the lists of decisions taken on every way: `a`, and `not a` with `b`, and `not a` with `not b`? */
export function areExhaustive(ways: readonly (readonly Decision[])[]): boolean {
  if (ways.some((way) => way.length === 0)) return true
  const [first] = ways
  if (first === undefined) return false
  const { key } = first[0]!
  return [true, false].every((taken) =>
    areExhaustive(
      ways
        .filter((way) => !way.some((one) => one.key === key && one.taken !== taken))
        .map((way) => way.filter((one) => one.key !== key)),
    ),
  )
}
