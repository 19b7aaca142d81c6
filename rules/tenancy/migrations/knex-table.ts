import type { Link } from './chain.ts'
import { cascades, type Migration } from './migration.ts'
import { TableScript, quotedTable } from './script.ts'

const ignored = new Set(
  'index dropIndex comment engine charset collate inherits queryContext dropUniqueIfExists check'.split(' '),
)

/** Collects what the callback of `createTable` or `alterTable` says, and writes it as SQL. */
export class KnexTable {
  readonly #name: string
  readonly #schema: string | null
  readonly #table: TableScript
  readonly #migration: Migration

  constructor(
    options: { readonly create: boolean; readonly name: string; readonly schema: string | null },
    migration: Migration,
  ) {
    this.#name = options.name
    this.#schema = options.schema
    this.#table = new TableScript(migration.script, quotedTable(options.schema, options.name), options.create)
    this.#migration = migration
  }

  /** The table itself, once its callback has been read. */
  finish(line: number): void {
    this.#table.finish(line)
  }

  /** One statement of the callback: `table.uuid('org_id').notNullable().references('orgs.id')`. */
  apply(links: readonly Link[]): void {
    const [first, ...modifiers] = links
    if (first === undefined || first.arguments === null || ignored.has(first.name)) return
    const { line } = first
    switch (first.name) {
      case 'timestamps':
        return this.#timestamps(first)
      case 'dropTimestamps':
        return this.#drop(line, ['created_at', 'updated_at'])
      case 'dropColumn':
      case 'dropColumns':
        return this.#drop(line, this.#migration.names(...first.arguments))
      case 'renameColumn':
        return this.#rename(first)
      case 'setNullable':
      case 'dropNullable':
        return this.#nullable(
          line,
          this.#migration.names(...first.arguments)[0],
          first.name === 'setNullable',
        )
      case 'primary':
      case 'unique':
        return this.#key(first)
      case 'foreign':
        return this.#foreign(line, this.#migration.names(first.arguments[0]), modifiers)
      case 'dropPrimary':
        return this.#table.dropConstraint(
          line,
          this.#migration.names(...first.arguments)[0] ?? `${this.#name}_pkey`,
        )
      case 'dropForeign':
      case 'dropUnique':
        return this.#dropKey(first)
      default:
        return this.#column(first, modifiers)
    }
  }

  #column(first: Link, modifiers: readonly Link[]): void {
    const increments = /^(big)?increments$/i.test(first.name)
    const [given] = first.arguments!
    const name = given === undefined ? (increments ? 'id' : null) : this.#migration.follower.text(given)
    if (name === null) {
      this.#migration.unread(first.line, `${first.name} of ${this.#name}, whose column is not constant`)
      return
    }
    const has = (...names: readonly string[]) => modifiers.some((link) => names.includes(link.name))
    const required = has('notNullable', 'notNull', 'primary') || increments
    if (has('alter')) {
      this.#nullable(first.line, name, !required)
      return
    }
    this.#table.column(first.line, name, { required, type: columnType(first.name) })
    if (increments || has('primary')) this.#table.primaryKey(first.line, [name])
    if (has('unique')) this.#unique(first.line, [name])
    if (has('references')) this.#foreign(first.line, [name], modifiers)
  }

  #timestamps({ arguments: values, line }: Link): void {
    const texts = (values ?? []).map((one) => this.#migration.follower.text(one))
    const required = texts[1] === 'true'
    const camel = texts[2] === 'true'
    for (const name of camel ? ['createdAt', 'updatedAt'] : ['created_at', 'updated_at']) {
      this.#table.column(line, name, { required, type: 'timestamptz' })
    }
  }

  #key({ name, arguments: values, line }: Link): void {
    const columns = this.#migration.names(values![0])
    if (columns.length === 0)
      this.#migration.unread(line, `a key of ${this.#name} whose columns are not constant`)
    else if (name === 'unique') this.#unique(line, columns)
    else this.#table.primaryKey(line, columns)
  }

  #unique(line: number, columns: readonly string[]): void {
    this.#table.unique(line, columns, keyName(this.#name, columns, 'unique'))
  }

  #foreign(line: number, columns: readonly string[], modifiers: readonly Link[]): void {
    const textsOf = (name: string) =>
      this.#migration.names(...(modifiers.find((link) => link.name === name)?.arguments ?? []))
    const references = textsOf('references')
    const [table] = textsOf('inTable')
    const far =
      table === undefined ? references.map(splitLast) : references.map((one) => [table, one] as const)
    const [to] = far
    if (columns.length === 0 || to === undefined || to[0] === '' || far.length !== columns.length) {
      this.#migration.unread(line, `a foreign key of ${this.#name} that is not constant`)
      return
    }
    this.#table.foreignKey(line, {
      columns,
      table: quotedTable(this.#schema, to[0]),
      toColumns: far.map(([, column]) => column),
      cascades: cascades(textsOf('onDelete')[0] ?? null),
      name: textsOf('withKeyName')[0] ?? keyName(this.#name, columns, 'foreign'),
    })
  }

  #drop(line: number, columns: readonly string[]): void {
    if (columns.length === 0)
      this.#migration.unread(line, `dropped columns of ${this.#name} that are not constant`)
    for (const column of columns) this.#table.dropColumn(line, column)
  }

  #rename({ arguments: values, line }: Link): void {
    const [from, to] = this.#migration.names(...(values ?? []))
    if (from === undefined || to === undefined) {
      this.#migration.unread(line, `a renamed column of ${this.#name} that is not constant`)
    } else this.#table.renameColumn(line, from, to)
  }

  #nullable(line: number, column: string | undefined, nullable: boolean): void {
    if (column === undefined) this.#migration.unread(line, `a column of ${this.#name} that is not constant`)
    else this.#table.nullable(line, column, nullable)
  }

  #dropKey({ name, arguments: values, line }: Link): void {
    const [columns, given] = values ?? []
    const own = given === undefined ? null : this.#migration.follower.text(given)
    const kind = name === 'dropForeign' ? 'foreign' : 'unique'
    const listed = this.#migration.names(columns)
    if (own === null && listed.length === 0) this.#migration.unread(line, `a dropped key of ${this.#name}`)
    else this.#table.dropConstraint(line, own ?? keyName(this.#name, listed, kind))
  }
}

/** `app.users.id` → `app.users` and `id`. */
function splitLast(text: string): readonly [string, string] {
  const at = text.lastIndexOf('.')
  return [text.slice(0, Math.max(at, 0)), text.slice(at + 1)]
}

/** The name that Knex gives a key. */
function keyName(table: string, columns: readonly string[], kind: 'foreign' | 'unique'): string {
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
function columnType(method: string): string {
  return types[method] ?? 'text'
}
