import { describe, expect, it } from 'vitest'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { contextOf, statementsIn } from '../support/queries.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'tenants',
  tenantColumns: ['tenant_id'],
  relations: {
    tenants: { root: 'id', model: 'tenant' },
    projects: {
      owned: 'tenant_id',
      model: 'project',
      properties: { tenantId: 'tenant_id' },
      relationFields: {
        tasks: { to: 'tasks', many: true, on: [['id', 'project_id']] },
        owner: { to: 'users', many: false, on: [['owner_id', 'id']] },
      },
    },
    tasks: {
      ownedThrough: ['project_id', 'projects'],
      model: 'task',
      properties: { projectId: 'project_id' },
      relationFields: { project: { to: 'projects', many: false, on: [['project_id', 'id']] } },
    },
    users: { global: 'accounts', model: 'user' },
  },
}

const withModels = (call: string): string => `
import { Sequelize, Op, Model, QueryTypes } from 'sequelize'
const sequelize = new Sequelize('postgres://localhost/x')
const Project = sequelize.define('project', {})
const Task = sequelize.define('task', {})
class project extends Model {}
export const f = async (options: any, tenant: string, id: string, body: any, ids: string[], on: boolean) => ${call}
`

type Row = readonly [source: string, ...rendered: readonly string[]]

const tables: Readonly<Record<string, readonly Row[]>> = {
  models: [
    ['project.findAll()', 'select * from projects'],
    ['options.database.project.findAll()', 'select * from projects'],
    ['sequelize.model("project").findAll()', 'select * from projects'],
    ['sequelize.models.project.findAll()', 'select * from projects'],
    ['options.models["project"].findAll()', 'select * from projects'],
    ['sequelize.getRepository(project).findAll()', 'select * from projects'],
    ['Project.unscoped().findAll()', 'select * from projects'],
    [
      'Project.scope("open").findAll()',
      'select * from projects where opaque(what `Project.scope("open")` adds could not be seen)',
    ],
    ['options.database[body.model].findAll()', 'opaque: the model is chosen at run time'],
    ['new Map([[id, 1]]).delete(id)'],
    ['options.service.project.findAll()'],
    ['body.find((one: any) => one.id === id)'],
  ],
  filters: [
    [
      'Project.findOne({ where: { id, tenantId: tenant } })',
      'select * from projects where projects.id = :id and projects.tenant_id = :tenant limit',
    ],
    ['Project.findByPk(id)', 'select * from projects where projects.id = :id limit'],
    [
      'Project.findAll({ where: { [Op.or]: [{ tenantId: tenant }, { title: { [Op.like]: "x%" } }], rank: { [Op.gt]: 1, [Op.ne]: null }, done: null } })',
      "select * from projects where (projects.tenant_id = :tenant or projects.title like 'x%') and (projects.rank > 1 and not projects.rank is null) and projects.done is null",
    ],
    [
      'Project.findAll({ where: { [Op.or]: { tenantId: tenant, id } } })',
      'select * from projects where projects.tenant_id = :tenant or projects.id = :id',
    ],
    [
      'Project.findAll({ where: { [Op.not]: [{ id }], [Op.and]: { tenantId: tenant } } })',
      'select * from projects where not (projects.id = :id) and projects.tenant_id = :tenant',
    ],
    [
      'Project.findAll({ where: { $or: [{ tenantId: tenant }, { a: 1 }], id: [1, 2], x: { $in: ids } } })',
      'select * from projects where (projects.tenant_id = :tenant or projects.a = 1) and projects.id in (1, 2) and projects.x in (:ids[])',
    ],
    [
      'Project.findAll({ where: { id: { [Op.in]: ids, [Op.notIn]: [1] }, rank: { [Op.or]: [1, { [Op.lt]: 5 }] } } })',
      'select * from projects where (projects.id in (:ids[]) and not projects.id in (1)) and (projects.rank = 1 or projects.rank < 5)',
    ],
    ['Project.findAll({ where: { [Op.or]: [] } })', 'select * from projects where false'],
    [
      'Project.count({ where: on ? { tenantId: tenant } : undefined })',
      'select merged  from projects where projects.tenant_id = :tenant or true',
    ],
    [
      'Project.findAll({ where: { tenantId: tenant, ...(on && { id }) } })',
      'select * from projects where projects.tenant_id = :tenant and optional(projects.id = :id)',
    ],
    [
      'Project.findAll({ where: Sequelize.and({ tenantId: tenant }, Sequelize.literal("x = 1")) })',
      'select * from projects where projects.tenant_id = :tenant and opaque(`Sequelize.literal("x = 1")` is not looked into)',
    ],
    ['Project.findAll(body)', 'select * from projects where opaque(the options could not be seen)'],
  ],
  includes: [
    [
      'Project.findByPk(id, { include: [Task, { model: options.database.user, as: "owner", required: true }] })',
      'select * from projects left join tasks on tasks.project_id = projects.id inner join users on users.id = projects.owner_id where projects.id = :id limit',
    ],
    [
      'Project.findAll({ where: { "$tasks.done$": on }, include: [{ model: Task, as: "tasks", where: { title: "x" } }], limit: 3 })',
      "select * from projects inner join tasks on tasks.project_id = projects.id and tasks.title = 'x' where tasks.done = :on limit",
    ],
    [
      'Project.findAll({ include: [{ model: Task, as: "tasks", required: false, where: { title: "x" } }] })',
      "select * from projects left join tasks on tasks.project_id = projects.id and tasks.title = 'x'",
    ],
    [
      'Task.findAll({ include: { association: "project", include: ["owner"] } })',
      'select * from tasks left join projects on projects.id = tasks.project_id left join users on users.id = projects.owner_id',
    ],
  ],
  writes: [
    [
      'Project.create({ ...body, tenantId: tenant })',
      'insert into projects values {tenant_id = :tenant, ...} returning *',
    ],
    [
      'project.bulkCreate(body.map((b: any) => ({ tenantId: tenant, name: b.name })), { updateOnDuplicate: ["name"] })',
      'insert into projects values {tenant_id = :tenant, name = :b.name} on conflict of its unique keys do update set name = :b.name returning *',
    ],
    [
      'Project.update({ name: "x" }, { where: { id, tenantId: tenant } })',
      "update projects set name = 'x' where projects.id = :id and projects.tenant_id = :tenant",
    ],
    [
      'Project.upsert({ id, tenantId: tenant })',
      'insert into projects values {id = :id, tenant_id = :tenant} on conflict (id) do update set id = :id, tenant_id = :tenant returning *',
    ],
    [
      'Project.upsert({ name: "x", tenantId: tenant }, { conflictFields: ["tenantId", "name"] })',
      "insert into projects values {name = 'x', tenant_id = :tenant} on conflict (tenant_id, name) do update set name = 'x', tenant_id = :tenant returning *",
    ],
    ['Project.destroy({ where: { id } })', 'delete from projects where projects.id = :id'],
    ['Project.destroy({ truncate: true, where: { id } })', 'delete from projects'],
    ['Project.restore({ where: { id } })', 'update projects set  where projects.id = :id'],
    [
      'Project.findOrCreate({ where: { tenantId: tenant, name: "x" }, defaults: { rank: 1 } })',
      "select * from projects where projects.tenant_id = :tenant and projects.name = 'x'",
      "insert into projects values {tenant_id = :tenant, name = 'x', rank = 1} returning *",
    ],
  ],
  text: [
    [
      'sequelize.query("SELECT * FROM projects WHERE tenant_id = :tenantId AND id IN (:ids)", { replacements: { tenantId: tenant, ids }, type: QueryTypes.SELECT })',
      'select projects.* from projects where projects.tenant_id = :tenantId and projects.id in (:ids)',
    ],
    [
      'options.db.query("SELECT * FROM projects WHERE tenant_id = ? AND id = ?", { replacements: [tenant, id] })',
      'select projects.* from projects where projects.tenant_id = :? and projects.id = :?',
    ],
    [
      'sequelize.query("SELECT * FROM projects WHERE tenant_id = $tenant AND id = $1", { bind: { tenant } })',
      'select projects.* from projects where projects.tenant_id = :tenant and projects.id = :$1',
    ],
    [
      'sequelize.query({ query: "SELECT * FROM projects WHERE id = ?", values: [id] }, { replacements: [] })',
      'select projects.* from projects where projects.id = :?',
    ],
    ['sequelize.query(body.text)', 'opaque: its SQL text comes from `body.text`, which is not in sight'],
    ['sequelize.query("SET lock_timeout = 1")'],
  ],
}

