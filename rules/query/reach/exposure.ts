/** One function on the way from an entry point to a query. */
export interface Step {
  /** Name of the function as a reader would call it. */
  readonly name: string
  readonly file: string
  /** 1-based. */
  readonly line: number
}

/** Who can steer a query that its own statement does not confine, as far as the project shows. */
export type Exposure =
  /** A value of the request picks the rows, and nothing on the way ties it to the actor's tenant. */
  | {
      readonly kind: 'certain'
      readonly value: string
      readonly path: readonly Step[]
      /** A check on the way that whole roles pass, in words. */
      readonly exempting?: string
    }
  /** It is open as far as can be seen, with a reason to doubt. */
  | { readonly kind: 'likely'; readonly reason: string; readonly path: readonly Step[] }
  /** Every way to it that was found passes a check of the same value. */
  | { readonly kind: 'guarded'; readonly by: string }
  /** The rows are picked by columns of rows that were read before, or by the actor itself; what was read there is judged there. */
  | {
      readonly kind: 'derived'
      readonly from: string
      /** It is the tenant of whoever acts, on every way: a row that hangs on it is no other tenant's, whatever else picks it. */
      readonly isTenant?: true
    }
  /** Only callers outside the project, or none that could be followed, decide. */
  | {
      readonly kind: 'unreached'
      readonly reason: string
      /** Of those who hand the value over, some could be followed, and none of them takes it from a request. */
      readonly isKnownOfSome?: true
    }

const weights: Readonly<Record<Exposure['kind'], number>> = {
  derived: 0,
  guarded: 1,
  unreached: 2,
  likely: 3,
  certain: 4,
}

/** The acting tenant on one way and a row on another are together no more than a row. */
const weightOf = (one: Exposure): number =>
  weights[one.kind] - (one.kind === 'derived' && one.isTenant === true ? 0.5 : 0)

/** The exposure that counts where each of several ways may be taken; null when there is none. */
export function worst(all: readonly Exposure[]): Exposure | null {
  return all.reduce<Exposure | null>(
    (one, other) => (one === null || weightOf(other) > weightOf(one) ? other : one),
    null,
  )
}
