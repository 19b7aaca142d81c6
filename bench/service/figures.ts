/** The middle of the figures; of an even number, the upper one of the two. */
export function median(figures: readonly number[]): number {
  return figures.toSorted((left, right) => left - right)[Math.floor(figures.length / 2)]!
}
