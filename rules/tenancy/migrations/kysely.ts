import type { Term } from '../../source/term.ts'
import { type Chain, type Link, chainOf } from './chain.ts'
import { cascades, type Migration } from './migration.ts'
import { TableScript, quotedTable } from './script.ts'
import type { Tool } from './walk.ts'

/** Steps of the schema builder that leave keys and columns alone. */
const harmless = new Set(
  'execute compile toOperationNode ifNotExists ifExists cascade temporary onCommit modifyFront modifyEnd addCheckConstraint addIndex dropIndex setSchema'.split(
    ' ',
  ),
)

/** Operations of the builder on tables; those on types, views and indexes make no relation of their own that owns rows. */
const ofTables = new Set(['createTable', 'alterTable', 'dropTable'])
const otherOperations = /^(create|drop|refresh|alter)(Index|Type|View|MaterializedView|Schema)$/

/** `db.schema.createTable('items').addColumn('org_id', 'uuid', (column) => column.references('orgs.id')).execute()` */
export class KyselyTool implements Tool {
  readonly #migration: Migration

  constructor(migration: Migration) {
    this.#migration = migration
  }

  take({ root, links }: Chain): boolean {
    const at = links.findIndex(({ name }) => name === 'schema')
    const operation = links[at + 1]
    if (at < 0 || operation === undefined || operation.arguments === null) {
      return this.#isLoose(root, links)
    }
    if (!ofTables.has(operation.name)) {
      if (!otherOperations.test(operation.name)) return false
      if (operation.name.endsWith('Index')) this.#index(links.slice(at + 1))
      return true
    }
    const scope = links.slice(0, at).findLast(({ name }) => name === 'withSchema')
    const schema = scope === undefined ? null : this.#migration.text(scope, 0)
    const table = this.#migration.text(operation, 0)
    if (table === null) {
      this.#migration.unread(operation.line, `${operation.name} of a table whose name is not constant`)
      return true
    }
    this.#table(operation, this.#steps(links.slice(at + 2)), quotedTable(schema, table), table)
    return true
  }

  /** A builder in a variable that changes: what is added to it later is not followed. */
  #isLoose(root: Term, links: readonly Link[]): boolean {
    const [first] = links
    const binding = root.node.type === 'Identifier' ? root.module.bindingOf(root.node) : null
    if (first === undefined || binding?.kind !== 'variable' || binding.declarator.init === null) return false
    const begun = chainOf({ ...root, node: binding.declarator.init }, this.#migration.follower).links
    if (!begun.some(({ name }) => name === 'schema')) return false
    if (!harmless.has(first.name))
      this.#migration.unread(first.line, `${first.name} of a builder in a variable`)
    return true
  }

  /** `$call((builder) => builder.addColumn(…))` adds what the helper adds. */
  #steps(links: readonly Link[], depth = 0): Link[] {
    return links.flatMap((link) => {
      const [helper] = link.arguments ?? []
      if (link.name !== '$call' || helper === undefined || depth > 5) return [link]
      return this.#steps(
        chainOf(this.#migration.follower.body(helper), this.#migration.follower).links,
        depth + 1,
      )
    })
  }

  #table(operation: Link, steps: readonly Link[], target: string, name: string): void {
    const create = operation.name === 'createTable'
    const table = new TableScript(this.#migration.script, target, create)
    if (operation.name === 'dropTable') return table.drop(operation.line)
    for (const step of steps) this.#step(step, table, name)
    table.finish(operation.line)
  }

  #step(step: Link, table: TableScript, name: string): void {
    const { line } = step
    const [first] = this.#migration.names(step.arguments?.[0])
    if (harmless.has(step.name)) return
    if (step.name === 'addForeignKeyConstraint') return this.#foreignKey(step, table, name)
    if (first === undefined)
      return this.#migration.unread(line, `${step.name} of ${name}, whose column is not constant`)
    switch (step.name) {
      case 'addColumn':
        return this.#column(step, first, table)
      case 'dropColumn':
        return table.dropColumn(line, first)
      case 'renameColumn':
        return table.renameColumn(line, first, this.#migration.text(step, 1) ?? first)
      case 'renameTo':
        return table.renameTo(line, first)
      case 'alterColumn':
      case 'modifyColumn':
        return this.#alter(step, first, table)
      case 'addPrimaryKeyConstraint':
        return table.primaryKey(line, this.#migration.names(step.arguments?.[1]))
      case 'addUniqueConstraint':
        return table.unique(line, this.#migration.names(step.arguments?.[1]), first)
      case 'dropConstraint':
        return table.dropConstraint(line, first)
      default:
        return this.#migration.unread(line, `${step.name} of ${name}`)
    }
  }

  #column(step: Link, column: string, table: TableScript): void {
    const { line } = step
    const traits = this.#traits(step.arguments?.[2])
    const has = (trait: string) => traits.some(({ name }) => name === trait)
    const serial = /serial/.test(this.#migration.text(step, 1) ?? '')
    table.column(line, column, { required: has('notNull') || has('primaryKey') || serial })
    if (has('primaryKey')) table.primaryKey(line, [column])
    if (has('unique')) table.unique(line, [column])
    const references = traits.find(({ name }) => name === 'references')
    if (references === undefined) return
    const [to] = this.#migration.names(references.arguments?.[0])
    const at = to?.lastIndexOf('.') ?? -1
    if (to === undefined || at < 1) return this.#migration.unread(line, `the table that ${column} references`)
    const far = { table: quotedTable(null, to.slice(0, at)), toColumns: [to.slice(at + 1)] }
    table.foreignKey(line, { columns: [column], ...far, cascades: this.#cascades(traits) })
  }

  #alter(step: Link, column: string, table: TableScript): void {
    for (const { name } of this.#traits(step.arguments?.[step.name === 'alterColumn' ? 1 : 2])) {
      if (name === 'setNotNull' || name === 'notNull') table.nullable(step.line, column, false)
      if (name === 'dropNotNull') table.nullable(step.line, column, true)
    }
  }

  #foreignKey(step: Link, table: TableScript, name: string): void {
    const [constraint, own, to, far, build] = step.arguments ?? []
    const columns = this.#migration.names(own)
    const [goal] = this.#migration.names(to)
    if (goal === undefined || columns.length === 0) {
      return this.#migration.unread(step.line, `a foreign key of ${name} that is not constant`)
    }
    table.foreignKey(step.line, {
      columns,
      table: quotedTable(null, goal),
      toColumns: this.#migration.names(far),
      cascades: this.#cascades(this.#traits(build)),
      name: this.#migration.names(constraint)[0],
    })
  }

  /** A unique index is a key like any other. */
  #index(links: readonly Link[]): void {
    const argument = (step: string) => links.find(({ name }) => name === step)?.arguments
    if (argument('unique') === undefined) return
    const table = this.#migration.names(...(argument('on') ?? []))[0]
    const columns = this.#migration.names(...(argument('column') ?? []), ...(argument('columns') ?? []))
    if (table === undefined || columns.length === 0 || argument('where') !== undefined) return
    new TableScript(this.#migration.script, quotedTable(null, table), false).uniqueIndex(
      links[0]!.line,
      columns,
    )
  }

  #traits(build: Term | undefined): readonly Link[] {
    if (build === undefined) return []
    return this.#steps(chainOf(this.#migration.follower.body(build), this.#migration.follower).links)
  }

  #cascades(traits: readonly Link[]): boolean {
    const rule = traits.find(({ name }) => name === 'onDelete')
    return rule !== undefined && cascades(this.#migration.text(rule, 0))
  }
}
