import type {
  DeclaredModel,
  DeclaredRelation,
  JoinColumn,
  JoinedRelation,
  JoinTable,
  KeyColumn,
  Naming,
  OwnedRelation,
  Twin,
} from './declared.ts'
import {
  type ColumnShape,
  type DatabaseShape,
  mergeRelation,
  type ReferenceShape,
  type RelationShape,
} from './shape.ts'
import type { RelationField } from './tenancy.ts'

/** What a foreign key refers to when nothing is known of the other side. */
const idColumn: KeyColumn = { property: 'id', column: 'id' }

type Pairs = readonly (readonly [own: string, other: string])[]

/** The shape of a set of models, with the names that their ORM gives to keys and join tables. */
export function shapeOfModels(
  models: readonly DeclaredModel[],
  naming: Naming,
  unread: readonly string[],
): DatabaseShape {
  const settled = new SettledModels(models, naming)
  const relations = new Map<string, RelationShape>()
  // A class hierarchy in one table, or a join table that is also a model, gives one relation.
  for (const shape of [...models.map((model) => settled.shapeOf(model)), ...settled.joinTables()]) {
    const known = relations.get(shape.name)
    relations.set(shape.name, known === undefined ? shape : mergeRelation(known, shape))
  }
  const lost = models.flatMap(({ name, relations: own }) =>
    own
      .filter(({ to, property }) => to === null && property !== null)
      .map(({ property }) => `${name}.${property!} leads to a model that was not found`),
  )
  return {
    relations: [...relations.values()],
    settings: new Map(),
    rowSecurity: new Map(),
    unread: [...unread, ...lost],
  }
}

class SettledModels {
  readonly #models: ReadonlyMap<string, DeclaredModel>
  readonly #naming: Naming
  readonly #keys = new Map<DeclaredModel, readonly KeyColumn[]>()

  constructor(models: readonly DeclaredModel[], naming: Naming) {
    this.#models = new Map(models.map((model) => [model.key, model]))
    this.#naming = naming
  }

  shapeOf(model: DeclaredModel): RelationShape {
    const columns = new Map<string, ColumnShape>()
    const properties: Record<string, string> = {}
    for (const { property, column, nullable } of model.columns) {
      columns.set(column, { name: column, nullable })
      if (column !== property) properties[property] = column
    }
    const references: ReferenceShape[] = []
    for (const relation of owned(model)) {
      const pairs = this.#pairs(relation)
      for (const [name] of pairs) {
        if (!columns.has(name)) columns.set(name, { name, nullable: relation.nullable && !relation.primary })
      }
      const [only] = pairs
      if (relation.keyProperty !== null && pairs.length === 1 && only![0] !== relation.keyProperty) {
        properties[relation.keyProperty] = only![0]
      }
      const reference = this.#reference(relation, pairs)
      if (reference !== null) addReference(references, reference)
    }
    return {
      name: model.table,
      kind: model.kind,
      columns: [...columns.values()],
      primaryKey: this.#keyOf(model).map(({ column }) => column),
      references,
      derivedFrom: [],
      model: model.name,
      properties,
      relationFields: this.#relationFields(model),
    }
  }

