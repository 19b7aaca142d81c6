import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../../source/binding.ts'
import { returnsOf } from '../../../source/children.ts'
import type { Block, Condition, Operand, Output } from '../../../sql/statement.ts'
import { itemsOf } from '../../naming.ts'
import { unfollowedStep } from '../../builder/chain.ts'
import { beginning, isNamedQuery, setOperators, type Chain, type ChainStep } from './chain.ts'
import { conditionOf, unseen } from './condition.ts'
import { fromClause, type Parts } from './from.ts'
import { emptyLevel, subqueryOf, type Conversion, type Level } from './conversion.ts'
import { bindParameters } from './environment.ts'
import { operandOf } from './operand.ts'
import { everything, isAggregate, outputsOf } from './selection.ts'
import { mentionFor, namedBlock, targetFor } from './source.ts'
import { assignmentsOf, conflictOf, querySource, sourceOf } from './write.ts'

type Body<B extends Block> = B extends Block ? Omit<B, 'ctes' | 'span'> : never

/** One chain as one block. `level` is the query around it, as far as this one can see it. */
export function chainBlock(chain: Chain, level: Level, conversion: Conversion): Block {
  for (const step of chain.steps) conversion.consumed.add(step.call)
  if (isNamedQuery(chain)) return namedBlock(chain, conversion)
  const start = beginning(chain)
  const span = start === null ? null : conversion.draft.spanOf(start.call)
  const ctes = withClauses(chain, conversion)
  if (start === null)
    return { kind: 'opaque', reason: 'a builder without a statement', occurrences: [], ctes, span }
  const inner: Level = { naming: { items: [], outer: level.naming } }
  const parts: Parts = { chain, start, level: inner, conversion }
  const first = Object.hasOwn(setOperators, start.method) ? null : statementBlock(parts)
  return setOperations(first === null ? null : { ...first, ctes, span }, parts)
}

/** `db.with(one, two)`. */
function withClauses(
  { steps }: Chain,
  conversion: Conversion,
): { readonly name: string; readonly block: Block }[] {
  return steps.flatMap(({ method, call, environment }) => {
    if (method !== 'with') return []
    return call.arguments.flatMap((argument) => {
      const mention = mentionFor({ node: argument, environment }, emptyLevel, conversion)
      return mention.kind === 'derived' ? [{ name: mention.alias ?? '(unnamed)', block: mention.block }] : []
    })
  })
}

function statementBlock(parts: Parts): Body<Exclude<Block, { kind: 'set' }>> {
  switch (parts.start.method) {
    case 'insert':
      return insertBlock(parts)
    case 'update':
    case 'delete':
      return changeBlock(parts, parts.start.method)
    case '$count':
      return countBlock(parts)
    default:
      return selectBlock(parts)
  }
}

function selectBlock(parts: Parts): Body<Extract<Block, { kind: 'select' }>> {
  const { chain, start, conversion } = parts
  const { from, level } = fromClause(parts, null)
  const [first, second] = start.call.arguments
  const fields = start.method === 'selectDistinctOn' ? second : first
  const outputs = fields === undefined ? everything : outputsOf(fields, start.environment, level, conversion)
  const has = (...methods: readonly string[]): boolean =>
    chain.steps.some(({ method }) => methods.includes(method))
  const aggregates = outputs.some(({ operand }) => operand !== null && isAggregate(operand))
  return {
    kind: 'select',
    from,
    where: lastCondition('where', level, parts),
    having: lastCondition('having', level, parts),
    outputs,
    merges: aggregates || has('groupBy') || start.method !== 'select',
    limited: has('limit', 'offset'),
    others: otherOperands(level, parts),
  }
}

/** `db.$count(table, condition)`. */
function countBlock({ start, level, conversion }: Parts): Body<Extract<Block, { kind: 'select' }>> {
  const [table, filter] = start.call.arguments
  const { environment } = start
  const from = table === undefined ? [] : [mentionFor({ node: table, environment }, level, conversion)]
  const inner: Level = { naming: { items: itemsOf(from), outer: level.naming.outer } }
  const where = filter === undefined ? null : conditionOf(filter, environment, inner, conversion)
  return { kind: 'select', from, where, having: null, outputs: [], merges: true, limited: false, others: [] }
}

/** A builder has one WHERE: a later call replaces an earlier one, and one that is optional may or may not do so. */
function lastCondition(
  method: 'where' | 'having',
  level: Level,
  { chain, conversion }: Parts,
): Condition | null {
  let current: Condition | null = null
  for (const step of chain.steps) {
    const [given] = step.call.arguments
    if (step.method === unfollowedStep && method === 'where') {
      current = unseen('the variable of the builder is written too often', step.call, conversion)
    }
    if (step.method !== method || given === undefined) continue
    const next = filterIn(given, step, level, conversion)
    const span = conversion.draft.spanOf(step.call)
    if (step.optional === null) current = next
    else if (current === null && next !== null)
      current = { kind: 'optional', condition: next, reason: step.optional, span }
    else if (current !== null && next === null)
      current = { kind: 'optional', condition: current, reason: step.optional, span }
    else if (current !== null && next !== null) current = { kind: 'or', operands: [current, next] }
  }
  return current
}

