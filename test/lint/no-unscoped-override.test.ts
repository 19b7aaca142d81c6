import rule from '../../rules/lint/no-unscoped-override.ts'
import { clinic, ruleTester } from '../support/rule-tester.ts'

const file = (query: string): string => `
import { Pool } from 'pg'
import { Kysely } from 'kysely'
import { PrismaClient } from '@prisma/client'
const pool = new Pool()
const adminPool = new Pool()
const db = new Kysely<Database>({ dialect })
const adminDb = new Kysely<Database>({ dialect })
const prisma = new PrismaClient()
const services = { prismaUnscoped: new PrismaClient() }
export async function handle(request) {
  ${query}
}
`
const errors = [{ messageId: 'client' }] as const

ruleTester({ ...clinic, unscopedClients: ['adminPool', 'adminDb', 'prismaUnscoped'] }).run(
  'no-unscoped-override',
  rule as never,
  {
    valid: [
      file("await pool.query('SELECT * FROM patients')"),
      file("await db.selectFrom('patients').selectAll().execute()"),
      file('await prisma.patients.findMany()'),
      { name: 'reference data', code: file("await adminPool.query('SELECT * FROM medicines')") },
      {
        name: 'with the reason',
        code: file(
          '// watertight-ignore reason="operator report"\n  await services.prismaUnscoped.patients.findMany()',
        ),
      },
      {
        name: 'in code without a tenant by design',
        code: `// watertight-tenantless reason="operator tool"\n${file('await services.prismaUnscoped.patients.findMany()')}`,
      },
    ],
    invalid: [
      {
        code: file(
          "await adminPool.query('SELECT * FROM patients WHERE clinic_id = $1', [request.clinic.id])",
        ),
        errors: [{ messageId: 'client', data: { relation: 'patients', client: 'adminPool' } }],
      },
      { code: file("await adminDb.selectFrom('patients').selectAll().execute()"), errors },
      { code: file('await services.prismaUnscoped.patients.findMany()'), errors },
    ],
  },
)
