import { describe, expect, it } from 'vitest'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { contextOf, statementsIn, verdictsIn } from '../support/queries.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'schools',
  tenantColumns: ['school_id'],
  relations: {
    schools: { root: 'id', model: 'School' },
    courses: {
      owned: 'school_id',
      model: 'Course',
      properties: { schoolId: 'school_id', teacherId: 'teacher_id' },
      relationFields: {
        lessons: { to: 'lessons', many: true, on: [['id', 'course_id']] },
        school: { to: 'schools', many: false, on: [['school_id', 'id']] },
        teacher: { to: 'teachers', many: false, on: [['teacher_id', 'id']] },
      },
    },
    lessons: {
      ownedThrough: ['course_id', 'courses'],
      model: 'Lesson',
      properties: { courseId: 'course_id' },
      relationFields: { course: { to: 'courses', many: false, on: [['course_id', 'id']] } },
    },
    teachers: { global: 'accounts', model: 'Teacher' },
    course_notes: { owned: 'school_id' },
  },
}

const inService = (body: string): string => `
import { BaseEntity, Brackets, DataSource, Entity, EntityManager, In, IsNull, Not, Repository, SelectQueryBuilder, Between, Or } from 'typeorm'
import { InjectRepository } from '@nestjs/typeorm'
import { Course, Lesson } from './entities'

@Entity('course_notes')
class Note extends BaseEntity { id: string }
class CourseRepository extends Repository<Course> {}
class Crud<T> { protected readonly repository: Repository<T> }

export class Service extends Crud<Lesson> {
  constructor(
    @InjectRepository(Course) private readonly courses: Repository<Course>,
    private readonly custom: CourseRepository,
    private readonly dataSource: DataSource,
    private readonly cache: Map<string, string>,
  ) { super() }
  async run(school: string, id: string, ids: string[], on: boolean, body: any, maybe?: string) { ${body} }
}
`

type Row = readonly [source: string, ...rendered: readonly string[]]

