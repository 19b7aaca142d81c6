import { relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inferTenancy } from '../../rules/tenancy/infer.ts'
import { detectSources, readSource } from '../../rules/tenancy/sources.ts'
import { decided, projectOf, relationOf, told } from '../support/models.ts'

const models = {
  'package.json': '{}',
  'src/models/herd.ts': `import { DataTypes } from 'sequelize'
    export default (sequelize) => {
      const herd = sequelize.define('herd', { name: DataTypes.TEXT }, { timestamps: false })
      herd.associate = (models) => { models.herd.belongsTo(models.tenant, { as: 'tenant' }) }
      return herd
    }`,
  'src/models/tenant.ts': `import { DataTypes } from 'sequelize'
    export default (sequelize) => sequelize.define('tenant', { name: DataTypes.TEXT }, { timestamps: false })`,
}
const tenants = 'create table tenants (id uuid primary key, name text);'
const herds =
  'create table herds (id uuid primary key, name text, "tenantId" uuid not null references tenants (id));'
const more = `create table "herdWeights" ("herdId" uuid not null references herds (id), weight int);
  create table "herdNotes" (id uuid primary key, "herdId" uuid not null references herds (id));`

describe('models beside migrations', () => {
  const partial = {
    ...models,
    'src/migrations/V1__herds.sql': tenants + herds,
    'src/migrations/V2__more.sql': more,
  }

  it('are both sources when the migrations hold many more tables, the migrations first', () => {
    const { folder } = projectOf(partial)
    const found = detectSources(folder)
    expect(found.map((path) => relative(folder, path))).toEqual(['src/migrations', 'src/models'])
    const { file } = inferTenancy(found.map(readSource))
    expect(file.relations).toMatchObject({
      tenants: { root: 'id', model: 'tenant' },
      herds: { owned: 'tenantId', model: 'herd' },
      herdWeights: { ownedThrough: ['herdId', 'herds'] },
    })
  })

  it('are both read from one folder; the columns are those of the database', () => {
    const { folder } = projectOf(partial)
    const shape = readSource(folder)
    expect(told(shape, 'herds')).toEqual(['id! name tenantId!', 'key id', 'tenantId -> tenants.id'])
    expect(relationOf(shape, 'herds').relationFields).toHaveProperty('tenant')
    expect(decided(shape)).toEqual({
      herdNotes: 'through herdId herds',
      herdWeights: 'through herdId herds',
      herds: 'owned tenantId',
      tenants: 'root',
    })
  })

  it('are passed over for a model that has the tables of the migrations', () => {
    const { folder } = projectOf({ ...models, 'src/migrations/V1__herds.sql': tenants + herds })
    expect(detectSources(folder).map((path) => relative(folder, path))).toEqual(['src/models'])
  })
})
