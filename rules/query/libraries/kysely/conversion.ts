import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../../source/binding.ts'
import type { Block } from '../../../sql/statement.ts'
import type { Draft } from '../../draft.ts'
import type { Naming } from '../../naming.ts'
import { isEnded, beginning, enterHelper, type Bound, type Chain, type Environment } from './chain.ts'
import type { Evaluator } from './evaluate.ts'
import { bindParameters, returnedExpressions, unwrapped } from './syntax.ts'

/** What turning one chain into one statement needs at hand everywhere. */
export interface Conversion {
  readonly draft: Draft
  readonly evaluator: Evaluator
  readonly blockOf: (chain: Chain, level: Level) => Block
  /** Every builder call that became part of this statement; none of them is a statement of its own. */
  readonly consumed: Set<TSESTree.CallExpression>
}

/** What is visible at one place of a statement. */
export interface Level {
  readonly naming: Naming
  readonly ctes: VisibleCtes
}

/** CTEs by name; one that is mentioned before it is defined is read when it is asked for. */
export interface VisibleCtes {
  readonly get: (name: string) => Block | undefined
}

export interface Placed {
  readonly node: TSESTree.Node
  readonly environment: Environment
}

const follow = 12

/**
 * The expressions that an argument can turn out to be: through constants, the caller's arguments, callbacks (`(eb) => …`, whose
 * first parameter is `first`), helpers of this file, and both branches of `?:`. Null when it cannot be followed.
 */
export function possibleExpressions(
  given: TSESTree.Node,
  environment: Environment,
  conversion: Conversion,
  first: Bound | null = { kind: 'expressions' },
  depth = 0,
): readonly Placed[] | null {
  const { scope } = conversion.draft
  if (depth > follow) return null
  const node = unwrapped(given)
  const again = (next: TSESTree.Node, inner: Environment): readonly Placed[] | null =>
    possibleExpressions(next, inner, conversion, first, depth + 1)
  const all = (nodes: readonly TSESTree.Node[], inner: Environment): readonly Placed[] | null => {
    const found = nodes.map((one) => again(one, inner))
    return found.some((one) => one === null) ? null : found.flatMap((one) => one ?? [])
  }
  if (node.type === 'Identifier') {
    const bound = environment.get(node.name)
    if (bound?.kind === 'argument') return again(bound.node, bound.environment)
    if (bound !== undefined) return [{ node, environment }]
    const resolved = unwrapped(scope.resolve(node))
    return resolved === node ? [{ node, environment }] : again(resolved, environment)
  }
  if (isFunction(node)) {
    const returned = returnedExpressions(node)
    return returned === null
      ? null
      : all(returned, bindParameters(node, first === null ? [] : [first], environment))
  }
  if (node.type === 'ConditionalExpression') return all([node.consequent, node.alternate], environment)
  if (node.type === 'CallExpression') {
    const { evaluator } = conversion
    if (evaluator.expressionMethod(node.callee, environment) !== null) return [{ node, environment }]
    if (evaluator.chainOf(node, environment) !== null) return [{ node, environment }]
    const target = evaluator.functionOf(node.callee)
    if (target === null || target.async || target.generator) return [{ node, environment }]
    const returned = returnedExpressions(target)
    if (returned === null) return [{ node, environment }]
    const bound = node.arguments.map((argument): Bound => {
      const chain = evaluator.chainOf(argument, environment)
      if (chain !== null) return { kind: 'chain', chain }
      if (evaluator.isExpressions(argument, environment)) return { kind: 'expressions' }
      return { kind: 'argument', node: argument, environment }
    })
    const body = enterHelper(target, environment)
    return body === null ? [{ node, environment }] : all(returned, bindParameters(target, bound, body))
  }
  return [{ node, environment }]
}

/** The sub-query that an expression is, as a block that sees `level` as its outer query. */
export function subqueryOf(placed: Placed, level: Level, conversion: Conversion): Block | null {
  const chain = conversion.evaluator.chainOf(placed.node, placed.environment)
  if (chain === null || isEnded(chain) || beginning(chain) === null) return null
  return conversion.blockOf(chain, level)
}
