import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../source/binding.ts'
import { childrenOf, unwrap } from '../source/children.ts'
import { lineOf } from '../source/position.ts'
import type { Follower, Term } from '../source/term.ts'
import { KnexScript, bound, quoted, quotedTable } from './knex-script.ts'
import { KnexTable, type Link } from './knex-table.ts'

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

/** Reads `up` of one migration in source order, as SQL. Loops over constants and helpers in sight are followed. */
export class KnexMigration {
  readonly script = new KnexScript()
  readonly #follower: Follower
  readonly #up: Term
  readonly #unread: (line: number, what: string) => void
  /** Builders of the callbacks that are being read. */
  readonly #tables = new Map<TSESTree.Node, KnexTable>()
  #depth = 0

  constructor(up: Term, follower: Follower, unread: (line: number, what: string) => void) {
    this.#up = up
    this.#follower = follower
    this.#unread = unread
    this.#function(up)
  }

  #function(callee: Term): void {
    if (isFunction(callee.node)) this.#visit({ ...callee, node: callee.node.body })
  }

  #visit(at: Term): void {
    const { node } = at
    if (node.type === 'CallExpression') return this.#call(at, node)
    if (node.type === 'ForOfStatement') return this.#loop(at, node)
    if (node.type === 'IfStatement') return this.#branch(at, node)
    if (isFunction(node)) return
    for (const child of childrenOf(node)) this.#visit({ ...at, node: child })
  }

  #call(at: Term, node: TSESTree.CallExpression): void {
    const { root, links } = this.#links(at)
    const table = this.#tableOf(root)
    if (table !== null) return table.apply(links)
    if (this.#isKnex(root)) return this.#knex(links)
    if (this.#depth > 20) return
    this.#depth++
    const callee = this.#follower.follow({ ...at, node: node.callee })
    if (isFunction(callee.node)) {
      this.#visit(this.#follower.within(callee, node, at, callee.node.body))
    } else this.#unknownCall(at, node)
    this.#depth--
  }

  /** `names.forEach((name) => …)`, `Promise.all([…])`: callbacks run once for each element that is in sight. */
  #unknownCall(at: Term, node: TSESTree.CallExpression): void {
    const callee = unwrap(node.callee)
    if (callee.type === 'MemberExpression') {
      this.#visit({ ...at, node: callee.object })
      if (['forEach', 'map', 'flatMap'].includes(memberName(callee) ?? '')) {
        const elements = this.#elements({ ...at, node: callee.object })
        const callback = this.#follower.follow({ ...at, node: node.arguments[0] as TSESTree.Node })
        for (const element of elements) this.#callback(callback, element)
        return
      }
    }
    for (const argument of node.arguments) {
      const value = { ...at, node: argument as TSESTree.Node }
      if (isFunction(argument)) this.#callback(value, null)
      else this.#visit(value)
    }
  }

  #callback(callback: Term, argument: Term | null): void {
    if (!isFunction(callback.node)) return
    const given = new Map(callback.given)
    if (argument !== null) given.set(callback.node, [argument])
    this.#visit({ ...callback, given, node: callback.node.body })
  }

  #loop(at: Term, node: TSESTree.ForOfStatement): void {
    const elements = this.#elements({ ...at, node: node.right })
    for (const element of elements) {
      this.#visit({ ...at, given: new Map([...at.given, [node.right, [element]]]), node: node.body })
    }
    // Over rows of the database: what the body does to the schema, it does whatever they hold.
    if (elements.length === 0) this.#visit({ ...at, node: node.body })
  }

  #elements(list: Term): Term[] {
    const whole = this.#follower.follow(list)
    return whole.node.type === 'ArrayExpression' ? this.#follower.items(whole, () => undefined) : []
  }

  /** A constant decides; anything else (`hasTable`, the environment) is taken as a fresh database would have it. */
  #branch(at: Term, node: TSESTree.IfStatement): void {
    this.#visit({ ...at, node: node.test })
    const constant = this.#follower.text({ ...at, node: node.test })
    if (constant !== 'false') this.#visit({ ...at, node: node.consequent })
    if (node.alternate !== null && constant !== 'true') this.#visit({ ...at, node: node.alternate })
  }

  /** `root.a.b(…).c(…)`, through constants. */
  #links(term: Term): { readonly root: Term; readonly links: readonly Link[] } {
    const links: Link[] = []
    for (let at = this.#follower.follow(term); ;) {
      const { node } = at
      const call = node.type === 'CallExpression' ? node : null
      const member = unwrap(call?.callee ?? node)
      if (member.type !== 'MemberExpression') return { root: at, links: links.reverse() }
      links.push({
        name: memberName(member) ?? '',
        arguments: call?.arguments.map((one) => ({ ...at, node: one as TSESTree.Node })) ?? null,
        line: lineOf(member.property, at.module.text),
      })
      at = this.#follower.follow({ ...at, node: member.object })
    }
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

  #knex(links: readonly Link[]): void {
    const [first, ...rest] = links
    if (first?.name === 'raw') this.#raw(first)
    if (first?.name === 'transaction') {
      const callback = this.#follower.follow(first.arguments![0]!)
      if (isFunction(this.#up.node)) this.#callback(callback, this.#connection())
    }
    let schema: string | null = null
    for (const link of first?.name === 'schema' ? rest : []) {
      if (link.name === 'withSchema') schema = this.#text(link, 0)
      else this.#operation(link, schema)
    }
    for (const link of links.filter(({ name }) => name === 'then')) {
      for (const callback of link.arguments ?? []) this.#callback(this.#follower.follow(callback), null)
    }
  }

  /** The connection that `up` gets, for a transaction hands it on. */
  #connection(): Term | null {
    const [parameter] = isFunction(this.#up.node) ? this.#up.node.params : []
    return parameter?.type === 'Identifier' ? { ...this.#up, node: parameterUse(parameter, this.#up) } : null
  }

  #operation(link: Link, schema: string | null): void {
    const { name, line } = link
    const table = this.#text(link, 0)
    if (name === 'raw') return this.#raw(link)
    if (harmless.has(name) || link.arguments === null) return
    if (table === null) return this.#unread(line, `${name} of a table whose name is not constant`)
    const target = quotedTable(schema, table)
    switch (name) {
      case 'createTable':
      case 'createTableIfNotExists':
      case 'alterTable':
      case 'table':
        return this.#table(link, table, schema)
      case 'dropTable':
      case 'dropTableIfExists':
        return this.script.add(line, `DROP TABLE IF EXISTS ${target}`)
      case 'renameTable':
        return this.script.add(
          line,
          `ALTER TABLE ${target} RENAME TO ${quoted(this.#text(link, 1) ?? table)}`,
        )
      case 'createTableLike':
        return this.script.add(
          line,
          `CREATE TABLE ${target} (LIKE ${quotedTable(schema, this.#text(link, 1) ?? '')} INCLUDING ALL)`,
        )
      case 'createSchema':
      case 'createSchemaIfNotExists':
        return this.script.add(line, `CREATE SCHEMA IF NOT EXISTS ${quoted(table)}`)
      case 'dropSchema':
      case 'dropSchemaIfExists':
        return this.script.add(line, `DROP SCHEMA IF EXISTS ${quoted(table)}`)
      case 'dropView':
      case 'dropViewIfExists':
        return this.script.add(line, `DROP VIEW IF EXISTS ${target}`)
      default:
        return this.#unread(line, `${name} of ${table}`)
    }
  }

  #table(link: Link, name: string, schema: string | null): void {
    const callback = link
      .arguments!.map((one) => this.#follower.follow(one))
      .find(({ node }) => isFunction(node))
    const create = link.name.startsWith('create')
    const table = new KnexTable({ create, name, schema }, this.script, this.#follower, this.#unread)
    if (callback === undefined) this.#unread(link.line, `what ${link.name} does to ${name}`)
    else {
      this.#tables.set(callback.node, table)
      this.#function(callback)
      this.#tables.delete(callback.node)
    }
    table.finish(link.line)
  }

  #raw(link: Link): void {
    const [text, values] = link.arguments ?? []
    const sql = text === undefined ? null : this.#follower.text(text)
    if (sql !== null) {
      const list = values === undefined ? [] : this.#follower.items(values, () => undefined)
      this.script.add(
        link.line,
        bound(
          sql,
          list.map((one) => this.#follower.text(one)),
        ),
      )
    } else if (text !== undefined && changesSchema.test(written(this.#follower.follow(text)))) {
      this.#unread(link.line, 'raw SQL that is not constant')
    }
  }

  #text(link: Link, index: number): string | null {
    const value = link.arguments?.[index]
    return value === undefined ? null : this.#follower.text(value)
  }
}

/** The parameter as an expression: it stands for itself. */
function parameterUse(parameter: TSESTree.Identifier, up: Term): TSESTree.Node {
  return { ...parameter, parent: up.node } as TSESTree.Node
}

function written({ node, module }: Term): string {
  return module.text.slice(...node.range)
}
