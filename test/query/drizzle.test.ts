import fc from 'fast-check'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { renderStatement } from '../../rules/query/render.ts'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { contextOf, statementsIn } from '../support/queries.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'school',
  tenantColumns: ['school_id'],
  relations: {
    school: { root: 'id', model: 'schools' },
    course: {
      owned: 'school_id',
      model: 'courses',
      properties: { schoolId: 'school_id' },
      relationFields: {
        lessons: { to: 'lesson', many: true, on: [['id', 'course_id']] },
        school: { to: 'school', many: false, on: [['school_id', 'id']] },
      },
    },
    lesson: {
      ownedThrough: ['course_id', 'course'],
      model: 'lessons',
      properties: { courseId: 'course_id' },
      relationFields: { course: { to: 'course', many: false, on: [['course_id', 'id']] } },
    },
  },
}

const operators =
  'and, or, not, eq, ne, gt, lte, inArray, notInArray, isNull, isNotNull, exists, notExists, like, between, arrayContains, asc, count, getTableColumns, sql, type SQL'

/** A function on `db`, in a file where `db` is Drizzle's and the tables come from a package that cannot be read. */
const onDb = (body: string): string => `
import { drizzle } from 'drizzle-orm/node-postgres'
import { alias, union } from 'drizzle-orm/pg-core'
import { ${operators} } from 'drizzle-orm'
import { courses, lessons } from '@app/schema'
const db = drizzle('postgres://')
export async function f(school: string, id: string, ids: string[], on: boolean, body: any) {
  ${/^(await|const|let|return)/.test(body) ? body : `return ${body}`}
}
`

type Row = readonly [source: string, ...rendered: readonly string[]]

const mine = 'eq(courses.schoolId, school)'

