import { describe, expect, it } from 'vitest'
import { auditStatements, readMigrations } from '../../rules/audit/index.ts'
import { loadTenancy } from '../../rules/tenancy/read.ts'
import { base, tenancy } from './stories.ts'

const schema = readMigrations([{ file: 'base.sql', text: base }])
const judge = (sql: string) => auditStatements([sql], loadTenancy(tenancy), schema)

describe('captured statements', () => {
  it.each([
    'SELECT * FROM tasks WHERE org_id = $1 AND id = $2',
    'SELECT * FROM tasks t JOIN projects p ON p.org_id = t.org_id AND p.id = t.project_id WHERE $1 = t.org_id',
    'SELECT name FROM orgs WHERE id = $1',
    'INSERT INTO tasks (org_id, project_id) VALUES ($1, $2)',
    'UPDATE projects SET name = $1 WHERE org_id = $2',
    'DELETE FROM tasks WHERE org_id = $1',
    `SELECT * FROM tasks WHERE org_id = current_setting('app.org')::uuid`,
    'SELECT * FROM countries',
    'SELECT relname FROM pg_class',
    'BEGIN',
  ])('confined: %s', (sql) => {
    expect(judge(sql)).toMatchObject({ verdict: 'clean', open: [] })
  })

  it.each([
    ['SELECT * FROM tasks WHERE id = $1', 'tasks'],
    ['SELECT * FROM tasks t JOIN projects p ON p.id = t.project_id WHERE t.org_id = $1', 'projects'],
    ['UPDATE projects SET name = $1 WHERE id = $2', 'projects'],
    ['SELECT * FROM tasks WHERE org_id = $1 OR id = $2', 'tasks'],
    ['DELETE FROM tasks', 'tasks'],
  ])('leak: %s', (sql, relation) => {
    const report = judge(sql)
    expect(report.verdict).toBe('finding')
    expect(report.open.map((mention) => [mention.relation, mention.verdict])).toEqual([[relation, 'leak']])
  })

  it.each([
    'DO $$ BEGIN DELETE FROM tasks; END $$',
    'CALL sweep($1)',
    'EXECUTE prepared($1)',
    'EXPLAIN ANALYZE EXECUTE prepared($1)',
    'CREATE TABLE copied AS EXECUTE prepared($1)',
    'FETCH ALL FROM cursor',
  ])('does not say what it touches: %s', (sql) => {
    expect(judge(sql)).toMatchObject({
      verdict: 'inconclusive',
      open: [{ relation: null, verdict: 'unknown' }],
    })
  })

  it('that were prepared are judged where they are prepared', () => {
    const prepared = (text: string) =>
      auditStatements([`PREPARE p AS ${text}`, 'EXECUTE p(1)'], loadTenancy(tenancy), schema)
    expect(prepared('SELECT * FROM tasks WHERE org_id = $1')).toMatchObject({ verdict: 'clean' })
    expect(prepared('SELECT * FROM tasks')).toMatchObject({
      verdict: 'finding',
      open: [{ relation: 'tasks' }],
    })
  })

  it.each([
    ['SELECT sweep($1)', 'sweep'],
    ['SELECT * FROM app.report($1) AS r', 'app.report'],
    ['UPDATE tasks SET project_id = next_project($1) WHERE org_id = $2', 'next_project'],
    ["SELECT query_to_xml('SELECT * FROM tasks', true, true, '')", 'query_to_xml'],
  ])('calls a function whose body is not known: %s', (sql, name) => {
    const reason = `it calls ${name}(), whose body is not known`
    expect(judge(sql)).toMatchObject({ verdict: 'inconclusive', open: [{ verdict: 'unknown', reason }] })
  })

  it.each([
    'SELECT count(*), lower(name), coalesce(max(name), $2), now() FROM projects WHERE org_id = $1 GROUP BY name',
    "SELECT set_config('app.org', $1, true)",
    'SELECT pg_advisory_xact_lock(hashtext($1))',
    'SELECT * FROM generate_series(1, 3)',
  ])('calls functions that touch no table: %s', (sql) => {
    expect(judge(sql)).toMatchObject({ verdict: 'clean' })
  })

  const sqlFunction = (body: string): string =>
    `CREATE FUNCTION f(uuid) RETURNS bigint LANGUAGE sql AS $$ ${body} $$;`
  const plpgsql = (body: string): string =>
    `CREATE FUNCTION f(uuid) RETURNS uuid LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;`

  it.each([
    ['clean', sqlFunction('SELECT count(*) FROM tasks WHERE org_id = $1')],
    ['inconclusive', sqlFunction('SELECT count(*) FROM tasks WHERE id = $1')],
    ['inconclusive', sqlFunction('SELECT g($1)')],
    [
      'clean',
      sqlFunction('SELECT g($1)') + 'CREATE FUNCTION g(uuid) RETURNS bigint LANGUAGE sql AS $$ SELECT 1 $$;',
    ],
    ['clean', plpgsql("RETURN nullif(current_setting('app.org', true), '')::uuid;")],
    ['inconclusive', plpgsql('DELETE FROM tasks; RETURN $1;')],
    ['inconclusive', plpgsql("EXECUTE 'DELETE FROM tasks'; RETURN $1;")],
    [
      'inconclusive',
      sqlFunction('SELECT count(*) FROM tasks WHERE org_id = $1') +
        'CREATE FUNCTION f(text) RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM tasks $$;',
    ],
  ])('calls a function whose body is known: %s, %s', (verdict, made) => {
    const known = readMigrations([{ file: 'base.sql', text: base + made }])
    expect(auditStatements(['SELECT f($1)'], loadTenancy(tenancy), known)).toMatchObject({ verdict })
  })

  it('takes no function for good because it was met inside one that is not', () => {
    const made = `
CREATE FUNCTION f(uuid) RETURNS bigint LANGUAGE sql AS $$ SELECT g($1) + unheard_of($1) $$;
CREATE FUNCTION g(uuid) RETURNS bigint LANGUAGE sql AS $$ SELECT f($1) $$;`
    const known = readMigrations([{ file: 'base.sql', text: base + made }])
    const { open } = auditStatements(['SELECT f($1)', 'SELECT g($1)'], loadTenancy(tenancy), known)
    expect(open.map(({ reason }) => reason)).toEqual(
      ['f', 'g'].map(
        (name) => `it calls ${name}(), whose body is not shown to touch only rows of the tenant`,
      ),
    )
  })

  it('never passes what it cannot read', () => {
    expect(judge('SELEC 1')).toMatchObject({ verdict: 'inconclusive', open: [{ relation: null }] })
    expect(judge('SELECT * FROM unheard_of')).toMatchObject({ verdict: expect.not.stringMatching('clean') })
  })
})
