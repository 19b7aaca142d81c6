import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shapeOfMikroOrm } from '../../rules/tenancy/mikro-orm.ts'
import { detectSources, readSource } from '../../rules/tenancy/sources.ts'
import { decided, projectOf, relationOf, told } from '../support/models.ts'

function shapeOf(files: Readonly<Record<string, string>>) {
  return shapeOfMikroOrm(projectOf(files).paths)
}

const decorators = `import { Embeddable, Embedded, Entity, Enum, Filter, Formula, ManyToMany, ManyToOne, OneToMany, OneToOne,
  PrimaryKey, Property } from '@mikro-orm/core'\n`

describe('MikroORM entities', () => {
  it('reads decorators, with underscored names', () => {
    const shape = shapeOf({
      'base.ts': `${decorators}export abstract class Base { @PrimaryKey() id!: number; @Property() createdAt = new Date() }`,
      'crew.ts': `${decorators}import { Base } from './base'
        @Entity() export class Crew extends Base {
          @OneToMany(() => ShiftPlan, (plan) => plan.crew) plans = []
          @OneToOne(() => Leader, { mappedBy: 'crew' }) leader!: Leader
        }
        @Filter({ name: 'crew', cond: (args) => ({ crew: args.crew }) })
        @Entity({ tableName: 'shift_plans', schema: 'work' }) export class ShiftPlan extends Base {
          @ManyToOne(() => Crew, { deleteRule: 'cascade' }) crew!: Crew
          @ManyToOne({ entity: () => Crew, nullable: true, fieldName: 'helping' }) helpers?: Crew
          @ManyToOne() lead!: Ref<Leader>
          @Property({ nullable: true, fieldName: 'remark' }) note?: string
          @Enum(() => Kind) shiftKind!: string
          @Property({ persist: false }) total!: number
          @Formula('1 + 1') two!: number
        }
        @Entity() export class Leader { @OneToOne(() => Crew, { primary: true }) crew!: Crew }`,
    })
    expect(told(shape, 'work.shift_plans')).toEqual([
      'id! created_at! remark shift_kind! crew_id! helping lead_crew_id!',
      'key id',
      'crew_id -> crew.id cascade',
      'helping -> crew.id',
      'lead_crew_id -> leader.crew_id',
    ])
    expect(relationOf(shape, 'work.shift_plans')).toMatchObject({
      model: 'ShiftPlan',
      properties: { createdAt: 'created_at', note: 'remark', shiftKind: 'shift_kind' },
      relationFields: { crew: { to: 'crew', many: false, on: [['crew_id', 'id']] } },
    })
    expect(relationOf(shape, 'crew').relationFields).toEqual({
      plans: { to: 'work.shift_plans', many: true, on: [['id', 'crew_id']] },
      leader: { to: 'leader', many: false, on: [['id', 'crew_id']] },
    })
    expect(told(shape, 'leader')).toEqual(['crew_id!', 'key crew_id', 'crew_id -> crew.id'])
  })

  it('makes pivot tables, embedded columns and one table for a hierarchy', () => {
    const shape = shapeOf({
      'all.ts': `${decorators}
        @Embeddable() class Period { @Property() startsAt!: Date; @Property({ nullable: true }) endsAt?: Date }
        @Entity({ discriminatorColumn: 'type' }) export class Booking {
          @PrimaryKey() id!: number
          @Property() type!: string
          @Embedded(() => Period) period!: Period
          @Embedded(() => Period, { prefix: 'alt_', nullable: true }) other?: Period
          @Embedded(() => Period, { object: true }) whole!: Period
          @ManyToMany(() => Room) roomList = []
          @ManyToMany(() => Booking) linked = []
          @ManyToMany({ entity: () => Room, pivotTable: 'booking_spare', joinColumn: 'booking', inverseJoinColumn: 'spare' }) spare = []
        }
        @Entity({ discriminatorValue: 'long' }) export class LongBooking extends Booking { @Property() weeks!: number }
        @Entity() export class Room {
          @PrimaryKey() id!: number
          @ManyToMany(() => Booking, (booking) => booking.roomList) bookings = [] }`,
    })
    expect(told(shape, 'booking')[0]).toBe(
      'id! type! period_starts_at! period_ends_at alt_starts_at alt_ends_at whole! weeks',
    )
    expect(told(shape, 'booking_room_list')).toEqual([
      'booking_id! room_id!',
      'key booking_id room_id',
      'booking_id -> booking.id cascade',
      'room_id -> room.id cascade',
    ])
    expect(told(shape, 'booking_linked')[0]).toBe('booking_1_id! booking_2_id!')
    expect(told(shape, 'booking_spare')[0]).toBe('booking! spare!')
    expect(shape.relations.map(({ name }) => name)).not.toContain('room_bookings')
  })

  it('reads defineEntity and EntitySchema, over what they extend', () => {
    const shape = shapeOf({
      'base.ts': `import { defineEntity, p } from '@mikro-orm/core'
        export const BaseSchema = defineEntity({ name: 'Base', abstract: true,
          properties: { id: p.uuid().primary(), updatedAt: p.datetime().onUpdate(() => new Date()) } })`,
      'orchard.ts': `import { defineEntity, EntitySchema, p } from '@mikro-orm/core'
        import { BaseSchema } from './base'
        export const Orchard = defineEntity({ name: 'Orchard', tableName: 'orchards', extends: BaseSchema,
          properties: { trees: () => p.oneToMany(Tree, { mappedBy: 'orchard' }) } })
        export const Tree = defineEntity({ name: 'FruitTree', extends: BaseSchema,
          properties: (p) => ({
            orchard: () => p.manyToOne(Orchard).deleteRule('cascade'),
            graftedOn: () => p.manyToOne(Tree).nullable().fieldName('stock'),
            heightCm: p.integer().nullable(), label: p.string().fieldName('tag'),
            pickers: () => p.manyToMany(Picker).pivotTable('pickings'), shade: p.string().persist(false) }) })
        export const Picker = new EntitySchema({ name: 'Picker', extends: 'Base',
          properties: { fullName: { type: 'string', nullable: true }, orchard: { kind: 'm:1', entity: () => Orchard } } })`,
    })
    expect(shape.relations.map(({ name }) => name)).toEqual(['orchards', 'fruit_tree', 'picker', 'pickings'])
    expect(told(shape, 'fruit_tree')).toEqual([
      'id! updated_at! height_cm tag! orchard_id! stock',
      'key id',
      'orchard_id -> orchards.id cascade',
      'stock -> fruit_tree.id',
    ])
    expect(told(shape, 'picker')).toEqual([
      'id! updated_at! full_name orchard_id!',
      'key id',
      'orchard_id -> orchards.id',
    ])
    expect(told(shape, 'pickings')[0]).toBe('fruit_tree_id! picker_id!')
  })

  it('takes `?` for nullable where MikroORM reads types, and no names from a strategy that it does not know', () => {
    const entity = `${decorators}@Entity() export class OpenTab { @PrimaryKey() id!: number; @Property() closedAt?: Date }`
    const typed = `import { TsMorphMetadataProvider } from '@mikro-orm/reflection'
      export default { metadataProvider: TsMorphMetadataProvider }`
    expect(told(shapeOf({ 'a.ts': entity }), 'open_tab')[0]).toBe('id! closed_at!')
    expect(told(shapeOf({ 'a.ts': entity, 'config.ts': typed }), 'open_tab')[0]).toBe('id! closed_at')
    const cased = `import { EntityCaseNamingStrategy } from '@mikro-orm/core'
      export default { namingStrategy: EntityCaseNamingStrategy }`
    expect(told(shapeOf({ 'a.ts': entity, 'config.ts': cased }), 'OpenTab')[0]).toBe('id! closedAt!')
    const own = `export default { namingStrategy: HouseStrategy } // '@mikro-orm/core'`
    expect(shapeOf({ 'a.ts': entity, 'config.ts': own }).unread.join()).toMatch(/HouseStrategy/)
  })

  it('is found in a folder, and gives owners', () => {
    const { folder } = projectOf({
      'package.json': '{}',
      'src/entities/all.ts': `${decorators}
        @Entity() export class Workspace { @PrimaryKey() id!: number }
        @Entity() export class Board { @PrimaryKey() id!: number; @ManyToOne(() => Workspace) workspace!: Workspace }
        @Entity() export class Card { @PrimaryKey() id!: number; @ManyToOne(() => Board) board!: Board }
        @Entity() export class Lane { @PrimaryKey() id!: number; @ManyToOne(() => Workspace) workspace!: Workspace }`,
    })
    const [source] = detectSources(folder)
    expect(decided(readSource(source!))).toEqual({
      board: 'owned workspace_id',
      card: 'through board_id board',
      lane: 'owned workspace_id',
      workspace: 'root',
    })
  })

  it('reads decorators, objects and chains of calls alike', () => {
    const property = fc.record({
      name: fc.constantFrom('title', 'dueAt', 'noteText', 'size'),
      nullable: fc.boolean(),
      column: fc.option(fc.constantFrom('c_one', 'c_two', 'c_three')),
      relation: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.uniqueArray(property, { selector: ({ name }) => name }), (drawn) => {
        const [first, ...rest] = [decorated, objects, chains].map((render) =>
          shapeOf({ 'a.ts': render(drawn) }),
        )
        for (const other of rest) expect(other).toEqual(first)
      }),
      { numRuns: 25 },
    )
  })
})

