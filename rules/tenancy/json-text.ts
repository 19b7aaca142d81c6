/** Where a JSON text stops being JSON, or names one key twice. `offset` is in UTF-16 code units. */
export interface JsonFault {
  readonly offset: number
  readonly message: string
}

export type JsonText =
  | { readonly kind: 'value'; readonly value: unknown; readonly offsets: ReadonlyMap<string, number> }
  | { readonly kind: 'fault'; readonly fault: JsonFault }

class Fault extends Error {
  readonly offset: number
  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }
}

/**
 * Reads JSON and remembers where each value stands, keyed by JSON pointer. `JSON.parse` tells the place of an error only in
 * some Node versions, and lets the last of two equal keys win: a relation named twice would lose its first entry in silence.
 */
export function readJsonText(text: string): JsonText {
  const reader = new Reader(text)
  try {
    const value = reader.document()
    return { kind: 'value', value, offsets: reader.offsets }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { kind: 'fault', fault: { offset: error.offset, message: error.message } }
  }
}

/** 1-based line and column of an offset. */
export function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}

/** A path segment as a JSON pointer writes it. */
export function pointerSegment(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const stringPattern = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const wordPattern = /true|false|null/y
const spacePattern = /[ \t\r\n]*/y
const deepest = 64

class Reader {
  readonly offsets = new Map<string, number>()
  private at = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
    if (text.startsWith('\uFEFF')) this.at = 1
  }

  document(): unknown {
    const value = this.value('', 0)
    this.space()
    if (this.at < this.text.length) throw this.unexpected('the end of the file')
    return value
  }

  private value(pointer: string, depth: number): unknown {
    this.space()
    if (depth > deepest) throw new Fault(this.at, `nested deeper than ${deepest} levels`)
    this.offsets.set(pointer, this.at)
    const next = this.text[this.at]
    if (next === '{') return this.object(pointer, depth)
    if (next === '[') return this.array(pointer, depth)
    const token = next === '"' ? this.string() : (this.match(numberPattern) ?? this.match(wordPattern))
    if (token === null) throw this.unexpected('a value')
    return JSON.parse(token)
  }

  private object(pointer: string, depth: number): Record<string, unknown> {
    const entries = new Map<string, unknown>()
    this.at++
    if (this.take('}')) return {}
    do {
      this.space()
      const start = this.at
      if (this.text[start] !== '"') throw this.unexpected('a key in double quotes')
      const key = JSON.parse(this.string()) as string
      if (entries.has(key))
        throw new Fault(start, `the key ${JSON.stringify(key)} stands twice in one object`)
      if (!this.take(':')) throw this.unexpected("':'")
      entries.set(key, this.value(pointer + pointerSegment(key), depth + 1))
    } while (this.take(','))
    if (!this.take('}')) throw this.unexpected("',' or '}'")
    return Object.fromEntries(entries)
  }

  private array(pointer: string, depth: number): unknown[] {
    const items: unknown[] = []
    this.at++
    if (this.take(']')) return items
    do items.push(this.value(`${pointer}/${items.length}`, depth + 1))
    while (this.take(','))
    if (!this.take(']')) throw this.unexpected("',' or ']'")
    return items
  }

  private string(): string {
    const token = this.match(stringPattern)
    if (token === null)
      throw new Fault(this.at, 'this string is not closed, or holds a character that must be escaped')
    return token
  }

  private take(character: string): boolean {
    this.space()
    if (this.text[this.at] !== character) return false
    this.at++
    return true
  }

  private space(): void {
    this.match(spacePattern)
  }

  private match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0] ?? null
    if (found !== null) this.at += found.length
    return found
  }

  private unexpected(expected: string): Fault {
    this.space()
    const found = this.text[this.at]
    if (found === undefined) return new Fault(this.at, `expected ${expected}, found the end of the file`)
    if (this.text.startsWith('//', this.at) || this.text.startsWith('/*', this.at)) {
      return new Fault(this.at, `expected ${expected}, found a comment, which JSON does not have`)
    }
    return new Fault(this.at, `expected ${expected}, found ${JSON.stringify(found)}`)
  }
}
