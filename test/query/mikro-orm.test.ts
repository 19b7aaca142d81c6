import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { projectOf } from '../support/models.ts'
import { statementsIn } from '../support/queries.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'schools',
  tenantColumns: ['school_id'],
  relations: {
    schools: { root: 'id', model: 'School' },
    courses: {
      owned: 'school_id',
      model: 'Course',
      properties: { schoolId: 'school_id' },
      relationFields: {
        lessons: { to: 'lessons', many: true, on: [['id', 'course_id']] },
        school: { to: 'schools', many: false, on: [['school_id', 'id']] },
      },
    },
    lessons: {
      ownedThrough: ['course_id', 'courses'],
      model: 'Lesson',
      relationFields: { course: { to: 'courses', many: false, on: [['course_id', 'id']] } },
    },
  },
}

const inService = (body: string): string => `
import { EntityManager, EntityRepository, MikroORM } from '@mikro-orm/postgresql'
import { Course, Lesson } from './entities'
class LessonRepository extends EntityRepository<Lesson> {}
export class Service {
  constructor(
    private readonly em: EntityManager,
    private readonly orm: MikroORM,
    private readonly courses: EntityRepository<Course>,
    private readonly lessons: LessonRepository,
  ) {}
  async run(school: string, id: string, ids: string[], on: boolean, body: any, maybe?: string) { ${body} }
}
`

type Row = readonly [source: string, ...rendered: readonly string[]]

const tables: Readonly<Record<string, readonly Row[]>> = {
  receivers: [
    ['this.em.fork().find(Course, {})', 'select courses.* from courses where true'],
    ['this.orm.em.count(Course)', 'select merged  from courses'],
    ['this.em.getRepository(Lesson).findAll()', 'select lessons.* from lessons'],
    ['this.lessons.findOne(id)', 'select lessons.* from lessons where lessons.id = :id limit'],
    [
      'this.em.transactional(async (em) => { await em.nativeDelete(Course, { id }) })',
      'delete from courses where courses.id = :id',
    ],
    ['ids.find((one) => one === id)'],
    ['body.em.find(Course, {})'],
  ],
  filters: [
    [
      'this.em.find(Course, { $or: [{ school }, { title: { $like: "x%" } }], id: { $in: ids, $ne: id } })',
      "select courses.* from courses where (courses.school_id = :school or courses.title like 'x%') and (courses.id in (:ids[]) and not courses.id = :id)",
    ],
    [
      'this.lessons.find({ course: { school: { id: school } } }, { populate: ["course.lessons"] })',
      'select lessons.* from lessons left join courses on courses.id = lessons.course_id left join lessons as lessons#2 on lessons#2.course_id = courses.id where exists (select  from courses as courses#3 where courses#3.id = lessons.course_id and courses#3.school_id = :school)',
    ],
    [
      'this.courses.find({ lessons: { $some: { title: "x" } }, archivedAt: null, endedAt: { $exists: false } })',
      "select courses.* from courses where exists (select  from lessons where lessons.course_id = courses.id and lessons.title = 'x') and courses.archivedAt is null and courses.endedAt is null",
    ],
    [
      'this.courses.findAll({ where: { schoolId: maybe } })',
      'select courses.* from courses where courses.school_id = :maybe',
    ],
    [
      'this.courses.findAll(body)',
      'select courses.* from courses where opaque(the options `body` could not be seen)',
    ],
    [
      'this.courses.findAll({ limit: 3, ...body })',
      'select courses.* from courses where opaque(the options `body` could not be seen)',
    ],
    ['this.courses.findAll({ limit: 3 })', 'select courses.* from courses'],
    [
      'this.courses.findAll({ where: { schoolId: undefined, school: { id: undefined } } })',
      'select courses.* from courses where courses.school_id is null and courses.school_id is null',
    ],
    [
      'this.courses.find(body)',
      'select courses.* from courses where opaque(the filter `body` could not be seen)',
    ],
  ],
  writes: [
    [
      'this.em.nativeUpdate(Course, { id, school }, { title: "x" })',
      "update courses set title = 'x' where courses.id = :id and courses.school_id = :school returning *",
    ],
    [
      'const course = this.em.create(Course, { title: "x", school }); await this.em.persistAndFlush(course)',
      "insert into courses values {title = 'x', school_id = :school.id} returning *",
    ],
    [
      'this.em.upsert(Course, { schoolId: school })',
      'insert into courses values {school_id = :school} on conflict do update set school_id = :school returning *',
    ],
    [
      'await this.em.removeAndFlush(this.em.getReference(Course, id))',
      'delete from courses where courses.id = :id',
    ],
    ['this.em.persist(body)', 'opaque: what it writes was made out of sight'],
    [
      'this.em.getConnection().execute("delete from courses where id = $1", [id])',
      'delete from courses where courses.id = :$1',
    ],
    [
      'this.em.getConnection().execute("update courses set title = ? where school_id = ? and id = ?", ["x", school, id])',
      'update courses set title = :? where courses.school_id = :? and courses.id = :?',
    ],
    [
      'this.em.execute("select * from courses where settings ? \'open\' and school_id = ?", [school])',
      'select courses.* from courses where opaque(operator ?: courses.settings) and courses.school_id = :?',
    ],
    [
      'const sql = on ? "select id from courses where id = ?" : "select id from courses"; this.em.execute(sql, [id])',
      'select courses.id from courses',
      'select courses.id from courses where courses.id = :?',
    ],
  ],
  imports: [
    [
      "const { Lesson: Part } = await import('./entities'); await this.em.find(Part, { id })",
      'select lessons.* from lessons where lessons.id = :id',
    ],
    [
      'const { Lesson: Part } = await import(body); await this.em.find(Part, { id })',
      'opaque: the entity is chosen at run time',
    ],
  ],
  builders: [
    [
      'this.em.createQueryBuilder(Course, "c").leftJoinAndSelect("c.lessons", "l").where({ school }).orWhere({ title: "x" }).andWhere({ "l.title": "y" }).getResultList()',
      "select c.* from courses as c left join lessons as l on l.course_id = c.id where (c.school_id = :school or c.title = 'x') and l.title = 'y'",
    ],
    [
      'const qb = this.courses.createQueryBuilder("c").where({ id }); if (on) qb.andWhere({ school }); return qb.getSingleResult()',
      'select c.* from courses as c where c.id = :id and optional(c.school_id = :school) limit',
    ],
    [
      'this.em.qb(Course).update({ title: "x" }).where({ id }).execute()',
      "update courses set title = 'x' where courses.id = :id returning *",
    ],
  ],
}

