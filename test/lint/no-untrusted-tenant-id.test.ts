import rule from '../../rules/lint/no-untrusted-tenant-id.ts'
import { clinic, ruleTester } from '../support/rule-tester.ts'

const head = `
import { Pool } from 'pg'
import { Kysely } from 'kysely'
import { PrismaClient } from '@prisma/client'
import express from 'express'
const pool = new Pool()
const db = new Kysely<Database>({ dialect })
const prisma = new PrismaClient()
const router = express.Router()
`
const route = (body: string, extra = ''): string =>
  `${head}router.get('/clinics/:clinicId/patients', ${extra}async (req, res) => {\n${body}\n})`
const queries = [
  "await pool.query('SELECT * FROM patients WHERE clinic_id = $1', [req.params.clinicId])",
  "await db.selectFrom('patients').selectAll().where('clinic_id', '=', req.params.clinicId).execute()",
  'await prisma.patients.findMany({ where: { clinic_id: req.params.clinicId } })',
]
const [query] = queries as [string]
const untrusted = [{ messageId: 'untrusted' }] as const
const prismaQuery = queries[2]!

const signedIn = `const t = initTRPC.context().create()
const protectedProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.session) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return next({ ctx })
})
const memberProcedure = protectedProcedure.use(async ({ ctx, rawInput, next }) => {
  await assertIn(ctx.session.user.id, rawInput)
  return next({ ctx })
})
`
const procedure = (chain: string): string =>
  `${head}${signedIn}export const list = ${chain}.query(async ({ ctx, input }) => { return pool.query('SELECT * FROM patients WHERE clinic_id = $1', [input.clinicId]) })`
const login =
  'function requireLogin(req, res, next) { if (!req.session) return res.status(401).end(); next() }\n'
const pathMember =
  'async function requireClinic(req, res, next) { if (await isIn(req.session.user, req.params)) next() }\n'

const service =
  "const patientsOf = (clinicId) => pool.query('SELECT * FROM patients WHERE clinic_id = $1', [clinicId])\n"
const asked =
  "const membersOf = (clinicId, userId) => pool.query('SELECT * FROM members WHERE clinic_id = $1 AND user_id = $2', [clinicId, userId])\n"
const calling = (clinic: string, before = '', called = `patientsOf(${clinic})`): string =>
  `${service}${asked}${route(`const session = await getSession(req)\n if (!session) return res.status(401).end()\n ${before}\n return ${called}`)}`

