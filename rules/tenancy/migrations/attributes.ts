import type { Follower, Term } from '../../source/term.ts'
import { type Chain, type Link, namesIn, textOf } from './chain.ts'
import { type ForeignKey, type MigrationScript, TableScript, quoted, quotedTable } from './script.ts'
import type { MigrationWalk, Tool } from './walk.ts'

/** The columns of one table that a migration adds, as its attributes say. */
interface Column {
  readonly name: string
  readonly required: boolean
  readonly primary: boolean
  readonly unique: boolean
  readonly references: Omit<ForeignKey, 'columns'> | null
}

/**
 * Tools that take columns as objects: node-pg-migrate's `pgm`, the `queryInterface` of Sequelize and umzug, db-migrate's `db`. Their
 * methods have the same names, and what they call the attributes of a column does not collide.
 */
export class AttributeTool implements Tool {
  readonly #script: MigrationScript
  readonly #follower: Follower
  readonly #unread: (line: number, what: string) => void

  constructor(script: MigrationScript, follower: Follower, unread: (line: number, what: string) => void) {
    this.#script = script
    this.#follower = follower
    this.#unread = unread
  }

  take({ links }: Chain, _walk: MigrationWalk): boolean {
    // Whatever a promise does afterwards, the first call says what happens.
    const call = links.find(({ arguments: given }) => given !== null)
    if (call === undefined || !methods.has(call.name)) return false
    const [where, what] = call.arguments!
    if (where === undefined || what?.node.type === 'NewExpression') return false
    const name = this.#tableName(where)
    if (name === null) {
      this.#unread(call.line, `${call.name} of a table whose name is not constant`)
      return true
    }
    const create = call.name === 'createTable'
    const schema = create ? this.#attribute(call.arguments![2], 'schema') : null
    this.#change(call, new TableScript(this.#script, quotedTable(schema, name), create), name)
    return true
  }

