import { describe, expect, it } from 'vitest'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { contextOf, statementsIn } from '../support/queries.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'schools',
  tenantColumns: ['school_id'],
  relations: {
    schools: { root: 'id' },
    courses: { owned: 'school_id' },
    lessons: { ownedThrough: ['course_id', 'courses'] },
    user_roles: { owned: 'school_id' },
  },
}

/** A chain on `db`, in a file where `db` is a Kysely instance. */
const onDb = (chain: string): string => `
import { Kysely, sql } from 'kysely'
declare const db: Kysely<any>
export const f = (school: string, id: string, ids: string[], on: boolean, body: any) => ${chain}
`

type Row = readonly [source: string, ...rendered: readonly string[]]

const tables: Readonly<Record<string, readonly Row[]>> = {
  'tables and columns': [
    [
      `db.selectFrom('courses as c').select(['c.id', 'title as name']).where('c.school_id', '=', school).execute()`,
      'select c.id, c.title as name from courses as c where c.school_id = :school',
    ],
    [
      `db.selectFrom('app.courses').selectAll('courses').execute()`,
      'select courses.* from app.courses as courses',
    ],
    [
      `db.selectFrom(['courses', 'lessons']).selectAll().whereRef('lessons.course_id', '=', 'courses.id').execute()`,
      'select * from courses, lessons where lessons.course_id = courses.id',
    ],
    [
      `db.selectFrom('userRoles').selectAll().where('schoolId', '=', school).execute()`,
      'select * from user_roles as userRoles where userRoles.school_id = :school',
    ],
    [
      `db.selectFrom((eb) => eb.selectFrom('courses').select('id').where('school_id', '=', school).as('mine')).select('mine.id').limit(1).execute()`,
      'select mine.id from lateral (select courses.id from courses where courses.school_id = :school) as mine limit',
    ],
    [
      `db.selectFrom('courses').select((eb) => [eb.fn.countAll().as('n')]).groupBy('title').execute()`,
      'select merged count() as n from courses',
    ],
    [
      `db.selectFrom('courses').select((eb) => [eb.fn.jsonAgg('title').as('all'), eb.fn.agg('bit_or', ['flags']).as('flags')]).execute()`,
      'select merged json_agg(courses.title) as all, bit_or(courses.flags) as flags from courses',
    ],
  ],
  joins: [
    [
      `db.selectFrom('lessons as l').innerJoin('courses as c', 'c.id', 'l.course_id').where('c.school_id', '=', school).selectAll('l').execute()`,
      'select l.* from lessons as l inner join courses as c on c.id = l.course_id where c.school_id = :school',
    ],
    [
      `db.selectFrom('lessons as l').leftJoin('courses as c', (join) => join.onRef('c.id', '=', 'l.course_id').on('c.school_id', '=', school)).selectAll().execute()`,
      'select * from lessons as l left join courses as c on c.id = l.course_id and c.school_id = :school',
    ],
    [
      `db.selectFrom('courses').crossJoin('lessons').selectAll().execute()`,
      'select * from courses cross join lessons',
    ],
    [
      `db.selectFrom('courses').selectAll().$if(on, (qb) => qb.innerJoin('lessons', 'lessons.course_id', 'courses.id')).execute()`,
      'select * from courses left join lessons on lessons.course_id = courses.id',
    ],
  ],
  conditions: [
    [
      `db.selectFrom('courses').selectAll().where(({ eb, or, and }) => and([eb('school_id', '=', school), or([eb('id', 'in', ids), eb('title', 'is', null)])])).execute()`,
      'select * from courses where courses.school_id = :school and (courses.id in (:ids[]) or courses.title is null)',
    ],
    [
      `db.selectFrom('courses').selectAll().where((eb) => eb.and({ school_id: school, id })).execute()`,
      'select * from courses where courses.school_id = :school and courses.id = :id',
    ],
    [
      `db.selectFrom('courses').selectAll().where((eb) => eb('id', '=', id).or('school_id', '=', school)).execute()`,
      'select * from courses where courses.id = :id or courses.school_id = :school',
    ],
    [
      `db.selectFrom('courses').selectAll().where('id', 'in', (eb) => eb.selectFrom('lessons').select('course_id').whereRef('lessons.course_id', '=', 'courses.id')).execute()`,
      'select * from courses where (courses.id) in (select lessons.course_id from lessons where lessons.course_id = courses.id)',
    ],
    [
      `db.selectFrom('courses').selectAll().where(({ not, exists, selectFrom }) => not(exists(selectFrom('lessons').whereRef('lessons.course_id', '=', 'courses.id')))).execute()`,
      'select * from courses where not exists (select  from lessons where lessons.course_id = courses.id)',
    ],
    [
      `db.selectFrom('courses').selectAll().where('title', 'not like', 'x').where('id', 'not in', [1, 2]).where('id', 'is not', null).execute()`,
      "select * from courses where not courses.title like 'x' and not courses.id in (1, 2) and not courses.id is null",
    ],
    [
      `db.selectFrom('courses').selectAll().where((eb) => on ? eb('school_id', '=', school) : eb.lit(true)).execute()`,
      'select * from courses where courses.school_id = :school or true',
    ],
    [
      `db.selectFrom('courses').selectAll().where('tags', '@>', body.tags).execute()`,
      'select * from courses where opaque(operator @>: courses.tags: :body.tags)',
    ],
    [
      `db.selectFrom('courses').selectAll().$if(on, (qb) => qb.where('school_id', '=', school)).$call((qb) => qb.where('id', '=', id)).execute()`,
      'select * from courses where optional(courses.school_id = :school) and courses.id = :id',
    ],
    [
      `db.selectFrom('courses').selectAll().where('school_id', '=', school).clearWhere().execute()`,
      'select * from courses',
    ],
  ],
  'raw fragments': [
    [
      'db.selectFrom("courses as c").selectAll().where(sql<boolean>`c.school_id = ${school} and c.id = ${id}`).execute()',
      'select * from courses as c where c.school_id = :school and c.id = :id',
    ],
    [
      'db.selectFrom("courses").selectAll().where(sql.ref("school_id"), "=", school).where("id", "=", sql.ref("courses.id")).execute()',
      'select * from courses where courses.school_id = :school and courses.id = courses.id',
    ],
    [
      'db.selectFrom("courses").selectAll().where(sql<boolean>`school_id = ${school} ${sql.raw(body.tail)}`).execute()',
      'select * from courses where opaque(raw SQL that could not be read: :school)',
    ],
    [
      'sql`delete from ${sql.table("courses")} where school_id = ${school} ${on ? sql`and id = ${id}` : sql``}`.execute(db)',
      'delete from courses where courses.school_id = :school and courses.id = :id',
      'delete from courses where courses.school_id = :school',
    ],
    [
      'sql`select * from courses ${sql.raw(body.tail)}`.execute(db)',
      'opaque: a part of the SQL text is chosen at run time',
    ],
  ],
  writes: [
    [
      `db.insertInto('courses').values({ school_id: school, ...(on && { title: 'x' }) }).execute()`,
      "insert into courses values {school_id = :school, title = 'x'}, {school_id = :school}",
    ],
    [
      `db.insertInto('courses').values(body.rows.map((row: any) => ({ ...row, school_id: school }))).returningAll().execute()`,
      'insert into courses values {school_id = :school, ...} returning *',
    ],
    [
      `db.insertInto('courses').columns(['school_id', 'id']).expression((eb) => eb.selectFrom('user_roles').select(['school_id', 'id'])).execute()`,
      'insert into courses (school_id, id) select user_roles.school_id, user_roles.id from user_roles',
    ],
    [
      `db.insertInto('courses').values({ id }).onConflict((oc) => oc.columns(['school_id', 'id']).doUpdateSet({ title: (eb) => eb.ref('excluded.title') }).where('courses.school_id', '=', school)).execute()`,
      'insert into courses values {id = :id} on conflict (school_id, id) do update set title = excluded(courses.title) where courses.school_id = :school',
    ],
    [
      `db.updateTable('courses').set({ ...body, title: 'x' }).set('school_id', school).from('lessons').whereRef('lessons.course_id', '=', 'courses.id').execute()`,
      "update courses set title = 'x', school_id = :school, ... from lessons where lessons.course_id = courses.id",
    ],
    [
      `db.deleteFrom('lessons').using('courses').whereRef('courses.id', '=', 'lessons.course_id').where('courses.school_id', '=', school).execute()`,
      'delete from lessons using courses where courses.id = lessons.course_id and courses.school_id = :school',
    ],
  ],
  'common tables and sets': [
    [
      `db.with('mine', (qb) => qb.selectFrom('courses').select('id').where('school_id', '=', school)).selectFrom('mine').select('mine.id').execute()`,
      'with mine as (select courses.id from courses where courses.school_id = :school) select mine.id from (select courses.id from courses where courses.school_id = :school) as mine',
    ],
    [
      `db.withRecursive('tree', (qb) => qb.selectFrom('mine').select('id')).with('mine', (qb) => qb.selectFrom('courses').select('id').where('school_id', '=', school)).selectFrom('tree').select('id').execute()`,
      'with tree as (select mine.id from (select courses.id from courses where courses.school_id = :school) as mine), mine as (select courses.id from courses where courses.school_id = :school) select tree.id from (select mine.id from (select courses.id from courses where courses.school_id = :school) as mine) as tree',
    ],
    [
      `db.with('early', (qb) => qb.selectFrom('late').select('id')).with('late', (qb) => qb.selectFrom('courses').select('id')).selectFrom('early').select('id').execute()`,
      'with early as (select late.id from late), late as (select courses.id from courses) select early.id from (select late.id from late) as early',
    ],
    [
      `db.selectFrom('courses').select('id').where('school_id', '=', school).union(db.selectFrom('lessons').select('id')).execute()`,
      'select courses.id from courses where courses.school_id = :school union select lessons.id from lessons',
    ],
  ],
}

