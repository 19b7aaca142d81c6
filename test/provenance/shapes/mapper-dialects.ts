import type { Dialect, Where } from './dialect.ts'

/** Conditions that are objects are put together in the same ways in all libraries; `find` is the query with one. */
function objectWheres(find: (where: string) => string, more: readonly Where[] = []): readonly Where[] {
  return [
    {
      way: 'variable',
      body: `const filter = { id, teamId }
  return ${find('filter')}`,
      counterfeit: `const filter = { id }
  return ${find('filter')}`,
      lacks: 'the team',
      rule: 'require-tenant-filter',
    },
    {
      way: 'shorthand',
      body: `const where = { id, teamId }
  return ${find('where')}`,
      counterfeit: `const where = { id, title: teamId }
  return ${find('where')}`,
      lacks: 'the column',
      rule: 'require-tenant-filter',
    },
    {
      way: 'spread',
      body: `const mine = { teamId }
  return ${find('{ id, ...mine }')}`,
      counterfeit: `const mine = { teamId }
  return ${find('{ id, ...(request.query.mine && mine) }')}`,
      lacks: 'the team at times',
      rule: 'no-optional-tenant-filter',
    },
    {
      way: 'helper',
      beside: `const ofTeam = (teamId: string) => ({ teamId })
const ofAny = (teamId: string) => ({ title: teamId })`,
      body: `return ${find('{ id, ...ofTeam(teamId) }')}`,
      counterfeit: `return ${find('{ id, ...ofAny(teamId) }')}`,
      lacks: 'the team in the helper',
      rule: 'require-tenant-filter',
    },
    ...more,
  ]
}

/** A list of conditions that are all asked for, and the same of which one is enough. */
function listed(every: (list: string) => string, some: (list: string) => string): Where {
  return {
    way: 'array of conditions',
    body: `const conditions = [{ id }, { teamId }]
  return ${every('conditions')}`,
    counterfeit: `const conditions = [{ id }, { teamId }]
  return ${some('conditions')}`,
    lacks: 'and',
    rule: 'require-tenant-filter',
  }
}

const prismaFind = (where: string): string =>
  where === 'where' ? 'prisma.project.findFirst({ where })' : `prisma.project.findFirst({ where: ${where} })`

export const prisma: Dialect = {
  library: 'Prisma',
  header: `import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()`,
  teamKey: 'teamId',
  project: (id) => `(await prisma.project.findUnique({ where: { id: ${id} } }))`,
  projectOf: (id, team) => `(await prisma.project.findFirst({ where: { id: ${id}, teamId: ${team} } }))`,
  projectBySlugOf: (slug, team) =>
    `(await prisma.project.findFirst({ where: { slug: ${slug}, teamId: ${team} } }))`,
  projectsOf: (team) => `(await prisma.project.findMany({ where: { teamId: ${team} } }))`,
  projectsIn: (ids) => `(await prisma.project.findMany({ where: { id: { in: ${ids} } } }))`,
  tasksOfProject: (project) => `(await prisma.task.findMany({ where: { projectId: ${project} } }))`,
  tasksOfProjects: (list) => `(await prisma.task.findMany({ where: { projectId: { in: ${list} } } }))`,
  removeProject: (id) => `(await prisma.project.delete({ where: { id: ${id} } }))`,
  removeProjectBySlug: (slug) => `(await prisma.project.deleteMany({ where: { slug: ${slug} } }))`,
  membership: (team, user) =>
    `(await prisma.membership.findFirst({ where: { teamId: ${team}, userId: ${user} } }))`,
  taskOf: (id, team) =>
    `(await prisma.task.findFirst({ where: { id: ${id}, project: { teamId: ${team} } } }))`,
  taskTitled: (id, title) =>
    `(await prisma.task.findFirst({ where: { id: ${id}, project: { title: ${title} } } }))`,
  wheres: objectWheres(prismaFind, [
    listed(
      (list) => prismaFind(`{ AND: ${list} }`),
      (list) => prismaFind(`{ OR: ${list} }`),
    ),
  ]),
}

const typeormFind = (where: string): string =>
  where === 'where' ? 'projects.find({ where })' : `projects.find({ where: ${where} })`

