import type { TSESTree } from '@typescript-eslint/utils'
import type { Block, FromItem, Operand, Output } from '../../../sql/statement.ts'
import { beginning, type Chain, type ChainStep } from './chain.ts'
import { conditionsOf, conjunction, fromClause, type Parts } from './clauses.ts'
import { withClauses } from './common-tables.ts'
import { possibleExpressions, subqueryOf, type Conversion, type Level } from './conversion.ts'
import { operandOf } from './operand.ts'
import { filterOfOnlyAggregate } from './filter.ts'
import { selectionOf } from './selection.ts'
import { tableOf, tablesOf } from './table.ts'
import { unwrapped } from './syntax.ts'
import { assignmentsOf, conflictOf, sourceOf, stringsOf } from './write.ts'

const setOperators: Readonly<Record<string, { operator: 'union' | 'intersect' | 'except'; all: boolean }>> = {
  union: { operator: 'union', all: false },
  unionAll: { operator: 'union', all: true },
  intersect: { operator: 'intersect', all: false },
  intersectAll: { operator: 'intersect', all: true },
  except: { operator: 'except', all: false },
  exceptAll: { operator: 'except', all: true },
}

/** One chain as one block. `level` is the query around it, as far as this one can see it. */
export function chainBlock(chain: Chain, level: Level, conversion: Conversion): Block {
  for (const step of chain.steps) {
    if (chain.repeated?.includes(step.call) !== true) conversion.consumed.add(step.call)
  }
  const start = beginning(chain)
  const span = start === null ? null : conversion.draft.spanOf(start.call)
  const { ctes, visible } = withClauses(chain, level, conversion)
  const inner: Level = { naming: { items: [], outer: level.naming }, ctes: visible }
  if (start === null) {
    return { kind: 'opaque', reason: 'a builder without a statement', occurrences: [], ctes, span }
  }
  const parts: Parts = { chain, start, level: inner, conversion }
  const block = statementBlock(parts)
  return setOperations({ ...block, ctes, span }, parts)
}

type Draft<B extends Block> = B extends Block ? Omit<B, 'ctes' | 'span'> : never

function statementBlock(parts: Parts): Draft<Exclude<Block, { kind: 'set' }>> {
  switch (parts.start.method) {
    case 'selectFrom':
    case 'selectNoFrom':
      return selectBlock(parts)
    case 'insertInto':
    case 'replaceInto':
      return insertBlock(parts)
    case 'updateTable':
    case 'deleteFrom':
      return changeBlock(parts, parts.start.method)
    default: {
      const { conversion, level, start } = parts
      const table = start.call.arguments[0]
      const found =
        table === undefined ? null : tableOf(table, start.environment, level, conversion, 'update')
      return {
        kind: 'opaque',
        reason: `${start.method} is not read`,
        occurrences: found?.kind === 'relation' ? [found] : [],
      }
    }
  }
}

function selectBlock(parts: Parts): Draft<Extract<Block, { kind: 'select' }>> {
  const { chain, start, conversion } = parts
  const [table] = start.call.arguments
  const first =
    start.method === 'selectNoFrom' || table === undefined
      ? []
      : tablesOf(table, start.environment, parts.level, conversion)
  const { from, level, conditions } = fromClause(first, parts, null)
  const { outputs, merges } = selectionOf(chain, start, level, conversion)
  const has = (...methods: readonly string[]): boolean =>
    chain.steps.some(({ method }) => methods.includes(method))
  return {
    kind: 'select',
    from,
    where: conjunction([
      ...conditions,
      ...conditionsOf('where', level, parts),
      ...filterOfOnlyAggregate(level, parts),
    ]),
    having: conjunction(conditionsOf('having', level, parts)),
    outputs,
    merges: merges || has('groupBy', 'distinct', 'distinctOn'),
    limited: has('limit', 'offset', 'fetch', 'top'),
    others: otherOperands(level, parts),
  }
}

/** Sub-queries and raw SQL in ORDER BY, GROUP BY and the like. Plain column names there confine and reveal nothing. */
function otherOperands(level: Level, { chain, conversion }: Parts): readonly Operand[] {
  const others: Operand[] = []
  for (const { method, call, environment } of chain.steps) {
    if (!['orderBy', 'groupBy', 'distinctOn', 'modifyFront', 'modifyEnd'].includes(method)) continue
    for (const argument of call.arguments) {
      const list = unwrapped(argument)
      for (const one of list.type === 'ArrayExpression' ? list.elements : [list]) {
        if (one === null || conversion.draft.scope.constantOf(one) !== null) continue
        const operand = operandOf(one, environment, level, conversion, 'reference')
        if (operand.kind === 'column' || (operand.kind === 'opaque' && operand.mentions.length === 0))
          continue
        others.push(operand)
      }
    }
  }
  return others
}

