import type { TSESTree } from '@typescript-eslint/utils'

/** One call of a builder. `Names`: what the names inside it stand for. */
export interface BuilderStep<Names> {
  readonly method: string
  readonly call: TSESTree.CallExpression
  readonly environment: Names
  /** The program may leave this step out, and why. */
  readonly optional: string | null
}

/** A builder as the sequence of calls that made it, whichever library it is of. */
export interface BuilderChain<Names> {
  /** The expression that the first step is called on. */
  readonly root: TSESTree.Node
  readonly steps: readonly BuilderStep<Names>[]
}

type AnyChain = BuilderChain<unknown>

/** Stands for what was done to a builder whose variable is written too often to be followed. */
export const unfollowedStep = '$unfollowed'

/** The builder that a variable began with, and then whatever the program did to it. */
export function unfollowed<Names, Chain extends BuilderChain<Names>>(
  chain: Chain,
  environment: Names,
): Chain {
  const last = chain.steps.at(-1)
  if (last === undefined) return chain
  const step = { ...last, method: unfollowedStep, environment, optional: null }
  return { ...chain, steps: [...chain.steps, step] }
}

export function continues(earlier: AnyChain, later: AnyChain): boolean {
  return (
    earlier.root === later.root &&
    earlier.steps.every((step, index) => later.steps[index]?.call === step.call)
  )
}

/** Is `part` a beginning of the whole, or among what was not followed of it? */
export function isPartOf(part: AnyChain, whole: AnyChain): boolean {
  if (continues(part, whole)) return true
  return whole.steps.at(-1)?.method === unfollowedStep && continues(whole, part)
}

/** All that `later` has beyond `earlier`, marked as optional; null when it does not continue `earlier`. */
export function asOptional<Chain extends AnyChain>(
  earlier: Chain,
  later: Chain,
  reason: string,
): Chain | null {
  if (!continues(earlier, later)) return null
  const added = later.steps.slice(earlier.steps.length)
  return {
    ...later,
    steps: [...earlier.steps, ...added.map((step) => ({ ...step, optional: step.optional ?? reason }))],
  }
}

/**
 * The program takes one of these builders: what only some of them have is optional. Null when they begin differently; `begins` tells
 * whether what two of them share is a beginning.
 */
export function mergedBy<Chain extends AnyChain>(
  alternatives: readonly Chain[],
  reason: string,
  begins: (shared: Chain, one: Chain, other: Chain) => boolean,
): Chain | null {
  const [first, ...others] = alternatives
  if (first === undefined) return null
  let result = first
  for (const other of others) {
    if (result.root !== other.root) return null
    const length = commonLength(result, other)
    const shared = { ...result, steps: result.steps.slice(0, length) }
    if (!begins(shared, result, other)) return null
    const left = asOptional(shared, result, reason)!
    const right = asOptional(shared, other, reason)!
    result = { ...shared, steps: [...left.steps, ...right.steps.slice(length)] }
  }
  return result
}

function commonLength(one: AnyChain, other: AnyChain): number {
  let length = 0
  while (length < one.steps.length && one.steps[length]!.call === other.steps[length]?.call) length++
  return length
}
