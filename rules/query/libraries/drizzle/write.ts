import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../../source/binding.ts'
import { returnsOf, unwrap } from '../../../source/children.ts'
import type {
  Assignment,
  Block,
  Condition,
  Conflict,
  InsertSource,
  Occurrence,
} from '../../../sql/statement.ts'
import type { ObjectView } from '../../library.ts'
import type { ChainStep } from './chain.ts'
import { conditionOf } from './condition.ts'
import { emptyLevel, subqueryOf, type Conversion, type Level, type Placed } from './conversion.ts'
import { bindParameters, type Environment } from './environment.ts'
import { mappedReturns } from './list.ts'
import { columnOf } from './mention.ts'
import { operandOf } from './operand.ts'

/** A written row, as far as it can be seen. */
interface Written {
  readonly assignments: readonly Assignment[]
  /** Some of the assignments may be absent at run time. */
  readonly optional: readonly string[]
  /** Why not all of it could be seen; null when it was. */
  readonly open: string | null
}

/** `values(row)`, `values([…])`, `values(rows.map((row) => ({…})))`. */
export function sourceOf(
  placed: Placed,
  target: Occurrence,
  level: Level,
  conversion: Conversion,
): InsertSource {
  const rows = rowsOf(placed, target, level, conversion)
  const open = rows.find((row) => row.open !== null)?.open ?? null
  if (rows.length === 0) return { kind: 'opaque', reason: 'rows that could not be seen', known: [] }
  if (open !== null)
    return { kind: 'opaque', reason: open, known: rows.length === 1 ? certain(rows[0]!) : [] }
  // A column that may be absent makes two kinds of rows: each of them is written at some time.
  return {
    kind: 'rows',
    rows: rows.flatMap((row) =>
      row.optional.length === 0 ? [row.assignments] : [row.assignments, certain(row)],
    ),
  }
}

const certain = (row: Written): readonly Assignment[] =>
  row.assignments.filter(({ column }) => !row.optional.includes(column))

function rowsOf(
  { node: given, environment }: Placed,
  target: Occurrence,
  level: Level,
  conversion: Conversion,
): readonly Written[] {
  const { scope } = conversion.draft
  const found = conversion.evaluator.alternativesOf(given, environment) ?? []
  return found.flatMap(({ node, environment: inner }): readonly Written[] => {
    if (node === null) return []
    const each = node.type === 'CallExpression' ? mapped(node, inner) : null
    if (each !== null) return each.flatMap((one) => rowsOf(one, target, level, conversion))
    const array = node.type === 'ObjectExpression' ? null : scope.arrayOf(arrayNode(node, given, environment))
    if (array === null) return [writtenBy({ node, environment: inner }, target, level, conversion)]
    const rows = array.elements.flatMap(({ value }) =>
      rowsOf({ node: value, environment: inner }, target, level, conversion),
    )
    return [...rows, ...array.open.flatMap((one) => openRows(one, inner, target, level, conversion))]
  })
}

/** The variable itself tells what was pushed into it; the array expression behind it does not. */
function arrayNode(node: TSESTree.Node, given: TSESTree.Node, environment: Environment): TSESTree.Node {
  return given.type === 'Identifier' && !environment.has(given.name) ? given : node
}

function openRows(
  { node, reason }: { readonly node: TSESTree.Node; readonly reason: string },
  environment: Environment,
  target: Occurrence,
  level: Level,
  conversion: Conversion,
): readonly Written[] {
  const inner = unwrap(node.type === 'SpreadElement' ? node.argument : node)
  const each = inner.type === 'CallExpression' ? mapped(inner, environment) : null
  if (each === null) return [{ assignments: [], optional: [], open: reason }]
  return each.flatMap((one) => rowsOf(one, target, level, conversion))
}

/** What `rows.map(callback)` makes of every row; the callback's own parameters hide what the same names mean around it. */
function mapped(node: TSESTree.CallExpression, environment: Environment): readonly Placed[] | null {
  const returned = mappedReturns(node)
  const [callback] = node.arguments
  if (returned === null || callback === undefined || !isFunction(callback)) return null
  const inner = bindParameters(callback, [], environment)
  return returned.map((one) => ({ node: one, environment: inner }))
}

/** The assignments of one object: a row of `values`, or `set({…})`. */
function writtenBy(
  { node, environment }: Placed,
  target: Occurrence,
  level: Level,
  conversion: Conversion,
): Written {
  const { scope } = conversion.draft
  const view = scope.objectOf(node)
  if (view !== null) return written(view, environment, target, level, conversion)
  const reason = `${scope.sourceCode.getText(node)} could not be seen`
  return { assignments: [], optional: [], open: reason }
}

