import type { Follower, Term } from '../../source/term.ts'
import { type Chain, type Link, chainOf, namesIn, textOf } from './chain.ts'
import { type MigrationScript, TableScript, quoted, quotedTable } from './script.ts'
import type { MigrationWalk, Tool } from './walk.ts'

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
  readonly #script: MigrationScript
  readonly #follower: Follower
  readonly #unread: (line: number, what: string) => void

  constructor(script: MigrationScript, follower: Follower, unread: (line: number, what: string) => void) {
    this.#script = script
    this.#follower = follower
    this.#unread = unread
  }

  take({ root, links }: Chain, _walk: MigrationWalk): boolean {
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
    const schema = scope === undefined ? null : textOf(scope, 0, this.#follower)
    const table = textOf(operation, 0, this.#follower)
    if (table === null) {
      this.#unread(operation.line, `${operation.name} of a table whose name is not constant`)
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
    const begun = chainOf({ ...root, node: binding.declarator.init }, this.#follower).links
    if (!begun.some(({ name }) => name === 'schema')) return false
    if (!harmless.has(first.name)) this.#unread(first.line, `${first.name} of a builder in a variable`)
    return true
  }

  /** `$call((builder) => builder.addColumn(…))` adds what the helper adds. */
  #steps(links: readonly Link[], depth = 0): Link[] {
    return links.flatMap((link) => {
      const [helper] = link.arguments ?? []
      if (link.name !== '$call' || helper === undefined || depth > 5) return [link]
      return this.#steps(chainOf(this.#follower.body(helper), this.#follower).links, depth + 1)
    })
  }

  #table(operation: Link, steps: readonly Link[], target: string, name: string): void {
    const create = operation.name === 'createTable'
    const table = new TableScript(this.#script, target, create)
    if (operation.name === 'dropTable') return table.drop(operation.line)
    for (const step of steps) this.#step(step, table, name)
    table.finish(operation.line)
  }

  #step(step: Link, table: TableScript, name: string): void {
    const { line } = step
    const [first] = namesIn([step.arguments?.[0]], this.#follower)
    if (harmless.has(step.name)) return
    if (step.name === 'addForeignKeyConstraint') return this.#foreignKey(step, table, name)
    if (first === undefined)
      return this.#unread(line, `${step.name} of ${name}, whose column is not constant`)
    switch (step.name) {
      case 'addColumn':
        return this.#column(step, first, table)
      case 'dropColumn':
        return table.dropColumn(line, first)
      case 'renameColumn':
        return table.renameColumn(line, first, textOf(step, 1, this.#follower) ?? first)
      case 'renameTo':
        return table.renameTo(line, first)
      case 'alterColumn':
      case 'modifyColumn':
        return this.#alter(step, first, table)
      case 'addPrimaryKeyConstraint':
        return table.primaryKey(line, namesIn([step.arguments?.[1]], this.#follower))
      case 'addUniqueConstraint':
        return table.unique(line, namesIn([step.arguments?.[1]], this.#follower), first)
      case 'dropConstraint':
        return table.dropConstraint(line, first)
      default:
        return this.#unread(line, `${step.name} of ${name}`)
    }
  }

  #column(step: Link, column: string, table: TableScript): void {
    const { line } = step
    const traits = this.#traits(step.arguments?.[2])
    const has = (trait: string) => traits.some(({ name }) => name === trait)
    const serial = /serial/.test(textOf(step, 1, this.#follower) ?? '')
    table.column(line, column, { required: has('notNull') || has('primaryKey') || serial })
    if (has('primaryKey')) table.primaryKey(line, [column])
    if (has('unique')) table.unique(line, [column])
    const references = traits.find(({ name }) => name === 'references')
    if (references === undefined) return
    const [to] = namesIn([references.arguments?.[0]], this.#follower)
    const at = to?.lastIndexOf('.') ?? -1
    if (to === undefined || at < 1) return this.#unread(line, `the table that ${column} references`)
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
    const columns = namesIn([own], this.#follower)
    const [goal] = namesIn([to], this.#follower)
    if (goal === undefined || columns.length === 0) {
      return this.#unread(step.line, `a foreign key of ${name} that is not constant`)
    }
    table.foreignKey(step.line, {
      columns,
      table: quotedTable(null, goal),
      toColumns: namesIn([far], this.#follower),
      cascades: this.#cascades(this.#traits(build)),
      name: namesIn([constraint], this.#follower)[0],
    })
  }

  /** A unique index is a key like any other. */
  #index(links: readonly Link[]): void {
    const argument = (step: string) => links.find(({ name }) => name === step)?.arguments
    if (argument('unique') === undefined) return
    const table = namesIn(argument('on') ?? [], this.#follower)[0]
    const columns = namesIn([...(argument('column') ?? []), ...(argument('columns') ?? [])], this.#follower)
    if (table === undefined || columns.length === 0 || argument('where') !== undefined) return
    this.#script.add(
      links[0]!.line,
      `CREATE UNIQUE INDEX ON ${quotedTable(null, table)} (${columns.map(quoted).join(', ')})`,
    )
  }

  #traits(build: Term | undefined): readonly Link[] {
    if (build === undefined) return []
    return this.#steps(chainOf(this.#follower.body(build), this.#follower).links)
  }

  #cascades(traits: readonly Link[]): boolean {
    const rule = traits.find(({ name }) => name === 'onDelete')
    return rule !== undefined && /^cascade$/i.test(textOf(rule, 0, this.#follower) ?? '')
  }
}