describe.each(Object.entries(tables))('%s', (_, rows) => {
  it.each(rows)('%s', (source, ...rendered) => {
    expect(statementsIn(onDb(source), tenancy)).toEqual(rendered)
  })
})

const files: readonly (readonly [title: string, code: string, ...rendered: readonly string[]])[] = [
  [
    'a builder that is extended step by step',
    `import { db } from './db'
     export async function f(school, search) {
       let query = db.selectFrom('courses').selectAll().where('school_id', '=', school)
       if (search) query = query.where('title', '=', search)
       query = query.limit(5)
       return await query.execute()
     }`,
    'select * from courses where courses.school_id = :school and optional(courses.title = :search) limit',
  ],
  [
    'a builder that is handed on, with its last conditional step',
    `import { db } from './db'
     export function f(school) {
       let query = db.selectFrom('courses').selectAll()
       if (school) query = query.where('school_id', '=', school)
       return query
     }`,
    'select * from courses where optional(courses.school_id = :school)',
  ],
  [
    'two statements from one beginning',
    `import { db } from './db'
     export async function f(school) {
       const mine = db.selectFrom('courses').where('school_id', '=', school)
       const rows = await mine.selectAll().execute()
       const total = await mine.select((eb) => eb.fn.countAll().as('n')).executeTakeFirst()
       return { rows, total }
     }`,
    'select * from courses where courses.school_id = :school',
    'select merged count() as n from courses where courses.school_id = :school',
  ],
  [
    'a class with a helper, and a transaction',
    `import { Kysely } from 'kysely'
     class Courses {
       constructor(private readonly db: Kysely<any>) {}
       private mine(school: string) { return this.db.selectFrom('courses').where('school_id', '=', school) }
       list(of: string) { return this.mine(of).selectAll().execute() }
       remove(id: string) {
         return this.db.transaction().execute(async (trx) => { await trx.deleteFrom('courses').where('id', '=', id).execute() })
       }
     }`,
    'select * from courses where courses.school_id = :of',
    'delete from courses where courses.id = :id',
  ],
  [
    'a condition from a helper that is given the expression builder',
    `import type { ExpressionBuilder, Kysely } from 'kysely'
     const ofSchool = (eb: ExpressionBuilder<any, any>, school: string) => eb('courses.school_id', '=', school)
     export const f = (db: Kysely<any>, school: string) =>
       db.selectFrom('courses').selectAll().where((eb) => ofSchool(eb, school)).execute()`,
    'select * from courses where courses.school_id = :school',
  ],
  [
    'an expression that a helper out of sight makes is no value',
    `import type { Kysely } from 'kysely'
     import { current } from 'elsewhere'
     export const f = (db: Kysely<any>) =>
       db.selectFrom('courses').selectAll().where((eb) => eb('school_id', '=', current(eb))).execute()`,
    'select * from courses where courses.school_id = opaque(an expression made out of sight)',
  ],
  [
    'a sub-query inside the selection belongs to its statement',
    `import { jsonArrayFrom } from 'kysely/helpers/postgres'
     import { db } from './db'
     export const f = (school) => db.selectFrom('courses').where('school_id', '=', school)
       .select((eb) => ['id', jsonArrayFrom(eb.selectFrom('lessons').select('title').whereRef('lessons.course_id', '=', 'courses.id')).as('lessons')])
       .execute()`,
    'select courses.id, jsonArrayFrom((select lessons.title from lessons where lessons.course_id = courses.id)) as lessons from courses where courses.school_id = :school',
  ],
  [
    'methods of the same names elsewhere',
    `const menu = { deleteFrom: (list) => list, selectFrom: (list) => list }
     menu.deleteFrom([1]); menu.selectFrom('lunch'); new Map().delete('courses')`,
  ],
  [
    'a helper that calls itself comes to an end',
    `import type { Kysely } from 'kysely'
     const walk = (eb, filters) => eb.and(filters.map((one) => walk(eb, one)))
     export const f = (db: Kysely<any>, filters) => db.selectFrom('courses').selectAll().where((eb) => walk(eb, filters)).execute()`,
    'select * from courses where optional(opaque(a condition that could not be seen))',
  ],
]

