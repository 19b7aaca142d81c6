import { memberName } from '../source/binding.ts'
import type { DeclaredColumn, DeclaredModel, DeclaredRelation, JoinColumn, JoinTable } from './declared.ts'
import type { DecoratorArguments } from './decorators.ts'
import type { EntityClass, EntityClasses, EntityMember } from './entity-classes.ts'
import type { Literals, Located } from './literals.ts'
import type { ModelNames } from './model-names.ts'
import { keyOf } from './names.ts'
import { inOneTable } from './single-table.ts'
import { isColumnKind, typeOrmDecorators, type TypeOrmKind } from './typeorm-kinds.ts'
import { columnAt, type Embedding, notEmbedded, type TypeOrmNaming } from './typeorm-names.ts'

/** What stands on one class or member, by kind. */
type Decorated = ReadonlyMap<TypeOrmKind, DecoratorArguments>

interface Members {
  readonly columns: DeclaredColumn[]
  readonly relations: DeclaredRelation[]
}

/** Classes with `@Entity`, `@ViewEntity` or `@ChildEntity` as models. */
export class TypeOrmEntities {
  readonly unread: string[] = []
  readonly #classes: EntityClasses
  readonly #literals: Literals
  readonly #naming: TypeOrmNaming
  readonly #names: ModelNames
  readonly #entities: ReadonlyMap<EntityClass, string>

  constructor(classes: EntityClasses, literals: Literals, naming: TypeOrmNaming, names: ModelNames) {
    this.#classes = classes
    this.#literals = literals
    this.#naming = naming
    this.#names = names
    const entities = classes.all.filter((one) => isEntity(byKind(one.decorators)))
    this.#entities = new Map(entities.map((one) => [one, `${one.module.filename}#${one.name}`]))
    for (const [{ name }, key] of this.#entities) names.add(name, key)
  }

  models(): readonly DeclaredModel[] {
    return [...this.#entities].map(([one, key]) => this.#model(one, key))
  }

  #model(one: EntityClass, key: string): DeclaredModel {
    const own = byKind(one.decorators)
    const { classes, lost } = this.#classes.lineageOf(one)
    for (const name of lost) this.unread.push(`${one.name} extends ${name}, which was not found`)
    const child = own.has('ChildEntity')
    const holder = child ? (classes.find((parent) => holdsTable(byKind(parent.decorators))) ?? one) : one
    const members = this.#membersOf(classes, notEmbedded, key)
    const kinds = byKind(holder.decorators)
    const tree = kinds.get('Tree')
    if (tree?.texts[0] === 'closure-table')
      members.relations.push(closureOf(this.#tableOf(holder), key, tree))
    if (kinds.has('TableInheritance')) members.columns.push(this.#discriminator(kinds))
    return {
      key,
      name: one.name,
      table: this.#tableOf(holder),
      kind: own.has('ViewEntity') ? 'view' : 'table',
      ...(child ? inOneTable(members, this.#ownOf(one)) : members),
    }
  }

  #tableOf(one: EntityClass): string {
    const kinds = byKind(one.decorators)
    const given = kinds.get('Entity') ?? kinds.get('ViewEntity')
    const name = given?.texts[0] ?? given?.text('name') ?? null
    const computed = name === null && given !== undefined && given.option('name') !== null
    if (computed) this.unread.push(`the table name of ${one.name} is computed`)
    return keyOf({ schema: given?.text('schema') ?? null, name: name ?? this.#naming.table(one.name) })
  }

  #discriminator(kinds: Decorated): DeclaredColumn {
    const column = kinds.get('TableInheritance')!.option('column')
    const name = this.#literals.text(column) ?? this.#literals.text(this.#literals.property(column, 'name'))
    return { property: name ?? 'type', column: name ?? 'type', nullable: false, primary: false }
  }

  #ownOf(one: EntityClass): ReadonlySet<string> {
    return new Set(this.#classes.membersOf([one]).map(({ property }) => property))
  }

  #membersOf(classes: readonly EntityClass[], at: Embedding, self: string): Members {
    const found: Members = { columns: [], relations: [] }
    const members = this.#classes
      .membersOf(classes)
      .map((member) => ({ member, kinds: byKind(member.decorators) }))
    const shown = new Map<string, string>()
    for (const { member, kinds } of members) {
      const relation = kinds.get('RelationId')?.plain[0]
      const name = relation === undefined ? null : this.#propertyOf(relation)
      if (name !== null && ![...kinds.keys()].some(isColumnKind)) shown.set(name, at.path + member.property)
    }
    for (const { member, kinds } of members) {
      const relation = this.#relation(member, kinds, at, self)
      const keyProperty = shown.get(member.property) ?? null
      if (relation === null) this.#column(member, kinds, at, self, found)
      else found.relations.push(relation.side === 'owner' ? { ...relation, keyProperty } : relation)
    }
    return found
  }

  #column({ property }: EntityMember, kinds: Decorated, at: Embedding, self: string, found: Members): void {
    const entry = [...kinds].find(([kind]) => isColumnKind(kind))
    if (entry === undefined) return
    const [kind, given] = entry
    const embedded = kind === 'Column' ? this.#embedded(given) : null
    if (embedded !== null) {
      const inner = this.#membersOf(
        this.#classes.lineageOf(embedded).classes,
        this.#embedding(property, given, at),
        self,
      )
      found.columns.push(...inner.columns)
      found.relations.push(...inner.relations)
      return
    }
    const primary = kind.startsWith('Primary') || kind === 'ObjectIdColumn' || given.flag('primary') === true
    const nullable = given.flag('nullable') ?? (kind === 'DeleteDateColumn' || kind === 'ViewColumn')
    found.columns.push(columnAt(this.#naming, at, property, given.text('name'), { nullable, primary }))
  }

  /** The class of `@Column(() => Address)`, null for a column. */
  #embedded(given: DecoratorArguments): EntityClass | null {
    const [type] = given.functions
    return type === undefined ? null : this.#classes.find(this.#literals.returned(type))
  }

  #embedding(property: string, given: DecoratorArguments, at: Embedding): Embedding {
    const prefix = given.text('prefix') ?? property
    const without = given.flag('prefix') === false || prefix === ''
    return { path: `${at.path}${property}.`, prefixes: without ? at.prefixes : [...at.prefixes, prefix] }
  }

  #relation(
    { property, type }: EntityMember,
    kinds: Decorated,
    at: Embedding,
    self: string,
  ): DeclaredRelation | null {
    const kind = relationKinds.find((one) => kinds.has(one))
    if (kind === undefined) return null
    const given = kinds.get(kind)!
    const [target, inverse] = given.plain
    const end = {
      property: at.path + property,
      to: kind.startsWith('Tree') ? self : this.#keyOf(target ?? type),
    }
    const mappedBy = inverse === undefined ? null : this.#propertyOf(inverse)
    if (kind === 'TreeChildren') return { ...end, side: 'inverse', many: true, mappedBy: null }
    if (kind === 'OneToMany') return { ...end, side: 'inverse', many: true, mappedBy }
    if (kind === 'ManyToMany')
      return { ...end, side: 'joined', table: this.#joinTable(kinds.get('JoinTable')) }
    const join = kinds.get('JoinColumn')
    if (kind === 'OneToOne' && join === undefined) return { ...end, side: 'inverse', many: false, mappedBy }
    return {
      ...end,
      side: 'owner',
      columns: this.#joinColumns(join?.objects ?? [], join?.texts[0]),
      nullable: given.flag('nullable') ?? true,
      primary: given.flag('primary') ?? false,
      cascades: given.text('onDelete') === 'CASCADE',
      constrained: true,
      keyProperty: null,
    }
  }

  #joinTable(given: DecoratorArguments | undefined): JoinTable | null {
    if (given === undefined) return null
    const columns = (name: string) =>
      this.#joinColumns([
        ...this.#literals.elements(given.option(name)),
        ...this.#literals.elements(given.option(`${name}s`)),
      ])
    const name = given.text('name')
    return {
      name: name === null ? null : keyOf({ schema: given.text('schema'), name }),
      model: null,
      own: columns('joinColumn'),
      other: columns('inverseJoinColumn'),
    }
  }