const tables: Readonly<Record<string, readonly Row[]>> = {
  selections: [
    [
      `db.select({ id: courses.id, lesson: { id: lessons.id }, all: courses }).from(lessons).innerJoin(courses, eq(courses.id, lessons.courseId)).where(and(${mine}, or(eq(lessons.id, id), isNull(lessons.title)))).orderBy(asc(lessons.id)).limit(1)`,
      'select course.id, lesson.id as lesson.id, course.* from lesson inner join course on course.id = lesson.course_id where course.school_id = :school and (lesson.id = :id or lesson.title is null) limit',
    ],
    [
      `const c = alias(courses, 'c'); return db.select().from(lessons).leftJoin(c, and(eq(c.id, lessons.courseId), eq(c.schoolId, school)))`,
      'select * from lesson left join course as c on c.id = lesson.course_id and c.school_id = :school',
    ],
    [
      `db.select({ ...getTableColumns(courses), n: db.$count(lessons, eq(lessons.courseId, courses.id)) }).from(courses).where(between(courses.id, 1, 2))`,
      'select (select merged  from lesson where lesson.course_id = course.id) as n, course.* from course where course.id >= 1 and course.id <= 2',
    ],
    [`db.select({ n: count() }).from(courses)`, 'select merged count() as n from course'],
    [`db.$count(courses, ${mine})`, 'select merged  from course where course.school_id = :school'],
    [
      `union(db.select({ id: courses.id }).from(courses), db.select({ id: lessons.id }).from(lessons))`,
      'select course.id from course union select lesson.id from lesson',
    ],
    [
      `db.select({ id: courses.id }).from(courses).unionAll(db.select({ id: lessons.id }).from(lessons))`,
      'select course.id from course union all select lesson.id from lesson',
    ],
    [
      `const own = db.$with('own').as(db.select({ id: courses.id }).from(courses).where(${mine})); return db.with(own).select().from(lessons).innerJoin(own, eq(own.id, lessons.courseId))`,
      'with own as (select course.id from course where course.school_id = :school) select * from lesson inner join (select course.id from course where course.school_id = :school) as own on own.id = lesson.course_id',
    ],
    [
      `const own = db.select().from(courses).where(${mine}).as('own'); return db.select({ x: own.schoolId }).from(own).where(gt(own.schoolId, 1))`,
      'select own.school_id as x from (select * from course where course.school_id = :school) as own where own.school_id > 1',
    ],
  ],
  conditions: [
    [
      `db.select().from(courses).where(and(${mine}, notExists(db.select().from(lessons).where(eq(lessons.courseId, courses.id)))))`,
      'select * from course where course.school_id = :school and not exists (select * from lesson where lesson.course_id = course.id)',
    ],
    [
      `db.select().from(courses).where(inArray(courses.id, db.select({ id: lessons.courseId }).from(lessons)))`,
      'select * from course where (course.id) in (select lesson.course_id as id from lesson)',
    ],
    [
      `const rows = await db.select({ id: courses.id }).from(courses); return db.delete(courses).where(inArray(courses.id, rows))`,
      'select course.id from course',
      'delete from course where course.id in (:rows[])',
    ],
    [
      `db.select().from(courses).where(arrayContains(courses.tags, body.tags))`,
      'select * from course where opaque(arrayContains: course.tags: :body.tags)',
    ],
    [
      `db.select().from(courses).where(eq(courses.schoolId, on ? school : id))`,
      'select * from course where course.school_id = :on ? school : id',
    ],
    [
      `db.select().from(courses).where(eq(on ? courses.id : courses.schoolId, school))`,
      'select * from course where opaque(one of several expressions: course.id: course.school_id) = :school',
    ],
    [`db.select().from(courses).where(undefined)`, 'select * from course'],
    [
      `db.select().from(courses).where(and(on ? ${mine} : undefined, ne(courses.id, id)))`,
      'select * from course where optional(course.school_id = :school) and course.id <> :id',
    ],
    [
      `db.select().from(courses).where(or(on ? ${mine} : undefined, on ? eq(courses.id, id) : undefined))`,
      'select * from course where optional(course.school_id = :school or course.id = :id)',
    ],
    [
      `const where = [${mine}]; if (on) where.push(eq(courses.id, id)); return db.select().from(courses).where(and(...where))`,
      'select * from course where course.school_id = :school and optional(course.id = :id)',
    ],
    [
      `const where: SQL[] = [${mine}]; if (on) where.push(eq(courses.id, id)); return db.select().from(courses).where(where.length > 0 ? and(...where) : undefined)`,
      'select * from course where course.school_id = :school and optional(course.id = :id)',
    ],
    [
      `const where: SQL[] = []; if (on) where.push(${mine}); return db.select().from(courses).where(and(...where))`,
      'select * from course where optional(course.school_id = :school)',
    ],
    [
      `db.select().from(courses).where(and(...[${mine}, on ? eq(courses.id, id) : undefined].filter(Boolean)))`,
      'select * from course where course.school_id = :school and optional(course.id = :id)',
    ],
    [
      `db.select().from(courses).where(or(...ids.map((one) => eq(courses.id, one))))`,
      'select * from course where optional(course.id = :one)',
    ],
    [
      `let where: SQL | undefined; if (on) where = ${mine}; return db.select().from(courses).where(where)`,
      'select * from course where optional(course.school_id = :school)',
    ],
    [
      `let where = ${mine}; if (on) where = and(where, eq(courses.id, id))!; return db.select().from(courses).where(where)`,
      'select * from course where course.school_id = :school or (course.school_id = :school and course.id = :id)',
    ],
    [
      `const owned = (t: string, more?: SQL) => and(eq(courses.schoolId, t), more); return db.select().from(courses).where(owned(school, on ? eq(courses.id, id) : undefined))`,
      'select * from course where course.school_id = :school and optional(course.id = :id)',
    ],
    [
      `const maybe = () => { if (on) return ${mine} }; return db.select().from(courses).where(maybe())`,
      'select * from course where optional(course.school_id = :school)',
    ],
    [
      `db.select().from(courses).where(body.filter)`,
      'select * from course where opaque(a condition that could not be seen)',
    ],
  ],
  'builders that grow': [
    [
      `let q = db.select().from(courses).$dynamic(); if (on) q = q.where(${mine}); return await q`,
      'select * from course where optional(course.school_id = :school)',
    ],
    [
      `let q = db.select().from(courses).where(${mine}).$dynamic(); if (on) q = q.where(eq(courses.id, id)); return await q`,
      'select * from course where course.school_id = :school or course.id = :id',
    ],
    [
      `const p = db.select().from(courses).where(eq(courses.schoolId, sql.placeholder('s'))).prepare('p'); return p.execute({ s: school })`,
      "select * from course where course.school_id = :sql.placeholder('s')",
    ],
    [
      `db.batch([db.select().from(courses), db.delete(lessons).where(eq(lessons.id, id))])`,
      'select * from course',
      'delete from lesson where lesson.id = :id',
    ],
  ],
  writes: [
    [
      `db.insert(courses).values({ schoolId: school, ...(on && { title: 'x' }) }).onConflictDoUpdate({ target: [courses.schoolId, courses.slug], set: { title: sql\`excluded.title\` }, setWhere: ${mine} }).returning()`,
      "insert into course values {school_id = :school, title = 'x'}, {school_id = :school} on conflict (school_id, slug) do update set title = excluded(course.title) where course.school_id = :school returning *",
    ],
    [
      `db.insert(courses).values(body.rows.map((row: any) => ({ ...row, schoolId: school }))).onConflictDoNothing()`,
      'insert into course values {school_id = :school, ...} on conflict do nothing',
    ],
    [
      `db.insert(lessons).select(db.select({ id: courses.id, courseId: courses.id }).from(courses))`,
      'insert into lesson (id, course_id) select course.id, course.id as courseId from course',
    ],
    [
      `db.update(courses).set({ title: 'x', n: sql\`\${courses.n} + 1\` }).where(and(eq(courses.id, id), ${mine})).returning({ id: courses.id })`,
      "update course set title = 'x', n = +(course.n, 1) where course.id = :id and course.school_id = :school returning course.id",
    ],
    [
      `db.update(lessons).set(body).from(courses).where(and(eq(lessons.courseId, courses.id), ${mine}))`,
      'update lesson set , ... from course where lesson.course_id = course.id and course.school_id = :school',
    ],
    [`db.delete(courses)`, 'delete from course'],
    [
      `await db.transaction(async (tx) => { await tx.delete(lessons).where(eq(lessons.courseId, id)) })`,
      'delete from lesson where lesson.course_id = :id',
    ],
  ],
  'raw SQL': [
    [
      'db.execute(sql`select * from ${courses} where ${courses.schoolId} = ${school} ${on ? sql`and ${courses.id} = ${id}` : sql.empty()}`)',
      'select course.* from course where course.school_id = :school and course.id = :id',
      'select course.* from course where course.school_id = :school',
    ],
    [
      'db.execute(sql`select * from course where ${sql.raw(body.x)}`)',
      'opaque: a part of the SQL text is chosen at run time',
    ],
    [
      'db.select().from(courses).where(sql`${courses.schoolId} = ${school} and lower(${courses.title}) = ${id}`)',
      'select * from course where course.school_id = :school and lower(course.title) = :id',
    ],
    [
      'db.select().from(courses).where(sql`exists (select 1 from ${lessons} where ${lessons.courseId} = ${courses.id})`)',
      'select * from course where exists (select 1 as ?column? from lesson where lesson.course_id = course.id)',
    ],
    [
      'db.select().from(courses).where(sql`${courses.schoolId} = ${school} ${sql.raw(body.tail)}`)',
      'select * from course where opaque(raw SQL that could not be read: :school)',
    ],
    ['db.select().from(courses).where(on ? sql`false` : sql`1`)', 'select * from course where false or true'],
  ],
  relational: [
    [
      `db.query.courses.findFirst({ where: and(eq(courses.id, id), ${mine}), with: { lessons: true } })`,
      'select * from course left join lesson on lesson.course_id = course.id where course.id = :id and course.school_id = :school limit',
    ],
    [
      `db.query.lessons.findMany({ where: (l, { eq, and }) => and(eq(l.id, id), on ? eq(l.courseId, id) : undefined), with: { course: { where: (c, { eq }) => eq(c.schoolId, school), with: { school: true } }, stuff: true } })`,
      'select * from lesson left join course on course.id = lesson.course_id and course.school_id = :school left join school on school.id = course.school_id left join rowset(the relation stuff of lesson is not in the tenancy model) where lesson.id = :id and optional(lesson.course_id = :id)',
    ],
    [
      `db.query.courses.findFirst({ where: { id, schoolId: school, OR: [{ title: { like: 'a%' } }, { n: { in: ids } }], lessons: { id: { ne: id } }, RAW: (t, { eq }) => eq(t.x, 1) } })`,
      "select * from course where course.id = :id and course.school_id = :school and (course.title like 'a%' or course.n in (:ids[])) and exists (select  from lesson where lesson.course_id = course.id and lesson.id <> :id) and course.x = 1 limit",
    ],
    [
      `db.query.courses.findMany({ where: { ...body, schoolId: undefined } })`,
      'select * from course where opaque(`...body` could not be seen through)',
    ],
    [
      `db.query.courses.findMany({ where: on ? ${mine} : undefined })`,
      'select * from course where optional(course.school_id = :school)',
    ],
    [
      `db.query.courses.findMany({ ...body })`,
      'select * from course where opaque(`...body` could not be seen through)',
    ],
    [`db.query[body.table].findMany()`, 'opaque: the table is chosen at run time'],
  ],
}