/** A builder that was given to a wrapper stays a statement; what is read back from the wrapper is another one. */
const wrappers: typeof files = [
  [
    'a builder that a wrapper gives back is another statement',
    `import { db } from './db'
     import { cached } from 'elsewhere'
     const insertCourse = (course, client = db) => cached(client.insertInto('courses').values({ school_id: course.school }))
     export const replaceCourse = (course) => cached(insertCourse(course).qb.returning('id'))`,
    'insert into courses values {school_id = :course.school}',
    'insert into courses values {school_id = :course.school} returning courses.id',
  ],
  [
    'a wrapper kept in a variable, whose filter is taken away again',
    `import { db } from './db'
     import { cached } from 'elsewhere'
     export const f = (school) => {
       const own = cached(db.selectFrom('courses').selectAll().where('school_id', '=', school))
       return own.qb.clearWhere().execute()
     }`,
    'select * from courses where courses.school_id = :school',
    'select * from courses',
  ],
  [
    'other members, other objects',
    `import { db } from './db'
     import { cached } from 'elsewhere'
     const own = (school) => cached(db.selectFrom('courses').selectAll().where('school_id', '=', school))
     export const f = (school) => own(school).rows.where('id', '=', 1)
     export const g = (chart) => cached(chart).qb.where('id', '=', 1)`,
    'select * from courses where courses.school_id = :school',
  ],
]

describe('programs', () => {
  it.each([...files, ...wrappers])('%s', (_, code, ...rendered) => {
    expect(statementsIn(code, tenancy)).toEqual(rendered)
  })

  it('reports pasted text with its place and source', () => {
    const code = onDb('sql`select * from courses order by ${sql.raw(body.order)}`.execute(db)')
    const [opaque] = contextOf(code, tenancy)!.sites.flatMap(({ opaques }) => opaques)
    expect(opaque!.interpolations.map(({ position }) => position)).toEqual(['fragment'])
  })

  it('points at the table and at the condition', () => {
    const code = onDb(`db.selectFrom('courses').selectAll().where('school_id', '=', school).execute()`)
    const [query] = contextOf(code, tenancy)!.sites.flatMap(({ queries }) => queries.map((one) => one.query))
    const { block } = query!.statement
    if (block.kind !== 'select' || block.from[0]!.kind !== 'relation') throw new Error('no select')
    const [start, end] = query!.nodeOf(block.from[0]!.span).range
    expect(code.slice(start, end)).toBe("'courses'")
    expect(query!.client).toBe('db')
  })
})
