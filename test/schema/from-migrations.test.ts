import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readMigrations } from '../../rules/schema/from-migrations.ts'
import { listMigrations, readMigrationFiles } from '../../rules/schema/migration-files.ts'
import type { Schema } from '../../rules/schema/schema.ts'

const read = (text: string): Schema => readMigrations([{ file: 'a.sql', text }])
const tables = (schema: Schema): string[] => schema.tables.map(({ name }) => name)

describe('what counts in a file', () => {
  it.each([
    ['node-pg-migrate', '-- Up Migration\nCREATE TABLE a (x int);\n-- Down Migration\nDROP TABLE a;'],
    ['dbmate', '-- migrate:up\nCREATE TABLE a (x int);\n\n-- migrate:down\nDROP TABLE a;'],
    ['goose', '-- +goose Up\nCREATE TABLE a (x int);\n-- +goose Down\nDROP TABLE a;'],
    ['sql-migrate, down first', '-- +migrate Down\nDROP TABLE a;\n-- +migrate Up\nCREATE TABLE a (x int);'],
    ['a comment that only speaks of it', 'CREATE TABLE a (x int); -- there is no down migration'],
  ])('%s', (_, text) => {
    const schema = read(text)
    expect(tables(schema)).toEqual(['a'])
    expect(schema.unread).toEqual([])
  })

  it('skips the data and the commands of a dump', () => {
    const schema = read(
      [
        '\\restrict abc',
        'CREATE TABLE public.a (x text);',
        'COPY public.a (x) FROM stdin;',
        "it's; CREATE TABLE data (x int);",
        '\\.',
        '',
        '\\connect other',
        'CREATE TABLE public.b (x text);',
      ].join('\n'),
    )
    expect(tables(schema)).toEqual(['a', 'b'])
    expect(schema.unread).toEqual([])
    expect(schema.tables[1]!.origin).toMatchObject({ line: 8 })
  })

  it('goes on after a statement that does not parse, and says so', () => {
    const schema = read(
      `CREATE TABLE a (x int);\nCREAT TABLE b (x int);\nCREATE TABLE c (x text DEFAULT ';');`,
    )
    expect(tables(schema)).toEqual(['a', 'c'])
    expect(schema.unread).toEqual([
      { reason: expect.stringContaining('syntax error'), origin: expect.objectContaining({ line: 2 }) },
    ])
  })

  it.each([
    ["DO $$ BEGIN EXECUTE (SELECT string_agg(x, ';') FROM y); END $$", 'dynamic SQL'],
    ['DO $$ BEGIN IF random() > 0.5 THEN DROP TABLE a; END IF; END $$', 'may or may not run'],
    [
      "DO $$ BEGIN FOR r IN SELECT * FROM pg_tables LOOP EXECUTE 'DROP TABLE ' || r.x; END LOOP; END $$",
      'may or may not run',
    ],
    ['DO LANGUAGE plpython3u $$ pass $$', 'plpython3u'],
    ['ALTER TABLE nowhere ENABLE ROW LEVEL SECURITY', 'not known'],
    ['CREATE POLICY p ON nowhere USING (true)', 'not known'],
    ['CALL rebuild()', 'procedure call'],
    ['CREATE TABLE b (LIKE nowhere)', 'not known'],
  ])('never passes over %s', (sql, reason) => {
    expect(read(`CREATE TABLE a (x int); ${sql};`).unread).toEqual([
      { reason: expect.stringContaining(reason), origin: expect.anything() },
    ])
  })

  it.each([
    'INSERT INTO a VALUES (1)',
    "DO $$ BEGIN RAISE NOTICE 'x'; UPDATE a SET x = 2; END $$",
    'DO $$ BEGIN IF EXISTS (SELECT 1 FROM a) THEN INSERT INTO a VALUES (1); END IF; END $$',
    'CREATE EXTENSION IF NOT EXISTS pgcrypto',
    "COMMENT ON TABLE a IS 'x'",
    'BEGIN; COMMIT',
    "SELECT setval('s', 1)",
    'CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()',
  ])('has nothing to say about %s', (sql) => {
    expect(read(`CREATE TABLE a (x int); ${sql};`).unread).toEqual([])
  })

  it('keeps statements inside bodies together', () => {
    const schema = read(`
      CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END;
      CREATE FUNCTION g() RETURNS int LANGUAGE plpgsql AS $x$ BEGIN CREATE TABLE no (x int); RETURN 1; END; $x$;
      CREATE TABLE yes (x int);`)
    expect(tables(schema)).toEqual(['yes'])
    expect(schema.functions.map(({ name }) => name)).toEqual(['f', 'g'])
    expect(schema.unread).toEqual([])
  })

  it('knows the owner that SET ROLE chose, and nobody without it', () => {
    const schema = read(
      'CREATE TABLE a (x int); SET ROLE boss; CREATE TABLE b (x int); RESET ROLE; CREATE TABLE c (x int);',
    )
    expect(schema.tables.map(({ owner }) => owner)).toEqual([null, 'boss', null])
  })

  it('gives a later change of protection as its place', () => {
    const schema = readMigrations([
      { file: '1.sql', text: 'CREATE TABLE a (x int); ALTER TABLE a ENABLE ROW LEVEL SECURITY;' },
      { file: '2.sql', text: '-- ü\nALTER TABLE a DISABLE ROW LEVEL SECURITY;' },
    ])
    expect(schema.tables[0]!.origin).toEqual({ file: '2.sql', start: 5, end: 45, line: 2 })
  })
})

