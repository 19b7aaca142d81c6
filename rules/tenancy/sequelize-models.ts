import type { DeclaredColumn } from './declared.ts'
import type { Literals, Located } from './literals.ts'
import { keyOf } from './names.ts'
import { plural, singularOf } from './plural.ts'

/** A model as `define`, `init` or `@Table` declares it, before associations add to it. */
export interface SequelizeModel {
  readonly key: string
  readonly name: string
  readonly singular: string
  readonly plural: string
  readonly table: string
  /** Columns are `snake_case` where their attributes are not. */
  readonly underscored: boolean
  readonly columns: readonly DeclaredColumn[]
  /** Attributes with `references`. */
  readonly references: readonly AttributeReference[]
}

export interface AttributeReference {
  readonly attribute: string
  /** The other model, or the name of its table. */
  readonly to: { readonly model: Located } | { readonly table: string }
  readonly key: string | null
  readonly cascades: boolean
}

/** An attribute and its options, from an object or from decorators. */
export interface Attribute {
  readonly name: string
  readonly options: (name: string) => Located | null
  readonly nullable: boolean | null
  readonly primary: boolean
}

/** Options of `define`, of `init`, of `@Table`, and `define` of the connection behind them. */
export type ModelOptions = (name: string) => Located | null

/** Settles the names of a model and of its columns. */
export class SequelizeModels {
  readonly #literals: Literals

  constructor(literals: Literals) {
    this.#literals = literals
  }

  model(key: string, name: string, attributes: readonly Attribute[], options: ModelOptions): SequelizeModel {
    const text = (option: string) => this.#literals.text(options(option))
    const flag = (option: string) => this.#literals.flag(options(option))
    const named = (form: string) => this.#literals.text(this.#literals.property(options('name'), form))
    const underscored = flag('underscored') === true
    const many = named('plural') ?? plural(name)
    const frozen = flag('freezeTableName') === true
    const bare = frozen ? name : underscored ? underscore(many) : many
    const columns = attributes.flatMap((attribute) => this.#column(attribute, underscored) ?? [])
    const whole = [...this.#implicitKey(columns), ...columns]
    return {
      key,
      name,
      singular: named('singular') ?? singularOf(name),
      plural: many,
      table: keyOf({ schema: text('schema'), name: text('tableName') ?? bare }),
      underscored,
      columns: [...whole, ...this.#timestamps(options, underscored, whole)],
      references: attributes.flatMap((attribute) => this.#reference(attribute) ?? []),
    }
  }

  #column({ name, options, nullable, primary }: Attribute, underscored: boolean): DeclaredColumn | null {
    const type = options('type')
    if (type !== null && /\bVIRTUAL\b/.test(textOf(type))) return null
    const isKey = primary || this.#literals.flag(options('primaryKey')) === true
    const column = this.#literals.text(options('field')) ?? columnOf(name, underscored)
    const orNull = nullable ?? this.#literals.flag(options('allowNull')) ?? true
    return { property: name, column, nullable: !isKey && orNull, primary: isKey }
  }

  #implicitKey(columns: readonly DeclaredColumn[]): readonly DeclaredColumn[] {
    if (columns.some(({ primary, property }) => primary || property === 'id')) return []
    return [{ property: 'id', column: 'id', nullable: false, primary: true }]
  }

  #timestamps(
    options: ModelOptions,
    underscored: boolean,
    known: readonly DeclaredColumn[],
  ): DeclaredColumn[] {
    const flag = (option: string) => this.#literals.flag(options(option))
    if (flag('timestamps') === false) return []
    const names = ['createdAt', 'updatedAt', ...(flag('paranoid') === true ? ['deletedAt'] : [])]
    return names
      .filter((name) => flag(name) !== false)
      .map((name) => this.#literals.text(options(name)) ?? name)
      .filter((name) => !known.some(({ property }) => property === name))
      .map((name) => ({
        property: name,
        column: columnOf(name, underscored),
        nullable: name === 'deletedAt',
        primary: false,
      }))
  }

  #reference({ name, options }: Attribute): AttributeReference | null {
    const given = options('references')
    if (given === null) return null
    const model = this.#literals.isObject(given) ? this.#literals.property(given, 'model') : given
    const target = model ?? this.#literals.property(given, 'table')
    if (target === null) return null
    const table =
      this.#literals.text(target) ?? this.#literals.text(this.#literals.property(target, 'tableName'))
    const schema = this.#literals.text(this.#literals.property(target, 'schema'))
    return {
      attribute: name,
      to: table === null ? { model: target } : { table: keyOf({ schema, name: table }) },
      key: this.#literals.text(this.#literals.property(given, 'key')),
      cascades: /^cascade$/i.test(this.#literals.text(options('onDelete')) ?? ''),
    }
  }
}

export function columnOf(attribute: string, underscored: boolean): string {
  return underscored ? underscore(attribute) : attribute
}

/** `memberNote` → `member_note`. */
export function underscore(name: string): string {
  return name
    .replace(/([A-Z\d]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase()
}

/** `member_id` → `memberId`. */
export function camelize(name: string): string {
  return name.trim().replace(/[-_\s]+(.)?/g, (_, next?: string) => next?.toUpperCase() ?? '')
}

function textOf({ node, module }: Located): string {
  return module.text.slice(node.range[0], node.range[1])
}
