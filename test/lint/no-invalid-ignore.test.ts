import rule from '../../rules/lint/no-invalid-ignore.ts'
import { ruleTester } from '../support/rule-tester.ts'

const file = (lines: string) => `
import { Pool } from 'pg'
import { PrismaClient } from '@prisma/client'
import { Kysely } from 'kysely'
const pool = new Pool()
const prisma = new PrismaClient()
const db = new Kysely<Database>({ dialect })
export async function handle(request) {
${lines}
}
`
const leaks = [
  "await pool.query('SELECT * FROM patients WHERE id = $1', [request.params.id])",
  "await db.selectFrom('patients').selectAll().where('id', '=', request.params.id).execute()",
  'await prisma.patients.findFirst({ where: { id: request.params.id } })',
]
const safe = [
  "await pool.query('SELECT * FROM patients WHERE clinic_id = $1', [request.clinic.id])",
  "await db.selectFrom('patients').selectAll().where('clinic_id', '=', request.clinic.id).execute()",
  'await prisma.patients.findFirst({ where: { clinic_id: request.clinic.id } })',
]
const fault = (text: string, messageId = 'comment') => [{ messageId, data: { fault: text } }] as const

ruleTester().run('no-invalid-ignore', rule as never, {
  valid: [
    ...leaks.map((query) => file(`// watertight-ignore reason="a public list"\n${query}`)),
    'const answer = 42 // no comment of ours: watertight-ignore',
    {
      name: 'a rule that does not run is not judged',
      code: file(`// watertight-ignore rule=no-raw-sql reason="a report"\n${safe[0]}`),
    },
  ],
  invalid: [
    ...safe.map((query) => ({
      name: `nothing to excuse: ${query}`,
      code: file(`// watertight-ignore reason="a public list"\n${query}`),
      errors: fault('there is nothing to excuse'),
    })),
    {
      name: 'no reason',
      code: file(`// watertight-ignore\n${leaks[0]}`),
      errors: fault('it has no reason; write reason="…"'),
    },
    {
      name: 'ended',
      code: file(`// watertight-ignore reason="until the import is done" until=2001-01-31\n${leaks[0]}`),
      errors: fault('it ended on 2001-01-31'),
    },
    {
      name: 'no day',
      code: file(`// watertight-ignore reason="until the import is done" until=soon\n${leaks[0]}`),
      errors: fault('`soon` is no day; write until=2027-01-31'),
    },
    {
      name: 'above no function',
      code: file(`// watertight-tenantless reason="a job"\n${leaks[0]}`),
      errors: fault('it stands above no function'),
    },
    {
      name: 'no entry of the configuration',
      code: file(leaks[0]!),
      settings: { watertight: { tenancy: { tenantColumns: ['clinic_id'], relations: {} }, ignores: [{}] } },
      errors: fault('settings.watertight.ignores[0] names no files; write files: ["…"]', 'setting'),
    },
  ],
})
