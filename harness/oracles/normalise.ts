import type { Answer } from './oracle.ts'

/** An answer with what says nothing about other tenants taken out, so that two can be compared. */
export interface Plain {
  readonly status: number
  /** Path → text of the value there; a body that is no JSON stands under `body`. */
  readonly fields: ReadonlyMap<string, string>
}

const uuidPattern = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi
const instantPattern = /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?\b/g
/** Base64url may begin and end with what is no letter: a word boundary would leave it standing. */
const opaquePattern = /(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{16,}(?![\w-])/g

/** Headers that carry the time, the connection or a checksum of what is compared anyway. */
const dullHeaders = new Set([
  'date',
  'connection',
  'keep-alive',
  'content-length',
  'etag',
  'age',
  'expires',
  'last-modified',
  'server-timing',
  'x-response-time',
  'x-runtime',
  'x-request-id',
  'x-correlation-id',
  'request-id',
  'traceparent',
  'cf-ray',
  'report-to',
  'nel',
  'transfer-encoding',
])
const nonce = /('nonce-[^']*')/g

/** Ids become symbols in the order in which they appear; equal ids equal symbols. */
export class Symbols {
  readonly #known = new Map<string, string>()

  /** What the request itself carried gets a name of its own, so that echoes compare equal. */
  name(value: string, symbol: string): void {
    if (value !== '') this.#known.set(value, symbol)
  }

  of(value: string): string {
    const known = this.#known.get(value)
    if (known !== undefined) return known
    const symbol = `#${this.#known.size}`
    this.#known.set(value, symbol)
    return symbol
  }

  /** Replaces the named values, longest first, wherever they stand. */
  named(text: string): string {
    let out = text
    for (const [value, symbol] of this.#known) {
      if (!symbol.startsWith('<') || value.length < 2) continue
      if (out.includes(value)) out = out.replaceAll(value, symbol)
      const encoded = encodeURIComponent(value)
      if (encoded !== value && out.includes(encoded)) out = out.replaceAll(encoded, symbol)
    }
    return out
  }
}

const idField = /(^|[._\]])(id|_id|uuid|[A-Za-z0-9]+(_id|Id|ID|_ids|Ids))(\[\])?$/

/** Numbers of this size are epoch times in seconds or milliseconds. */
function isEpoch(value: number): boolean {
  return (value > 1.5e9 && value < 4e9) || (value > 1.5e12 && value < 4e12)
}

/** Normalises an answer. `symbols` lives as long as the transcript in which ids must be told apart. */
export function plain(answer: Answer, symbols: Symbols): Plain {
  const fields = new Map<string, string>()
  for (const name of Object.keys(answer.headers).toSorted()) {
    if (!dullHeaders.has(name)) {
      fields.set(`header:${name}`, plainText(String(answer.headers[name]).replace(nonce, "'nonce'"), symbols))
    }
  }
  if (answer.json === undefined) fields.set('body', plainText(answer.body, symbols))
  else visit(answer.json, '', symbols, fields, 0)
  return { status: answer.status, fields }
}

function visit(
  value: unknown,
  path: string,
  symbols: Symbols,
  fields: Map<string, string>,
  depth: number,
): void {
  if (fields.size > 3000 || depth > 20) return
  if (Array.isArray(value)) {
    fields.set(`${path}.length`, String(value.length))
    value.forEach((item, index) => visit(item, `${path}[${index}]`, symbols, fields, depth + 1))
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      visit(
        item,
        path === '' ? plainText(name, symbols) : `${path}.${plainText(name, symbols)}`,
        symbols,
        fields,
        depth + 1,
      )
    }
  } else fields.set(path, plainScalar(value, path, symbols))
}

function plainScalar(value: unknown, path: string, symbols: Symbols): string {
  const general = path.replace(/\[\d+\]/g, '[]')
  if (value !== null && idField.test(general)) return symbols.of(String(value))
  if (typeof value === 'number') return isEpoch(value) ? '<time>' : String(value)
  if (typeof value === 'string') return JSON.stringify(plainText(value, symbols))
  return String(value)
}

function plainText(text: string, symbols: Symbols): string {
  return symbols
    .named(text)
    .replace(instantPattern, '<time>')
    .replace(uuidPattern, (id) => symbols.of(id))
    .replace(opaquePattern, (word) => symbols.of(word))
}

/** A path without array positions: the identity of a field. */
export function fieldName(path: string): string {
  return path.replace(/\[\d+\]/g, '[]')
}

/** Where two answers differ: `status`, or field names. */
export function differences(left: Plain, right: Plain): string[] {
  if (left.status !== right.status) return ['status']
  const found = new Set<string>()
  for (const [path, text] of left.fields) if (right.fields.get(path) !== text) found.add(fieldName(path))
  for (const path of right.fields.keys()) if (!left.fields.has(path)) found.add(fieldName(path))
  return [...found]
}
