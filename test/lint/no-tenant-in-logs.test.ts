import rule from '../../rules/lint/no-tenant-in-logs.ts'
import { ruleTester } from '../support/rule-tester.ts'

const code = (body: string): string => `
import { Pool } from 'pg'
import pino from 'pino'
import winston from 'winston'
import { Logger } from '@nestjs/common'
import Fastify from 'fastify'
import { inspect } from 'node:util'
const pool = new Pool()
const logger = pino()
const quiet = pino({ redact: ['password', '*.token', 'req.headers.authorization'] })
const board = winston.createLogger({})
const nest = new Logger('visits')
const app = Fastify({ logger: true })
export async function handle(request, reply, password, page) {
  const clinicId = request.clinic.id
  const { rows: [patient] } = await pool.query('SELECT * FROM patients WHERE clinic_id = $1', [clinicId])
  const { rows: ids, rowCount } = await pool.query('SELECT id FROM patients WHERE clinic_id = $1', [clinicId])
  const { rows: medicines } = await pool.query('SELECT * FROM medicines')
  ${body}
}
`
const secret = [{ messageId: 'secret' }] as const
const headers = [{ messageId: 'headers' }] as const
const body = [{ messageId: 'body' }] as const
const row = [{ messageId: 'row' }] as const
const tenant = [{ messageId: 'tenant' }] as const

