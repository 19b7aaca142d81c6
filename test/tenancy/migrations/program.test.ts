import fc from 'fast-check'
import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readMigrations } from '../../../rules/schema/from-migrations.ts'
import { inferTenancy } from '../../../rules/tenancy/infer.ts'
import { countProgram } from '../../../rules/tenancy/migrations/read.ts'
import { shapeOfSchema } from '../../../rules/tenancy/schema-shape.ts'
import type { DatabaseShape } from '../../../rules/tenancy/shape.ts'
import { detectSources, readSource } from '../../../rules/tenancy/sources.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'program-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Files in the order given. */
function written(files: Readonly<Record<string, string>>): DatabaseShape {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return readSource(folder)
}

const fromSql = (text: string): DatabaseShape => shapeOfSchema(readMigrations([{ file: 's.sql', text }]))

/** What every tool below says: two owned tables, one through the other, and a change of each kind. */
const expected = fromSql(`
  create table orgs (id int primary key, slug text unique);
  create table projects (id int primary key, org_id int not null, name text not null, renamed text, unique (org_id, name),
    foreign key (org_id) references orgs (id) on delete cascade);
  create table tasks (project_id int not null, n int not null, primary key (project_id, n),
    foreign key (project_id) references projects (id), constraint tasks_n_key unique (n));
`)

