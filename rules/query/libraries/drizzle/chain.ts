import type { TSESTree } from '@typescript-eslint/utils'
import { type BuilderChain, type BuilderStep, mergedBy } from '../../builder/chain.ts'
import type { Environment } from './environment.ts'

/** A builder as the sequence of calls that made it, across variables and helpers. */
export interface Chain extends BuilderChain<Environment> {
  /** The expression that the first step is called on: `db`, `this.db`, `tx`; the callee for `union(a, b)`. */
  readonly root: TSESTree.Node
}

export type ChainStep = BuilderStep<Environment>

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

/** The program takes one of these builders. Null when they begin differently. */
export const merged = (alternatives: readonly Chain[], reason: string): Chain | null =>
  mergedBy(alternatives, reason, (shared) => beginning(shared) !== null)
