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
  },
  rowLevelSecurity: 'none',
})

const made = (body: string, options = 'LANGUAGE plpgsql', on = 'tasks'): string => `
CREATE FUNCTION work() RETURNS trigger ${options} AS $$ BEGIN ${body} RETURN NEW; END $$;
CREATE TRIGGER after_write AFTER INSERT OR UPDATE ON ${on} FOR EACH ROW EXECUTE FUNCTION work();
`
const runs = 'trigger after_write on public.tasks runs public.work(), which'
const definer = 'LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp'

/** What is left undecided, read from the migrations and from the database that they make. */
async function undecided(sql: string): Promise<readonly string[]> {
  const { pool } = await freshDatabase(tables + sql)
  const live = await auditDatabase(async (question) => (await pool.query(question)).rows, model)
  const offline = auditMigrations([{ file: 'schema.sql', text: tables + sql }], model)
  const told = offline.unread.map(({ reason }) => reason)
  expect(live.unread.map(({ reason }) => reason)).toEqual(told)
  expect(offline.verdict).toBe(told.length === 0 ? 'clean' : 'inconclusive')
  expect(live.verdict).toBe(offline.verdict)
  return told
}

describe('triggers whose work is not modelled are named', () => {
  it.each([
    ['with the rights of its owner', made('', definer), `${runs} runs with the rights of its owner`],
    ['writing rows of tenants', made('UPDATE tasks SET done_at = now();'), `${runs} writes public.tasks`],
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
    [
      'writing what is no tenant’s',
      made("INSERT INTO countries VALUES ('x') ON CONFLICT (code) DO UPDATE SET code = 'x';"),
    ],
    ['dropped again', `${made('DELETE FROM tasks;')}DROP TRIGGER after_write ON tasks;`],
    ['fallen with its function', `${made('DELETE FROM tasks;')}DROP FUNCTION work() CASCADE;`],
  ])('%s', async (_, sql) => {
    expect(await undecided(sql)).toEqual([])
  })
})
