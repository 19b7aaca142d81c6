import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readMigrations } from '../../rules/schema/from-migrations.ts'
import { shapeOfSchema } from '../../rules/tenancy/schema-shape.ts'
import { detectSources, readSource } from '../../rules/tenancy/sources.ts'
import { shapeOfTypeOrm } from '../../rules/tenancy/typeorm.ts'
import { decided, projectOf, relationOf, told } from '../support/models.ts'

function shapeOf(files: Readonly<Record<string, string>>) {
  return shapeOfTypeOrm(projectOf(files).paths)
}

const orm = `import { ChildEntity, Column, CreateDateColumn, DeleteDateColumn, Entity, EntitySchema, JoinColumn, JoinTable, ManyToMany,
  ManyToOne, OneToMany, OneToOne, PrimaryColumn, PrimaryGeneratedColumn, RelationId, TableInheritance, Tree, TreeChildren,
  TreeParent } from 'typeorm'\n`

const plant = `${orm}@Entity() export class Plant { @PrimaryGeneratedColumn('uuid') id: string }`

describe('TypeORM entities', () => {
  it('gives columns, keys and references, nullable as the decorator says', () => {
    const shape = shapeOf({
      'plant.ts': plant,
      'machine.ts': `${orm}import { Plant } from './plant'
        @Entity({ name: 'machines', schema: 'floor' })
        export class Machine {
          @PrimaryColumn({ name: 'machine_no' }) no: number
          @Column() label?: string
          @Column('text', { nullable: true, name: 'remark' }) note: string
          @CreateDateColumn() createdAt: Date
          @DeleteDateColumn() deletedAt: Date
          @ManyToOne(() => Plant, { nullable: false, onDelete: 'CASCADE' }) plant: Plant
          @OneToMany(() => Reading, (reading) => reading.machine) readings: Reading[]
        }
        @Entity() export class Reading {
          @PrimaryGeneratedColumn() id: number
          @Column() machineNo: number
          @ManyToOne(() => Machine, 'readings') @JoinColumn({ name: 'machineNo', referencedColumnName: 'no' }) machine: Machine
          @ManyToOne('Plant') checkedAt: Plant
          @RelationId((reading: Reading) => reading.checkedAt) plantId: string
        }`,
    })
    expect(told(shape, 'floor.machines')).toEqual([
      'machine_no! label! remark createdAt! deletedAt plantId!',
      'key machine_no',
      'plantId -> plant.id cascade',
    ])
    expect(told(shape, 'reading')).toEqual([
      'id! machineNo! checkedAtId',
      'key id',
      'machineNo -> floor.machines.machine_no',
      'checkedAtId -> plant.id',
    ])
    expect(relationOf(shape, 'floor.machines')).toMatchObject({
      model: 'Machine',
      properties: { no: 'machine_no', note: 'remark' },
      relationFields: {
        plant: { to: 'plant', many: false, on: [['plantId', 'id']] },
        readings: { to: 'reading', many: true, on: [['machine_no', 'machineNo']] },
      },
    })
    expect(relationOf(shape, 'reading').properties).toEqual({ plantId: 'checkedAtId' })
    expect(shape.unread).toEqual([])
  })

  it('follows base classes over barrels, missing packages and mixins', () => {
    const shape = shapeOf({
      'plant.ts': plant,
      'base/index.ts': `export * from './keyed'`,
      'base/keyed.ts': `${orm}import { Plant } from '../plant'
        export abstract class Keyed { @PrimaryGeneratedColumn() id: number }
        export abstract class Sited extends Keyed {
          @ManyToOne(() => Plant, { nullable: true }) plant: Plant
          @Column({ nullable: true }) plantId?: string
        }`,
      'mixin.ts': `${orm}type Class = new (...given: any[]) => object
        export function Dated<T extends Class>(Base: T) {
          abstract class DatedClass extends Base { @Column() day: string }
          return DatedClass
        }`,
      'pump.ts': `${orm}import { Sited } from './base'
        @Entity('pumps') export class Pump extends Sited { @Column() plantId: string }`,
      'valve.ts': `${orm}import { Sited } from '@works/base'
        import { Dated } from './mixin'
        @Entity('valves') export class Valve extends Dated(Sited) {}
        @Entity('odds') export class Odd extends Nowhere { @PrimaryColumn() id: number }`,
    })
    expect(told(shape, 'pumps')).toEqual(['id! plantId!', 'key id', 'plantId -> plant.id'])
    expect(told(shape, 'valves')).toEqual(['id! plantId day!', 'key id', 'plantId -> plant.id'])
    expect(shape.unread).toEqual(['Odd extends Nowhere, which was not found'])
  })

  it("sees through the project's own decorators, by what they apply or by how their names end", () => {
    const shape = shapeOf({
      'plant.ts': plant,
      'own.ts': `${orm}import { Plant } from './plant'
        export function Stored(name: string): ClassDecorator { return (target) => { Entity(name)(target) } }
        export const Field = (options: object = {}) => (target: object, key: string) => Column({ ...options })(target, key)
        export function AtPlant() { return ManyToOne(() => Plant, { nullable: false }) }`,
      'gauge.ts': `import { AtPlant, Field, Stored } from './own'
        import { SharedColumn, SharedEntity, SharedManyToOne, VirtualThingColumn } from '@works/decorators'
        import { ApiProperty } from '@nestjs/swagger'
        import { PrimaryGeneratedColumn } from 'typeorm'
        @Stored('gauges') export class Gauge {
          @PrimaryGeneratedColumn() id: number
          @Field({ nullable: true }) @ApiProperty() unit: string
          @AtPlant() plant: object
        }
        @SharedEntity('dials') export class Dial {
          @PrimaryGeneratedColumn() id: number
          @SharedColumn({ nullable: true }) face: string
          @VirtualThingColumn() shown: string
          @SharedManyToOne(() => Gauge) gauge: Gauge
        }`,
    })
    expect(told(shape, 'gauges')).toEqual(['id! unit plantId!', 'key id', 'plantId -> plant.id'])
    expect(told(shape, 'dials')).toEqual(['id! face gaugeId', 'key id', 'gaugeId -> gauges.id'])
  })

  it('makes join tables, closure tables, embedded columns and one table for a hierarchy', () => {
    const shape = shapeOf({
      'all.ts': `${orm}
        class Place { @Column() zipCode: string; @Column({ name: 'town', nullable: true }) town: string }
        @Entity() @TableInheritance({ column: 'kind' }) export class Asset {
          @PrimaryGeneratedColumn() id: number
          @Column(() => Place) place: Place
          @Column(() => Place, { prefix: false }) home: Place
          @ManyToMany(() => Tag) @JoinTable() tags: Tag[]
          @ManyToMany(() => Asset) @JoinTable({ name: 'asset_pairs' }) twins: Asset[]
        }
        @ChildEntity() export class Vehicle extends Asset { @Column() wheels: number }
        @Entity() @Tree('closure-table') export class Tag {
          @PrimaryGeneratedColumn() id: number
          @TreeParent() parent: Tag
          @TreeChildren() children: Tag[]
          @ManyToMany(() => Asset, (asset) => asset.tags) assets: Asset[]
          @OneToOne(() => Badge, (badge) => badge.tag) badge: Badge
        }
        @Entity() export class Badge { @OneToOne(() => Tag, { primary: true }) @JoinColumn() tag: Tag }`,
    })
    expect(told(shape, 'asset').slice(0, 2)).toEqual([
      'id! placeZipcode! placeTown zipCode! town kind! wheels',
      'key id',
    ])
    expect(told(shape, 'asset_tags_tag')).toEqual([
      'assetId! tagId!',
      'key assetId tagId',
      'assetId -> asset.id cascade',
      'tagId -> tag.id cascade',
    ])
    expect(relationOf(shape, 'asset_tags_tag').relationFields).toEqual({
      assetId: { to: 'asset', many: false, on: [['assetId', 'id']] },
      tagId: { to: 'tag', many: false, on: [['tagId', 'id']] },
    })
    expect(told(shape, 'asset_pairs')[0]).toBe('assetId_1! assetId_2!')
    expect(Object.keys(relationOf(shape, 'asset_pairs').relationFields)).toEqual(['assetId_1', 'assetId_2'])
    expect(told(shape, 'tag_closure')[0]).toBe('id_ancestor! id_descendant!')
    expect(told(shape, 'tag')).toEqual(['id! parentId', 'key id', 'parentId -> tag.id'])
    expect(told(shape, 'badge')).toEqual(['tagId!', 'key tagId', 'tagId -> tag.id'])
    expect(relationOf(shape, 'tag').relationFields).toMatchObject({
      badge: { to: 'badge', many: false, on: [['id', 'tagId']] },
      assets: { to: 'asset', many: true, on: [] },
    })
  })

  it('reads EntitySchema and the naming strategy', () => {
    const shape = shapeOf({
      'source.ts': `import { DataSource } from 'typeorm'
        import { SnakeNamingStrategy } from 'typeorm-naming-strategies'
        export const source = new DataSource({ type: 'postgres', namingStrategy: new SnakeNamingStrategy() })`,
      'schemas.ts': `${orm}
        const keyed = { id: { type: 'uuid', primary: true, generated: 'uuid' } } as const
        export const GuildSchema = new EntitySchema({ name: 'Guild', tableName: 'guilds', columns: { ...keyed } })
        export const QuestSchema = new EntitySchema({
          name: 'QuestLog', columns: { ...keyed, startedAt: { type: Date }, endedAt: { type: Date, nullable: true } },
          relations: {
            guild: { type: 'many-to-one', target: 'Guild', nullable: false },
            helpers: { type: 'many-to-many', target: () => GuildSchema, joinTable: true },
          },
        })`,
    })
    expect(told(shape, 'quest_log')).toEqual([
      'id! started_at! ended_at guild_id!',
      'key id',
      'guild_id -> guilds.id',
    ])
    expect(told(shape, 'quest_log_helpers_guilds')[0]).toBe('quest_log_id! guilds_id!')
  })

  it('is found in a folder, with base classes that hold no table', () => {
    const { folder } = projectOf({
      'package.json': '{}',
      'src/base.ts': `${orm}export abstract class Owned {
        @PrimaryGeneratedColumn() id: number
        @Column({ nullable: true }) tenantId: string
        @Column({ nullable: true }) createdByUserId: string
        @ManyToOne('Tenant') tenant: object
        @ManyToOne('User') createdByUser: object }`,
      'src/note.ts': `import { EntityRepositoryType } from '@mikro-orm/core'
        import { SharedEntity } from '@works/decorators'
        import { Owned } from './base'
        @SharedEntity('note') export class Note extends Owned {}`,
      'src/entities.ts': `${orm}import { Owned } from './base'
        @Entity() export class Tenant { @PrimaryGeneratedColumn() id: number }
        @Entity() export class User extends Owned {}
        @Entity() export class Invoice extends Owned {}
        @Entity() export class Payment extends Owned {}
        @Entity() export class Receipt extends Owned {
          @ManyToOne(() => Invoice, { nullable: false }) invoice: Invoice }
        @Entity() export class Currency {
          @PrimaryGeneratedColumn() id: number
          @ManyToOne(() => User) createdByUser: User }
        @Entity() export class Preset {
          @PrimaryGeneratedColumn() id: number
          @ManyToOne(() => User) createdByUser: User }
        @Entity() export class Beat { @PrimaryGeneratedColumn() id: number; @Column() invoiceId: number }`,
    })
    const [source] = detectSources(folder)
    expect(decided(readSource(source!))).toEqual({
      beat: 'unknown',
      currency: 'global',
      invoice: 'owned tenantId',
      note: 'owned tenantId',
      payment: 'owned tenantId',
      preset: 'unknown',
      receipt: 'owned tenantId',
      tenant: 'root',
      user: 'owned tenantId',
    })
  })

  it('tells the same as the SQL that creates the same tables', () => {
    fc.assert(
      fc.property(tables, (drawn) => {
        const models = shapeOf({ 'entities.ts': entitiesOf(drawn) })
        const sql = shapeOfSchema(readMigrations([{ file: 'schema.sql', text: ddlOf(drawn) }]))
        expect(models.relations.map(({ name }) => name).sort()).toEqual(
          sql.relations.map(({ name }) => name).sort(),
        )
        for (const { name } of sql.relations) {
          const sorted = (shape: typeof sql) =>
            told(shape, name).map((line) => line.split(' ').sort().join(' '))
          expect(sorted(models).sort()).toEqual(sorted(sql).sort())
        }
      }),
      { numRuns: 30 },
    )
  })
})