ruleTester().run('no-tenant-in-logs', rule as never, {
  valid: [
    code("logger.info({ patientId: patient.id, count: rowCount }, 'read')"),
    { name: 'columns that were chosen', code: code('logger.info({ ids })') },
    { name: 'reference data', code: code('logger.debug({ medicines })') },
    {
      name: 'masked',
      code: code('logger.info({ clinic: mask(clinicId), token: redact(request.body.token) })'),
    },
    {
      name: 'masked before',
      code: code('const maskedClinic = mask(clinicId); logger.info({ clinic: maskedClinic })'),
    },
    {
      name: 'that there was one',
      code: code("logger.warn({ hasPassword: password !== undefined, token: password ? 'given' : 'none' })"),
    },
    { name: 'its length', code: code('logger.info({ password: password.length })') },
    {
      name: 'a place in a list',
      code: code('const pageToken = page.pageToken; logger.info({ pageToken, maxTokens: 10 })'),
    },
    { name: 'a text about it', code: code("logger.warn('the password is wrong')") },
    { name: 'a constant', code: code("const token = 'Bearer'; logger.info(token)") },
    { name: 'left out by the logger', code: code('quiet.info({ password, headers: request.headers })') },
    { name: 'a field of the body', code: code('logger.info({ name: request.body.name })') },
    { name: 'a request with its serializer', code: code('request.log.info({ req: request })') },
    { name: 'not written', code: code("if (password) logger.info('password given')") },
    {
      name: 'a field of a body that was parsed',
      code: code('const { name, kind } = await request.json(); logger.info({ name, kind })'),
    },
    { name: 'columns of a table that are named', code: code("console.table(patient, ['id'])") },
    {
      name: 'outside production',
      code: code("if (process.env.NODE_ENV === 'development') console.log(password)"),
    },
    {
      name: 'a request that is none of HTTP',
      code: 'export const start = (request: TimerRequest) => console.log(request)',
    },
    { name: 'no logger', code: code('journal.write(password); reply.send(patient)') },
    {
      name: 'in a browser',
      code: "'use client'\nexport const show = (password: string) => console.log(password)",
    },
    {
      name: 'a flag',
      code: 'export const show = (secret: boolean) => console.log(secret)',
    },
    {
      name: 'tenants by their ids, where that is the policy',
      code: code('logger.info({ clinicId })'),
      options: [{ allowTenantIds: true }],
    },
    {
      name: 'rows, bodies and tenants, where only certain findings are wanted',
      code: code('logger.info({ patient, clinicId, body: request.body })'),
      options: [{ onlyCertain: true }],
    },
  ],
  invalid: [
    {
      name: 'several secrets in one line of the log',
      code: 'export function login(request) { const { password, token } = request.body; console.log({ password }, token) }',
      errors: [{ messageId: 'secret', data: { source: 'password`, `token' } }],
    },
    {
      code: code('logger.info({ password })'),
      errors: [{ messageId: 'secret', data: { source: 'password' } }],
    },
    {
      name: 'in a text',
      code: code('console.log(`signed in with ${request.body.password}`)'),
      errors: secret,
    },
    { name: 'appended', code: code("board.info('token: ' + request.query.token)"), errors: secret },
    { name: 'NestJS', code: code('nest.warn(request.body.apiKey)'), errors: secret },
    { name: 'Fastify', code: code('app.log.error({ secret: request.body.clientSecret })'), errors: secret },
    {
      name: 'of the request',
      code: code('request.log.info({ accessToken: reply.accessToken })'),
      errors: secret,
    },
    {
      name: 'of an object',
      code: 'export class Visits { constructor(private readonly logger) {}\n show(token: string) { this.logger.info({ token }) } }',
      errors: secret,
    },
    { name: 'serialised', code: code('console.log(JSON.stringify({ password }))'), errors: secret },
    {
      name: 'through a constant',
      code: code('const told = { password, page }; logger.info(told)'),
      errors: secret,
    },
    { name: 'in a branch', code: code("logger.info(page ? request.body.token : 'none')"), errors: secret },
    { name: 'under a name of its own', code: code('logger.info({ password: page.value })'), errors: secret },
    {
      name: 'in a text of a logger that leaves out properties',
      code: code('quiet.info(`with ${password}`)'),
      errors: secret,
    },
    {
      name: 'a property that the logger does not leave out',
      code: code('quiet.info({ secret: page.secret })'),
      errors: secret,
    },
    {
      name: 'headers, where only certain findings are wanted',
      code: code('console.log(request.headers)'),
      options: [{ onlyCertain: true }],
      errors: headers,
    },
    { name: 'cookies', code: code('logger.debug({ cookies: request.cookies })'), errors: headers },
    { name: 'a whole request', code: code('console.log(request)'), errors: headers },
    {
      name: 'a whole request by its type',
      code: 'export const start = (req: Request) => console.log(JSON.stringify(req))',
      errors: headers,
    },
    {
      name: 'the logger of a package that does something else',
      code: "import { logger } from '@trigger.dev/sdk/v3'\nexport const run = (token: string) => logger.info(token)",
      errors: secret,
    },
    {
      name: 'a body that was parsed by hand',
      code: code('const text = await request.text(); logger.info(JSON.parse(text))'),
      errors: body,
    },
    { name: 'a body', code: code("logger.info({ body: request.body }, 'came')"), errors: body },
    {
      name: 'a body that was parsed',
      code: code('const sent = await request.json(); logger.info(sent)'),
      errors: body,
    },
    { name: 'a table with every column', code: code('console.table(patient)'), errors: row },
    {
      name: 'behind a test of something else',
      code: code("if (process.env.REGION === 'eu') console.log(password)"),
      errors: secret,
    },
    { name: 'a body that is spread', code: code('logger.info({ ...request.body })'), errors: body },
    {
      name: 'a row',
      code: code('logger.info({ patient })'),
      errors: [{ messageId: 'row', data: { source: 'patient', relation: 'patients' } }],
    },
    { name: 'a row as text', code: code('console.log(inspect(patient))'), errors: row },
    {
      name: 'rows of a result',
      code: code(
        "const found = await pool.query('SELECT * FROM visits WHERE clinic_id = $1', [clinicId]); console.log(found.rows)",
      ),
      errors: row,
    },
    {
      name: 'Prisma',
      code: "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\nexport async function list(id) { const visits = await prisma.visits.findMany({ where: { clinic_id: id } }); console.log(visits) }",
      errors: row,
    },
    {
      name: 'Kysely',
      code: "import { Kysely } from 'kysely'\nconst db = new Kysely<Database>({ dialect })\nexport async function list(id) { const visits = await db.selectFrom('visits').selectAll().where('clinic_id', '=', id).execute(); console.log(visits) }",
      errors: row,
    },
    { name: 'the tenant', code: code('logger.info({ clinicId })'), errors: tenant },
    {
      name: 'the tenant in a text',
      code: code('console.log(`clinic ${request.clinic.id}`)'),
      errors: tenant,
    },
  ],
})
