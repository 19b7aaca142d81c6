import rule from '../../rules/lint/no-tenant-mass-assignment.ts'
import { clinic, ruleTester } from '../support/rule-tester.ts'

const tenancy = {
  ...clinic,
  relations: {
    ...clinic.relations,
    patients: {
      owned: 'clinic_id',
      model: 'Patient',
      properties: { clinicId: 'clinic_id' },
      relationFields: { clinic: { to: 'clinics', many: false, on: [['clinic_id', 'id']] } },
    },
  },
} as const

const head = `
import { Pool } from 'pg'
import { Kysely } from 'kysely'
import { PrismaClient } from '@prisma/client'
import { z } from 'zod'
import { imported } from './schemas'
const pool = new Pool()
const db = new Kysely<Database>({ dialect })
const prisma = new PrismaClient()
`
const route = (body: string, options = ''): string =>
  `${head}app.post('/patients', ${options}async (req, res) => {\n${body}\n})`
const create = (data: string): string => `await prisma.patient.create({ data: ${data} })`
const spread = [{ messageId: 'spread' }] as const
const moved = [{ messageId: 'moved' }] as const
const move = "await pool.query('UPDATE patients SET clinic_id = $1 WHERE id = $2', [req.body.clinicId, 1])"

ruleTester(tenancy).run('no-tenant-mass-assignment', rule as never, {
  valid: [
    { name: 'columns written out', code: route(create('{ name: req.body.name, clinicId: req.clinic.id }')) },
    { name: 'the key after the spread', code: route(create('{ ...req.body, clinicId: req.clinic.id }')) },
    {
      name: 'the key after Object.assign',
      code: route(create('Object.assign({}, req.body, { clinicId: req.clinic.id })')),
    },
    {
      name: 'the tenant connected: Prisma refuses the plain key beside it',
      code: route(create('{ ...req.body, clinic: { connect: { id: req.clinic.id } } }')),
    },
    {
      name: 'taken out by destructuring',
      code: route(`const { clinicId, ...rest } = req.body\n${create('rest')}`),
    },
    {
      name: 'a schema in sight without the key',
      code: route(
        `const body = z.object({ name: z.string() }).parse(req.body)\n${create('{ clinicId, ...body }')}`,
      ),
    },
    {
      name: 'a schema that is not in sight',
      code: route(create('{ clinicId: req.clinic.id, ...imported.parse(req.body) }')),
    },
    {
      name: 'a body that the route has validated',
      code: route(create('req.body'), '{ schema: { body: imported } }, '),
    },
    ...[
      'validate(create)',
      'validateBody(create)',
      'validator.body(create)',
      'validateUser(userSchema)',
      'zodBody(create)',
      'check(createSchema)',
    ].map((middleware) => ({
      name: `a body that ${middleware} has seen`,
      code: `${head}app.post('/patients', ${middleware}, async (req, res) => { ${create('req.body')} })`,
    })),
    {
      name: 'a body that a middleware has validated, before a handler that is wrapped',
      code: `${head}app.post('/patients', validate(imported), wrap(async (req, res) => { ${create('req.body')} }))`,
    },
    {
      name: 'a conditional spread of what is written out',
      code: route(create('{ clinicId: req.clinic.id, ...(req.body.name && { name: req.body.name }) }')),
    },
    {
      name: 'no request data',
      code: route(`const rows = await load()\n${create('{ ...rows[0] }')}`),
    },
    {
      name: 'reference data',
      code: route("await db.insertInto('medicines').values(req.body).execute()"),
    },
    {
      name: 'Kysely, the key after the spread',
      code: route(
        "await db.insertInto('patients').values({ ...req.body, clinicId: req.clinic.id }).execute()",
      ),
    },
    {
      name: 'an update of the tenant key to the trusted tenant',
      code: route("await pool.query('UPDATE patients SET clinic_id = $1', [req.clinic.id])"),
    },
    {
      name: 'a move to a tenant that was checked',
      code: route(`if (!(await isMember(req.body.clinicId, req.user.id))) return\n${move}`),
    },
  ],
  invalid: [
    { name: 'the body as it is', code: route(create('req.body')), errors: spread },
    {
      name: 'the body spread after the key',
      code: route(create('{ clinicId: req.clinic.id, ...req.body }')),
      errors: [
        {
          messageId: 'spread',
          data: {
            source: 'req.body',
            relation: 'patients',
            column: 'clinic_id',
            tenant: 'request.clinic.id',
          },
        },
      ],
    },
    {
      name: 'a constant that holds the body',
      code: route(`const data = req.body\n${create('{ ...data }')}`),
      errors: spread,
    },
    {
      name: 'a rest that still has the key',
      code: route(`const { name, ...rest } = req.body\n${create('{ name, ...rest }')}`),
      errors: spread,
    },
    {
      name: 'Object.assign',
      code: route(create('Object.assign({ clinicId: req.clinic.id }, req.body)')),
      errors: spread,
    },
    {
      name: 'an update',
      code: route(
        'await prisma.patient.updateMany({ where: { id: req.params.id, clinicId: req.clinic.id }, data: { ...req.body } })',
      ),
      errors: spread,
    },
    {
      name: 'a schema in sight that has the key',
      code: route(
        `const body = z.object({ clinicId: z.string() }).parse(req.body)\n${create('{ ...body }')}`,
      ),
      errors: spread,
    },
    {
      name: 'json() of a web request',
      code: `${head}export async function POST(request: Request) { const body = await request.json()\n${create('{ ...body }')} }`,
      errors: spread,
    },
    {
      name: 'Kysely values',
      code: route(
        "await db.insertInto('patients').values({ clinicId: req.clinic.id, ...req.body }).execute()",
      ),
      errors: spread,
    },
    {
      name: 'Kysely set',
      code: route(
        "await db.updateTable('patients').set(req.body).where('clinicId', '=', req.clinic.id).execute()",
      ),
      errors: spread,
    },
    {
      name: 'a middleware that says nothing of the body',
      code: `${head}app.post('/patients', requireRole('admin'), wrap(async (req, res) => { ${create('req.body')} }))`,
      errors: spread,
    },
    ...[
      'validateToken()',
      'isValidUser()',
      'invalidate(cache)',
      'bodyParser.json()',
      'validateParams(imported)',
    ].map((middleware) => ({
      name: `${middleware}, which says nothing of the keys of a body`,
      code: `${head}app.post('/patients', ${middleware}, async (req, res) => { ${create('req.body')} })`,
      errors: spread,
    })),
    {
      name: 'options of the route that say nothing of the body',
      code: route(create('req.body'), '{ preHandler: requireRole }, '),
      errors: spread,
    },
    { name: 'the tenant key from the request', code: route(move), errors: moved },
    {
      name: 'the same in Prisma',
      code: route(
        'await prisma.patient.update({ where: { id: req.params.id }, data: { clinicId: req.body.clinicId } })',
      ),
      errors: moved,
    },
    {
      name: 'the same in Kysely',
      code: route(
        "await db.updateTable('patients').set({ clinicId: req.body.clinicId }).where('id', '=', req.params.id).execute()",
      ),
      errors: moved,
    },
    {
      name: 'a schema that is not in sight, when unknown is asked for',
      code: route(create('{ clinicId: req.clinic.id, ...imported.parse(req.body) }')),
      options: [{ reportUnknown: true }],
      errors: spread,
    },
  ],
})
