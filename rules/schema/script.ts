import { isSymbol, isWord, tokenize, type Token } from './tokens.ts'

/** A piece of a script between two semicolons. */
export interface ScriptStatement {
  readonly text: string
  /** Offset of `text` in the script. */
  readonly start: number
  readonly end: number
  readonly line: number
}

/** Same length and same lines, but blank: positions in what remains stay true. */
function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ')
}

/**
 * Blanks what psql would keep from the server: the data of `COPY … FROM stdin` up to `\.`, and meta-commands (`\connect`,
 * `\restrict`). Only lines outside of quotes and comments count, so the script is walked token by token.
 */
function blankClientSide(text: string): string {
  if (!text.includes('\\')) return text
  let result = text
  let at = 0
  while (at < result.length) {
    const next = nextClientSide(result, at)
    if (next === null) return result
    result = result.slice(0, next.start) + blank(result.slice(next.start, next.end)) + result.slice(next.end)
    at = next.end
  }
  return result
}

function nextClientSide(text: string, from: number): { start: number; end: number } | null {
  const tokens = tokenize(text, from)
  let first = 0
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!
    if (isSymbol(token, '\\')) {
      const end = text.indexOf('\n', token.start)
      return { start: token.start, end: end < 0 ? text.length : end }
    }
    if (!isSymbol(token, ';')) continue
    if (isWord(tokens[first], 'copy') && readsStandardInput(tokens.slice(first, index))) {
      const data = text.indexOf('\n', token.end)
      if (data < 0) return null
      const close = /^\\\.[ \t\r]*$/m
      const found = close.exec(text.slice(data + 1))
      const end = found === null ? text.length : data + 1 + found.index + found[0].length
      return { start: data, end }
    }
    first = index + 1
  }
  return null
}

function readsStandardInput(tokens: readonly Token[]): boolean {
  return tokens.some((token, index) => isWord(token, 'from') && isWord(tokens[index + 1], 'stdin'))
}

/** Does this statement define a routine, whose body may be `BEGIN ATOMIC … END` with semicolons inside? */
function definesRoutine(tokens: readonly Token[]): boolean {
  if (!isWord(tokens[0], 'create')) return false
  const at = isWord(tokens[1], 'or') ? 3 : 1
  return isWord(tokens[at], 'function', 'procedure')
}

/** Cuts at semicolons outside of groups and of `BEGIN ATOMIC` bodies, as psql does. */
export function splitScript(source: string): ScriptStatement[] {
  const text = blankClientSide(source.replace(/^\uFEFF/, ' '))
  const statements: ScriptStatement[] = []
  let current: Token[] = []
  let depth = 0
  let bodies = 0
  const cut = (): void => {
    const first = current[0]
    const last = current.at(-1)
    if (first !== undefined && last !== undefined) {
      const line = lineOf(text, first.start)
      statements.push({ text: text.slice(first.start, last.end), start: first.start, end: last.end, line })
    }
    current = []
    depth = 0
    bodies = 0
  }
  for (const token of tokenize(text)) {
    if (isSymbol(token, ';') && depth <= 0 && bodies === 0) {
      cut()
      continue
    }
    current.push(token)
    if (isSymbol(token, '(')) depth++
    if (isSymbol(token, ')')) depth--
    if (bodies > 0 && isWord(token, 'case')) bodies++
    if (isWord(token, 'atomic') && isWord(current.at(-2), 'begin') && definesRoutine(current)) bodies++
    if (bodies > 0 && isWord(token, 'end')) bodies--
  }
  cut()
  return statements
}

const lineStarts = new WeakMap<object, number[]>()
let lastText: { readonly text: string } | null = null

/** 1-based line of an offset. */
export function lineOf(text: string, offset: number): number {
  if (lastText?.text !== text) lastText = { text }
  let starts = lineStarts.get(lastText)
  if (starts === undefined) {
    starts = [0]
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
    lineStarts.set(lastText, starts)
  }
  let low = 0
  let high = starts.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (starts[middle]! <= offset) low = middle
    else high = middle
  }
  return low + 1
}
