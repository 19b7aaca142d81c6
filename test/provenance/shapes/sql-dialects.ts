import type { Dialect, Expression } from './dialect.ts'

/** What of a library with SQL text differs: how a value is put into the text, and how the text is sent. */
interface Sending {
  readonly library: string
  readonly header: string
  /** The rows of a text whose values are written `${value}`. */
  readonly rows: (text: string) => Expression
  readonly one: (text: string) => Expression
  /** `id = ANY(ids)` in this library. */
  readonly among: (column: string, list: Expression) => string
  readonly wheres: Dialect['wheres']
}

const hole = (value: Expression): string => `\${${value}}`

function dialect({ library, header, rows, one, among, wheres }: Sending): Dialect {
  return {
    library,
    header,
    teamKey: 'team_id',
    project: (id) => one(`SELECT * FROM projects WHERE id = ${hole(id)}`),
    projectOf: (id, team) => one(`SELECT * FROM projects WHERE id = ${hole(id)} AND team_id = ${hole(team)}`),
    projectBySlugOf: (slug, team) =>
      one(`SELECT * FROM projects WHERE slug = ${hole(slug)} AND team_id = ${hole(team)}`),
    projectsOf: (team) => rows(`SELECT * FROM projects WHERE team_id = ${hole(team)}`),
    projectsIn: (ids) => rows(`SELECT * FROM projects WHERE ${among('id', ids)}`),
    tasksOfProject: (project) => rows(`SELECT * FROM tasks WHERE project_id = ${hole(project)}`),
    tasksOfProjects: (projects) => rows(`SELECT * FROM tasks WHERE ${among('project_id', projects)}`),
    removeProject: (id) => rows(`DELETE FROM projects WHERE id = ${hole(id)}`),
    removeProjectBySlug: (slug) => rows(`DELETE FROM projects WHERE slug = ${hole(slug)}`),
    membership: (team, user) =>
      one(`SELECT * FROM memberships WHERE team_id = ${hole(team)} AND user_id = ${hole(user)}`),
    taskOf: (id, team) =>
      one(
        `SELECT t.* FROM tasks t JOIN projects p ON p.id = t.project_id WHERE t.id = ${hole(id)} AND p.team_id = ${hole(team)}`,
      ),
    taskTitled: (id, title) =>
      one(
        `SELECT t.* FROM tasks t JOIN projects p ON p.id = t.project_id WHERE t.id = ${hole(id)} AND p.title = ${hole(title)}`,
      ),
    wheres,
  }
}

/** `$1` in the text and the value in a list, as node-postgres wants it. */
function numbered(text: string): string {
  const values: string[] = []
  const bare = text.replace(/\$\{([^}]*)\}/g, (_, value: string) => `$${values.push(value)}`)
  return `pool.query('${bare}', [${values.join(', ')}])`
}

export const pg = dialect({
  library: 'pg',
  header: `import { Pool } from 'pg'\nconst pool = new Pool()`,
  rows: (text) => `(await ${numbered(text)}).rows`,
  one: (text) => `(await ${numbered(text)}).rows[0]`,
  among: (column, list) => `${column} = ANY(${hole(list)})`,
  wheres: [
    {
      way: 'variable',
      body: `const text = 'SELECT * FROM projects WHERE id = $1 AND team_id = $2'
  const values = [id, teamId]
  return (await pool.query(text, values)).rows`,
      counterfeit: `const text = 'SELECT * FROM projects WHERE id = $1 AND team_id IS NOT NULL'
  const values = [id]
  return (await pool.query(text, values)).rows`,
      lacks: 'the value',
      rule: 'require-tenant-filter',
    },
    {
      way: 'spread',
      body: `const rest = [teamId]
  return (await pool.query('SELECT * FROM projects WHERE id = $1 AND team_id = $2', [id, ...rest])).rows`,
      counterfeit: `const rest = [request.query.title]
  return (await pool.query('SELECT * FROM projects WHERE id = $1 AND title = $2', [id, ...rest])).rows`,
      lacks: 'the column',
      rule: 'require-tenant-filter',
    },
    {
      way: 'helper',
      beside: `const ofTeam = (table: string) => \`SELECT * FROM \${table} WHERE id = $1 AND team_id = $2\`
const byId = (table: string) => \`SELECT * FROM \${table} WHERE id = $1\``,
      body: `return (await pool.query(ofTeam('projects'), [id, teamId])).rows`,
      counterfeit: `return (await pool.query(byId('projects'), [id])).rows`,
      lacks: 'the team in the helper',
      rule: 'require-tenant-filter',
    },
    {
      way: 'array of conditions',
      body: `const conditions = ['id = $1', 'team_id = $2']
  return (await pool.query(\`SELECT * FROM projects WHERE \${conditions.join(' AND ')}\`, [id, teamId])).rows`,
      counterfeit: `const conditions = ['id = $1', 'team_id = $2']
  return (await pool.query(\`SELECT * FROM projects WHERE \${conditions.join(' OR ')}\`, [id, teamId])).rows`,
      lacks: 'AND',
      rule: 'require-tenant-filter',
    },
  ],
})