  #change(call: Link, table: TableScript, name: string): void {
    const { line } = call
    switch (call.name) {
      case 'createTable':
        this.#columns(call, this.#columnsOf(call.arguments![1], line, name), table)
        this.#keys(call, call.arguments![2], table)
        this.#keys(call, this.#follower.property(this.#objectAt(call, 2), 'constraints'), table)
        return table.finish(line)
      case 'addColumn':
      case 'addColumns':
        return this.#columns(call, this.#added(call, name), table)
      case 'dropTable':
        return table.drop(line)
      case 'renameTable':
        return table.renameTo(line, textOf(call, 1, this.#follower) ?? name)
      case 'dropColumn':
      case 'dropColumns':
      case 'removeColumn':
        for (const column of this.#listed(call.arguments![1])) table.dropColumn(line, column)
        return
      case 'renameColumn': {
        const [from, to] = [textOf(call, 1, this.#follower), textOf(call, 2, this.#follower)]
        if (from !== null && to !== null) return table.renameColumn(line, from, to)
        return this.#unread(line, `a renamed column of ${name} that is not constant`)
      }
      case 'alterColumn':
      case 'changeColumn':
        return this.#alter(call, table)
      case 'addConstraint':
      case 'createConstraint':
        return this.#constraint(call, table, name)
      case 'addForeignKey':
        return this.#mapped(call, table)
      case 'dropConstraint':
      case 'removeConstraint':
        return table.dropConstraint(line, textOf(call, 1, this.#follower) ?? '')
      case 'addIndex':
      case 'createIndex':
        return this.#index(call, table)
      default:
    }
  }

  /** `'items'`, `{ schema: 'app', name: 'items' }`, `{ tableName: 'items', schema: 'app' }`. */
  #tableName(term: Term): string | null {
    const text = this.#follower.text(term)
    if (text !== null) return text
    const name =
      this.#attribute(term, 'name') ?? this.#attribute(term, 'tableName') ?? this.#attribute(term, 'table')
    const schema = this.#attribute(term, 'schema')
    return name === null || schema === null ? name : `${schema}.${name}`
  }

  #attribute(object: Term | null | undefined, name: string): string | null {
    const value = this.#valueOf(object, name)
    return value === null ? null : this.#follower.text(value)
  }

  #valueOf(object: Term | null | undefined, name: string): Term | null {
    return object == null ? null : this.#follower.property(this.#follower.follow(object), name)
  }

  #objectAt(call: Link, index: number): Term {
    return this.#follower.follow(call.arguments![index] ?? call.arguments![0]!)
  }

  /** `addColumn('items', 'org_id', { … })` or `addColumns('items', { org_id: { … } })`. */
  #added(call: Link, name: string): Column[] {
    const column = textOf(call, 1, this.#follower)
    const attributes = call.arguments![2]
    if (column !== null) return [this.#column(column, attributes ?? call.arguments![1]!)]
    return this.#columnsOf(call.arguments![1], call.line, name)
  }

  #columnsOf(object: Term | undefined, line: number, name: string): Column[] {
    const unread = () => this.#unread(line, `columns of ${name} that are not in sight`)
    if (object === undefined) return []
    const whole = this.#follower.follow(object)
    // db-migrate takes `{ columns: { … }, ifNotExists: true }` as well.
    const columns = this.#valueOf(whole, 'columns') ?? whole
    return this.#follower.entries(columns, unread).map(([key, value]) => this.#column(key, value))
  }

  #column(key: string, attributes: Term): Column {
    const given = this.#follower.follow(attributes)
    const shorthand = this.#follower.text(given)
    const says = (name: string) => this.#attribute(given, name)
    const primary =
      says('primaryKey') === 'true' || (shorthand === 'id' && key === 'id') || says('isPrimary') === 'true'
    const serial = /serial/i.test(says('type') ?? shorthand ?? '')
    const required = says('allowNull') === 'false' || says('notNull') === 'true' || serial
    return {
      name: says('field') ?? key,
      primary: primary || shorthand === 'id',
      required: required || primary || shorthand === 'id' || says('autoIncrement') === 'true',
      unique: this.#valueOf(given, 'unique') !== null && says('unique') !== 'false',
      references: this.#references(given),
    }
  }

  /** The other end of a column's key, in each tool's words. */
  #references(attributes: Term): Omit<ForeignKey, 'columns'> | null {
    const cascades = /cascade/i.test(this.#attribute(attributes, 'onDelete') ?? '')
    const held = this.#valueOf(attributes, 'references') ?? this.#valueOf(attributes, 'foreignKey')
    if (held === null) return null
    const text = this.#follower.text(held)
    // node-pg-migrate takes the text as it stands: `orgs`, `"orgs" (id)`, `app.orgs(id)`.
    const parts = text === null ? null : /^\s*([\w".]+?)\s*(?:\(\s*([^)]*?)\s*\))?\s*$/.exec(text)
    if (parts !== null) {
      const bare = (name: string) => name.replaceAll('"', '').trim()
      const toColumns = parts[2] === undefined ? [] : parts[2].split(',').map(bare)
      return { table: quotedTable(null, bare(parts[1]!)), toColumns, cascades }
    }
    // Of a key by db-migrate, `name` is that of the constraint.
    const table =
      this.#valueOf(held, 'mapping') === null
        ? this.#tableName(this.#valueOf(held, 'model') ?? held)
        : this.#attribute(held, 'table')
    if (table === null) return null
    const key =
      this.#attribute(held, 'key') ?? this.#attribute(held, 'field') ?? this.#attribute(held, 'mapping')
    const rules = this.#valueOf(held, 'rules')
    return {
      table: quotedTable(null, table),
      toColumns: key === null ? [] : [key],
      cascades: cascades || /cascade/i.test(this.#attribute(rules, 'onDelete') ?? ''),
    }
  }

  #columns({ line }: Link, columns: readonly Column[], table: TableScript): void {
    for (const { name, required } of columns) table.column(line, name, { required })
    const primary = columns.filter((one) => one.primary).map(({ name }) => name)
    if (primary.length > 0) table.primaryKey(line, primary)
    for (const { name, unique, references } of columns) {
      if (unique) table.unique(line, [name])
      if (references !== null) table.foreignKey(line, { columns: [name], ...references })
    }
  }

  /** `{ primaryKey: […], unique: […], foreignKeys: […], uniqueKeys: { … } }` of a table or a constraint. */
  #keys({ line }: Link, object: Term | null | undefined, table: TableScript, name?: string): void {
    if (object == null) return
    const primary = this.#listed(this.#valueOf(object, 'primaryKey'))
    if (primary.length > 0) table.primaryKey(line, primary)
    const unique = this.#valueOf(object, 'unique')
    if (unique !== null) {
      const whole = this.#follower.follow(unique)
      const items =
        whole.node.type === 'ArrayExpression' ? this.#follower.items(whole, () => undefined) : [whole]
      const lists = items.filter((one) => this.#follower.follow(one).node.type === 'ArrayExpression')
      for (const one of lists.length > 0 ? lists : [whole]) {
        const columns = this.#listed(one)
        if (columns.length > 0) table.unique(line, columns, name)
      }
    }
    const uniqueKeys = this.#valueOf(object, 'uniqueKeys')
    for (const one of uniqueKeys === null ? [] : this.#follower.items(uniqueKeys, () => undefined)) {
      const columns = this.#listed(this.#valueOf(one, 'fields') ?? one)
      if (columns.length > 0) table.unique(line, columns)
    }
    const foreign = this.#valueOf(object, 'foreignKeys')
    if (foreign === null) return
    const whole = this.#follower.follow(foreign)
    const keys =
      whole.node.type === 'ArrayExpression' ? this.#follower.items(whole, () => undefined) : [whole]
    for (const key of keys) {
      const columns = this.#listed(this.#valueOf(key, 'columns'))
      const references = this.#references(this.#follower.follow(key))
      if (columns.length > 0 && references !== null) {
        table.foreignKey(line, { columns, ...references, name })
      }
    }
  }

  /** `(table, name, { … })` of node-pg-migrate, `(table, { fields, type, references })` of Sequelize, `(table, fields, { … })` before it. */
  #constraint(call: Link, table: TableScript, of: string): void {
    const { line } = call
    const [, second, third] = call.arguments!
    const name = textOf(call, 1, this.#follower)
    const expression = textOf(call, 2, this.#follower)
    if (expression !== null) {
      const constraint = name === null ? '' : `CONSTRAINT ${quoted(name)} `
      return this.#script.add(line, `ALTER TABLE ${table.target} ADD ${constraint}${expression}`)
    }
    const options = this.#follower.follow(third ?? second ?? call.arguments![0]!)
    const type = this.#attribute(options, 'type')
    if (type === null) {
      if (name === null) this.#unread(line, `a constraint of ${of} that is not constant`)
      return this.#keys(call, options, table, name ?? undefined)
    }
    const columns = this.#listed(this.#valueOf(options, 'fields') ?? second)
    const given = this.#attribute(options, 'name')
    if (columns.length === 0) return this.#unread(line, `a constraint of ${of} that is not constant`)
    if (/primary/i.test(type)) return table.primaryKey(line, columns)
    if (/unique/i.test(type)) return table.unique(line, columns, given)
    if (!/foreign/i.test(type)) return
    const references = this.#references(options)
    if (references === null) return this.#unread(line, `a foreign key of ${of} that is not constant`)
    const far = this.#listed(this.#valueOf(this.#valueOf(options, 'references'), 'fields'))
    const ends = far.length > 0 ? { toColumns: far } : {}
    table.foreignKey(line, { columns, ...references, ...ends, name: given ?? undefined })
  }

  /** db-migrate: `addForeignKey('items', 'orgs', 'items_org', { org_id: 'id' }, { onDelete: 'CASCADE' })`. */
  #mapped(call: Link, table: TableScript): void {
    const goal = textOf(call, 1, this.#follower)
    const mapping = call.arguments![3]
    if (goal === null || mapping === undefined) return
    const pairs = this.#follower.entries(mapping, () => undefined)
    table.foreignKey(call.line, {
      columns: pairs.map(([column]) => column),
      table: quotedTable(null, goal),
      toColumns: pairs.map(([, column]) => this.#follower.text(column) ?? 'id'),
      cascades: /cascade/i.test(this.#attribute(call.arguments![4], 'onDelete') ?? ''),
      name: textOf(call, 2, this.#follower) ?? undefined,
    })
  }

  #alter(call: Link, table: TableScript): void {
    const column = textOf(call, 1, this.#follower)
    const attributes = call.arguments![2]
    if (column === null || attributes === undefined) return
    const required =
      this.#attribute(attributes, 'notNull') ?? negated(this.#attribute(attributes, 'allowNull'))
    if (required !== null) table.nullable(call.line, column, required !== 'true')
    const references = this.#references(this.#follower.follow(attributes))
    if (references !== null) table.foreignKey(call.line, { columns: [column], ...references })
  }

  #index(call: Link, table: TableScript): void {
    const [, second, third, fourth] = call.arguments!
    const options = third ?? second
    // db-migrate: `addIndex('items', 'name', ['org_id', 'slug'], true)`.
    const positional = fourth !== undefined && this.#follower.text(fourth) === 'true'
    const unique =
      positional ||
      this.#attribute(options, 'unique') === 'true' ||
      /unique/i.test(this.#attribute(options, 'type') ?? this.#attribute(options, 'indicesType') ?? '')
    if (!unique || this.#valueOf(options, 'where') !== null) return
    const listed = positional ? third : second
    const columns = this.#listed(this.#valueOf(second, 'fields') ?? this.#valueOf(third, 'fields') ?? listed)
    if (columns.length === 0) return
    this.#script.add(call.line, `CREATE UNIQUE INDEX ON ${table.target} (${columns.map(quoted).join(', ')})`)
  }

  #listed(value: Term | null | undefined): string[] {
    return namesIn([value], this.#follower)
  }
}

const methods = new Set(
  'createTable addColumn addColumns dropTable renameTable dropColumn dropColumns removeColumn renameColumn alterColumn changeColumn addConstraint createConstraint addForeignKey dropConstraint removeConstraint addIndex createIndex'.split(
    ' ',
  ),
)

function negated(text: string | null): string | null {
  return text === null ? null : String(text !== 'true')
}
