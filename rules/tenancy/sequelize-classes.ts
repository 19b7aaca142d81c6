import type { AppliedDecorator } from './decorators.ts'
import type { EntityClass, EntityClasses, EntityMember } from './entity-classes.ts'
import type { Literals, Located } from './literals.ts'
import type { Association, AssociationKind, KeyOption } from './sequelize-associations.ts'
import type { Definition } from './sequelize-definitions.ts'
import type { SequelizeLinks } from './sequelize-links.ts'
import type { Attribute, ModelOptions, SequelizeModel, SequelizeModels } from './sequelize-models.ts'

const associations: Readonly<Record<string, AssociationKind>> = {
  BelongsTo: 'belongsTo',
  HasMany: 'hasMany',
  HasOne: 'hasOne',
  BelongsToMany: 'belongsToMany',
}

const attributes = ['Column', 'Attribute', 'CreatedAt', 'UpdatedAt', 'DeletedAt', 'PrimaryKey', 'ForeignKey']

/** Models that are classes with `@Table`, as sequelize-typescript has them. */
export class SequelizeClasses {
  readonly #classes: EntityClasses
  readonly #literals: Literals
  readonly #models: SequelizeModels
  readonly #options: (given: ModelOptions) => ModelOptions
  readonly #found = new Map<SequelizeModel, readonly EntityMember[]>()

  constructor(
    classes: EntityClasses,
    literals: Literals,
    models: SequelizeModels,
    options: (given: ModelOptions) => ModelOptions,
  ) {
    this.#classes = classes
    this.#literals = literals
    this.#models = models
    this.#options = options
  }

  definitions(): readonly Definition[] {
    return this.#classes.all.flatMap((one) => this.#definition(one) ?? [])
  }

  #definition(one: EntityClass): Definition | null {
    const table = one.decorators.find(isNamed('Table'))
    if (table === undefined) return null
    const options = this.#options((name) => table.arguments.option(name))
    const members = this.#classes.membersOf(this.#classes.lineageOf(one).classes)
    const name = this.#literals.text(options('modelName')) ?? one.name
    const model = this.#models.model(
      `${one.module.filename}#${one.name}`,
      name,
      members.flatMap((member) => this.#attribute(member) ?? []),
      options,
    )
    this.#found.set(model, members)
    return { model, node: one.node, names: [name, one.name] }
  }

  #attribute({ property, decorators }: EntityMember): Attribute | null {
    const kinds = new Map(decorators.filter(isSequelize).map((one) => [one.name, one.arguments]))
    if (!attributes.some((name) => kinds.has(name))) return null
    const allow = kinds.get('AllowNull')
    const stated = allow === undefined ? null : (this.#literals.flag(allow.plain[0] ?? null) ?? true)
    return {
      name: property,
      options: (name) => kinds.get('Column')?.option(name) ?? kinds.get('Attribute')?.option(name) ?? null,
      nullable: kinds.has('NotNull') ? false : stated,
      primary: kinds.has('PrimaryKey'),
    }
  }

  associations(links: SequelizeLinks): readonly Association[] {
    return [...this.#found].flatMap(([model, members]) =>
      members.flatMap((member) =>
        member.decorators
          .filter((one) => isSequelize(one) && one.name in associations)
          .flatMap((one) => this.#association(model, member, one, links) ?? []),
      ),
    )
  }

  #association(
    source: SequelizeModel,
    { property }: EntityMember,
    { name, arguments: given }: AppliedDecorator,
    links: SequelizeLinks,
  ): Association | null {
    const [first, ...rest] = given.plain
    const target = first === undefined ? null : links.find(first)
    if (target === null) {
      links.unread.push(`${source.name}.${property} leads to a model that was not found`)
      return null
    }
    const kind = associations[name]!
    const linked = links.linked(kind, source, target, (option) => given.option(option))
    const [between, near, far] = kind === 'belongsToMany' ? rest : [undefined, ...rest]
    const through = linked.through ?? (between === undefined ? null : links.through(between))
    const joining = through !== null && 'model' in through ? through.model : null
    const holder = kind === 'belongsTo' ? source : kind === 'belongsToMany' ? joining : target
    const key = (at: Located | undefined, stated: KeyOption, other: SequelizeModel): KeyOption => {
      const known = at === undefined ? stated : links.key(at)
      if (known.name !== null || holder === null) return known
      return { ...known, name: this.#markedKey(holder, other, links) }
    }
    return {
      ...linked,
      alias: property,
      foreignKey: key(near, linked.foreignKey, kind === 'belongsTo' ? target : source),
      otherKey: key(far, linked.otherKey, target),
      through,
    }
  }

  /** The attribute with `@ForeignKey(() => other)`. */
  #markedKey(holder: SequelizeModel, other: SequelizeModel, links: SequelizeLinks): string | null {
    const member = this.#found.get(holder)?.find(({ decorators }) =>
      decorators.some((one) => {
        const [goal] = isNamed('ForeignKey')(one) ? one.arguments.plain : []
        return goal !== undefined && links.find(goal) === other
      }),
    )
    return member?.property ?? null
  }
}

function isNamed(name: string): (one: AppliedDecorator) => boolean {
  return (one) => isSequelize(one) && one.name === name
}

/** A project's own package that cannot be read is taken at the name of its decorators. */
function isSequelize({ package: from }: AppliedDecorator): boolean {
  return from === null || /sequelize/.test(from) || from.startsWith('.')
}
