import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCatalog } from '../../rules/schema/from-catalog.ts'
import { readMigrations } from '../../rules/schema/from-migrations.ts'
import { freshDatabase } from '../support/postgres.ts'
import { pictureOf } from '../support/schema-picture.ts'

const table = fc.constantFrom('a', 'b', '"C d"')
const column = fc.constantFrom('x', 'y', 'tenant_id', '"Weird ""q"', 'ünï')
const type = fc.constantFrom(
  'int',
  'text',
  'uuid',
  'varchar(20)',
  'numeric(8, 2)',
  'timestamptz(3)',
  'text[]',
  'bigserial',
)
const policy = fc.constantFrom('p', 'q')
const expression = fc.constantFrom('true', "'a;b' <> 'c'", "current_setting('app.t', true) IS NULL")

/** One statement that may succeed or fail, as statements of a migration may. */
const statement = fc.oneof(
  fc.tuple(table, column, type).map(([t, c, k]) => `CREATE TABLE ${t} (id int PRIMARY KEY, ${c} ${k})`),
  fc
    .tuple(table, column, type, fc.constantFrom('', ' NOT NULL', ' UNIQUE'))
    .map(([t, c, k, more]) => `ALTER TABLE ${t} ADD COLUMN ${c} ${k}${more}`),
  fc.tuple(table, column).map(([t, c]) => `ALTER TABLE ${t} DROP COLUMN ${c}`),
  fc.tuple(table, column, column).map(([t, c, d]) => `ALTER TABLE ${t} RENAME COLUMN ${c} TO ${d}`),
  fc.tuple(table, table).map(([t, u]) => `ALTER TABLE ${t} RENAME TO ${u}`),
  fc
    .tuple(table, column, fc.constantFrom('SET', 'DROP'))
    .map(([t, c, how]) => `ALTER TABLE ${t} ALTER COLUMN ${c} ${how} NOT NULL`),
  fc.tuple(table, column).map(([t, c]) => `CREATE INDEX ON ${t} (${c})`),
  fc.tuple(table, column).map(([t, c]) => `CREATE UNIQUE INDEX ON ${t} (${c}, id) WHERE ${c} IS NOT NULL`),
  fc.tuple(table, column).map(([t, c]) => `ALTER TABLE ${t} ADD UNIQUE (id, ${c})`),
  fc
    .tuple(table, table, column)
    .map(([t, u, c]) => `ALTER TABLE ${t} ADD FOREIGN KEY (${c}) REFERENCES ${u} ON DELETE CASCADE`),
  fc
    .tuple(table, fc.constantFrom('ENABLE', 'DISABLE', 'FORCE', 'NO FORCE'))
    .map(([t, how]) => `ALTER TABLE ${t} ${how} ROW LEVEL SECURITY`),
  fc
    .tuple(policy, table, fc.constantFrom('', 'FOR SELECT ', 'FOR DELETE '), expression)
    .map(([p, t, command, e]) => `CREATE POLICY ${p} ON ${t} ${command}USING (${e})`),
  fc.tuple(policy, table, expression).map(([p, t, e]) => `ALTER POLICY ${p} ON ${t} USING (${e})`),
  fc.tuple(policy, table).map(([p, t]) => `DROP POLICY ${p} ON ${t}`),
  fc.tuple(table, table).map(([t, u]) => `CREATE TABLE ${t} (LIKE ${u} INCLUDING DEFAULTS)`),
  fc.tuple(table, table).map(([t, u]) => `CREATE TABLE ${t} (extra int) INHERITS (${u})`),
  fc.tuple(table, fc.constantFrom('', ' CASCADE')).map(([t, how]) => `DROP TABLE ${t}${how}`),
  fc
    .tuple(table, fc.constantFrom('SELECT', 'ALL', 'UPDATE (id)'))
    .map(([t, p]) => `GRANT ${p} ON ${t} TO PUBLIC`),
  fc.tuple(table, fc.constantFrom('SELECT', 'ALL')).map(([t, p]) => `REVOKE ${p} ON ${t} FROM PUBLIC`),
)

describe('random migrations', () => {
  it('leave the same picture offline as on a server', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(statement, { minLength: 4, maxLength: 25 }), async (statements) => {
        const { pool } = await freshDatabase()
        const applied: string[] = []
        await pool.use(async (client) => {
          for (const sql of statements) {
            // What a server refuses never becomes part of a migration.
            const done = await client.query(sql).then(
              () => true,
              () => false,
            )
            if (done) applied.push(sql)
          }
        })
        const live = await readCatalog(async (text) => (await pool.query(text)).rows)
        const offline = readMigrations([{ file: 'all.sql', text: applied.join(';\n') }])
        await pool.end()
        expect(pictureOf(offline)).toEqual(pictureOf(live))
        expect(offline.unread).toEqual([])
      }),
      { numRuns: 40, seed: 20240229 },
    )
  })

  it('read the same however they are formatted', () => {
    const spaced = (sql: string, filler: string): string => sql.replace(/(?<=[(),])|(?= )/g, filler)
    fc.assert(
      fc.property(
        fc.array(statement, { maxLength: 15 }),
        fc.constantFrom(' ', '\n', "\t-- it's; (\n", " /* ; /* nested */ ' */ "),
        (statements, filler) => {
          const plain = readMigrations([{ file: 'a.sql', text: statements.join(';') }])
          const other = readMigrations([
            {
              file: 'a.sql',
              text: statements
                .map((sql) => (/['"]/.test(sql) ? sql : spaced(sql, filler)))
                .join(` ;${filler}`),
            },
          ])
          expect(pictureOf(other)).toEqual(pictureOf(plain))
        },
      ),
      { seed: 20240229 },
    )
  })
})
