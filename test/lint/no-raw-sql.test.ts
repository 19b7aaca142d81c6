import rule from '../../rules/lint/no-raw-sql.ts'
import { ruleTester } from '../support/rule-tester.ts'

const file = (query: string): string => `
import { Pool } from 'pg'
import { Kysely, sql } from 'kysely'
import { PrismaClient } from '@prisma/client'
const pool = new Pool()
const db = new Kysely<Database>({ dialect })
const prisma = new PrismaClient()
export async function handle(request) { ${query} }
`
const raw = [
  "await pool.query('SELECT * FROM patients WHERE clinic_id = $1', [request.clinic.id])",
  'await pool.query(build(request))',
  'await sql`SELECT * FROM patients WHERE clinic_id = ${request.clinic.id}`.execute(db)',
  'await prisma.$queryRaw`SELECT * FROM patients WHERE clinic_id = ${request.clinic.id}`',
  "await prisma.$executeRawUnsafe('DELETE FROM medicines')",
]

ruleTester().run('no-raw-sql', rule as never, {
  valid: [
    file("await db.selectFrom('patients').selectAll().execute()"),
    file('await prisma.patients.findMany()'),
    ...raw.map((query) => ({
      name: `in its module: ${query}`,
      code: file(query),
      filename: 'src/queries/patients.ts',
      options: [{ allow: ['src/queries/**'] }],
    })),
  ],
  invalid: raw.map((query) => ({
    code: file(query),
    options: [{ allow: ['src/queries/**'] }],
    errors: [{ messageId: 'raw', data: { allowed: 'src/queries/**' } }],
  })),
})
