import { keyOf } from './names.ts'
import {
  type PrismaAttribute,
  type PrismaBlock,
  type PrismaField,
  type PrismaValue,
  readPrisma,
} from './prisma-syntax.ts'
import type { ColumnShape, DatabaseShape, ReferenceShape, RelationShape } from './shape.ts'
import type { RelationField } from './tenancy.ts'

/** A Prisma schema file and its text. */
export interface PrismaFile {
  readonly file: string
  readonly text: string
}

/** A model with its SQL name settled. */
interface PrismaModel {
  readonly block: PrismaBlock
  readonly name: string
  readonly sqlName: string
}

/** One side of a relation. */
interface RelationSide {
  readonly field: string
  readonly model: string
  readonly to: string
  readonly many: boolean
  readonly relation: string | null
  readonly fields: readonly string[]
  readonly references: readonly string[]
  readonly cascades: boolean
}

/**
 * The shape of a Prisma schema, over all files of a multi-file one.
 *
 * @throws {@link Problem} `E-SCHEMA-SYNTAX` when a file does not parse.
 */
export function shapeOfPrisma(files: readonly PrismaFile[]): DatabaseShape {
  const models = new Map<string, PrismaModel>()
  for (const file of files) for (const model of modelsOf(file)) models.set(model.name, model)
  const sides = [...models.values()].flatMap((model) => sidesOf(model, models))
  const relations = [...models.values()].map((model) => shapeOfModel(model, models, sides))
  return {
    relations: [...relations, ...joinTables(models, sides)],
    settings: new Map(),
    rowSecurity: new Map(),
    unread: [],
  }
}

function modelsOf({ file, text }: PrismaFile): PrismaModel[] {
  return readPrisma(file, text)
    .filter(({ kind }) => kind === 'model' || kind === 'view')
    .map(settle)
}

function settle(block: PrismaBlock): PrismaModel {
  const schema = textOf(argument(attributeOf(block, 'schema'), 'map'))
  const mapped = textOf(argument(attributeOf(block, 'map'), 'name'))
  return { block, name: block.name, sqlName: keyOf({ schema, name: mapped ?? block.name }) }
}

function shapeOfModel(
  model: PrismaModel,
  models: ReadonlyMap<string, PrismaModel>,
  sides: readonly RelationSide[],
): RelationShape {
  const own = sides.filter((side) => side.model === model.name)
  const relationNames = new Set(own.map(({ field }) => field))
  const columns: ColumnShape[] = []
  const properties: Record<string, string> = {}
  for (const field of model.block.fields) {
    if (relationNames.has(field.name)) continue
    const column = columnOf(field)
    columns.push({ name: column, nullable: field.optional })
    if (column !== field.name) properties[field.name] = column
  }
  return {
    name: model.sqlName,
    kind: model.block.kind === 'view' ? 'view' : 'table',
    columns,
    primaryKey: primaryKey(model),
    references: own.flatMap((side) => referenceOf(side, models)),
    derivedFrom: [],
    model: model.name,
    properties,
    relationFields: relationFields(own, models, sides),
  }
}

function referenceOf(side: RelationSide, models: ReadonlyMap<string, PrismaModel>): ReferenceShape[] {
  if (side.fields.length === 0) return []
  const to = models.get(side.to)!
  return [
    {
      columns: columnsOf(models.get(side.model)!, side.fields),
      to: to.sqlName,
      toColumns: columnsOf(to, side.references),
      cascades: side.cascades,
    },
  ]
}

function relationFields(
  own: readonly RelationSide[],
  models: ReadonlyMap<string, PrismaModel>,
  sides: readonly RelationSide[],
): Record<string, RelationField> {
  const fields: Record<string, RelationField> = {}
  for (const side of own) {
    const model = models.get(side.model)!
    const to = models.get(side.to)!
    const holder = side.fields.length > 0 ? side : opposite(side, sides)
    const near = holder === side ? holder.fields : (holder?.references ?? [])
    const far = holder === side ? holder.references : (holder?.fields ?? [])
    const on = columnsOf(model, near).map((column, index) => [column, columnsOf(to, far)[index]!] as const)
    fields[side.field] = { to: to.sqlName, many: side.many, on }
  }
  return fields
}

