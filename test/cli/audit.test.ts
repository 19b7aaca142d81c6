import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandLine } from '../support/command-line.ts'
import { freshDatabase } from '../support/postgres.ts'
import { program } from '../support/program.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'))
  const relations = { orgs: { root: 'id' }, tasks: { owned: 'org_id' }, notes: { owned: 'org_id' } }
  writeFileSync(join(folder, 'tenancy.json'), JSON.stringify({ tenantColumns: ['org_id'], relations }))
  writeFileSync(join(folder, 'tables.sql'), tables)
})
afterAll(() => rmSync(folder, { recursive: true }))

const tables = `
  create table orgs (id uuid primary key);
  create table tasks (id uuid, org_id uuid not null references orgs, title text);
  create table notes (id uuid, org_id uuid not null references orgs, task_id uuid);
`
const leak = 'DELETE FROM tasks WHERE id = $1'

const audit = (...argv: string[]) => commandLine(['audit', ...argv], folder)

describe('audit --statements', () => {
  it('names each relation that is open, and where it was captured', async () => {
    writeFileSync(join(folder, 'c.sql'), `SELECT * FROM tasks WHERE org_id = $1\n${leak}\nCALL sweep()\n`)
    const { code, stdout } = await audit('--statements', 'c.sql')
    expect(stdout).toMatch(/c\.sql:2 {2}✗ leak {2}tasks\n.*\n {4}DELETE FROM tasks WHERE id = \$1/)
    expect(stdout).toMatch(/c\.sql:3 {2}\? unknown/)
    expect(stdout).not.toContain('c.sql:1')
    expect(stdout).toMatch(/^FINDING {2}.*3 statements with 2 of 3 relations open/m)
    expect(code).toBe(1)
  })

  it('finds unqualified columns by migrations, and by the database', async () => {
    const statement =
      'SELECT title FROM tasks, notes WHERE task_id = tasks.id AND tasks.org_id = $1 AND notes.org_id = $1'
    writeFileSync(join(folder, 'joined.sql'), statement)
    const { url } = await freshDatabase(tables)
    for (const schema of [['tables.sql'], ['--database', url]]) {
      const { stdout } = await audit(...schema, '--statements', 'joined.sql', '--json')
      expect(JSON.parse(stdout).statements).toMatchObject({ confined: 2, open: [] })
    }
  })

  it('stands in SARIF and JUnit, too', async () => {
    writeFileSync(join(folder, 'one.sql'), leak)
    await audit('--statements', 'one.sql', '--report', 'sarif=a.sarif', '--report', 'junit=a.xml')
    const [result] = JSON.parse(readFileSync(join(folder, 'a.sarif'), 'utf8')).runs[0].results
    expect(result).toMatchObject({ ruleId: 'watertight/sql-captured-statement', level: 'error' })
    expect(result.locations[0].physicalLocation.artifactLocation.uri).toBe('one.sql')
    expect(readFileSync(join(folder, 'a.xml'), 'utf8')).toContain(leak)
  })

  it('reads standard input', async () => {
    const options = { cwd: folder, input: `${leak};\n` }
    const { code, stdout } = await program(['audit', '--statements', '-'], options)
    expect(stdout).toContain('<stdin>:1')
    expect(code).toBe(1)
  })

  it.each([
    ['-- nothing\n\n', /holds no statement/],
    [null, /cannot read the captured statements absent/],
  ])('takes %j for no clean result', async (text, message) => {
    if (text !== null) writeFileSync(join(folder, 'empty.sql'), text)
    const { code, stderr } = await audit('--statements', text === null ? 'absent' : 'empty.sql')
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })
})

describe('audit --baseline', () => {
  const write = (entries: unknown) => writeFileSync(join(folder, 'baseline.json'), JSON.stringify(entries))

  it('shows what it accepts and why, what has expired and what is stale', async () => {
    const { stdout } = await audit('tables.sql', '--json')
    const [first, second] = JSON.parse(stdout).findings as { id: string }[]
    write([
      { id: first!.id, reason: 'issue 12', until: '9999-01-01' },
      { id: second!.id, reason: 'issue 13', until: '2001-01-01' },
      { id: 'rls-disabled/public.gone', reason: 'issue 14', until: '9999-01-01' },
    ])
    const { stdout: text, code } = await audit('tables.sql', '--baseline', 'baseline.json')
    expect(text).toContain(`${first!.id} until 9999-01-01: issue 12`)
    expect(text).toContain(`baseline: ${second!.id} has expired`)
    expect(text).toContain('baseline: rls-disabled/public.gone matches nothing any more')
    expect(code).toBe(1)
  })

  it.each([
    [[{ id: 'a/b', until: '9999-01-01' }], /entry 1 \(a\/b\) has no reason/],
    [[{ id: 'a/b', reason: 'because' }], /no date/],
    [{ verdict: 'finding', findings: [] }, /no list/],
  ])('refuses %j', async (entries, message) => {
    write(entries)
    const { code, stderr } = await audit('tables.sql', '--baseline', 'baseline.json')
    expect(stderr).toMatch(/^error E-USAGE: /)
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })
})
