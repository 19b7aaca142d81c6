import type { Term } from '../../source/term.ts'
import { AttributeColumns } from './attribute-columns.ts'
import type { Chain, Link } from './chain.ts'
import { cascades, type Migration } from './migration.ts'
import { TableScript, quoted, quotedTable } from './script.ts'
import type { Tool } from './walk.ts'

const methods = new Set(
  'createTable addColumn addColumns dropTable renameTable dropColumn dropColumns removeColumn renameColumn alterColumn changeColumn addConstraint createConstraint addForeignKey dropConstraint removeConstraint addIndex createIndex'.split(
    ' ',
  ),
)

/**
 * Tools that take columns as objects: node-pg-migrate's `pgm`, the `queryInterface` of Sequelize and umzug, db-migrate's `db`. Their
 * methods have the same names, and what they call the attributes of a column does not collide.
 */
export class AttributeTool implements Tool {
  readonly #migration: Migration
  readonly #columns: AttributeColumns

  constructor(migration: Migration) {
    this.#migration = migration
    this.#columns = new AttributeColumns(migration)
  }

  take({ links }: Chain): boolean {
    // Whatever a promise does afterwards, the first call says what happens.
    const call = links.find(({ arguments: given }) => given !== null)
    if (call === undefined || !methods.has(call.name)) return false
    const [where] = call.arguments!
    if (where === undefined) return false
    const name = this.#columns.tableName(where)
    if (name === null) {
      this.#migration.unread(call.line, `${call.name} of a table whose name is not constant`)
      return true
    }
    const create = call.name === 'createTable'
    const schema = create ? this.#migration.textOf(call.arguments![2], 'schema') : null
    const { script } = this.#migration
    this.#change(call, new TableScript(script, quotedTable(schema, name), create))
    return true
  }