describe.each(Object.entries(tables))('%s', (_, rows) => {
  it.each(rows)('%s', (source, ...rendered) => {
    expect(statementsIn(onDb(source), tenancy)).toEqual(rendered)
  })
})

describe('receivers', () => {
  const conventional = (statement: string): string => `
import { and, eq } from '@app/db'
import { lessons } from './unreachable.js'
export async function f(tx: any, ctx: any, id: string) { ${statement} }
`
  it.each([
    [
      `await (tx || db).delete(lessons).where(eq(lessons.id, id))`,
      'delete from lesson where lesson.id = :id',
    ],
    [`await ctx.db.update(lessons).set({ title: id })`, 'update lesson set title = :id'],
    [`await opts.ctx.db.query.lessons.findFirst()`, 'select * from lesson limit'],
    [`await this.db.insert(lessons).values([{ id }])`, 'insert into lesson values {id = :id}'],
  ])('%s', (statement, rendered) => {
    expect(statementsIn(conventional(statement), tenancy)).toEqual([rendered])
  })

  it.each([
    `new Map().delete(lessons)`,
    `const cache = new Map(); cache.delete(id); cache.update(id)`,
    `supabase.from('lesson').select().eq('id', id)`,
    `queryClient.query.lessons.find({ id })`,
    `form.update(lessons)`,
    `db.delete('key')`,
    `Array.from(lessons)`,
  ])('no query: %s', (statement) => {
    expect(statementsIn(conventional(statement), tenancy)).toEqual([])
  })
})

