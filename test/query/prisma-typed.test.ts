import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { statementsIn, verdictsIn } from '../support/queries.ts'
import { schools } from '../support/spellings.ts'

const folder = mkdtempSync(join(tmpdir(), 'typed-sql-'))
afterAll(() => rmSync(folder, { recursive: true }))
for (const one of ['prisma/sql', 'src']) mkdirSync(join(folder, one), { recursive: true })
const file = (name: string, text: string) => writeFileSync(join(folder, 'prisma/sql', `${name}.sql`), text)
file('coursesOf', '-- @param {String} $1:school\nselect id from courses where school_id = $1')
file('courseById', 'select id from courses where id = $1')

const program = (call: string): string => `
import { PrismaClient } from '@prisma/client'
import { coursesOf, courseById, courseById as one, lost } from '@prisma/client/sql'
import * as typed from '@prisma/client/sql'
const prisma = new PrismaClient()
export const f = async (ctx: any, id: string) => { ${call} }`

const place = join(folder, 'src', 'courses.ts')

describe('TypedSQL of Prisma', () => {
  it.each([
    ['await prisma.$queryRawTyped(courseById(id))', 'select courses.id from courses where courses.id = :$1'],
    ['await prisma.$queryRawTyped(one(id))', 'select courses.id from courses where courses.id = :$1'],
    [
      'await prisma.$queryRawTyped(typed.courseById(id))',
      'select courses.id from courses where courses.id = :$1',
    ],
    [
      'const q = coursesOf(ctx.tenant.id); await prisma.$queryRawTyped(q)',
      'select courses.id from courses where courses.school_id = :$1',
    ],
    ['await prisma.$queryRawTyped(lost(id))', 'opaque: the file with its SQL text is not in sight'],
  ])('%s', (call, statement) => {
    expect(statementsIn(program(call), schools, place)).toEqual([statement])
  })

  it('judges the statement of the file', () => {
    const model = { ...schools, trusted: ['ctx.tenant.id'] }
    const verdicts = (call: string) =>
      verdictsIn(program(`await prisma.$queryRawTyped(${call})`), model, place)
    expect(verdicts('coursesOf(ctx.tenant.id)')).toEqual(['courses: confined'])
    expect(verdicts('courseById(id)')).toEqual(['courses: leak'])
  })
})