function written(
  view: ObjectView,
  environment: Environment,
  target: Occurrence,
  level: Level,
  conversion: Conversion,
): Written {
  const { draft } = conversion
  const assignments: Assignment[] = []
  const sure = new Set<string>()
  const maybe = new Set<string>()
  for (const property of view.properties) {
    const column = columnOf(target, property.name, conversion)
    const operand = operandOf(property.value, environment, level, conversion)
    assignments.push({ column, operand, span: draft.spanOf(property.node) })
    if (property.optional === null) sure.add(column)
    else maybe.add(column)
  }
  const optional = [...maybe].filter((column) => !sure.has(column))
  return { assignments, optional, open: view.open[0]?.reason ?? null }
}

/** `set({…})` of an update. */
export function assignmentsOf(
  { call, environment }: ChainStep,
  target: Occurrence,
  level: Level,
  conversion: Conversion,
): { readonly set: readonly Assignment[]; readonly open: boolean } {
  const [first] = call.arguments
  return first === undefined
    ? { set: [], open: true }
    : setOf({ node: first, environment }, target, level, conversion)
}

function setOf(
  { node, environment }: Placed,
  target: Occurrence,
  level: Level,
  conversion: Conversion,
): { readonly set: readonly Assignment[]; readonly open: boolean } {
  const bare = unwrap(node)
  const bound = bare.type === 'Identifier' ? environment.get(bare.name) : undefined
  if (bound?.kind === 'argument')
    return setOf({ node: bound.node, environment: bound.environment }, target, level, conversion)
  const { assignments, open } = writtenBy({ node, environment }, target, level, conversion)
  return { set: assignments, open: open !== null }
}

/** `insert(table).select(query)`: Drizzle takes the names of the selected fields for those of the columns. */
export function querySource(
  { call, environment }: ChainStep,
  target: Occurrence,
  conversion: Conversion,
): InsertSource | null {
  const [given] = call.arguments
  const node = given !== undefined && isFunction(given) ? returnsOf(given)[0] : given
  const block = node === undefined ? null : subqueryOf({ node, environment }, emptyLevel, conversion)
  if (block === null) return null
  return { kind: 'query', columns: columnsOf(block, target, conversion), block }
}

function columnsOf(block: Block, target: Occurrence, conversion: Conversion): readonly string[] {
  const first = block.kind === 'set' ? block.branches[0]! : block
  if (first.kind !== 'select') return []
  const names = first.outputs.map(({ name }) => name)
  return names.every((name) => name !== null) ? names.map((name) => columnOf(target, name, conversion)) : []
}

/** `onConflictDoUpdate({ target, set, where })`, `onConflictDoNothing({ target })`, `onDuplicateKeyUpdate({ set })`. */
export function conflictOf(
  { method, call, environment, optional }: ChainStep,
  target: Occurrence,
  level: Level,
  conversion: Conversion,
): Conflict {
  const { draft } = conversion
  const span = draft.spanOf(call)
  const action = method === 'onConflictDoNothing' && optional === null ? 'nothing' : 'update'
  const [argument] = call.arguments
  const none: Conflict = { target: null, constraint: null, action, set: [], where: null, span }
  const view = argument === undefined ? null : draft.scope.objectOf(argument)
  if (view === null) {
    if (action === 'nothing') return none
    return {
      ...none,
      where: { kind: 'opaque', reason: 'a conflict that could not be followed', mentions: [], span },
    }
  }
  const find = (name: string): TSESTree.Node | null =>
    view.properties.findLast((property) => property.name === name)?.value ?? null
  const arbiter = find('target')
  const set = find('set')
  // Both stand after DO UPDATE SET; `targetWhere` only picks a partial index.
  const filters = [find('where'), find('setWhere')].flatMap((one): Condition[] => {
    const condition = one === null ? null : conditionOf(one, environment, level, conversion)
    return condition === null ? [] : [condition]
  })
  return {
    ...none,
    target: arbiter === null ? null : arbiterOf(arbiter, environment, level, conversion),
    set: set === null ? [] : setOf({ node: set, environment }, target, level, conversion).set,
    where: filters.length > 1 ? { kind: 'and', operands: filters } : (filters[0] ?? null),
  }
}

/** The columns of `target: table.id` or `target: [table.tenantId, table.slug]`; null where they could not all be seen. */
function arbiterOf(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly string[] | null {
  const array = conversion.draft.scope.arrayOf(node)
  const nodes = array === null ? [node] : array.elements.map(({ value }) => value)
  const columns = nodes.flatMap((one): readonly string[] => {
    const operand = operandOf(one, environment, level, conversion)
    return operand.kind === 'column' ? [operand.column] : []
  })
  return columns.length === nodes.length && (array === null || array.open.length === 0) ? columns : null
}