  #reference(relation: OwnedRelation, pairs: Pairs): ReferenceShape | null {
    const target = this.#target(relation)
    if (target === null || !relation.constrained) return null
    return {
      columns: pairs.map(([own]) => own),
      to: target.table,
      toColumns: pairs.map(([, other]) => other),
      cascades: relation.cascades,
    }
  }

  #relationFields(model: DeclaredModel): Record<string, RelationField> {
    const fields: Record<string, RelationField> = {}
    for (const relation of model.relations) {
      const target = this.#target(relation)
      if (target === null || relation.property === null) continue
      const many = relation.side === 'joined' || (relation.side === 'inverse' && relation.many)
      fields[relation.property] = { to: target.table, many, on: this.#on(relation, target) }
    }
    return fields
  }

  #on(relation: DeclaredRelation, target: DeclaredModel): Pairs {
    if (relation.side === 'owner') return this.#pairs(relation)
    if (relation.side === 'joined') return []
    if (relation.on !== undefined) return relation.on
    const holder = owned(target).find(({ property }) => property === relation.mappedBy)
    return holder === undefined ? [] : this.#pairs(holder).map(([own, other]) => [other, own] as const)
  }

  /** Own column and column of the other side, for each column of a foreign key. */
  #pairs(relation: OwnedRelation): Pairs {
    const target = this.#target(relation)
    const keys = target === null ? [idColumn] : this.#keyOf(target)
    return this.#joinColumns(relation.columns, target, keys).map(([column, other]) => [
      column ?? this.#naming.joinColumn(relation.property ?? 'id', other),
      other.column,
    ])
  }

  /** The given columns, or one for each column of the key, with what they refer to. */
  #joinColumns(
    given: readonly JoinColumn[],
    target: DeclaredModel | null,
    keys: readonly KeyColumn[],
  ): readonly (readonly [string | null, KeyColumn])[] {
    const whole = keys.length > 0 ? keys : [idColumn]
    if (given.length === 0) return whole.map((key) => [null, key] as const)
    return given.map(({ column, referenced }, index) => {
      const known = target?.columns.find((one) => one.property === referenced || one.column === referenced)
      const named = referenced === null ? null : { property: referenced, column: referenced }
      return [column, known ?? named ?? whole[index] ?? idColumn] as const
    })
  }

  /** Columns of the primary key. A key that runs in a circle through relations ends at `id`. */
  #keyOf(model: DeclaredModel): readonly KeyColumn[] {
    const known = this.#keys.get(model)
    if (known !== undefined) return known
    this.#keys.set(model, [idColumn])
    const own: KeyColumn[] = model.columns.filter(({ primary }) => primary)
    const through = owned(model)
      .filter(({ primary }) => primary)
      .flatMap((relation) => this.#pairs(relation).map(([column]) => ({ property: column, column })))
    const key = [...own, ...through].filter(
      ({ column }, index, all) => all.findIndex((other) => other.column === column) === index,
    )
    this.#keys.set(model, key)
    return key
  }

  #target({ to }: DeclaredRelation): DeclaredModel | null {
    return to === null ? null : (this.#models.get(to) ?? null)
  }

  joinTables(): RelationShape[] {
    return [...this.#models.values()].flatMap((model) =>
      model.relations.flatMap((relation) => {
        const target = this.#target(relation)
        if (relation.side !== 'joined' || relation.table === null || target === null) return []
        return [this.#joinTable(model, target, relation, relation.table)]
      }),
    )
  }

  #joinTable(
    model: DeclaredModel,
    target: DeclaredModel,
    { property }: JoinedRelation,
    table: JoinTable,
  ): RelationShape {
    const plain = this.#joinTableColumns(model, table.own, property ?? '', '')
    const facing = this.#joinTableColumns(target, table.other, property ?? '', '')
    const clash = plain.some(([column]) => facing.some(([other]) => other === column))
    const own = clash ? this.#joinTableColumns(model, table.own, property ?? '', '_1') : plain
    const other = clash ? this.#joinTableColumns(target, table.other, property ?? '', '_2') : facing
    const names = [...own, ...other].map(([name]) => name)
    return {
      name:
        this.#models.get(table.model ?? '')?.table ??
        table.name ??
        this.#naming.joinTable(model, property ?? '', target),
      kind: 'table',
      columns: names.map((name) => ({ name, nullable: false })),
      primaryKey: names,
      references: [joinReference(own, model), joinReference(other, target)],
      derivedFrom: [],
      model: null,
      properties: {},
      // A field without a model goes by the name of its key: statements that name the table themselves join it by either.
      relationFields: Object.fromEntries([keyField(own, model), keyField(other, target)]),
    }
  }

  #joinTableColumns(
    model: DeclaredModel,
    columns: readonly JoinColumn[],
    property: string,
    twin: Twin,
  ): Pairs {
    return this.#joinColumns(columns, model, this.#keyOf(model)).map(([column, key]) => [
      column ?? this.#naming.joinTableColumn(model, key.column, property, twin),
      key.column,
    ])
  }
}

/** The rows of a join table go with either side. */
function joinReference(pairs: Pairs, to: DeclaredModel): ReferenceShape {
  return {
    columns: pairs.map(([own]) => own),
    to: to.table,
    toColumns: pairs.map(([, key]) => key),
    cascades: true,
  }
}

function keyField(pairs: Pairs, to: DeclaredModel): readonly [string, RelationField] {
  return [pairs.map(([own]) => own).join('+'), { to: to.table, many: false, on: pairs }]
}

/** Both sides of an association may tell the same key; only one of them says that it cascades. */
function addReference(references: ReferenceShape[], added: ReferenceShape): void {
  const same = ({ to, columns }: ReferenceShape) => to === added.to && columns.join() === added.columns.join()
  const index = references.findIndex(same)
  if (index < 0) references.push(added)
  else if (added.cascades) references[index] = added
}

function owned(model: DeclaredModel): OwnedRelation[] {
  return model.relations.filter((relation) => relation.side === 'owner')
}
