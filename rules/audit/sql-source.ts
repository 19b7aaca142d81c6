import { keepUpward } from '../schema/migration-files.ts'
import { splitScript } from '../schema/script.ts'
import { parseSql } from '../sql/parse.ts'

/** Line from 1, column from 0, as ESLint counts in a language that says so. */
export interface Position {
  readonly line: number
  readonly column: number
}

export interface Location {
  readonly start: Position
  readonly end: Position
}

interface NodeBase {
  readonly range: readonly [number, number]
  readonly loc: Location
}

/** One statement; `tag` is the parser's name for it: `CreateStmt`, `AlterTableStmt`, … @public */
export interface SqlStatementNode extends NodeBase {
  readonly type: 'Statement'
  readonly tag: string
}

/** A whole `.sql` file. @public */
export interface SqlScript extends NodeBase {
  readonly type: 'Script'
  readonly body: readonly SqlStatementNode[]
}

type SqlNode = SqlScript | SqlStatementNode

/** Offsets to lines and columns, for one text. */
export class Lines {
  readonly lines: readonly string[]
  private readonly starts: readonly number[]

  constructor(text: string) {
    this.lines = text.split(/\r\n|\n/)
    this.starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
  }

  positionOf(offset: number): Position {
    let low = 0
    let high = this.starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.starts[middle]! <= offset) low = middle
      else high = middle
    }
    return { line: low + 1, column: offset - this.starts[low]! }
  }

  offsetOf({ line, column }: Position): number {
    return (this.starts[line - 1] ?? 0) + column
  }

  locationOf(start: number, end: number): Location {
    return { start: this.positionOf(start), end: this.positionOf(end) }
  }
}

interface Comment {
  readonly type: 'Comment'
  readonly range: readonly [number, number]
  readonly loc: Location
}

interface Directive {
  readonly type: 'disable' | 'enable' | 'disable-line' | 'disable-next-line'
  readonly node: Comment
  readonly value: string
  readonly justification: string
}

const directive =
  /(?:--|\/\*)[^\S\n]*eslint-(disable-next-line|disable-line|disable|enable)(?![-\w])([^\n]*?)(?:[^\S\n]--[^\S\n]+([^\n]*?))?[^\S\n]*(?:\*\/|\r?$)/gm

/** What ESLint asks of the source of a language; see its documentation, "Languages". */
export class SqlSourceCode {
  readonly text: string
  readonly ast: SqlScript
  readonly lines: readonly string[]
  private readonly index: Lines

  constructor(text: string, ast: SqlScript) {
    this.text = text
    this.ast = ast
    this.index = new Lines(text)
    this.lines = this.index.lines
  }

  getLoc(node: SqlNode | Comment): Location {
    return node.loc
  }

  getRange(node: SqlNode | Comment): readonly [number, number] {
    return node.range
  }

  getText(node?: SqlNode, before = 0, after = 0): string {
    if (node === undefined) return this.text
    return this.text.slice(Math.max(0, node.range[0] - before), node.range[1] + after)
  }

  getLocFromIndex(index: number): Position {
    return this.index.positionOf(index)
  }

  getIndexFromLoc(position: Position): number {
    return this.index.offsetOf(position)
  }

  getParent(node: SqlNode): SqlNode | undefined {
    return node.type === 'Statement' ? this.ast : undefined
  }

  getAncestors(node: SqlNode): SqlNode[] {
    return node.type === 'Statement' ? [this.ast] : []
  }

  /** `-- eslint-disable-next-line rule -- reason`, as in any language. */
  getDisableDirectives(): { directives: Directive[]; problems: never[] } {
    const directives = [...this.text.matchAll(directive)].map((match): Directive => {
      const range = [match.index, match.index + match[0].length] as const
      return {
        type: match[1] as Directive['type'],
        node: { type: 'Comment', range, loc: this.index.locationOf(...range) },
        value: (match[2] ?? '').trim(),
        justification: (match[3] ?? '').trim(),
      }
    })
    return { directives, problems: [] }
  }

  /** Enters and leaves every node, outermost first. Kind 1 is ESLint's number for a visit. */
  traverse(): object[] {
    const visit = (target: SqlNode, parent: SqlNode | undefined, phase: 1 | 2): object => ({
      type: 'visit',
      kind: 1,
      target,
      phase,
      args: [target, parent],
    })
    const { ast } = this
    return [
      visit(ast, undefined, 1),
      ...ast.body.flatMap((node) => [visit(node, ast, 1), visit(node, ast, 2)]),
      visit(ast, undefined, 2),
    ]
  }
}

export type SqlParseResult =
  | { readonly ok: true; readonly ast: SqlScript }
  | { readonly ok: false; readonly errors: readonly { message: string; line: number; column: number }[] }

/** Parses a script statement by statement; the way back of a migration (its down part) is no part of the tree. */
export function parseScript(text: string): SqlParseResult {
  const index = new Lines(text)
  const body: SqlStatementNode[] = []
  for (const statement of splitScript(keepUpward(text))) {
    const parsed = parseSql(statement.text)
    if (parsed.kind === 'error') {
      const { line, column } = index.positionOf(statement.start + parsed.offset)
      return { ok: false, errors: [{ message: parsed.message, line, column: column + 1 }] }
    }
    const tag = parsed.statements[0]?.tag
    if (tag === undefined) continue
    const range = [statement.start, statement.end] as const
    body.push({ type: 'Statement', tag, range, loc: index.locationOf(...range) })
  }
  const range = [0, text.length] as const
  return { ok: true, ast: { type: 'Script', body, range, loc: index.locationOf(...range) } }
}
