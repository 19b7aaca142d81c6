import { expect, it } from 'vitest'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { statementsIn } from '../support/queries.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'schools',
  tenantColumns: ['school_id'],
  relations: {
    schools: { root: 'id' },
    courses: { owned: 'school_id' },
    lessons: { ownedThrough: ['course_id', 'courses'] },
  },
}

/** Whole files: clients that are found elsewhere, builders that grow over statements, what is no builder. */
const files: readonly (readonly [title: string, code: string, ...rendered: readonly string[]])[] = [
  [
    'a builder that is changed in place, with and without assignment',
    `import db from './db'
     export async function f(school, search) {
       let query = db.knex('courses').where('school_id', school)
       if (search) query = query.where('title', search)
       query.limit(5)
       query.orderBy('id')
       return await query
     }`,
    'select * from courses where courses.school_id = :school and optional(courses.title = :search) limit',
  ],
  [
    'one builder sent twice, and a clone',
    `import db from './db'
     export async function f(school, id) {
       const query = db.knex('courses').where('school_id', school)
       const total = await query.clone().count('* as n').first()
       query.where('id', id)
       return { total, rows: await query.select('id') }
     }`,
    'select merged count() as n from courses where courses.school_id = :school limit',
    'select courses.id from courses where courses.school_id = :school and courses.id = :id',
  ],
  [
    'builders from both branches',
    `import db from './db'
     export async function f(school, all) {
       let query
       if (all) query = db.knex('schools')
       else query = db.knex('courses').where('school_id', school)
       return query.select('id')
     }`,
    'select schools.id from schools',
    'select courses.id from courses where courses.school_id = :school',
  ],
  [
    'a helper that adds conditions, and one that makes the builder',
    `import type { Knex } from 'knex'
     const coursesOf = (knex: Knex, school: string) => knex('courses').where({ school_id: school })
     function filtered(query: Knex.QueryBuilder, title?: string) {
       if (title) query.where('title', title)
       return query
     }
     export async function f(knex: Knex, mine: string, body: any) {
       const query = coursesOf(knex, mine)
       filtered(query, body.title)
       return await query
     }`,
    'select * from courses where courses.school_id = :mine and optional(courses.title = :body.title)',
  ],
  [
    'a helper out of sight',
    `import type { Knex } from 'knex'
     import { paginated } from 'elsewhere'
     export async function f(knex: Knex, school: string) {
       let query = knex('courses').where({ school_id: school })
       query = paginated(query)
       return await query
     }`,
    'select * from courses where courses.school_id = :school or opaque(something out of sight changes the query: ?.*)',
  ],
  [
    'a helper out of sight at the end',
    `import type { Knex } from 'knex'
     import { paginated } from 'elsewhere'
     export function f(knex: Knex, school: string) {
       const query = knex('courses').where({ school_id: school })
       return paginated(query)
     }
     export const g = (knex: Knex, id: string) => paginated(knex('courses').where({ id }))`,
    'select * from courses where courses.school_id = :school or opaque(something out of sight changes the query: ?.*)',
    'select * from courses where courses.id = :id or opaque(something out of sight changes the query: ?.*)',
  ],
  [
    'helpers in sight at the end, and functions that only send',
    `import type { Knex } from 'knex'
     const paginated = async (query: Knex.QueryBuilder, page: number) => { query.limit(page); return await query }
     export function f(knex: Knex, school: string) {
       const query = knex('courses').where({ school_id: school })
       return paginated(query, 10)
     }
     export const g = (knex: Knex, id: string) => Promise.resolve(knex('courses').where({ id }))`,
    'select * from courses where courses.school_id = :school limit',
    'select * from courses where courses.id = :id',
  ],
  [
    'a transaction and a class',
    `import type { Knex } from 'knex'
     class Courses {
       constructor(private readonly knex: Knex) {}
       remove(id: string) {
         return this.knex.transaction(async (work) => { await work('courses').where({ id }).delete() })
       }
       get(id: string) { return this.knex('courses').where({ id }).first() }
     }`,
    'delete from courses where courses.id = :id',
    'select * from courses where courses.id = :id limit',
  ],
  [
    'methods of the same names elsewhere',
    `import _ from 'lodash'
     import { createClient } from '@supabase/supabase-js'
     const supabase = createClient('', '')
     const cache = new Map()
     export async function f(db, users) {
       cache.delete('courses')
       _.where([1], 'courses')
       Array.from('courses').join('id')
       await supabase.from('courses').select('id').eq('id', 1)
       await db.selectFrom('courses').selectAll().execute()
     }`,
    'select * from courses',
  ],
]

const unions: typeof files = [
  [
    'unions of what is no builder',
    `import type { Knex } from 'knex'
     import * as z from 'zod'
     const schema = z.union([z.string().max(10), z.number()])
     export const both = (one: Set<string>, other: Set<string>) => one.union(other)
     export const f = (knex: Knex, school: string) => knex('courses').where('school_id', school)`,
    'select * from courses where courses.school_id = :school',
  ],
  [
    'a union of builders on a client that is not declared',
    `import { db } from './db'
     export const f = (school: string, id: string) =>
       db.knex.union([db.knex('courses').where('school_id', school), db.knex('courses').where({ id })])`,
    'select * union select * from courses where courses.school_id = :school union select * from courses as courses#1 where courses#1.id = :id',
  ],
]

it.each([...files, ...unions])('%s', (_, code, ...rendered) => {
  expect(statementsIn(code, tenancy)).toEqual(rendered)
})