  #change(call: Link, table: TableScript): void {
    const { line } = call
    const [, second, third] = call.arguments!
    switch (call.name) {
      case 'createTable':
        this.#columns.addAll(second, line, table)
        this.#keys(line, third, table)
        this.#keys(line, this.#migration.valueOf(third, 'constraints'), table)
        return table.finish(line)
      case 'addColumn':
      case 'addColumns':
        return this.#add(call, table)
      case 'dropTable':
        return table.drop(line)
      case 'dropColumn':
      case 'dropColumns':
      case 'removeColumn':
        return this.#named(call, this.#migration.names(second), (column) => table.dropColumn(line, column))
      case 'dropConstraint':
      case 'removeConstraint':
        return this.#named(call, this.#migration.names(second), (name) => table.dropConstraint(line, name))
      case 'renameTable':
        return this.#named(call, this.#migration.names(second), (name) => table.renameTo(line, name))
      case 'renameColumn':
        return this.#rename(call, table)
      case 'alterColumn':
      case 'changeColumn':
        return this.#alter(call, table)
      case 'addConstraint':
      case 'createConstraint':
        return this.#constraint(call, table)
      case 'addForeignKey':
        return this.#mapped(call, table)
      case 'addIndex':
      case 'createIndex':
        return this.#index(call, table)
    }
  }

  /** Does something for each constant name, and says so where there is none. */
  #named(call: Link, names: readonly string[], act: (name: string) => void): void {
    if (names.length === 0) this.#migration.unread(call.line, `what ${call.name} names`)
    for (const name of names) act(name)
  }

  /** `addColumn('items', 'org_id', { … })` or `addColumns('items', { org_id: { … } })`. */
  #add(call: Link, table: TableScript): void {
    const [, second, third] = call.arguments!
    const column = this.#migration.text(call, 1)
    if (column === null) this.#columns.addAll(second, call.line, table)
    else this.#columns.add(column, third ?? second!, call.line, table)
  }

  #rename(call: Link, table: TableScript): void {
    const [from, to] = [this.#migration.text(call, 1), this.#migration.text(call, 2)]
    if (from !== null && to !== null) table.renameColumn(call.line, from, to)
    else this.#migration.unread(call.line, `a renamed column of ${table.target} that is not constant`)
  }

  #alter(call: Link, table: TableScript): void {
    const column = this.#migration.text(call, 1)
    const attributes = call.arguments![2]
    if (column === null || attributes === undefined) {
      return this.#migration.unread(call.line, `a changed column of ${table.target} that is not constant`)
    }
    const notNull = this.#migration.textOf(attributes, 'notNull')
    const allowNull = this.#migration.textOf(attributes, 'allowNull')
    if (notNull !== null) table.nullable(call.line, column, notNull !== 'true')
    else if (allowNull !== null) table.nullable(call.line, column, allowNull === 'true')
    const references = this.#columns.references(attributes)
    if (references !== null) table.foreignKey(call.line, { columns: [column], ...references })
  }

  /** `(table, name, { … })` of node-pg-migrate, `(table, { fields, type, references })` of Sequelize, `(table, fields, { … })` before it. */
  #constraint(call: Link, table: TableScript): void {
    const { line } = call
    const [, second, third] = call.arguments!
    const name = this.#migration.text(call, 1)
    const expression = this.#migration.text(call, 2)
    if (expression !== null) {
      const constraint = name === null ? '' : `CONSTRAINT ${quoted(name)} `
      return this.#migration.script.add(line, `ALTER TABLE ${table.target} ADD ${constraint}${expression}`)
    }
    const options = third ?? second
    const type = this.#migration.textOf(options, 'type')
    const unread = () => this.#migration.unread(line, `a constraint of ${table.target} that is not constant`)
    if (options === undefined || (type === null && name === null)) return unread()
    if (type === null) return this.#keys(line, options, table, name ?? undefined)
    const columns = this.#migration.names(this.#migration.valueOf(options, 'fields') ?? second)
    const given = this.#migration.textOf(options, 'name') ?? undefined
    if (columns.length === 0) return unread()
    if (/primary/i.test(type)) return table.primaryKey(line, columns)
    if (/unique/i.test(type)) return table.unique(line, columns, given)
    if (!/foreign/i.test(type)) return
    const references = this.#columns.references(options)
    if (references === null) return unread()
    table.foreignKey(line, { columns, ...references, name: given })
  }

  /** `{ primaryKey: […], unique: […], foreignKeys: […], uniqueKeys: { … } }` of a table or a constraint. */
  #keys(line: number, object: Term | null | undefined, table: TableScript, name?: string): void {
    const migration = this.#migration
    const primary = migration.names(migration.valueOf(object, 'primaryKey'))
    if (primary.length > 0) table.primaryKey(line, primary)
    const unique = migration.valueOf(object, 'unique')
    const uniqueKeys = migration.valueOf(object, 'uniqueKeys')
    const named = uniqueKeys === null ? [] : migration.follower.items(uniqueKeys, () => undefined)
    const lists = [
      ...(unique === null ? [] : this.#lists(unique)),
      ...named.map((one) => migration.valueOf(one, 'fields') ?? one),
    ]
    for (const list of lists) {
      const columns = migration.names(list)
      if (columns.length > 0) table.unique(line, columns, name)
    }
    const foreign = migration.valueOf(object, 'foreignKeys')
    for (const key of foreign === null ? [] : migration.elements(foreign)) {
      const columns = migration.names(migration.valueOf(key, 'columns'))
      const references = this.#columns.references(key)
      if (columns.length === 0 || references === null) {
        migration.unread(line, `a foreign key of ${table.target} that is not constant`)
      } else table.foreignKey(line, { columns, ...references, name })
    }
  }

  /** `'slug'` and `['org_id', 'slug']` are one key, `[['org_id', 'slug'], ['name']]` are two. */
  #lists(unique: Term): readonly Term[] {
    const { follower } = this.#migration
    const inner = this.#migration
      .elements(unique)
      .filter((one) => follower.follow(one).node.type === 'ArrayExpression')
    return inner.length > 0 ? inner : [unique]
  }

  /** db-migrate: `addForeignKey('items', 'orgs', 'items_org', { org_id: 'id' }, { onDelete: 'CASCADE' })`. */
  #mapped(call: Link, table: TableScript): void {
    const { follower } = this.#migration
    const goal = this.#migration.text(call, 1)
    const mapping = call.arguments![3]
    const unread = () =>
      this.#migration.unread(call.line, `a foreign key of ${table.target} that is not constant`)
    if (goal === null || mapping === undefined) return unread()
    const pairs = follower.entries(mapping, unread)
    table.foreignKey(call.line, {
      columns: pairs.map(([column]) => column),
      table: quotedTable(null, goal),
      toColumns: pairs.map(([, column]) => follower.text(column) ?? 'id'),
      cascades: cascades(this.#migration.textOf(call.arguments![4], 'onDelete')),
      name: this.#migration.text(call, 2) ?? undefined,
    })
  }

  #index(call: Link, table: TableScript): void {
    const [, second, third] = call.arguments!
    const migration = this.#migration
    const options = third ?? second
    // db-migrate: `addIndex('items', 'name', ['org_id', 'slug'], true)`.
    const positional = migration.text(call, 3) === 'true'
    const type = migration.textOf(options, 'type') ?? migration.textOf(options, 'indicesType') ?? ''
    const unique = positional || migration.textOf(options, 'unique') === 'true' || /unique/i.test(type)
    if (!unique || migration.valueOf(options, 'where') !== null) return
    const fields = migration.valueOf(second, 'fields') ?? migration.valueOf(third, 'fields')
    const columns = migration.names(fields ?? (positional ? third : second))
    if (columns.length > 0) table.uniqueIndex(call.line, columns)
  }
}
