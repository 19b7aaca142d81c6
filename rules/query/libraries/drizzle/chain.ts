import type { TSESTree } from '@typescript-eslint/utils'
import type { Environment } from './environment.ts'

/** A builder as the sequence of calls that made it, across variables and helpers. */
export interface Chain {
  /** The expression that the first step is called on: `db`, `this.db`, `tx`; the callee for `union(a, b)`. */
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

/** Set operators, as methods of a builder and as functions of their own. */
export const setOperators: Readonly<
  Record<string, { readonly operator: 'union' | 'intersect' | 'except'; readonly all: boolean }>
> = {
  union: { operator: 'union', all: false },
  unionAll: { operator: 'union', all: true },
  intersect: { operator: 'intersect', all: false },
  intersectAll: { operator: 'intersect', all: true },
  except: { operator: 'except', all: false },
  exceptAll: { operator: 'except', all: true },
}

/** Methods that begin a statement on a client. */
export const statementMethods: ReadonlySet<string> = new Set([
  'select',
  'selectDistinct',
  'selectDistinctOn',
  'insert',
  'update',
  'delete',
  '$count',
])

/** Methods of a client that lead to a statement. */
export const clientMethods: ReadonlySet<string> = new Set(['with', '$with'])

/** Methods that send the statement, or turn it into something that is no builder any more. */
const endMethods: ReadonlySet<string> = new Set([
  'execute',
  'all',
  'get',
  'run',
  'prepare',
  'toSQL',
  'iterator',
])

/** `values()` sends a query without arguments, and names the rows of an insert with one. */
export const isEnd = ({ method, call }: Pick<ChainStep, 'method' | 'call'>): boolean =>
  endMethods.has(method) || (method === 'values' && call.arguments.length === 0)

export const isEnded = (chain: Chain): boolean => chain.steps.some(isEnd)

/** The statement-beginning step, null when the chain is still a bare client. */
export function beginning(chain: Chain): ChainStep | null {
  const [first] = chain.steps
  if (first?.method === '$with') return null
  const found = chain.steps.find(({ method }) => statementMethods.has(method))
  return found ?? (first !== undefined && Object.hasOwn(setOperators, first.method) ? first : null)
}

/** `db.$with('name').as(query)`. */
export function isNamedQuery(chain: Chain): boolean {
  return chain.steps[0]?.method === '$with' && chain.steps.some(({ method }) => method === 'as')
}

/** The name that `.as('name')` or `.$with('name')` gives; null when the chain has none in sight. */
export function nameStep(chain: Chain): TSESTree.Node | null {
  const first = chain.steps[0]
  if (first?.method === '$with') return first.call.arguments[0] ?? null
  return chain.steps.findLast(({ method }) => method === 'as')?.call.arguments[0] ?? null
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

/** All that `later` has beyond `earlier`, marked as optional; null when it does not continue `earlier`. */
export function asOptional(earlier: Chain, later: Chain, reason: string): Chain | null {
  if (!continues(earlier, later)) return null
  const added = later.steps.slice(earlier.steps.length)
  return {
    ...later,
    steps: [...earlier.steps, ...added.map((step) => ({ ...step, optional: step.optional ?? reason }))],
  }
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
    if (beginning(shared) === null) return null
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
