import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../../../source/binding.ts'
import { returnsOf, unwrap } from '../../../source/children.ts'
import type { Assignment, InsertSource, Operand } from '../../../sql/statement.ts'
import type { Draft } from '../../draft.ts'
import type { ObjectView, PropertyView } from '../../library.ts'
import { columnOf, holdsReference, leadOf, type Entity, type Lead } from './entity.ts'
import { isUndefined } from './where.ts'

/** A nested write inside `data`: what is done through which relation field. */
export interface Nested {
  readonly lead: Lead
  readonly property: PropertyView
}

/** A `data` object, as far as it can be seen. */
export interface Data {
  readonly assignments: readonly Assignment[]
  /** Columns whose assignment may be absent at run time. */
  readonly optional: readonly string[]
  /** Why not all of it could be seen; null when it was. */
  readonly open: string | null
  readonly nested: readonly Nested[]
}

const unseenData = (reason: string): Data => ({ assignments: [], optional: [], open: reason, nested: [] })

/** The rows of `data`: one object, an array of them, or `rows.map((row) => ({…}))`. */
export function dataRows(given: TSESTree.Node, entity: Entity, draft: Draft): readonly Data[] {
  const { scope } = draft
  const node = unwrap(scope.resolve(unwrap(given)))
  if (node.type === 'ConditionalExpression') {
    return [...dataRows(node.consequent, entity, draft), ...dataRows(node.alternate, entity, draft)]
  }
  const each = mapped(node)
  if (each !== null) return each.flatMap((one) => dataRows(one, entity, draft))
  const array = node.type === 'ObjectExpression' ? null : scope.arrayOf(given)
  if (array !== null) {
    const rows = array.elements.flatMap(({ value }) => dataRows(value, entity, draft))
    const open = array.open.flatMap((one): readonly Data[] => {
      const inner = mapped(unwrap(one.node.type === 'SpreadElement' ? one.node.argument : one.node))
      return inner?.flatMap((row) => dataRows(row, entity, draft)) ?? [unseenData(one.reason)]
    })
    return [...rows, ...open]
  }
  const view = scope.objectOf(given)
  if (view === null) {
    return [unseenData(`the data \`${scope.sourceCode.getText(given).slice(0, 60)}\` could not be seen`)]
  }
  return [dataOf(view, entity, draft)]
}

/** What the callback of `rows.map(callback)` returns. */
function mapped(node: TSESTree.Node): readonly TSESTree.Node[] | null {
  if (node.type !== 'CallExpression') return null
  const callee = unwrap(node.callee)
  const [first] = node.arguments
  if (callee.type !== 'MemberExpression' || memberName(callee) !== 'map') return null
  return first !== undefined && isFunction(first) ? returnsOf(first) : null
}

function dataOf(view: ObjectView, entity: Entity, draft: Draft): Data {
  const { tenancy } = draft.scope
  const assignments: Assignment[] = []
  const optional: string[] = []
  const nested: Nested[] = []
  const assign = (column: string, operand: Operand, property: PropertyView): void => {
    assignments.push({ column, operand, span: draft.spanOf(property.node) })
    if (property.optional !== null) optional.push(column)
  }
  for (const property of view.properties) {
    if (isUndefined(unwrap(property.value))) continue
    const lead = leadOf(entity, property.name, tenancy)
    if (lead === null || !holdsOperation(property, draft)) {
      assign(columnOf(entity, property.name, tenancy), valueOf(property.value, draft), property)
      continue
    }
    nested.push({ lead, property })
    for (const [column, operand] of connected(lead, property, draft)) assign(column, operand, property)
  }
  const [open] = view.open
  return { assignments, optional, open: open === undefined ? null : open.reason, nested }
}

const nestedOperations =
  /^(create|createMany|connect|connectOrCreate|update|updateMany|upsert|delete|deleteMany|disconnect|set)$/

/** `{ connect: … }`, `{ create: … }`: a value of a plain JSON column is not taken for it. */
function holdsOperation({ value }: PropertyView, draft: Draft): boolean {
  const view = draft.scope.objectOf(unwrap(value))
  return view === null || view.properties.some(({ name }) => nestedOperations.test(name))
}

/** A written value; `{ set: x }` writes `x`, `{ increment: 1 }` something that only the database knows. */
function valueOf(value: TSESTree.Node, draft: Draft): Operand {
  const node = unwrap(value)
  const view = node.type === 'ObjectExpression' ? draft.scope.objectOf(node) : null
  const [only] = view?.properties ?? []
  if (view?.properties.length === 1 && only!.name === 'set' && view.open.length === 0) {
    return draft.value(only!.value)
  }
  return draft.value(value)
}

/** The own columns that `tenant: { connect: { id } }` writes: the reference stands on this side. */
function connected(
  lead: Lead,
  { value }: PropertyView,
  draft: Draft,
): readonly (readonly [string, Operand])[] {
  if (!holdsReference(lead)) return []
  const operations = draft.scope.objectOf(unwrap(value))?.properties ?? []
  return operations.flatMap(({ name, value: argument, node }): readonly (readonly [string, Operand])[] => {
    if (name === 'disconnect' || name === 'delete') {
      const nothing: Operand = { kind: 'literal', value: null, span: draft.spanOf(node) }
      return lead.field.on.map(([own]) => [own, nothing])
    }
    if (name !== 'connect' && name !== 'connectOrCreate' && name !== 'create') return []
    const where = name === 'connect' ? argument : whereIn(argument, draft)
    const keys = where === null ? null : draft.scope.objectOf(unwrap(where))
    const other = lead.relation
    return lead.field.on.map(([own, column]) => {
      const key = keys?.properties.find(
        (one) => (other === null ? one.name : draft.scope.tenancy.columnOf(other.name, one.name)) === column,
      )
      const operand: Operand =
        key === undefined || key.optional !== null
          ? rowValue(`${lead.field.to}.${column}`, node, draft)
          : draft.value(key.value)
      return [own, operand]
    })
  })
}

function whereIn(argument: TSESTree.Node, draft: Draft): TSESTree.Node | null {
  const view = draft.scope.objectOf(unwrap(argument))
  return view?.properties.find(({ name }) => name === 'where')?.value ?? null
}

/** The key of a row that another statement of the same call reads or makes. */
export function rowValue(path: string, node: TSESTree.Node, draft: Draft): Operand {
  return draft.parameter(path, { kind: 'row', path, nullable: false }, node)
}

/** The rows of an INSERT. A column that may be absent makes two kinds of rows, and each of them is written at some time. */
export function sourceOf(rows: readonly Data[], added: readonly Assignment[]): InsertSource {
  const open = rows.find((row) => row.open !== null)
  const certain = (row: Data): readonly Assignment[] => [
    ...added,
    ...row.assignments.filter(({ column }) => !row.optional.includes(column)),
  ]
  if (rows.length === 0) return { kind: 'rows', rows: [added] }
  if (open !== undefined) {
    return { kind: 'opaque', reason: open.open!, known: rows.length === 1 ? certain(open) : added }
  }
  return {
    kind: 'rows',
    rows: rows.flatMap((row) =>
      row.optional.length === 0
        ? [[...added, ...row.assignments]]
        : [[...added, ...row.assignments], certain(row)],
    ),
  }
}
