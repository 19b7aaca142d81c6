import type { DeclaredModel } from './declared.ts'
import type { AppliedDecorator, DecoratorArguments } from './decorators.ts'
import type { EntityClass, EntityClasses, EntityMember } from './entity-classes.ts'
import type { Literals, Located } from './literals.ts'
import type { MikroNaming } from './mikro-names.ts'
import type { MikroKind, MikroProperties, MikroProperty } from './mikro-properties.ts'
import type { ModelNames } from './model-names.ts'
import { keyOf } from './names.ts'
import { inOneTable } from './single-table.ts'

const memberKinds: Readonly<Record<string, MikroKind>> = {
  Property: 'column',
  Enum: 'column',
  PrimaryKey: 'primary',
  ManyToOne: 'm:1',
  OneToMany: '1:m',
  OneToOne: '1:1',
  ManyToMany: 'm:n',
  Embedded: 'embedded',
}

/** Classes with `@Entity` as models. */
export class MikroEntities {
  readonly unread: string[] = []
  readonly #classes: EntityClasses
  readonly #literals: Literals
  readonly #naming: MikroNaming
  readonly #entities: ReadonlyMap<EntityClass, string>
  /** Does the project let MikroORM read types, where `?` makes a column nullable? */
  readonly #typed: boolean

  constructor(
    classes: EntityClasses,
    literals: Literals,
    naming: MikroNaming,
    names: ModelNames,
    typed: boolean,
  ) {
    this.#classes = classes
    this.#literals = literals
    this.#naming = naming
    this.#typed = typed
    const entities = classes.all.filter((one) => entityOf(one) !== null)
    this.#entities = new Map(entities.map((one) => [one, `${one.module.filename}#${one.name}`]))
    for (const [{ name }, key] of this.#entities) names.add(name, key)
  }

  keyOf(target: Located): string | null {
    const found = this.#classes.find(this.#literals.returned(target))
    return found === null ? null : (this.#entities.get(found) ?? null)
  }

  models(properties: MikroProperties): readonly DeclaredModel[] {
    return [...this.#entities].flatMap(([one, key]) => this.#model(one, key, properties) ?? [])
  }

  #model(one: EntityClass, key: string, properties: MikroProperties): DeclaredModel | null {
    const { classes, lost } = this.#classes.lineageOf(one)
    for (const name of lost) this.unread.push(`${one.name} extends ${name}, which was not found`)
    const holder = classes.slice(1).find((parent) => entityOf(parent)?.option('discriminatorColumn') != null)
    // An abstract base that keeps no table of its own is no entity to query.
    const abstract = entityOf(one)!.flag('abstract') === true && !entityOf(one)!.option('discriminatorColumn')
    if (abstract) return null
    const members = properties.declare(this.membersOf(classes))
    const own = new Set(this.membersOf([one]).map(({ name }) => name))
    return {
      key,
      name: one.name,
      table: this.#tableOf(holder ?? one),
      kind: entityOf(one)!.option('expression') === null ? 'table' : 'view',
      ...(holder === undefined ? members : inOneTable(members, own)),
    }
  }

  #tableOf(one: EntityClass): string {
    const given = entityOf(one)!
    const name = given.text('tableName') ?? given.text('collection') ?? this.#naming.table(one.name)
    return keyOf({ schema: given.text('schema'), name })
  }

  /** Properties of an embeddable class. */
  embedded(target: Located): readonly MikroProperty[] {
    const found = this.#classes.find(this.#literals.returned(target))
    return found === null ? [] : this.membersOf(this.#classes.lineageOf(found).classes)
  }

  membersOf(classes: readonly EntityClass[]): readonly MikroProperty[] {
    return this.#classes.membersOf(classes).flatMap((member) => this.#property(member) ?? [])
  }

  #property({ property, decorators, optional, type }: EntityMember): MikroProperty | null {
    for (const { name, arguments: given } of decorators.filter(isMikro)) {
      const kind = memberKinds[name] ?? memberKinds[endingOf(name)]
      if (kind === undefined) continue
      const [target, mappedBy] = given.plain
      const typed = type === null ? null : this.#typeArgument(type)
      return {
        name: property,
        kind,
        options: given,
        target: given.option('entity') ?? target ?? typed,
        mappedBy: mappedBy ?? null,
        optional: this.#typed && optional,
      }
    }
    return null
  }

  /** `Project` of `Ref<Project>`. */
  #typeArgument({ node, module }: Located): Located {
    if (node.type !== 'TSTypeReference') return { node, module }
    const [inner] = node.typeArguments?.params ?? []
    if (inner !== undefined) return this.#typeArgument({ node: inner, module })
    return { node: node.typeName, module }
  }
}

/** What `@Entity` was given, null for a class that is none. */
function entityOf({ decorators }: EntityClass): DecoratorArguments | null {
  const found = decorators.find((one) => isMikro(one) && endingOf(one.name) === 'Entity')
  return found?.arguments ?? null
}

const endings = ['Entity', ...Object.keys(memberKinds)]

/** The project's own decorators of a package that cannot be read are judged by how their names end. */
function endingOf(name: string): string {
  return endings.find((ending) => name.endsWith(ending)) ?? name
}

function isMikro({ package: from, name }: AppliedDecorator): boolean {
  if (from?.startsWith('@mikro-orm/') === true) return true
  const other = from !== null && /^(typeorm|sequelize|@nestjs\/|class-|type-graphql)/.test(from)
  return !other && !/^(Api|Is)/.test(name)
}
