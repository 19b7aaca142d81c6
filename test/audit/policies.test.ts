import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Queryable } from '../../harness/postgres/connection.ts'
import { auditMigrations, type PolicyVerdict } from '../../rules/audit/index.ts'
import { loadTenancy } from '../../rules/tenancy/read.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'

const role = `app_${randomBytes(4).toString('hex')}`
const mine = '00000000-0000-4000-8000-00000000000a'
const theirs = '00000000-0000-4000-8000-00000000000b'
const acting = `nullif(current_setting('app.org', true), '')::uuid`

const base = `
CREATE TABLE orgs (id uuid PRIMARY KEY);
CREATE TABLE projects (org_id uuid NOT NULL, id uuid PRIMARY KEY, public boolean NOT NULL DEFAULT false, note text);
CREATE TABLE tasks (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), project_id uuid NOT NULL, note text);
CREATE FUNCTION acting_org() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT ${acting} $$;
ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON projects, tasks TO ${role};`

const parent = `CREATE POLICY own ON projects USING (org_id = ${acting});`

/** Policies, and the commands by which they let a session reach a row of another tenant. */
const cases: readonly (readonly [title: string, table: 'projects' | 'tasks', sql: string, leaks: string])[] =
  [
    ['own rows', 'projects', parent, ''],
    ['through a function', 'projects', `CREATE POLICY own ON projects USING (org_id = acting_org());`, ''],
    [
      'through a function in a sub-select',
      'projects',
      `CREATE POLICY own ON projects USING (org_id = (SELECT acting_org()));`,
      '',
    ],
    ['no policy', 'projects', '', ''],
    [
      'FOR INSERT without a check denies',
      'projects',
      `CREATE POLICY own ON projects FOR SELECT USING (org_id = ${acting});`,
      '',
    ],
    [
      'FOR ALL without WITH CHECK checks with USING',
      'projects',
      `CREATE POLICY own ON projects FOR ALL USING (org_id = ${acting});`,
      '',
    ],
    ['true', 'projects', `CREATE POLICY own ON projects USING (true);`, 'select insert update delete'],
    [
      'check true',
      'projects',
      `CREATE POLICY own ON projects USING (org_id = ${acting}) WITH CHECK (true);`,
      'insert update',
    ],
    [
      'using true',
      'projects',
      `CREATE POLICY own ON projects USING (true) WITH CHECK (org_id = ${acting});`,
      'select update delete',
    ],
    [
      'a second permissive policy',
      'projects',
      `${parent} CREATE POLICY open ON projects FOR SELECT USING (public);`,
      'select',
    ],
    [
      'a restrictive policy saves it',
      'projects',
      `CREATE POLICY open ON projects USING (true); CREATE POLICY own ON projects AS RESTRICTIVE USING (org_id = ${acting});`,
      '',
    ],
    ['restrictive alone', 'projects', `CREATE POLICY own ON projects AS RESTRICTIVE USING (true);`, ''],
    [
      'open delete',
      'projects',
      `${parent} CREATE POLICY purge ON projects FOR DELETE USING (true);`,
      'delete',
    ],
    [
      'not null is no filter',
      'projects',
      `CREATE POLICY own ON projects USING (org_id IS NOT NULL);`,
      'select insert update delete',
    ],
    [
      'or without parentheses',
      'projects',
      `CREATE POLICY own ON projects USING (public OR public IS NOT NULL AND org_id = ${acting});`,
      'select insert update delete',
    ],
    [
      'of another role',
      'projects',
      `${parent} CREATE POLICY job ON projects TO pg_monitor USING (org_id = ${acting});`,
      '',
    ],
    [
      'child, the parent filters',
      'tasks',
      `${parent} CREATE POLICY own ON tasks USING (EXISTS (SELECT 1 FROM projects p WHERE p.id = tasks.project_id));`,
      '',
    ],
    [
      'child by IN, the parent filters',
      'tasks',
      `${parent} CREATE POLICY own ON tasks USING (project_id IN (SELECT id FROM projects));`,
      '',
    ],
    [
      'child, filtered itself',
      'tasks',
      `CREATE POLICY all_ ON projects FOR SELECT USING (true); CREATE POLICY own ON tasks USING (EXISTS (SELECT 1 FROM projects p WHERE p.id = tasks.project_id AND p.org_id = ${acting}));`,
      '',
    ],
    [
      'child, the parent shows public rows',
      'tasks',
      `${parent} CREATE POLICY open ON projects FOR SELECT USING (public); CREATE POLICY own ON tasks FOR SELECT USING (EXISTS (SELECT 1 FROM projects p WHERE p.id = tasks.project_id));`,
      'select',
    ],
    [
      'child, the name binds inside',
      'tasks',
      `${parent} CREATE POLICY own ON tasks USING (EXISTS (SELECT 1 FROM projects p WHERE p.id = p.id));`,
      'select insert update delete',
    ],
    [
      'child, the parent is not protected',
      'tasks',
      `ALTER TABLE projects DISABLE ROW LEVEL SECURITY; CREATE POLICY own ON tasks USING (EXISTS (SELECT 1 FROM projects p WHERE p.id = tasks.project_id));`,
      'select insert update delete',
    ],
  ]

