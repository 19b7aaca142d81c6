import type { TSESTree } from '@typescript-eslint/utils'
import type { Access, Block, FromItem, Occurrence, Operand } from '../../../sql/statement.ts'
import { widensNothing } from '../../draft.ts'
import { itemsOf } from '../../naming.ts'
import type { Chain, ChainStep, Environment } from './chain.ts'
import { unseenStep } from './chain.ts'
import { setOperations, withClauses } from './compound.ts'
import { consume } from './condition.ts'
import { has, textOf, type Conversion, type Level } from './conversion.ts'
import { groupOf } from './group.ts'
import { isJoin, joined } from './join.ts'
import { tableMethods } from './methods.ts'
import { operandOf } from './operand.ts'
import { partIn, rawTexts } from './raw.ts'
import { returnedBy, selectionOf } from './selection.ts'
import { rawTable, tableOf } from './table.ts'
import { assignmentsOf, conflictOf, sourceOf } from './write.ts'

const writes: Readonly<Record<string, Access>> = {
  insert: 'insert',
  upsert: 'insert',
  batchInsert: 'insert',
  update: 'update',
  increment: 'update',
  decrement: 'update',
  del: 'delete',
  delete: 'delete',
  truncate: 'truncate',
}

/** What the statement does: the last of the methods that say so. */
export function accessOf(steps: readonly ChainStep[]): Access {
  return writes[steps.findLast(({ method }) => method in writes)?.method ?? ''] ?? 'read'
}

/** One builder as one block. `level` is the query around it, as far as this one can see it. */
export function chainBlock(chain: Chain, level: Level, conversion: Conversion): Block {
  const { steps } = chain
  consume(steps, conversion)
  const [first] = steps
  const span = first === undefined ? null : conversion.draft.spanOf(first.call)
  const own: Level = { ...level, schema: schemaOf(steps, conversion) ?? level.schema }
  const { ctes, visible } = withClauses(steps, own, conversion)
  const inner: Level = { ...own, naming: { items: [], outer: level.naming }, ctes: visible }
  const block = { ...statementBlock(steps, inner, conversion), ctes, span }
  return setOperations(block, steps, { ...level, ctes: visible, schema: own.schema }, conversion)
}

/** `withSchema('app')`. */
function schemaOf(steps: readonly ChainStep[], conversion: Conversion): string | null {
  const step = steps.findLast(({ method }) => method === 'withSchema')
  return step === undefined ? null : textOf(step.call.arguments[0], step.environment, conversion)
}

type Draft<B extends Block> = B extends Block ? Omit<B, 'ctes' | 'span'> : never

function statementBlock(
  steps: readonly ChainStep[],
  level: Level,
  conversion: Conversion,
): Draft<Exclude<Block, { kind: 'set' }>> {
  const access = accessOf(steps)
  if (access === 'read') return selectBlock(steps, level, conversion)
  const target = targetOf(steps, access, level, conversion)
  if (target?.kind !== 'relation') {
    return { kind: 'opaque', reason: `the table to ${access} is chosen at run time`, occurrences: [] }
  }
  if (access === 'truncate') return { kind: 'opaque', reason: 'TRUNCATE', occurrences: [target] }
  if (access === 'insert') return insertBlock(steps, target, level, conversion)
  return changeBlock(steps, access, target, level, conversion)
}

/** The last table that is named: a later `from` replaces an earlier one. */
function tableStep(steps: readonly ChainStep[]): ChainStep | null {
  return (
    steps.findLast(({ method }) => tableMethods.has(method)) ??
    steps.find(({ method }) => method === 'batchInsert') ??
    null
  )
}

function targetOf(
  steps: readonly ChainStep[],
  access: Access,
  level: Level,
  conversion: Conversion,
): FromItem | null {
  const step = tableStep(steps)
  const [table] = step?.call.arguments ?? []
  if (step === null || table === undefined) return null
  if (step.method === 'fromRaw') {
    return rawTable(rawTexts(step.call.arguments, step.environment, conversion), step.call, level, conversion)
  }
  return tableOf(table, step.environment, level, conversion, access)
}

/** The table with its joins, and what is visible then. */
function fromClause(
  start: FromItem | null,
  steps: readonly ChainStep[],
  level: Level,
  conversion: Conversion,
): { readonly from: readonly FromItem[]; readonly level: Level } {
  let from = start
  for (const step of steps) {
    if (!isJoin(step.method) || from === null) continue
    from = joined(from, step, level, conversion)
  }
  const items = from === null ? [] : itemsOf([from])
  return {
    from: from === null ? [] : [from],
    level: { ...level, naming: { items, outer: level.naming.outer } },
  }
}

