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
  },
}

/** A chain on `knex`, in a file where `knex` is a client. */
const onKnex = (chain: string): string => `
import type { Knex } from 'knex'
declare const knex: Knex
declare const trx: Knex.Transaction | undefined
declare const db: { readonly knex: Knex; schema(): string }
const COURSES = 'courses'
export const f = async (school: string, id: string, ids: string[], on: boolean, body: any) => { await ${chain} }
`

type Row = readonly [source: string, ...rendered: readonly string[]]

const tables: Readonly<Record<string, readonly Row[]>> = {
  'tables and columns': [
    [
      `knex('courses').where({ school_id: school })`,
      'select * from courses where courses.school_id = :school',
    ],
    [
      `knex('courses as c').select('c.id', 'title as name', { of: 'c.school_id' }).where('c.school_id', school)`,
      'select c.id, c.title as name, c.school_id as of from courses as c where c.school_id = :school',
    ],
    [`knex.select('*').from<Course>({ c: 'app.courses' })`, 'select * from app.courses as c'],
    [`knex.from(COURSES).select(['id', 'title'])`, 'select courses.id, courses.title from courses'],
    [`knex.table('courses').first('id')`, 'select courses.id from courses limit'],
    [`db.knex.withSchema('app').from(COURSES)`, 'select * from app.courses as courses'],
    [`db.knex.withSchema(db.schema()).from<Course>(COURSES)`, 'select * from courses'],
    [`(trx || db.knex)<Course>('courses')`, 'select * from courses'],
    [
      'knex(COURSES).where({ [`${COURSES}.id`]: id, [`${COURSES}.school_id`]: school })',
      'select * from courses where courses.id = :id and courses.school_id = :school',
    ],
    [
      `knex.from(knex('courses').where({ school_id: school }).as('mine')).select('mine.id')`,
      'select mine.id from (select * from courses where courses.school_id = :school) as mine',
    ],
    [
      `knex.from(function () { this.from('courses').where('school_id', school).as('mine') }).select('mine.id')`,
      'select mine.id from (select * from courses where courses.school_id = :school) as mine',
    ],
    [
      `knex('courses').count('id as n').where('school_id', school).groupBy('title').having('n', '>', 2)`,
      'select merged count(courses.id) as n from courses where courses.school_id = :school having courses.n > 2',
    ],
    [
      `knex('courses').select(knex.raw('count(*) as n'), 'id').orderBy('title').limit(3)`,
      'select merged count() as n, courses.id from courses limit',
    ],
    [
      `knex('courses').select('id', knex('lessons').count('*').whereColumn('lessons.course_id', 'courses.id').as('n'))`,
      'select courses.id, (select merged count() as count from lessons where lessons.course_id = courses.id) as n from courses',
    ],
    [
      `knex(body.table).where({ id })`,
      'select * from rowset(a table that is chosen at run time) where opaque(id is a column of a row set) = :id',
    ],
  ],
  conditions: [
    [
      `knex('courses').where('school_id', '=', school).andWhere('id', '>', 3).whereNot('title', 'x')`,
      "select * from courses where courses.school_id = :school and courses.id > 3 and not courses.title = 'x'",
    ],
    [
      `knex('courses').where('school_id', school).where('id', id).orWhere('title', 'x')`,
      "select * from courses where (courses.school_id = :school and courses.id = :id) or courses.title = 'x'",
    ],
    [
      `knex('courses').where('school_id', school).andWhere((qb) => qb.where('id', id).orWhere({ title: 'x', id: 1 }))`,
      "select * from courses where courses.school_id = :school and (courses.id = :id or (courses.title = 'x' and courses.id = 1))",
    ],
    [
      `knex('courses').where(function () { this.where('school_id', school).orWhereNull('school_id') })`,
      'select * from courses where courses.school_id = :school or courses.school_id is null',
    ],
    [
      `knex('courses').whereIn('id', ids).whereNotIn('title', ['a', 'b']).whereNotNull('school_id')`,
      "select * from courses where courses.id in (:ids[]) and not courses.title in ('a', 'b') and not courses.school_id is null",
    ],
    [
      `knex('lessons').whereIn('course_id', knex('courses').select('id').where({ school_id: school }))`,
      'select * from lessons where (lessons.course_id) in (select courses.id from courses where courses.school_id = :school)',
    ],
    [
      `knex('lessons').whereIn('course_id', function () { this.select('id').from('courses').where('school_id', school) })`,
      'select * from lessons where (lessons.course_id) in (select courses.id from courses where courses.school_id = :school)',
    ],
    [
      `knex('lessons').whereExists((qb) => qb.from('courses').whereRaw('courses.id = lessons.course_id').where('school_id', school))`,
      'select * from lessons where exists (select * from courses where courses.id = lessons.course_id and courses.school_id = :school)',
    ],
    [
      `knex('courses').where('id', 'in', ids).where('school_id', 'is', null).whereBetween('n', [1, 2]).whereILike('title', '%a%')`,
      "select * from courses where courses.id in (:ids[]) and courses.school_id is null and (courses.n >= 1 and courses.n <= 2) and courses.title ilike '%a%'",
    ],
    [
      `knex('courses').where({ school_id: school, title: null, ...(on && { id }) })`,
      'select * from courses where courses.school_id = :school and courses.title is null and optional(courses.id = :id)',
    ],
    [
      `knex('courses').where('id', knex.ref('courses.other')).where(knex.raw('school_id = ?', [school]))`,
      'select * from courses where courses.id = courses.other and courses.school_id = :school',
    ],
    [
      `knex('courses').whereRaw('?? = ? and title = ?', ['school_id', school, 'x']).orWhereRaw('id = :id', { id })`,
      "select * from courses where (courses.school_id = :school and courses.title = 'x') or courses.id = :id",
    ],
    [
      `knex('courses').where('school_id', school).whereRaw('id = ? or title = ?', [id, 'x'])`,
      "select * from courses where (courses.school_id = :school and courses.id = :id) or courses.title = 'x'",
    ],
    [
      `knex('courses').where('school_id', school).whereRaw(body.last ? 'id < ?' : 'id > ?', [id]).where('title', 'x')`,
      "select * from courses where courses.school_id = :school and (courses.id < :id or courses.id > :id) and courses.title = 'x'",
    ],
    [
      `knex('courses').where('school_id', school).whereRaw(body.last ? 'id = ? or true' : 'id > ?', [id])`,
      'select * from courses where (courses.school_id = :school and (courses.id = :id or true)) or courses.id > :id',
    ],
    [
      `knex('courses').where('school_id', school).where(knex.raw("(id = ? or title = 'x')", [id]))`,
      "select * from courses where courses.school_id = :school and (courses.id = :id or courses.title = 'x')",
    ],
    [
      'knex("courses").whereRaw(`school_id = ? ${body.tail}`, [school])',
      'select * from courses where opaque(raw SQL that could not be read: :school: :body.tail)',
    ],
    [
      `knex('courses').whereJsonPath('settings', '$.a', '=', 1)`,
      "select * from courses where opaque(a whereJsonPath condition: courses.settings: '$.a': '=')",
    ],
    [
      `knex('courses').where('school_id', school).modify((qb) => { if (on) qb.where('id', id) })`,
      'select * from courses where courses.school_id = :school and optional(courses.id = :id)',
    ],
    [
      `knex('courses').where('school_id', school).modify(body.filter)`,
      'select * from courses where courses.school_id = :school or opaque(something out of sight changes the query: ?.*)',
    ],
    [`knex('courses').where('school_id', school).clearWhere()`, 'select * from courses'],
  ],
  joins: [
    [
      `knex('lessons as l').join('courses as c', 'c.id', 'l.course_id').where('c.school_id', school).select('l.*')`,
      'select l.* from lessons as l inner join courses as c on c.id = l.course_id where c.school_id = :school',
    ],
    [
      `knex('lessons').leftJoin('courses', { 'courses.id': 'lessons.course_id' })`,
      'select * from lessons left join courses on courses.id = lessons.course_id',
    ],
    [
      `knex('lessons').leftJoin('courses', function () { this.on('courses.id', '=', 'lessons.course_id').andOnVal('courses.school_id', '=', school).orOnIn('courses.id', ids) })`,
      'select * from lessons left join courses on (courses.id = lessons.course_id and courses.school_id = :school) or courses.id in (:ids[])',
    ],
    [
      `knex('lessons').joinRaw('left join courses c on c.id = lessons.course_id and c.school_id = ?', [school])`,
      'select * from lessons left join courses as c on c.id = lessons.course_id and c.school_id = :school',
    ],
    [`knex('lessons').crossJoin('courses')`, 'select * from lessons cross join courses'],
  ],
  writes: [
    [
      `knex('courses').insert({ school_id: school, title: 'x' }).returning('*')`,
      "insert into courses values {school_id = :school, title = 'x'} returning *",
    ],
    [
      `knex('courses').insert(ids.map((one) => ({ id: one, school_id: school }))).onConflict(['school_id', 'id']).merge()`,
      'insert into courses values {id = :one, school_id = :school} on conflict (school_id, id) do update set id = excluded(courses.id), school_id = excluded(courses.school_id)',
    ],
    [
      `knex('courses').insert([{ school_id: school, ...body }]).onConflict('id').merge(['title']).where('courses.school_id', school)`,
      'insert into courses values {school_id = :school, ...} on conflict (id) do update set title = excluded(courses.title) where courses.school_id = :school',
    ],
    [
      `knex.insert({ id }).into('courses').onConflict().ignore()`,
      'insert into courses values {id = :id} on conflict do nothing',
    ],
    [
      `knex.batchInsert('courses', [{ id, school_id: school }], 30)`,
      'insert into courses values {id = :id, school_id = :school}',
    ],
    [
      `knex('courses').where({ id, school_id: school }).update({ title: 'x', ...body }, ['id'])`,
      "update courses set title = 'x', ... where courses.id = :id and courses.school_id = :school returning courses.id",
    ],
    [
      `knex('courses').update('title', 'x').where('id', id).increment('n', 2)`,
      "update courses set title = 'x', n = increment(courses.n) where courses.id = :id",
    ],
    [`knex('courses').where({ id }).del()`, 'delete from courses where courses.id = :id'],
    [`knex('courses').truncate()`, 'opaque(TRUNCATE: courses)'],
  ],
  'raw statements': [
    [
      `knex.raw('select * from courses where school_id = ? and id = :id::int', [school])`,
      'opaque: the SQL text does not parse',
    ],
    [
      `knex.raw('select id::text from ?? where school_id = ? and tags \\\\? ?', [COURSES, school, id])`,
      'select courses.id from courses where courses.school_id = :school and opaque(operator ?: courses.tags: :id)',
    ],
    [
      `knex.raw('delete from courses where school_id = :school', { school })`,
      'delete from courses where courses.school_id = :school',
    ],
    [
      'knex.raw(`select * from courses where id = ${id}`)',
      'select courses.* from courses where courses.id = :id',
    ],
    [`knex.raw('create table courses (id int)')`],
  ],
  'common tables and sets': [
    [
      `knex.with('mine', (qb) => { qb.from('courses').where({ school_id: school }) }).from('mine').select('mine.id')`,
      'with mine as (select * from courses where courses.school_id = :school) select mine.id from (select * from courses where courses.school_id = :school) as mine',
    ],
    [
      `knex.with('mine', knex.raw('select id from courses where school_id = ?', [school])).select('mine.id').from('mine')`,
      'with mine as (select courses.id from courses where courses.school_id = :school) select mine.id from (select courses.id from courses where courses.school_id = :school) as mine',
    ],
    [
      `knex.with('mine', (qb) => { qb.from('courses').where({ school_id: school }) }).with('two', knex.raw('select id from mine where id = ?', [id])).select('two.id').from('two')`,
      'with mine as (select * from courses where courses.school_id = :school), two as (select mine.id from (select * from courses where courses.school_id = :school) as mine where mine.id = :id) select two.id from (select mine.id from (select * from courses where courses.school_id = :school) as mine where mine.id = :id) as two',
    ],
    [
      `knex.with('mine', (qb) => { qb.from('courses').where({ school_id: school }) }).with('two', knex.raw('select id from public.mine')).select('two.id').from('two')`,
      'with mine as (select * from courses where courses.school_id = :school), two as (select mine.id from public.mine as mine) select two.id from (select mine.id from public.mine as mine) as two',
    ],
    [
      `knex('courses').select('id').where({ school_id: school }).union([knex('lessons').select('id')])`,
      'select courses.id from courses where courses.school_id = :school union select lessons.id from lessons',
    ],
  ],
}

describe.each(Object.entries(tables))('%s', (_, rows) => {
  it.each(rows)('%s', (source, ...rendered) => {
    expect(statementsIn(onKnex(source), tenancy)).toEqual(rendered)
  })
})

const answers: readonly (readonly [chain: string, shape: string])[] = [
  [`knex('courses')`, 'rows'],
  [`knex('courses').first()`, 'row'],
  [`knex('courses').insert({ id }).returning('id')`, 'rows'],
  [`knex('courses').update({ id }, '*')`, 'rows'],
  [`knex('courses').update({ id })`, 'none'],
  [`knex('courses').del()`, 'none'],
  [`knex.raw('select 1 from courses')`, 'result'],
]

it.each(answers)('%s gives %s', (chain, shape) => {
  const query = contextOf(onKnex(chain), tenancy)?.sites[0]?.queries[0]?.query
  expect(query?.answer).toEqual({ shape, throws: false })
})
