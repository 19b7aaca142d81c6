import { as } from './ast.ts'
import { readBlock } from './block.ts'
import { readCondition } from './condition.ts'
import { readOccurrence } from './from.ts'
import { openScope } from './names.ts'
import { parseSql, type AstNode, type ParsedStatement } from './parse.ts'
import { createReader, type ReadOptions } from './reader.ts'
import type { Block, Condition, Occurrence, OpaqueBlock, RelationName, Statement } from './statement.ts'

/** A parsed statement together with its relational form. */
export interface SqlStatement extends ParsedStatement {
  /** Null for statements that touch no rows: DDL, SET, BEGIN. */
  readonly statement: Statement | null
}

export type SqlStatements =
  | {
      readonly kind: 'parsed'
      readonly statements: readonly SqlStatement[]
      readonly offsetOf: (location: number) => number
    }
  | { readonly kind: 'error'; readonly message: string; readonly offset: number }

const rowStatements = new Set([
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'TruncateStmt',
])

/** The query inside statements that run or keep one: EXPLAIN, PREPARE, DECLARE, COPY (…) TO, CREATE TABLE AS. */
function queryOf(node: AstNode): AstNode | undefined {
  if (rowStatements.has(Object.keys(node)[0]!)) return node
  const explain = as(node, 'ExplainStmt')
  if (explain?.query !== undefined) return queryOf(explain.query)
  return (
    as(node, 'PrepareStmt')?.query ??
    as(node, 'DeclareCursorStmt')?.query ??
    as(node, 'CopyStmt')?.query ??
    as(node, 'CreateTableAsStmt')?.query
  )
}

/**
 * The relational form of one node of a parse tree; null when it touches no rows.
 *
 * @param source - the text that was parsed, and the conversion of its locations ({@link parseSql}'s `offsetOf`)
 */
export function statementOf(
  node: AstNode,
  source: { readonly text: string; readonly offsetOf: (location: number) => number },
  options: ReadOptions = {},
): Statement | null {
  const reader = createReader(source.text, source.offsetOf, options, readBlock)
  try {
    const query = queryOf(node)
    if (query !== undefined) return { block: reader.block(query, null), parameters: reader.parameters }
    const copied = as(node, 'CopyStmt')
    if (copied?.relation === undefined) return null
    const { occurrence } = readOccurrence(
      reader,
      copied.relation,
      copied.is_from === true ? 'insert' : 'read',
    )
    return { block: opaqueBlock('COPY', [occurrence]), parameters: [] }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { block: opaqueBlock('nested too deeply', []), parameters: [] }
  }
}

const opaqueBlock = (reason: string, occurrences: readonly Occurrence[]): OpaqueBlock => ({
  kind: 'opaque',
  reason,
  occurrences,
  ctes: [],
  span: null,
})

/** The block of a query node, for views and function bodies; null when it is no query. */
export function blockOf(
  node: AstNode,
  source: { readonly text: string; readonly offsetOf: (location: number) => number },
  options: ReadOptions = {},
): Block | null {
  return statementOf(node, source, options)?.block ?? null
}

/** Parses SQL and brings every statement that touches rows into relational form. Never throws. */
export function toStatements(text: string, options: ReadOptions = {}): SqlStatements {
  const parsed = parseSql(text)
  if (parsed.kind === 'error') return parsed
  const { offsetOf } = parsed
  return {
    kind: 'parsed',
    offsetOf,
    statements: parsed.statements.map((statement) => ({
      ...statement,
      statement: statementOf(statement.node, { text, offsetOf }, options),
    })),
  }
}

/**
 * A predicate over one table, as policies and check constraints have it. The table is occurrence 0. Text that does not
 * parse is an opaque condition.
 */
export function conditionOf(
  expression: string,
  table: RelationName & { readonly columns: readonly string[] },
  options: ReadOptions = {},
): Condition {
  const prefix = 'SELECT 1 WHERE '
  const text = `${prefix}(${expression}\n)`
  const parsed = parseSql(text)
  const opaque = (reason: string): Condition => ({ kind: 'opaque', reason, mentions: [], span: null })
  if (parsed.kind === 'error') return opaque(parsed.message)
  const select = as(parsed.statements[0]?.node, 'SelectStmt')
  if (parsed.statements.length !== 1 || select?.whereClause === undefined) return opaque('no expression')
  const shift = prefix.length + 1
  const reader = createReader(text, parsed.offsetOf, options, readBlock)
  const scope = openScope(null)
  scope.visible.push({ name: table.name, schema: table.schema, id: reader.nextId(), columns: table.columns })
  try {
    return shiftSpans(readCondition(reader, select.whereClause, scope), -shift)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return opaque('nested too deeply')
  }
}

/** Moves every span of a relational form. */
export function shiftSpans<T>(value: T, by: number): T {
  if (Array.isArray(value)) return value.map((part: unknown) => shiftSpans(part, by)) as T
  if (typeof value !== 'object' || value === null) return value
  const shifted = Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      const span = key === 'span' ? (part as { start: number; end: number } | null) : null
      return [
        key,
        span === null ? shiftSpans(part as unknown, by) : { start: span.start + by, end: span.end + by },
      ]
    }),
  )
  return shifted as T
}
