import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../../source/binding.ts'
import type { Condition, FromItem, JoinType } from '../../../sql/statement.ts'
import { fragmentJoins, type FragmentJoin } from '../../fragment.ts'
import { itemsOf } from '../../naming.ts'
import { optionalJoin } from '../../optional-join.ts'
import type { ChainStep } from './chain.ts'
import { conditionOf, unseen, type Place } from './condition.ts'
import { possible, type Conversion, type Level } from './conversion.ts'
import { partIn, rawTexts } from './raw.ts'
import { rowset, tableOf } from './table.ts'

const joinTypes: Readonly<Record<string, JoinType>> = {
  join: 'inner',
  innerJoin: 'inner',
  leftJoin: 'left',
  leftOuterJoin: 'left',
  rightJoin: 'right',
  rightOuterJoin: 'right',
  fullOuterJoin: 'full',
  outerJoin: 'full',
  crossJoin: 'cross',
}

export const isJoin = (method: string): boolean => method in joinTypes || method === 'joinRaw'

/** What stands before the join, with the joined table put to it. */
export function joined(left: FromItem, step: ChainStep, level: Level, conversion: Conversion): FromItem {
  const { call, environment, optional, method } = step
  const [table, ...on] = call.arguments
  const span = conversion.draft.spanOf(call)
  const visible = (item: FromItem): Level => ({
    ...level,
    naming: { items: itemsOf([item]), outer: level.naming.outer },
  })
  const whole = on.length === 0 && table !== undefined && partIn(table, conversion.draft.scope) !== null
  if (method === 'joinRaw' || (whole && method !== 'crossJoin'))
    return rawJoin(left, step, visible(left), conversion)
  if (table === undefined) return left
  const right = tableOf(table, environment, level, conversion, 'read')
  const type = joinTypes[method]!
  const kept = optional === null ? type : optionalJoin(type)
  const both: FromItem = { kind: 'join', type: kept, left, right, on: null, span }
  if (on.length === 0) return both
  const sure = joinCondition(on, {
    at: call,
    environment,
    level: visible(both),
    conversion,
    right: 'reference',
    family: 'on',
  })
  return { ...both, on: sure }
}

/** `('a.id', 'b.id')`, `('a.id', '=', 'b.id')`, `({ 'a.id': 'b.id' })`, `(function () { this.on(…) })`, `(raw)`. */
function joinCondition(on: readonly TSESTree.Node[], place: Place): Condition {
  const [first] = on
  if (on.length === 1 && first !== undefined) {
    const [placed] = possible(first, place.environment, place.conversion)
    if (placed !== undefined && isFunction(placed.node)) return conditionOf('', [placed.node], place)
  }
  return conditionOf('', on, place)
}

function rawJoin(left: FromItem, step: ChainStep, level: Level, conversion: Conversion): FromItem {
  const { call, environment } = step
  const { draft } = conversion
  const span = draft.spanOf(call)
  const [first] = call.arguments
  const part = first === undefined ? null : partIn(first, draft.scope)
  if (part !== null) conversion.consumed.add(part)
  const texts = rawTexts(part?.arguments ?? call.arguments, environment, conversion)
  const joins = texts.length === 1 ? fragmentJoins(texts[0]!, call, level.naming, draft) : null
  if (joins === null) {
    const right = rowset('a raw join that could not be read', null, span)
    return {
      kind: 'join',
      type: 'inner',
      left,
      right,
      on: unseen('a raw join that could not be read', call, conversion),
      span,
    }
  }
  return joins.reduce<FromItem>(
    (before: FromItem, { type, right, on }: FragmentJoin) => ({
      kind: 'join',
      type,
      left: before,
      right,
      on,
      span,
    }),
    left,
  )
}
