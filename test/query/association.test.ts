import { describe, expect, it } from 'vitest'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { contextOf } from '../support/queries.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'schools',
  tenantColumns: ['school_id'],
  trusted: ['ctx.schoolId'],
  relations: {
    schools: { root: 'id', model: 'School' },
    courses: {
      owned: 'school_id',
      model: 'Course',
      properties: { schoolId: 'school_id' },
      relationFields: { pupils: { to: 'pupils', many: true, on: [] } },
    },
    pupils: {
      owned: 'school_id',
      model: 'Pupil',
      properties: { schoolId: 'school_id' },
      relationFields: {
        courses: { to: 'courses', many: true, on: [] },
        friends: { to: 'pupils', many: true, on: [] },
        hobbies: { to: 'hobbies', many: true, on: [] },
      },
    },
    hobbies: {
      global: 'the same for all',
      model: 'Hobby',
      relationFields: { pupils: { to: 'pupils', many: true, on: [] } },
    },
    rooms: { owned: 'school_id', model: 'Room', properties: { schoolId: 'school_id' } },
  },
}

/** The standing of every mention that its own statement does not confine, as `relation: standing`. */
function standingsIn(call: string): readonly string[] {
  const code = `import { Repository } from 'typeorm'
import { Course, Hobby, Pupil } from './entities'
export class Service {
  constructor(private courses: Repository<Course>, private pupils: Repository<Pupil>, private hobbies: Repository<Hobby>) {}
  async run(ctx, id: string) { return await ${call} }
}`
  const file = contextOf(code, tenancy)!
  return file.sites.flatMap(({ queries }) =>
    queries.flatMap((judged) =>
      judged.occurrences
        .filter(({ verdict, ownership }) => verdict.kind !== 'confined' && ownership.kind !== 'global')
        .map((mention) => `${mention.occurrence.relation.name}: ${file.standingOf(judged, mention)}`),
    ),
  )
}

describe('rows that a declared many-to-many ties', () => {
  it.each([
    [
      'to rows of the tenant are reached by reference',
      'this.courses.find({ where: { schoolId: ctx.schoolId }, relations: { pupils: true } })',
      ['pupils: reference'],
    ],
    [
      'in a builder',
      `this.courses.createQueryBuilder('c').leftJoinAndSelect('c.pupils', 'p').where('c.schoolId = :school', { school: ctx.schoolId }).getMany()`,
      ['pupils: reference'],
    ],
    [
      'in a filter',
      'this.courses.find({ where: { schoolId: ctx.schoolId, pupils: { id } } })',
      ['pupils: reference'],
    ],
    [
      'the other way round: the rows that are filtered are those of the tied ones',
      'this.courses.find({ where: { pupils: { schoolId: ctx.schoolId } } })',
      ['courses: reference'],
    ],
    [
      'to rows that are a finding are the same finding',
      'this.courses.find({ where: { id }, relations: { pupils: true } })',
      ['courses: open', 'pupils: repeated'],
    ],
    [
      'to rows of the same relation, which are others all the same',
      'this.pupils.find({ where: { schoolId: ctx.schoolId }, relations: { friends: true } })',
      ['pupils: reference'],
    ],
    [
      'to what all tenants share are open',
      'this.hobbies.find({ where: { id }, relations: { pupils: true } })',
      ['pupils: open'],
    ],
    [
      'behind what all tenants share are open, too',
      'this.pupils.find({ where: { schoolId: ctx.schoolId }, relations: { hobbies: { pupils: true } } })',
      ['pupils: open'],
    ],
    [
      'not: a name that only looks like a relation',
      'this.courses.find({ where: { schoolId: ctx.schoolId }, relations: { rooms: true } })',
      ['rooms: open'],
    ],
    [
      'under one alternative only are open',
      'this.courses.find({ where: [{ schoolId: ctx.schoolId, pupils: { id } }, { pupils: { id } }] })',
      ['courses: open', 'pupils: repeated', 'pupils: repeated'],
    ],
  ])('%s', (_, call, standings) => {
    expect(standingsIn(call)).toEqual(standings)
  })
})