interface Drawn {
  readonly columns: readonly { readonly name: string; readonly nullable: boolean }[]
  readonly parents: readonly {
    readonly table: number
    readonly nullable: boolean
    readonly cascades: boolean
  }[]
}

/** Tables `t0`, `t1`, …, whose parents are any of them. */
const tables: fc.Arbitrary<readonly Drawn[]> = fc.integer({ min: 1, max: 5 }).chain((count) =>
  fc.array(
    fc.record({
      columns: fc.uniqueArray(
        fc.record({ name: fc.constantFrom('title', 'dueAt', 'Size', 'note_text'), nullable: fc.boolean() }),
        { selector: ({ name }) => name },
      ),
      parents: fc.uniqueArray(
        fc.record({ table: fc.nat(count - 1), nullable: fc.boolean(), cascades: fc.boolean() }),
        { selector: ({ table }) => table, maxLength: 3 },
      ),
    }),
    { minLength: count, maxLength: count },
  ),
)

function entitiesOf(drawn: readonly Drawn[]): string {
  const classes = drawn.map(({ columns, parents }, index) => {
    const fields = columns.map(({ name, nullable }) => `@Column({ nullable: ${nullable} }) ${name}: string`)
    const relations = parents.map(({ table, nullable, cascades }) => {
      const rule = cascades ? `, onDelete: 'CASCADE'` : ''
      return `@ManyToOne(() => T${table}, { nullable: ${nullable}${rule} }) parent${table}: T${table}`
    })
    const body = ['@PrimaryGeneratedColumn() id: number', ...fields, ...relations].join('\n')
    return `@Entity('t${index}') export class T${index} {\n${body}\n}`
  })
  return orm + classes.join('\n')
}

function ddlOf(drawn: readonly Drawn[]): string {
  const creates = drawn.map(({ columns, parents }, index) => {
    const rows = [
      'id int primary key',
      ...columns.map(({ name, nullable }) => `"${name}" text${nullable ? '' : ' not null'}`),
      ...parents.map(({ table, nullable }) => `"parent${table}Id" int${nullable ? '' : ' not null'}`),
    ]
    return `create table t${index} (${rows.join(', ')});`
  })
  const keys = drawn.flatMap(({ parents }, index) =>
    parents.map(
      ({ table, cascades }) =>
        `alter table t${index} add foreign key ("parent${table}Id") references t${table} (id)${cascades ? ' on delete cascade' : ''};`,
    ),
  )
  return [...creates, ...keys].join('\n')
}
