import type { Condition, FromItem, JoinType } from '../../../sql/statement.ts'
import { itemsOf, type Naming } from '../../naming.ts'
import { optionalJoin } from '../../optional-join.ts'
import { unfollowedStep } from '../../builder/chain.ts'
import { type Chain, type ChainStep } from './chain.ts'
import { conditionOf, unseen } from './condition.ts'
import type { Conversion, Level } from './conversion.ts'
import { joinCondition, joinTypes } from './join.ts'
import { tableOf, tablesOf } from './table.ts'

/** One statement while its clauses are read. */
export interface Parts {
  readonly chain: Chain
  readonly start: ChainStep
  readonly level: Level
  readonly conversion: Conversion
}

/** FROM and the joins, in the order of the calls. */
export function fromClause(
  first: readonly FromItem[],
  parts: Parts,
  target: FromItem | null,
): { readonly from: readonly FromItem[]; readonly level: Level; readonly conditions: readonly Condition[] } {
  const { chain, conversion } = parts
  const from = [...first]
  const conditions: Condition[] = []
  const levelOf = (extra: readonly FromItem[]): Level => {
    const items = itemsOf([...(target === null ? [] : [target]), ...from, ...extra])
    const naming: Naming = { items, outer: parts.level.naming.outer }
    return { ...parts.level, naming }
  }
  for (const step of chain.steps) {
    if (step.method === 'from' || step.method === 'using') {
      const [table] = step.call.arguments
      if (table !== undefined) from.push(...tablesOf(table, step.environment, parts.level, conversion))
      continue
    }
    const type = joinTypes[step.method]
    const [table] = step.call.arguments
    if (type === undefined || table === undefined) continue
    const right = tableOf(table, step.environment, levelOf([]), conversion)
    const span = conversion.draft.spanOf(step.call)
    const on = joinCondition(step, levelOf([right]), conversion)
    const last = from.pop()
    if (last === undefined) {
      // A joined DELETE or UPDATE without FROM: the target is the left side.
      from.push(right)
      if (on !== null) conditions.push(mayBeMissing(on, step, span))
    } else {
      from.push(joined(step.optional === null ? type : optionalJoin(type), last, right, on, span))
    }
  }
  return { from, level: levelOf([]), conditions }
}

function joined(
  type: JoinType,
  left: FromItem,
  right: FromItem,
  on: Condition | null,
  span: FromItem['span'],
): FromItem {
  return { kind: 'join', type, left, right, on, span }
}

/** WHERE or HAVING: all the conditions that the chain adds, the ones that may be left out marked so. */
export function conditionsOf(kind: 'where' | 'having', level: Level, parts: Parts): readonly Condition[] {
  const { chain, conversion } = parts
  const conditions: Condition[] = []
  for (const step of chain.steps) {
    const { method, call, environment } = step
    if (method === (kind === 'where' ? 'clearWhere' : 'clearHaving') || method === unfollowedStep) {
      conditions.length = 0
    }
    const condition =
      method === kind
        ? conditionOf(call.arguments, environment, level, conversion, 'value', call)
        : method === `${kind}Ref`
          ? conditionOf(call.arguments, environment, level, conversion, 'reference', call)
          : method === '$if' || method === '$call'
            ? unseen(`${method} with a callback that could not be followed`, call, conversion)
            : method === unfollowedStep
              ? unseen('the variable of the builder is written too often', call, conversion)
              : null
    if (condition === null || (kind === 'having' && method.startsWith('$'))) continue
    const span = conversion.draft.spanOf(call)
    conditions.push(mayBeMissing(condition, step, span))
  }
  return conditions
}

function mayBeMissing(condition: Condition, { optional }: ChainStep, span: FromItem['span']): Condition {
  return optional === null ? condition : { kind: 'optional', condition, reason: optional, span }
}

export function conjunction(conditions: readonly Condition[]): Condition | null {
  if (conditions.length === 0) return null
  return conditions.length === 1 ? conditions[0]! : { kind: 'and', operands: conditions }
}
