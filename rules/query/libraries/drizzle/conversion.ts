import type { TSESTree } from '@typescript-eslint/utils'
import type { Block, OccurrenceId } from '../../../sql/statement.ts'
import type { Draft } from '../../draft.ts'
import type { Naming } from '../../naming.ts'
import { beginning, isEnded, isNamedQuery, type Chain } from './chain.ts'
import type { Environment } from './environment.ts'
import type { Evaluator } from './evaluate.ts'
import type { Table } from './table.ts'

/** What turning one builder into one statement needs at hand everywhere. */
export interface Conversion {
  readonly draft: Draft
  readonly evaluator: Evaluator
  readonly blockOf: (chain: Chain, level: Level) => Block
  /** Every builder call that became part of this statement; none of them is a statement of its own. */
  readonly consumed: Set<TSESTree.CallExpression>
  /** What is known of the tables that the statement mentions. */
  readonly tables: Map<OccurrenceId, Table>
  /** CTEs by the `.as(query)` call that made them, read once however often they are mentioned. */
  readonly ctes: Map<TSESTree.CallExpression, Block>
}

/** What is visible at one place of a statement. */
export interface Level {
  readonly naming: Naming
}

/** A level without anything around it. */
export const emptyLevel: Level = { naming: { items: [], outer: null } }

/** One expression with what the names in it stand for. */
export interface Placed {
  readonly node: TSESTree.Node
  readonly environment: Environment
}

/** The sub-query that an expression is, as a block that sees `level` as its outer query. */
export function subqueryOf(
  { node, environment }: Placed,
  level: Level,
  conversion: Conversion,
): Block | null {
  const chain = conversion.evaluator.chainOf(node, environment)
  if (chain === null || isEnded(chain)) return null
  if (beginning(chain) === null && !isNamedQuery(chain)) return null
  return conversion.blockOf(chain, level)
}
