import * as parser from '@typescript-eslint/parser'
import { Linter } from 'eslint'
import { describe, expect, it } from 'vitest'
import watertight from '../../rules/index.ts'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { clinic } from '../support/rule-tester.ts'

const tenancy: TenancyFile = {
  ...clinic,
  relations: {
    clinics: { root: 'id', model: 'Clinic' },
    patients: {
      owned: 'clinic_id',
      model: 'Patient',
      properties: { clinicId: 'clinic_id' },
      relationFields: { visits: { to: 'visits', many: true, on: [['id', 'patient_id']] } },
    },
    visits: { owned: 'clinic_id', model: 'Visit', properties: { clinicId: 'clinic_id' } },
    notes: {
      ownedThrough: ['visit_id', 'visits'],
      model: 'Note',
      relationFields: { visit: { to: 'visits', many: false, on: [['visit_id', 'id']] } },
    },
    medicines: { global: 'reference data' },
  },
}

const file = (body: string, parameters = 'request'): string => `
import { Pool } from 'pg'
import { Kysely } from 'kysely'
import { PrismaClient } from '@prisma/client'
const pool = new Pool()
const db = new Kysely<Database>({ dialect })
const prisma = new PrismaClient()
export async function handle(${parameters}) {
${body}
}
`

function lint(code: string) {
  return new Linter().verify(
    code,
    [
      { files: ['**/*.ts'], languageOptions: { parser } },
      ...watertight.configs.strict,
      { rules: { 'watertight/no-raw-sql': 'off' } },
      { settings: { watertight: { tenancy } } },
    ] as Linter.Config[],
    { filename: 'sample.ts' },
  )
}

/** The body after the first suggestion; null when the first finding has none. */
function mended(body: string, parameters?: string): string | null {
  const code = file(body, parameters)
  const [message] = lint(code)
  expect(message).toBeDefined()
  expect(message!.fatal).toBeUndefined()
  const fix = message!.suggestions?.[0]?.fix
  if (fix === undefined) return null
  const after = code.slice(0, fix.range[0]) + fix.text + code.slice(fix.range[1])
  expect(lint(after).map(({ message: text }) => text)).toEqual([])
  return after.split('\n').slice(8, -2).join('\n')
}

describe('the tenant predicate is suggested, and what it gives is clean', () => {
  it.each([
    [
      'await prisma.patient.findFirst({ where: { id: request.params.id } })',
      'await prisma.patient.findFirst({ where: { id: request.params.id, clinicId: request.clinic.id } })',
    ],
    [
      'await prisma.patient.findMany()',
      'await prisma.patient.findMany({ where: { clinicId: request.clinic.id } })',
    ],
    [
      "await prisma.patient.findMany({ orderBy: { name: 'asc' } })",
      "await prisma.patient.findMany({ orderBy: { name: 'asc' }, where: { clinicId: request.clinic.id } })",
    ],
    [
      'await prisma.patient.deleteMany({ where: {} })',
      'await prisma.patient.deleteMany({ where: { clinicId: request.clinic.id } })',
    ],
    [
      'await prisma.patient.update({ where: { id: request.params.id, }, data: { name: "x" } })',
      'await prisma.patient.update({ where: { id: request.params.id, clinicId: request.clinic.id, }, data: { name: "x" } })',
    ],
    [
      'await prisma.note.findFirst({ where: { id: request.params.id } })',
      'await prisma.note.findFirst({ where: { id: request.params.id, visit: { clinicId: request.clinic.id } } })',
    ],
    [
      'await prisma.patient.create({ data: { name: request.body.name } })',
      'await prisma.patient.create({ data: { name: request.body.name, clinicId: request.clinic.id } })',
    ],
    [
      'await prisma.patient.findFirst({ where: { clinicId: request.clinic.id }, include: { visits: { where: { done: true } } } })',
      'await prisma.patient.findFirst({ where: { clinicId: request.clinic.id }, include: { visits: { where: { done: true, clinicId: request.clinic.id } } } })',
    ],
    [
      "await db.selectFrom('patients').selectAll().where('id', '=', request.params.id).executeTakeFirst()",
      "await db.selectFrom('patients').selectAll().where('id', '=', request.params.id).where('clinicId', '=', request.clinic.id).executeTakeFirst()",
    ],
    [
      "return db.deleteFrom('patients').where('id', '=', request.params.id)",
      "return db.deleteFrom('patients').where('id', '=', request.params.id).where('clinicId', '=', request.clinic.id)",
    ],
    [
      "await db.insertInto('patients').values({ name: request.body.name }).execute()",
      "await db.insertInto('patients').values({ name: request.body.name, clinicId: request.clinic.id }).execute()",
    ],
    [
      "await db.selectFrom('visits as v').innerJoin('patients as p', 'p.name', 'v.name').selectAll().where('v.clinicId', '=', request.clinic.id).execute()",
      "await db.selectFrom('visits as v').innerJoin('patients as p', 'p.name', 'v.name').selectAll().where('v.clinicId', '=', request.clinic.id).where('p.clinicId', '=', request.clinic.id).execute()",
    ],
    [
      "let query = db.selectFrom('patients').selectAll()\nquery = query.where('id', '=', request.params.id)\nawait query.execute()",
      "let query = db.selectFrom('patients').selectAll()\nquery = query.where('id', '=', request.params.id)\nawait query.where('clinicId', '=', request.clinic.id).execute()",
    ],
    [
      "await pool.query('SELECT * FROM patients WHERE id = $1', [request.params.id])",
      "await pool.query('SELECT * FROM patients WHERE id = $1 AND clinic_id = $2', [request.params.id, request.clinic.id])",
    ],
    [
      "await pool.query('SELECT * FROM patients')",
      "await pool.query('SELECT * FROM patients WHERE clinic_id = $1', [request.clinic.id])",
    ],
    [
      'await pool.query(`DELETE FROM visits\n  WHERE id = $1;\n`, [request.params.id])',
      'await pool.query(`DELETE FROM visits\n  WHERE id = $1 AND clinic_id = $2;\n`, [request.params.id, request.clinic.id])',
    ],
    [
      "await pool.query('INSERT INTO patients (name) VALUES ($1)', [request.body.name])",
      "await pool.query('INSERT INTO patients (name, clinic_id) VALUES ($1, $2)', [request.body.name, request.clinic.id])",
    ],
    [
      "await pool.query('UPDATE visits SET done = true WHERE id = $1', [request.params.id])",
      "await pool.query('UPDATE visits SET done = true WHERE id = $1 AND clinic_id = $2', [request.params.id, request.clinic.id])",
    ],
  ])('%s', (before, after) => expect(mended(before)).toBe(after))
})

