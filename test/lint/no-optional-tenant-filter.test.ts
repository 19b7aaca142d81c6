import rule from '../../rules/lint/no-optional-tenant-filter.ts'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { handler, ruleTester } from '../support/rule-tester.ts'

const optional = [{ messageId: 'optional' }] as const

ruleTester().run('no-optional-tenant-filter', rule as never, {
  valid: [
    {
      name: 'other conditions may come and go',
      code: handler(`
        let text = 'SELECT * FROM patients WHERE clinic_id = $1'
        const values = [request.clinic.id]
        if (request.query.name) { text += ' AND name = $2'; values.push(request.query.name) }
        await pool.query(text, values)`),
    },
    {
      name: 'one of two texts, both with the tenant',
      code: handler(
        "const text = request.query.all ? 'SELECT * FROM patients WHERE clinic_id = $1' : 'SELECT * FROM patients WHERE clinic_id = $1 AND active'; await pool.query(text, [request.clinic.id])",
      ),
    },
    {
      name: 'never filtered: the business of require-tenant-filter',
      code: handler("await pool.query('SELECT * FROM patients')"),
    },
  ],
  invalid: [
    {
      name: 'an append under an if',
      code: handler(`
        let text = 'SELECT * FROM patients WHERE active'
        if (request.clinic) text += ' AND clinic_id = $1'
        await pool.query(text, [request.clinic?.id])`),
      errors: [
        {
          messageId: 'optional',
          data: {
            relation: 'patients',
            reason: 'the program adds the tenant predicate only on some paths',
            predicate: 'patients.clinic_id = request.clinic.id',
            others: '',
            reach: ' Likely: `request.clinic.id` is in scope, and the query ignores it.',
          },
        },
      ],
    },
    {
      name: 'a conditional piece of a template',
      code: handler(
        "const id = request.clinic?.id; await pool.query(`SELECT * FROM patients ${id ? 'WHERE clinic_id = $1' : ''}`, [id])",
      ),
      errors: optional,
    },
    {
      name: 'a condition pushed under an if',
      code: handler(`
        const where = ['active']
        const values = []
        if (request.query.clinic) where.push(\`clinic_id = $\${values.push(request.query.clinic)}\`)
        await pool.query(\`SELECT * FROM patients WHERE \${where.join(' AND ')}\`, values)`),
      errors: optional,
    },
    {
      name: 'a NULL parameter that switches the filter off',
      code: handler(
        "await pool.query('SELECT * FROM patients WHERE ($1::uuid IS NULL OR clinic_id = $1)', [request.query.clinic])",
      ),
      errors: optional,
    },
    {
      name: 'COALESCE with the column itself',
      code: handler(
        "await pool.query('SELECT * FROM patients WHERE clinic_id = COALESCE($1, clinic_id)', [request.query.clinic])",
      ),
      errors: optional,
    },
  ],
})

const filing: TenancyFile = {
  tenantRoot: 'teams',
  tenantColumns: ['teamId'],
  relations: {
    teams: { root: 'id', model: 'Team' },
    folders: { owned: 'teamId', model: 'Folder' },
    documents: {
      owned: 'teamId',
      model: 'Document',
      relationFields: { folder: { to: 'folders', many: false, on: [['folderId', 'id']] } },
    },
  },
  trusted: ['request.team.id'],
}

const listed = (where: string): string => `
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export async function list(request) {
  const { query } = request.query
  return prisma.document.findMany({ where: ${where}, include: { folder: true } })
}`

ruleTester(filing).run('no-optional-tenant-filter, of what hangs on a confined row', rule as never, {
  valid: [
    {
      name: 'a filter over the folder of a document that is always the tenant’s may come and go',
      code: listed(
        '{ teamId: request.team.id, ...(query && { OR: [{ folderId: null }, { folder: { hidden: false } }] }) }',
      ),
    },
    {
      name: 'a filter over the folder that names the tenant only at times',
      code: listed(
        '{ teamId: request.team.id, folder: { hidden: false, ...(query && { teamId: request.team.id }) } }',
      ),
    },
  ],
  invalid: [
    {
      name: 'the tenant comes and goes with the filter over the folder',
      code: listed('{ ...(query && { teamId: request.team.id, folder: { hidden: false } }) }'),
      errors: optional,
    },
    {
      name: 'the document is confined at times, its folder always tied to it',
      code: listed('{ folder: { hidden: false }, ...(query && { teamId: request.team.id }) }'),
      errors: optional,
    },
  ],
})
