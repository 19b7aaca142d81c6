import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inferTenancy } from '../../rules/tenancy/infer.ts'
import { detectSources, readSource } from '../../rules/tenancy/sources.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'table-types-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

/** Each relation in one line: `lessons: id* course_id* | id | course_id -> courses.id`. */
function told(files: Readonly<Record<string, string>>): string[] {
  return readSource(write(files)).relations.map(({ name, kind, columns, primaryKey, references }) => {
    const list = columns.map((column) => column.name + (column.nullable ? '' : '*')).join(' ')
    const far = references.map(
      ({ columns: own, to, toColumns }) => `${own.join()} -> ${to}.${toColumns.join()}`,
    )
    return `${kind === 'view' ? 'view ' : ''}${name}: ${list} | ${primaryKey.join(' ')} | ${far.join(', ')}`
  })
}

const kysely = `import type { ColumnType, Generated } from 'kysely'`

describe('table types', () => {
  it('reads interfaces of Kanel: notes name the tables, brands of ids tell the keys', () => {
    expect(
      told({
        'public/Schools.ts': `
          import type { ColumnType } from 'kysely'
          /** Identifier type for public.schools */
          export type SchoolsId = string & { __brand: 'public.schools' }
          /** Represents the table public.schools */
          export default interface SchoolsTable { id: ColumnType<SchoolsId, SchoolsId | undefined, SchoolsId> }
          /** Represents the initializer for the table public.schools */
          export interface SchoolsInitializer { id?: SchoolsId }
          export const schoolsInitializer = { id: 'zod would stand here' }`,
        'public/Courses.ts': `
          import type { ColumnType } from 'kysely'
          import type { SchoolsId } from './Schools'
          export type CoursesId = number & { __brand: 'CoursesId' }
          /** Represents the table public.courses */
          export default interface CoursesTable {
            id: ColumnType<CoursesId, CoursesId | undefined, CoursesId>
            schoolId: ColumnType<SchoolsId, SchoolsId, SchoolsId>
            follows: ColumnType<CoursesId | null, CoursesId | null, CoursesId | null>
            title: ColumnType<string, string, string>
          }`,
        'public/Enrolments.ts': `
          import { type CoursesId } from './Courses'
          /** Represents the table billing.enrolments */
          export interface EnrolmentsTable {
            /** Primary key. Index: enrolments_pkey */
            course: CoursesId
            /** Primary key. Index: enrolments_pkey */
            seat: number
          }
          /** Represents the view public.seats */
          export interface Seats { course: CoursesId | null }`,
      }),
    ).toEqual([
      'courses: id* schoolId* follows title* | id | schoolId -> schools.id, follows -> courses.id',
      'billing.enrolments: course* seat* | course seat | course -> courses.id',
      'view seats: course |  | ',
      'schools: id* | id | ',
    ])
  })

  it('reads what kysely-codegen writes: names of columns stand for keys', () => {
    expect(
      told({
        'db.d.ts': `${kysely}
          export type Stamp = ColumnType<Date, Date | string, Date | string>
          export interface Course { id: Generated<number>; school_id: number; made_at: Stamp; author_id: number | null }
          export interface School { id: Generated<number>; parent_school_id: number | null }
          export interface Lesson { id: string; course_id: number; meta: Meta }
          export interface Meta { pages: Page }
          export interface Page { number: number }
          export interface DB { courses: Course; 'school': School; 'archive.lessons': Lesson }`,
      }),
    ).toEqual([
      'courses: id* school_id* made_at* author_id | id | school_id -> school.id',
      'school: id* parent_school_id | id | ',
      'archive.lessons: id* course_id* meta* | id | course_id -> courses.id',
    ])
  })

  it('reads object types of prisma-kysely, and interfaces over several files that extend others', () => {
    expect(
      told({
        'types.ts': `${kysely}
          export type School = { id: string }
          export type Course = { id: Generated<string>; schoolId: string | null }
          export type DB = { School: School; Course: Course }`,
      }),
    ).toEqual(['School: id* | id | ', 'Course: id* schoolId | id | schoolId -> School.id'])
    rmSync(join(folder, 'types.ts'))
    expect(
      told({
        'database.ts': `
          import type { CourseTable } from './tables'
          import type { AuthDatabase } from './auth'
          export interface Database extends AuthDatabase { course: CourseTable }`,
        'tables.ts': `${kysely}
          interface Owned { school_id: string }
          type Stamped = { made_at?: Date }
          export interface CourseTable extends Owned, Stamped { id: Generated<string> }`,
        'auth.ts': `${kysely}
          type Key = { id: Generated<string> }
          export type SchoolTable = Key & { name: string }
          export interface AuthDatabase { school: SchoolTable }`,
      }),
    ).toEqual(['school: id* name* | id | ', 'course: school_id* made_at id* | id | school_id -> school.id'])
  })

  it('is what init finds where there is no schema, and takes the migrations where there are some', () => {
    write({
      'package.json': '{}',
      'src/types.ts': `${kysely}
        export interface School { id: Generated<string> }
        export interface Course { id: Generated<string>; school_id: string }
        export interface Lesson { id: Generated<string>; course_id: string }
        export interface DB { schools: School; courses: Course; lessons: Lesson }`,
      'src/api.ts': `import type { Kysely } from 'kysely'
        export interface Request { body: Body }
        interface Body { id: string }`,
    })
    const [source, ...others] = detectSources(folder).map((path) => relative(folder, path))
    expect([source, others]).toEqual([join('src', 'types.ts'), []])
    const { file, notes } = inferTenancy([readSource(folder)])
    expect(file.relations).toMatchObject({
      schools: { root: 'id' },
      courses: { owned: 'school_id' },
      lessons: { ownedThrough: ['course_id', 'courses'] },
    })
    expect(Object.keys(file.relations)).toHaveLength(3)
    expect(notes.map(({ text }) => text).join()).toMatch('keys, which these types do not tell')
    const table = (name: string) => `create table ${name} (id uuid primary key);`
    write({ 'migrations/1.sql': ['schools', 'courses', 'lessons'].map(table).join('') })
    expect(detectSources(folder).map((path) => relative(folder, path))).toEqual(['migrations'])
  })
})
