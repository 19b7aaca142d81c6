import { describe, expect, it } from 'vitest'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { verdictsIn } from '../support/queries.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'schools',
  tenantColumns: ['school_id'],
  trusted: ['ctx.schoolId'],
  relations: {
    schools: { root: 'id', model: 'School' },
    courses: { owned: 'school_id', model: 'Course', properties: { schoolId: 'school_id' } },
    lessons: { owned: 'school_id', model: 'Lesson', properties: { schoolId: 'school_id' } },
  },
}

const inKnex = (chain: string): string => `import knexFactory from 'knex'
import { sumOf } from './elsewhere'
const knex = knexFactory({})
export const run = (ctx, kind) => knex('courses').where('school_id', ctx.schoolId)${chain}`

const inTypeorm = (steps: string): string => `import { Repository } from 'typeorm'
import { quoted, sumOf } from './elsewhere'
import { Course } from './entities'
const mine = (cb) => cb.subQuery().select('l.course_id').from('lessons', 'l').where('l.school_id = :school').getQuery()
export class Service {
  constructor(private courses: Repository<Course>) {}
  run(ctx, kind, ids) {
    const query = this.courses.createQueryBuilder('c').where('c.school_id = :school', { school: ctx.schoolId })
    ${steps}
    return query.getMany()
  }
}`

describe('text that is pasted in where it restricts nothing', () => {
  it.each([
    ['a SELECT list of Knex', inKnex('.select(knex.raw(sumOf(kind)))')],
    ['ORDER BY of Knex', inKnex('.orderByRaw(sumOf(kind))')],
    ['a SELECT list of TypeORM', inTypeorm('query.addSelect(`SUM(${sumOf(kind)})`)')],
  ])('leaves the verdict alone: %s', (_, code) => {
    expect(verdictsIn(code, tenancy)).toEqual(['courses: confined'])
  })

  it.each([
    ['a condition of Knex', inKnex('.whereRaw(`level = 1 AND ${sumOf(kind)}`)')],
    ['a condition of TypeORM', inTypeorm('query.andWhere(`c.level = 1 AND ${sumOf(kind)}`)')],
    [
      'a sub-query in a SELECT list',
      inTypeorm(
        'query.addSelect(`(SELECT 1 FROM lessons l WHERE l.school_id = :school AND ${sumOf(kind)})`)',
      ),
    ],
  ])('takes all verdicts where it may restrict: %s', (_, code) => {
    expect(new Set(verdictsIn(code, tenancy))).toContain('courses: unknown')
  })
})

describe('one of several texts', () => {
  it('is read, whichever it is', () => {
    const code = inTypeorm(`const which = kind ? quoted('c.id IN (:...ids)') : quoted('c.id = :ids')
    query.andWhere(which, { ids })`)
    expect(new Set(verdictsIn(code, tenancy))).toEqual(new Set(['courses: confined']))
  })

  it('lets through what any of them lets through', () => {
    const code = inTypeorm(`const which = kind ? quoted('c.id = 1 OR c.id = :ids') : quoted('c.id = :ids')
    query.andWhere(which, { ids })`)
    expect(new Set(verdictsIn(code, tenancy))).toContain('courses: leak')
  })

  it('is not in sight where one of them is not', () => {
    const code = inTypeorm(`const which = kind ? 'c.id = :ids' : ids
    query.andWhere(which, { ids })`)
    expect(new Set(verdictsIn(code, tenancy))).toContain('courses: unknown')
  })
})

describe('a sub-query that a function of the file makes', () => {
  it('is read', () => {
    const code = inTypeorm('query.andWhere((cb) => `c.id IN ${mine(cb)}`)')
    expect(verdictsIn(code, tenancy)).toEqual(['courses: confined', 'lessons: confined'])
  })

  it('is not, where the function is out of sight', () => {
    const code = inTypeorm('query.andWhere((cb) => `c.id IN ${sumOf(cb)}`)')
    expect(new Set(verdictsIn(code, tenancy))).toContain('courses: unknown')
  })
})