const programs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Kysely: {
    '1_tables.ts': `
      import { type Kysely, sql } from 'kysely'
      const withId = (table) => table.addColumn('id', 'serial', (column) => column.primaryKey())
      export async function up(db: Kysely<unknown>): Promise<void> {
        await db.schema.createTable('orgs').$call(withId).addColumn('slug', 'text', (column) => column.unique()).execute()
        await db.schema
          .createTable('projects')
          .ifNotExists()
          .addColumn('id', sql\`int\`, (column) => column.primaryKey().defaultTo(sql\`1\`))
          .addColumn('org_id', 'integer', (column) => column.notNull().references('orgs.id').onDelete('cascade'))
          .addColumn('name', 'text')
          .addColumn('old', 'text')
          .addColumn('gone', 'text')
          .addUniqueConstraint('projects_org_id_name_key', ['org_id', 'name'])
          .execute()
      }
      export async function down(db) { await db.schema.dropTable('orgs').execute() }`,
    '2_changes.ts': `
      import { sql } from 'kysely'
      export const up = async (db) => {
        await db.transaction().execute(async (trx) => {
          await trx.schema.alterTable('projects').renameColumn('old', 'renamed').execute()
          await trx.schema.alterTable('projects').dropColumn('gone').execute()
          await trx.schema.alterTable('projects').alterColumn('name', (column) => column.setNotNull()).execute()
        })
        await sql\`create table tasks (project_id int not null)\`.execute(db)
        await db.schema.alterTable('tasks').addColumn('n', 'integer').execute()
        await db.schema.alterTable('tasks').addPrimaryKeyConstraint('tasks_pkey', ['project_id', 'n']).execute()
        await db.schema.alterTable('tasks').addForeignKeyConstraint('f', ['project_id'], 'projects', ['id']).execute()
        await db.schema.createIndex('tasks_n_key').unique().on('tasks').column('n').execute()
      }`,
  },
  'node-pg-migrate': {
    '1_tables.js': `
      exports.shorthands = undefined
      exports.up = (pgm) => {
        pgm.createTable('orgs', { id: 'id', slug: { type: 'text', unique: true } })
        pgm.createTable({ name: 'projects' }, {
          id: { type: 'integer', primaryKey: true },
          org_id: { type: 'integer', notNull: true, references: '"orgs" (id)', onDelete: 'CASCADE' },
          name: { type: 'text' }, old: 'text', gone: 'text',
        }, { constraints: { unique: [['org_id', 'name']] }, ifNotExists: true })
      }
      exports.down = (pgm) => { pgm.dropTable('orgs') }`,
    '2_changes.js': `
      exports.up = async (pgm) => {
        pgm.renameColumn('projects', 'old', 'renamed')
        pgm.dropColumns('projects', ['gone'])
        pgm.alterColumn('projects', 'name', { notNull: true })
        pgm.createTable('tasks', { project_id: { type: 'integer', primaryKey: true }, n: { type: 'integer', primaryKey: true } })
        pgm.addConstraint('tasks', 'f', { foreignKeys: { columns: 'project_id', references: 'projects(id)' } })
        pgm.sql('ALTER TABLE tasks ADD UNIQUE (n)')
      }`,
  },
  'Sequelize, and umzug': {
    '1_tables.js': `
      module.exports = {
        async up(queryInterface, Sequelize) {
          await queryInterface.sequelize.transaction(async (transaction) => {
            await queryInterface.createTable('orgs', {
              id: { type: Sequelize.INTEGER, primaryKey: true, autoIncrement: true, allowNull: false },
              slug: { type: Sequelize.TEXT, unique: true },
            }, { transaction })
            await queryInterface.createTable('projects', {
              id: { type: Sequelize.INTEGER, primaryKey: true },
              orgId: { field: 'org_id', type: Sequelize.INTEGER, allowNull: false,
                references: { model: { tableName: 'orgs' }, key: 'id' }, onDelete: 'cascade' },
              name: { type: Sequelize.TEXT }, old: Sequelize.TEXT, gone: Sequelize.TEXT,
            }, { uniqueKeys: { named: { fields: ['org_id', 'name'] } }, transaction })
          })
        },
        async down(queryInterface) { await queryInterface.dropTable('orgs') },
      }`,
    '2_changes.ts': `
      import { DataTypes } from 'sequelize'
      export const up: Migration = async ({ context: queryInterface }) => {
        await queryInterface.renameColumn('projects', 'old', 'renamed')
        await queryInterface.removeColumn('projects', 'gone')
        await queryInterface.changeColumn('projects', 'name', { type: DataTypes.TEXT, allowNull: false })
        await queryInterface.sequelize.query(\`CREATE TABLE tasks (project_id int NOT NULL)\`)
        await queryInterface.addColumn('tasks', 'n', { type: DataTypes.INTEGER, allowNull: false })
        await queryInterface.addConstraint('tasks', { fields: ['project_id', 'n'], type: 'primary key' })
        await queryInterface.addConstraint('tasks', {
          fields: ['project_id'], type: 'foreign key', references: { table: 'projects', field: 'id' } })
        await queryInterface.addIndex('tasks', ['n'], { unique: true })
      }
      export const down: Migration = async ({ context }) => { await context.dropTable('orgs') }`,
  },
  TypeORM: {
    '1-tables.ts': `
      import { MigrationInterface, QueryRunner, Table, TableColumn, TableForeignKey } from 'typeorm'
      export class Tables1 implements MigrationInterface {
        async up(queryRunner: QueryRunner): Promise<void> {
          await queryRunner.query('CREATE TABLE "orgs" ("id" SERIAL PRIMARY KEY, "slug" text UNIQUE)')
          await queryRunner.createTable(new Table({
            name: 'projects',
            columns: [
              { name: 'id', type: 'int', isPrimary: true },
              new TableColumn({ name: 'org_id', type: 'int' }),
              { name: 'name', type: 'text', isNullable: true },
              { name: 'old', type: 'text', isNullable: true },
              { name: 'gone', type: 'text' },
            ],
            uniques: [{ columnNames: ['org_id', 'name'] }],
            foreignKeys: [{ columnNames: ['org_id'], referencedTableName: 'orgs', referencedColumnNames: ['id'], onDelete: 'CASCADE' }],
          }), true)
        }
        async down(queryRunner: QueryRunner): Promise<void> { await queryRunner.query('DROP TABLE orgs') }
      }`,
    '2-changes.ts': `
      export class Changes2 {
        async up(queryRunner) {
          const kind = queryRunner.connection.options.type
          switch (kind) {
            case 'postgres': await this.changes(queryRunner); break
            case 'sqlite': await this.sqliteChanges(queryRunner); break
            case 'mysql': await queryRunner.query('CREATE TABLE wrong (id int)')
          }
        }
        async sqliteChanges(queryRunner) { await queryRunner.query('CREATE TABLE temporary_projects (id int)') }
        async changes(queryRunner) {
          await queryRunner.renameColumn('projects', 'old', 'renamed')
          await queryRunner.dropColumn('projects', 'gone')
          await queryRunner.changeColumn('projects', 'name', new TableColumn({ name: 'name', type: 'text' }))
          await queryRunner.createTable(new Table({ name: 'tasks', columns: [
            { name: 'project_id', type: 'int', isPrimary: true }, { name: 'n', type: 'int', isPrimary: true, isUnique: true }] }))
          await queryRunner.createForeignKey('tasks', new TableForeignKey({
            columnNames: ['project_id'], referencedTableName: 'projects', referencedColumnNames: ['id'] }))
        }
      }`,
  },
  MikroORM: {
    'Migration1.ts': `
      import { Migration } from '@mikro-orm/migrations'
      export class Migration1 extends Migration {
        async up(): Promise<void> {
          this.addSql('create table "orgs" ("id" serial primary key, "slug" text unique);')
          this.addSql(\`create table "projects" ("id" int primary key, "org_id" int not null, "name" text not null,
            "renamed" text, unique ("org_id", "name"), foreign key ("org_id") references "orgs" ("id") on delete cascade);\`)
        }
        async down(): Promise<void> { this.addSql('drop table "orgs"') }
      }`,
    'Migration2.js': `
      'use strict'
      const { Migration } = require('@mikro-orm/migrations')
      class Migration2 extends Migration {
        async up() {
          this.addSql('create table "tasks" ("project_id" int not null references "projects", "n" int not null unique)')
          this.addSql('alter table "tasks" add primary key ("project_id", "n")')
        }
      }
      exports.Migration2 = Migration2`,
  },
  'db-migrate': {
    '1-tables.js': `
      exports.up = function (db) {
        return db.createTable('orgs', { id: { type: 'int', primaryKey: true, autoIncrement: true }, slug: { type: 'string', unique: true } })
          .then(() => db.createTable('projects', {
            columns: {
              id: { type: 'int', primaryKey: true },
              org_id: { type: 'int', notNull: true, foreignKey: {
                name: 'projects_org', table: 'orgs', mapping: 'id', rules: { onDelete: 'CASCADE' } } },
              name: { type: 'string', notNull: true }, old: 'string', gone: 'string',
            },
            ifNotExists: true,
          }))
      }
      exports.down = (db) => db.dropTable('orgs')`,
    '2-changes.js': `
      exports.up = async (db) => {
        await db.renameColumn('projects', 'old', 'renamed')
        await db.removeColumn('projects', 'gone')
        await db.addIndex('projects', 'named', ['org_id', 'name'], true)
        await db.createTable('tasks', { project_id: { type: 'int', primaryKey: true }, n: { type: 'int', primaryKey: true, unique: true } })
        await db.addForeignKey('tasks', 'projects', 'f', { project_id: 'id' }, { onDelete: 'RESTRICT' })
      }`,
  },
  'SQL that a program runs when it starts': {
    'database.ts': `
      import pg from 'pg'
      const pool = new pg.Pool()
      const projects = 'CREATE TABLE IF NOT EXISTS projects (id int primary key, org_id int not null, ' +
        'name text not null, renamed text, unique (org_id, name), foreign key (org_id) references orgs (id) on delete cascade)'
      export async function prepare() {
        console.log('we create table after table')
        await pool.query(\`
          -- who pays
          CREATE TABLE IF NOT EXISTS orgs (id int primary key, slug text unique, plan text DEFAULT '\${process.env.PLAN}')\`)
        await pool.query('ALTER TABLE orgs DROP COLUMN plan')
        await pool.query(projects)
      }
      export async function rollback() { await pool.query('DROP TABLE orgs') }`,
    'later.cjs': `
      const sql_pg = "create table tasks (project_id int not null references projects (id), n int not null unique, primary key (project_id, n))"
      const sql_sqlite = 'create table tasks (id integer primary key autoincrement)'
      module.exports = { sql_pg, sql_sqlite }`,
  },
}

