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
