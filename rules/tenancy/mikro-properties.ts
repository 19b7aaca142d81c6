import { memberName } from '../source/binding.ts'
import type { DeclaredColumn, DeclaredRelation, JoinColumn, JoinTable } from './declared.ts'
import type { Literals, Located } from './literals.ts'
import type { MikroNaming } from './mikro-names.ts'
import { keyOf } from './names.ts'

/** Options of a property, from a decorator, an object or a chain of calls. */
export interface PropertyOptions {
  readonly option: (name: string) => Located | null
  readonly text: (name: string) => string | null
  readonly flag: (name: string) => boolean | null
}

export type MikroKind = 'column' | 'primary' | 'm:1' | '1:m' | '1:1' | 'm:n' | 'embedded'

/** A property of an entity, however it is written. */
export interface MikroProperty {
  readonly name: string
  readonly kind: MikroKind
  readonly options: PropertyOptions
  /** The other entity, or the embedded class. */
  readonly target: Located | null
  readonly mappedBy: Located | null
  /** Nullable because its type says so, where MikroORM reads types. */
  readonly optional: boolean
}

export interface MikroMembers {
  readonly columns: DeclaredColumn[]
  readonly relations: DeclaredRelation[]
}

/** What MikroORM makes of properties. */
export class MikroProperties {
  readonly #literals: Literals
  readonly #naming: MikroNaming
  readonly #keyOf: (target: Located) => string | null
  readonly #embedded: (target: Located) => readonly MikroProperty[]

  constructor(
    literals: Literals,
    naming: MikroNaming,
    keyOfTarget: (target: Located) => string | null,
    embedded: (target: Located) => readonly MikroProperty[],
  ) {
    this.#literals = literals
    this.#naming = naming
    this.#keyOf = keyOfTarget
    this.#embedded = embedded
  }

  declare(properties: readonly MikroProperty[]): MikroMembers {
    const found: MikroMembers = { columns: [], relations: [] }
    for (const property of properties) this.#declare(property, found)
    return found
  }

  #declare(property: MikroProperty, found: MikroMembers): void {
    const { kind, options } = property
    if (options.flag('persist') === false || options.option('formula') !== null) return
    if (kind === 'embedded') found.columns.push(...this.#embeddedColumns(property))
    else if (kind === 'column' || kind === 'primary') found.columns.push(this.#column(property))
    else found.relations.push(this.#relation(property))
  }

  #column({ name, kind, options, optional }: MikroProperty): DeclaredColumn {
    const column = options.text('fieldName') ?? options.text('name') ?? this.#naming.column(name)
    const primary = kind === 'primary' || options.flag('primary') === true
    return { property: name, column, nullable: !primary && (options.flag('nullable') ?? optional), primary }
  }

  /** The columns of an embedded object lie in the table of its owner, under a prefix; as an `object` it is one column. */
  #embeddedColumns(property: MikroProperty): DeclaredColumn[] {
    const { name, options, target, optional } = property
    const whole = options.flag('object') === true || options.flag('array') === true
    if (whole || target === null) return [this.#column(property)]
    const given = options.text('prefix') ?? `${this.#naming.column(name)}_`
    const prefix = options.flag('prefix') === false ? '' : given
    const orNull = options.flag('nullable') ?? optional
    return this.declare(this.#embedded(target)).columns.map((column) => ({
      property: `${name}.${column.property}`,
      column: prefix + column.column,
      nullable: column.nullable || orNull,
      primary: false,
    }))
  }

  #relation({ name, kind, options, target, mappedBy, optional }: MikroProperty): DeclaredRelation {
    const end = { property: name, to: target === null ? null : this.#keyOf(target) }
    const facing = options.option('mappedBy') ?? mappedBy
    const inverse = facing === null ? null : this.#propertyOf(facing)
    if (kind === '1:m') return { ...end, side: 'inverse', many: true, mappedBy: inverse }
    if (kind === 'm:n') {
      const owns = options.flag('owner') === true || inverse === null
      return { ...end, side: 'joined', table: owns ? this.#joinTable(options) : null }
    }
    const owns = options.flag('owner') === true || inverse === null
    if (kind === '1:1' && !owns) return { ...end, side: 'inverse', many: false, mappedBy: inverse }
    const rule = options.text('deleteRule') ?? options.text('onDelete')
    return {
      ...end,
      side: 'owner',
      columns: this.#joinColumns(options, ['joinColumn', 'joinColumns', 'fieldName', 'fieldNames', 'name']),
      nullable: options.flag('nullable') ?? optional,
      primary: options.flag('primary') === true,
      cascades: rule?.toLowerCase() === 'cascade',
      constrained: options.flag('createForeignKeyConstraint') !== false,
      keyProperty: null,
    }
  }

  #joinTable(options: PropertyOptions): JoinTable {
    const entity = options.option('pivotEntity')
    const named = options.text('pivotTable')
    const [schema, name] = named?.includes('.') ? named.split('.') : [null, named]
    return {
      name: name == null ? null : keyOf({ schema: schema ?? null, name }),
      model: entity === null ? null : this.#keyOf(entity),
      own: this.#joinColumns(options, ['joinColumn', 'joinColumns']),
      other: this.#joinColumns(options, ['inverseJoinColumn', 'inverseJoinColumns']),
    }
  }

  #joinColumns(options: PropertyOptions, names: readonly string[]): JoinColumn[] {
    for (const name of names) {
      const columns = this.#literals
        .elements(options.option(name))
        .map((one) => this.#literals.text(one))
        .filter((text) => text !== null)
      if (columns.length > 0) return columns.map((column) => ({ column, referenced: null }))
    }
    return []
  }

  /** `(task) => task.project`, `'project'` → `project`. */
  #propertyOf(at: Located): string | null {
    const text = this.#literals.text(at)
    if (text !== null) return text
    const { node } = this.#literals.returned(at)
    return node.type === 'MemberExpression' ? memberName(node) : null
  }
}
