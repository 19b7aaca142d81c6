import { differences, plain, Symbols } from './normalise.ts'
import type { Accusation, Answer } from './oracle.ts'

/** The answers to one step in three worlds: two alike, and a twin in which the victim owns something else. */
export interface Lockstep {
  readonly alike: readonly [Answer, Answer]
  readonly twin: Answer
}

/** Fields per operation that were seen to differ between worlds that are alike: time, chance, order. */
export class Noise {
  readonly #fields = new Map<string, Set<string>>()

  learn(operation: string, fields: readonly string[]): void {
    const known = this.#fields.get(operation) ?? new Set()
    for (const field of fields) known.add(field)
    this.#fields.set(operation, known)
  }

  has(operation: string, field: string): boolean {
    return this.#fields.get(operation)?.has(field) ?? false
  }
}

/** `apart`: the worlds that are alike went different ways, so that nothing further can be compared. */
export type Comparison =
  | { readonly kind: 'equal' }
  | { readonly kind: 'apart' }
  | { readonly kind: 'accused'; readonly accusation: Accusation }

/**
 * What the attacker sees depends on what the victim owns: a field is equal in the worlds that are alike, and differs in the twin.
 * Noninterference: Goguen and Meseguer 1982.
 */
export function compareWorlds(operation: string, { alike, twin }: Lockstep, noise: Noise): Comparison {
  const [left, right] = alike.map((answer) => plain(answer, new Symbols())) as [Plain, Plain]
  const other = plain(twin, new Symbols())
  const chance = differences(left, right)
  if (chance.includes('status')) return { kind: 'apart' }
  noise.learn(operation, chance)
  const fromLeft = differences(left, other)
  const fromRight = new Set(differences(right, other))
  const telling = fromLeft.filter((field) => fromRight.has(field) && !noise.has(operation, field))
  if (telling.length === 0) return { kind: 'equal' }
  const field = telling.toSorted(byWeight)[0]!
  const values =
    field === 'status' ? [left.status, other.status] : [left.fields.get(field), other.fields.get(field)]
  return {
    kind: 'accused',
    accusation: {
      oracle: 'interference',
      detail: field,
      title: `${operation} tells what other tenants own`,
      evidence: `The same sequence in two worlds that differ only in the victim's data: ${field} is ${String(values[0])} in one and ${String(values[1])} in the other.`,
    },
  }
}

type Plain = ReturnType<typeof plain>

/** The status says most, then what lies near the top. */
function byWeight(left: string, right: string): number {
  if (left === 'status' || right === 'status') return left === 'status' ? -1 : 1
  const depth = (field: string): number => field.split(/[.[]/).length + (field.startsWith('header:') ? 10 : 0)
  return depth(left) - depth(right) || (left < right ? -1 : 1)
}
