import type { Follower, Term } from '../source/term.ts'
import { type KnexScript, columnType, keyName, quoted, quotedTable } from './knex-script.ts'

/** `object.name(…)` or `object.name`; arguments are null where nothing is called. */
export interface Link {
  readonly name: string
  readonly arguments: readonly Term[] | null
  readonly line: number
}

const ignored = new Set(
  'index dropIndex comment engine charset collate inherits queryContext dropUniqueIfExists check'.split(' '),
)

/** Collects what the callback of `createTable` or `alterTable` says, and writes it as SQL. */
export class KnexTable {
  readonly #parts: string[] = []
  readonly #create: boolean
  readonly #name: string
  readonly #schema: string | null
  readonly #script: KnexScript
  readonly #follower: Follower
  readonly #unread: (line: number, what: string) => void

  constructor(
    options: { readonly create: boolean; readonly name: string; readonly schema: string | null },
    script: KnexScript,
    follower: Follower,
    unread: (line: number, what: string) => void,
  ) {
    this.#create = options.create
    this.#name = options.name
    this.#schema = options.schema
    this.#script = script
    this.#follower = follower
    this.#unread = unread
  }

  /** The table itself, once its callback has been read. */
  finish(line: number): void {
    if (!this.#create) return
    this.#script.add(line, `CREATE TABLE IF NOT EXISTS ${this.#target} (${this.#parts.join(', ')})`)
  }

  /** One statement of the callback: `table.uuid('org_id').notNullable().references('orgs.id')`. */
  apply(links: readonly Link[]): void {
    const [first, ...modifiers] = links
    if (first === undefined || first.arguments === null || ignored.has(first.name)) return
    const { line } = first
    switch (first.name) {
      case 'timestamps':
        return this.#timestamps(first)
      case 'dropTimestamps':
        return this.#drop(line, ['created_at', 'updated_at'])
      case 'dropColumn':
      case 'dropColumns':
        return this.#drop(line, this.#texts(first.arguments))
      case 'renameColumn':
        return this.#rename(first)
      case 'setNullable':
      case 'dropNullable':
        return this.#nullable(line, this.#texts(first.arguments)[0], first.name === 'setNullable')
      case 'primary':
      case 'unique':
        return this.#key(first)
      case 'foreign':
        return this.#foreign(line, this.#texts([first.arguments[0]!]), modifiers)
      case 'dropPrimary':
        return this.#dropConstraint(line, this.#texts(first.arguments)[0] ?? `${this.#name}_pkey`)
      case 'dropForeign':
      case 'dropUnique':
        return this.#dropKey(first)
      default:
        return this.#column(first, modifiers)
    }
  }

  get #target(): string {
    return quotedTable(this.#schema, this.#name)
  }

  #add(line: number, part: string): void {
    if (this.#create) this.#parts.push(part)
    else this.#script.add(line, `ALTER TABLE ${this.#target} ADD ${part}`)
  }

  #alter(line: number, command: string): void {
    this.#script.add(line, `ALTER TABLE ${this.#target} ${command}`)
  }

