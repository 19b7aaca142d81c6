import { Problem } from '../problem.ts'
import { positionOf } from './json-text.ts'

/** The part of the Prisma schema language that says something about relations. */
export interface PrismaBlock {
  /** `model`, `view`, `enum`, `type`, `datasource`, `generator`. */
  readonly kind: string
  readonly name: string
  /** Of models, views and composite types; empty for the others. */
  readonly fields: readonly PrismaField[]
  /** `@@…` of the block. */
  readonly attributes: readonly PrismaAttribute[]
}

export interface PrismaField {
  readonly name: string
  /** `String`, a model or an enum; `Unsupported` for a native type. */
  readonly type: string
  readonly array: boolean
  readonly optional: boolean
  readonly attributes: readonly PrismaAttribute[]
}

/** `@relation(…)`, `@db.Uuid`, `@@map(…)`. */
export interface PrismaAttribute {
  readonly name: string
  readonly arguments: readonly { readonly key: string | null; readonly value: PrismaValue }[]
}

export type PrismaValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'call'; readonly word: string }
  | { readonly kind: 'list'; readonly items: readonly PrismaValue[] }

type TokenKind = 'word' | 'text' | 'mark' | 'newline' | 'end'

interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly offset: number
}

const tokenPattern =
  /(?<skip>[^\S\n]+|\/\/[^\n]*|\/\*[^]*?\*\/)|(?<newline>\n)|(?<text>"(?:[^"\\\n]|\\.)*")|(?<word>[\p{L}\p{N}_.+-]+)|(?<mark>@@|[{}()[\]?!=:,@])/uy

const modelKinds = new Set(['model', 'view', 'type'])

/**
 * Reads a Prisma schema file.
 *
 * @throws {@link Problem} `E-SCHEMA-SYNTAX` naming file, line and column.
 */
export function readPrisma(file: string, text: string): PrismaBlock[] {
  return new PrismaReader(file, text).blocks()
}

class PrismaReader {
  private readonly file: string
  private readonly text: string
  private readonly tokens: readonly Token[]
  private at = 0

  constructor(file: string, text: string) {
    this.file = file
    this.text = text
    this.tokens = this.tokenize()
  }

  blocks(): PrismaBlock[] {
    const found: PrismaBlock[] = []
    for (;;) {
      this.newlines()
      if (this.next.kind === 'end') return found
      const kind = this.expect('word', 'a block such as `model`')
      const name = this.expect('word', `the name of the ${kind}`)
      found.push(this.block(kind, name))
    }
  }

  private block(kind: string, name: string): PrismaBlock {
    this.expectMark('{')
    const fields: PrismaField[] = []
    const attributes: PrismaAttribute[] = []
    for (;;) {
      this.newlines()
      if (this.takeMark('}')) return { kind, name, fields, attributes }
      if (this.next.kind === 'end') throw this.fault(`expected '}' to close ${kind} ${name}`)
      if (this.takeMark('@@')) attributes.push(this.attribute())
      else if (modelKinds.has(kind)) fields.push(this.field())
      else this.line()
    }
  }

  private field(): PrismaField {
    const name = this.expect('word', 'a field')
    const type = this.expect('word', `the type of ${name}`)
    if (this.isMark('(')) this.parenthesised()
    let array = false
    let optional = false
    for (;;) {
      if (this.takeMark('[')) {
        this.expectMark(']')
        array = true
      } else if (this.takeMark('?')) optional = true
      else if (!this.takeMark('!')) break
    }
    const attributes: PrismaAttribute[] = []
    while (this.takeMark('@')) attributes.push(this.attribute())
    if (this.next.kind !== 'newline' && !this.isMark('}'))
      throw this.fault(`expected the end of field ${name}`)
    return { name, type, array, optional, attributes }
  }

  private attribute(): PrismaAttribute {
    const name = this.expect('word', 'the name of an attribute')
    return { name, arguments: this.isMark('(') ? this.parenthesised() : [] }
  }

  private parenthesised(): PrismaAttribute['arguments'] {
    const found: { key: string | null; value: PrismaValue }[] = []
    this.expectMark('(')
    for (;;) {
      this.newlines()
      if (this.takeMark(')')) return found
      const value = this.value()
      this.newlines()
      if (value.kind === 'word' && this.takeMark(':')) {
        this.newlines()
        found.push({ key: value.word, value: this.value() })
      } else found.push({ key: null, value })
      this.newlines()
      if (!this.takeMark(',') && !this.isMark(')')) throw this.fault("expected ',' or ')'")
    }
  }

  private value(): PrismaValue {
    if (this.next.kind === 'text') return { kind: 'text', text: unquote(this.take()) }
    if (this.takeMark('[')) return { kind: 'list', items: this.items() }
    const word = this.expect('word', 'a value')
    if (!this.isMark('(')) return { kind: 'word', word }
    this.parenthesised()
    return { kind: 'call', word }
  }

  private items(): PrismaValue[] {
    const items: PrismaValue[] = []
    for (;;) {
      this.newlines()
      if (this.takeMark(']')) return items
      items.push(this.value())
      this.newlines()
      if (!this.takeMark(',') && !this.isMark(']')) throw this.fault("expected ',' or ']'")
    }
  }

  /** Enum values and settings of a generator: nothing about relations. */
  private line(): void {
    let depth = 0
    for (;;) {
      const { kind, text } = this.next
      if (kind === 'end' || (depth === 0 && (kind === 'newline' || text === '}'))) return
      if ('([{'.includes(text)) depth++
      if (')]}'.includes(text)) depth--
      this.at++
    }
  }

  private tokenize(): Token[] {
    const tokens: Token[] = []
    tokenPattern.lastIndex = this.text.startsWith('\uFEFF') ? 1 : 0
    while (tokenPattern.lastIndex < this.text.length) {
      const offset = tokenPattern.lastIndex
      const groups = tokenPattern.exec(this.text)?.groups
      if (groups === undefined) throw this.fault('a character that the language does not have', offset)
      const kind = (['newline', 'text', 'word', 'mark'] as const).find((name) => groups[name] !== undefined)
      if (kind !== undefined) tokens.push({ kind, text: groups[kind]!, offset })
    }
    tokens.push({ kind: 'end', text: '', offset: this.text.length })
    return tokens
  }

  private get next(): Token {
    return this.tokens[this.at]!
  }

  private take(): string {
    return this.tokens[this.at++]!.text
  }

  private newlines(): void {
    while (this.next.kind === 'newline') this.at++
  }

  private isMark(mark: string): boolean {
    return this.next.kind === 'mark' && this.next.text === mark
  }

  private takeMark(mark: string): boolean {
    if (!this.isMark(mark)) return false
    this.at++
    return true
  }

  private expectMark(mark: string): void {
    if (!this.takeMark(mark)) throw this.fault(`expected '${mark}'`)
  }

  private expect(kind: TokenKind, what: string): string {
    if (this.next.kind !== kind) throw this.fault(`expected ${what}`)
    return this.take()
  }

  private fault(message: string, offset = this.next.offset): Problem {
    const { line, column } = positionOf(this.text, offset)
    return new Problem(
      'E-SCHEMA-SYNTAX',
      `${this.file}:${line}:${column}: not a Prisma schema: ${message}`,
      'Check it with `npx prisma validate`, or give the folder of migrations instead.',
    )
  }
}

/** Prisma's strings escape as JSON's do; one that does not is taken as it stands. */
function unquote(token: string): string {
  try {
    return JSON.parse(token) as string
  } catch {
    return token.slice(1, -1)
  }
}
