import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Block } from '../../../sql/statement.ts'
import type { Draft } from '../../draft.ts'
import type { Naming } from '../../naming.ts'
import type { Chain, ChainStep, Environment } from './chain.ts'
import type { Evaluator } from './evaluate.ts'

/** What turning one chain into one statement needs at hand everywhere. */
export interface Conversion {
  readonly draft: Draft
  readonly evaluator: Evaluator
  readonly blockOf: (chain: Chain, level: Level) => Block
  /** Every call that became part of this statement; none of them is a statement of its own. */
  readonly consumed: Set<TSESTree.Node>
}

/** What is visible at one place of a statement. */
export interface Level {
  readonly naming: Naming
  readonly ctes: ReadonlyMap<string, Block>
  /** `withSchema('app')`: the schema of every table that names none. */
  readonly schema: string | null
}

export const emptyLevel: Level = { naming: { items: [], outer: null }, ctes: new Map(), schema: null }

export interface Placed {
  readonly node: TSESTree.Node
  readonly environment: Environment
}

const follow = 12

/** The expressions that an argument can turn out to be: through constants, the caller's arguments and both branches of `?:`. */
export function possible(
  given: TSESTree.Node,
  environment: Environment,
  conversion: Conversion,
  depth = 0,
): readonly Placed[] {
  const node = unwrap(given)
  if (depth > follow) return [{ node, environment }]
  if (node.type === 'Identifier') {
    const bound = environment.get(node.name)
    if (bound?.kind === 'argument') return possible(bound.node, bound.environment, conversion, depth + 1)
    if (bound !== undefined) return [{ node, environment }]
    const resolved = unwrap(conversion.draft.scope.resolve(node))
    return resolved === node || conversion.evaluator.chainsOf(node, environment) !== null
      ? [{ node, environment }]
      : possible(resolved, environment, conversion, depth + 1)
  }
  if (node.type === 'ConditionalExpression') {
    return [node.consequent, node.alternate].flatMap((one) =>
      possible(one, environment, conversion, depth + 1),
    )
  }
  return [{ node, environment }]
}

/** The sub-queries that an expression can be, as blocks that see `level` as their outer query. Null: it is none. */
export function subqueriesOf(placed: Placed, level: Level, conversion: Conversion): readonly Block[] | null {
  const { evaluator } = conversion
  const direct = evaluator.chainsOf(placed.node, placed.environment)
  if (direct !== null) return direct.map((chain) => conversion.blockOf(chain, level))
  const target = evaluator.functionOf(placed.node)
  if (target === null) return null
  return evaluator
    .applied(target, { root: placed.node, steps: [] }, [], placed.environment)
    .map((chain) => conversion.blockOf(chain, level))
}

/** The constant text of an argument, null when it is chosen at run time. */
export function textOf(
  node: TSESTree.Node | undefined,
  environment: Environment,
  conversion: Conversion,
): string | null {
  if (node === undefined) return null
  const all = possible(node, environment, conversion)
  const value = all.length === 1 ? conversion.draft.scope.constantOf(all[0]!.node)?.value : null
  return typeof value === 'string' ? value : null
}

export const has = (steps: readonly ChainStep[], ...methods: readonly string[]): boolean =>
  steps.some(({ method }) => methods.includes(method))

/** The names that the arguments of a step are: strings, and arrays of them. */
export function namesIn(
  nodes: readonly TSESTree.Node[],
  environment: Environment,
  conversion: Conversion,
): readonly string[] {
  return nodes.flatMap((node): readonly string[] => {
    const text = textOf(node, environment, conversion)
    if (text !== null) return [text]
    const [placed] = possible(node, environment, conversion)
    const array = placed === undefined ? null : conversion.draft.scope.arrayOf(placed.node)
    return array === null
      ? []
      : namesIn(
          array.elements.map(({ value }) => value),
          environment,
          conversion,
        )
  })
}
