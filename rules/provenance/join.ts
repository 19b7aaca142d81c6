import type { Origin, Provenance } from './provenance.ts'

/** How much a value is to be distrusted, when a branch decides between several. */
const weight: Record<Origin['kind'], number> = {
  literal: 0,
  trusted: 1,
  row: 2,
  parameter: 3,
  unknown: 4,
  request: 5,
}

/** One provenance for a value that is one of several, or made of several. */
export function join(all: readonly Provenance[]): Provenance {
  const [first, ...rest] = all
  if (first === undefined) return { kind: 'literal', value: null, nullable: false }
  return rest.reduce((a, b) => {
    const worst = weight[b.kind] > weight[a.kind] ? b : a
    return { ...worst, nullable: a.nullable || b.nullable }
  }, first)
}
