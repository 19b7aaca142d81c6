import { toStatements } from '../sql/statements.ts'

/** One statement of a capture. */
export interface CapturedStatement {
  readonly text: string
  /** Where it stands for the first time, counted from 1. */
  readonly line: number
  /** How often it was captured. */
  readonly times: number
}

interface Place {
  readonly text: string
  readonly line: number
}

/**
 * Takes a capture apart: a JSON list of statements, one JSON text a line, one statement a line, or SQL in which semicolons
 * end statements. What cannot be taken apart is handed on whole: the audit then says that it could not be read.
 */
export function readStatements(text: string): CapturedStatement[] {
  const places = jsonList(text) ?? jsonLines(text) ?? plainLines(text) ?? script(text) ?? chunks(text)
  const captured = new Map<string, CapturedStatement>()
  for (const { text: raw, line } of places) {
    const statement = raw.trim()
    if (statement === '') continue
    const known = captured.get(statement)
    captured.set(statement, { text: statement, line: known?.line ?? line, times: (known?.times ?? 0) + 1 })
  }
  return [...captured.values()]
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function jsonList(text: string): Place[] | null {
  if (!text.trimStart().startsWith('[')) return null
  const list = parseJson(text)
  if (!Array.isArray(list) || !list.every((entry) => typeof entry === 'string')) return null
  return list.map((entry: string, index) => ({ text: entry, line: index + 1 }))
}

const linesOf = (text: string): Place[] =>
  text
    .split(/\r?\n/)
    .map((line, index) => ({ text: line, line: index + 1 }))
    .filter((place) => place.text.trim() !== '')

function jsonLines(text: string): Place[] | null {
  const lines = linesOf(text).map(({ text: line, line: number }) => ({ text: parseJson(line), line: number }))
  return lines.every((place): place is Place => typeof place.text === 'string') ? lines : null
}

/** Only when each line is whole: the first line of a longer statement may parse by itself and say something else. */
function plainLines(text: string): Place[] | null {
  const lines = linesOf(text).map((place) => ({ place, parsed: toStatements(place.text) }))
  if (!lines.every(({ parsed }) => parsed.kind === 'parsed')) return null
  // Comments hold none.
  return lines.flatMap(({ place, parsed }) =>
    parsed.kind === 'parsed' && parsed.statements.length > 0 ? [place] : [],
  )
}

function script(text: string): Place[] | null {
  const parsed = toStatements(text)
  if (parsed.kind === 'error') return null
  return parsed.statements.map(({ span }) => ({
    text: text.slice(span.start, span.end),
    line: text.slice(0, span.start).split('\n').length,
  }))
}

/** Something in it is broken: lines that end in a semicolon still end a statement, if there are any. */
function chunks(text: string): Place[] {
  const lines = linesOf(text)
  if (!lines.some((place) => place.text.trimEnd().endsWith(';'))) return lines
  const found: Place[] = []
  let isOpen = false
  for (const { text: line, line: number } of lines) {
    const last = isOpen ? found.pop()! : { text: '', line: number }
    found.push({ text: `${last.text}\n${line}`, line: last.line })
    isOpen = !line.trimEnd().endsWith(';')
  }
  return found
}
