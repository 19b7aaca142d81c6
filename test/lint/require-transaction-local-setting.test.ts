import rule from '../../rules/lint/require-transaction-local-setting.ts'
import { ruleTester } from '../support/rule-tester.ts'

const pg = (body: string): string => `
import { Pool, Client } from 'pg'
const pool = new Pool()
export async function run(request, client) {
  ${body}
}
`

const prisma = (body: string): string => `
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export async function run(request) {
  ${body}
}
`

ruleTester().run('require-transaction-local-setting', rule as never, {
  valid: [
    pg(
      "await client.query('BEGIN'); await client.query(\"SELECT set_config('app.clinic', $1, true)\", [request.clinic.id])",
    ),
    {
      name: 'the caller may have begun',
      code: pg("await client.query(`SET LOCAL app.clinic = '${request.clinic.id}'`)"),
    },
    {
      name: 'a client of the pool, in a transaction',
      code: pg(
        "const c = await pool.connect(); await c.query('BEGIN'); await c.query('SET LOCAL app.clinic = 1')",
      ),
    },
    {
      name: 'in the transaction of an interactive transaction',
      code: prisma(
        "await prisma.$transaction(async (tx) => { await tx.$executeRaw`SELECT set_config('app.clinic', ${request.clinic.id}, TRUE)`; return tx.patient.findMany() })",
      ),
    },
    {
      name: 'in a batch',
      code: prisma(
        "await prisma.$transaction([prisma.$executeRaw`SELECT set_config('app.clinic', ${request.clinic.id}, TRUE)`, prisma.patient.findMany()])",
      ),
    },
    {
      name: 'Kysely',
      code: "import { Kysely, sql } from 'kysely'\nconst db = new Kysely({})\nexport const run = (id) => db.transaction().execute(async (trx) => { await sql`select set_config('app.clinic', ${id}, true)`.execute(trx) })",
    },
    {
      name: 'another setting',
      code: pg("await pool.query(\"SET app.trace = '1'\"); await pool.query('SET statement_timeout = 100')"),
    },
    {
      name: 'a connection of its own',
      code: pg("const own = new Client(); await own.query('SET app.clinic = 1')"),
    },
    {
      name: 'taken back before the connection is',
      code: pg(
        "const c = await pool.connect(); try { await c.query('SET app.clinic = 1'); return await work(c) } finally { await c.query('RESET app.clinic'); c.release() }",
      ),
    },
    { name: 'text that is not sent', code: pg("console.log('SET app.clinic = 1')") },
  ],
  invalid: [
    {
      code: pg("await pool.query('SET app.clinic = 1'); await pool.query('SELECT * FROM patients')"),
      errors: [{ messageId: 'pool', data: { name: 'app.clinic', client: 'pool' } }],
    },
    {
      code: pg(
        'const c = await pool.connect(); await c.query("SELECT set_config(\'app.clinic\', $1, false)", [request.clinic.id])',
      ),
      errors: [{ messageId: 'session' }],
    },
    {
      name: 'of unknown origin',
      code: pg("await client.query({ text: 'SET SESSION app.clinic TO 1' })"),
      errors: [{ messageId: 'session' }],
    },
    {
      name: 'in a transaction, which it outlives',
      code: pg(
        "await client.query('BEGIN'); await client.query(\"SELECT set_config('app.clinic', $1, false)\", [1])",
      ),
      errors: [
        {
          messageId: 'session',
          suggestions: [
            {
              messageId: 'makeLocal',
              output: pg(
                "await client.query('BEGIN'); await client.query(\"SELECT set_config('app.clinic', $1, true)\", [1])",
              ),
            },
          ],
        },
      ],
    },
    {
      name: 'SET in a transaction',
      code: pg("await client.query('BEGIN'); await client.query(`SET app.clinic = '${request.clinic.id}'`)"),
      errors: [
        {
          messageId: 'session',
          suggestions: [
            {
              messageId: 'makeLocal',
              output: pg(
                "await client.query('BEGIN'); await client.query(`SET LOCAL app.clinic = '${request.clinic.id}'`)",
              ),
            },
          ],
        },
      ],
    },
    {
      name: 'no transaction',
      code: pg("await pool.query('SET LOCAL app.clinic = 1')"),
      errors: [{ messageId: 'outside' }],
    },
    {
      name: 'no transaction on the client of a pool',
      code: pg("const c = await pool.connect(); await c.query('SET LOCAL app.clinic = 1')"),
      errors: [{ messageId: 'outside' }],
    },
    {
      name: 'Prisma, outside',
      code: prisma("await prisma.$executeRaw`SELECT set_config('app.clinic', ${request.clinic.id}, TRUE)`"),
      errors: [{ messageId: 'outside' }],
    },
    {
      name: 'Prisma, for the session',
      code: prisma("await prisma.$executeRawUnsafe(`SET app.clinic = '${request.clinic.id}'`)"),
      errors: [{ messageId: 'pool' }],
    },
    {
      name: 'queried through the pool',
      code: "import { Kysely, sql } from 'kysely'\nconst db = new Kysely<DB>({})\nexport const run = (id) => db.transaction().execute(async (trx) => { await sql`select set_config('app.clinic', ${id}, true)`.execute(trx); return db.selectFrom('patients').selectAll().execute() })",
      errors: [
        {
          messageId: 'otherClient',
          data: { name: 'app.clinic', client: 'trx', other: 'db', relation: 'patients' },
        },
      ],
    },
  ],
})

ruleTester({ tenantColumns: ['clinic_id'], relations: {} }).run(
  'require-transaction-local-setting without a named setting',
  rule as never,
  {
    valid: [pg("await pool.query('SET app.trace_id = 1')")],
    invalid: [{ code: pg("await pool.query('SET rls.clinic_id = 1')"), errors: [{ messageId: 'pool' }] }],
  },
)
