/** How SQL text of one client differs from what PostgreSQL's grammar knows. */
export interface Flavour {
  /** `:name`. `expected`: only where a value is still to come, for a client that may not know it. */
  readonly named: Placing
  /** `?`, likewise: PostgreSQL has operators of that sign. */
  readonly positional: Placing
  /** `??` and `:name:` stand for names of tables and columns. */
  readonly identifiers: boolean
  /** `$name`, as Sequelize's `bind` takes it. */
  readonly binds: boolean
  /** `@name`. */
  readonly at: boolean
  /** `$(name)`, `$<name>`, `$1:csv`, as pg-promise formats text. */
  readonly formatting: boolean
  readonly dialect: Dialect
}

export type Placing = 'never' | 'expected' | 'always'

/** `generic`: of a database that keeps the case of unquoted names. */
export type Dialect = 'postgres' | 'generic' | 'mysql' | 'clickhouse'

/** Text as PostgreSQL itself takes it: only `$1`. */
export const plain: Flavour = {
  named: 'never',
  positional: 'never',
  identifiers: false,
  binds: false,
  at: false,
  formatting: false,
  dialect: 'postgres',
}

/** Sequelize's `replacements` and `bind`. */
export const sequelizeText: Flavour = { ...plain, named: 'always', positional: 'always', binds: true }

/** Knex: `?`, `??`, `:name`, `:name:`. */
export const knexText: Flavour = { ...plain, named: 'always', positional: 'always', identifiers: true }

/** A client that is not known: what is certain by its form, and the rest where a value is still to come. */
export const anyText: Flavour = { ...plain, named: 'expected', positional: 'expected', formatting: true }

/** MikroORM: `?`, and `??` for names; its drivers know `$1` besides. */
export const mikroText: Flavour = { ...plain, positional: 'expected', identifiers: true }

export const pgText: Flavour = { ...plain, formatting: true }

export const mysqlText: Flavour = { ...knexText, dialect: 'mysql' }

/** SQLite, SQL Server, BigQuery and others. */
export const genericText: Flavour = {
  ...plain,
  named: 'always',
  positional: 'always',
  at: true,
  binds: true,
  dialect: 'generic',
}

export const clickhouseText: Flavour = { ...plain, positional: 'expected', dialect: 'clickhouse' }

/** What a client puts in the place of a placeholder. */
export interface Placeholder {
  /** Null: the next one of a list. */
  readonly name: string | null
  /** `value`: sent or escaped as a value. `name`: escaped as an identifier. `raw`: pasted as it is. */
  readonly use: 'value' | 'name' | 'raw'
}

/** `$(name)` and its like; the brackets must be a pair. */
const formatted =
  /\$(?:\(\s*([\w$.]+)\s*(:\w+|[\^~#])?\s*\)|<\s*([\w$.]+)\s*(:\w+|[\^~#])?\s*>|\[\s*([\w$.]+)\s*(:\w+|[\^~#])?\s*\]|\/\s*([\w$.]+)\s*(:\w+|[\^~#])?\s*\/|\{\s*([\w$.]+)\s*(:\w+|[\^~#])?\s*\}|(\d+)(:(?:raw|value|name|alias|csv|list|json)\b|[\^~#](?=[\s),;]|$)))/y

const named = /:(?:\.\.\.)?([A-Za-z_]\w*)(:(?!:))?/y

const bound = /\$([A-Za-z_]\w*)(?!\$|\w)/y

const variable = /@([A-Za-z_]\w*)/y

const typed = /\{\s*(\w+)\s*:\s*([\w(), ]+)\}/y

interface Found {
  readonly end: number
  readonly placeholder: Placeholder
}

/** The placeholder that begins at an offset of unquoted text. `expected`: a value is still to come there. */
export function placeholderAt(text: string, at: number, flavour: Flavour, expected: boolean): Found | null {
  const sign = text[at]
  const allowed = (placing: Placing): boolean => placing === 'always' || (placing === 'expected' && expected)
  if (sign === '?') return allowed(flavour.positional) ? positionalAt(text, at, flavour, expected) : null
  if (sign === '{') return flavour.dialect === 'clickhouse' ? typedAt(text, at) : null
  if (/[\w:]/.test(text[at - 1] ?? '')) return null
  if (sign === ':') return allowed(flavour.named) ? namedAt(text, at, flavour) : null
  if (sign === '@') {
    const match = flavour.at && expected ? matchAt(variable, text, at) : null
    return match === null ? null : value(at + match[0].length, match[1]!)
  }
  if (sign !== '$') return null
  if (flavour.formatting) {
    const match = matchAt(formatted, text, at)
    if (match !== null) return formattedAt(match, at)
  }
  const bind = flavour.binds ? matchAt(bound, text, at) : null
  return bind === null ? null : value(at + bind[0].length, bind[1]!)
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

const value = (end: number, name: string | null): Found => ({ end, placeholder: { name, use: 'value' } })

function positionalAt(text: string, at: number, flavour: Flavour, expected: boolean): Found | null {
  const next = text[at + 1] ?? ''
  if (next === '?') {
    return flavour.identifiers ? { end: at + 2, placeholder: { name: null, use: 'name' } } : null
  }
  // `?|` and `?&` are operators of jsonb, unless a value has to come first.
  if (!expected && /[|&]/.test(next)) return null
  return value(at + 1, null)
}

function namedAt(text: string, at: number, flavour: Flavour): Found | null {
  const match = matchAt(named, text, at)
  if (match === null) return null
  const closed = flavour.identifiers && match[2] !== undefined
  const end = at + match[0].length - (match[2] !== undefined && !closed ? 1 : 0)
  return { end, placeholder: { name: match[1]!, use: closed ? 'name' : 'value' } }
}

function typedAt(text: string, at: number): Found | null {
  const match = matchAt(typed, text, at)
  if (match === null) return null
  const use = match[2]!.trim() === 'Identifier' ? 'name' : 'value'
  return { end: at + match[0].length, placeholder: { name: match[1]!, use } }
}

const raw = /^(:raw|:value|\^|#)$/
const identifier = /^(:name|:alias|~)$/

function formattedAt(match: RegExpExecArray, at: number): Found {
  const [name = '', modifier = ''] = match.slice(1).flatMap((group, index, groups) => {
    return index % 2 === 0 && group !== undefined ? [group, groups[index + 1] ?? ''] : []
  })
  const use = raw.test(modifier) ? 'raw' : identifier.test(modifier) ? 'name' : 'value'
  return { end: at + match[0].length, placeholder: { name, use } }
}
