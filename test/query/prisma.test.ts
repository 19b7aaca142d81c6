import { describe, expect, it } from 'vitest'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { contextOf, statementsIn } from '../support/queries.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'School',
  tenantColumns: ['school_id'],
  relations: {
    School: { root: 'id', model: 'School' },
    courses: {
      owned: 'school_id',
      model: 'Course',
      properties: { schoolId: 'school_id', teacherId: 'teacher_id' },
      relationFields: {
        lessons: { to: 'lessons', many: true, on: [['id', 'course_id']] },
        teacher: { to: 'teachers', many: false, on: [['teacher_id', 'id']] },
        school: { to: 'School', many: false, on: [['school_id', 'id']] },
      },
    },
    lessons: {
      ownedThrough: ['course_id', 'courses'],
      model: 'Lesson',
      properties: { courseId: 'course_id' },
      relationFields: { course: { to: 'courses', many: false, on: [['course_id', 'id']] } },
    },
    teachers: { global: 'accounts', model: 'Teacher' },
  },
}

const withClient = (call: string): string => `
import { Prisma, PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export const f = (school: string, id: string, ids: string[], on: boolean, body: any, maybe?: string) => ${call}
`

type Row = readonly [source: string, ...rendered: readonly string[]]

const tables: Readonly<Record<string, readonly Row[]>> = {
  filters: [
    ['prisma.course.findMany()', 'select * from courses'],
    [
      'prisma.course.findFirst({ where: { id, schoolId: school } })',
      'select * from courses where courses.id = :id and courses.school_id = :school limit',
    ],
    [
      'prisma.course.findUnique({ where: { schoolId_slug: { schoolId: school, slug: "x" } } })',
      "select * from courses where courses.school_id = :school and courses.slug = 'x' limit",
    ],
    [
      'prisma.course.findUnique({ where: { id: maybe, schoolId: school } })',
      'select * from courses where courses.id = :maybe and courses.school_id = :school limit',
    ],
    [
      'prisma.course.findFirst({ where: { id: maybe, schoolId: school } })',
      'select * from courses where optional(courses.id = :maybe) and courses.school_id = :school limit',
    ],
    [
      'prisma.course.findUnique({ where: { id: maybe, slug: "x" } })',
      "select * from courses where optional(courses.id = :maybe) and courses.slug = 'x' limit",
    ],
    [
      'prisma.course.findUnique({ where: { id, schoolId: maybe } })',
      'select * from courses where courses.id = :id and optional(courses.school_id = :maybe) limit',
    ],
    [
      'prisma.course.delete({ where: { ...(on && { id: maybe }), schoolId: school } })',
      'delete from courses where optional(courses.id = :maybe) and courses.school_id = :school returning *',
    ],
    [
      'prisma.course.findUnique({ where: { schoolId_path: { schoolId: school, path: "/x" } } })',
      "select * from courses where courses.school_id = :school and courses.path = '/x' limit",
    ],
    [
      'prisma.course.findMany({ where: { extra: { path: ["a"], equals: "x" } } })',
      'select * from courses where opaque(operator path: courses.extra: :["a"]) and courses.extra = \'x\'',
    ],
    [
      'prisma.course.findMany({ where: { id: { in: ids, not: id }, title: { contains: "x", mode: "insensitive" }, endedAt: null, size: { gte: 3 } } })',
      "select * from courses where (courses.id in (:ids[]) and not courses.id = :id) and courses.title like 'x' and courses.endedAt is null and courses.size >= 3",
    ],
    [
      'prisma.course.findMany({ where: { OR: [{ schoolId: school }, { title: "x" }], NOT: { id }, AND: [{ id }] } })',
      "select * from courses where (courses.school_id = :school or courses.title = 'x') and not courses.id = :id and (courses.id = :id)",
    ],
    ['prisma.course.findMany({ where: { OR: [] } })', 'select * from courses where false'],
    [
      'prisma.course.findMany({ where: { schoolId: maybe, id: undefined } })',
      'select * from courses where optional(courses.school_id = :maybe) and true',
    ],
    [
      'prisma.course.findMany({ where: { schoolId: school, ...(on && { title: "x" }) } })',
      "select * from courses where courses.school_id = :school and optional(courses.title = 'x')",
    ],
    [
      'prisma.course.findMany({ where: on ? { schoolId: school } : {} })',
      'select * from courses where courses.school_id = :school or true',
    ],
    [
      'prisma.lesson.findMany({ where: { course: { schoolId: school } } })',
      'select * from lessons where exists (select  from courses where courses.id = lessons.course_id and courses.school_id = :school)',
    ],
    [
      'prisma.course.findMany({ where: { lessons: { none: { done: true } } } })',
      'select * from courses where not exists (select  from lessons where lessons.course_id = courses.id and lessons.done = true)',
    ],
    [
      'prisma.course.findMany({ where: { lessons: { every: { done: true } } } })',
      'select * from courses where not exists (select  from lessons where lessons.course_id = courses.id and not lessons.done = true)',
    ],
    [
      'prisma.course.findMany({ where: { room: { is: { floor: 1 } } } })',
      'select * from courses where opaque(the tenancy model does not say where the relation field room leads)',
    ],
  ],
  relations: [
    [
      'prisma.course.findMany({ where: { schoolId: school }, include: { lessons: { where: { done: on } }, teacher: true }, take: 3 })',
      'select * from courses left join lessons on lessons.course_id = courses.id and lessons.done = :on left join teachers on teachers.id = courses.teacher_id where courses.school_id = :school limit',
    ],
    [
      'prisma.lesson.findMany({ select: { id: true, course: { select: { title: true, teacher: true } } } })',
      'select * from lessons left join courses on courses.id = lessons.course_id left join teachers on teachers.id = courses.teacher_id',
    ],
    ['prisma.lesson.findMany({ select: { school: true } })', 'select * from lessons'],
    [
      'prisma.lesson.findMany({ select: { school: { select: { id: true } } } })',
      'select * from lessons left join School on opaque(a relation whose columns are not known: lessons.id: School.id)',
    ],
    [
      'prisma.lesson.findMany({ include: { school: true } })',
      'select * from lessons left join School on opaque(a relation whose columns are not known: lessons.id: School.id)',
    ],
    [
      'prisma.course.findMany({ include: { _count: { select: { lessons: true } } } })',
      'select * from courses left join lessons on lessons.course_id = courses.id',
    ],
    [
      'prisma.lesson.count({ where: { courseId: id } })',
      'select merged  from lessons where lessons.course_id = :id',
    ],
  ],
  writes: [
    [
      'prisma.course.create({ data: { title: "x", school: { connect: { id: school } } } })',
      "insert into courses values {title = 'x', school_id = :school} returning *",
      'select  from School where School.id = :school limit',
    ],
    [
      'prisma.course.createMany({ data: body.rows.map((row: any) => ({ title: row.title, schoolId: school })), skipDuplicates: true })',
      'insert into courses values {title = :row.title, school_id = :school} on conflict do nothing',
    ],
    [
      'prisma.course.create({ data: { ...body, schoolId: school } })',
      'insert into courses values {school_id = :school, ...} returning *',
    ],
    [
      'prisma.course.update({ where: { id, schoolId: school }, data: { ...body, size: { set: 3 } } })',
      'update courses set size = 3, ... where courses.id = :id and courses.school_id = :school returning *',
    ],
    [
      'prisma.course.update({ where: { id }, data: { lessons: { create: { title: "a" }, connect: { id: body.lesson }, deleteMany: { done: true } } } })',
      'update courses set  where courses.id = :id returning *',
      "insert into lessons values {course_id = :course.id, title = 'a'}",
      'update lessons set course_id = :course.id where lessons.id = :body.lesson',
      'delete from lessons using courses where lessons.course_id = courses.id and courses.id = :id and lessons.done = true',
    ],
    [
      'prisma.course.update({ where: { id }, data: { title: "x" }, include: { lessons: true } })',
      "update courses set title = 'x' from rowset(the changed row) left join lessons on lessons.course_id = courses.id where courses.id = :id returning *",
    ],
    [
      'prisma.course.upsert({ where: { schoolId_slug: { schoolId: school, slug: "x" } }, create: { schoolId: school }, update: { title: "y" } })',
      "insert into courses values {school_id = :school} on conflict (school_id, slug) do update set title = 'y' where courses.school_id = :school and courses.slug = 'x' returning *",
    ],
    ['prisma.course.deleteMany({})', 'delete from courses'],
  ],
  'raw SQL': [
    [
      'prisma.$queryRaw`select id from courses where school_id = ${school} ${on ? Prisma.sql`and id = ${id}` : Prisma.empty}`',
      'select courses.id from courses where courses.school_id = :$',
      'select courses.id from courses where courses.school_id = :$ and courses.id = :$',
    ],
    [
      'prisma.$executeRaw(Prisma.sql`delete from courses where id in (${Prisma.join(ids)})`)',
      'delete from courses where courses.id in (:$)',
    ],
    [
      "prisma.$queryRawUnsafe('select id from courses where school_id = $1', school)",
      'select courses.id from courses where courses.school_id = :$',
    ],
    [
      'prisma.$queryRaw`SELECT s.shortName FROM School s WHERE s.ownerId = ${id} AND s.kind = "UTC"`',
      "select s.shortName from School as s where s.ownerId = :$ and s.kind = 'UTC'",
    ],
    [
      'prisma.$queryRaw`SELECT s.shortName FROM School s JOIN "courses" c ON c.schoolId = s.id`',
      'select s.shortname from school as s inner join courses as c on c.schoolid = s.id',
    ],
    [
      'prisma.$queryRaw`SELECT c.shortName FROM Courses c WHERE c.schoolId = ${school}`',
      'select c.shortname from courses as c where c.schoolid = :$',
    ],
    [
      'prisma.$queryRawUnsafe("SELECT c.shortName FROM `courses` c WHERE c.schoolId = 1")',
      'select c.shortName from courses as c where c.schoolId = 1',
    ],
  ],
}

