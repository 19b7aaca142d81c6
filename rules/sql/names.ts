import type { Block, Condition, OccurrenceId, Operand, Output, RelationName, Span } from './statement.ts'

/** Columns of a relation in the order of the table, or null when they are not known. */
export type ColumnsOf = (relation: RelationName) => readonly string[] | null

/** Something in FROM that column names can be bound to. */
export interface Visible {
  /** Null for what can only be reached without qualification. */
  readonly name: string | null
  readonly schema: string | null
  /** Null for row sets: their columns bind to nothing. */
  readonly id: OccurrenceId | null
  readonly columns: readonly string[] | null
}

/** A CTE in reach: its block, or null while its own recursive term is read. */
export interface VisibleCte {
  readonly name: string
  readonly block: Block | null
  readonly columns: readonly string[] | null
}

/** The names of one query level. Levels nest: an inner name hides an outer one. */
export interface NameScope {
  readonly parent: NameScope | null
  readonly visible: Visible[]
  /** Columns that USING or NATURAL merged. */
  readonly merged: Map<string, Operand>
  readonly ctes: VisibleCte[]
}

export function openScope(parent: NameScope | null): NameScope {
  return { parent, visible: [], merged: new Map(), ctes: [] }
}

export function findCte(scope: NameScope | null, name: string): VisibleCte | null {
  for (let level = scope; level !== null; level = level.parent) {
    const found = level.ctes.findLast((cte) => cte.name === name)
    if (found !== undefined) return found
  }
  return null
}

const rowsetColumn = (column: string, span: Span | null): Operand => ({
  kind: 'opaque',
  reason: `${column} is a column of a row set`,
  mentions: [],
  span,
})

function columnOf(visible: Visible, column: string, span: Span | null): Operand {
  return visible.id === null
    ? rowsetColumn(column, span)
    : { kind: 'column', occurrence: visible.id, column, span }
}

/** Binds `alias.column` or `schema.relation.column`. */
export function bindQualified(
  scope: NameScope,
  schema: string | null,
  name: string,
  column: string,
  span: Span | null,
): Operand {
  for (let level: NameScope | null = scope; level !== null; level = level.parent) {
    const found = level.visible.filter(
      (visible) => visible.name === name && (schema === null || visible.schema === schema),
    )
    if (found.length === 1) return columnOf(found[0]!, column, span)
    if (found.length > 1) break
  }
  return { kind: 'column', occurrence: null, column, span }
}

/** The one member that a name must mean, `ambiguous`, or null when none has it. */
export function candidate(visible: readonly Visible[], column: string): Visible | 'ambiguous' | null {
  const sure = visible.filter((item) => item.columns?.includes(column) === true)
  if (sure.length === 1) return sure[0]!
  if (sure.length > 1) return 'ambiguous'
  const possible = visible.filter((item) => item.columns === null)
  if (possible.length === 1) return possible[0]!
  return possible.length > 1 ? 'ambiguous' : null
}

/** Binds an unqualified column: the innermost level that can have it takes it. */
export function bindUnqualified(scope: NameScope, column: string, span: Span | null): Operand {
  for (let level: NameScope | null = scope; level !== null; level = level.parent) {
    const merged = level.merged.get(column)
    if (merged !== undefined) return merged
    const found = candidate(level.visible, column)
    if (found === 'ambiguous') break
    if (found !== null) return columnOf(found, column, span)
  }
  return { kind: 'column', occurrence: null, column, span }
}

export const conjunction = (conditions: readonly Condition[]): Condition | null =>
  conditions.length === 0
    ? null
    : conditions.length === 1
      ? conditions[0]!
      : { kind: 'and', operands: conditions }

/** Names of the columns that a block returns, or null when a star hides them. */
export function outputNames(block: Block): readonly string[] | null {
  if (block.kind === 'opaque') return null
  if (block.kind === 'set') return outputNames(block.branches[0]!)
  const names = block.outputs.map((output) => output.name)
  return names.every((name) => name !== null) ? names : null
}

/** Gives the first columns of a block other names, as `alias (a, b)` does. */
export function renameOutputs(block: Block, names: readonly string[]): Block {
  if (names.length === 0 || block.kind === 'opaque') return block
  if (block.kind === 'set') {
    return { ...block, branches: block.branches.map((branch) => renameOutputs(branch, names)) }
  }
  const star = block.outputs.findIndex((output) => output.name === null)
  const readable = star < 0 ? block.outputs.length : star
  const outputs = block.outputs.map((output, index): Output =>
    index < readable && index < names.length ? { ...output, name: names[index]! } : output,
  )
  for (const name of names.slice(readable)) {
    const reason = `${name} stands for a column of *`
    outputs.push({ name, operand: { kind: 'opaque', reason, mentions: [], span: null }, of: null })
  }
  return { ...block, outputs }
}

export function union(left: Span | null, right: Span | null): Span | null {
  if (left === null || right === null) return left ?? right
  return { start: Math.min(left.start, right.start), end: Math.max(left.end, right.end) }
}
