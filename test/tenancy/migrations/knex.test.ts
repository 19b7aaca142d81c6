import fc from 'fast-check'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readMigrations } from '../../../rules/schema/from-migrations.ts'
import { inferTenancy } from '../../../rules/tenancy/infer.ts'
import { countKnex } from '../../../rules/tenancy/migrations/read.ts'
import { shapeOfSchema } from '../../../rules/tenancy/schema-shape.ts'
import type { DatabaseShape } from '../../../rules/tenancy/shape.ts'
import { readSource } from '../../../rules/tenancy/sources.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'knex-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function migrate(...bodies: readonly string[]): DatabaseShape {
  for (const [index, body] of bodies.entries()) {
    writeFileSync(join(folder, `2024010${index}_step.js`), `exports.up = async (knex) => {\n${body}\n}`)
  }
  return readSource(folder)
}

/** Each relation in one line: `items: id* org_id* | id | org_id -> orgs.id cascade`. */
function told(shape: DatabaseShape): string[] {
  return shape.relations.map(({ name, columns, primaryKey, references }) => {
    const list = columns.map((column) => column.name + (column.nullable ? '' : '*')).join(' ')
    const far = references.map(
      ({ columns: own, to, toColumns, cascades }) =>
        `${own.join('+')} -> ${to}.${toColumns.join('+')}${cascades ? ' cascade' : ''}`,
    )
    return `${name}: ${list} | ${primaryKey.join(' ')} | ${far.join(', ')}`
  })
}

const orgs = `await knex.schema.createTable('orgs', (t) => { t.increments() })`
const orgsTold = 'orgs: id* | id | '

