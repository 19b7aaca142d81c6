import { differences, plain, Symbols } from './normalise.ts'
import type { Accusation, Answer } from './oracle.ts'

/** One of a pair: the same request, once with foreign ids, once with ids that never existed. */
export interface Probe {
  readonly answer: Answer
  /** The ids that differ between the two, in the order of their slots. */
  readonly ids: readonly string[]
}

/** Where a foreign and a ghost answer differ once the ids themselves are taken out. */
export function compareProbes(left: Probe, right: Probe): readonly string[] {
  return differences(plainProbe(left), plainProbe(right))
}

function plainProbe({ answer, ids }: Probe): ReturnType<typeof plain> {
  const symbols = new Symbols()
  ids.forEach((id, index) => symbols.name(id, `<id ${index}>`))
  return plain(answer, symbols)
}

/**
 * A foreign id and a ghost are answered differently: whoever asks learns what others own. `repeated` are further pairs that
 * were asked because the first differed, and `noise` where two ghosts differ among themselves.
 */
export function judgeExistence(
  operation: string,
  slots: string,
  first: readonly [foreign: Probe, ghost: Probe],
  repeated: readonly (readonly [foreign: Probe, ghost: Probe])[],
): Accusation | null {
  const pairs = [first, ...repeated]
  const noise = new Set(repeated.flatMap(([, ghost]) => compareProbes(first[1], ghost)))
  const constant = compareProbes(...first).filter(
    (field) => !noise.has(field) && pairs.every((pair) => compareProbes(...pair).includes(field)),
  )
  const field = constant.includes('status') ? 'status' : constant.toSorted()[0]
  if (field === undefined) return null
  const [foreign, ghost] = first
  return {
    oracle: 'existence',
    detail: `${slots}:${field === 'status' ? 'status' : field.startsWith('header:') ? field : 'body'}`,
    title: `${operation} tells which ids exist in other tenants`,
    evidence:
      field === 'status'
        ? `With a foreign ${slots} it answers ${foreign.answer.status}, with one that never existed ${ghost.answer.status}.`
        : `With a foreign ${slots} and with one that never existed it answers ${foreign.answer.status}, but ${field} differs.`,
  }
}
