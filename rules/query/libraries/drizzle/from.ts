import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../../source/binding.ts'
import { returnsOf } from '../../../source/children.ts'
import type { Condition, FromItem, JoinType, Occurrence } from '../../../sql/statement.ts'
import { itemsOf } from '../../naming.ts'
import { optionalJoin } from '../../optional-join.ts'
import type { Chain, ChainStep } from './chain.ts'
import { conditionOf } from './condition.ts'
import type { Conversion, Level } from './conversion.ts'
import { mentionFor } from './source.ts'

/** One statement while its clauses are read. */
export interface Parts {
  readonly chain: Chain
  readonly start: ChainStep
  readonly level: Level
  readonly conversion: Conversion
}

const joinTypes: Readonly<Record<string, JoinType>> = {
  innerJoin: 'inner',
  leftJoin: 'left',
  rightJoin: 'right',
  fullJoin: 'full',
  crossJoin: 'cross',
  innerJoinLateral: 'inner',
  leftJoinLateral: 'left',
  crossJoinLateral: 'cross',
}

/** FROM and the joins, in the order of the calls. */
export function fromClause(
  parts: Parts,
  target: Occurrence | null,
): { readonly from: readonly FromItem[]; readonly level: Level; readonly joinOn: readonly Condition[] } {
  const { chain, conversion, level } = parts
  const from: FromItem[] = []
  const joinOn: Condition[] = []
  const visible = (extra: readonly FromItem[]): Level => ({
    naming: {
      items: itemsOf([...(target === null ? [] : [target]), ...from, ...extra]),
      outer: level.naming.outer,
    },
  })
  for (const step of chain.steps) {
    const [table, filter] = step.call.arguments
    if (table === undefined) continue
    const placed = { node: table, environment: step.environment }
    if (step.method === 'from' || step.method === 'using') {
      from.push(mentionFor(placed, level, conversion))
      continue
    }
    const type = joinTypes[step.method]
    if (type === undefined) continue
    const right = mentionFor(placed, visible([]), conversion, step.method.endsWith('Lateral'))
    const on = joinCondition(filter, step, visible([right]), conversion)
    const span = conversion.draft.spanOf(step.call)
    const last = from.pop()
    if (last === undefined) {
      // A joined UPDATE without FROM: the target is the left side.
      from.push(right)
      if (on !== null) {
        joinOn.push(
          step.optional === null ? on : { kind: 'optional', condition: on, reason: step.optional, span },
        )
      }
    } else {
      const kept = step.optional === null ? type : optionalJoin(type)
      from.push({ kind: 'join', type: kept, left: last, right, on, span })
    }
  }
  return { from, level: visible([]), joinOn }
}

function joinCondition(
  given: TSESTree.Node | undefined,
  { environment }: ChainStep,
  level: Level,
  conversion: Conversion,
): Condition | null {
  const node = given !== undefined && isFunction(given) ? (returnsOf(given)[0] ?? given) : given
  return node === undefined ? null : conditionOf(node, environment, level, conversion)
}
