import insertRule from '../../rules/lint/require-tenant-on-insert.ts'
import rule from '../../rules/lint/require-tenant-conflict-target.ts'
import { clinic, handler, ruleTester, withoutSuggestions } from '../support/rule-tester.ts'

const kysely = (conflict: string): string => `
import { Kysely } from 'kysely'
const db = new Kysely<Database>({ dialect })
export async function put(request) {
  await db.insertInto('patients').values({ clinic_id: request.clinic.id, email: request.body.email }).onConflict((oc) => ${conflict}).execute()
}`
const prisma = (where: string): string => `
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export async function put(request) {
  await prisma.patients.upsert({ where: ${where}, create: { clinic_id: request.clinic.id, email: request.body.email }, update: { name: request.body.name } })
}`
const pg = (conflict: string): string =>
  handler(
    `await pool.query('INSERT INTO patients (clinic_id, email) VALUES ($1, $2) ON CONFLICT ${conflict}', [request.clinic.id, request.body.email])`,
  )
const update = [{ messageId: 'update' }] as const
const open = [
  pg('(email) DO UPDATE SET name = $2'),
  kysely("oc.column('email').doUpdateSet({ name: 'x' })"),
  prisma('{ email: request.body.email }'),
]

ruleTester().run('require-tenant-conflict-target', rule as never, {
  valid: [
    pg('(clinic_id, email) DO UPDATE SET name = $2'),
    pg('(email) DO UPDATE SET name = $2 WHERE patients.clinic_id = excluded.clinic_id'),
    pg('(email) DO NOTHING'),
    pg('DO NOTHING'),
    kysely("oc.columns(['clinic_id', 'email']).doUpdateSet({ name: 'x' })"),
    kysely("oc.column('email').doNothing()"),
    prisma('{ clinic_id_email: { clinic_id: request.clinic.id, email: request.body.email } }'),
    prisma('{ email: request.body.email, clinic_id: request.clinic.id }'),
    {
      name: 'skipDuplicates',
      code: `
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export const put = (request) => prisma.patients.createMany({ data: [{ clinic_id: request.clinic.id }], skipDuplicates: true })`,
      options: [{ requireExplicit: true }],
    },
    {
      name: 'the row itself is nobody’s: the business of require-tenant-on-insert',
      code: handler(
        "await pool.query('INSERT INTO patients (email) VALUES ($1) ON CONFLICT (email) DO UPDATE SET name = $1', [request.body.email])",
      ),
    },
    {
      name: 'reference data',
      code: handler(
        "await pool.query('INSERT INTO medicines (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = $1', ['x'])",
      ),
    },
  ],
  invalid: [
    ...open.map((code) => ({ code, errors: update })),
    {
      code: pg('(email) DO UPDATE SET name = $2'),
      errors: [{ messageId: 'update', data: { target: 'email', relation: 'patients', column: 'clinic_id' } }],
    },
    {
      name: 'DO NOTHING on a global key tells that the row is there',
      code: pg('(email) DO NOTHING'),
      options: [{ requireExplicit: true }],
      errors: [{ messageId: 'nothing' }],
    },
  ],
})

ruleTester({ ...clinic, rowLevelSecurity: 'forced' }).run(
  'require-tenant-conflict-target under row-level security',
  rule as never,
  {
    valid: [open[0]!],
    invalid: [{ code: open[0]!, options: [{ requireExplicit: true }], errors: update }],
  },
)

ruleTester().run(
  'require-tenant-on-insert leaves the conflict alone',
  withoutSuggestions(insertRule) as never,
  {
    valid: open,
    invalid: [],
  },
)