interface Drawn {
  readonly name: string
  readonly nullable: boolean
  readonly column: string | null
  readonly relation: boolean
}

function optionsOf({ nullable, column }: Drawn): string {
  return `nullable: ${nullable}${column === null ? '' : `, fieldName: '${column}'`}`
}

function decorated(drawn: readonly Drawn[]): string {
  const members = drawn.map((one) => {
    const kind = one.relation ? 'ManyToOne(() => Thing, ' : 'Property('
    return `@${kind}{ ${optionsOf(one)} }) ${one.name}: unknown`
  })
  return `${decorators}@Entity() export class Thing { @PrimaryKey() id: number
    ${members.join('\n')} }`
}

function objects(drawn: readonly Drawn[]): string {
  const members = drawn.map((one) => {
    const kind = one.relation ? `kind: 'm:1', entity: () => 'Thing'` : `type: 'string'`
    return `${one.name}: { ${kind}, ${optionsOf(one)} }`
  })
  return `import { EntitySchema } from '@mikro-orm/core'
    export const Thing = new EntitySchema({ name: 'Thing', properties: { id: { primary: true }, ${members.join(', ')} } })`
}

function chains(drawn: readonly Drawn[]): string {
  const members = drawn.map(({ name, nullable, column, relation }) => {
    const kind = relation ? 'manyToOne(Thing)' : 'string()'
    const named = column === null ? '' : `.fieldName('${column}')`
    return `${name}: () => p.${kind}${nullable ? '.nullable()' : ''}${named}`
  })
  return `import { defineEntity, p } from '@mikro-orm/core'
    export const Thing = defineEntity({ name: 'Thing', properties: { id: p.integer().primary(), ${members.join(', ')} } })`
}
