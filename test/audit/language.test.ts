import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Linter as Linter9 } from 'eslint-9'
import { Linter as Linter10 } from 'eslint'
import { afterAll, describe, expect, it } from 'vitest'
import { auditMigrations, readMigrationFiles } from '../../rules/audit/index.ts'
import { sqlLanguage, sqlRules } from '../../rules/audit/language.ts'
import { loadTenancy } from '../../rules/tenancy/read.ts'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'

const root = mkdtempSync(join(tmpdir(), 'watertight-sql-'))
afterAll(() => rmSync(root, { recursive: true }))

function folder(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(root, name)
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true })
    writeFileSync(join(path, file), text)
  }
  return path
}

const tenancy: TenancyFile = {
  tenantRoot: 'orgs',
  tenantColumns: ['org_id'],
  setting: 'app.org',
  relations: { orgs: { root: 'id' }, notes: { owned: 'org_id' } },
  rowLevelSecurity: 'forced',
}

const migrations = {
  '1_tables.sql': `
CREATE TABLE orgs (id uuid PRIMARY KEY);
CREATE TABLE notes (
  org_id uuid REFERENCES orgs,
  id uuid PRIMARY KEY,
  slug text UNIQUE
);
`,
  '10_policies.sql': `
ALTER TABLE orgs ENABLE ROW LEVEL SECURITY;
ALTER TABLE orgs FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON orgs USING (id = nullif(current_setting('app.org', true), '')::uuid);
`,
  '9_extra.sql': `CREATE TABLE extra (a int);`,
  '10_policies.down.sql': `DROP TABLE notes;`,
}

/** The two releases type `verify` differently, and answer it alike. */
interface AnyLinter {
  verify(text: string, config: never, options: { filename: string }): Linter10.LintMessage[]
}

const linters: readonly (readonly [string, AnyLinter])[] = [
  ['ESLint 9', new Linter9({ configType: 'flat', cwd: root })],
  ['ESLint 10', new Linter10({ cwd: root })],
]

function lint(linter: AnyLinter, text: string, filename: string, model: unknown = tenancy) {
  const rules = Object.fromEntries(Object.keys(sqlRules).map((id) => [`watertight/${id}`, 'error']))
  const config = {
    files: ['**/*.sql'],
    plugins: { watertight: { languages: { sql: sqlLanguage }, rules: sqlRules } },
    language: 'watertight/sql',
    settings: { watertight: { tenancy: model } },
    rules,
  }
  return linter.verify(text, [config] as never, { filename })
}

describe.each(linters)('SQL as a language of %s', (name, linter) => {
  const path = folder(name.replace(' ', ''), migrations)

  it('finds in the editor what the audit finds', () => {
    const files = readMigrationFiles([path])
    const expected = auditMigrations(files, loadTenancy(tenancy)).findings.map(
      ({ check, origin }) => `${origin?.file}:${origin?.line} sql-${check}`,
    )
    const seen = files.flatMap(({ file, text }) =>
      lint(linter, text, file).map(
        ({ ruleId, line }) => `${file}:${line} ${ruleId?.replace('watertight/', '')}`,
      ),
    )
    expect(seen.toSorted()).toEqual(expected.toSorted())
    expect(new Set(seen.map((line) => line.split(' ')[1]))).toEqual(
      new Set([
        'sql-nullable-tenant-column',
        'sql-rls-disabled',
        'sql-unique-without-tenant',
        'sql-unclassified-table',
      ]),
    )
  })

  it('points at the part at fault and offers the repair', () => {
    const text = migrations['1_tables.sql']
    const messages = lint(linter, text, join(path, '1_tables.sql'))
    const column = messages.find(({ ruleId }) => ruleId === 'watertight/sql-nullable-tenant-column')!
    expect(column).toMatchObject({ line: 4, column: 3, endLine: 4, endColumn: 30 })
    const { fix } = column.suggestions![0]!
    const repaired = text.slice(0, fix.range[0]) + fix.text + text.slice(fix.range[1])
    expect(lint(linter, repaired, join(path, '1_tables.sql')).map(({ ruleId }) => ruleId)).not.toContain(
      'watertight/sql-nullable-tenant-column',
    )
  })

  it('judges what the editor holds, not what is stored', () => {
    const file = join(path, '9_extra.sql')
    expect(lint(linter, 'SELECT 1;', file)).toEqual([])
    expect(lint(linter, migrations['9_extra.sql'], file)).toHaveLength(1)
  })

  it('notices a change of another file of the folder', () => {
    const own = folder(`change${name.at(-1)}`, migrations)
    const file = join(own, '1_tables.sql')
    const before = lint(linter, migrations['1_tables.sql'], file).map(({ ruleId }) => ruleId)
    writeFileSync(
      join(own, '11_more.sql'),
      'ALTER TABLE notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, ALTER org_id SET NOT NULL;',
    )
    const after = lint(linter, migrations['1_tables.sql'], file).map(({ ruleId }) => ruleId)
    expect(before).toContain('watertight/sql-nullable-tenant-column')
    expect(after).not.toContain('watertight/sql-nullable-tenant-column')
  })

  it('says nothing in a file that only undoes', () => {
    expect(lint(linter, 'CREATE TABLE x (a int);', join(path, '10_policies.down.sql'))).toEqual([])
  })

  it('tells where SQL does not parse', () => {
    const [message] = lint(linter, '-- ü\nSELECT 1;\n  SELEC 2;', join(path, '20_broken.sql'))
    expect(message).toMatchObject({ fatal: true, line: 3, column: 3 })
    expect(message?.message).toContain('syntax error at or near "SELEC"')
  })

  it('obeys disable comments', () => {
    const file = join(path, '9_extra.sql')
    const text = `-- eslint-disable-next-line watertight/sql-unclassified-table -- a scratch table\nCREATE TABLE extra (a int);`
    expect(lint(linter, text, file)).toEqual([])
    expect(lint(linter, `/* eslint-disable */\nCREATE TABLE extra (a int);`, file)).toEqual([])
  })

  it('reports once that the model does not fit', () => {
    const messages = lint(linter, 'SELECT 1;', join(root, 'alone.sql'))
    expect(messages.map(({ message }) => message)).toEqual([expect.stringContaining('orgs, notes')])
  })

  it('refuses to run without a model', () => {
    expect(() => lint(linter, 'SELECT 1;', join(root, 'alone.sql'), null)).toThrow('E-TENANCY-MISSING')
  })

  it('takes one folder a step', () => {
    const prisma = folder(`prisma${name.at(-1)}`, {
      '20240101_init/migration.sql': 'CREATE TABLE orgs (id uuid PRIMARY KEY);',
      '20240102_notes/migration.sql': 'CREATE TABLE notes (org_id uuid NOT NULL, id uuid PRIMARY KEY);',
    })
    const file = join(prisma, '20240102_notes/migration.sql')
    const found = lint(linter, 'CREATE TABLE notes (org_id uuid NOT NULL, id uuid PRIMARY KEY);', file)
    expect(found.map(({ ruleId }) => ruleId)).toEqual(['watertight/sql-rls-disabled'])
  })
})
