import { tokenEnd } from './ast.ts'
import type { ColumnsOf, NameScope } from './names.ts'
import type { AstNode } from './parse.ts'
import type { Block, OccurrenceId, Span, Statement } from './statement.ts'

export interface ReadOptions {
  /** Columns of a relation, where the schema is known. Sharpens the binding of unqualified names and of `*`. */
  readonly columnsOf?: ColumnsOf
}

/** What reading one statement needs and gathers: numbers for mentions, the parameters, positions. */
export interface Reader {
  readonly columnsOf: ColumnsOf
  readonly nextId: () => OccurrenceId
  /** Index of `$n` in {@link Statement.parameters}, added at its first use. */
  readonly parameter: (name: string, span: Span | null) => number
  readonly parameters: Statement['parameters']
  /** The token at a `location` of the tree. */
  readonly spanAt: (location: number | undefined) => Span | null
  /** Reads a query node; set by the block reader, so that expressions can hold sub-queries. */
  readonly block: (node: AstNode, scope: NameScope | null) => Block
}

export function createReader(
  text: string,
  offsetOf: (location: number) => number,
  options: ReadOptions,
  block: (reader: Reader, node: AstNode, scope: NameScope | null) => Block,
): Reader {
  const parameters: { name: string; span: Span | null }[] = []
  let id = 0
  const reader: Reader = {
    columnsOf: options.columnsOf ?? (() => null),
    nextId: () => id++,
    parameters,
    parameter: (name, span) => {
      const known = parameters.findIndex((parameter) => parameter.name === name)
      return known >= 0 ? known : parameters.push({ name, span }) - 1
    },
    spanAt: (location) => {
      if (location !== undefined && location < 0) return null
      const start = offsetOf(location ?? 0)
      return { start, end: tokenEnd(text, start) }
    },
    block: (node, scope) => block(reader, node, scope),
  }
  return reader
}