describe('how the acting tenant is written', () => {
  const query = 'await prisma.patient.findMany()'
  it.each([
    ['a parameter by another name of the request', 'req', 'req.clinic.id'],
    ['a destructured request', '{ clinic }', 'clinic.id'],
    ['a context', '{ ctx, input }', 'ctx.session.clinicId'],
    ['a member of the context', '{ session }', 'session.clinicId'],
    ['a parameter that is named like the column', 'clinicId: string', 'clinicId'],
  ])('%s', (_, parameters, expression) => {
    const value = expression === 'clinicId' ? 'clinicId' : `clinicId: ${expression}`
    expect(mended(query, parameters)).toBe(`await prisma.patient.findMany({ where: { ${value} } })`)
  })
  it('a variable that holds it', () => {
    const code = `const mine = request.clinic.id\n${query}`
    expect(mended(code)).toBe(
      'const mine = request.clinic.id\nawait prisma.patient.findMany({ where: { clinicId: mine } })',
    )
  })
  it.each([
    ['nothing in scope', 'id: string', query],
    ['a parameter that may be missing', 'clinicId?: string', query],
    ['a name that the request chooses', '{ body: { clinicId } }: Request', query],
    ['a type that does not know it', 'request: { params: { id: string } }', query],
    ['declared later', 'id: string', `${query}\nconst clinicId = await current()`],
  ])('not offered: %s', (_, parameters, code) => expect(mended(code, parameters)).toBeNull())
})

describe('no suggestion where the place is not certain', () => {
  it.each([
    'await prisma.patient.findFirst({ where: { id: 1 }, ...rest })',
    'await prisma.patient.findFirst(options(request))',
    'await prisma.patient.create({ data: { name: "x", visits: { create: { at: now } } } })',
    'await prisma.patient.upsert({ where: { id: request.params.id }, create: { name: "x" }, update: {} })',
    "await db.selectFrom('visits as v').leftJoin('patients as p', 'p.name', 'v.name').selectAll().where('v.clinicId', '=', request.clinic.id).execute()",
    "await db.insertInto('patients').values(rows).execute()",
    "await pool.query('SELECT * FROM patients WHERE id = $1 ORDER BY name', [request.params.id])",
    "await pool.query('SELECT * FROM patients WHERE id = $1 OR active', [request.params.id])",
    "await pool.query('SELECT (SELECT 1 FROM medicines WHERE id = $1) FROM patients', [request.params.id])",
    "await pool.query('SELECT * FROM patients WHERE id = $1', values)",
    "await pool.query('SELECT * FROM patients WHERE id = ' + request.params.id)",
    "await pool.query('INSERT INTO patients (name) VALUES ($1), ($2)', [request.body.a, request.body.b])",
    "await pool.query('DELETE FROM visits; DELETE FROM patients')",
    "await pool.query('SELECT * FROM patients GROUP BY name')",
  ])('%s', (code) => expect(mended(code)).toBeNull())
})
