import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName, type FunctionNode } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import type { Assignment, InsertSource, Occurrence, Operand } from '../sql/statement.ts'
import type { Draft } from './draft.ts'
import type { ObjectView } from './library.ts'
import { columnName } from './naming.ts'

/** A written row, as far as it can be seen. */
export interface Written {
  readonly assignments: readonly Assignment[]
  /** Some of the assignments may be absent at run time. */
  readonly optional: readonly string[]
  /** Why not all of it could be seen; null when it was. */
  readonly open: string | null
}

/** The row that an object expression is, with the operands that its values are. */
export function writtenRow(
  view: ObjectView,
  target: Occurrence,
  operandOf: (value: TSESTree.Node) => Operand,
  draft: Draft,
): Written {
  const assignments: Assignment[] = []
  const optional: string[] = []
  for (const property of view.properties) {
    const column = columnName(target, property.name, draft.scope.tenancy)
    const operand = operandOf(property.value)
    assignments.push({ column, operand, span: draft.spanOf(property.node) })
    const certainBefore = assignments.some((one) => one.column === column && !optional.includes(column))
    if (
      property.optional !== null &&
      !(certainBefore && assignments.filter((one) => one.column === column).length > 1)
    ) {
      optional.push(column)
    }
  }
  const [open] = view.open
  return { assignments, optional, open: open === undefined ? null : open.reason }
}

/** All the rows that an INSERT writes. */
export function rowsSource(rows: readonly Written[]): InsertSource {
  const open = rows.find((row) => row.open !== null)?.open ?? null
  if (rows.length === 0) return { kind: 'opaque', reason: 'rows that could not be seen', known: [] }
  if (open !== null) {
    const known = rows.length === 1 ? certain(rows[0]!) : []
    return { kind: 'opaque', reason: open, known }
  }
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

/** The callback of `rows.map(callback)`: what it returns is what every row is like. */
export function mapped(node: TSESTree.Node): FunctionNode | null {
  if (node.type !== 'CallExpression') return null
  const callee = unwrap(node.callee, true)
  if (callee.type !== 'MemberExpression') return null
  const [first] = node.arguments
  return memberName(callee) === 'map' && first !== undefined && isFunction(first) ? first : null
}