function insertBlock(parts: Parts): Draft<Block> & { kind: 'insert' | 'opaque' } {
  const { chain, start, conversion } = parts
  const [table] = start.call.arguments
  const target =
    table === undefined ? null : tableOf(table, start.environment, parts.level, conversion, 'insert')
  if (target?.kind !== 'relation') {
    return { kind: 'opaque', reason: 'the table to insert into could not be seen', occurrences: [] }
  }
  const level: Level = { ...parts.level, naming: { items: [target], outer: parts.level.naming.outer } }
  const find = (method: string): ChainStep | undefined =>
    chain.steps.findLast((step) => step.method === method)
  const conflict = find('onConflict')
  return {
    kind: 'insert',
    target,
    source: insertSource(parts, target, level),
    conflict:
      conflict === undefined
        ? null
        : conflictOf(conflict.call, conflict.environment, target, level, conversion),
    outputs: returned(parts, level),
  }
}

function insertSource(
  { chain, start, conversion }: Parts,
  target: Extract<FromItem, { kind: 'relation' }>,
  level: Level,
): Extract<Block, { kind: 'insert' }>['source'] {
  const find = (method: string): ChainStep | undefined =>
    chain.steps.findLast((step) => step.method === method)
  const values = find('values')
  const [rows] = values?.call.arguments ?? []
  if (values !== undefined && rows !== undefined) {
    return sourceOf(rows, values.environment, target, level, conversion)
  }
  const expression = find('expression')
  const [query] = expression?.call.arguments ?? []
  if (expression !== undefined && query !== undefined) {
    const placed = possibleExpressions(query, expression.environment, conversion)
    const empty: Level = { ...level, naming: { items: [], outer: null } }
    const block = placed?.length === 1 ? subqueryOf(placed[0]!, empty, conversion) : null
    const [names] = find('columns')?.call.arguments ?? []
    const columns = names === undefined ? [] : stringsOf(names, conversion)
    if (block !== null) return { kind: 'query', columns, block }
  }
  if (find('defaultValues') !== undefined) return { kind: 'rows', rows: [[]] }
  return { kind: 'opaque', reason: `${start.method} without rows in sight`, known: [] }
}

function changeBlock(
  parts: Parts,
  method: 'updateTable' | 'deleteFrom',
): Draft<Block> & { kind: 'update' | 'delete' | 'opaque' } {
  const { chain, start, conversion } = parts
  const [table] = start.call.arguments
  const access = method === 'updateTable' ? 'update' : 'delete'
  const tables = table === undefined ? [] : targetsOf(table, start, parts, access)
  const [target, ...more] = tables
  if (target?.kind !== 'relation') {
    return { kind: 'opaque', reason: `the table to ${access} could not be seen`, occurrences: [] }
  }
  const { from, level, conditions } = fromClause(more, parts, target)
  const where = conjunction([...conditions, ...conditionsOf('where', level, parts)])
  const outputs = returned(parts, level)
  if (method === 'deleteFrom') return { kind: 'delete', target, from, where, outputs }
  const sets = chain.steps
    .filter((step) => step.method === 'set')
    .map((step) => assignmentsOf(step.call, step.environment, target, level, conversion))
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

/** `updateTable(['a', 'b'])` is MySQL's; the first is what PostgreSQL would change. */
function targetsOf(
  table: TSESTree.Node,
  start: ChainStep,
  { level, conversion }: Parts,
  access: 'update' | 'delete',
): readonly FromItem[] {
  const inner = unwrapped(table)
  const nodes = inner.type === 'ArrayExpression' ? inner.elements : [inner]
  return nodes.flatMap((node, index) =>
    node === null ? [] : [tableOf(node, start.environment, level, conversion, index === 0 ? access : 'read')],
  )
}

function returned({ chain, start, conversion }: Parts, level: Level): readonly Output[] {
  return selectionOf(chain, start, level, conversion).outputs
}

/** `query.union(other)`, one after the other. */
function setOperations(first: Block, { chain, level, conversion }: Parts): Block {
  let block = first
  for (const { method, call, environment } of chain.steps) {
    const operator = setOperators[method]
    if (operator === undefined) continue
    const span = conversion.draft.spanOf(call)
    const outer: Level = { ...level, naming: level.naming.outer ?? { items: [], outer: null } }
    const branches = call.arguments.flatMap((argument): readonly TSESTree.Node[] => {
      const list = unwrapped(argument)
      return list.type === 'ArrayExpression' ? list.elements.filter((one) => one !== null) : [list]
    })
    const others = branches.map((branch): Block => {
      const placed = possibleExpressions(branch, environment, conversion)
      const read = placed?.length === 1 ? subqueryOf(placed[0]!, outer, conversion) : null
      return (
        read ?? { kind: 'opaque', reason: 'a branch that could not be seen', occurrences: [], ctes: [], span }
      )
    })
    block = { kind: 'set', ...operator, branches: [block, ...others], ctes: block.ctes, span }
    block = {
      ...block,
      branches: block.branches.map((one, index) => (index === 0 ? { ...one, ctes: [] } : one)),
    }
  }
  return block
}

/** A level without anything around it. */
export const emptyLevel: Level = { naming: { items: [], outer: null }, ctes: new Map() }