const tables: Readonly<Record<string, readonly Row[]>> = {
  receivers: [
    ['this.custom.find()', 'select courses.* from courses'],
    ['this.repository.find()', 'select lessons.* from lessons'],
    ['Note.findOneBy({ id })', 'select course_notes.* from course_notes where course_notes.id = :id limit'],
    ['this.dataSource.getRepository(Lesson).count()', 'select merged  from lessons'],
    ['this.dataSource.manager.find(Course)', 'select courses.* from courses'],
    [
      'this.dataSource.transaction(async (manager) => { await manager.delete(Course, { id }) })',
      'delete from courses where courses.id = :id',
    ],
    ['this.cache.delete(id)'],
    ['ids.find((one) => one === id)'],
    ['body.save()'],
    ['this.dataSource.getRepository(body.entity).find()', 'opaque: the entity is chosen at run time'],
  ],
  filters: [
    [
      'this.courses.find({ where: { id: In(ids), title: Not(IsNull()), size: Between(1, 9) } })',
      'select courses.* from courses where courses.id in (:ids[]) and not courses.title is null and (courses.size >= 1 and courses.size <= 9)',
    ],
    [
      'this.courses.find({ where: [{ schoolId: school }, { id }] })',
      'select courses.* from courses where courses.school_id = :school or courses.id = :id',
    ],
    [
      'this.courses.findOneBy({ id, schoolId: maybe })',
      'select courses.* from courses where courses.id = :id and optional(courses.school_id = :maybe) limit',
    ],
    [
      'this.courses.findOneBy({ id, school: { id: school } })',
      'select courses.* from courses where courses.id = :id and courses.school_id = :school limit',
    ],
    [
      'this.repository.findBy({ course: { schoolId: school } })',
      'select lessons.* from lessons where exists (select  from courses where courses.id = lessons.course_id and courses.school_id = :school)',
    ],
    [
      'this.courses.find({ where: { title: on ? In(ids) : undefined } })',
      'select courses.* from courses where optional(courses.title in (:ids[]))',
    ],
    ['this.courses.findOne(id)', 'select courses.* from courses where courses.id = :id limit'],
    [
      'this.courses.findOne(id, { where: { schoolId: school } })',
      'select courses.* from courses where courses.id = :id and courses.school_id = :school limit',
    ],
    [
      'this.courses.find({ schoolId: school })',
      'select courses.* from courses where courses.school_id = :school',
    ],
    [
      'this.courses.find({ relations: ["lessons.course"] })',
      'select courses.* from courses left join lessons on lessons.course_id = courses.id left join courses as courses#2 on courses#2.id = lessons.course_id',
    ],
    [
      'this.courses.find({ relations: { teacher: true, lessons: false } })',
      'select courses.* from courses left join teachers on teachers.id = courses.teacher_id',
    ],
  ],
  writes: [
    [
      'this.courses.update(id, { title: "x" })',
      "update courses set title = 'x' where courses.id = :id returning *",
    ],
    ['this.courses.softDelete(ids)', 'update courses set  where courses.id in (:ids[]) returning *'],
    [
      'this.courses.insert({ title: "x", school: { id: school } })',
      "insert into courses values {title = 'x', school_id = :school} returning *",
    ],
    [
      'this.courses.save(this.courses.create({ title: "x", schoolId: school }))',
      "insert into courses values {title = 'x', school_id = :school} returning *",
    ],
    [
      'this.courses.save({ id, title: "x" })',
      "update courses set title = 'x' where courses.id = :id returning *",
    ],
    [
      'const course = await this.courses.findOneBy({ id }); course.title = "x"; await this.courses.save(course)',
      'select courses.* from courses where courses.id = :id limit',
      'update courses set  where courses.id = :course.id returning *',
    ],
    ['this.courses.save(body)', 'opaque: what it writes was made out of sight'],
    [
      'this.courses.save({ id: maybe, title: "x" })',
      "insert into courses values {id = :maybe, title = 'x'} returning *",
      "update courses set title = 'x' where courses.id = :maybe returning *",
    ],
    [
      'this.courses.save({ ...request.body, schoolId: school })',
      'insert into courses values {school_id = :school, ...} returning *',
      'update courses set school_id = :school, ... where courses.id = :request.body.id returning *',
    ],
    [
      'this.courses.save({ ...request.body, id })',
      'update courses set , ... where courses.id = :id returning *',
    ],
    [
      'this.courses.save(this.courses.create(request.body))',
      'insert into courses values {...} returning *',
      'update courses set , ... where courses.id = :request.body.id returning *',
    ],
    [
      'this.courses.upsert({ title: "x", schoolId: school }, ["schoolId", "title"])',
      "insert into courses values {title = 'x', school_id = :school} on conflict (school_id, title) do update set title = 'x', school_id = :school returning *",
    ],
    [
      'this.dataSource.query("select * from courses where school_id = $1", [school])',
      'select courses.* from courses where courses.school_id = :$1',
    ],
  ],
  builders: [
    [
      'this.courses.createQueryBuilder("c").where("c.id = :id", { id }).andWhere("c.schoolId = :school", { school }).getOne()',
      'select c.* from courses as c where c.id = :id and c.school_id = :school limit',
    ],
    [
      'this.courses.createQueryBuilder("c").where("c.schoolId = :school", { school }).orWhere("c.size > 3").andWhere("c.id = :id", { id }).getMany()',
      'select c.* from courses as c where c.school_id = :school or (c.size > 3 and c.id = :id)',
    ],
    [
      'this.courses.createQueryBuilder("c").where("c.schoolId = :school").andWhere("c.a = 1 OR c.b = 2").setParameter("school", school).getMany()',
      'select c.* from courses as c where (c.school_id = :school and c.a = 1) or c.b = 2',
    ],
    [
      'this.courses.createQueryBuilder("c").where("c.schoolId = :school", { school }).andWhere(new Brackets((qb) => { qb.where("c.a = 1").orWhere("c.b = 2") })).getMany()',
      'select c.* from courses as c where c.school_id = :school and (c.a = 1 or c.b = 2)',
    ],
    [
      'const query = this.courses.createQueryBuilder("c"); query.where((qb: SelectQueryBuilder<Course>) => { qb.andWhere(p(`"${query.alias}"."schoolId" = :school`), { school }); qb.andWhere("c.id IN (:...ids)", { ids }) }); return await query.getMany()',
      'select c.* from courses as c where c.school_id = :school and c.id in (:ids[])',
    ],
    [
      'const query = this.courses.createQueryBuilder("c").where("c.id = :id", { id }); if (on) query.andWhere("c.schoolId = :school", { school }); return query.getMany()',
      'select c.* from courses as c where c.id = :id and optional(c.school_id = :school)',
    ],
    [
      'const query = this.courses.createQueryBuilder("c"); if (on) { query.where({ id }) } else { query.where({ schoolId: school }) } return query.getCount()',
      'select merged  from courses as c where c.school_id = :school',
      'select merged  from courses as c where c.id = :id',
    ],
    [
      'this.courses.createQueryBuilder("c").leftJoinAndSelect("c.lessons", "l", "l.done = :on", { on }).innerJoin(Lesson, "m", "m.courseId = c.id").getMany()',
      'select c.* from courses as c left join lessons as l on l.course_id = c.id and l.done = :on inner join lessons as m on m.course_id = c.id',
    ],
    [
      'const query = this.courses.createQueryBuilder("c"); query.where((qb) => { const ids = qb.subQuery().select("l.courseId").from(Lesson, "l").where("l.title = :title", { title: body.title }); return `c.id IN ${ids.getQuery()}` }); return query.getMany()',
      'select c.* from courses as c where (c.id) in (select l.course_id as courseId from lessons as l where l.title = :body.title)',
    ],
    [
      'this.dataSource.createQueryBuilder().delete().from(Course).where("id = :id AND schoolId = :school", { id, school }).execute()',
      'delete from courses where courses.id = :id and courses.school_id = :school',
    ],
    [
      'this.dataSource.createQueryBuilder().update(Course).set({ title: "x" }).whereInIds(ids).execute()',
      "update courses set title = 'x' where courses.id in (:ids[]) returning *",
    ],
    [
      'this.dataSource.createQueryBuilder().insert().into(Course).values({ title: "x", schoolId: school }).orIgnore().execute()',
      "insert into courses values {title = 'x', school_id = :school} on conflict do nothing returning *",
    ],
    [
      'const query = this.courses.createQueryBuilder("c").where({ schoolId: school }); restrict(query); return query.getMany()',
      'select c.* from courses as c where opaque(`restrict`, which is not in sight, may change the filter)',
    ],
    [
      'return paginate(this.courses.createQueryBuilder("c").where("c.schoolId = :school", { school }), body)',
      'select c.* from courses as c where c.school_id = :school',
    ],
  ],
}

