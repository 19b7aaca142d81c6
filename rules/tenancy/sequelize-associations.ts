import type { DeclaredColumn, DeclaredModel, DeclaredRelation, JoinTable } from './declared.ts'
import type { Located } from './literals.ts'
import { camelize, columnOf, type SequelizeModel } from './sequelize-models.ts'

export type AssociationKind = 'belongsTo' | 'hasMany' | 'hasOne' | 'belongsToMany'

/** An association between models that were found. */
export interface Association {
  readonly kind: AssociationKind
  readonly source: SequelizeModel
  readonly target: SequelizeModel
  readonly alias: string | null
  readonly foreignKey: KeyOption
  readonly otherKey: KeyOption
  /** Of `belongsToMany`: the model between, or the name of a table that Sequelize makes. */
  readonly through: { readonly model: SequelizeModel } | { readonly name: string } | null
  /** `targetKey` or `sourceKey`. */
  readonly key: string | null
  readonly cascades: boolean
  /** False for `constraints: false`, as where a key leads to one of several tables. */
  readonly constrained: boolean
}

/** What is said of a foreign key: its attribute, its column, whether it may be NULL. */
export interface KeyOption {
  readonly name: string | null
  readonly column: string | null
  readonly nullable: boolean | null
}

export const noKey: KeyOption = { name: null, column: null, nullable: null }

/** Adds the columns and relations that associations make. */
export function associate(
  models: readonly SequelizeModel[],
  associations: readonly Association[],
  find: (at: Located) => SequelizeModel | null,
): readonly DeclaredModel[] {
  const drafts = new Map(models.map((model) => [model.key, draftOf(model, models, find)]))
  for (const association of associations) apply(association, drafts)
  return models.map(({ key, name, table }) => ({ key, name, table, kind: 'table', ...drafts.get(key)! }))
}

interface Draft {
  readonly columns: DeclaredColumn[]
  readonly relations: DeclaredRelation[]
}

function draftOf(
  model: SequelizeModel,
  models: readonly SequelizeModel[],
  find: (at: Located) => SequelizeModel | null,
): Draft {
  const relations = model.references.flatMap((reference): DeclaredRelation[] => {
    const { to } = reference
    const target = 'model' in to ? find(to.model) : models.find(({ table }) => table === to.table)
    const own = model.columns.find(({ property }) => property === reference.attribute)
    if (target == null || own === undefined) return []
    return [
      ownedBy(own, target, null, { key: reference.key, cascades: reference.cascades, constrained: true }),
    ]
  })
  return { columns: [...model.columns], relations }
}

function apply(association: Association, drafts: ReadonlyMap<string, Draft>): void {
  const { kind, source, target, alias } = association
  const near = drafts.get(source.key)!
  const far = drafts.get(target.key)!
  if (kind === 'belongsTo') {
    const name = alias ?? target.singular
    const column = addKey(near, source, association, attributeOf(association, name, target, association.key))
    near.relations.push(ownedBy(column, target, name, association))
    return
  }
  const many = kind !== 'hasOne'
  const property = alias ?? (many ? target.plural : target.singular)
  if (kind === 'belongsToMany') {
    const table = joinTable(association)
    if (table !== null) near.relations.push({ side: 'joined', property, to: target.key, table })
    return
  }
  const side = kind === 'hasOne' ? (alias ?? source.name) : source.singular
  const column = addKey(far, target, association, attributeOf(association, side, source, association.key))
  const key = keyOf(source, association.key)
  far.relations.push(ownedBy(column, source, null, association))
  near.relations.push({
    side: 'inverse',
    property,
    to: target.key,
    many,
    mappedBy: null,
    on: [[key.column, column.column]],
  })
}

/** The foreign key's attribute: as given, else the name of the relation and of the key that it leads to. */
function attributeOf(
  { foreignKey }: Association,
  name: string,
  to: SequelizeModel,
  key: string | null,
): string {
  return foreignKey.name ?? camelize(`${name}_${keyOf(to, key).property}`)
}

/** The column of a foreign key; one that the model declares itself stays as it is. */
function addKey(
  draft: Draft,
  owner: SequelizeModel,
  { foreignKey }: Association,
  attribute: string,
): DeclaredColumn {
  const column = foreignKey.column ?? columnOf(attribute, owner.underscored)
  const index = draft.columns.findIndex((one) => one.property === attribute || one.column === column)
  const known = draft.columns[index]
  const required = foreignKey.nullable === false
  if (known === undefined) {
    const added = { property: attribute, column, nullable: !required, primary: false }
    draft.columns.push(added)
    return added
  }
  // A key that the model leaves open takes what any association says of it.
  if (!known.nullable || !required) return known
  const closed = { ...known, nullable: false }
  draft.columns[index] = closed
  return closed
}

function ownedBy(
  column: DeclaredColumn,
  target: SequelizeModel,
  property: string | null,
  { key, cascades, constrained }: Pick<Association, 'key' | 'cascades' | 'constrained'>,
): DeclaredRelation {
  return {
    side: 'owner',
    property,
    to: target.key,
    columns: [{ column: column.column, referenced: keyOf(target, key).property }],
    nullable: column.nullable,
    primary: false,
    cascades,
    constrained,
    keyProperty: null,
  }
}

function joinTable({ source, target, alias, through, foreignKey, otherKey }: Association): JoinTable | null {
  if (through === null) return null
  const model = 'model' in through ? through.model : null
  const underscored = model?.underscored ?? (source.underscored && target.underscored)
  const self = source.key === target.key
  const facing = self ? (alias ?? target.plural).replace(/s$/, '') : target.singular
  const own = foreignKey.name ?? camelize(`${source.singular}_${keyOf(source, null).property}`)
  const other = otherKey.name ?? camelize(`${facing}_${keyOf(target, null).property}`)
  const named = (attribute: string, { column }: KeyOption) => {
    const declared = model?.columns.find(({ property }) => property === attribute)?.column
    return [{ column: column ?? declared ?? columnOf(attribute, underscored), referenced: null }]
  }
  return {
    name: 'name' in through ? through.name : null,
    model: model?.key ?? null,
    own: named(own, foreignKey),
    other: named(other, otherKey),
  }
}

function keyOf(model: SequelizeModel, attribute: string | null): Pick<DeclaredColumn, 'property' | 'column'> {
  const named = model.columns.find(({ property, column }) => property === attribute || column === attribute)
  return named ?? model.columns.find(({ primary }) => primary) ?? { property: 'id', column: 'id' }
}
