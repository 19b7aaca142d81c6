import type { TSESTree } from '@typescript-eslint/utils'
import type { FunctionNode } from '../../../source/binding.ts'
import { enterPattern } from './pattern.ts'
import type { Chain } from './chain.ts'
import type { Mention } from './mention.ts'

/** One expression that a place of the program can turn out to hold. `node` is null where that is `undefined`. */
export interface Alternative {
  readonly node: TSESTree.Node | null
  readonly environment: Environment
  /** What it depends on, in words; null where it is the only one. */
  readonly when: string | null
}

/** What the names inside a callback or a followed helper stand for. */
export type Bound =
  | { readonly kind: 'chain'; readonly chain: Chain }
  /** The table that `where: (table, …) => …` gets, as one mention of the query. */
  | { readonly kind: 'mention'; readonly mention: Mention }
  /** `{ eq, and, … }`, which such a callback gets as its second parameter, and one of its members. */
  | { readonly kind: 'operators' }
  | { readonly kind: 'operator'; readonly name: string }
  /** Marks that a helper is being followed; it stands under a key that no name can have. */
  | { readonly kind: 'following' }
  /** What a variable holds before it is written again. */
  | { readonly kind: 'alternatives'; readonly alternatives: readonly Alternative[] }
  /** The caller's argument for a parameter of a helper. */
  | { readonly kind: 'argument'; readonly node: TSESTree.Node; readonly environment: Environment }

export type Environment = ReadonlyMap<string, Bound>

export const emptyEnvironment: Environment = new Map()

/** Helpers that call helpers are followed this far. */
const maximumHelpers = 12

/** The environment of a helper's body, empty but for the helpers that led there. Null: it calls itself, or leads too far. */
export function enterHelper(helper: FunctionNode, from: Environment): Environment | null {
  const key = `helper at ${helper.range[0]}`
  const trail = [...from].filter(([, bound]) => bound.kind === 'following')
  if (from.has(key) || trail.length >= maximumHelpers) return null
  return new Map([...trail, [key, { kind: 'following' }]])
}

/** Gives a function's parameters their meaning; `(table, { eq, and }) => …` names members of the operators. */
export function bindParameters(
  target: FunctionNode,
  values: readonly (Bound | undefined)[],
  environment: Environment,
): Environment {
  const inner = new Map(environment)
  target.params.forEach((parameter, index) =>
    enterPattern(parameter, values[index], (name, bound) => {
      if (bound === undefined) inner.delete(name)
      else inner.set(name, bound)
    }),
  )
  return inner
}