export const postgresJs = dialect({
  library: 'postgres.js',
  header: `import postgres from 'postgres'\nconst sql = postgres('postgres://localhost/app')`,
  rows: (text) => `(await sql\`${text}\`)`,
  one: (text) => `(await sql\`${text}\`)[0]`,
  among: (column, list) => `${column} IN ${hole(`sql(${list})`)}`,
  wheres: [
    {
      way: 'variable',
      body: `const mine = sql\`id = \${id} AND team_id = \${teamId}\`
  return sql\`SELECT * FROM projects WHERE \${mine}\``,
      counterfeit: `const mine = sql\`id = \${id} OR team_id = \${teamId}\`
  return sql\`SELECT * FROM projects WHERE \${mine}\``,
      lacks: 'AND',
      rule: 'require-tenant-filter',
    },
    {
      way: 'helper',
      beside: `const ofTeam = (team: string) => sql\`team_id = \${team}\`
const ofAny = (_team: string) => sql\`team_id IS NOT NULL\``,
      body: `return sql\`SELECT * FROM projects WHERE id = \${id} AND \${ofTeam(teamId)}\``,
      counterfeit: `return sql\`SELECT * FROM projects WHERE id = \${id} AND \${ofAny(teamId)}\``,
      lacks: 'the team in the helper',
      rule: 'require-tenant-filter',
    },
  ],
})

export const slonik = dialect({
  library: 'Slonik',
  header: `import { createPool, sql } from 'slonik'\nconst pool = await createPool('postgres://localhost/app')`,
  rows: (text) => `(await pool.any(sql.unsafe\`${text}\`))`,
  one: (text) => `(await pool.maybeOne(sql.unsafe\`${text}\`))`,
  among: (column, list) => `${column} = ANY(${hole(`sql.array(${list}, 'uuid')`)})`,
  wheres: [
    {
      way: 'variable',
      body: `const mine = sql.fragment\`id = \${id} AND team_id = \${teamId}\`
  return pool.any(sql.unsafe\`SELECT * FROM projects WHERE \${mine}\`)`,
      counterfeit: `const mine = sql.fragment\`id = \${id} OR team_id = \${teamId}\`
  return pool.any(sql.unsafe\`SELECT * FROM projects WHERE \${mine}\`)`,
      lacks: 'AND',
      rule: 'require-tenant-filter',
    },
    {
      way: 'helper',
      beside: `const ofTeam = (team: string) => sql.fragment\`team_id = \${team}\`
const ofAny = (_team: string) => sql.fragment\`team_id IS NOT NULL\``,
      body: `return pool.any(sql.unsafe\`SELECT * FROM projects WHERE id = \${id} AND \${ofTeam(teamId)}\`)`,
      counterfeit: `return pool.any(sql.unsafe\`SELECT * FROM projects WHERE id = \${id} AND \${ofAny(teamId)}\`)`,
      lacks: 'the team in the helper',
      rule: 'require-tenant-filter',
    },
    {
      way: 'array of conditions',
      body: `const conditions = [sql.fragment\`id = \${id}\`, sql.fragment\`team_id = \${teamId}\`]
  return pool.any(sql.unsafe\`SELECT * FROM projects WHERE \${sql.join(conditions, sql.fragment\` AND \`)}\`)`,
      counterfeit: `const conditions = [sql.fragment\`id = \${id}\`, sql.fragment\`team_id = \${teamId}\`]
  return pool.any(sql.unsafe\`SELECT * FROM projects WHERE \${sql.join(conditions, sql.fragment\` OR \`)}\`)`,
      lacks: 'AND',
      rule: 'require-tenant-filter',
    },
  ],
})
