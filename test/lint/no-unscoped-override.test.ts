import rule from '../../rules/lint/no-unscoped-override.ts'
import { clinic, handler, ruleTester } from '../support/rule-tester.ts'

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

const role = [{ messageId: 'role' }] as const
const scope = [{ messageId: 'scope' }] as const
const reset = [{ messageId: 'reset' }] as const
const visits = "await pool.query('SELECT * FROM visits')"

ruleTester().run('no-unscoped-override: roles and row-level security', rule as never, {
  valid: [
    {
      name: 'a role of which nothing is known',
      code: handler("await pool.query('SET LOCAL ROLE clinic_app')"),
    },
    {
      name: 'a value that names the role',
      code: handler('await pool.query(`SET LOCAL ROLE ${request.role}`)'),
    },
    {
      name: 'a role that policies hold',
      code: handler("await pool.query('SET LOCAL ROLE clinic_app')"),
      options: [{ confinedRoles: ['clinic_app'], reportUnknown: true }],
    },
    { name: 'given back', code: handler(`try { ${visits} } finally { await pool.query('RESET ROLE') }`) },
    {
      name: 'given back before another function',
      code: `${handler("await pool.query('RESET ROLE')")}\nexport const all = async () => { ${visits} }`,
    },
    { name: 'switched on', code: handler("await pool.query('SET row_security = on')") },
    { name: 'another setting', code: handler("await pool.query('SET LOCAL app.role = admin')") },
    {
      name: 'a column of that name',
      code: handler(
        "await pool.query('UPDATE patients SET role = $1 WHERE clinic_id = $2', ['admin', request.clinic.id])",
      ),
    },
    { name: 'no SQL', code: "form.run('please set role admin')\nexport const row_security = 'off'" },
    {
      name: 'with the reason',
      code: handler(
        '// watertight-ignore reason="nightly report"\n  await pool.query(\'SET ROLE clinic_admin\')',
      ),
    },
  ],
  invalid: [
    {
      code: handler("await pool.query('SET ROLE clinic_admin')"),
      errors: [{ messageId: 'role', data: { role: 'clinic_admin' } }],
    },
    {
      name: 'in lower case, quoted',
      code: handler('await pool.query(\'begin; set local role "postgres"\')'),
      errors: role,
    },
    {
      name: 'by set_config',
      code: handler("await pool.query(\"SELECT set_config('role', 'service_role', true)\")"),
      errors: role,
    },
    {
      name: 'the user of the session',
      code: handler("await pool.query('SET SESSION AUTHORIZATION postgres')"),
      errors: role,
    },
    {
      name: 'postgres.js',
      code: "import postgres from 'postgres'\nconst sql = postgres('')\nexport const all = async () => { await sql`SET ROLE migrator` }",
      errors: role,
    },
    {
      name: 'Kysely',
      code: "import { Kysely, sql } from 'kysely'\nconst db = new Kysely({ dialect })\nexport const all = async () => { await sql`SET ROLE migrator`.execute(db) }",
      errors: role,
    },
    {
      name: 'Prisma',
      code: "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\nexport const all = async () => { await prisma.$executeRawUnsafe('SET ROLE migrator') }",
      errors: role,
    },
    {
      name: 'a role of which nothing is known, when unknown is asked for',
      code: handler("await pool.query('SET LOCAL ROLE clinic_app')"),
      options: [{ reportUnknown: true }],
      errors: [{ messageId: 'unknownRole', data: { role: 'clinic_app' } }],
    },
    {
      name: 'a value that names the role, when unknown is asked for',
      code: handler('await pool.query(`SET LOCAL ROLE ${request.role}`)'),
      options: [{ reportUnknown: true }],
      errors: [{ messageId: 'unknownRole' }],
    },
    {
      name: 'given back before the query',
      code: handler(`await pool.query('RESET ROLE'); ${visits}`),
      errors: reset,
    },
    {
      name: 'no role before the query',
      code: handler(`await pool.query('SET ROLE NONE'); ${visits}`),
      errors: reset,
    },
    {
      name: 'no other user before the query',
      code: handler(`await pool.query('RESET SESSION AUTHORIZATION'); ${visits}`),
      errors: reset,
    },
    {
      name: 'row-level security',
      code: handler("await pool.query('SET LOCAL row_security = off')"),
      errors: [{ messageId: 'off' }],
    },
    {
      name: 'row-level security, to off',
      code: handler("await pool.query('SET row_security TO off')"),
      errors: [{ messageId: 'off' }],
    },
    {
      name: 'row-level security by set_config',
      code: handler("await pool.query(\"SELECT set_config('row_security', 'off', true)\")"),
      errors: [{ messageId: 'off' }],
    },
  ],
})

