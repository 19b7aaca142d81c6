import type { TSESTree } from '@typescript-eslint/utils'

/** A builder as the calls that made it, across variables, helpers and callbacks. */
export interface Chain {
  /** The client that the first step is called on. */
  readonly root: TSESTree.Node
  readonly steps: readonly ChainStep[]
}

export interface ChainStep {
  readonly method: string
  readonly call: TSESTree.CallExpression
  readonly environment: Environment
  /** The program may leave this step out, and why. */
  readonly optional: string | null
}

/** A step that stands for something done to the builder out of sight. */
export const unseenStep = '(unseen)'

/** What the names inside a builder callback or a followed helper stand for. `this` may be one of them. */
export type Bound =
  /** The builder as it is when the function begins; what the function does to it comes on top. */
  | { readonly kind: 'builder'; readonly chains: readonly Chain[] }
  /** The builder as it is at this very place. */
  | { readonly kind: 'fixed'; readonly chains: readonly Chain[] }
  /** The caller's argument for a parameter of a helper. */
  | { readonly kind: 'argument'; readonly node: TSESTree.Node; readonly environment: Environment }
  /** Marks a helper that is being followed; it stands under a key that no name can have. */
  | { readonly kind: 'following' }

export type Environment = ReadonlyMap<string, Bound>

export const emptyEnvironment: Environment = new Map()

const maximumHelpers = 8

/** The environment of a helper's body, empty but for the helpers that led there. Null: it calls itself, or leads too far. */
export function enterHelper(
  helper: { readonly range: readonly [number, number] },
  from: Environment,
): Environment | null {
  const key = `helper at ${helper.range[0]}`
  const trail = [...from].filter(([, bound]) => bound.kind === 'following')
  if (from.has(key) || trail.length >= maximumHelpers) return null
  return new Map([...trail, [key, { kind: 'following' }]])
}

/** More ways to build one statement than this are not told apart. */
const maximumAlternatives = 8

export function limited(chains: readonly Chain[]): readonly Chain[] {
  const distinct: Chain[] = []
  for (const chain of chains) if (!distinct.some((one) => isSame(one, chain))) distinct.push(chain)
  if (distinct.length <= maximumAlternatives) return distinct
  const last = distinct[maximumAlternatives - 1]!
  const [call] = last.steps
  if (call === undefined) return distinct.slice(0, maximumAlternatives)
  const unseen: ChainStep = { ...call, method: unseenStep, optional: null }
  return [...distinct.slice(0, maximumAlternatives - 1), { ...last, steps: [...last.steps, unseen] }]
}

function isSame(one: Chain, other: Chain): boolean {
  return (
    one.root === other.root &&
    one.steps.length === other.steps.length &&
    one.steps.every(
      (step, index) =>
        step.call === other.steps[index]!.call && step.optional === other.steps[index]!.optional,
    )
  )
}
