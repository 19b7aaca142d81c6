import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../../../source/binding.ts'
import type {
  Assignment,
  Condition,
  Conflict,
  InsertSource,
  Occurrence,
  Operand,
} from '../../../sql/statement.ts'
import { columnName } from '../../naming.ts'
import { mapped, rowsSource, writtenRow, type Written } from '../../rows.ts'
import type { Environment } from './chain.ts'
import { conditionOf } from './condition.ts'
import { possibleExpressions, type Conversion, type Level, type Placed } from './conversion.ts'
import { operandOf } from './operand.ts'
import { unwrapped } from './syntax.ts'

/** `values(row)`, `values([…])`, `values(rows.map((row) => ({…})))`, `values((eb) => ({…}))`. */
export function sourceOf(
  node: TSESTree.Node,
  environment: Environment,
  target: Occurrence,
  level: Level,
  conversion: Conversion,
): InsertSource {
  return rowsSource(rowsOf({ node, environment }, target, level, conversion))
}

function rowsOf(
  placed: Placed,
  target: Occurrence,
  level: Level,
  conversion: Conversion,
): readonly Written[] {
  const { scope } = conversion.draft
  const possible = possibleExpressions(placed.node, placed.environment, conversion) ?? []
  return possible.flatMap(({ node: given, environment }): readonly Written[] => {
    const node = unwrapped(given)
    const each = mapped(node)
    if (each !== null)
      return rowsOf({ node: each, environment: shadowed(each, environment) }, target, level, conversion)
    const array = isObject(node) ? null : scope.arrayOf(node)
    if (array !== null) {
      const rows = array.elements.flatMap(({ value }) =>
        rowsOf({ node: value, environment }, target, level, conversion),
      )
      const open = array.open.flatMap((one) => openRows(one, environment, target, level, conversion))
      return [...rows, ...open]
    }
    return [writtenBy(node, environment, target, level, conversion)]
  })
}

const isObject = (node: TSESTree.Node): boolean => node.type === 'ObjectExpression'

function openRows(
  { node, reason }: { readonly node: TSESTree.Node; readonly reason: string },
  environment: Environment,
  target: Occurrence,
  level: Level,
  conversion: Conversion,
): readonly Written[] {
  const inner = unwrapped(node.type === 'SpreadElement' ? node.argument : node)
  const each = mapped(inner)
  if (each === null) return [{ assignments: [], optional: [], open: reason }]
  return rowsOf({ node: each, environment: shadowed(each, environment) }, target, level, conversion)
}

/** The callback's own parameters hide what the same names mean around it. */
function shadowed(callback: TSESTree.Node, environment: Environment): Environment {
  if (!isFunction(callback)) return environment
  const inner = new Map(environment)
  for (const parameter of callback.params) if (parameter.type === 'Identifier') inner.delete(parameter.name)
  return inner
}

/** The assignments of one object: a row of `values`, or `set({…})`. */
export function writtenBy(
  node: TSESTree.Node,
  environment: Environment,
  target: Occurrence,
  level: Level,
  conversion: Conversion,
): Written {
  const { scope } = conversion.draft
  const view = scope.objectOf(node)
  if (view === null) {
    return { assignments: [], optional: [], open: `${scope.sourceCode.getText(node)} could not be seen` }
  }
  const operand = (value: TSESTree.Node): Operand => operandOf(value, environment, level, conversion, 'value')
  return writtenRow(view, target, operand, conversion.draft)
}

/** `set({…})`, `set((eb) => ({…}))`, `set('column', value)`. */
export function assignmentsOf(
  call: TSESTree.CallExpression,
  environment: Environment,
  target: Occurrence,
  level: Level,
  conversion: Conversion,
): { readonly set: readonly Assignment[]; readonly open: boolean } {
  const { draft } = conversion
  const [first, second] = call.arguments
  if (first === undefined) return { set: [], open: true }
  if (second !== undefined) {
    const name = draft.scope.constantOf(first)?.value
    if (typeof name !== 'string') return { set: [], open: true }
    const column = columnName(target, name.split('.').at(-1)!, draft.scope.tenancy)
    const operand = operandOf(second, environment, level, conversion, 'value')
    return { set: [{ column, operand, span: draft.spanOf(call) }], open: false }
  }
  const possible = possibleExpressions(first, environment, conversion)
  if (possible === null) return { set: [], open: true }
  const all = possible.map((one) => writtenBy(one.node, one.environment, target, level, conversion))
  return { set: all.flatMap(({ assignments }) => assignments), open: all.some(({ open }) => open !== null) }
}

/** `onConflict((oc) => oc.columns([…]).where(…).doUpdateSet({…}))`. */
export function conflictOf(
  call: TSESTree.CallExpression,
  environment: Environment,
  target: Occurrence,
  level: Level,
  conversion: Conversion,
): Conflict {
  const { draft } = conversion
  const span = draft.spanOf(call)
  const result: { -readonly [K in keyof Conflict]: Conflict[K] } = {
    target: null,
    constraint: null,
    action: 'update',
    set: [],
    where: null,
    span,
  }
  const [callback] = call.arguments
  const placed = callback === undefined ? null : possibleExpressions(callback, environment, conversion, null)
  if (placed === null || placed.length !== 1) {
    result.where = { kind: 'opaque', reason: 'a conflict that could not be followed', mentions: [], span }
    return result
  }
  const conditions: Condition[] = []
  for (const { method, call: step } of conflictSteps(placed[0]!.node)) {
    const texts = step.arguments.flatMap((argument) => stringsOf(argument, conversion))
    const columns = texts.map((text) => columnName(target, text, draft.scope.tenancy))
    if (method === 'column' || method === 'columns') result.target = [...(result.target ?? []), ...columns]
    else if (method === 'constraint') result.constraint = texts[0] ?? '(unknown)'
    else if (method === 'doNothing') result.action = 'nothing'
    else if (method === 'doUpdateSet') {
      result.set = assignmentsOf(step, placed[0]!.environment, target, level, conversion).set
    } else if (method === 'where' && result.set.length > 0) {
      // Before DO UPDATE it picks a partial index; after it, it restricts the rows that are updated.
      conditions.push(conditionOf(step.arguments, placed[0]!.environment, level, conversion, 'value', step))
    }
  }
  if (conditions.length > 0) {
    result.where = conditions.length === 1 ? conditions[0]! : { kind: 'and', operands: conditions }
  }
  return result
}

function conflictSteps(
  node: TSESTree.Node,
): readonly { readonly method: string; readonly call: TSESTree.CallExpression }[] {
  const steps: { readonly method: string; readonly call: TSESTree.CallExpression }[] = []
  let at = unwrapped(node)
  while (at.type === 'CallExpression') {
    const callee = unwrapped(at.callee)
    if (callee.type !== 'MemberExpression') break
    steps.unshift({ method: memberName(callee) ?? '', call: at })
    at = unwrapped(callee.object)
  }
  return steps
}

/** Names in an argument: one string or an array of them. */
export function stringsOf(node: TSESTree.Node, conversion: Conversion): readonly string[] {
  const { scope } = conversion.draft
  const value = scope.constantOf(node)?.value
  if (typeof value === 'string') return [value]
  const array = scope.arrayOf(node)
  return (array?.elements ?? []).flatMap((one) => stringsOf(one.value, conversion))
}
