import type { Origin } from './schema.ts'
import type { Draft } from './draft.ts'
import { lineOf, type ScriptStatement } from './script.ts'
import { closeOf, isSymbol, isWord, tokenize, type Token } from './tokens.ts'

/** One statement while it is applied to the draft: its text, its place, and the means to quote parts of it. */
export interface Reading {
  readonly draft: Draft
  readonly text: string
  readonly tokens: readonly Token[]
  /** UTF-16 offset in `text` of a location in the tree. */
  readonly offsetOf: (location: number) => number
  /** Place of the whole statement, or of a part of it. */
  readonly origin: Origin | null
  readonly originOf: (start: number, end: number) => Origin | null
}

/** `script` is the text that `statement` was cut from. `file` is null for text that has no place of its own. */
export function readingOf(
  draft: Draft,
  file: string | null,
  script: string,
  statement: ScriptStatement,
  offsetOf: (location: number) => number,
): Reading {
  const originOf = (start: number, end: number): Origin | null =>
    file === null
      ? null
      : {
          file,
          start: statement.start + start,
          end: statement.start + end,
          line: lineOf(script, statement.start + start),
        }
  return {
    draft,
    text: statement.text,
    tokens: tokenize(statement.text),
    offsetOf,
    origin: originOf(0, statement.text.length),
    originOf,
  }
}

/** Index of the token that starts at this offset of the statement, or of the first after it. */
export function tokenAt(reading: Reading, offset: number): number {
  const index = reading.tokens.findIndex((token) => token.start >= offset)
  return index < 0 ? reading.tokens.length : index
}

/** Index of the token that ends the list element which starts at `from`: a comma or the closing parenthesis. */
export function endOfElement(tokens: readonly Token[], from: number): number {
  for (let index = from; index < tokens.length; index++) {
    if (isSymbol(tokens[index], '(') || isSymbol(tokens[index], '[')) index = closeOf(tokens, index) - 1
    else if (isSymbol(tokens[index], ',') || isSymbol(tokens[index], ')')) return index
  }
  return tokens.length
}

/** Place of the list element (column, constraint) that starts at a location of the tree. */
export function originOfElement(reading: Reading, location: number | undefined): Origin | null {
  if (location === undefined) return reading.origin
  const first = tokenAt(reading, reading.offsetOf(location))
  const last = reading.tokens[endOfElement(reading.tokens, first) - 1]
  const start = reading.tokens[first]
  return start === undefined || last === undefined
    ? reading.origin
    : reading.originOf(start.start, Math.max(last.end, start.end))
}

const clauseWords = [
  'not',
  'null',
  'constraint',
  'check',
  'unique',
  'primary',
  'references',
  'generated',
  'deferrable',
  'initially',
  'collate',
  'enforced',
]

/** Source of the expression whose first token is `from`, up to the next column constraint. */
export function expressionText(reading: Reading, from: number): string {
  const { tokens, text } = reading
  let index = from
  const end = endOfElement(tokens, from)
  while (index < end && (index === from || !isWord(tokens[index], ...clauseWords))) {
    index = isSymbol(tokens[index], '(') || isSymbol(tokens[index], '[') ? closeOf(tokens, index) : index + 1
  }
  const first = tokens[from]
  const last = tokens[index - 1]
  return first === undefined || last === undefined ? '' : text.slice(first.start, last.end)
}

/**
 * The reading of a statement that another one runs. `offset` is where its text stands in the outer statement's, null when it
 * was composed and every part of it stands for the whole.
 */
export function partOf(
  outer: Reading,
  text: string,
  offsetOf: (location: number) => number,
  origin: Origin | null,
  offset: number | null,
): Reading {
  return {
    draft: outer.draft,
    text,
    tokens: tokenize(text),
    offsetOf,
    origin,
    originOf: (start, end) => (offset === null ? origin : outer.originOf(offset + start, offset + end)),
  }
}
