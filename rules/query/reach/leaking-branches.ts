import type { Condition, Statement } from '../../sql/statement.ts'
import type { Tenancy } from '../../tenancy/tenancy.ts'
import { type Judged, type JudgedQuery, judge } from '../judge.ts'

/**
 * The query with only those branches of an OR in its condition that let other tenants' rows of a mention through: what picks rows in the
 * other branches picks none of those. `where: all ? undefined : eq(…)` is such an OR, too.
 */
export function onlyLeaking(judged: JudgedQuery, mention: Judged, tenancy: Tenancy): JudgedQuery {
  const { statement } = judged.query
  const { block } = statement
  const isOfBranch = mention.verdict.kind === 'leak' && mention.verdict.reason.kind === 'branch'
  if (!isOfBranch || !('where' in block) || block.where === null) return judged
  const narrowed = leakingIn(block.where, (where) => {
    const made = judge({ ...judged.query, statement: having(statement, where) }, tenancy)
    const same = made.occurrences.find(({ occurrence }) => occurrence.id === mention.occurrence.id)
    return same?.verdict.kind === 'confined'
  })
  return narrowed === block.where
    ? judged
    : judge({ ...judged.query, statement: having(statement, narrowed) }, tenancy)
}

const having = (statement: Statement, where: Condition): Statement =>
  ({ ...statement, block: { ...statement.block, where } }) as Statement

/** `isConfined` judges the statement with a condition in the place of the whole one. */
function leakingIn(condition: Condition, isConfined: (where: Condition) => boolean): Condition {
  if (condition.kind === 'or') {
    const leaking = condition.operands.filter((operand) => !isConfined(operand))
    if (leaking.length === 0 || leaking.length === condition.operands.length) return condition
    return leaking.length === 1 ? leaking[0]! : { kind: 'or', operands: leaking }
  }
  if (condition.kind !== 'and') return condition
  for (const [index, operand] of condition.operands.entries()) {
    if (operand.kind !== 'or') continue
    const around = (one: Condition): Condition => ({
      kind: 'and',
      operands: condition.operands.with(index, one),
    })
    const narrowed = leakingIn(operand, (one) => isConfined(around(one)))
    if (narrowed !== operand) return around(narrowed)
  }
  return condition
}
