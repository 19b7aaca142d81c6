import type { TSESTree } from '@typescript-eslint/utils'
import type { Derived, Occurrence, Operand, Rowset } from '../../../sql/statement.ts'
import { columnName, itemName, itemsOf, type Naming } from '../../naming.ts'
import type { Conversion } from './conversion.ts'
import type { Table } from './table.ts'

/** A table, sub-query or row set as one place of a statement mentions it. */
export type Mention = Occurrence | Derived | Rowset

/** The SQL column behind a property of a stored table: by its definition, else by the tenancy model. */
export function columnOf(item: Occurrence, property: string, conversion: Conversion): string {
  const defined = conversion.tables.get(item.id)?.columns?.get(property)
  return defined ?? columnName(item, property, conversion.draft.scope.tenancy)
}

/** `mention.property` as an operand. */
export function columnIn(
  item: Mention,
  property: string,
  node: TSESTree.Node,
  conversion: Conversion,
): Operand {
  const span = conversion.draft.spanOf(node)
  switch (item.kind) {
    case 'relation':
      return { kind: 'column', occurrence: item.id, column: columnOf(item, property, conversion), span }
    case 'derived':
      return {
        kind: 'column',
        occurrence: item.id ?? null,
        column: outputOf(item, property, conversion),
        span,
      }
    case 'rowset':
      return { kind: 'opaque', reason: `${property} is a column of a row set`, mentions: [], span }
  }
}

/** A sub-query gives its columns by the names of its fields; one that gives whole tables, by those of their columns. */
function outputOf({ block }: Derived, property: string, conversion: Conversion): string {
  const first = block.kind === 'set' ? block.branches[0]! : block
  if (first.kind === 'opaque' || first.kind === 'set') return property
  if (first.outputs.some(({ name }) => name === property)) return property
  const from = first.kind === 'select' ? itemsOf(first.from) : [first.target]
  const [only] = from
  if (from.length !== 1 || only === undefined) return property
  if (only.kind === 'relation') return columnOf(only, property, conversion)
  return only.kind === 'derived' ? outputOf(only, property, conversion) : property
}

/** The mention of a table that is visible under its name, innermost level first. */
export function mentionOf(table: Pick<Table, 'name' | 'alias'>, naming: Naming): Mention | null {
  const visible = table.alias ?? table.name
  for (let level: Naming | null = naming; level !== null; level = level.outer) {
    const found = level.items.find((item) => itemName(item) === visible)
    if (found !== undefined) return found
  }
  return null
}
