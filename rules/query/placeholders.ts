import type { TSESTree } from '@typescript-eslint/utils'
import { rewritten } from '../sql/dialect.ts'
import type { Flavour, Placeholder } from '../sql/flavour.ts'
import { type Token, tokensOf } from '../sql/lexer.ts'
import type { TextPart } from './text.ts'

/** What a client is given for the placeholders of a text. */
export interface Given {
  /** Null: not in sight. */
  readonly named: (name: string) => TSESTree.Node | null
  /** `index` counts from 0. */
  readonly positional: (index: number) => TSESTree.Node | null
  /** The text that a value pastes when it is not escaped. */
  readonly textOf: (node: TSESTree.Node) => readonly TextPart[]
  /** The name that a value holds, where it is a constant. */
  readonly nameOf: (node: TSESTree.Node) => string | null
}

/** A placeholder that became the parameter of its number. */
export interface Filled {
  /** The name by which the text knows it, or `?`. */
  readonly label: string
  readonly node: TSESTree.Node | null
}

export interface Placed {
  readonly parts: readonly TextPart[]
  /** Parameter number to placeholder. Numbers that the text itself has are not in it. */
  readonly filled: ReadonlyMap<number, Filled>
}

/**
 * Text of a client in the form that PostgreSQL's grammar has: every placeholder is a `$n`, and what a dialect writes otherwise is
 * rewritten. Whatever is not rewritten keeps its place in the source; quoted text, comments and casts are never touched.
 */
export function placed(parts: readonly TextPart[], flavour: Flavour, given: Given): Placed {
  return new Placer(withMadeNames(parts, flavour), flavour, given).place()
}

/** `$(${key})`, `:id${index}`: a placeholder whose name the program makes. Which value it takes is not in sight. */
function withMadeNames(parts: readonly TextPart[], flavour: Flavour): readonly TextPart[] {
  const all: TextPart[] = []
  let made = 0
  for (const part of parts) {
    const [before, hole] = all.slice(-2)
    const isBetween = part.kind === 'text' && hole?.kind === 'hole' && before?.kind === 'text'
    const joined = isBetween ? madeName(before, part, `made__${made}`, flavour) : null
    if (joined === null) all.push(part)
    else {
      made += 1
      all.splice(-2, 2, joined)
    }
  }
  return all
}

/** The text before and after a hole as one, with a placeholder of this name where they make one together. */
function madeName(before: TextOnly, after: TextOnly, name: string, flavour: Flavour): TextOnly | null {
  const opening = openName(before.text, flavour)
  if (opening === null) return null
  const closing = (opening.bracketed ? /^\w*(?::\w+)?[)}>\]]/ : /^\w*/).exec(after.text)?.[0]
  if (closing === undefined) return null
  const placeholder = opening.bracketed ? `$(${name})` : `:${name}`
  const text = before.text.slice(0, opening.start) + placeholder + after.text.slice(closing.length)
  return { ...before, text, offset: null }
}