describe('shape of Knex migrations', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    [
      'a table with keys of every kind',
      [
        orgs,
        `return knex.schema.createTable('items', function (table) {
          table.uuid('id').primary()
          table.integer('org_id').unsigned().notNullable().references('id').inTable('orgs').onDelete('CASCADE')
          table.integer('owner').references('orgs.id')
          table.timestamps(true, true)
        })`,
      ],
      [
        'items: id* org_id* owner created_at* updated_at* | id | org_id -> orgs.id cascade, owner -> orgs.id',
        orgsTold,
      ],
    ],
    [
      'composite keys',
      [
        orgs,
        `await knex.schema.createTable('items', (t) => {
          t.integer('org_id'); t.integer('n'); t.primary(['org_id', 'n'])
          t.foreign('org_id').references('id').inTable('orgs')
        })
        await knex.schema.createTable('parts', (t) => {
          t.integer('org_id'); t.integer('n').notNullable()
          t.foreign(['org_id', 'n']).references(['org_id', 'n']).inTable('items').onDelete('cascade')
        })`,
      ],
      [
        'items: org_id* n* | org_id n | org_id -> orgs.id',
        orgsTold,
        'parts: org_id n* |  | org_id+n -> items.org_id+n cascade',
      ],
    ],
    [
      'changes: added, dropped, renamed, made required',
      [
        `await knex.schema.createTable('old', (t) => { t.uuid('id').primary(); t.uuid('a'); t.uuid('b'); t.uuid('c') })`,
        `await knex.schema.renameTable('old', 'items').alterTable('items', (t) => {
          t.dropColumn('a'); t.renameColumn('b', 'org_id'); t.string('name').notNullable()
        })`,
        `await knex.schema.alterTable('items', (t) => { t.uuid('org_id').notNullable().alter(); t.dropNullable('c') })`,
        `await knex.schema.createTable('gone', (t) => { t.increments() }); await knex.schema.dropTableIfExists('gone')`,
      ],
      ['items: id* org_id* c* name* | id | '],
    ],
    [
      'a foreign key that is dropped under the name that Knex gave it',
      [
        orgs,
        `await knex.schema.createTable('items', (t) => { t.integer('org_id').references('id').inTable('orgs') })`,
        `await knex.schema.table('items', (t) => { t.dropForeign(['org_id']) })`,
      ],
      ['items: org_id |  | ', orgsTold],
    ],
    [
      'raw SQL between builder calls, with bindings',
      [
        orgs,
        `await knex.raw('ALTER TABLE ?? ADD COLUMN plan text NOT NULL', ['orgs'])
        await knex.schema.raw(\`CREATE TABLE items (id int PRIMARY KEY, org_id int NOT NULL REFERENCES orgs (id)) -- data\`)
        await knex.schema.alterTable('items', (t) => { t.text('note') })`,
      ],
      ['items: id* org_id* note | id | org_id -> orgs.id', 'orgs: id* plan* | id | '],
    ],
    [
      'loops over constants, helpers, and conditions',
      [
        orgs,
        `const base = (t) => { t.increments('id'); t.integer('org_id').notNullable().references('id').inTable('orgs') }
        const rows = await knex('orgs').select('id')
        for (const row of rows) await knex('orgs').where({ id: row.id }).update({ seen: true })
        for (const { name, extra } of [{ name: 'items', extra: true }, { name: 'parts', extra: false }]) {
          if (await knex.schema.hasTable(name)) continue
          await knex.schema.createTable(name, (t) => { base(t); if (extra) t.text('note') })
        }
        await Promise.all(['items', 'parts'].map((name) => knex.schema.alterTable(name, (t) => { t.date('day') })))`,
      ],
      [
        'items: id* org_id* note day | id | org_id -> orgs.id',
        orgsTold,
        'parts: id* org_id* day | id | org_id -> orgs.id',
      ],
    ],
    [
      'another schema, and a transaction',
      [
        `await knex.transaction(async (trx) => {
          await trx.schema.withSchema('app').createTable('orgs', (t) => { t.increments() })
          await trx.schema.withSchema('app').createTable('items', (t) => { t.integer('org_id').references('id').inTable('app.orgs') })
        })`,
      ],
      ['app.items: org_id |  | org_id -> app.orgs.id', 'app.orgs: id* | id | '],
    ],
  ])('%s', (_, bodies, expected) => {
    const shape = migrate(...bodies)
    expect(told(shape)).toEqual(expected)
    expect(shape.unread).toEqual([])
  })

  it('reads every way to export up, in the order of the names', () => {
    const create = (name: string) => `knex.schema.createTable('${name}', (t) => { t.increments() })`
    writeFileSync(
      join(folder, '10_c.ts'),
      `import type { Knex } from 'knex'\nexport async function up(knex: Knex): Promise<void> { await knex.schema.alterTable('b', (t) => { t.text('late') }) }`,
    )
    writeFileSync(join(folder, '1_a.mjs'), `export const up = (knex) => ${create('a')}`)
    writeFileSync(
      join(folder, '1_b.cjs'),
      `module.exports = { up: (knex) => ${create('b')}, down: () => {} }`,
    )
    writeFileSync(join(folder, '1_c.ts'), `export default { async up(knex) { await ${create('c')} } }`)
    // 10_c comes before 1_a as text does, so the table that it changes is not there yet.
    const shape = readSource(folder)
    expect(shape.relations.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    expect(shape.unread).toEqual([
      expect.stringMatching(/10_c\.ts:2: a change of a table that is not known: public\.b$/),
    ])
  })

  it('says what it could not read, with its line', () => {
    const shape = migrate(
      `const name = process.env.NAME
      await knex.schema.createTable(name, (t) => { t.increments() })
      await knex.schema.createTable('items', (t) => { t.uuid(name); t.foreign(name).references('id').inTable('x') })
      await knex.raw(\`ALTER TABLE \${name} ADD COLUMN x int\`)
      await knex.schema.createView('shown', (view) => { view.columns(['a']) })
      await knex.raw('ALTER TABLE items ADD COLUMN')`,
    )
    expect(shape.unread.map((note) => note.replace(/^.*step\.js:/, ''))).toEqual([
      '3: createTable of a table whose name is not constant',
      '4: uuid of items, whose column is not constant',
      '4: a foreign key of items that is not constant',
      '5: raw SQL that is not constant',
      '6: createView of shown',
      expect.stringMatching(/^7: not parsed/),
    ])
  })

  it('leaves the migrations of others alone', () => {
    expect(
      countKnex(`export async function up(db: Kysely<any>) { await db.schema.createTable('t').execute() }`),
    ).toBe(0)
    expect(countKnex(`exports.up = (knex) => knex.schema.createTable('t', (t) => {})`)).toBe(2)
    expect(countKnex(`const rows = await knex.raw('select 1')`)).toBe(0)
  })
})

