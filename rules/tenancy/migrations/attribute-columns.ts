import type { Term } from '../../source/term.ts'
import { cascades, type Migration } from './migration.ts'
import { type ForeignKey, type TableScript, quotedTable } from './script.ts'

/** What the attributes of one column say, in the words of any tool that takes them as an object. */
interface AttributeColumn {
  readonly name: string
  readonly required: boolean
  readonly primary: boolean
  readonly unique: boolean
  readonly references: Omit<ForeignKey, 'columns'> | null
}

/** Adds a column for each attribute of an object: `{ org_id: { type: 'uuid', notNull: true } }`. */
export class AttributeColumns {
  readonly #migration: Migration

  constructor(migration: Migration) {
    this.#migration = migration
  }

  /** All columns of an object. db-migrate takes `{ columns: { … }, ifNotExists: true }` as well. */
  addAll(object: Term | undefined, line: number, table: TableScript): void {
    if (object === undefined) return
    const columns = this.#migration.valueOf(object, 'columns') ?? object
    const unread = () => this.#migration.unread(line, `columns of ${table.target} that are not in sight`)
    const entries = this.#migration.follower.entries(columns, unread)
    this.#write(
      entries.map(([key, attributes]) => this.#column(key, attributes)),
      line,
      table,
    )
  }

  add(name: string, attributes: Term, line: number, table: TableScript): void {
    this.#write([this.#column(name, attributes)], line, table)
  }

  #write(columns: readonly AttributeColumn[], line: number, table: TableScript): void {
    for (const { name, required } of columns) table.column(line, name, { required })
    // Several columns that are each called the primary key are it together.
    const primary = columns.filter((one) => one.primary).map(({ name }) => name)
    if (primary.length > 0) table.primaryKey(line, primary)
    for (const { name, unique, references } of columns) {
      if (unique) table.unique(line, [name])
      if (references !== null) table.foreignKey(line, { columns: [name], ...references })
    }
  }

  #column(key: string, attributes: Term): AttributeColumn {
    const says = (name: string) => this.#migration.textOf(attributes, name)
    // node-pg-migrate: `'id'` for a serial primary key, and any other text for a type.
    const shorthand = this.#migration.follower.text(attributes)
    const primary = says('primaryKey') === 'true' || shorthand === 'id'
    const serial = /serial/i.test(says('type') ?? shorthand ?? '') || says('autoIncrement') === 'true'
    const required = says('allowNull') === 'false' || says('notNull') === 'true'
    return {
      name: says('field') ?? key,
      primary,
      required: required || primary || serial,
      unique: this.#migration.valueOf(attributes, 'unique') !== null && says('unique') !== 'false',
      references: this.references(attributes),
    }
  }

  /** The other end of a key, of a column or on its own; null where there is none, or it is not constant. */
  references(attributes: Term): Omit<ForeignKey, 'columns'> | null {
    const migration = this.#migration
    const held = migration.valueOf(attributes, 'references') ?? migration.valueOf(attributes, 'foreignKey')
    if (held === null) return null
    const rule = migration.textOf(attributes, 'onDelete')
    const text = migration.follower.text(held)
    // node-pg-migrate takes the text as it stands: `orgs`, `"orgs" (id)`, `app.orgs(id)`.
    const parts = text === null ? null : /^\s*([\w".]+?)\s*(?:\(\s*([^)]*?)\s*\))?\s*$/.exec(text)
    if (parts !== null) {
      const bare = (name: string) => name.replaceAll('"', '').trim()
      const toColumns = parts[2] === undefined ? [] : parts[2].split(',').map(bare)
      return { table: quotedTable(null, bare(parts[1]!)), toColumns, cascades: cascades(rule) }
    }
    // Of a key by db-migrate, `name` is that of the constraint.
    const isMapped = migration.valueOf(held, 'mapping') !== null
    const table = isMapped
      ? migration.textOf(held, 'table')
      : this.tableName(migration.valueOf(held, 'model') ?? held)
    if (table === null) return null
    const key =
      migration.textOf(held, 'key') ?? migration.textOf(held, 'field') ?? migration.textOf(held, 'mapping')
    const inner = migration.textOf(migration.valueOf(held, 'rules'), 'onDelete')
    return {
      table: quotedTable(null, table),
      toColumns: key === null ? migration.names(migration.valueOf(held, 'fields')) : [key],
      cascades: cascades(rule) || cascades(inner),
    }
  }

  /** `'items'`, `{ schema: 'app', name: 'items' }`, `{ tableName: 'items', schema: 'app' }`. */
  tableName(term: Term): string | null {
    const says = (name: string) => this.#migration.textOf(term, name)
    const name = this.#migration.follower.text(term) ?? says('name') ?? says('tableName') ?? says('table')
    const schema = says('schema')
    return name === null || schema === null ? name : `${schema}.${name}`
  }
}
