import type { Dialect } from './flavour.ts'
import { type Token, expectant } from './lexer.ts'

/**
 * What stands for each token in PostgreSQL's grammar; null where it stays as it is. Nothing here makes a statement touch fewer rows
 * than it does, so that what is called confined is confined. What has no counterpart is left for the parser to reject.
 */
export function rewritten(tokens: readonly Token[], dialect: Dialect): readonly (string | null)[] {
  const told: (string | null)[] = tokens.map(() => null)
  if (dialect !== 'postgres') {
    quoting(tokens, told, dialect)
    keepingCase(tokens, told)
  }
  if (dialect === 'mysql') mysqlWords(tokens, told)
  if (dialect === 'clickhouse') clickhouseWords(tokens, told)
  withoutIntervals(tokens, told)
  apart(tokens, told)
  return told
}

/** `1and`: older versions of PostgreSQL read a number and a word. */
function apart(tokens: readonly Token[], told: Told): void {
  tokens.forEach((token, index) => {
    const next = tokens[index + 1]
    if (token.kind !== 'number' || next?.kind !== 'word' || next.part !== token.part) return
    told[index] = `${told[index] ?? token.text} `
  })
}

type Told = (string | null)[]

const upper = (token: Token | undefined): string => (token?.kind === 'word' ? token.text.toUpperCase() : '')

/** Index of the next token that means something. */
function after(tokens: readonly Token[], index: number): number {
  let at = index + 1
  while (tokens[at]?.kind === 'space' || tokens[at]?.kind === 'comment') at += 1
  return at
}

/** `INTERVAL ? DAY`, `INTERVAL :age`: PostgreSQL takes only a literal there, and no key is an interval. */
function withoutIntervals(tokens: readonly Token[], told: Told): void {
  tokens.forEach((token, index) => {
    if (upper(token) !== 'INTERVAL') return
    const amount = after(tokens, index)
    const kind = tokens[amount]?.kind
    if (kind !== 'placeholder' && kind !== 'number') return
    told[index] = ' '
    const unit = after(tokens, amount)
    if (/^(MICROSECOND|SECOND|MINUTE|HOUR|DAY|WEEK|MONTH|QUARTER|YEAR)S?$/.test(upper(tokens[unit]))) {
      told[unit] = ' '
    }
  })
}

/** Backticks quote names, double quotes text in MySQL, and a backslash escapes. */
function quoting(tokens: readonly Token[], told: Told, dialect: Dialect): void {
  let quote = ''
  tokens.forEach((token, index) => {
    const { text, opens, closes } = token
    if (token.kind === 'comment') {
      if (opens && text.startsWith('#')) told[index] = `--${text.slice(1)}`
      // MySQL runs what stands in such a comment.
      if (text.startsWith('/*!') && closes) {
        told[index] = ` ${text.slice(3, -2).replace(/^\d+/, '')} `
      }
      return
    }
    if (token.kind !== 'literal' && token.kind !== 'name') return
    if (opens) quote = text[0]!
    const inner = text.slice(opens ? 1 : 0, closes ? -1 : undefined)
    if (token.kind === 'name') {
      if (quote === '`') told[index] = edged(inner.replaceAll('``', '`').replaceAll('"', '""'), '"', token)
      return
    }
    const single = quote === '"' ? inner.replaceAll('""', '"').replaceAll("'", "''") : inner
    const escape = opens && dialect !== 'generic' && inner.includes('\\') ? ' E' : ''
    if (quote === '"' || escape !== '') told[index] = escape + edged(single, "'", token)
  })
}

/** Only PostgreSQL folds unquoted names to lower case. Key words are written in one case. */
function keepingCase(tokens: readonly Token[], told: Told): void {
  tokens.forEach((token, index) => {
    if (token.kind !== 'word' || !/[A-Z]/.test(token.text) || !/[a-z]/.test(token.text)) return
    const called = tokens[after(tokens, index)]?.text === '('
    if (!called && !expectant.has(token.text.toLowerCase())) told[index] = `"${token.text}"`
  })
}

const edged = (text: string, quote: string, { opens, closes }: Token): string =>
  `${opens ? quote : ''}${text}${closes ? quote : ''}`

/** Words after a verb that speed a statement up, or say what happens to rows which are there already. */
const dropped = /^(IGNORE|LOW_PRIORITY|HIGH_PRIORITY|DELAYED|QUICK|SQL_CALC_FOUND_ROWS|SQL_NO_CACHE)$/

