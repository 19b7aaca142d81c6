import type { TSESTree } from '@typescript-eslint/utils'

/** A builder as the sequence of calls that made it, across variables, helpers, `$call` and `$if`. */
export interface Chain {
  /** The expression that the first step is called on: `db`, `this.db`, `eb`. */
  readonly root: TSESTree.Node
  /** `eb.selectFrom(…)` sees the columns of the query around it; `db.selectFrom(…)` does not. */
  readonly nested: boolean
  readonly steps: readonly ChainStep[]
  /** Calls of a statement that stands on its own and that this one repeats: what was read back from the wrapper it was given to. */
  readonly repeated?: readonly TSESTree.CallExpression[]
}

export interface ChainStep {
  readonly method: string
  readonly call: TSESTree.CallExpression
  readonly environment: Environment
  /** The program may leave this step out, and why. */
  readonly optional: string | null
}

/** What the names inside a builder callback or a followed helper stand for. */
export type Bound =
  | { readonly kind: 'chain'; readonly chain: Chain }
  /** The expression builder itself, and one of its members by destructuring. */
  | { readonly kind: 'expressions' }
  | { readonly kind: 'expressionMember'; readonly name: string }
  /** The query creator that a `with` callback gets. */
  | { readonly kind: 'client' }
  /** Marks that a helper is being followed; it stands under a key that no name can have. */
  | { readonly kind: 'following' }
  /** The caller's argument for a parameter of a helper. */
  | { readonly kind: 'argument'; readonly node: TSESTree.Node; readonly environment: Environment }

export type Environment = ReadonlyMap<string, Bound>

export const emptyEnvironment: Environment = new Map()

/** Helpers that call helpers are followed this far. */
const maximumHelpers = 12

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

/** Methods that begin a statement on a client. */
export const statementMethods: ReadonlySet<string> = new Set([
  'selectFrom',
  'selectNoFrom',
  'insertInto',
  'replaceInto',
  'updateTable',
  'deleteFrom',
  'mergeInto',
])

/** Methods of a client that give a client back. */
export const clientMethods: ReadonlySet<string> = new Set([
  'with',
  'withRecursive',
  'withSchema',
  'withPlugin',
  'withoutPlugins',
  'withTables',
])

/** Methods that send the statement, or turn it into something that is no builder any more. */
export const endMethods: ReadonlySet<string> = new Set([
  'execute',
  'executeTakeFirst',
  'executeTakeFirstOrThrow',
  'stream',
  'compile',
  'explain',
  'toOperationNode',
])

/** The statement-beginning step, null when the chain is still a bare client. */
export function beginning(chain: Chain): ChainStep | null {
  return chain.steps.find(({ method }) => statementMethods.has(method)) ?? null
}

export function isEnded(chain: Chain): boolean {
  return chain.steps.some(({ method }) => endMethods.has(method))
}

/** All that `later` has beyond `earlier`, marked as optional; null when it does not continue `earlier`. */
export function asOptional(earlier: Chain, later: Chain, reason: string): Chain | null {
  if (!continues(earlier, later)) return null
  const added = later.steps.slice(earlier.steps.length)
  return {
    ...later,
    steps: [...earlier.steps, ...added.map((step) => ({ ...step, optional: step.optional ?? reason }))],
  }
}

/** Stands for what was done to a builder whose variable is written too often to be followed. */
export const unfollowedStep = '$unfollowed'

/** The builder that a variable began with, and then whatever the program did to it. */
export function unfollowed(chain: Chain, environment: Environment): Chain {
  const last = chain.steps.at(-1)
  if (last === undefined) return chain
  return {
    ...chain,
    steps: [...chain.steps, { ...last, method: unfollowedStep, environment, optional: null }],
  }
}

/** Is `part` a beginning of the whole, or among what was not followed of it? */
export function isPartOf(part: Chain, whole: Chain): boolean {
  if (continues(part, whole)) return true
  return whole.steps.at(-1)?.method === unfollowedStep && continues(whole, part)
}

export function continues(earlier: Chain, later: Chain): boolean {
  return (
    earlier.root === later.root &&
    earlier.steps.every((step, index) => later.steps[index]?.call === step.call)
  )
}

/** The program takes one of these builders: what only some of them have is optional. Null when they begin differently. */
export function merged(alternatives: readonly Chain[], reason: string): Chain | null {
  const [first, ...others] = alternatives
  if (first === undefined) return null
  let result = first
  for (const other of others) {
    if (result.root !== other.root) return null
    const length = commonLength(result, other)
    const shared = { ...result, steps: result.steps.slice(0, length) }
    if (beginning(shared) === null && (beginning(result) !== null || beginning(other) !== null)) return null
    const left = asOptional(shared, result, reason)!
    const right = asOptional(shared, other, reason)!
    result = { ...shared, steps: [...left.steps, ...right.steps.slice(length)] }
  }
  return result
}

function commonLength(one: Chain, other: Chain): number {
  let length = 0
  while (length < one.steps.length && one.steps[length]!.call === other.steps[length]?.call) length++
  return length
}
