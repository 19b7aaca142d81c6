import type { TSESTree } from '@typescript-eslint/utils'
import type { Follower, Term } from '../../source/term.ts'
import { type Chain, type Link, namesIn } from './chain.ts'
import { type MigrationScript, TableScript, quotedTable } from './script.ts'
import type { MigrationWalk, Tool } from './walk.ts'

/** TypeORM's query runner: `queryRunner.createTable(new Table({ name: 'items', columns: [{ … }] }))`. */
export class QueryRunnerTool implements Tool {
  readonly #script: MigrationScript
  readonly #follower: Follower
  readonly #unread: (line: number, what: string) => void

  constructor(script: MigrationScript, follower: Follower, unread: (line: number, what: string) => void) {
    this.#script = script
    this.#follower = follower
    this.#unread = unread
  }

  take({ links }: Chain, _walk: MigrationWalk): boolean {
    const call = links.at(-1)
    if (call === undefined || call.arguments === null) return false
    if (call.name === 'createTable') {
      const table = this.#made(call.arguments[0])
      if (table === null) return false
      this.#create(call.line, table)
      return true
    }
    if (!changes.has(call.name)) return false
    const [where, what] = call.arguments
    if (where === undefined || what === undefined) return false
    // Sequelize, node-pg-migrate and db-migrate have methods of these names, which take no instances.
    if (shared.has(call.name) && !call.arguments.slice(1).some((one) => this.#isMade(one))) return false
    const name = this.#follower.text(where) ?? this.#text(this.#made(where) ?? where, 'name')
    if (name === null) {
      this.#unread(call.line, `${call.name} of a table whose name is not constant`)
      return true
    }
    this.#change(call, what, new TableScript(this.#script, quotedTable(null, name), false))
    return true
  }

  #create(line: number, options: Term): void {
    const name = this.#text(options, 'name')
    if (name === null) return this.#unread(line, 'createTable of a table whose name is not constant')
    const table = new TableScript(this.#script, quotedTable(this.#text(options, 'schema'), name), true)
    this.#columns(line, this.#items(options, 'columns'), table)
    for (const key of this.#items(options, 'foreignKeys')) this.#foreignKey(line, key, table)
    for (const key of this.#items(options, 'uniques')) this.#unique(line, key, table)
    for (const key of this.#items(options, 'indices')) {
      if (this.#text(key, 'isUnique') === 'true' && this.#text(key, 'where') === null) {
        this.#unique(line, key, table)
      }
    }
    table.finish(line)
  }

  #change(call: Link, what: Term, table: TableScript): void {
    const { line } = call
    const each = this.#each(what)
    switch (call.name) {
      case 'addColumn':
      case 'addColumns':
        return this.#columns(line, each, table)
      case 'dropColumn':
      case 'dropColumns':
        for (const one of each) {
          const column = this.#follower.text(one) ?? this.#text(one, 'name')
          if (column === null) this.#unread(line, `a dropped column of ${table.target}`)
          else table.dropColumn(line, column)
        }
        return
      case 'createForeignKey':
      case 'createForeignKeys':
        for (const one of each) this.#foreignKey(line, one, table)
        return
      case 'createUniqueConstraint':
      case 'createUniqueConstraints':
        for (const one of each) this.#unique(line, one, table)
        return
      case 'createPrimaryKey':
        return table.primaryKey(line, namesIn([what], this.#follower))
      case 'changeColumn': {
        const [changed] = this.#each(call.arguments![2] ?? what)
        const column = this.#follower.text(what)
        if (changed !== undefined && column !== null) {
          table.nullable(line, column, this.#text(changed, 'isNullable') === 'true')
        }
        return
      }
      case 'dropForeignKey':
      case 'dropUniqueConstraint': {
        const name = this.#follower.text(what)
        if (name === null) this.#unread(line, `a dropped key of ${table.target}`)
        else table.dropConstraint(line, name)
        return
      }
      default:
    }
  }

  #columns(line: number, columns: readonly Term[], table: TableScript): void {
    const primary: string[] = []
    for (const column of columns) {
      const name = this.#text(column, 'name')
      if (name === null) {
        this.#unread(line, `a column of ${table.target} that is not constant`)
        continue
      }
      table.column(line, name, { required: this.#text(column, 'isNullable') !== 'true' })
      if (this.#text(column, 'isPrimary') === 'true') primary.push(name)
      if (this.#text(column, 'isUnique') === 'true') table.unique(line, [name])
    }
    if (primary.length > 0) table.primaryKey(line, primary)
  }

  #foreignKey(line: number, key: Term, table: TableScript): void {
    const columns = this.#names(key, 'columnNames')
    const goal = this.#text(key, 'referencedTableName')
    if (columns.length === 0 || goal === null) {
      return this.#unread(line, `a foreign key of ${table.target} that is not constant`)
    }
    table.foreignKey(line, {
      columns,
      table: quotedTable(this.#text(key, 'referencedSchema'), goal),
      toColumns: this.#names(key, 'referencedColumnNames'),
      cascades: /cascade/i.test(this.#text(key, 'onDelete') ?? ''),
      name: this.#text(key, 'name') ?? undefined,
    })
  }

  #unique(line: number, key: Term, table: TableScript): void {
    const columns = this.#names(key, 'columnNames')
    if (columns.length > 0) table.unique(line, columns, this.#text(key, 'name'))
  }

  /** The options of `new Table({ … })`, `new TableColumn({ … })` and the like. */
  #made(term: Term | undefined): Term | null {
    if (term === undefined) return null
    const at = this.#follower.follow(term)
    const [options] = at.node.type === 'NewExpression' ? at.node.arguments : []
    return options === undefined ? null : { ...at, node: options as TSESTree.Node }
  }

  /** An instance, a list of them, or the options of one, which `addColumn` takes as well. */
  #isMade(value: Term): boolean {
    const [first] = this.#each(value)
    return first !== undefined && this.#text(first, 'name') !== null
  }

  #each(value: Term): Term[] {
    const at = this.#follower.follow(value)
    const all = at.node.type === 'ArrayExpression' ? this.#follower.items(at, () => undefined) : [value]
    return all.map((one) => this.#made(one) ?? one)
  }

  #items(object: Term, name: string): Term[] {
    const list = this.#follower.property(this.#follower.follow(object), name)
    return list === null ? [] : this.#each(list)
  }

  #names(object: Term, name: string): string[] {
    return namesIn([this.#follower.property(this.#follower.follow(object), name)], this.#follower)
  }

  #text(object: Term, name: string): string | null {
    const value = this.#follower.property(this.#follower.follow(object), name)
    return value === null ? null : this.#follower.text(value)
  }
}

const shared = new Set(['addColumn', 'addColumns', 'changeColumn', 'dropColumn', 'dropColumns'])
const changes = new Set(
  'addColumn addColumns dropColumn dropColumns createForeignKey createForeignKeys createUniqueConstraint createUniqueConstraints createPrimaryKey changeColumn dropForeignKey dropUniqueConstraint'.split(
    ' ',
  ),
)
