import type { Dialect } from './dialect.ts'

const joined = `db.selectFrom('tasks as t').innerJoin('projects as p', 'p.id', 't.project_id').selectAll('t')`

export const kysely: Dialect = {
  library: 'Kysely',
  header: `import { Kysely, sql, type ExpressionBuilder } from 'kysely'\nconst db = new Kysely<any>({})`,
  teamKey: 'team_id',
  project: (id) => `(await db.selectFrom('projects').selectAll().where('id', '=', ${id}).executeTakeFirst())`,
  projectOf: (id, team) =>
    `(await db.selectFrom('projects').selectAll().where('id', '=', ${id}).where('team_id', '=', ${team}).executeTakeFirst())`,
  projectBySlugOf: (slug, team) =>
    `(await db.selectFrom('projects').selectAll().where('slug', '=', ${slug}).where('team_id', '=', ${team}).executeTakeFirst())`,
  projectsOf: (team) =>
    `(await db.selectFrom('projects').selectAll().where('team_id', '=', ${team}).execute())`,
  projectsIn: (ids) => `(await db.selectFrom('projects').selectAll().where('id', 'in', ${ids}).execute())`,
  tasksOfProject: (project) =>
    `(await db.selectFrom('tasks').selectAll().where('project_id', '=', ${project}).execute())`,
  tasksOfProjects: (projects) =>
    `(await db.selectFrom('tasks').selectAll().where('project_id', 'in', ${projects}).execute())`,
  removeProject: (id) => `(await db.deleteFrom('projects').where('id', '=', ${id}).execute())`,
  removeProjectBySlug: (slug) => `(await db.deleteFrom('projects').where('slug', '=', ${slug}).execute())`,
  membership: (team, user) =>
    `(await db.selectFrom('memberships').selectAll().where('team_id', '=', ${team}).where('user_id', '=', ${user}).executeTakeFirst())`,
  taskOf: (id, team) =>
    `(await ${joined}.where('t.id', '=', ${id}).where('p.team_id', '=', ${team}).executeTakeFirst())`,
  taskTitled: (id, title) =>
    `(await ${joined}.where('t.id', '=', ${id}).where('p.title', '=', ${title}).executeTakeFirst())`,
  wheres: [
    {
      way: 'variable',
      body: `let query = db.selectFrom('projects').selectAll().where('id', '=', id)
  query = query.where('team_id', '=', teamId)
  return query.execute()`,
      counterfeit: `let query = db.selectFrom('projects').selectAll().where('id', '=', id)
  if (request.query.mine) query = query.where('team_id', '=', teamId)
  return query.execute()`,
      lacks: 'the team on one path',
      rule: 'no-optional-tenant-filter',
    },
    {
      way: 'helper',
      beside: `const ofTeam = (eb: ExpressionBuilder<any, any>, team: string) => eb('team_id', '=', team)
const ofAny = (eb: ExpressionBuilder<any, any>, _team: string) => eb('team_id', 'is not', null)`,
      body: `return db.selectFrom('projects').selectAll().where('id', '=', id).where((eb) => ofTeam(eb, teamId)).execute()`,
      counterfeit: `return db.selectFrom('projects').selectAll().where('id', '=', id).where((eb) => ofAny(eb, teamId)).execute()`,
      lacks: 'the team in the helper',
      rule: 'require-tenant-filter',
    },
    {
      way: 'array of conditions',
      body: `return db.selectFrom('projects').selectAll()
    .where((eb) => { const conditions = [eb('id', '=', id), eb('team_id', '=', teamId)]; return eb.and(conditions) }).execute()`,
      counterfeit: `return db.selectFrom('projects').selectAll()
    .where((eb) => { const conditions = [eb('id', '=', id), eb('team_id', '=', teamId)]; return eb.or(conditions) }).execute()`,
      lacks: 'and',
      rule: 'require-tenant-filter',
    },
  ],
}

const ofJoin = `db.select().from(tasks).innerJoin(projects, eq(tasks.projectId, projects.id))`