describe.each(Object.entries(tables))('typeorm: %s', (_, rows) => {
  it.each(rows)('%s', (source, ...rendered) => {
    expect(statementsIn(inService(source), tenancy)).toEqual(rendered)
  })
})

describe('answers', () => {
  const answerOf = (source: string): unknown =>
    contextOf(inService(source), tenancy)?.sites[0]?.queries[0]?.query.answer

  it.each([
    ['this.courses.findOneBy({ id })', { shape: 'row', throws: false }],
    ['this.courses.findOneByOrFail({ id })', { shape: 'row', throws: true }],
    ['this.courses.find()', { shape: 'rows', throws: false }],
    ['this.courses.findAndCount()', { shape: 'pair', throws: false }],
    ['this.courses.delete(id)', { shape: 'none', throws: false }],
    ['this.courses.createQueryBuilder("c").getOneOrFail()', { shape: 'row', throws: true }],
    ['this.courses.createQueryBuilder("c").getManyAndCount()', { shape: 'pair', throws: false }],
  ])('%s', (source, answer) => {
    expect(answerOf(source)).toEqual(answer)
  })
})

describe('verdicts', () => {
  it('takes a value pasted into a condition for a hole', () => {
    const source =
      'this.courses.createQueryBuilder("c").where(`c.schoolId = :school AND ${body.filter}`, { school }).getMany()'
    expect(verdictsIn(inService(source), tenancy)).toEqual(['courses: unknown'])
  })

  it('does not see the same tenant in an alternative without brackets', () => {
    const source =
      'this.courses.createQueryBuilder("c").where("c.schoolId = :school", { school }).orWhere("c.shared").getMany()'
    expect(verdictsIn(inService(source), tenancy)).toEqual(['courses: leak'])
  })
})