function opposite(side: RelationSide, sides: readonly RelationSide[]): RelationSide | undefined {
  return sides.find(
    (other) =>
      other.model === side.to &&
      other.to === side.model &&
      other.relation === side.relation &&
      !(other.model === side.model && other.field === side.field),
  )
}

/** The tables that Prisma makes for implicit many-to-many relations: `_PostToTag` with columns `A` and `B`. */
function joinTables(
  models: ReadonlyMap<string, PrismaModel>,
  sides: readonly RelationSide[],
): RelationShape[] {
  const tables = new Map<string, RelationShape>()
  for (const side of sides) {
    const other = opposite(side, sides)
    if (!side.many || other === undefined || !other.many) continue
    const [a, b] = [side.model, side.to].sort() as [string, string]
    const { sqlName } = models.get(a)!
    const schema = sqlName.includes('.') ? sqlName.slice(0, sqlName.indexOf('.') + 1) : ''
    const name = `${schema}_${side.relation ?? `${a}To${b}`}`
    const reference = (column: string, model: string): ReferenceShape => ({
      columns: [column],
      to: models.get(model)!.sqlName,
      toColumns: primaryKey(models.get(model)!),
      cascades: true,
    })
    tables.set(name, {
      name,
      kind: 'table',
      columns: [
        { name: 'A', nullable: false },
        { name: 'B', nullable: false },
      ],
      primaryKey: ['A', 'B'],
      references: [reference('A', a), reference('B', b)],
      derivedFrom: [],
      model: null,
      properties: {},
      relationFields: {},
    })
  }
  return [...tables.values()]
}

function sidesOf(model: PrismaModel, models: ReadonlyMap<string, PrismaModel>): RelationSide[] {
  return model.block.fields.flatMap((field) => {
    if (!models.has(field.type)) return []
    const relation = attributeOf(field, 'relation')
    return {
      field: field.name,
      model: model.name,
      to: field.type,
      many: field.array,
      relation: textOf(argument(relation, 'name')),
      fields: namesOf(named(relation, 'fields')),
      references: namesOf(named(relation, 'references')),
      cascades: textOf(named(relation, 'onDelete')) === 'Cascade',
    }
  })
}

function primaryKey(model: PrismaModel): string[] {
  const single = model.block.fields.find((field) => attributeOf(field, 'id') !== undefined)
  if (single !== undefined) return [columnOf(single)]
  return columnsOf(model, namesOf(argument(attributeOf(model.block, 'id'), 'fields')))
}

function columnsOf(model: PrismaModel, fields: readonly string[]): string[] {
  return fields.map((name) => {
    const field = model.block.fields.find((candidate) => candidate.name === name)
    return field === undefined ? name : columnOf(field)
  })
}

function columnOf(field: PrismaField): string {
  return textOf(argument(attributeOf(field, 'map'), 'name')) ?? field.name
}

function attributeOf(
  holder: { readonly attributes: readonly PrismaAttribute[] },
  name: string,
): PrismaAttribute | undefined {
  return holder.attributes.find((attribute) => attribute.name === name)
}

/** The first argument without a key, or the one of that key. */
function argument(attribute: PrismaAttribute | undefined, key: string): PrismaValue | undefined {
  return attribute?.arguments.find((candidate) => candidate.key === null)?.value ?? named(attribute, key)
}

function named(attribute: PrismaAttribute | undefined, key: string): PrismaValue | undefined {
  return attribute?.arguments.find((candidate) => candidate.key === key)?.value
}

function textOf(value: PrismaValue | undefined): string | null {
  if (value?.kind === 'text') return value.text
  return value?.kind === 'word' ? value.word : null
}

/** `[id, name(sort: Desc)]`. */
function namesOf(value: PrismaValue | undefined): string[] {
  if (value?.kind !== 'list') return []
  return value.items.flatMap((item) => (item.kind === 'word' || item.kind === 'call' ? [item.word] : []))
}