  #column(first: Link, modifiers: readonly Link[]): void {
    const increments = /^(big)?increments$/i.test(first.name)
    const [given] = first.arguments!
    const name = given === undefined ? (increments ? 'id' : null) : this.#follower.text(given)
    if (name === null) {
      this.#unread(first.line, `${first.name} of ${this.#name}, whose column is not constant`)
      return
    }
    const has = (...names: readonly string[]) => modifiers.some((link) => names.includes(link.name))
    const required = has('notNullable', 'notNull', 'primary') || increments
    if (has('alter')) {
      this.#nullable(first.line, name, !required)
      return
    }
    const exists = this.#create ? '' : 'COLUMN IF NOT EXISTS '
    const column = `${exists}${quoted(name)} ${columnType(first.name)}`
    this.#add(first.line, column + (required ? ' NOT NULL' : ''))
    if (increments || has('primary')) this.#add(first.line, `PRIMARY KEY (${quoted(name)})`)
    if (has('unique')) this.#unique(first.line, [name])
    if (has('references')) this.#foreign(first.line, [name], modifiers)
  }

  #timestamps({ arguments: values, line }: Link): void {
    const texts = (values ?? []).map((one) => this.#follower.text(one))
    const required = texts[1] === 'true' ? ' NOT NULL' : ''
    const camel = texts[2] === 'true'
    for (const name of camel ? ['createdAt', 'updatedAt'] : ['created_at', 'updated_at']) {
      this.#add(line, `${this.#create ? '' : 'COLUMN IF NOT EXISTS '}${quoted(name)} timestamptz${required}`)
    }
  }

  #key({ name, arguments: values, line }: Link): void {
    const columns = this.#texts([values![0]!])
    if (columns.length === 0) this.#unread(line, `a key of ${this.#name} whose columns are not constant`)
    else if (name === 'unique') this.#unique(line, columns)
    else this.#add(line, `PRIMARY KEY (${columns.map(quoted).join(', ')})`)
  }

  #unique(line: number, columns: readonly string[]): void {
    const constraint = quoted(keyName(this.#name, columns, 'unique'))
    this.#add(line, `CONSTRAINT ${constraint} UNIQUE (${columns.map(quoted).join(', ')})`)
  }

  #foreign(line: number, columns: readonly string[], modifiers: readonly Link[]): void {
    const textsOf = (name: string) =>
      this.#texts(modifiers.find((link) => link.name === name)?.arguments ?? [])
    const references = textsOf('references')
    const [table] = textsOf('inTable')
    const far =
      table === undefined ? references.map(splitLast) : references.map((one) => [table, one] as const)
    const [to] = far
    if (columns.length === 0 || to === undefined || to[0] === '' || far.length !== columns.length) {
      this.#unread(line, `a foreign key of ${this.#name} that is not constant`)
      return
    }
    const onDelete = /^cascade$/i.test(textsOf('onDelete')[0] ?? '') ? ' ON DELETE CASCADE' : ''
    const constraint = textsOf('withKeyName')[0] ?? keyName(this.#name, columns, 'foreign')
    const ends = far.map(([, column]) => quoted(column)).join(', ')
    this.#add(
      line,
      `CONSTRAINT ${quoted(constraint)} FOREIGN KEY (${columns.map(quoted).join(', ')}) REFERENCES ${quotedTable(this.#schema, to[0])} (${ends})${onDelete}`,
    )
  }

  #drop(line: number, columns: readonly string[]): void {
    if (columns.length === 0) this.#unread(line, `dropped columns of ${this.#name} that are not constant`)
    for (const column of columns) this.#alter(line, `DROP COLUMN IF EXISTS ${quoted(column)}`)
  }

  #rename({ arguments: values, line }: Link): void {
    const [from, to] = this.#texts(values ?? [])
    if (from === undefined || to === undefined) {
      this.#unread(line, `a renamed column of ${this.#name} that is not constant`)
    } else this.#alter(line, `RENAME COLUMN ${quoted(from)} TO ${quoted(to)}`)
  }

  #nullable(line: number, column: string | undefined, nullable: boolean): void {
    if (column === undefined) this.#unread(line, `a column of ${this.#name} that is not constant`)
    else this.#alter(line, `ALTER COLUMN ${quoted(column)} ${nullable ? 'DROP' : 'SET'} NOT NULL`)
  }

  #dropKey({ name, arguments: values, line }: Link): void {
    const [columns, given] = values ?? []
    const own = given === undefined ? null : this.#follower.text(given)
    const kind = name === 'dropForeign' ? 'foreign' : 'unique'
    const listed = columns === undefined ? [] : this.#texts([columns])
    if (own === null && listed.length === 0) this.#unread(line, `a dropped key of ${this.#name}`)
    else this.#dropConstraint(line, own ?? keyName(this.#name, listed, kind))
  }

  #dropConstraint(line: number, name: string): void {
    this.#alter(line, `DROP CONSTRAINT IF EXISTS ${quoted(name)}`)
  }

  /** Constant names, each alone or in a list. */
  #texts(values: readonly Term[]): string[] {
    return values.flatMap((value) => {
      const list = this.#follower.follow(value)
      const items =
        list.node.type === 'ArrayExpression' ? this.#follower.items(list, () => undefined) : [value]
      return items.flatMap((one) => this.#follower.text(one) ?? [])
    })
  }
}

/** `app.users.id` → `app.users` and `id`. */
function splitLast(text: string): readonly [string, string] {
  const at = text.lastIndexOf('.')
  return [text.slice(0, Math.max(at, 0)), text.slice(at + 1)]
}
