import type { AstNode } from './parse.ts'

/** Every node tag: `SelectStmt`, `ColumnRef`, … */
export type Tag = AstNode extends infer N ? (N extends unknown ? keyof N : never) : never

/** The content of a node with this tag. */
export type Content<T extends Tag> = Extract<AstNode, Record<T, unknown>>[T]

/** The node's content if it has this tag. */
export function as<T extends Tag>(node: AstNode | undefined, tag: T): Content<T> | undefined {
  return (node as Partial<Record<Tag, unknown>> | undefined)?.[tag] as Content<T> | undefined
}

export function tagOf(node: AstNode): Tag {
  return Object.keys(node)[0] as Tag
}

/** The strings of a list of `String` nodes; `*` for a star. */
export function strings(nodes: readonly AstNode[] | undefined): string[] {
  return (nodes ?? []).map((node) => ('A_Star' in node ? '*' : (as(node, 'String')?.sval ?? '')))
}

/** The nodes of a `List`, or the node itself. */
export function items(node: AstNode | undefined): readonly AstNode[] {
  if (node === undefined) return []
  return as(node, 'List')?.items ?? [node]
}

const quotedOrPlain = /"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*|\*/u

const token = new RegExp(
  [
    `(?:${quotedOrPlain.source})(?:\\s*\\.\\s*(?:${quotedOrPlain.source}))*`,
    "'(?:[^']|'')*'",
    '\\$\\d+',
    '\\d+(?:\\.\\d+)?',
  ].join('|'),
  'uy',
)

/** End of the token (a dotted name, literal or parameter) at this offset. */
export function tokenEnd(text: string, start: number): number {
  token.lastIndex = start
  return token.test(text) ? token.lastIndex : Math.min(start + 1, text.length)
}