const verbs = /^(SELECT|INSERT|UPDATE|DELETE|REPLACE)$/

const operators: Readonly<Record<string, string>> = {
  REGEXP: '~',
  RLIKE: '~',
  STRAIGHT_JOIN: 'JOIN',
  SEPARATOR: ',',
}

const mysqlSigns: Readonly<Record<string, string>> = {
  '||': ' OR ',
  '&&': ' AND ',
  '<=>': ' IS NOT DISTINCT FROM ',
}

function mysqlWords(tokens: readonly Token[], told: Told): void {
  const first = after(tokens, -1)
  if (upper(tokens[first]) === 'REPLACE') {
    told[first] = 'INSERT'
    if (upper(tokens[after(tokens, first)]) !== 'INTO') told[first] = 'INSERT INTO'
    replacing(tokens, told)
  }
  let conflict = false
  let before = ''
  tokens.forEach((token, index) => {
    const next = after(tokens, index)
    if (token.kind === 'sign') told[index] = mysqlSigns[token.text] ?? told[index] ?? null
    if (token.kind === 'sign' && token.text === '-' && tokens[index + 1]?.text === '-') told[index] = '- '
    const name = upper(token)
    if (name === '' || tokens[index - 1]?.text === '.') return
    const called = tokens[next]?.text === '('
    const previous = before
    before = name
    if (dropped.test(name) && verbs.test(previous)) {
      told[index] = ' '
      before = previous
    } else if (name === 'BINARY' && !called) told[index] = ' '
    else if (Object.hasOwn(operators, name) && !called) told[index] = operators[name]!
    else if (name === 'LIMIT') limit(tokens, told, index)
    else if (name === 'DUPLICATE') conflict = onDuplicate(tokens, told, index) || conflict
    else if (name === 'VALUES' && conflict && called) excluded(tokens, told, next)
    if (name === 'VALUES' && conflict && called) told[index] = ' excluded.'
  })
}

/** `LIMIT 10, 20`. Which of the two is the offset makes no difference to what may be touched. */
function limit(tokens: readonly Token[], told: Told, index: number): void {
  const comma = after(tokens, after(tokens, index))
  if (tokens[comma]?.text === ',') told[comma] = ' OFFSET '
}

/** `ON DUPLICATE KEY UPDATE a = VALUES(a)`: any unique key may be the one that is met. */
function onDuplicate(tokens: readonly Token[], told: Told, index: number): boolean {
  const key = after(tokens, index)
  const update = after(tokens, key)
  if (upper(tokens[key]) !== 'KEY' || upper(tokens[update]) !== 'UPDATE') return false
  told[index] = 'CONFLICT'
  told[key] = 'DO'
  told[update] = 'UPDATE SET'
  return true
}

/** `(name)` after `VALUES`, as the name alone. */
function excluded(tokens: readonly Token[], told: Told, open: number): void {
  const close = after(tokens, after(tokens, open))
  if (tokens[close]?.text !== ')') return
  told[open] = ''
  told[close] = ' '
}

/** `REPLACE` deletes the row that it meets, whosever it is, and writes its own. */
function replacing(tokens: readonly Token[], told: Told): void {
  const end = tokens.findLastIndex(({ kind, text }) => kind !== 'space' && kind !== 'comment' && text !== ';')
  const semicolon = tokens.findLastIndex(({ text }) => text === ';')
  if (semicolon > end) told[semicolon] = ' '
  const last = tokens[end]
  if (last !== undefined) told[end] = `${told[end] ?? last.text} ON CONFLICT DO UPDATE SET replaced = DEFAULT`
}

function clickhouseWords(tokens: readonly Token[], told: Told): void {
  let prewhere = false
  tokens.forEach((token, index) => {
    const name = upper(token)
    const next = tokens[after(tokens, index)]
    if (name === 'FINAL') told[index] = ' '
    else if (name === 'PREWHERE') {
      prewhere = true
      told[index] = 'WHERE'
    } else if (name === 'WHERE' && prewhere) {
      // Without brackets the rows are at least those of the two conditions together.
      prewhere = false
      told[index] = 'AND'
    } else if (name === 'FORMAT' || name === 'SETTINGS') {
      if (next?.kind !== 'word') return
      for (let at = index; at < tokens.length; at++) {
        const { kind, text } = tokens[at]!
        if (kind === 'hole' || text === ')' || text === ';') break
        told[at] = ' '
      }
    }
  })
}
