/** A seeded sample, the same for everybody who reads it. */
export function sampleOf<T>(all: readonly T[], size: number, seed: number): readonly T[] {
  let state = seed >>> 0
  const random = (): number => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    return state / 2 ** 32
  }
  return all
    .map((value) => ({ value, order: random() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, size)
    .map(({ value }) => value)
}