const model = loadTenancy({
  tenantRoot: 'orgs',
  tenantColumns: ['org_id'],
  setting: 'app.org',
  relations: {
    projects: { owned: 'org_id' },
    tasks: { ownedThrough: ['project_id', 'projects'] },
    orgs: { root: 'id' },
  },
  rowLevelSecurity: 'enabled',
})

/** Commands by which the acting tenant reaches a row of the other one, tried on a server; nothing of it stays. */
async function reached(database: FreshDatabase, table: 'projects' | 'tasks', sql: string): Promise<string[]> {
  const key = table === 'projects' ? 'org_id' : 'project_id'
  const attempts: Readonly<Record<string, string>> = {
    select: `SELECT 1 FROM ${table} WHERE ${key} = '${theirs}'`,
    insert:
      table === 'projects'
        ? `INSERT INTO projects (id, org_id, public) VALUES (gen_random_uuid(), '${theirs}', true)`
        : `INSERT INTO tasks (project_id) VALUES ('${theirs}')`,
    delete: `WITH gone AS (DELETE FROM ${table} RETURNING 1) SELECT 1`,
  }
  return database.pool.use(async (client) => {
    await client.query('BEGIN')
    try {
      await client.query(sql)
      const found: string[] = []
      for (const [command, attempt] of Object.entries(attempts)) {
        if (await attempted(client, table, key, command, attempt)) found.push(command)
      }
      if (await updated(client, table, key)) found.push('update')
      return found
    } finally {
      await client.query('ROLLBACK')
    }
  })
}

const become = `SET LOCAL ROLE ${role}; SET LOCAL app.org = '${mine}'`

async function attempted(
  client: Queryable,
  table: string,
  key: string,
  command: string,
  sql: string,
): Promise<boolean> {
  await client.query('SAVEPOINT attempt')
  try {
    await client.query(become)
    if (command !== 'delete') return ((await client.query(sql)).rowCount ?? 0) > 0
    // Without WHERE and RETURNING, so that SELECT policies do not help.
    await client.query(`DELETE FROM ${table}`)
    await client.query('RESET ROLE')
    return (await client.query(`SELECT 1 FROM ${table} WHERE ${key} = '${theirs}'`)).rowCount === 0
  } catch (error) {
    if (!/row-level security/.test((error as Error).message)) throw error
    return false
  } finally {
    await client.query('ROLLBACK TO SAVEPOINT attempt')
  }
}

/** May a row of theirs be changed, one of mine be given to them, or one of theirs be taken? */
async function updated(client: Queryable, table: string, key: string): Promise<boolean> {
  const theirRows = async (where: string): Promise<number> =>
    (await client.query(`SELECT 1 FROM ${table} WHERE ${key} = '${theirs}' ${where}`)).rowCount ?? 0
  const attempts: readonly (readonly [sql: string, succeeded: () => Promise<boolean>])[] = [
    [`UPDATE ${table} SET note = 'changed'`, async () => (await theirRows(`AND note = 'changed'`)) > 0],
    [`UPDATE ${table} SET ${key} = '${theirs}'`, async () => (await theirRows('')) > 1],
    [`UPDATE ${table} SET ${key} = '${mine}'`, async () => (await theirRows('')) === 0],
  ]
  const outcomes: boolean[] = []
  for (const [sql, succeeded] of attempts) {
    await client.query('SAVEPOINT attempt')
    try {
      await client.query(become)
      await client.query(sql)
      await client.query('RESET ROLE')
      outcomes.push(await succeeded())
    } catch (error) {
      if (!/row-level security/.test((error as Error).message)) throw error
    } finally {
      await client.query('ROLLBACK TO SAVEPOINT attempt')
    }
  }
  return outcomes.includes(true)
}

let database: FreshDatabase

beforeAll(async () => {
  database = await freshDatabase(`CREATE ROLE ${role}; ${base}`)
  await database.pool.query(`
    INSERT INTO projects (org_id, id) VALUES ('${mine}', '${mine}'), ('${theirs}', '${theirs}');
    UPDATE projects SET public = true;
    INSERT INTO tasks (project_id) VALUES ('${mine}'), ('${theirs}')`)
})

afterAll(async () => {
  await database.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
})

describe('what policies let through, decided and tried', () => {
  it.each(cases)('%s (%s)', async (_, table, sql, leaks) => {
    const { policies } = auditMigrations([{ file: 'a.sql', text: `${base}${sql}` }], model)
    const own = policies.filter((verdict: PolicyVerdict) => verdict.table === `public.${table}`)
    expect(own.map(({ command }) => command)).toEqual(['select', 'insert', 'update', 'delete'])
    const decided = own.filter(({ verdict }) => verdict === 'leak').map(({ command }) => command)
    expect(decided.toSorted()).toEqual(leaks.split(' ').filter(Boolean).toSorted())
    expect(own.filter(({ verdict }) => verdict === 'unknown')).toEqual([])

    const tried = await reached(database, table, sql)
    expect(tried.toSorted()).toEqual(decided.toSorted())
  })
})