const models: typeof clinic = {
  ...clinic,
  relations: {
    ...clinic.relations,
    patients: { owned: 'clinic_id', model: 'Patient', properties: { clinicId: 'clinic_id' } },
  },
  scopedClients: ['em', 'Patient', 'scopedDb', 'prisma.$parent'],
}

const sequelize = (query: string): string => `
import { Sequelize, Model, DataTypes } from 'sequelize'
class Patient extends Model {}
Patient.init({ clinicId: DataTypes.UUID }, { sequelize: new Sequelize(''), modelName: 'Patient' })
const Everyone = Patient.unscoped()
export async function list(clinicId) { return ${query} }
`
const mikro = (query: string): string => `
import { EntityManager } from '@mikro-orm/postgresql'
import { Patient } from './patient'
const everyone = { filters: { clinic: false } }
export async function list(em: EntityManager, clinicId: string) { return ${query} }
`
const kysely = (query: string): string => `
import { Kysely } from 'kysely'
const scopedDb = new Kysely<Database>({ dialect, plugins: [new ClinicPlugin()] })
export async function list(clinicId) { return ${query} }
`
const prisma = (query: string): string => `
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient().$extends(clinicExtension)
export async function list(clinicId) { return ${query} }
`

ruleTester(models).run('no-unscoped-override: filters that are switched off', rule as never, {
  valid: [
    sequelize('Patient.findAll()'),
    {
      name: 'Sequelize, confined by itself',
      code: sequelize('Patient.unscoped().findAll({ where: { clinicId } })'),
    },
    { name: 'Sequelize, a scope', code: sequelize("Patient.scope('clinic').findAll()") },
    mikro('em.find(Patient, {})'),
    {
      name: 'MikroORM, a filter that is on',
      code: mikro('em.find(Patient, {}, { filters: { clinic: { clinicId } } })'),
    },
    {
      name: 'MikroORM, confined by itself',
      code: mikro('em.find(Patient, { clinicId }, { filters: false })'),
    },
    kysely("scopedDb.selectFrom('patients').selectAll().execute()"),
    {
      name: 'Kysely, confined by itself',
      code: kysely(
        "scopedDb.withoutPlugins().selectFrom('patients').where('clinic_id', '=', clinicId).selectAll().execute()",
      ),
    },
    {
      name: 'Kysely, reference data',
      code: kysely("scopedDb.withoutPlugins().selectFrom('medicines').selectAll().execute()"),
    },
  ],
  invalid: [
    {
      code: sequelize('Patient.unscoped().findAll()'),
      errors: [{ messageId: 'scope', data: { relation: 'patients', how: 'Patient.unscoped' } }],
    },
    { name: 'Sequelize, through a constant', code: sequelize('Everyone.findAll()'), errors: scope },
    { name: 'Sequelize, no scope', code: sequelize('Patient.scope(null).findAll()'), errors: scope },
    {
      name: 'MikroORM, all filters',
      code: mikro('em.find(Patient, {}, { filters: false })'),
      errors: [{ messageId: 'scope', data: { relation: 'patients', how: 'filters: false' } }],
    },
    {
      name: 'MikroORM, one filter',
      code: mikro('em.findOne(Patient, { name: clinicId }, { filters: { clinic: false } })'),
      errors: scope,
    },
    { name: 'MikroORM, options in a constant', code: mikro('em.find(Patient, {}, everyone)'), errors: scope },
    {
      name: 'Kysely',
      code: kysely("scopedDb.withoutPlugins().selectFrom('patients').selectAll().execute()"),
      errors: scope,
    },
    {
      name: 'Prisma, the client below the extension',
      code: prisma('prisma.$parent.patient.findMany()'),
      errors: scope,
    },
    {
      name: 'a method of that name',
      code: kysely("scopedDb.withoutTenant().selectFrom('patients').selectAll().execute()"),
      errors: scope,
    },
  ],
})
