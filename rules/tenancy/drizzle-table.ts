import type { TSESTree } from '@typescript-eslint/utils'
import { keyName, memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import type { Declared, Follower, Term } from '../source/term.ts'

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

/** `root(…).method(…).method(…)`. */
interface Chain {
  readonly root: Term & { readonly node: TSESTree.CallExpression }
  readonly methods: readonly Method[]
}

interface Method {
  readonly name: string
  readonly arguments: readonly Term[]
}

const maker = /^(?:pg|mysql|sqlite|singlestore|gel|cockroach|mssql)(?:Table|View|MaterializedView)$/
const creator = /^(?:pg|mysql|sqlite|singlestore|gel|cockroach|mssql)TableCreator$/
const schemaMaker = /^(?:pg|mysql|singlestore|gel|cockroach|mssql)Schema$/
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
    const chain = this.#chain(this.#follower.term(declarator.init, module))
    const call = chain === null ? null : this.#tableCall(chain)
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

  #chain(term: Term): Chain | null {
    const methods: Method[] = []
    for (let at = this.#follower.follow(term); ;) {
      const { node } = at
      if (node.type !== 'CallExpression') return null
      const callee = unwrap(node.callee)
      const object = callee.type === 'MemberExpression' ? unwrap(callee.object) : null
      const before = object === null ? null : this.#follower.follow({ ...at, node: object })
      if (before?.node.type !== 'CallExpression' || callee.type !== 'MemberExpression') {
        return { root: { ...at, node }, methods: methods.reverse() }
      }
      const values = node.arguments.map((argument) => ({ ...at, node: argument as TSESTree.Node }))
      methods.push({ name: memberName(callee) ?? '', arguments: values })
      at = before
    }
  }

  /** Does the chain make a table, and with which arguments? */
  #tableCall({ root, methods }: Chain): {
    readonly schema: string | null
    readonly kind: 'table' | 'view'
    readonly arguments: readonly Term[]
    readonly secure: boolean
    readonly nameOf: (name: Term) => string | null
  } | null {
    const values = root.node.arguments.map((argument) => ({ ...root, node: argument as TSESTree.Node }))
    const nameOf = (name: Term) => this.#follower.text(name)
    const callee = { ...root, node: unwrap(root.node.callee) }
    const made = this.#follower.packageExport(callee)?.name ?? ''
    const [method] = methods
    if (
      schemaMaker.test(made) &&
      method !== undefined &&
      /^(table|view|materializedView)$/.test(method.name)
    ) {
      const schema = values[0] === undefined ? null : nameOf(values[0])
      const kind = method.name === 'table' ? 'table' : 'view'
      return { schema, kind, arguments: method.arguments, secure: false, nameOf }
    }
    const plain = { schema: null, arguments: values, secure: false, nameOf }
    if (maker.test(made)) return { ...plain, kind: made.endsWith('View') ? 'view' : 'table' }
    if (callee.node.type === 'MemberExpression' && memberName(callee.node) === 'withRLS') {
      const object = this.#follower.packageExport({ ...callee, node: callee.node.object })?.name ?? ''
      return maker.test(object) ? { ...plain, kind: 'table', secure: true } : null
    }
    const factory = this.#follower.follow(callee)
    if (factory.node.type !== 'CallExpression') return null
    const created = this.#follower.packageExport({ ...factory, node: factory.node.callee })?.name ?? ''
    if (!creator.test(created)) return null
    const rename = { ...factory, node: factory.node.arguments[0] as TSESTree.Node }
    return { ...plain, kind: 'table', nameOf: () => this.#renamed(rename, root) }
  }

  /** `pgTableCreator((name) => `app_${name}`)`. */
  #renamed(rename: Term, root: Chain['root']): string | null {
    const callee = this.#follower.follow(rename)
    const body = this.#follower.body(callee)
    return this.#follower.text(this.#follower.within(callee, root.node, root, body.node))
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
    const chain = this.#chain(value)
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
    return items.flatMap((item) => this.#chain(item) ?? [])
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
    const chain = this.#chain(this.#follower.body(term))
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
