import type { Node } from 'libpg-query'
import { loadParser, type ParserModule } from './load.ts'
import { indexPositions, type PositionIndex } from './position.ts'
import type { Span } from './statement.ts'

/** A node of PostgreSQL's raw parse tree: an object with one property, the node's tag. Locations are UTF-8 bytes. */
export type AstNode = Node

export interface ParsedStatement {
  /** `SelectStmt`, `CreateStmt`, `CreatePolicyStmt`, … */
  readonly tag: string
  readonly node: AstNode
  /** Without leading white space and comments, and without the semicolon. */
  readonly span: Span
}

export type ParseResult =
  | {
      readonly kind: 'parsed'
      readonly statements: readonly ParsedStatement[]
      /** UTF-16 offset of a `location` found in the tree. */
      readonly offsetOf: (location: number) => number
    }
  /** `offset` is UTF-16, within the text. */
  | { readonly kind: 'error'; readonly message: string; readonly offset: number }

let parser: ParserModule | null = null

const encoder = new TextEncoder()

type RawResult =
  | { readonly kind: 'tree'; readonly json: string }
  | { readonly kind: 'error'; readonly message: string; readonly codePoint: number }

/** Calls the parser; a result is `{ tree, stderr, error }`, an error `{ message, function, file, line, cursor }`. */
function parseRaw(module: ParserModule, text: string, bytes: number): RawResult {
  const query = module._malloc(bytes + 1)
  if (query === 0) throw new Error('out of memory')
  encoder.encodeInto(text, module.HEAPU8.subarray(query, query + bytes))
  module.HEAPU8[query + bytes] = 0
  const result = module._wasm_parse_query_raw(query)
  if (result === 0) throw new Error('out of memory')
  const error = module.getValue(result + 8, 'i32')
  const raw: RawResult =
    error === 0
      ? { kind: 'tree', json: module.UTF8ToString(module.getValue(result, 'i32')) }
      : {
          kind: 'error',
          message: module.UTF8ToString(module.getValue(error, 'i32')),
          codePoint: Math.max(0, module.getValue(error + 16, 'i32') - 1),
        }
  module._wasm_free_parse_result(result)
  module._free(query)
  return raw
}

const insignificant = /\s+|--[^\n\r]*/y

/** Offset of the first character that is neither white space nor comment; block comments nest. */
function skipInsignificant(text: string, from: number): number {
  let at = from
  for (;;) {
    insignificant.lastIndex = at
    const match = insignificant.exec(text)
    if (match !== null) at += match[0].length
    else if (text.startsWith('/*', at)) at = endOfComment(text, at)
    else return at
  }
}

function endOfComment(text: string, from: number): number {
  const edge = /\/\*|\*\//g
  edge.lastIndex = from
  let depth = 0
  for (let match = edge.exec(text); match !== null; match = edge.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1
    if (depth === 0) return edge.lastIndex
  }
  return text.length
}

interface RawStatement {
  readonly stmt?: AstNode
  readonly stmt_location?: number
  readonly stmt_len?: number
}

function toStatement(text: string, index: PositionIndex, raw: RawStatement): ParsedStatement | null {
  if (raw.stmt === undefined) return null
  const first = raw.stmt_location ?? 0
  const last = raw.stmt_len ? first + raw.stmt_len : index.bytes
  const end = index.fromByte(last)
  const start = Math.min(skipInsignificant(text, index.fromByte(first)), end)
  return {
    tag: Object.keys(raw.stmt)[0]!,
    node: raw.stmt,
    span: { start, end: start + text.slice(start, end).trimEnd().length },
  }
}

/**
 * Parses SQL with PostgreSQL's own parser. Never throws: what the parser cannot take (syntax, NUL characters, nesting
 * beyond its stack) is an error result.
 */
export function parseSql(text: string): ParseResult {
  const nul = text.indexOf('\0')
  if (nul >= 0) return { kind: 'error', message: 'a NUL character ends the statement', offset: nul }
  const index = indexPositions(text)
  try {
    parser ??= loadParser()
    const raw = parseRaw(parser, text, index.bytes)
    if (raw.kind === 'error') {
      return { kind: 'error', message: raw.message, offset: index.fromCodePoint(raw.codePoint) }
    }
    const tree = JSON.parse(raw.json) as { readonly stmts?: readonly RawStatement[] }
    const statements = (tree.stmts ?? []).flatMap((statement) => toStatement(text, index, statement) ?? [])
    return { kind: 'parsed', statements, offsetOf: index.fromByte }
  } catch (error) {
    // An instance that trapped or overflowed its stack holds half-built state; the next call gets a fresh one.
    parser = null
    const message = error instanceof Error ? error.message : String(error)
    return { kind: 'error', message: `the statement is beyond the parser: ${message}`, offset: 0 }
  }
}
