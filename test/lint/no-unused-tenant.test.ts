import rule from '../../rules/lint/no-unused-tenant.ts'
import { clinic, ruleTester } from '../support/rule-tester.ts'

const head = `
import { Pool } from 'pg'
const pool = new Pool()
`
/** A function whose rows its only caller has checked, so that require-tenant-filter says nothing of it. */
const code = (parameters: string, body: string): string => `${head}
async function notesOf(${parameters}) {
  ${body}
}
export async function handle(request) {
  const clinicId = request.clinic.id
  await assertVisitAccess(request, request.params.visitId)
  return notesOf(request.params.visitId, clinicId)
}
`
const byVisit = "return pool.query('SELECT * FROM visits WHERE id = $1', [visitId])"
const open = [{ messageId: 'open' }] as const
const confined = [{ messageId: 'confined' }] as const

ruleTester().run('no-unused-tenant', rule as never, {
  valid: [
    code(
      'visitId, clinicId',
      "return pool.query('SELECT * FROM visits WHERE id = $1 AND clinic_id = $2', [visitId, clinicId])",
    ),
    { name: 'no tenant is taken', code: code('visitId', byVisit) },
    { name: 'read for something else', code: code('visitId, clinicId', `audit(clinicId); ${byVisit}`) },
    { name: 'left alone on purpose', code: code('visitId, _clinicId', byVisit) },
    { name: 'no query', code: code('visitId, clinicId', 'return visitId') },
    {
      name: 'reference data',
      code: code('visitId, clinicId', "return pool.query('SELECT * FROM medicines')"),
    },
    {
      name: 'told by require-tenant-filter: the request picks the row',
      code: `${head}export const handle = async (request) => show(request.params.visitId, request.clinic.id)
async function show(visitId, clinicId) { ${byVisit} }`,
    },
    {
      name: 'told by require-tenant-filter: the tenant is in scope of a query that nobody steers',
      code: `${head}export async function all(clinicId) { return pool.query('SELECT * FROM visits') }`,
    },
    {
      name: 'a signature that an interface gives',
      code: `${head}export class Visits implements Reader { async notesOf(visitId, clinicId) { await assertVisitAccess(visitId); ${byVisit} } }`,
    },
    {
      name: 'a callback',
      code: `${head}each((clinicId, key) => pool.query('SELECT * FROM visits WHERE clinic_id = $1', [key]))`,
    },
    {
      name: 'confined by another value',
      code: `${head}export async function list(clinic, ctx) { return pool.query('SELECT * FROM visits WHERE clinic_id = $1', [ctx.session.clinicId]) }`,
    },
    {
      name: 'in code without a tenant by design',
      code: `// watertight-tenantless reason="operator tool"\n${code('visitId, clinicId', byVisit)}`,
    },
  ],
  invalid: [
    {
      code: code('visitId, clinicId', byVisit),
      errors: [{ messageId: 'open', data: { tenant: 'clinicId', relation: 'visits' } }],
    },
    { name: 'taken apart', code: code('visitId, { clinicId }', byVisit), errors: open },
    { name: 'only written', code: code('visitId, clinicId', `clinicId = null; ${byVisit}`), errors: open },
    {
      name: 'Prisma',
      code: `import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
async function show(visitId, clinicId) { return prisma.visits.findUnique({ where: { id: visitId } }) }
export async function handle(request) {
  await assertVisitAccess(request, request.params.visitId)
  return show(request.params.visitId, request.clinic.id)
}`,
      errors: open,
    },
    {
      name: 'confined by another value, when an explicit use is required',
      code: `${head}export async function list(clinic, ctx) { return pool.query('SELECT * FROM visits WHERE clinic_id = $1', [ctx.session.clinicId]) }`,
      options: [{ requireExplicit: true }],
      errors: confined,
    },
  ],
})

ruleTester({ ...clinic, rowLevelSecurity: 'forced' }).run(
  'no-unused-tenant under row-level security',
  rule as never,
  {
    valid: [code('visitId, clinicId', byVisit)],
    invalid: [
      { code: code('visitId, clinicId', byVisit), options: [{ requireExplicit: true }], errors: confined },
      {
        name: 'nothing that is handed in',
        code: `${head}export async function all(clinicId) { return pool.query('SELECT * FROM visits') }`,
        options: [{ requireExplicit: true }],
        errors: confined,
      },
    ],
  },
)
