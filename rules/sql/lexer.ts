import { type Flavour, type Placeholder, placeholderAt } from './flavour.ts'

/** A stretch of one part of a template. Together the tokens of a part cover it. */
export interface Token {
  readonly kind:
    'word' | 'number' | 'sign' | 'space' | 'literal' | 'name' | 'comment' | 'placeholder' | 'hole'
  readonly part: number
  readonly start: number
  readonly end: number
  readonly text: string
  /** For quoted text, whether it begins and ends here: a hole may stand inside it. */
  readonly opens: boolean
  readonly closes: boolean
  readonly placeholder: Placeholder | null
}

interface Open {
  readonly kind: 'literal' | 'name' | 'comment'
  readonly close: string
  readonly escapes: boolean
  depth: number
}

const space = /\s+/y
const word = /[\p{L}_][\p{L}\p{N}_$]*/uy
const number = /\$\d+|0[xob][\da-f_]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?/iy
const dollarQuote = /\$(?:[A-Za-z_]\w*)?\$/y
const sign = /::|:=|\|\||&&|<=>|[<>=!]+|[\s\S]/y

/** After these words a value or a name is still to come. */
export const expectant: ReadonlySet<string> = new Set(
  (
    'and or not in like ilike similar to between is where on set values value select distinct limit offset then else when case by ' +
    'returning having any some all from join only into update using as with table filter over except union intersect escape zone ' +
    'interval fetch first next div mod regexp rlike prewhere xor binary'
  ).split(' '),
)

/** Splits the parts of a template into tokens. Quoted text is told by the client's own rules, and nothing inside it is a placeholder. */
export function tokensOf(parts: readonly string[], flavour: Flavour): readonly Token[] {
  const lexer = new Lexer(flavour)
  parts.forEach((text, part) => lexer.part(text, part, part < parts.length - 1))
  return lexer.tokens
}

class Lexer {
  readonly tokens: Token[] = []
  readonly #flavour: Flavour
  #open: Open | null = null
  #last: Token | null = null

  constructor(flavour: Flavour) {
    this.#flavour = flavour
  }

  part(text: string, part: number, hole: boolean): void {
    let at = 0
    while (at < text.length)
      at = this.#open === null ? this.#next(text, part, at) : this.#quoted(text, part, at)
    if (hole && this.#open === null) this.#add('hole', '', part, text.length, text.length)
  }

  #add(
    kind: Token['kind'],
    text: string,
    part: number,
    start: number,
    end: number,
    placeholder: Placeholder | null = null,
  ): number {
    const token: Token = {
      kind,
      part,
      start,
      end,
      text: text.slice(start, end),
      opens: true,
      closes: true,
      placeholder,
    }
    this.#push(token)
    return end
  }

  #push(token: Token): void {
    this.tokens.push(token)
    if (token.kind !== 'space' && token.kind !== 'comment') this.#last = token
  }

  #next(text: string, part: number, at: number): number {
    const matched = (pattern: RegExp): number => {
      pattern.lastIndex = at
      const match = pattern.exec(text)
      return match === null ? 0 : match[0].length
    }
    const placeholder = placeholderAt(text, at, this.#flavour, this.#expects())
    if (placeholder !== null) {
      return this.#add('placeholder', text, part, at, placeholder.end, placeholder.placeholder)
    }
    const blank = matched(space)
    if (blank > 0) return this.#add('space', text, part, at, at + blank)
    const open = this.#opening(text, at, matched(dollarQuote))
    if (open !== null) {
      this.#open = open.open
      return this.#quoted(text, part, at, at + open.length)
    }
    const letters = matched(word)
    if (letters > 0) return this.#add('word', text, part, at, at + letters)
    const digits = matched(number)
    if (digits > 0) return this.#add('number', text, part, at, at + digits)
    return this.#add('sign', text, part, at, at + matched(sign))
  }

  /** Is a value or a name still to come after the last token? */
  #expects(): boolean {
    const last = this.#last
    if (last === null) return true
    if (last.kind === 'sign') return !/^[)\]]$/.test(last.text)
    return last.kind === 'word' && expectant.has(last.text.toLowerCase())
  }

  #opening(
    text: string,
    at: number,
    dollar: number,
  ): { readonly open: Open; readonly length: number } | null {
    const mysql = this.#flavour.dialect === 'mysql'
    const loose = this.#flavour.dialect !== 'postgres'
    const escapes = mysql || this.#flavour.dialect === 'clickhouse'
    const rest = text.slice(at, at + 2)
    const quote = (kind: Open['kind'], close: string, escapes = false, length = close.length) => ({
      open: { kind, close, escapes, depth: 1 },
      length,
    })
    if (rest[0] === "'") return quote('literal', "'", escapes || /(?:^|\W)[eE]$/.test(text.slice(0, at)))
    if (rest[0] === '"') return mysql ? quote('literal', '"', true) : quote('name', '"')
    if (rest[0] === '`' && loose) return quote('name', '`')
    const dashes = rest === '--' && (!mysql || /^(\s|$)/.test(text.slice(at + 2)))
    if (dashes || (rest[0] === '#' && mysql)) return quote('comment', '\n', false, 1)
    if (rest === '/*') return quote('comment', '*/', false, 2)
    const inWord = /[\w$]/.test(text[at - 1] ?? '')
    return dollar > 0 && !inWord && !mysql ? quote('literal', text.slice(at, at + dollar)) : null
  }

  /** Reads quoted text to its end, or to the end of the part. */
  #quoted(text: string, part: number, start: number, from = start): number {
    const open = this.#open!
    let at = from
    for (let closed = false; !closed;) {
      const found = this.#closing(text, at, open)
      if (found < 0) {
        this.#pushQuoted(open.kind, text, part, start, text.length, from > start, false)
        return text.length
      }
      at = found
      closed = --open.depth === 0
    }
    this.#open = null
    this.#pushQuoted(open.kind, text, part, start, at, from > start, true)
    return at
  }

  /** Offset after the closing sign; -1: not in this part. */
  #closing(text: string, from: number, open: Open): number {
    let at = from
    for (;;) {
      const found = text.indexOf(open.close, at)
      if (found < 0) return -1
      const nested = open.close === '*/' && this.#flavour.dialect === 'postgres' ? text.indexOf('/*', at) : -1
      if (nested >= 0 && nested < found) {
        open.depth += 1
        at = nested + 2
        continue
      }
      const end = found + open.close.length
      const doubles = open.close.length === 1 && open.close !== '\n' && text[end] === open.close
      const escaped = open.escapes && /(?:^|[^\\])(?:\\\\)*\\$/.test(text.slice(from, found))
      if (!doubles && !escaped) return end
      at = doubles && !escaped ? end + 1 : end
    }
  }

  #pushQuoted(
    kind: Token['kind'],
    text: string,
    part: number,
    start: number,
    end: number,
    opens: boolean,
    closes: boolean,
  ): void {
    this.#push({ kind, part, start, end, text: text.slice(start, end), opens, closes, placeholder: null })
  }
}
