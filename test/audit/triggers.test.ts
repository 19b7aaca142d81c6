import { describe, expect, it } from 'vitest'
import { auditDatabase, auditMigrations } from '../../rules/audit/index.ts'
import { loadTenancy } from '../../rules/tenancy/read.ts'
import { freshDatabase } from '../support/postgres.ts'

const tables = `
CREATE TABLE orgs (id uuid PRIMARY KEY);
CREATE TABLE tasks (org_id uuid NOT NULL, id uuid PRIMARY KEY, done_at timestamptz);
CREATE TABLE countries (code text PRIMARY KEY);
CREATE VIEW open_tasks WITH (security_invoker = true) AS SELECT * FROM tasks WHERE done_at IS NULL;
`
const model = loadTenancy({
  tenantRoot: 'orgs',
  tenantColumns: ['org_id'],
  relations: {
    orgs: { root: 'id' },
    tasks: { owned: 'org_id' },
    open_tasks: { owned: 'org_id' },
    countries: { global: 'reference data' },
    queue: { global: 'jobs, which no tenant reads' },
  },
  rowLevelSecurity: 'none',
})

const made = (body: string, options = 'LANGUAGE plpgsql', on = 'tasks'): string => `
CREATE FUNCTION work() RETURNS trigger ${options} AS $$ BEGIN ${body} RETURN NEW; END $$;
CREATE TRIGGER after_write AFTER INSERT OR UPDATE ON ${on} FOR EACH ROW EXECUTE FUNCTION work();
`
const held = `
ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE tasks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tasks USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
`
const runs = 'trigger after_write on public.tasks runs public.work(), which'
const definer = 'LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp'
/** Their rights are those of a role that owns nothing of tenants; grants say what else it reaches. Roles are the server's: each case has its own. */
let cases = 0
function owned(grants: string): string {
  cases += 1
  const suffix = `${process.pid}_${cases}`
  return `
CREATE ROLE queue_worker;
CREATE ROLE tables_owner;
ALTER TABLE orgs OWNER TO tables_owner;
ALTER TABLE tasks OWNER TO tables_owner;
ALTER VIEW open_tasks OWNER TO tables_owner;
CREATE TABLE queue (job text);
ALTER TABLE queue OWNER TO queue_worker;
${made("INSERT INTO queue VALUES ('job');", definer)}
ALTER FUNCTION work() OWNER TO queue_worker;
${grants}`.replace(/queue_worker|tables_owner/g, (role) => `${role}_${suffix}`)
}

/** What is left undecided, read from the migrations and from the database that they make. */
async function undecided(sql: string): Promise<readonly string[]> {
  const { pool } = await freshDatabase(tables + sql)
  const live = await auditDatabase(async (question) => (await pool.query(question)).rows, model)
  const offline = auditMigrations([{ file: 'schema.sql', text: tables + sql }], model)
  const told = offline.unread.map(({ reason }) => reason)
  expect(live.unread.map(({ reason }) => reason)).toEqual(told)
  const undecidedVerdict = told.length === 0 ? 'clean' : 'inconclusive'
  expect(offline.verdict).toBe(offline.findings.length > 0 ? 'finding' : undecidedVerdict)
  expect(live.verdict).toBe(offline.verdict)
  return told
}

describe('triggers whose work is not modelled are named', () => {
  it.each([
    ['with the rights of its owner', made('', definer), `${runs} runs with the rights of its owner`],
    [
      'with the rights of an owner who was granted rows',
      owned('GRANT UPDATE ON tasks TO queue_worker;'),
      `${runs} runs with the rights of its owner`,
    ],
    [
      'with the rights of an owner who reads what anybody may',
      owned('GRANT SELECT ON orgs TO PUBLIC;'),
      `${runs} runs with the rights of its owner`,
    ],
    [
      'with the rights of an owner who can become another',
      owned('GRANT tables_owner TO queue_worker;'),
      `${runs} runs with the rights of its owner`,
    ],
    ['writing rows of tenants', made('UPDATE tasks SET done_at = now();'), `${runs} writes public.tasks`],
    [
      'under policies that its owner escapes',
      held.replace('ALTER TABLE tasks FORCE ROW LEVEL SECURITY;', '') +
        made('UPDATE tasks SET done_at = now();'),
      `${runs} writes public.tasks`,
    ],
    [
      'of a name that an open table of another schema has too',
      `CREATE SCHEMA archive; CREATE TABLE archive.tasks (org_id uuid NOT NULL, id uuid PRIMARY KEY);${held}${made('UPDATE tasks SET done_at = now();')}`,
      `${runs} writes public.tasks`,
    ],
    [
      'putting statements together',
      made("EXECUTE 'DELETE FROM tasks';"),
      `${runs} runs statements that it puts together`,
    ],
    [
      'through another function',
      `CREATE FUNCTION sweep() RETURNS void LANGUAGE sql AS 'DELETE FROM tasks';${made('PERFORM sweep();')}`,
      `${runs} calls public.sweep(), which writes public.tasks`,
    ],
    [
      'under the name of an extension’s function',
      made('UPDATE tasks SET done_at = now();').replaceAll('work()', 'moddatetime()'),
      `${runs.replace('work', 'moddatetime')} writes public.tasks`,
    ],
    [
      'after its function and its table were renamed',
      `${made('DELETE FROM orgs;')}ALTER FUNCTION work() RENAME TO toil; ALTER TRIGGER after_write ON tasks RENAME TO later;`,
      'trigger later on public.tasks runs public.toil(), which writes public.orgs',
    ],
    [
      'in place of writes to a view',
      made('', 'LANGUAGE plpgsql').replace(
        'AFTER INSERT OR UPDATE ON tasks',
        'INSTEAD OF INSERT ON open_tasks',
      ),
      'trigger after_write on the view public.open_tasks',
    ],
  ])('%s', async (_, sql, reason) => {
    expect(await undecided(sql)).toEqual([reason])
  })
})

describe('triggers that stay with the row that is written are not', () => {
  it.each([
    ['setting a column', made('NEW.done_at := now();')],
    ['with the rights of an owner who reaches nothing of tenants', owned('')],
    [
      'writing what is no tenant’s',
      made("INSERT INTO countries VALUES ('x') ON CONFLICT (code) DO UPDATE SET code = 'x';"),
    ],
    [
      'writing under policies that confine whoever writes',
      held + made('DELETE FROM tasks WHERE done_at IS NULL;'),
    ],
    ['dropped again', `${made('DELETE FROM tasks;')}DROP TRIGGER after_write ON tasks;`],
    ['fallen with its function', `${made('DELETE FROM tasks;')}DROP FUNCTION work() CASCADE;`],
  ])('%s', async (_, sql) => {
    expect(await undecided(sql)).toEqual([])
  })
})