export const typeorm: Dialect = {
  library: 'TypeORM',
  header: `import { DataSource, In } from 'typeorm'
import { Membership, Project, Task } from './entities'
const dataSource = new DataSource({ type: 'postgres' })
const projects = dataSource.getRepository(Project)
const tasks = dataSource.getRepository(Task)
const memberships = dataSource.getRepository(Membership)`,
  teamKey: 'teamId',
  project: (id) => `(await projects.findOneBy({ id: ${id} }))`,
  projectOf: (id, team) => `(await projects.findOneBy({ id: ${id}, teamId: ${team} }))`,
  projectBySlugOf: (slug, team) => `(await projects.findOneBy({ slug: ${slug}, teamId: ${team} }))`,
  projectsOf: (team) => `(await projects.findBy({ teamId: ${team} }))`,
  projectsIn: (ids) => `(await projects.findBy({ id: In(${ids}) }))`,
  tasksOfProject: (project) => `(await tasks.findBy({ projectId: ${project} }))`,
  tasksOfProjects: (list) => `(await tasks.findBy({ projectId: In(${list}) }))`,
  removeProject: (id) => `(await projects.delete({ id: ${id} }))`,
  removeProjectBySlug: (slug) => `(await projects.delete({ slug: ${slug} }))`,
  membership: (team, user) => `(await memberships.findOneBy({ teamId: ${team}, userId: ${user} }))`,
  taskOf: (id, team) => `(await tasks.findOneBy({ id: ${id}, project: { teamId: ${team} } }))`,
  taskTitled: (id, title) => `(await tasks.findOneBy({ id: ${id}, project: { title: ${title} } }))`,
  wheres: objectWheres(typeormFind, [
    {
      way: 'array of conditions',
      body: `const where = [{ id, teamId }, { slug: id, teamId }]
  return projects.find({ where })`,
      counterfeit: `const where = [{ id, teamId }, { slug: id }]
  return projects.find({ where })`,
      lacks: 'the team in one alternative',
      rule: 'require-tenant-filter',
    },
  ]),
}

const sequelizeFind = (where: string): string =>
  where === 'where' ? 'Project.findAll({ where })' : `Project.findAll({ where: ${where} })`

export const sequelize: Dialect = {
  library: 'Sequelize',
  header: `import { DataTypes, Op, Sequelize } from 'sequelize'
const sequelize = new Sequelize('postgres://localhost/app')
const Project = sequelize.define('Project', { title: DataTypes.STRING })
const Task = sequelize.define('Task', { title: DataTypes.STRING })
const Membership = sequelize.define('Membership', { role: DataTypes.STRING })`,
  teamKey: 'teamId',
  project: (id) => `(await Project.findOne({ where: { id: ${id} } }))`,
  projectOf: (id, team) => `(await Project.findOne({ where: { id: ${id}, teamId: ${team} } }))`,
  projectBySlugOf: (slug, team) => `(await Project.findOne({ where: { slug: ${slug}, teamId: ${team} } }))`,
  projectsOf: (team) => `(await Project.findAll({ where: { teamId: ${team} } }))`,
  projectsIn: (ids) => `(await Project.findAll({ where: { id: { [Op.in]: ${ids} } } }))`,
  tasksOfProject: (project) => `(await Task.findAll({ where: { projectId: ${project} } }))`,
  tasksOfProjects: (list) => `(await Task.findAll({ where: { projectId: ${list} } }))`,
  removeProject: (id) => `(await Project.destroy({ where: { id: ${id} } }))`,
  removeProjectBySlug: (slug) => `(await Project.destroy({ where: { slug: ${slug} } }))`,
  membership: (team, user) => `(await Membership.findOne({ where: { teamId: ${team}, userId: ${user} } }))`,
  taskOf: (id, team) =>
    `(await Task.findOne({ where: { id: ${id} }, include: [{ model: Project, as: 'project', required: true, where: { teamId: ${team} } }] }))`,
  taskTitled: (id, title) =>
    `(await Task.findOne({ where: { id: ${id} }, include: [{ model: Project, as: 'project', required: true, where: { title: ${title} } }] }))`,
  wheres: objectWheres(sequelizeFind, [
    listed(
      (list) => sequelizeFind(`{ [Op.and]: ${list} }`),
      (list) => sequelizeFind(`{ [Op.or]: ${list} }`),
    ),
  ]),
}

const mikroFind = (where: string): string => `em.find(Project, ${where})`

export const mikroOrm: Dialect = {
  library: 'MikroORM',
  header: `import { MikroORM } from '@mikro-orm/postgresql'
import { Membership, Project, Task } from './entities'
const orm = await MikroORM.init({})
const em = orm.em.fork()`,
  teamKey: 'teamId',
  project: (id) => `(await em.findOne(Project, { id: ${id} }))`,
  projectOf: (id, team) => `(await em.findOne(Project, { id: ${id}, teamId: ${team} }))`,
  projectBySlugOf: (slug, team) => `(await em.findOne(Project, { slug: ${slug}, teamId: ${team} }))`,
  projectsOf: (team) => `(await em.find(Project, { teamId: ${team} }))`,
  projectsIn: (ids) => `(await em.find(Project, { id: { $in: ${ids} } }))`,
  tasksOfProject: (project) => `(await em.find(Task, { projectId: ${project} }))`,
  tasksOfProjects: (list) => `(await em.find(Task, { projectId: { $in: ${list} } }))`,
  removeProject: (id) => `(await em.nativeDelete(Project, { id: ${id} }))`,
  removeProjectBySlug: (slug) => `(await em.nativeDelete(Project, { slug: ${slug} }))`,
  membership: (team, user) => `(await em.findOne(Membership, { teamId: ${team}, userId: ${user} }))`,
  taskOf: (id, team) => `(await em.findOne(Task, { id: ${id}, project: { teamId: ${team} } }))`,
  taskTitled: (id, title) => `(await em.findOne(Task, { id: ${id}, project: { title: ${title} } }))`,
  wheres: objectWheres(mikroFind, [
    listed(
      (list) => mikroFind(`{ $and: ${list} }`),
      (list) => mikroFind(`{ $or: ${list} }`),
    ),
  ]),
}