describe.each(Object.entries(tables))('%s', (_name, rows) => {
  it.each(rows)('%s', (source, ...rendered) => {
    expect(statementsIn(withModels(source), tenancy)).toEqual(rendered)
  })
})

describe('rows', () => {
  it('are known again', () => {
    const code = withModels(`{
      const row = await Project.findOne({ where: { id, tenantId: tenant } })
      await row.update({ name: 'x' })
      await row.getTasks({ where: { done: on } })
      await row.countTasks()
      await row.createTask({ title: 'x' })
      await row.setOwner(id)
      await row.addTask(id)
      await row.destroy()
      options.row.destroy()
    }`)
    expect(statementsIn(code, tenancy).slice(1)).toEqual([
      "update projects set name = 'x' where projects.id = :row",
      'select * from tasks where tasks.project_id = :row and tasks.done = :on',
      'select merged  from tasks where tasks.project_id = :row',
      "insert into tasks values {project_id = :row, title = 'x'} returning *",
      'update projects set owner_id = :id where projects.id = :row',
      'update tasks set project_id = :row where tasks.id in (:id[])',
      'delete from projects where projects.id = :row',
    ])
  })

  it.each([
    ['Project.findAll()', 'rows', false],
    ['Project.findOne()', 'row', false],
    ['Project.findOne({ rejectOnEmpty: true })', 'row', true],
    ['Project.findAndCountAll()', 'result', false],
    ['Project.create({})', 'row', true],
    ['Project.update({}, {})', 'none', false],
    ['sequelize.query("SELECT * FROM projects", { type: QueryTypes.SELECT })', 'rows', false],
    ['sequelize.query("SELECT * FROM projects", { type: QueryTypes.SELECT, plain: true })', 'row', false],
    ['sequelize.query("SELECT * FROM projects")', 'pair', false],
  ])('%s gives %s', (source, shape, throws) => {
    const [site] = contextOf(withModels(source), tenancy)!.sites
    expect(site!.queries[0]!.query.answer).toEqual({ shape, throws })
  })
})

describe('other libraries', () => {
  it('keep their calls', () => {
    const code = `
      export const f = (db: any, id: string) => [
        db.project.findFirst({ where: { id } }),
        db.project.count({ where: { id } }),
        db.project.update({ where: { id }, data: { name: 'x' } }),
        db.project.destroy({ where: { id } }),
      ]`
    const libraries = contextOf(code, tenancy)!.sites.flatMap(({ queries }) =>
      queries.map(({ query }) => query.library),
    )
    expect(libraries).toEqual(['prisma', 'prisma', 'prisma', 'sequelize'])
  })
})