describe('shape of migrations that are programs', () => {
  it.each(Object.entries(programs))('%s', (_, files) => {
    const shape = written(files)
    expect(shape.relations).toEqual(expected.relations)
    expect(shape.unread).toEqual([])
  })

  it('names a table without the schema that is pasted before it, and says which names it cannot see', () => {
    const shape = written({
      '1.js': `exports.up = async (pgm) => {
        for (const tenant of tenants) {
          pgm.sql(\`CREATE TABLE "\${tenant.schema}".tasks (id int primary key, project_id int references \${tenant.schema}.projects)\`)
          pgm.sql(\`CREATE TABLE \${tenant.table} (id int)\`)
          pgm.createTable(tenant.table, { id: 'id' })
          pgm.createTable('made', columns)
          pgm.renameTable('made', tenant.name)
          pgm.dropConstraint('made', tenant.name)
          pgm.addConstraint('made', tenant.name, { unique: 'id' })
          pgm.alterColumn('made', tenant.name, { notNull: true })
          pgm.addForeignKey('made', tenant.name, 'f', { id: 'id' })
          queryRunner.dropForeignKey('made', found)
          queryRunner.changeColumn('made', found, new TableColumn({ name: 'id' }))
        }
      }`,
    })
    expect(shape.relations.map(({ name }) => name)).toEqual(['made', 'tasks'])
    expect(shape.unread.map((note) => note.replace(/^.*1\.js:/, ''))).toEqual([
      '4: SQL on a table whose name is not constant',
      '5: createTable of a table whose name is not constant',
      '6: columns of "made" that are not in sight',
      '7: what renameTable names',
      '8: what dropConstraint names',
      '9: a constraint of "made" that is not constant',
      '10: a changed column of "made" that is not constant',
      '11: a foreign key of "made" that is not constant',
      '12: dropForeignKey of "made", which names no constant',
      '13: changeColumn of "made", which names no constant',
    ])
  })

  it('says so when a builder in a variable changes', () => {
    const shape = written({
      '1.js': `exports.up = async (db) => {
        let table = db.schema.createTable('items').addColumn('id', 'integer')
        if (process.env.WIDE) table = table.addColumn('org_id', 'integer')
        await table.execute()
      }`,
    })
    expect(shape.relations.map(({ name, columns }) => [name, columns.length])).toEqual([['items', 1]])
    expect(shape.unread).toEqual([expect.stringMatching(/1\.js:3: addColumn of a builder in a variable$/)])
  })

  it('counts no text that only speaks of tables', () => {
    expect(countProgram(`throw new Error('could not create table')`)).toBe(0)
    expect(countProgram(`const example = 'see CREATE TABLE'`)).toBe(0)
    expect(countProgram(`exports.up = (knex) => knex.schema.createTable('t', (t) => {})`)).toBe(0)
    expect(countProgram(`await pool.query('CREATE TABLE t (id int)')`)).toBeGreaterThan(0)
  })

  it('is found by itself when there is no model, and never instead of one', () => {
    mkdirSync(join(folder, 'src'))
    writeFileSync(
      join(folder, 'src', 'start.ts'),
      "export const start = (pool) => pool.query('CREATE TABLE orgs (id int)')",
    )
    expect(detectSources(folder)).toEqual([join(folder, 'src', 'start.ts')])
    writeFileSync(join(folder, 'schema.prisma'), 'model Org {\n  id Int @id\n}\n')
    expect(detectSources(folder)).toEqual([join(folder, 'schema.prisma')])
  })

  it('gives owners', () => {
    const { file } = inferTenancy([written(programs['node-pg-migrate']!)])
    expect(file.relations).toMatchObject({
      orgs: { root: 'id' },
      projects: { owned: 'org_id' },
      tasks: { ownedThrough: ['project_id', 'projects'] },
    })
  })
})

