import type { OccurrenceId, Operand, Span } from '../sql/statement.ts'

/** How the numbers and places of a statement that was read from text become those of the statement it is put into. */
export interface Graft {
  readonly occurrence: (id: OccurrenceId) => OccurrenceId
  readonly parameter: (index: number, span: Span | null) => Operand
  /** Binds a column anew; null keeps it, with its mention renumbered. */
  readonly column: (occurrence: OccurrenceId | null, column: string) => Operand | null
  readonly span: (span: Span | null) => Span | null
}

/**
 * Rewrites every occurrence, parameter and span inside a part of a statement. Structural: it follows whatever the relational
 * form holds, so that a new kind of node cannot be forgotten here.
 */
export function graft<T>(value: T, into: Graft): T {
  if (Array.isArray(value)) return value.map((part: unknown) => graft(part, into)) as T
  if (typeof value !== 'object' || value === null) return value
  const node = value as Record<string, unknown>
  if (node['kind'] === 'parameter') {
    return into.parameter(node['index'] as number, into.span(node['span'] as Span | null)) as T
  }
  if (node['kind'] === 'column') {
    const occurrence = node['occurrence'] as OccurrenceId | null
    const bound = into.column(occurrence, node['column'] as string)
    if (bound !== null) return bound as T
  }
  return Object.fromEntries(
    Object.entries(node).map(([key, part]) => [key, graftMember(node, key, part, into)]),
  ) as T
}

/** Members that hold the number of a mention: `id` of mentions, `occurrence` of columns, `of` of outputs. */
function graftMember(node: Record<string, unknown>, key: string, part: unknown, into: Graft): unknown {
  if (key === 'span') return into.span(part as Span | null)
  const numbered =
    key === 'occurrence' ||
    key === 'of' ||
    (key === 'id' && /^(relation|derived)$/.test(String(node['kind'])))
  if (numbered && typeof part === 'number') return into.occurrence(part)
  return graft(part, into)
}
