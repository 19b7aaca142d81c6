import type { TSESTree } from '@typescript-eslint/utils'
import { type BuilderChain, type BuilderStep, mergedBy } from '../../builder/chain.ts'

/** A builder as the sequence of calls that made it, across variables, helpers, `$call` and `$if`. */
export interface Chain extends BuilderChain<Environment> {
  /** The expression that the first step is called on: `db`, `this.db`, `eb`. */
  readonly root: TSESTree.Node
  /** `eb.selectFrom(…)` sees the columns of the query around it; `db.selectFrom(…)` does not. */
  readonly nested: boolean
  /** Calls of a statement that stands on its own and that this one repeats: what was read back from the wrapper it was given to. */
  readonly repeated?: readonly TSESTree.CallExpression[]
}

export type ChainStep = BuilderStep<Environment>

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

/** The program takes one of these builders. Null when they begin differently. */
export const merged = (alternatives: readonly Chain[], reason: string): Chain | null =>
  mergedBy(
    alternatives,
    reason,
    (shared, one, other) =>
      beginning(shared) !== null || (beginning(one) === null && beginning(other) === null),
  )