export const drizzle: Dialect = {
  library: 'Drizzle',
  header: `import { and, eq, inArray, isNotNull, or } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { memberships, projects, tasks } from './schema'
const db = drizzle('postgres://localhost/app')`,
  teamKey: 'teamId',
  project: (id) => `(await db.select().from(projects).where(eq(projects.id, ${id})))[0]`,
  projectOf: (id, team) =>
    `(await db.select().from(projects).where(and(eq(projects.id, ${id}), eq(projects.teamId, ${team}))))[0]`,
  projectBySlugOf: (slug, team) =>
    `(await db.select().from(projects).where(and(eq(projects.slug, ${slug}), eq(projects.teamId, ${team}))))[0]`,
  projectsOf: (team) => `(await db.select().from(projects).where(eq(projects.teamId, ${team})))`,
  projectsIn: (ids) => `(await db.select().from(projects).where(inArray(projects.id, ${ids})))`,
  tasksOfProject: (project) => `(await db.select().from(tasks).where(eq(tasks.projectId, ${project})))`,
  tasksOfProjects: (list) => `(await db.select().from(tasks).where(inArray(tasks.projectId, ${list})))`,
  removeProject: (id) => `(await db.delete(projects).where(eq(projects.id, ${id})))`,
  removeProjectBySlug: (slug) => `(await db.delete(projects).where(eq(projects.slug, ${slug})))`,
  membership: (team, user) =>
    `(await db.select().from(memberships).where(and(eq(memberships.teamId, ${team}), eq(memberships.userId, ${user}))))[0]`,
  taskOf: (id, team) => `(await ${ofJoin}.where(and(eq(tasks.id, ${id}), eq(projects.teamId, ${team}))))[0]`,
  taskTitled: (id, title) =>
    `(await ${ofJoin}.where(and(eq(tasks.id, ${id}), eq(projects.title, ${title}))))[0]`,
  wheres: [
    {
      way: 'variable',
      body: `const where = and(eq(projects.id, id), eq(projects.teamId, teamId))
  return db.select().from(projects).where(where)`,
      counterfeit: `const where = or(eq(projects.id, id), eq(projects.teamId, teamId))
  return db.select().from(projects).where(where)`,
      lacks: 'and',
      rule: 'require-tenant-filter',
    },
    {
      way: 'shorthand',
      body: `const where = and(eq(projects.id, id), eq(projects.teamId, teamId))
  return db.query.projects.findFirst({ where })`,
      counterfeit: `const where = eq(projects.id, id)
  return db.query.projects.findFirst({ where })`,
      lacks: 'the team',
      rule: 'require-tenant-filter',
    },
    {
      way: 'spread',
      body: `const conditions = [eq(projects.teamId, teamId)]
  return db.select().from(projects).where(and(eq(projects.id, id), ...conditions))`,
      counterfeit: `const conditions = request.query.mine ? [eq(projects.teamId, teamId)] : []
  return db.select().from(projects).where(and(eq(projects.id, id), ...conditions))`,
      lacks: 'the team at times',
      rule: 'no-optional-tenant-filter',
    },
    {
      way: 'helper',
      beside: `const ofTeam = (team: string) => eq(projects.teamId, team)
const ofAny = (_team: string) => isNotNull(projects.teamId)`,
      body: `return db.select().from(projects).where(and(eq(projects.id, id), ofTeam(teamId)))`,
      counterfeit: `return db.select().from(projects).where(and(eq(projects.id, id), ofAny(teamId)))`,
      lacks: 'the team in the helper',
      rule: 'require-tenant-filter',
    },
    {
      way: 'array of conditions',
      body: `const conditions = [eq(projects.id, id)]
  conditions.push(eq(projects.teamId, teamId))
  return db.select().from(projects).where(and(...conditions))`,
      counterfeit: `const conditions = [eq(projects.id, id)]
  if (request.query.mine) conditions.push(eq(projects.teamId, teamId))
  return db.select().from(projects).where(and(...conditions))`,
      lacks: 'the team on one path',
      rule: 'no-optional-tenant-filter',
    },
  ],
}

export const knex: Dialect = {
  library: 'Knex',
  header: `import { knex as connect } from 'knex'\nconst knex = connect({ client: 'pg' })`,
  teamKey: 'team_id',
  project: (id) => `(await knex('projects').where({ id: ${id} }).first())`,
  projectOf: (id, team) => `(await knex('projects').where({ id: ${id}, team_id: ${team} }).first())`,
  projectBySlugOf: (slug, team) =>
    `(await knex('projects').where({ slug: ${slug}, team_id: ${team} }).first())`,
  projectsOf: (team) => `(await knex('projects').where('team_id', ${team}))`,
  projectsIn: (ids) => `(await knex('projects').whereIn('id', ${ids}))`,
  tasksOfProject: (project) => `(await knex('tasks').where({ project_id: ${project} }))`,
  tasksOfProjects: (list) => `(await knex('tasks').whereIn('project_id', ${list}))`,
  removeProject: (id) => `(await knex('projects').where({ id: ${id} }).del())`,
  removeProjectBySlug: (slug) => `(await knex('projects').where({ slug: ${slug} }).del())`,
  membership: (team, user) =>
    `(await knex('memberships').where({ team_id: ${team}, user_id: ${user} }).first())`,
  taskOf: (id, team) =>
    `(await knex('tasks as t').join('projects as p', 'p.id', 't.project_id').where('t.id', ${id}).where('p.team_id', ${team}).first('t.*'))`,
  taskTitled: (id, title) =>
    `(await knex('tasks as t').join('projects as p', 'p.id', 't.project_id').where('t.id', ${id}).where('p.title', ${title}).first('t.*'))`,
  wheres: [
    {
      way: 'variable',
      body: `const where = { id, team_id: teamId }
  return knex('projects').where(where)`,
      counterfeit: `const where = { id }
  return knex('projects').where(where)`,
      lacks: 'the team',
      rule: 'require-tenant-filter',
    },
    {
      way: 'shorthand',
      body: `const team_id = teamId
  return knex('projects').where({ id, team_id })`,
      counterfeit: `const title = teamId
  return knex('projects').where({ id, title })`,
      lacks: 'the column',
      rule: 'require-tenant-filter',
    },
    {
      way: 'spread',
      body: `const mine = { team_id: teamId }
  return knex('projects').where({ id, ...mine })`,
      counterfeit: `const mine = request.query.mine ? { team_id: teamId } : {}
  return knex('projects').where({ id, ...mine })`,
      lacks: 'the team at times',
      rule: 'no-optional-tenant-filter',
    },
    {
      way: 'helper',
      beside: `const ofTeam = (team: string) => ({ team_id: team })
const ofAny = (team: string) => ({ title: team })`,
      body: `return knex('projects').where({ id }).where(ofTeam(teamId))`,
      counterfeit: `return knex('projects').where({ id }).where(ofAny(teamId))`,
      lacks: 'the team in the helper',
      rule: 'require-tenant-filter',
    },
  ],
}