ruleTester().run('no-untrusted-tenant-id', rule as never, {
  valid: [
    {
      name: 'the trusted tenant',
      code: route("await pool.query('SELECT * FROM patients WHERE clinic_id = $1', [req.clinic.id])"),
    },
    {
      name: 'both, so that a foreign one finds nothing',
      code: route(
        "await pool.query('SELECT * FROM patients WHERE clinic_id = $1 AND clinic_id = $2', [req.params.clinicId, req.clinic.id])",
      ),
    },
    {
      name: 'compared with the trusted tenant',
      code: route(`if (req.params.clinicId !== req.clinic.id) return res.status(404).end()\n${query}`),
    },
    {
      name: 'a membership that was looked up',
      code: route(`
        const membership = await prisma.membership.findFirst({ where: { clinicId: req.params.clinicId, userId: req.user.id } })
        if (!membership) return res.status(404).end()
        ${prismaQuery}`),
    },
    {
      name: 'a membership that throws when there is none',
      code: route(`
        await db.selectFrom('clinics').where('id', '=', req.params.clinicId).where('owner_id', '=', req.user.id).executeTakeFirstOrThrow()
        ${query}`),
    },
    {
      name: 'the query asks for the member itself',
      code: route(
        'await prisma.patients.findMany({ where: { clinic_id: req.params.clinicId, members: { some: { userId: req.session.userId } } } })',
      ),
    },
    {
      name: 'a membership found among the rows of the tenant',
      code: route(`
        const { userId } = req.session
        const clinic = await prisma.clinics.findUnique({ where: { id: req.params.clinicId }, include: { members: true } })
        if (!clinic.members.some((one) => one.userId === userId)) return res.status(404).end()
        ${query}`),
    },
    {
      name: 'a check inside a try whose catch leaves',
      code: route(`
        try {
          const found = await prisma.membership.findFirst({ where: { clinicId: req.params.clinicId, userId: req.user.id } })
          if (!found) return res.status(404).end()
        } catch (error) {
          return res.status(500).end()
        }
        ${query}`),
    },
    {
      name: 'a check inside a try whose catch goes on is a check most of the time',
      code: route(`
        try {
          const found = await prisma.membership.findFirst({ where: { clinicId: req.params.clinicId, userId: req.user.id } })
          if (!found) return res.status(404).end()
        } catch (error) {
          report(error)
        }
        ${query}`),
    },
    { name: 'a guard before the handler', code: route(query, 'requireMember, ') },
    {
      name: 'a guard in sight that looks at what was sent',
      code: `${route(query, 'requireLogin, requireClinic, ')}\n${login}${pathMember}`,
    },
    { name: 'a procedure that looks at what was sent', code: procedure('memberProcedure.input(schema)') },
    { name: 'a procedure that is not in sight', code: procedure('clinicProcedure.input(schema)') },
    {
      name: 'a middleware of the procedure that is not in sight',
      code: procedure('protectedProcedure.use(inClinic).input(schema)'),
    },
    {
      name: 'a middleware of the procedure that reads the input',
      code: procedure('protectedProcedure.input(schema).use(({ input, next }) => owns(input) && next())'),
    },
    { name: 'a guard for the file', code: `${route(query)}\nrouter.use(requireMember)` },
    { name: 'something that may be a guard', code: route(`await checkAccess(req)\n${query}`) },
    {
      name: 'a secret of the caller',
      code: route(`if (req.headers.key !== process.env.KEY) return\n${query}`),
    },
    {
      name: 'a wrapper around the handler',
      code: `${head}export const GET = withClinic(async (req: Request) => { ${query.replace('req.params.clinicId', 'req.query.clinicId')} })`,
    },
    {
      name: 'no entry point in sight',
      code: `${head}export async function list(req) { ${query} }`,
    },
    { name: 'a caller hands over the trusted tenant', code: calling('req.clinic.id') },
    {
      name: 'a caller compares what it hands over',
      code: calling(
        'req.params.clinicId',
        'if (req.params.clinicId !== req.clinic.id) return res.status(404).end()',
      ),
    },
    {
      name: 'a caller asks for something that may be a guard',
      code: calling('req.params.clinicId', 'await assertMember(session, req.params.clinicId)'),
    },
    {
      name: 'a caller asks for the membership itself',
      code: calling('', '', 'membersOf(req.params.clinicId, session.userId)'),
    },
    {
      name: 'a caller behind a guard',
      code: `${service}${route('return patientsOf(req.params.clinicId)', 'requireMember, ')}`,
    },
    {
      name: 'the callers choose',
      code: `${head}export const list = (clinicId: string) => pool.query('SELECT * FROM patients WHERE clinic_id = $1', [clinicId])`,
    },
  ],
  invalid: [
    ...queries.map((code) => ({ name: `an open route: ${code}`, code: route(code), errors: untrusted })),
    {
      name: 'signed in is not yet a member',
      code: route(`
        const session = await getSession(req)
        if (!session) return res.status(401).end()
        ${query}`),
      errors: untrusted,
    },
    {
      name: 'a guard in sight that looks at nothing that was sent',
      code: `${route(query, 'requireLogin, ')}\n${login}`,
      errors: untrusted,
    },
    {
      name: 'a procedure that only asks for a session',
      code: procedure('protectedProcedure.input(schema)'),
      errors: untrusted,
    },
    {
      name: 'a procedure for everybody',
      code: procedure('publicProcedure.input(schema)'),
      errors: untrusted,
    },
    {
      name: 'a caller that only knows somebody is signed in hands it over',
      code: calling('req.params.clinicId'),
      errors: [
        {
          messageId: 'untrusted',
          data: {
            relation: 'patients',
            source: 'request.params.clinicId',
            tenant: 'request.clinic.id',
            reach:
              ' Certain: the request chooses `request.params.clinicId` (a handler at file.ts:16 → patientsOf at file.ts:1).',
          },
        },
      ],
    },
    {
      name: 'told once for a handler',
      code: route(queries.join('\n')),
      errors: untrusted,
    },
    {
      name: 'a check that does not leave',
      code: route(`if (req.params.clinicId !== req.clinic.id) console.warn('odd')\n${query}`),
      errors: untrusted,
    },
    {
      name: 'a check of another value',
      code: route(`if (req.query.clinicId !== req.clinic.id) return\n${query}`),
      errors: untrusted,
    },
    {
      name: 'an insert for a tenant from the body',
      code: route("await pool.query('INSERT INTO patients (clinic_id) VALUES ($1)', [req.body.clinicId])"),
      errors: [
        {
          messageId: 'untrusted',
          data: {
            relation: 'patients',
            source: 'request.body.clinicId',
            tenant: 'request.clinic.id',
            reach: '',
          },
        },
      ],
    },
    {
      name: 'a file-system route',
      code: `${head}export default async function handle(req, res) { ${query} }`,
      filename: 'pages/api/clinics.ts',
      errors: untrusted,
    },
    {
      name: 'a possible guard, when unknown is asked for',
      code: route(`await checkAccess(req)\n${query}`),
      options: [{ reportUnknown: true }],
      errors: untrusted,
    },
  ],
})

ruleTester({ ...clinic, guards: { clinicProcedure: ['input.clinicId'], assertMember: [] } }).run(
  'no-untrusted-tenant-id with guards',
  rule as never,
  {
    valid: [
      {
        name: 'a procedure that proves the input',
        code: `${head}export const list = clinicProcedure.input(schema).query(async ({ input }) => { await pool.query('SELECT * FROM patients WHERE clinic_id = $1', [input.clinicId]) })`,
        options: [{ reportUnknown: true }],
      },
      {
        name: 'a guard that is called with the tenant',
        code: route(`await assertMember(req.user, req.params.clinicId)\n${query}`),
        options: [{ reportUnknown: true }],
      },
    ],
    invalid: [
      {
        name: 'a procedure that proves another input',
        code: `${head}export const list = clinicProcedure.input(schema).query(async ({ input }) => { await pool.query('SELECT * FROM patients WHERE clinic_id = $1', [input.otherId]) })`,
        options: [{ reportUnknown: true }],
        errors: untrusted,
      },
    ],
  },
)
