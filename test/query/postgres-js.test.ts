import { describe, expect, it } from 'vitest'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { contextOf, statementsIn } from '../support/queries.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'schools',
  tenantColumns: ['school_id'],
  relations: { schools: { root: 'id' }, courses: { owned: 'school_id' } },
}

/** An awaited expression in a file where `sql` is a client of postgres.js. */
const onSql = (expression: string): string => `
import postgres from 'postgres'
const sql = postgres(process.env.URL)
const ofSchool = (school: string) => sql\`school_id = \${school}\`
export const f = async (school: string, id: string, ids: string[], on: boolean, body: any) => { await ${expression} }
`

type Row = readonly [source: string, ...rendered: readonly string[]]

const tables: Readonly<Record<string, readonly Row[]>> = {
  values: [
    [
      'sql`select id from courses where school_id = ${school} and id = ${id}`',
      'select courses.id from courses where courses.school_id = :school and courses.id = :id',
    ],
    [
      'sql<Course[]>`select id from courses where id in ${sql([school, id])}`',
      'select courses.id from courses where courses.id in (:school, :id)',
    ],
    [
      'sql`select id from courses where id = any(${ids}) and settings = ${sql.json(body)}`',
      'select courses.id from courses where courses.id in (:ids[]) and courses.settings = :body',
    ],
  ],
  fragments: [
    [
      'sql`select id from courses where school_id = ${school} ${on ? sql`and id = ${id}` : sql``}`',
      'select courses.id from courses where courses.school_id = :school',
      'select courses.id from courses where courses.school_id = :school and courses.id = :id',
    ],
    [
      'sql`select id from courses where ${ofSchool(body.school)}`',
      'select courses.id from courses where courses.school_id = :school',
    ],
    [
      'sql`select ${sql(["id", "title"])} from ${sql("courses")} where school_id = ${school}`',
      'select courses.id, courses.title from courses where courses.school_id = :school',
    ],
  ],
  writes: [
    [
      'sql`insert into courses ${sql({ school_id: school, title: "x" })} returning id`',
      'insert into courses values {school_id = :school, title = :"x"} returning courses.id',
    ],
    [
      'sql`insert into courses ${sql(body, "school_id", "title")}`',
      'insert into courses values {school_id = :body, title = :body}',
    ],
    [
      'sql`update courses set ${sql({ title: id })} where id = ${id}`',
      'update courses set title = :id where courses.id = :id',
    ],
    [
      'sql`delete from courses where school_id = ${school}`',
      'delete from courses where courses.school_id = :school',
    ],
  ],
  'other calls': [
    [
      'sql.begin(async (work) => { await work`delete from courses where id = ${id}` })',
      'delete from courses where courses.id = :id',
    ],
    [
      'sql.unsafe("select id from courses where school_id = $1", [school])',
      'select courses.id from courses where courses.school_id = :$1',
    ],
    ['sql.unsafe(body.text)', 'opaque: its SQL text is not in sight'],
  ],
}

describe.each(Object.entries(tables))('%s', (_, rows) => {
  it.each(rows)('%s', (source, ...rendered) => {
    expect(statementsIn(onSql(source), tenancy)).toEqual(rendered)
  })
})

it('knows a client by its type, and by its name in a class', () => {
  const code = `import type { Sql } from 'postgres'
    export class Courses {
      constructor(private readonly client: Sql, private readonly ctx: any) {}
      list(school: string) { return this.client\`select id from courses where school_id = \${school}\` }
      all() { return this.ctx.sql\`select id from courses\` }
    }`
  expect(statementsIn(code, tenancy)).toEqual([
    'select courses.id from courses where courses.school_id = :school',
    'select courses.id from courses',
  ])
})

it("leaves other libraries' tags alone", () => {
  const code = `import { sql } from 'drizzle-orm'
    export const f = async (db: any, id: string) => { await db.execute(sql\`select id from courses where id = \${id}\`) }`
  const found = contextOf(code, tenancy)?.sites.flatMap(({ queries }) =>
    queries.map(({ query }) => query.library),
  )
  expect(found ?? []).not.toContain('postgres-js')
})
