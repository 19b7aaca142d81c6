/** SQL statements that do what a migration does, each on the line on which the migration says it. */
export class MigrationScript {
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

/** `projects`, `app.projects` and a schema from `withSchema`, quoted. */
export function quotedTable(schema: string | null, name: string): string {
  const parts = name.split('.')
  return (schema !== null && parts.length === 1 ? [schema, ...parts] : parts).map(quoted).join('.')
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

const quotedList = (names: readonly string[]): string => names.map(quoted).join(', ')

/** What a migration says of one column; of its type, nothing depends on it. */
export interface ColumnTraits {
  readonly type?: string
  readonly required: boolean
}

/** A foreign key as a migration states it; without a name, PostgreSQL gives it one. */
export interface ForeignKey {
  readonly columns: readonly string[]
  /** Quoted. */
  readonly table: string
  /** None for the primary key. */
  readonly toColumns: readonly string[]
  readonly cascades: boolean
  readonly name?: string | undefined
}

/** One table that a migration makes or changes: the parts of the one are collected, the changes of the other written at once. */
export class TableScript {
  readonly #script: MigrationScript
  readonly #create: boolean
  readonly #parts: string[] = []
  /** Quoted. */
  readonly target: string

  constructor(script: MigrationScript, target: string, create: boolean) {
    this.#script = script
    this.target = target
    this.#create = create
  }

  /** The table itself, once everything about it has been said. */
  finish(line: number): void {
    if (!this.#create) return
    this.#script.add(line, `CREATE TABLE IF NOT EXISTS ${this.target} (${this.#parts.join(', ')})`)
  }

  column(line: number, name: string, traits: ColumnTraits): void {
    const exists = this.#create ? '' : 'COLUMN IF NOT EXISTS '
    const required = traits.required ? ' NOT NULL' : ''
    this.#add(line, `${exists}${quoted(name)} ${traits.type ?? 'text'}${required}`)
  }

  primaryKey(line: number, columns: readonly string[]): void {
    this.#add(line, `PRIMARY KEY (${quotedList(columns)})`)
  }

  unique(line: number, columns: readonly string[], name?: string | null): void {
    this.#add(line, `${constraint(name)}UNIQUE (${quotedList(columns)})`)
  }

  foreignKey(line: number, { columns, table, toColumns, cascades, name }: ForeignKey): void {
    const far = toColumns.length === 0 ? table : `${table} (${quotedList(toColumns)})`
    const onDelete = cascades ? ' ON DELETE CASCADE' : ''
    this.#add(line, `${constraint(name)}FOREIGN KEY (${quotedList(columns)}) REFERENCES ${far}${onDelete}`)
  }

  /** A key like any other. */
  uniqueIndex(line: number, columns: readonly string[]): void {
    this.#script.add(line, `CREATE UNIQUE INDEX ON ${this.target} (${quotedList(columns)})`)
  }

  dropColumn(line: number, column: string): void {
    this.#alter(line, `DROP COLUMN IF EXISTS ${quoted(column)}`)
  }

  renameColumn(line: number, from: string, to: string): void {
    this.#alter(line, `RENAME COLUMN ${quoted(from)} TO ${quoted(to)}`)
  }

  nullable(line: number, column: string, nullable: boolean): void {
    this.#alter(line, `ALTER COLUMN ${quoted(column)} ${nullable ? 'DROP' : 'SET'} NOT NULL`)
  }

  dropConstraint(line: number, name: string): void {
    this.#alter(line, `DROP CONSTRAINT IF EXISTS ${quoted(name)}`)
  }

  renameTo(line: number, name: string): void {
    this.#alter(line, `RENAME TO ${quoted(name)}`)
  }

  drop(line: number): void {
    this.#script.add(line, `DROP TABLE IF EXISTS ${this.target}`)
  }

  #add(line: number, part: string): void {
    if (this.#create) this.#parts.push(part)
    else this.#alter(line, `ADD ${part}`)
  }

  #alter(line: number, command: string): void {
    this.#script.add(line, `ALTER TABLE ${this.target} ${command}`)
  }
}

function constraint(name: string | null | undefined): string {
  return name == null ? '' : `CONSTRAINT ${quoted(name)} `
}