describe('random migrations', () => {
  const tables = ['alpha', 'beta']
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('add' as const),
      table: fc.nat(1),
      required: fc.boolean(),
      to: fc.option(fc.nat(1)),
    }),
    fc.record({ kind: fc.constant('drop' as const), table: fc.nat(1), column: fc.nat(5) }),
    fc.record({ kind: fc.constant('require' as const), table: fc.nat(1), column: fc.nat(5) }),
    fc.record({ kind: fc.constant('rename' as const), table: fc.nat(1), column: fc.nat(5) }),
  )
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

  /** Both renderings of the same steps; steps on columns that are not there are left out. */
  function render(steps: readonly Step[]): { readonly knex: string; readonly sql: string } {
    const columns: string[][] = [[], []]
    const knex = tables.map(
      (name) => `await knex.schema.createTable('${name}', (t) => { t.increments('id') })`,
    )
    const sql = tables.map((name) => `create table ${name} (id int primary key);`)
    for (const [index, one] of steps.entries()) {
      const table = tables[one.table]!
      const own = columns[one.table]!
      const on = (change: string) =>
        knex.push(`await knex.schema.alterTable('${table}', (t) => { ${change} })`)
      if (one.kind === 'add') {
        own.push(`c${index}`)
        const goal =
          one.to === null
            ? ['', '']
            : [`.references('id').inTable('${tables[one.to]}')`, ` references ${tables[one.to]} (id)`]
        on(`t.integer('c${index}')${one.required ? '.notNullable()' : ''}${goal[0]}`)
        sql.push(`alter table ${table} add column c${index} int${one.required ? ' not null' : ''}${goal[1]};`)
        continue
      }
      const column = own[one.column]
      if (column === undefined) continue
      if (one.kind === 'drop') {
        own.splice(one.column, 1)
        on(`t.dropColumn('${column}')`)
        sql.push(`alter table ${table} drop column ${column};`)
      } else if (one.kind === 'require') {
        on(`t.dropNullable('${column}')`)
        sql.push(`alter table ${table} alter column ${column} set not null;`)
      } else {
        own[one.column] = `r${index}`
        on(`t.renameColumn('${column}', 'r${index}')`)
        sql.push(`alter table ${table} rename column ${column} to r${index};`)
      }
    }
    return { knex: knex.join('\n'), sql: sql.join('\n') }
  }

  it('leave the shape that their SQL leaves', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const { knex, sql } = render(steps)
        writeFileSync(join(folder, `step.js`), `exports.up = async (knex) => {\n${knex}\n}`)
        const shape = readSource(join(folder, 'step.js'))
        expect(shape).toEqual(shapeOfSchema(readMigrations([{ file: 's.sql', text: sql }])))
      }),
      { numRuns: 60 },
    )
  })

  it('give owners', () => {
    const { file } = inferTenancy([
      migrate(
        orgs,
        `await knex.schema.createTable('items', (t) => { t.increments(); t.integer('org_id').notNullable().references('orgs.id') })
        await knex.schema.createTable('parts', (t) => { t.integer('item_id').notNullable().references('items.id') })`,
      ),
    ])
    expect(file.relations).toMatchObject({
      orgs: { root: 'id' },
      items: { owned: 'org_id' },
      parts: { ownedThrough: ['item_id', 'items'] },
    })
  })
})
