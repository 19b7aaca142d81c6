import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readMigrations } from '../../rules/schema/from-migrations.ts'
import { plural } from '../../rules/tenancy/plural.ts'
import { shapeOfSchema } from '../../rules/tenancy/schema-shape.ts'
import { shapeOfSequelize } from '../../rules/tenancy/sequelize.ts'
import { detectSources, readSource } from '../../rules/tenancy/sources.ts'
import { decided, projectOf, relationOf, told } from '../support/models.ts'

function shapeOf(files: Readonly<Record<string, string>>) {
  return shapeOfSequelize(projectOf(files).paths)
}

const factory = (body: string) => `import { DataTypes } from 'sequelize'
  export default (sequelize) => { ${body} }`

describe('Sequelize models', () => {
  it('reads factories and their associations', () => {
    const shape = shapeOf({
      'herd.ts': factory(`
        const herd = sequelize.define('herd', { name: { type: DataTypes.TEXT, allowNull: false }, mood: DataTypes.TEXT }, { paranoid: true })
        herd.associate = (models) => {
          models.herd.hasMany(models.sheepDog, { as: 'dogs', foreignKey: { allowNull: false } })
          herd.belongsToMany(models.pasture, { as: 'pastures', through: 'herdPastures' })
        }
        return herd`),
      'dog.ts': factory(`
        const dog = sequelize.define('sheepDog', {
          id: { type: DataTypes.UUID, primaryKey: true }, age: { type: DataTypes.VIRTUAL } }, { timestamps: false })
        dog.associate = ({ herd, sheepDog }) => {
          dog.belongsTo(herd, { as: 'home', foreignKey: { name: 'herdId', allowNull: false }, onDelete: 'cascade' })
          sheepDog.belongsTo(sheepDog, { as: 'parent' })
          dog.hasMany(models.photo, { as: 'photos', foreignKey: 'ofId', constraints: false, scope: { of: 'dog' } })
          dog.hasOne(models.nowhere)
        }
        return dog`),
      'rest.js': `module.exports = (sequelize, DataTypes) => {
        const pasture = sequelize.define('pasture', {}, { tableName: 'fields', schema: 'land', timestamps: false })
        sequelize.define('photo', { ofId: { type: DataTypes.UUID, allowNull: false } }, { freezeTableName: true, timestamps: false })
        customElements.define('no-model', {})
        return pasture }`,
    })
    expect(told(shape, 'herds')).toEqual(['id! name! mood createdAt! updatedAt! deletedAt', 'key id'])
    expect(told(shape, 'sheepDogs')).toEqual([
      'id! herdId! parentId',
      'key id',
      'herdId -> herds.id cascade',
      'parentId -> sheepDogs.id',
    ])
    expect(told(shape, 'herdPastures')).toEqual([
      'herdId! pastureId!',
      'key herdId pastureId',
      'herdId -> herds.id cascade',
      'pastureId -> land.fields.id cascade',
    ])
    expect(told(shape, 'photo')).toEqual(['id! ofId!', 'key id'])
    expect(relationOf(shape, 'herds')).toMatchObject({
      model: 'herd',
      relationFields: {
        dogs: { to: 'sheepDogs', many: true, on: [['id', 'herdId']] },
        pastures: { to: 'land.fields', many: true, on: [] },
      },
    })
    expect(relationOf(shape, 'sheepDogs').relationFields).toMatchObject({
      home: { to: 'herds', many: false, on: [['herdId', 'id']] },
      photos: { to: 'photo', many: true, on: [['id', 'ofId']] },
    })
    expect(shape.unread).toEqual(['sheepDog.hasOne leads to a model that was not found'])
    expect(shape.relations).toHaveLength(5)
  })

  it('reads classes, references and the options of the connection', () => {
    const shape = shapeOf({
      'db.ts': `import { Sequelize } from 'sequelize'
        export const sequelize = new Sequelize('postgres://', { define: { underscored: true, timestamps: false } })`,
      'firm.ts': `import { DataTypes, Model } from 'sequelize'
        import { sequelize } from './db'
        const key = { id: { type: DataTypes.INTEGER, primaryKey: true } }
        export class Company extends Model {
          static associate() { this.hasMany(OrderLine) }
        }
        Company.init({ ...key, legalName: DataTypes.STRING }, { sequelize })
        export class OrderLine extends Model {
          static setUp(sequelize) {
            super.init({ ...key, companyId: { type: DataTypes.INTEGER, allowNull: false, references: { model: 'companies', key: 'id' } },
              payerId: { type: DataTypes.INTEGER, field: 'payer', references: { model: Company } } },
              { sequelize, modelName: 'orderLine', tableName: 'lines' })
          }
        }`,
    })
    expect(told(shape, 'companies')).toEqual(['id! legal_name', 'key id'])
    expect(told(shape, 'lines')).toEqual([
      'id! company_id! payer',
      'key id',
      'company_id -> companies.id',
      'payer -> companies.id',
    ])
    expect(relationOf(shape, 'lines')).toMatchObject({
      model: 'orderLine',
      properties: { companyId: 'company_id', payerId: 'payer' },
    })
    expect(relationOf(shape, 'companies').relationFields).toEqual({
      orderLines: { to: 'lines', many: true, on: [['id', 'company_id']] },
    })
  })

  it('reads the classes of sequelize-typescript', () => {
    const shape = shapeOf({
      'all.ts': `import { AllowNull, BelongsTo, BelongsToMany, Column, ForeignKey, HasMany, Model, PrimaryKey, Table } from 'sequelize-typescript'
        class Base extends Model { @PrimaryKey @Column id: string }
        @Table({ tableName: 'clubs', timestamps: false }) export class Club extends Base {
          @HasMany(() => Player) players: Player[]
        }
        @Table({ underscored: true, timestamps: false }) export class Player extends Base {
          @ForeignKey(() => Club) @AllowNull(false) @Column clubId: string
          @BelongsTo(() => Club) club: Club
          @Column({ field: 'shirt', allowNull: false }) shirtNumber: number
          @BelongsToMany(() => Cup, () => Win) cups: Cup[]
        }
        @Table({ timestamps: false }) export class Cup extends Base {}
        @Table({ tableName: 'wins', timestamps: false }) export class Win extends Base {
          @Column year: number
          @ForeignKey(() => Player) @Column playerId: string
          @ForeignKey(() => Cup) @Column cupId: string
        }`,
    })
    expect(told(shape, 'players')).toEqual(['id! club_id! shirt!', 'key id', 'club_id -> clubs.id'])
    expect(told(shape, 'wins')).toEqual([
      'id! year playerId cupId',
      'key id',
      'playerId -> players.id cascade',
      'cupId -> Cups.id cascade',
    ])
    expect(relationOf(shape, 'clubs').relationFields).toEqual({
      players: { to: 'players', many: true, on: [['id', 'club_id']] },
    })
  })

  it('is found in a folder, and gives owners', () => {
    const model = (name: string, attributes: string, links: string) =>
      factory(`const ${name} = sequelize.define('${name}', { ${attributes} })
        ${name}.associate = (models) => { ${links} }
        return ${name}`)
    const { folder } = projectOf({
      'package.json': '{}',
      'src/models/tenant.ts': model('tenant', '', ''),
      'src/models/user.ts': model('user', 'email: DataTypes.TEXT', ''),
      'src/models/note.ts': model(
        'note',
        '',
        `models.note.belongsTo(models.tenant, { as: 'tenant', foreignKey: { allowNull: false } })
         models.note.belongsTo(models.user, { as: 'createdBy' })`,
      ),
      'src/models/line.ts': model(
        'line',
        '',
        `models.line.belongsTo(models.note, { foreignKey: { allowNull: false } })`,
      ),
    })
    const [source] = detectSources(folder)
    expect(decided(readSource(source!))).toEqual({
      lines: 'through noteId notes',
      notes: 'owned tenantId',
      tenants: 'root',
      users: 'global',
    })
  })

  it.each([
    ['person', 'people'],
    ['category', 'categories'],
    ['Company', 'Companies'],
    ['status', 'statuses'],
    ['settings', 'settings'],
    ['memberIdentity', 'memberIdentities'],
    ['box', 'boxes'],
    ['day', 'days'],
    ['analysis', 'analyses'],
    ['child', 'children'],
  ])('calls many of %s %s', (one, many) => expect(plural(one)).toBe(many))

  it('tells the same as the SQL that creates the same tables', () => {
    const column = fc.record({ name: fc.constantFrom('title', 'dueAt', 'size'), nullable: fc.boolean() })
    const drawn = fc.record({
      columns: fc.uniqueArray(column, { selector: ({ name }) => name }),
      parents: fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b'), nullable: fc.boolean() }), {
        selector: ({ name }) => name,
      }),
    })
    fc.assert(
      fc.property(drawn, fc.boolean(), ({ columns, parents }, underscored) => {
        const attributes = columns.map(
          ({ name, nullable }) => `${name}: { type: DataTypes.TEXT, allowNull: ${nullable} }`,
        )
        const links = parents.map(
          ({ name, nullable }) =>
            `item.belongsTo(${name}, { as: 'in${name}', foreignKey: { allowNull: ${nullable} } })`,
        )
        const options = `{ underscored: ${underscored}, timestamps: false }`
        const models = shapeOf({
          'all.ts':
            factory(`const a = sequelize.define('a', {}, ${options}); const b = sequelize.define('b', {}, ${options})
            const item = sequelize.define('item', { ${attributes.join(', ')} }, ${options})
            ${links.join('\n')}`),
        })
        const named = (name: string) =>
          `"${underscored ? name.replace(/[A-Z]/g, (one) => `_${one.toLowerCase()}`) : name}"`
        const rows = [
          'id int primary key',
          ...columns.map(({ name, nullable }) => `${named(name)} text${nullable ? '' : ' not null'}`),
          ...parents.map(
            ({ name, nullable }) =>
              `${named(`in${name}Id`)} int${nullable ? '' : ' not null'} references "${name}s" (id)`,
          ),
        ]
        const text = `create table "as" (id int primary key); create table bs (id int primary key); create table items (${rows.join(', ')});`
        const sql = shapeOfSchema(readMigrations([{ file: 'schema.sql', text }]))
        for (const name of ['as', 'bs', 'items']) expect(told(models, name)).toEqual(told(sql, name))
      }),
      { numRuns: 30 },
    )
  })
})
