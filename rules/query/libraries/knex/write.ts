import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../../source/binding.ts'
import { returnsOf } from '../../../source/children.ts'
import type { Assignment, Conflict, InsertSource, Occurrence, Operand } from '../../../sql/statement.ts'
import { bindItemColumn, columnName } from '../../naming.ts'
import { mapped, rowsSource, writtenRow, type Written } from '../../rows.ts'
import type { ChainStep, Environment } from './chain.ts'
import { namesIn, possible, subqueriesOf, textOf, type Conversion, type Level } from './conversion.ts'
import { groupOf } from './group.ts'
import { operandOf, reference } from './operand.ts'

/** Where a written value stands. */
interface Target {
  readonly target: Occurrence
  readonly level: Level
  readonly conversion: Conversion
}

/** `insert({…})`, `insert([…])`, `insert(rows.map((row) => ({…})))`, `insert(query)`. */
export function sourceOf(node: TSESTree.Node, environment: Environment, into: Target): InsertSource {
  const [placed, ...more] = possible(node, environment, into.conversion)
  if (placed !== undefined && more.length === 0 && !isFunction(placed.node)) {
    const empty: Level = { ...into.level, naming: { items: [], outer: null } }
    const blocks = subqueriesOf(placed, empty, into.conversion)
    if (blocks?.length === 1) return { kind: 'query', columns: [], block: blocks[0]! }
  }
  return rowsSource(rowsOf(node, environment, into))
}

function rowsOf(given: TSESTree.Node, environment: Environment, into: Target): readonly Written[] {
  const { scope } = into.conversion.draft
  return possible(given, environment, into.conversion).flatMap((placed): readonly Written[] => {
    const { node } = placed
    const each = mapped(node)
    if (each !== null) {
      const returned = returnsOf(each)
      return returned.flatMap((one) => rowsOf(one, shadowed(each, placed.environment), into))
    }
    const array = node.type === 'ObjectExpression' ? null : scope.arrayOf(node)
    if (array === null) return [writtenBy(node, placed.environment, into)]
    const rows = array.elements.flatMap(({ value }) => rowsOf(value, placed.environment, into))
    const open = array.open.flatMap((one) => openRows(one, placed.environment, into))
    return [...rows, ...open]
  })
}

/** `…rows.map((row) => ({…}))` inside an array; rows that are pushed in a loop. */
function openRows(
  { node, reason }: { readonly node: TSESTree.Node; readonly reason: string },
  environment: Environment,
  into: Target,
): readonly Written[] {
  const inner = node.type === 'SpreadElement' ? node.argument : node
  return mapped(inner) === null
    ? [{ assignments: [], optional: [], open: reason }]
    : rowsOf(inner, environment, into)
}

/** The callback's own parameters hide what the same names mean around it. */
function shadowed(callback: TSESTree.Node, environment: Environment): Environment {
  const inner = new Map(environment)
  const parameters = isFunction(callback) ? callback.params : []
  for (const one of parameters) if (one.type === 'Identifier') inner.delete(one.name)
  return inner
}

function writtenBy(
  node: TSESTree.Node,
  environment: Environment,
  { target, level, conversion }: Target,
): Written {
  const { scope } = conversion.draft
  const view = scope.objectOf(node)
  if (view === null) {
    return { assignments: [], optional: [], open: `${scope.sourceCode.getText(node)} could not be seen` }
  }
  const operand = (value: TSESTree.Node): Operand => operandOf(value, environment, level, conversion, 'value')
  return writtenRow(view, target, operand, conversion.draft)
}

/** `update({…})`, `update('column', value)`, `increment('column', 1)`, `decrement({…})`. */
export function assignmentsOf(
  { method, call, environment }: ChainStep,
  into: Target,
): { readonly set: readonly Assignment[]; readonly open: boolean } {
  const { target, level, conversion } = into
  const { draft } = conversion
  const [first, second] = call.arguments
  if (first === undefined) return { set: [], open: true }
  const name = textOf(first, environment, conversion)
  if (name === null) {
    const all = possible(first, environment, conversion).map((one) =>
      writtenBy(one.node, one.environment, into),
    )
    return { set: all.flatMap(({ assignments }) => assignments), open: all.some(({ open }) => open !== null) }
  }
  const column = columnName(target, name.split('.').at(-1)!, draft.scope.tenancy)
  const span = draft.spanOf(call)
  if (method !== 'update') {
    const own = reference(name, first, level, conversion)
    return {
      set: [{ column, operand: { kind: 'call', name: method, arguments: [own], span }, span }],
      open: false,
    }
  }
  if (second === undefined) return { set: [], open: true }
  return {
    set: [{ column, operand: operandOf(second, environment, level, conversion, 'value'), span }],
    open: false,
  }
}

/** `onConflict(['a', 'b']).merge(…)`, `.ignore()`, and the `where` after it. */
export function conflictOf(steps: readonly ChainStep[], source: InsertSource, into: Target): Conflict | null {
  const { target, level, conversion } = into
  const { draft } = conversion
  const step = steps.findLast(({ method }) => method === 'onConflict')
  if (step === undefined) return null
  const names = namesIn(step.call.arguments, step.environment, conversion)
  const columns = names.map((name) => columnName(target, name, draft.scope.tenancy))
  const merge = steps.findLast(({ method }) => method === 'merge')
  return {
    target: columns.length === 0 ? null : columns,
    constraint: columns.length === 0 && step.call.arguments.length > 0 ? '(unknown)' : null,
    action: merge === undefined ? 'nothing' : 'update',
    set: merge === undefined ? [] : mergedColumns(merge, source, into),
    where: merge === undefined ? null : groupOf(steps, 'where', level, conversion),
    span: draft.spanOf(step.call),
  }
}

/** `merge()` takes every proposed column, `merge(['a'])` those, `merge({…})` other values. */
function mergedColumns(merge: ChainStep, source: InsertSource, into: Target): readonly Assignment[] {
  const { target, conversion } = into
  const { draft } = conversion
  const span = draft.spanOf(merge.call)
  const proposed = (column: string): Assignment => {
    const own = bindItemColumn(target, column, draft.scope.tenancy, span)
    return { column, operand: { kind: 'call', name: 'excluded', arguments: [own], span }, span }
  }
  const names = namesIn(merge.call.arguments, merge.environment, conversion)
  if (names.length > 0) return names.map((name) => proposed(columnName(target, name, draft.scope.tenancy)))
  if (merge.call.arguments.length > 0) return assignmentsOf(merge, into).set
  const written = source.kind === 'rows' ? source.rows.flat() : source.kind === 'opaque' ? source.known : []
  return [...new Set(written.map(({ column }) => column))].map(proposed)
}
