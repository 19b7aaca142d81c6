import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../../../source/binding.ts'
import { returnsOf, unwrap } from '../../../source/children.ts'
import type { Assignment, InsertSource, Operand } from '../../../sql/statement.ts'
import type { Draft } from '../../draft.ts'
import type { ObjectView, PropertyView } from '../../library.ts'
import { columnOf, leadOf, type Entity } from '../prisma/entity.ts'
import { isUndefined } from '../prisma/where.ts'
import { joinColumnOf } from './entity.ts'

/** A row to be written, as far as it can be seen. */
export interface RowData {
  readonly assignments: readonly Assignment[]
  /** Columns whose assignment may be absent at run time. */
  readonly optional: readonly string[]
  /** Why not all of it could be seen; null when it was. */
  readonly open: string | null
  readonly view: ObjectView | null
  /** The object that is written, without what an entity is built by from it. */
  readonly node: TSESTree.Node
}

/** The rows that an expression stands for: objects, arrays of them, `new User({…})`, `repository.create({…})`. */
export function rowsOf(given: TSESTree.Node, entity: Entity, draft: Draft): readonly RowData[] {
  const { scope } = draft
  const node = unwrap(scope.resolve(unwrap(given, true)), true)
  const again = (inner: TSESTree.Node): readonly RowData[] => rowsOf(inner, entity, draft)
  if (node.type === 'ConditionalExpression') return [...again(node.consequent), ...again(node.alternate)]
  const made = madeFrom(node)
  if (made !== null) return made.flatMap(again)
  const array = node.type === 'ObjectExpression' ? null : scope.arrayOf(given)
  if (array !== null) {
    const open = array.open.flatMap((one): readonly RowData[] => {
      const inner = one.node.type === 'SpreadElement' ? one.node.argument : one.node
      return madeFrom(unwrap(inner))?.flatMap(again) ?? [hidden(one.reason, inner)]
    })
    return [...array.elements.flatMap(({ value }) => again(value)), ...open]
  }
  const view = scope.objectOf(given)
  if (view !== null) return [rowOf(view, given, entity, draft)]
  return [hidden(`the data \`${scope.sourceCode.getText(given).slice(0, 60)}\` could not be seen`, given)]
}

const hidden = (open: string, node: TSESTree.Node): RowData => ({
  assignments: [],
  optional: [],
  open,
  view: null,
  node,
})

/** Expressions that an entity is built from without a change. */
function madeFrom(node: TSESTree.Node): readonly TSESTree.Node[] | null {
  if (node.type === 'NewExpression') return node.arguments.length === 1 ? node.arguments : null
  if (node.type !== 'CallExpression') return null
  const callee = unwrap(node.callee)
  const name = callee.type === 'MemberExpression' ? memberName(callee) : null
  if (name === 'create') return node.arguments.length === 0 ? null : [node.arguments.at(-1)!]
  const [first, second] = node.arguments
  if (name === 'assign' && first !== undefined && second !== undefined && node.arguments.length === 2) {
    const target = unwrap(first)
    return target.type === 'NewExpression' || target.type === 'ObjectExpression' ? [second] : null
  }
  if (name !== 'map' || first === undefined || !isFunction(first)) return null
  return returnsOf(first)
}

function rowOf(view: ObjectView, node: TSESTree.Node, entity: Entity, draft: Draft): RowData {
  const assignments: Assignment[] = []
  const optional: string[] = []
  for (const property of view.properties) {
    const column = columnFor(property, entity, draft)
    if (column === null || isUndefined(unwrap(property.value))) continue
    const operand = valueOf(property, column, entity, draft)
    assignments.push({ column, operand, span: draft.spanOf(property.node) })
    if (property.optional !== null) optional.push(column)
  }
  return { assignments, optional, open: view.open[0]?.reason ?? null, view, node }
}

/** Null: rows of the other side of a relation, written on their own. */
function columnFor({ name }: PropertyView, entity: Entity, draft: Draft): string | null {
  const joined = joinColumnOf(entity, name, draft)
  if (joined !== null) return joined
  const { tenancy } = draft.scope
  return leadOf(entity, name, tenancy) === null ? columnOf(entity, name, tenancy) : null
}

/** `project: { id }` writes that id; `project` as an entity writes its key. */
function valueOf({ name, value }: PropertyView, column: string, entity: Entity, draft: Draft): Operand {
  if (column === columnOf(entity, name, draft.scope.tenancy)) return draft.value(value)
  const view = draft.scope.objectOf(unwrap(value))
  const id = view?.properties.find((one) => one.name === 'id')
  if (id !== undefined) return draft.value(id.value)
  const constant = draft.scope.constantOf(value)
  return constant === null && view === null ? draft.member(value, 'id') : draft.value(value)
}

export function insertSource(rows: readonly RowData[], reason: string): InsertSource {
  const certain = ({ assignments, optional }: RowData): readonly Assignment[] =>
    assignments.filter(({ column }) => !optional.includes(column))
  const [only] = rows
  if (only === undefined) return { kind: 'opaque', reason, known: [] }
  const open = rows.find((row) => row.open !== null)
  if (open !== undefined) {
    const known = rows.length === 1 ? certain(open) : []
    return { kind: 'opaque', reason: open.open!, known }
  }
  return {
    kind: 'rows',
    rows: rows.flatMap((row) =>
      row.optional.length === 0 ? [row.assignments] : [row.assignments, certain(row)],
    ),
  }
}