describe('random Kysely migrations', () => {
  const tables = ['alpha', 'beta']
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('add' as const),
      table: fc.nat(1),
      required: fc.boolean(),
      unique: fc.boolean(),
      to: fc.option(fc.record({ table: fc.nat(1), cascade: fc.boolean() })),
    }),
    fc.record({
      kind: fc.constantFrom('drop' as const, 'require' as const, 'rename' as const),
      table: fc.nat(1),
      column: fc.nat(5),
    }),
  )
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

  function render(steps: readonly Step[]): string {
    const columns: string[][] = [[], []]
    const lines = tables.map(
      (name) =>
        `await db.schema.createTable('${name}').addColumn('id', 'integer', (c) => c.primaryKey()).execute()`,
    )
    for (const [index, one] of steps.entries()) {
      const own = columns[one.table]!
      const on = (change: string) =>
        lines.push(`await db.schema.alterTable('${tables[one.table]}')${change}.execute()`)
      if (one.kind === 'add') {
        own.push(`c${index}`)
        const traits = [
          one.required ? '.notNull()' : '',
          one.unique ? '.unique()' : '',
          one.to === null
            ? ''
            : `.references('${tables[one.to.table]}.id')${one.to.cascade ? ".onDelete('cascade')" : ''}`,
        ].join('')
        on(`.addColumn('c${index}', 'integer'${traits === '' ? '' : `, (c) => c${traits}`})`)
        continue
      }
      const column = own[one.column]
      if (column === undefined) continue
      if (one.kind === 'drop') on(`.dropColumn('${own.splice(one.column, 1)[0]}')`)
      else if (one.kind === 'require') on(`.alterColumn('${column}', (c) => c.setNotNull())`)
      else on(`.renameColumn('${column}', '${(own[one.column] = `r${index}`)}')`)
    }
    return lines.join('\n')
  }

  /** The SQL that Kysely itself makes of a migration. */
  async function sqlOf(body: string): Promise<string> {
    const statements: string[] = []
    const db = new Kysely<unknown>({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (inner) => new PostgresIntrospector(inner),
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
      log: ({ query }) => void statements.push((query as CompiledQuery).sql),
    })
    await (new Function('db', `return (async () => {${body}})()`) as (db: unknown) => Promise<void>)(db)
    return statements.join(';\n')
  }

  it('leave the shape that the SQL of Kysely leaves', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const body = render(steps)
        writeFileSync(join(folder, `step.js`), `exports.up = async (db) => {\n${body}\n}`)
        expect(readSource(join(folder, 'step.js'))).toEqual(fromSql(await sqlOf(body)))
      }),
      { numRuns: 60 },
    )
  })
})