describe('SELECT INTO', () => {
  it('makes a table in a statement, and gives a variable its value in a block', () => {
    const block =
      'DO $$ DECLARE n bigint; BEGIN SELECT count(*) INTO n FROM a; CREATE TABLE b (id int); END $$;'
    expect(tables(read(`CREATE TABLE a (id int); SELECT * INTO c FROM a; ${block}`)).toSorted()).toEqual([
      'a',
      'b',
      'c',
    ])
  })
})

describe('which files count', () => {
  const root = mkdtempSync(join(tmpdir(), 'watertight-migrations-'))
  afterAll(() => rmSync(root, { recursive: true }))

  const list = (name: string, files: readonly string[]): string[] => {
    const folder = join(root, name)
    for (const file of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), 'SELECT 1;')
    }
    return listMigrations(folder).map((path) => relative(folder, path).replaceAll('\\', '/'))
  }

  it.each([
    ['numbers', ['10_c.sql', '2_b.sql', '1_a.sql', 'notes.txt'], ['1_a.sql', '2_b.sql', '10_c.sql']],
    ['stamps', ['20240102_b.sql', '20240101_a.sql'], ['20240101_a.sql', '20240102_b.sql']],
    ['both ways', ['1_a.up.sql', '1_a.down.sql', '2_b.up.sql'], ['1_a.up.sql', '2_b.up.sql']],
    [
      'flyway',
      ['V2__b.sql', 'V10__c.sql', 'V1.1__a.sql', 'R__views.sql', 'U2__b.sql'],
      ['V1.1__a.sql', 'V2__b.sql', 'V10__c.sql', 'R__views.sql'],
    ],
    [
      'prisma',
      ['20240102_b/migration.sql', '20240101_a/migration.sql', 'migration_lock.toml'],
      ['20240101_a/migration.sql', '20240102_b/migration.sql'],
    ],
    [
      'diesel',
      ['2024-01-01-000000_a/up.sql', '2024-01-01-000000_a/down.sql'],
      ['2024-01-01-000000_a/up.sql'],
    ],
  ])('%s', (name, files, expected) => {
    expect(list(name, files)).toEqual(expected)
  })

  it('says that there is nothing to read', () => {
    mkdirSync(join(root, 'empty'))
    expect(() => readMigrationFiles([join(root, 'empty')])).toThrow('holds no .sql file')
    expect(() => readMigrationFiles([join(root, 'nowhere')])).toThrow('There is no')
  })
})
