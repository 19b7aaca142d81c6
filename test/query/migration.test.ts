import { describe, expect, it } from 'vitest'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { statementsIn } from '../support/queries.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'schools',
  tenantColumns: ['school_id'],
  relations: { schools: { root: 'id', model: 'School' }, courses: { owned: 'school_id', model: 'Course' } },
}

const move = `await runner.query('INSERT INTO copy_of_courses (id) SELECT id FROM courses')`

describe('schema migrations are no application queries', () => {
  it.each([
    [
      'TypeORM',
      `import { MigrationInterface, QueryRunner } from 'typeorm'
       export class AddLevel implements MigrationInterface {
         async up(runner: QueryRunner) { ${move} }
         async down(runner: QueryRunner) {}
       }`,
    ],
    [
      'TypeORM, in a method for one kind of database',
      `import type { MigrationInterface, QueryRunner } from 'typeorm'
       export class AddLevel implements MigrationInterface {
         async up(runner: QueryRunner) { await this.inPostgres(runner) }
         async inPostgres(runner: QueryRunner) { ${move} }
         async down(runner: QueryRunner) {}
       }`,
    ],
    [
      'a base class of the project',
      `import { MigrationInterface, QueryRunner } from 'typeorm'
       abstract class Copying implements MigrationInterface {
         abstract up(runner: QueryRunner): Promise<void>
         abstract down(runner: QueryRunner): Promise<void>
       }
       export class AddLevel extends Copying {
         async up(runner: QueryRunner) { ${move} }
         async down(runner: QueryRunner) {}
       }`,
    ],
    [
      'MikroORM',
      `import { Migration } from '@mikro-orm/migrations'
       export class AddLevel extends Migration {
         async up() { await this.execute('UPDATE courses SET level = 1') }
       }`,
    ],
  ])('%s', (_, code) => {
    expect(statementsIn(code, tenancy)).toEqual([])
  })
})

const pool = `import { Pool } from 'pg'
const pool = new Pool()
`
const set = `await pool.query('UPDATE courses SET level = 1')`

describe('migrations that are functions', () => {
  it.each([
    ['Knex', '/app/migrations/20250101_level.ts', `export async function up(knex) { ${set} }`],
    ['Knex in CommonJS', '/app/db/migrations/level.ts', `exports.up = async function (knex) { ${set} }`],
    [
      'sequelize-cli',
      '/app/database/migrations/20250502184712-level.ts',
      `module.exports = { async up(queryInterface) { ${set} }, async down() {} }`,
    ],
    ['umzug', '/app/db-migrations/level.ts', `const up = async ({ context }) => { ${set} }\nexport { up }`],
    ['a default export', '/app/schema/0001_level.ts', `export default { up: async (knex) => { ${set} } }`],
    [
      'a helper beside one',
      '/app/migrations/0001.ts',
      `async function level() { ${set} }\nexport const up = () => level()`,
    ],
  ])('%s', (_, filename, code) => {
    expect(statementsIn(pool + code, tenancy, filename)).toEqual([])
  })

  it.each([
    ['in a file of the application', '/app/votes/courses.ts', `export async function up(request) { ${set} }`],
    ['under another name', '/app/migrations/run.ts', `export async function runAll() { ${set} }`],
    ['in a class', '/app/migrations/votes.ts', `export class Votes { async up() { ${set} } }`],
  ])('but not one %s', (_, filename, code) => {
    expect(statementsIn(pool + code, tenancy, filename)).toHaveLength(1)
  })
})

describe('what only looks like a migration', () => {
  it.each([
    [
      'methods of the same names',
      `import { QueryRunner } from 'typeorm'
       export class Votes {
         async up(runner: QueryRunner) { ${move} }
         async down(runner: QueryRunner) {}
       }`,
    ],
    [
      'an interface of the project that is called so',
      `import { QueryRunner } from 'typeorm'
       interface MigrationInterface { up(runner: QueryRunner): Promise<void> }
       export class Votes implements MigrationInterface {
         async up(runner: QueryRunner) { ${move} }
       }`,
    ],
    [
      'a function beside one',
      `import { MigrationInterface, QueryRunner } from 'typeorm'
       export class AddLevel implements MigrationInterface {
         async up(runner: QueryRunner) {}
         async down(runner: QueryRunner) {}
       }
       export async function copy(runner: QueryRunner) { ${move} }`,
    ],
  ])('%s', (_, code) => {
    expect(statementsIn(code, tenancy)).toHaveLength(1)
  })
})