describe.each(Object.entries(tables))('mikro-orm: %s', (_, rows) => {
  it.each(rows)('%s', (source, ...rendered) => {
    expect(statementsIn(inService(source), tenancy)).toEqual(rendered)
  })
})

describe('undefined in a filter', () => {
  const ignoring = 'export default { ignoreUndefinedInQuery: true }'
  const body = 'this.courses.findAll({ where: { schoolId: maybe, id, title: undefined } })'
  const told = (files: Readonly<Record<string, string>>): readonly string[] => {
    const { folder } = projectOf({ 'package.json': '{}', ...files })
    return statementsIn(inService(body), tenancy, join(folder, 'src/service.ts'))
  }
  const kept =
    'select courses.* from courses where courses.school_id = :maybe and courses.id = :id and courses.title is null'
  const dropped =
    'select courses.* from courses where optional(courses.school_id = :maybe) and courses.id = :id and true'

  it('is NULL', () => expect(told({})).toEqual([kept]))
  it('is dropped when the configuration says so', () =>
    expect(told({ 'mikro-orm.config.ts': ignoring })).toEqual([dropped]))
  it('is dropped when the configuration beside the sources says so', () =>
    expect(told({ 'src/mikro-orm.config.ts': ignoring })).toEqual([dropped]))
  it('is NULL when the configuration says that', () =>
    expect(told({ 'mikro-orm.config.ts': ignoring.replace('true', 'false') })).toEqual([kept]))
})