/** Where a placeholder begins that the end of a text leaves open. */
function openName(
  text: string,
  flavour: Flavour,
): { readonly start: number; readonly bracketed: boolean } | null {
  const formatted = flavour.formatting ? /\$[({<[]\s*\w*$/.exec(text) : null
  if (formatted !== null) return { start: formatted.index, bracketed: true }
  const named = flavour.named === 'never' ? null : /(?<![\w:]):[A-Za-z_]\w*$/.exec(text)
  return named === null ? null : { start: named.index, bracketed: false }
}

class Placer {
  readonly #parts: readonly TextPart[]
  readonly #flavour: Flavour
  readonly #given: Given
  readonly #filled = new Map<number, Filled>()
  readonly #numbers = new Map<string, number>()
  #next: number
  #position = 0

  constructor(parts: readonly TextPart[], flavour: Flavour, given: Given) {
    this.#parts = parts
    this.#flavour = flavour
    this.#given = given
    const used = parts.flatMap((part) =>
      part.kind === 'text' ? [...part.text.matchAll(/\$(\d{1,5})/g)].map((match) => Number(match[1])) : [],
    )
    this.#next = Math.max(0, ...used) + 1
  }

  place(): Placed {
    const texts = textsOf(this.#parts)
    const tokens = tokensOf(
      texts.map((group) => group.map(({ text }) => text).join('')),
      this.#flavour,
    )
    const told = rewritten(tokens, this.#flavour.dialect)
    const written: TextPart[][] = texts.map(() => [])
    const holes = this.#parts.filter(({ kind }) => kind === 'hole')
    const stretches = texts.map((group) => stretchesOf(group))
    let part = 0
    tokens.forEach((token, index) => {
      for (; part < token.part; part++) this.#pass(holes[part]!, written[part]!)
      if (token.kind === 'hole') return
      written[token.part]!.push(...this.#piece(token, told[index] ?? null, stretches[token.part]!(token)))
    })
    for (; part < holes.length; part++) this.#pass(holes[part]!, written[part]!)
    return { parts: merged(written.flat()), filled: this.#filled }
  }

  /** A list that is written by the program takes its turn among the values. */
  #pass(hole: TextPart, written: TextPart[]): void {
    if (hole.kind === 'hole' && hole.list === true) this.#position++
    written.push(hole)
  }

  #piece(token: Token, told: string | null, stretches: readonly TextOnly[]): readonly TextPart[] {
    const { node } = stretches[0]!
    if (told !== null) return told === '' ? [] : [{ kind: 'text', text: told, node, offset: null }]
    return token.placeholder === null ? stretches : this.#placeholder(token, token.placeholder, node)
  }

  #placeholder(token: Token, { name, use }: Placeholder, at: TSESTree.Node): readonly TextPart[] {
    const node = name === null ? this.#given.positional(this.#position++) : this.#named(name)
    if (use === 'value') {
      const number = this.#numberOf(name, { label: name ?? token.text, node })
      return [{ kind: 'text', text: ` $${number} `, node: at, offset: null }]
    }
    if (node === null) return [{ kind: 'hole', node: at, bound: use === 'name' }]
    if (use === 'raw') return this.#given.textOf(node)
    const constant = this.#given.nameOf(node)
    if (constant === null) return [{ kind: 'hole', node, bound: true }]
    const quoted = constant.split('.').map((part) => `"${part.replaceAll('"', '""')}"`)
    return [{ kind: 'text', text: quoted.join('.'), node: at, offset: null }]
  }

  #named(name: string): TSESTree.Node | null {
    return /^\d+$/.test(name) ? this.#given.positional(Number(name) - 1) : this.#given.named(name)
  }

  #numberOf(label: string | null, filled: Filled): number {
    const known = label === null ? undefined : this.#numbers.get(label)
    if (known !== undefined) return known
    const number = this.#next++
    this.#filled.set(number, filled)
    if (label !== null) this.#numbers.set(label, number)
    return number
  }
}

type TextOnly = Extract<TextPart, { kind: 'text' }>

/** The text between the holes. */
function textsOf(parts: readonly TextPart[]): TextOnly[][] {
  const texts: TextOnly[][] = [[]]
  for (const part of parts) {
    if (part.kind === 'text') texts.at(-1)!.push(part)
    else texts.push([])
  }
  return texts
}

/**
 * What of the source a token covers; it may reach over several pieces of text. Tokens are asked for in the order of the text, so
 * that a text of many pieces is walked once.
 */
function stretchesOf(group: readonly TextOnly[]): (token: Token) => readonly TextOnly[] {
  let first = 0
  let before = 0
  return ({ start, end }) => {
    while (first < group.length && before + group[first]!.text.length <= start) {
      before += group[first]!.text.length
      first++
    }
    const found: TextOnly[] = []
    for (let index = first, at = before; index < group.length && at < end; index++) {
      const piece = group[index]!
      const from = Math.max(start - at, 0)
      const to = Math.min(end - at, piece.text.length)
      at += piece.text.length
      if (from >= to) continue
      const offset = piece.offset === null ? null : piece.offset + from
      found.push({ ...piece, text: piece.text.slice(from, to), offset })
    }
    return found
  }
}

/** Neighbours that stand together in the source are one piece again. */
function merged(parts: readonly TextPart[]): TextPart[] {
  const all: TextPart[] = []
  for (const part of parts) {
    const last = all.at(-1)
    const together = last?.kind === 'text' && part.kind === 'text' && last.node === part.node
    const follows =
      together &&
      (last.offset === null ? part.offset === null : part.offset === last.offset + last.text.length)
    if (follows) all[all.length - 1] = { ...last, text: last.text + part.text }
    else all.push(part)
  }
  return all
}
