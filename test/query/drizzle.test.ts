import { describe, expect, it } from 'vitest'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { contextOf, statementsIn } from '../support/queries.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'school',
  tenantColumns: ['school_id'],
  relations: {
    school: { root: 'id', model: 'schools', relationFields: { courses: { to: 'course', many: true, on: [['id', 'school_id']] } } },
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

/** A chain on `db`, in a file where `db` is Drizzle's and the tables come from a package that cannot be read. */
const onDb = (chain: string): string => `
import { drizzle } from 'drizzle-orm/node-postgres'
import { alias, union } from 'drizzle-orm/pg-core'
import { and, or, not, eq, ne, gt, lte, inArray, notInArray, isNull, isNotNull, exists, notExists, like, between, arrayContains, asc, count, getTableColumns, sql } from 'drizzle-orm'
import { courses, lessons, schools } from '@app/schema'
const db = drizzle('postgres://')
export const f = (school: string, id: string, ids: string[], on: boolean, body: any) => ${chain}
`

type Row = readonly [source: string, ...rendered: readonly string[]]

const tables: Readonly<Record<string, readonly Row[]>> = {
  'tables and columns': [
    [`db.select().from(courses).where(eq(courses.schoolId, school))`, 'select * from course where course.school_id = :school'],
    [`db.select({ n: courses.title, all: lessons }).from(courses)`, 'select course.title as n, * from course'],
  ],
}

describe.each(Object.entries(tables))('%s', (_, rows) => {
  it.each(rows)('%s', (source, ...rendered) => {
    expect(statementsIn(onDb(source), tenancy)).toEqual(rendered)
  })
})

void contextOf