  #joinColumns(objects: readonly Located[], name?: string): JoinColumn[] {
    if (name !== undefined) return [{ column: name, referenced: null }]
    return objects.map((object) => ({
      column: this.#literals.text(this.#literals.property(object, 'name')),
      referenced: this.#literals.text(this.#literals.property(object, 'referencedColumnName')),
    }))
  }

  /** `(team) => team.members`, `'members'` → `members`. */
  #propertyOf(at: Located): string | null {
    const text = this.#literals.text(at)
    if (text !== null) return text
    const { node } = this.#literals.returned(at)
    return node.type === 'MemberExpression' ? memberName(node) : null
  }

  /** `() => Team`, `Team`, `'Team'`, the annotated type. */
  #keyOf(target: Located | null): string | null {
    if (target === null) return null
    const goal = this.#literals.returned(target)
    const found = this.#classes.find(goal)
    return (
      (found === null ? undefined : this.#entities.get(found)) ??
      this.#names.find(this.#literals.nameOf(goal))
    )
  }
}

const relationKinds = [
  'ManyToOne',
  'OneToOne',
  'OneToMany',
  'ManyToMany',
  'TreeParent',
  'TreeChildren',
] as const

function byKind(decorators: EntityClass['decorators']): Decorated {
  const found = new Map<TypeOrmKind, DecoratorArguments>()
  for (const { kind, arguments: given } of typeOrmDecorators(decorators)) {
    if (!found.has(kind)) found.set(kind, given)
  }
  return found
}

/** The table in which TypeORM keeps every pair of ancestor and descendant. */
function closureOf(table: string, self: string, given: DecoratorArguments): DeclaredRelation {
  const own: JoinColumn[] = [{ column: 'id_ancestor', referenced: null }]
  const other: JoinColumn[] = [{ column: 'id_descendant', referenced: null }]
  const name = `${given.text('closureTableName') ?? table}_closure`
  return { side: 'joined', property: null, to: self, table: { name, model: null, own, other } }
}

function holdsTable(kinds: Decorated): boolean {
  return kinds.has('Entity') || kinds.has('ViewEntity')
}

function isEntity(kinds: Decorated): boolean {
  return holdsTable(kinds) || kinds.has('ChildEntity')
}
