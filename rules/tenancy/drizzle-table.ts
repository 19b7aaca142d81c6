import type { TSESTree } from '@typescript-eslint/utils'
import { keyName, memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import type { Declared, Follower, Term } from '../source/term.ts'
import { type Chain, type Method, chainOf, tableCallOf } from './drizzle-call.ts'

/** A column as the model says it; names are those of the program, and of the database where it gives one. */
export interface DrizzleColumn {
  readonly property: string
  /** Null: the name comes from the property. */
  readonly name: string | null
  readonly nullable: boolean
  readonly primary: boolean
}

/** A foreign key, its far end still to be found. */
export interface DrizzleReference {
  readonly properties: readonly string[]
  readonly to: Declared
  readonly toProperties: readonly string[]
  readonly cascades: boolean
}

/** One `pgTable('name', { … })`, or a view. */
export interface DrizzleTable {
  readonly declared: Declared
  /** The constant that holds it. */
  readonly constant: string
  readonly schema: string | null
  readonly name: string
  readonly kind: 'table' | 'view'
  readonly columns: readonly DrizzleColumn[]
  readonly primaryKey: readonly string[]
  readonly references: readonly DrizzleReference[]
  /** Tables that a view mentions. */
  readonly mentions: readonly Declared[]
  readonly rowSecurity: boolean
  /** Text of the policies. */
  readonly policies: readonly string[]
}

const serial = /^(?:small|big)?serial$/i

/** Reads the tables that variables of a schema hold. */
export class DrizzleTableReader {
  readonly #follower: Follower
  readonly #unread: (at: Term, what: string) => void

  constructor(follower: Follower, unread: (at: Term, what: string) => void) {
    this.#follower = follower
    this.#unread = unread
  }

  /** The table that a variable holds, null when it holds something else. */
  read({ declarator, module }: Declared): DrizzleTable | null {
    if (declarator.init === null || declarator.id.type !== 'Identifier') return null
    const chain = chainOf(this.#follower, this.#follower.term(declarator.init, module))
    const call = chain === null ? null : tableCallOf(this.#follower, chain)
    if (chain === null || call === null) return null
    const [name, columns, extras] = call.arguments
    const text = name === undefined ? null : call.nameOf(name)
    if (text === null) {
      this.#unread(chain.root, 'a table whose name is not constant')
      return null
    }
    return {
      declared: { declarator, module },
      constant: declarator.id.name,
      schema: call.schema,
      name: text,
      kind: call.kind,
      ...this.#columns(call.kind === 'view' && columns === undefined ? null : (columns ?? null), extras),
      mentions: chain.methods.flatMap((method) => method.arguments.flatMap((one) => this.#mentions(one))),
      ...this.#security(call.secure || chain.methods.some((one) => one.name === 'enableRLS'), extras),
    }
  }

  #columns(
    columns: Term | null,
    extras: Term | undefined,
  ): Pick<DrizzleTable, 'columns' | 'primaryKey' | 'references'> {
    if (columns === null) return { columns: [], primaryKey: [], references: [] }
    const object = this.#follower.body(columns)
    const read = this.#follower
      .entries(object, (at) => this.#unread(at, 'columns that are not written out'))
      .flatMap(([property, value]) => this.#column(property, value) ?? [])
    const own = read.map(({ column }) => column)
    const keys = this.#keys(extras)
    const primary = keys.primary ?? own.filter((column) => column.primary).map(({ property }) => property)
    return {
      columns: own.map((column) =>
        primary.includes(column.property) ? { ...column, nullable: false } : column,
      ),
      primaryKey: primary,
      references: [...read.flatMap(({ reference }) => reference ?? []), ...keys.foreign],
    }
  }

  #column(
    property: string,
    value: Term,
  ): { readonly column: DrizzleColumn; readonly reference: DrizzleReference | null } | null {
    const chain = chainOf(this.#follower, value)
    if (chain === null) {
      this.#unread(value, `the column ${property}, which is not written out`)
      return null
    }
    const { root, methods } = chain
    const has = (name: string) => methods.some((method) => method.name === name)
    const first = root.node.arguments[0]
    const callee = unwrap(root.node.callee)
    const type =
      callee.type === 'MemberExpression'
        ? memberName(callee)
        : this.#follower.packageExport({ ...root, node: callee })?.name
    const required =
      has('notNull') ||
      has('primaryKey') ||
      has('generatedAlwaysAsIdentity') ||
      has('generatedByDefaultAsIdentity') ||
      serial.test(type ?? '')
    return {
      column: {
        property,
        name: first === undefined ? null : this.#follower.text({ ...root, node: first as TSESTree.Node }),
        nullable: !required,
        primary: has('primaryKey'),
      },
      reference: this.#reference(
        property,
        methods.find(({ name }) => name === 'references'),
      ),
    }
  }

  /** `.references(() => users.id, { onDelete: 'cascade' })`. */
  #reference(property: string, method: Method | undefined): DrizzleReference | null {
    const [target, options] = method?.arguments ?? []
    if (target === undefined) return null
    const far = this.#far(this.#bodyOf(target))
    if (far === null) {
      this.#unread(target, `what ${property} refers to`)
      return null
    }
    const action =
      options === undefined ? null : this.#follower.property(this.#follower.follow(options), 'onDelete')
    return {
      properties: [property],
      to: far.table,
      toProperties: [far.property],
      cascades: action !== null && this.#follower.text(action) === 'cascade',
    }
  }

  #bodyOf(callback: Term): Term {
    return this.#follower.body(callback)
  }

  /** The table and property of `users.id`. */
  #far(term: Term): { readonly table: Declared; readonly property: string } | null {
    const node = unwrap(term.node)
    const property = node.type === 'MemberExpression' ? memberName(node) : null
    if (node.type !== 'MemberExpression' || property === null) return null
    const table = this.#follower.declared({ ...term, node: node.object })
    return table === null ? null : { table, property }
  }

  /** Keys among the extras of a table. */
  #keys(extras: Term | undefined): {
    readonly primary: readonly string[] | null
    readonly foreign: readonly DrizzleReference[]
  } {
    let primary: readonly string[] | null = null
    const foreign: DrizzleReference[] = []
    for (const { root, methods } of extras === undefined ? [] : this.#extraItems(extras)) {
      const made = this.#follower.packageExport({ ...root, node: root.node.callee })?.name
      const values = root.node.arguments.map((argument) => ({ ...root, node: argument as TSESTree.Node }))
      if (made === 'primaryKey') primary = this.#keyColumns(values)
      if (made === 'foreignKey' && values[0] !== undefined) {
        foreign.push(...(this.#foreign(values[0], methods) ?? []))
      }
    }
    return { primary, foreign }
  }

  #extraItems(extras: Term): Chain[] {
    const list = this.#follower.body(extras)
    const items = this.#follower.items(list, (at) =>
      this.#unread(at, 'keys of a table that are not written out'),
    )
    return items.flatMap((item) => chainOf(this.#follower, item) ?? [])
  }

  /** `primaryKey({ columns: [t.a, t.b] })`, and the older `primaryKey(t.a, t.b)`. */
  #keyColumns(values: readonly Term[]): string[] {
    const [first] = values
    const listed =
      first === undefined ? null : this.#follower.property(this.#follower.follow(first), 'columns')
    return listed === null ? values.flatMap((one) => propertyIn(one)) : this.#properties(listed)
  }

  #properties(list: Term): string[] {
    return this.#follower.items(list, (at) => this.#unread(at, 'the columns of a key')).flatMap(propertyIn)
  }

  #foreign(options: Term, methods: readonly Method[]): DrizzleReference[] | null {
    const object = this.#follower.follow(this.#follower.body(options))
    const near = this.#follower.property(object, 'columns')
    const far = this.#follower.property(object, 'foreignColumns')
    if (near === null || far === null) return null
    const ends = this.#follower
      .items(far, (at) => this.#unread(at, 'the columns of a foreign key'))
      .flatMap((one) => this.#far(one) ?? [])
    const properties = this.#properties(near)
    if (ends[0] === undefined || ends.length !== properties.length) {
      this.#unread(options, 'the far end of a foreign key')
      return null
    }
    const reference = {
      properties,
      to: ends[0].table,
      toProperties: ends.map(({ property }) => property),
      cascades: methods.some(
        ({ name, arguments: [action] }) =>
          name === 'onDelete' && action !== undefined && this.#follower.text(action) === 'cascade',
      ),
    }
    return [reference]
  }

  /** Drizzle enables row-level security where `enableRLS` or a policy says so. */
  #security(enabled: boolean, extras: Term | undefined): Pick<DrizzleTable, 'rowSecurity' | 'policies'> {
    const policies = (extras === undefined ? [] : this.#extraItems(extras)).flatMap(({ root }) => {
      const made = this.#follower.packageExport({ ...root, node: root.node.callee })
      if (made === null || !/Policy$/.test(made.name)) return []
      return [root.module.text.slice(...root.node.range)]
    })
    return { rowSecurity: enabled || policies.length > 0, policies }
  }

  /** Tables named in `.from(users).leftJoin(posts, …)` of a view. */
  #mentions(term: Term): Declared[] {
    const chain = chainOf(this.#follower, this.#follower.body(term))
    if (chain === null) return []
    return chain.methods
      .filter(({ name }) => /^(from|\w*[jJ]oin)$/.test(name))
      .flatMap(({ arguments: [table] }) =>
        table === undefined ? [] : (this.#follower.declared(table) ?? []),
      )
  }
}

/** `t.orgId` → `orgId`. */
function propertyIn({ node }: Term): string[] {
  const bare = unwrap(node)
  const name = bare.type === 'MemberExpression' ? keyName(bare.property, bare.computed) : null
  return name === null ? [] : [name]
}
