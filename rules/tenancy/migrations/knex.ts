import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../source/binding.ts'
import type { Term } from '../../source/term.ts'
import type { Chain, Link } from './chain.ts'
import { KnexTable } from './knex-table.ts'
import type { Migration } from './migration.ts'
import { TableScript, quoted, quotedTable } from './script.ts'
import type { MigrationWalk, Tool } from './walk.ts'

/** Operations that leave the shape of the tables alone. */
const harmless = new Set([
  'hasTable',
  'hasColumn',
  'then',
  'catch',
  'finally',
  'queryContext',
  'toString',
  'toSQL',
])
const changesSchema = /\b(alter|create|drop|rename)\b/i

/** `knex.schema.createTable('items', (table) => { … })` and raw SQL. */
export class KnexTool implements Tool {
  readonly #migration: Migration
  readonly #up: Term
  /** Builders of the callbacks that are being read. */
  readonly #tables = new Map<TSESTree.Node, KnexTable>()

  constructor(up: Term, migration: Migration) {
    this.#up = up
    this.#migration = migration
  }

  take({ root, links }: Chain, walk: MigrationWalk): boolean {
    const table = this.#tableOf(root)
    if (table !== null) table.apply(links)
    else if (this.#isKnex(root)) this.#knex(links, walk)
    else return false
    return true
  }

  #tableOf({ node, module }: Term): KnexTable | null {
    if (node.type === 'ThisExpression') return [...this.#tables.values()].at(-1) ?? null
    const binding = node.type === 'Identifier' ? module.bindingOf(node) : null
    return binding?.kind === 'parameter' && binding.index === 0
      ? (this.#tables.get(binding.function) ?? null)
      : null
  }

  #isKnex({ node, module }: Term): boolean {
    const binding = node.type === 'Identifier' ? module.bindingOf(node) : null
    return binding?.kind === 'parameter' && binding.index === 0 && binding.function === this.#up.node
  }

  #knex(links: readonly Link[], walk: MigrationWalk): void {
    const [first, ...rest] = links
    if (first?.name === 'raw') this.#raw(first)
    if (first?.name === 'transaction') {
      const callback = this.#migration.follower.follow(first.arguments![0]!)
      if (isFunction(this.#up.node)) walk.callback(callback, this.#connection())
    }
    let schema: string | null = null
    for (const link of first?.name === 'schema' ? rest : []) {
      if (link.name === 'withSchema') schema = this.#migration.text(link, 0)
      else this.#operation(link, schema, walk)
    }
  }

  /** The connection that `up` gets, for a transaction hands it on. */
  #connection(): Term | null {
    const [parameter] = isFunction(this.#up.node) ? this.#up.node.params : []
    return parameter?.type === 'Identifier' ? { ...this.#up, node: parameterUse(parameter, this.#up) } : null
  }

  #operation(link: Link, schema: string | null, walk: MigrationWalk): void {
    const { name, line } = link
    const table = this.#migration.text(link, 0)
    if (name === 'raw') return this.#raw(link)
    if (harmless.has(name) || link.arguments === null) return
    if (table === null) return this.#migration.unread(line, `${name} of a table whose name is not constant`)
    const target = quotedTable(schema, table)
    switch (name) {
      case 'createTable':
      case 'createTableIfNotExists':
      case 'alterTable':
      case 'table':
        return this.#table(link, table, schema, walk)
      case 'dropTable':
      case 'dropTableIfExists':
        return new TableScript(this.#migration.script, target, false).drop(line)
      case 'renameTable':
        return new TableScript(this.#migration.script, target, false).renameTo(
          line,
          this.#migration.text(link, 1) ?? table,
        )
      case 'createTableLike':
        return this.#migration.script.add(
          line,
          `CREATE TABLE ${target} (LIKE ${quotedTable(schema, this.#migration.text(link, 1) ?? '')} INCLUDING ALL)`,
        )
      case 'createSchema':
      case 'createSchemaIfNotExists':
        return this.#migration.script.add(line, `CREATE SCHEMA IF NOT EXISTS ${quoted(table)}`)
      case 'dropSchema':
      case 'dropSchemaIfExists':
        return this.#migration.script.add(line, `DROP SCHEMA IF EXISTS ${quoted(table)}`)
      case 'dropView':
      case 'dropViewIfExists':
        return this.#migration.script.add(line, `DROP VIEW IF EXISTS ${target}`)
      default:
        return this.#migration.unread(line, `${name} of ${table}`)
    }
  }

  #table(link: Link, name: string, schema: string | null, walk: MigrationWalk): void {
    const callback = link
      .arguments!.map((one) => this.#migration.follower.follow(one))
      .find(({ node }) => isFunction(node))
    const create = link.name.startsWith('create')
    const table = new KnexTable({ create, name, schema }, this.#migration)
    if (callback === undefined) this.#migration.unread(link.line, `what ${link.name} does to ${name}`)
    else {
      this.#tables.set(callback.node, table)
      walk.enter(callback)
      this.#tables.delete(callback.node)
    }
    table.finish(link.line)
  }

  #raw(link: Link): void {
    const [text, values] = link.arguments ?? []
    const sql = text === undefined ? null : this.#migration.follower.text(text)
    if (sql !== null) {
      const list = values === undefined ? [] : this.#migration.follower.items(values, () => undefined)
      this.#migration.script.add(
        link.line,
        bound(
          sql,
          list.map((one) => this.#migration.follower.text(one)),
        ),
      )
    } else if (text !== undefined && changesSchema.test(written(this.#migration.follower.follow(text)))) {
      this.#migration.unread(link.line, 'raw SQL that is not constant')
    }
  }
}

/** The parameter as an expression: it stands for itself. */
function parameterUse(parameter: TSESTree.Identifier, up: Term): TSESTree.Node {
  return { ...parameter, parent: up.node } as TSESTree.Node
}

function written({ node, module }: Term): string {
  return module.text.slice(...node.range)
}

/** `?` and `??` of raw SQL, filled with constants; what is not constant becomes NULL, names that are not stay as they are. */
function bound(sql: string, values: readonly (string | null)[]): string {
  let index = 0
  return sql.replace(/\\\?|\?\?|\?/g, (mark) => {
    if (mark === '\\?') return '?'
    if (index >= values.length) return mark
    const value = values[index++] ?? null
    if (mark === '??') return value === null ? mark : value.split('.').map(quoted).join('.')
    return value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`
  })
}