function selectBlock(
  steps: readonly ChainStep[],
  outer: Level,
  conversion: Conversion,
): Draft<Extract<Block, { kind: 'select' }>> {
  const { from, level } = fromClause(targetOf(steps, 'read', outer, conversion), steps, outer, conversion)
  const { outputs, merges } = selectionOf(steps, level, conversion)
  return {
    kind: 'select',
    from,
    where: groupOf(steps, 'where', level, conversion),
    having: groupOf(steps, 'having', level, conversion),
    outputs,
    merges,
    limited: has(steps, 'limit', 'offset', 'first'),
    others: otherOperands(steps, level, conversion),
  }
}

/** Sub-queries and raw SQL in ORDER BY and GROUP BY. Plain column names there confine and reveal nothing. */
function otherOperands(
  steps: readonly ChainStep[],
  level: Level,
  conversion: Conversion,
): readonly Operand[] {
  return steps.flatMap(({ method, call, environment }): readonly Operand[] => {
    if (method === 'orderByRaw' || method === 'groupByRaw') pasteInto(call, environment, conversion)
    if (method !== 'orderBy' && method !== 'groupBy') return []
    const [first] = call.arguments
    if (first === undefined || first.type === 'SpreadElement') return []
    const queries = conversion.evaluator.chainsOf(first, environment) !== null
    const part = partIn(first, conversion.draft.scope)
    if (!queries && part === null) return []
    const operand = operandOf(first, environment, level, conversion, 'value')
    return operand.kind === 'column' || (operand.kind === 'opaque' && operand.mentions.length === 0)
      ? []
      : [operand]
  })
}

/** What is pasted into `orderByRaw(…)` sorts, and restricts nothing. */
function pasteInto(
  { arguments: given }: TSESTree.CallExpression,
  environment: Environment,
  conversion: Conversion,
): void {
  const { interpolate } = widensNothing(conversion.draft)
  for (const text of rawTexts(given, environment, conversion)) text.interpolations.forEach(interpolate)
}

function insertBlock(
  steps: readonly ChainStep[],
  target: Occurrence,
  outer: Level,
  conversion: Conversion,
): Draft<Extract<Block, { kind: 'insert' }>> {
  const level: Level = { ...outer, naming: { items: [target], outer: outer.naming.outer } }
  const into = { target, level, conversion }
  const step = steps.findLast(({ method }) => writes[method] === 'insert')!
  const rows = step.method === 'batchInsert' ? step.call.arguments[1] : step.call.arguments[0]
  const source =
    rows === undefined || rows.type === 'SpreadElement'
      ? ({ kind: 'opaque', reason: 'rows that could not be seen', known: [] } as const)
      : sourceOf(rows, step.environment, into)
  return {
    kind: 'insert',
    target,
    source,
    conflict: conflictOf(steps, source, into),
    outputs: returnedBy(steps, level, conversion),
  }
}

function changeBlock(
  steps: readonly ChainStep[],
  access: 'update' | 'delete',
  target: Occurrence,
  outer: Level,
  conversion: Conversion,
): Draft<Extract<Block, { kind: 'update' | 'delete' }>> {
  const level: Level = { ...outer, naming: { items: [target], outer: outer.naming.outer } }
  const where = groupOf(steps, 'where', level, conversion)
  const outputs = returnedBy(steps, level, conversion)
  if (access === 'delete') return { kind: 'delete', target, from: [], where, outputs }
  const from = updatedFrom(steps, outer, conversion)
  const sets = steps
    .filter(({ method }) => writes[method] === 'update')
    .map((step) => assignmentsOf(step, { target, level, conversion }))
  return {
    kind: 'update',
    target,
    set: sets.flatMap(({ set }) => set),
    openSet: sets.some(({ open }) => open),
    from,
    where,
    outputs,
  }
}

/** `updateFrom('other')`. */
function updatedFrom(steps: readonly ChainStep[], level: Level, conversion: Conversion): readonly FromItem[] {
  return steps.flatMap(({ method, call, environment }) =>
    method === 'updateFrom' && call.arguments[0] !== undefined
      ? [tableOf(call.arguments[0], environment, level, conversion, 'read')]
      : [],
  )
}

/** Does the builder name a table, or what else makes it a statement? */
export function isStatement({ steps }: Chain): boolean {
  return (
    steps.some(({ method }) => tableMethods.has(method) || method === 'batchInsert') ||
    (steps.some(({ method }) => /^(union|unionAll)$/.test(method)) && !has(steps, unseenStep))
  )
}
