import type { OracleId } from './events.ts'

/** One textual edit. `find` must occur exactly once in `file`, so that a stale mutant fails loudly. @public */
export interface Edit {
  /** Relative to the service's directory. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

/**
 * A layer of the service's defence that is taken away together with the mutation, because it would catch the bug first:
 * an edit, or SQL run on the cloned database as its owner.
 *
 * @public
 */
export interface KnockOut {
  readonly id: string
  readonly title: string
  readonly edits?: readonly Edit[]
  readonly sql?: string
}

/** `lint` and `audit` say which rule or check is expected, `fuzz` which oracles. @public */
export type KilledBy =
  | { readonly leg: 'lint'; readonly by: string }
  | { readonly leg: 'audit'; readonly by: string }
  | { readonly leg: 'fuzz'; readonly by: OracleId }

/** A leaky variant of a service, as data. `export default defineMutant({ … })` or a JSON file of the same shape. @public */
export interface Mutant {
  readonly id: string
  readonly area: string
  /** Number of the bug class. */
  readonly class: number
  readonly title: string
  readonly edits: readonly Edit[]
  readonly killedBy: readonly KilledBy[]
  /** Ids of knock-outs in `knockouts.ts` of the mutants' folder. */
  readonly knockOut?: readonly string[]
  /** Edits of the same lines that look odd and do not leak: nobody may kill them (with the same knock-outs). */
  readonly twin?: readonly Edit[]
}

/** @public */
export function defineMutant(mutant: Mutant): Mutant {
  return mutant
}