it('takes names of tables and columns from their definitions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'watertight-drizzle-'))
  writeFileSync(
    join(folder, 'schema.ts'),
    `import { pgSchema, pgTable, pgTableCreator, text } from 'drizzle-orm/pg-core'
const app = pgSchema('app')
const prefixed = pgTableCreator((name) => \`my_\${name}\`)
export const plain = pgTable('plain_table', { schoolId: text('school').notNull() })
export const inSchema = app.table('inner', (t) => ({ schoolId: t.text('school_ref') }))
export const other = prefixed('other', { id: text() })`,
  )
  writeFileSync(join(folder, 'index.ts'), `export * as schema from './schema'`)
  const code = `
import { eq } from 'drizzle-orm'
import { plain as renamed } from './schema'
import { schema } from './index'
export const f = async (id: string) => {
  await db.delete(renamed).where(eq(renamed.schoolId, id))
  await db.delete(schema.inSchema).where(eq(schema.inSchema.schoolId, id))
  await db.query.plain.findMany({ where: eq(schema.other.id, id) })
  await db.delete(schema.other).where(eq(schema.other.id, id))
}`
  const sites = contextOf(code, tenancy, join(folder, 'sample.ts'))?.sites ?? []
  expect(
    sites.flatMap(({ queries }) => queries.map(({ query }) => renderStatement(query.statement))),
  ).toEqual([
    'delete from plain_table where plain_table.school = :id',
    'delete from app.inner as inner where inner.school_ref = :id',
    'select * from plain where ?.id = :id',
    'delete from my_other where my_other.id = :id',
  ])
})

it.each([
  ['db.select().from(courses)', 'rows'],
  ['db.select().from(courses).get()', 'row'],
  ['db.query.courses.findFirst()', 'row'],
  ['db.query.courses.findMany()', 'rows'],
  ['db.delete(courses)', 'none'],
  ['db.delete(courses).returning()', 'rows'],
  ['db.insert(courses).values({ id }).returning().get()', 'row'],
  ['db.$count(courses)', 'none'],
  ['db.execute(sql`select 1 from course`)', 'result'],
])('%s gives %s', (source, shape) => {
  const [site] = contextOf(onDb(source), tenancy)?.sites ?? []
  expect(site?.queries[0]?.query.answer.shape).toBe(shape)
})

describe('a tree of conditions', () => {
  interface Tree {
    readonly drizzle: string
    readonly sql: string
  }
  const { tree } = fc.letrec<{ tree: Tree; leaf: Tree; node: Tree }>((tie) => ({
    leaf: fc.constantFrom<Tree>(
      { drizzle: 'eq(courses.schoolId, school)', sql: '${courses.schoolId} = ${school}' },
      { drizzle: 'isNull(courses.title)', sql: '${courses.title} is null' },
      { drizzle: 'gt(courses.n, 3)', sql: '${courses.n} > 3' },
      { drizzle: 'not(eq(courses.id, id))', sql: 'not (${courses.id} = ${id})' },
    ),
    node: fc
      .tuple(fc.constantFrom('and', 'or'), fc.array(tie('tree'), { minLength: 2, maxLength: 3 }))
      .map(([operator, parts]) => ({
        drizzle: `${operator}(${parts.map((one) => one.drizzle).join(', ')})`,
        sql: parts.map((one) => `(${one.sql})`).join(` ${operator} `),
      })),
    tree: fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('node')),
  }))
  /** The parser joins nested ANDs and ORs into one; so do brackets that say nothing. */
  const flat = (text: string): string => text.replace(/[()]/g, '')

  it('reads the same as operators and as SQL', () => {
    fc.assert(
      fc.property(tree, ({ drizzle, sql }) => {
        const where = (condition: string): string =>
          statementsIn(onDb(`db.select().from(courses).where(${condition})`), tenancy).join()
        expect(flat(where(drizzle))).toBe(flat(where(`sql\`${sql}\``)))
      }),
      { numRuns: 25 },
    )
  })
})