describe.each(Object.entries(tables))('%s', (_, rows) => {
  it.each(rows)('%s', (source, ...rendered) => {
    // How the parameters of raw SQL are numbered is the template parser's own affair.
    const found = statementsIn(withClient(source), tenancy).map((text) => text.replace(/:\$\d+/g, ':$'))
    expect(found.toSorted()).toEqual(rendered.toSorted())
  })
})

const files: readonly (readonly [title: string, code: string, ...rendered: readonly string[]])[] = [
  [
    'a filter that grows in a variable',
    `import prisma from './prisma'
     export function f(school, search) {
       const where: any = { schoolId: school }
       if (search) where.title = search
       return prisma.course.findMany({ where })
     }`,
    'select * from courses where courses.school_id = :school and optional(courses.title = :search)',
  ],
  [
    'clients of all kinds',
    `export const a = (ctx) => ctx.prisma.course.findMany()
     export const b = (tx, ctx) => (tx || ctx.prisma).course.findMany()
     export const c = (opts) => opts.ctx.db.course.findMany()
     export const d = (prisma) => prisma.$transaction(async (anything) => anything.course.findMany())
     class Repo { list() { return this.prisma.course.findMany() } }`,
    'select * from courses',
    'select * from courses',
    'select * from courses',
    'select * from courses',
    'select * from courses',
  ],
  [
    'a model that the tenancy model does not name, on what is certainly a client',
    `import { PrismaClient } from '@prisma/client'
     const prisma = new PrismaClient()
     export const f = () => prisma.auditLog.findMany()`,
    'select * from AuditLog',
  ],
  [
    'a model chosen at run time',
    `import { PrismaClient } from '@prisma/client'
     const prisma = new PrismaClient()
     export const f = (model) => prisma[model].findMany({ where: { id: 1 } })`,
    'opaque: the model is chosen at run time',
  ],
  [
    'a spread that can replace the tenant',
    `export const f = (prisma, school, filters) => prisma.course.findMany({ where: { schoolId: school, ...filters } })`,
    'select * from courses where opaque(schoolId can be replaced by `filters` after it: courses.school_id: :school) and opaque(`...filters` could not be seen through)',
  ],
  [
    'methods of the same names elsewhere',
    `new Map().delete('course'); const stripe = { course: { update() {} } }; stripe.course.update({ id: 1 })
     export const f = (api) => api.course.create({ title: 'x' })`,
  ],
]

describe('programs', () => {
  it.each(files)('%s', (_, code, ...rendered) => {
    expect(statementsIn(code, tenancy)).toEqual(rendered)
  })

  it('keeps the source of every value', () => {
    const code = withClient(
      'prisma.$queryRaw`select id from courses where id = ${id} and school_id = ${"s"}`',
    )
    const [query] = contextOf(code, tenancy)!.sites.flatMap(({ queries }) => queries.map((one) => one.query))
    expect(query!.values.map(({ kind }) => kind)).toEqual(['parameter', 'literal'])
  })

  it('tells pasted text from parameters', () => {
    const code = withClient('prisma.$queryRawUnsafe(`select id from courses where title = ${body.title}`)')
    const [query] = contextOf(code, tenancy)!.sites.flatMap(({ queries }) => queries.map((one) => one.query))
    expect(query!.interpolations.map(({ position }) => position)).toEqual(['value'])
    expect(query!.client).toBe('prisma')
  })
})