/** `having((aliases) => …)`, `where((fields) => …)`: the callback gets the selected fields. */
function filterIn(
  given: TSESTree.Node,
  step: ChainStep,
  level: Level,
  conversion: Conversion,
): Condition | null {
  if (!isFunction(given)) return conditionOf(given, step.environment, level, conversion)
  const [returned] = returnsOf(given)
  if (returned === undefined) return null
  return conditionOf(returned, bindParameters(given, [], step.environment), level, conversion)
}

/** Sub-queries and raw SQL in ORDER BY, GROUP BY and the like. Plain column names there confine and reveal nothing. */
function otherOperands(level: Level, { chain, conversion }: Parts): readonly Operand[] {
  return chain.steps.flatMap(({ method, call, environment }) => {
    if (!['orderBy', 'groupBy', 'selectDistinctOn'].includes(method)) return []
    return call.arguments
      .filter((one) => one.type !== 'SpreadElement' && !isFunction(one) && one.type !== 'ObjectExpression')
      .map((one) => operandOf(one, environment, level, conversion))
      .filter(holdsQuery)
  })
}

function holdsQuery(operand: Operand): boolean {
  switch (operand.kind) {
    case 'subquery':
      return true
    case 'call':
      return operand.arguments.some(holdsQuery)
    case 'opaque':
      return operand.mentions.some(holdsQuery)
    default:
      return false
  }
}

function insertBlock(parts: Parts): Body<Extract<Block, { kind: 'insert' | 'opaque' }>> {
  const { chain, start, conversion } = parts
  const [table] = start.call.arguments
  const target =
    table === undefined
      ? null
      : targetFor({ node: table, environment: start.environment }, 'insert', conversion)
  if (target === null)
    return { kind: 'opaque', reason: 'the table to insert into could not be seen', occurrences: [] }
  const level: Level = { naming: { items: [target], outer: parts.level.naming.outer } }
  const find = (method: string): ChainStep | undefined =>
    chain.steps.findLast((step) => step.method === method)
  const values = find('values')
  const select = find('select')
  const [rows] = values?.call.arguments ?? []
  const source =
    values !== undefined && rows !== undefined
      ? sourceOf({ node: rows, environment: values.environment }, target, level, conversion)
      : select === undefined
        ? null
        : querySource(select, target, conversion)
  const conflict = chain.steps.findLast(({ method }) => /^on(Conflict|Duplicate)/.test(method))
  return {
    kind: 'insert',
    target,
    source: source ?? { kind: 'opaque', reason: 'rows that could not be seen', known: [] },
    conflict: conflict === undefined ? null : conflictOf(conflict, target, level, conversion),
    outputs: returned(parts, level),
  }
}

function changeBlock(
  parts: Parts,
  access: 'update' | 'delete',
): Body<Extract<Block, { kind: 'update' | 'delete' | 'opaque' }>> {
  const { chain, start, conversion } = parts
  const [table] = start.call.arguments
  const target =
    table === undefined
      ? null
      : targetFor({ node: table, environment: start.environment }, access, conversion)
  if (target === null)
    return { kind: 'opaque', reason: `the table to ${access} could not be seen`, occurrences: [] }
  const { from, level, joinOn } = fromClause(parts, target)
  const filter = lastCondition('where', level, parts)
  const all = filter === null ? joinOn : [...joinOn, filter]
  const where: Condition | null =
    all.length === 0 ? null : all.length === 1 ? all[0]! : { kind: 'and', operands: all }
  const outputs = returned(parts, level)
  if (access === 'delete') return { kind: 'delete', target, from, where, outputs }
  const sets = chain.steps
    .filter(({ method }) => method === 'set')
    .map((step) => assignmentsOf(step, target, level, conversion))
  return {
    kind: 'update',
    target,
    set: sets.flatMap(({ set }) => set),
    openSet: sets.length === 0 || sets.some(({ open }) => open),
    from,
    where,
    outputs,
  }
}

function returned({ chain, conversion }: Parts, level: Level): readonly Output[] {
  const step = chain.steps.findLast(({ method }) => method === 'returning' || method === '$returningId')
  if (step === undefined) return []
  const [fields] = step.call.arguments
  return fields === undefined ? everything : outputsOf(fields, step.environment, level, conversion)
}

/** `query.union(other)`, one after the other, and `union(one, two)`. */
function setOperations(first: Block | null, { chain, level, conversion }: Parts): Block {
  let block = first
  for (const { method, call, environment } of chain.steps) {
    if (!Object.hasOwn(setOperators, method)) continue
    const span = conversion.draft.spanOf(call)
    const outer: Level = { naming: level.naming.outer ?? { items: [], outer: null } }
    const others = call.arguments.map((given): Block => {
      const branch = isFunction(given) ? (returnsOf(given)[0] ?? given) : given
      const read = subqueryOf({ node: branch, environment }, outer, conversion)
      return (
        read ?? { kind: 'opaque', reason: 'a branch that could not be seen', occurrences: [], ctes: [], span }
      )
    })
    const branches = block === null ? others : [{ ...block, ctes: [] }, ...others]
    block = { kind: 'set', ...setOperators[method]!, branches, ctes: block?.ctes ?? [], span }
  }
  return (
    block ?? {
      kind: 'opaque',
      reason: 'a builder without a statement',
      occurrences: [],
      ctes: [],
      span: null,
    }
  )
}
