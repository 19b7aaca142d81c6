/**
 * The lexical layer of SQL scripts: enough to cut a script into statements and to take the source text of a clause.
 * It follows PostgreSQL's scanner (documentation section 4.1) on quoting, dollar quoting and nested comments, so that a
 * script with one statement that does not parse still yields all the others.
 */

export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol'
  /** Words in lower case, everything else as written. */
  readonly text: string
  readonly start: number
  readonly end: number
}

const patterns = {
  space: /\s+/y,
  lineComment: /--[^\n]*/y,
  escapeString: /[eE]'(?:[^'\\]|\\[\s\S]|'')*'/y,
  prefixedString: /(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*'/y,
  quotedName: /(?:[uU]&)?"(?:[^"]|"")*"/y,
  dollar: /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y,
  word: /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y,
  number: /\d[\w.]*|\.\d[\w.]*/y,
  symbol: /::|:=|=>|<=|>=|<>|!=|[\s\S]/y,
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? null
}

/** End of a nested block comment that starts at `at`; the end of the text when it is never closed. */
function endOfBlockComment(text: string, at: number): number {
  let depth = 0
  for (let index = at; index < text.length; index++) {
    const pair = text.slice(index, index + 2)
    if (pair === '/*') {
      depth++
      index++
    } else if (pair === '*/') {
      index++
      if (--depth === 0) return index + 1
    }
  }
  return text.length
}

function scanToken(text: string, at: number): Token {
  const token = (kind: Token['kind'], length: number): Token => {
    const source = text.slice(at, at + length)
    return { kind, text: kind === 'word' ? source.toLowerCase() : source, start: at, end: at + length }
  }
  const string = match(patterns.escapeString, text, at) ?? match(patterns.prefixedString, text, at)
  if (string !== null) return token('string', string.length)
  const quoted = match(patterns.quotedName, text, at)
  if (quoted !== null) return token('quoted', quoted.length)
  const delimiter = match(patterns.dollar, text, at)
  if (delimiter !== null) {
    const close = text.indexOf(delimiter, at + delimiter.length)
    const end = close < 0 ? text.length : close + delimiter.length
    return token('string', end - at)
  }
  const word = match(patterns.word, text, at)
  if (word !== null) return token('word', word.length)
  const number = match(patterns.number, text, at)
  if (number !== null) return token('number', number.length)
  // A quote that opens and never closes swallows the rest, as it does for the server.
  if (text[at] === "'" || text[at] === '"') return token('string', text.length - at)
  return token('symbol', match(patterns.symbol, text, at)!.length)
}

/** All tokens from `start` to `end`, without white space and comments. */
export function tokenize(text: string, start = 0, end = text.length): Token[] {
  const tokens: Token[] = []
  let at = start
  while (at < end) {
    const skipped = match(patterns.space, text, at) ?? match(patterns.lineComment, text, at)
    if (skipped !== null) {
      at += skipped.length
      continue
    }
    if (text.startsWith('/*', at)) {
      at = endOfBlockComment(text, at)
      continue
    }
    const token = scanToken(text, at)
    tokens.push(token)
    at = token.end
  }
  return tokens
}

/** Index just after the group that opens at `open`; the number of tokens when it never closes. */
export function closeOf(tokens: readonly Token[], open: number): number {
  let depth = 0
  for (let index = open; index < tokens.length; index++) {
    const { kind, text } = tokens[index]!
    if (kind !== 'symbol') continue
    if (text === '(' || text === '[') depth++
    if ((text === ')' || text === ']') && --depth === 0) return index + 1
  }
  return tokens.length
}

/** Is this token the keyword? Quoted names never are. */
export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token !== undefined && token.kind === 'word' && words.includes(token.text)
}

export function isSymbol(token: Token | undefined, symbol: string): boolean {
  return token !== undefined && token.kind === 'symbol' && token.text === symbol
}

/** Text between the parentheses that follow the keywords, or null. */
export function parenthesized(
  text: string,
  tokens: readonly Token[],
  ...keywords: readonly string[]
): string | null {
  for (let index = 0; index < tokens.length; index++) {
    if (isSymbol(tokens[index], '(')) {
      index = closeOf(tokens, index) - 1
      continue
    }
    if (!keywords.every((keyword, offset) => isWord(tokens[index + offset], keyword))) continue
    const open = index + keywords.length
    if (!isSymbol(tokens[open], '(')) continue
    const close = closeOf(tokens, open)
    return text.slice(tokens[open]!.end, tokens[close - 1]!.start).trim()
  }
  return null
}

/** Source between two tokens, the second excluded. */
export function textBetween(text: string, tokens: readonly Token[], from: number, to: number): string {
  const first = tokens[from]
  const last = tokens[Math.min(to, tokens.length) - 1]
  return first === undefined || last === undefined || to <= from ? '' : text.slice(first.start, last.end)
}
