import { describe, expect, it } from 'vitest'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { contextOf, statementsIn } from '../support/queries.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'schools',
  tenantColumns: ['school_id'],
  relations: { schools: { root: 'id' }, courses: { owned: 'school_id' } },
}

const onPool = (expression: string): string => `
import { createPool, sql, type CommonQueryMethods } from 'slonik'
import { z } from 'zod'
const row = z.object({ id: z.string() })
export const f = async (pool: CommonQueryMethods, school: string, id: string, ids: string[], on: boolean, rows: any) => { await ${expression} }
`

type Row = readonly [source: string, ...rendered: readonly string[]]

const tables: Readonly<Record<string, readonly Row[]>> = {
  statements: [
    [
      'pool.any(sql.type(row)`select id from courses where school_id = ${school}`)',
      'select courses.id from courses where courses.school_id = :school',
    ],
    [
      'pool.transaction(async (work) => work.query(sql.unsafe`delete from courses where id = ${id}`))',
      'delete from courses where courses.id = :id',
    ],
    [
      'pool.maybeOne(sql.typeAlias("id")`update courses set title = ${id} where school_id = ${school} returning id`)',
      'update courses set title = :id where courses.school_id = :school returning courses.id',
    ],
  ],
  fragments: [
    [
      'pool.any(sql.unsafe`select id from ${sql.identifier(["app", "courses"])} where ${sql.join([sql.fragment`school_id = ${school}`, sql.fragment`id = ${id}`], sql.fragment` and `)}`)',
      'select courses.id from app.courses as courses where courses.school_id = :school and courses.id = :id',
    ],
    [
      'pool.any(sql.unsafe`select id from courses where school_id = ${school} ${on ? sql.fragment`and id = ${id}` : sql.fragment``}`)',
      'select courses.id from courses where courses.school_id = :school',
      'select courses.id from courses where courses.school_id = :school and courses.id = :id',
    ],
    [
      'pool.any(sql.unsafe`select id from courses where id = any(${sql.array(ids, "uuid")})`)',
      'select courses.id from courses where courses.id in (:ids[])',
    ],
    [
      'pool.query(sql.unsafe`insert into courses (school_id, title) select s, t from ${sql.unnest(rows, ["uuid", "text"])} as given(s, t)`)',
      'insert into courses (school_id, title) select opaque(s is a column of a row set) as s, opaque(t is a column of a row set) as t from rowset(unnest) as given using unnest(:rows, :rows)',
    ],
  ],
}

describe.each(Object.entries(tables))('%s', (_, rows) => {
  it.each(rows)('%s', (source, ...rendered) => {
    expect(statementsIn(onPool(source), tenancy)).toEqual(rendered)
  })
})

it.each([
  ['one', 'row', true],
  ['maybeOne', 'row', false],
  ['any', 'rows', false],
  ['many', 'rows', true],
  ['oneFirst', 'none', true],
  ['query', 'result', false],
] as const)('%s gives %s', (method, shape, throws) => {
  const code = onPool(`pool.${method}(sql.unsafe\`select id from courses\`)`)
  expect(contextOf(code, tenancy)?.sites[0]?.queries[0]?.query.answer).toEqual({ shape, throws })
})
