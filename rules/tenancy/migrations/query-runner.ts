import type { TSESTree } from '@typescript-eslint/utils'
import type { Term } from '../../source/term.ts'
import type { Chain, Link } from './chain.ts'
import { cascades, type Migration } from './migration.ts'
import { TableScript, quotedTable } from './script.ts'
import type { Tool } from './walk.ts'

/** Sequelize, node-pg-migrate and db-migrate have methods of these names, which take no instances. */
const shared = new Set(['addColumn', 'addColumns', 'changeColumn', 'dropColumn', 'dropColumns'])
const changes = new Set([
  ...shared,
  'createForeignKey',
  'createForeignKeys',
  'createUniqueConstraint',
  'createUniqueConstraints',
  'createPrimaryKey',
  'dropForeignKey',
  'dropUniqueConstraint',
])

/** TypeORM's query runner: `queryRunner.createTable(new Table({ name: 'items', columns: [{ … }] }))`. */
export class QueryRunnerTool implements Tool {
  readonly #migration: Migration

  constructor(migration: Migration) {
    this.#migration = migration
  }

  take({ links }: Chain): boolean {
    const call = links.at(-1)
    if (call === undefined || call.arguments === null) return false
    const [where, what] = call.arguments
    if (call.name === 'createTable') {
      const table = where === undefined ? null : this.#made(where)
      if (table !== null) this.#create(call.line, table)
      return table !== null
    }
    if (!changes.has(call.name) || where === undefined || what === undefined) return false
    if (shared.has(call.name) && !call.arguments.slice(1).some((one) => this.#isMade(one))) return false
    const name = this.#migration.follower.text(where) ?? this.#migration.textOf(this.#made(where), 'name')
    if (name === null) {
      this.#migration.unread(call.line, `${call.name} of a table whose name is not constant`)
    } else this.#change(call, what, new TableScript(this.#migration.script, quotedTable(null, name), false))
    return true
  }

  #create(line: number, options: Term): void {
    const name = this.#migration.textOf(options, 'name')
    if (name === null) {
      return this.#migration.unread(line, 'createTable of a table whose name is not constant')
    }
    const target = quotedTable(this.#migration.textOf(options, 'schema'), name)
    const table = new TableScript(this.#migration.script, target, true)
    this.#columns(line, this.#items(options, 'columns'), table)
    for (const key of this.#items(options, 'foreignKeys')) this.#foreignKey(line, key, table)
    for (const key of this.#items(options, 'uniques')) this.#unique(line, key, table)
    for (const key of this.#items(options, 'indices')) {
      const isKey = this.#migration.textOf(key, 'isUnique') === 'true'
      if (isKey && this.#migration.valueOf(key, 'where') === null) this.#unique(line, key, table)
    }
    table.finish(line)
  }

  #change(call: Link, what: Term, table: TableScript): void {
    const { line } = call
    switch (call.name) {
      case 'addColumn':
      case 'addColumns':
        return this.#columns(line, this.#each(what), table)
      case 'dropColumn':
      case 'dropColumns':
        for (const one of this.#each(what)) {
          this.#named(call, one, table, (column) => table.dropColumn(line, column))
        }
        return
      case 'createForeignKey':
      case 'createForeignKeys':
        for (const one of this.#each(what)) this.#foreignKey(line, one, table)
        return
      case 'createUniqueConstraint':
      case 'createUniqueConstraints':
        for (const one of this.#each(what)) this.#unique(line, one, table)
        return
      case 'createPrimaryKey':
        return table.primaryKey(line, this.#migration.names(what))
      case 'dropForeignKey':
      case 'dropUniqueConstraint':
        return this.#named(call, what, table, (name) => table.dropConstraint(line, name))
      case 'changeColumn': {
        const [changed] = this.#each(call.arguments![2] ?? what)
        const nullable = this.#migration.textOf(changed, 'isNullable') === 'true'
        return this.#named(call, what, table, (column) => table.nullable(line, column, nullable))
      }
    }
  }

  /** Does something for a name, or the name of an instance, and says so where it is not constant. */
  #named(call: Link, what: Term, table: TableScript, act: (name: string) => void): void {
    const name =
      this.#migration.follower.text(what) ?? this.#migration.textOf(this.#made(what) ?? what, 'name')
    if (name === null) {
      this.#migration.unread(call.line, `${call.name} of ${table.target}, which names no constant`)
    } else act(name)
  }

  #columns(line: number, columns: readonly Term[], table: TableScript): void {
    const primary: string[] = []
    for (const column of columns) {
      const says = (name: string) => this.#migration.textOf(column, name)
      const name = says('name')
      if (name === null) {
        this.#migration.unread(line, `a column of ${table.target} that is not constant`)
        continue
      }
      table.column(line, name, { required: says('isNullable') !== 'true' })
      if (says('isPrimary') === 'true') primary.push(name)
      if (says('isUnique') === 'true') table.unique(line, [name])
    }
    if (primary.length > 0) table.primaryKey(line, primary)
  }

  #foreignKey(line: number, key: Term, table: TableScript): void {
    const says = (name: string) => this.#migration.textOf(key, name)
    const columns = this.#names(key, 'columnNames')
    const goal = says('referencedTableName')
    if (columns.length === 0 || goal === null) {
      return this.#migration.unread(line, `a foreign key of ${table.target} that is not constant`)
    }
    table.foreignKey(line, {
      columns,
      table: quotedTable(says('referencedSchema'), goal),
      toColumns: this.#names(key, 'referencedColumnNames'),
      cascades: cascades(says('onDelete')),
      name: says('name') ?? undefined,
    })
  }

  #unique(line: number, key: Term, table: TableScript): void {
    const columns = this.#names(key, 'columnNames')
    if (columns.length > 0) table.unique(line, columns, this.#migration.textOf(key, 'name'))
  }

  /** The options of `new Table({ … })`, `new TableColumn({ … })` and the like. */
  #made(term: Term): Term | null {
    const at = this.#migration.follower.follow(term)
    const [options] = at.node.type === 'NewExpression' ? at.node.arguments : []
    return options === undefined ? null : { ...at, node: options as TSESTree.Node }
  }

  /** An instance, a list of them, or the options of one, which `addColumn` takes as well. */
  #isMade(value: Term): boolean {
    return this.#migration.textOf(this.#each(value)[0], 'name') !== null
  }

  #each(value: Term): Term[] {
    return this.#migration.elements(value).map((one) => this.#made(one) ?? one)
  }

  #items(object: Term, name: string): Term[] {
    const list = this.#migration.valueOf(object, name)
    return list === null ? [] : this.#each(list)
  }

  #names(object: Term, name: string): string[] {
    return this.#migration.names(this.#migration.valueOf(object, name))
  }
}
