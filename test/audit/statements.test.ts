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

  it('never passes what it cannot read', () => {
    expect(judge('SELEC 1')).toMatchObject({ verdict: 'inconclusive', open: [{ relation: null }] })
    expect(judge('SELECT * FROM unheard_of')).toMatchObject({ verdict: expect.not.stringMatching('clean') })
  })
})
