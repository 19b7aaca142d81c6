/** SQL statements that do what a migration does, each on the line on which the migration says it. */
export class KnexScript {
  #text = ''
  #line = 1

  add(line: number, statement: string): void {
    if (line > this.#line) {
      this.#text += '\n'.repeat(line - this.#line)
      this.#line = line
    }
    // A comment at the end of raw SQL must not swallow the semicolon.
    const written = `${statement}${statement.includes('--') ? '\n' : ''};`
    this.#text += written
    this.#line += written.split('\n').length - 1
  }

  get text(): string {
    return this.#text
  }
}

/** The part of a table that one column or key adds. */
export interface KnexColumn {
  readonly name: string
  readonly type: string
  readonly required: boolean
}

/** `projects`, `app.projects` and a schema from `withSchema`, quoted. */
export function quotedTable(schema: string | null, name: string): string {
  const parts = name.split('.')
  return (schema !== null && parts.length === 1 ? [schema, ...parts] : parts).map(quoted).join('.')
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The name that Knex gives a key. */
export function keyName(table: string, columns: readonly string[], kind: 'foreign' | 'unique'): string {
  return `${table.replace(/[.-]/g, '_')}_${columns.join('_')}_${kind}`.toLowerCase()
}

const types: Readonly<Record<string, string>> = {
  increments: 'integer',
  bigIncrements: 'bigint',
  integer: 'integer',
  bigInteger: 'bigint',
  bigint: 'bigint',
  smallint: 'smallint',
  tinyint: 'smallint',
  mediumint: 'integer',
  uuid: 'uuid',
  string: 'varchar',
  text: 'text',
  boolean: 'boolean',
  json: 'json',
  jsonb: 'jsonb',
  date: 'date',
  datetime: 'timestamptz',
  dateTime: 'timestamptz',
  timestamp: 'timestamptz',
  time: 'time',
  float: 'real',
  double: 'double precision',
  decimal: 'numeric',
  binary: 'bytea',
  enum: 'text',
  enu: 'text',
}

/** Type of a column in SQL; only its name and nullability matter to tenancy. */
export function columnType(method: string): string {
  return types[method] ?? 'text'
}

/** `?` and `??` of raw SQL, filled with constants; what is not constant becomes NULL, names that are not stay as they are. */
export function bound(sql: string, values: readonly (string | null)[]): string {
  let index = 0
  return sql.replace(/\\\?|\?\?|\?/g, (mark) => {
    if (mark === '\\?') return '?'
    if (index >= values.length) return mark
    const value = values[index++] ?? null
    if (mark === '??') return value === null ? mark : value.split('.').map(quoted).join('.')
    return value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`
  })
}
