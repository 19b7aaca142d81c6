import rule from '../../rules/lint/require-tenant-filter.ts'
import { clinic, handler, ruleTester, withoutSuggestions } from '../support/rule-tester.ts'

const missing = { messageId: 'missing' } as const

const lettingOwners = `
const assertVisitAccess = async (session, id) => {
  const member = await findMember(session.userId)
  if (member.role !== 'owner') {
    if (!member.visits.includes(id)) throw new Error('no')
  }
}
app.get('/a/:id', async (request) => {
  const session = await getSession(request)
  await assertVisitAccess(session, request.params.id)
  return pool.query('SELECT * FROM visits WHERE id = $1', [request.params.id])
})
app.delete('/a/:id', async (request) => {
  const session = await getSession(request)
  await assertVisitAccess(session, request.params.id)
  return pool.query('DELETE FROM visits WHERE id = $1', [request.params.id])
})
`

ruleTester().run('require-tenant-filter', withoutSuggestions(rule) as never, {
  valid: [
    {
      name: 'a function of the database',
      code: handler("await pool.query('SELECT archive_visits($1)', [request.params.id])"),
    },
    {
      name: 'functions that touch no table, when unknown is asked for',
      code: handler(
        "await pool.query('SELECT count(*), lower(name), coalesce(max(name), $2) FROM patients WHERE clinic_id = $1 GROUP BY name', [request.clinic.id, ''])",
      ),
      options: [{ reportUnknown: true }],
    },
    handler("await pool.query('SELECT * FROM patients WHERE clinic_id = $1', [request.clinic.id])"),
    handler("await pool.query('SELECT * FROM medicines')"),
    {
      name: 'a schema for each tenant, named by the authenticated one',
      code: handler('await pool.query(`SELECT * FROM "${request.clinic.id}".invoices`)'),
      options: [{ reportUnknown: true }],
    },
    {
      name: 'a schema for each tenant, handed in',
      code: handler('const of = (tenant) => pool.query(`SELECT * FROM "${tenant}".invoices`)'),
    },
    {
      name: 'a schema for each tenant, handed in and quoted by a helper',
      code: handler(
        "const quoted = (name) => '\"' + name.replace(/\"/g, '\"\"') + '\"'\nconst of = (tenant) => pool.query(`SELECT * FROM ${quoted(tenant)}.invoices`)",
      ),
    },
    {
      name: 'a relation whose name is put together',
      code: handler('const of = (kind) => pool.query(`SELECT * FROM "${kind}_invoices"`)'),
    },
    handler("await pool.query('SELECT now()')"),
    handler("await pool.query('BEGIN'); await pool.query('SET search_path = x')"),
    handler(
      "await pool.query({ text: 'DELETE FROM visits WHERE clinic_id = $1', values: [request.clinic.id] })",
    ),
    handler(
      'await pool.query(`UPDATE visits SET done = true WHERE id = $1 AND clinic_id = $2`, [1, request.clinic.id])',
    ),
    handler(
      'await pool.query("SELECT * FROM patients WHERE clinic_id = current_setting(\'app.clinic\')::uuid")',
    ),
    {
      name: 'a fragment kept in a constant',
      code: handler(
        "const scoped = 'clinic_id = $1'; await pool.query(`SELECT * FROM patients WHERE ${scoped} AND id = $2`, [request.clinic.id, 1])",
      ),
    },
    {
      name: 'an array of conditions that always holds the tenant',
      code: handler(`
        const where = ['clinic_id = $1']
        const values = [request.clinic.id]
        if (request.query.name) { values.push(request.query.name); where.push(\`name = $\${values.length}\`) }
        await pool.query('SELECT * FROM patients WHERE ' + where.join(' AND '), values)`),
    },
    {
      name: 'a helper that writes the predicate',
      code: `
import { Pool } from 'pg'
const pool = new Pool()
const ofClinic = (alias) => \`\${alias}.clinic_id = $1\`
export const list = (clinicId) => pool.query(\`SELECT * FROM patients p WHERE \${ofClinic('p')}\`, [clinicId])
`,
    },
    { name: 'no database client: a map', code: "const m = new Map(); m.delete('patients'); m.query?.('x')" },
    {
      name: 'another package with a method of the same name',
      code: "import { Client } from 'cassandra-driver'\nconst db = new Client({})\ndb.query('SELECT * FROM patients')",
    },
    {
      name: 'what the parser of PostgreSQL does not take, through a client that is not known',
      code: "export const f = (db) => db.query('SELECT * FROM patients WHERE id = #1#', [1])",
    },
    {
      name: 'unknown is silent unless asked for',
      code: handler('await pool.query(build(request))'),
    },
    {
      name: 'a scoped client that the tenancy model names',
      code: "import { Pool } from 'pg'\nconst clinicDb = new Pool()\nexport const all = () => clinicDb.query('SELECT * FROM patients')",
    },
  ],
  invalid: [
    {
      name: 'queries behind one check that a role passes: told once',
      code: `import { Pool } from 'pg'\nconst pool = new Pool()\n${lettingOwners}`,
      options: [{ tier: 'likely' }],
      errors: [missing],
    },
    {
      name: 'queries behind one check that a role passes, where each must have its filter',
      code: `import { Pool } from 'pg'\nconst pool = new Pool()\n${lettingOwners}`,
      options: [{ tier: 'every' }],
      errors: [missing, missing],
    },
    {
      code: handler("await pool.query('SELECT * FROM patients WHERE id = $1', [request.params.id])"),
      errors: [
        {
          messageId: 'missing',
          data: {
            relation: 'patients',
            access: 'read',
            reason: 'no condition binds it to a tenant',
            predicate: 'patients.clinic_id = request.clinic.id',
            others: '',
            reach:
              ' Likely: the request chooses `request.params.id`, and no authenticated actor is in sight.',
          },
          line: 5,
        },
      ],
    },
    {
      code: handler("await pool.query('UPDATE visits SET done = true WHERE id = $1', [request.params.id])"),
      errors: [missing],
    },
    { code: handler("await pool.query('DELETE FROM visits WHERE id = $1', [1])"), errors: [missing] },
    { code: handler("await pool.query('TRUNCATE patients')"), errors: [missing] },
    {
      name: 'OR takes more than it should',
      code: handler(
        "await pool.query('SELECT * FROM patients WHERE clinic_id = $1 AND name = $2 OR archived', [request.clinic.id, 'x'])",
      ),
      errors: [missing],
    },
    {
      name: 'a tenant written into the code',
      code: handler('await pool.query("SELECT * FROM patients WHERE clinic_id = \'c1\'")'),
      errors: [missing],
    },
    {
      name: 'an object with text and values, kept in a constant',
      code: handler("const q = { text: 'SELECT * FROM visits', values: [] }; await pool.query(q)"),
      errors: [missing],
    },
    {
      name: 'text built by appends',
      code: handler(
        "let text = 'SELECT * FROM patients'; text += ' WHERE id = $1'; await pool.query(text, [request.params.id])",
      ),
      errors: [missing],
    },
    {
      name: 'text built by concatenation',
      code: handler(
        "await pool.query('SELECT * FROM patients ' + 'WHERE id = ' + Number(request.params.id))",
      ),
      errors: [missing],
    },
    {
      name: 'a sub-select',
      code: handler(
        "await pool.query('SELECT * FROM medicines WHERE id IN (SELECT medicine_id FROM visits WHERE id = $1)', [1])",
      ),
      errors: [missing],
    },
    {
      name: 'a client from the pool, in a class',
      code: `
import pg from 'pg'
class Repository {
  constructor(private readonly pool: pg.Pool) {}
  async find(id: string) {
    const client = await this.pool.connect()
    return client.query('SELECT * FROM patients WHERE id = $1', [id])
  }
}`,
      errors: [missing],
    },
    {
      name: 'a parameter that is typed',
      code: "import type { PoolClient } from 'pg'\nexport const find = (c: PoolClient, id: string) => c.query('SELECT * FROM patients WHERE id = $1', [id])",
      errors: [missing],
    },
    {
      name: 'CommonJS',
      code: "const { Pool } = require('pg')\nconst db = new Pool()\nexports.find = (id) => db.query('SELECT * FROM patients WHERE id = $1', [id])",
      errors: [missing],
    },
    {
      name: 'a module that is not in reach, and text that is SQL',
      code: "const db = require('../db')\nexports.find = (id) => db.query('SELECT * FROM patients WHERE id = $1', [id])",
      errors: [missing],
    },
    {
      name: 'a wrapper in the same file',
      code: `
import { Pool } from 'pg'
const pool = new Pool()
async function one(text: string, values: unknown[]) {
  const result = await pool.query(text, values)
  return result.rows[0]
}
export const find = (id: string) => one('SELECT * FROM patients WHERE id = $1', [id])`,
      errors: [missing],
    },
    {
      name: 'two statements in one text',
      code: handler("await pool.query('DELETE FROM visits; DELETE FROM patients')"),
      errors: [missing, missing],
    },
    {
      name: 'a relation that nobody classified',
      code: handler("await pool.query('SELECT * FROM invoices')"),
      errors: [{ messageId: 'unnamed', data: { relation: 'invoices' } }],
    },
    {
      name: 'relations that nobody classified, each of them once in a file',
      code: handler(
        "await pool.query('SELECT * FROM invoices'); await pool.query('DELETE FROM invoices'); await pool.query('SELECT * FROM payments')",
      ),
      errors: [
        { messageId: 'unnamed', data: { relation: 'invoices' } },
        { messageId: 'unnamed', data: { relation: 'payments' } },
      ],
    },
    {
      name: 'a relation that nobody classified, which an escape excuses in one place',
      code: handler(
        "// watertight-ignore reason='looked at by hand'\nawait pool.query('SELECT * FROM invoices')\nawait pool.query('DELETE FROM invoices')",
      ),
      errors: [{ messageId: 'unnamed', data: { relation: 'invoices' }, line: 7 }],
    },
    {
      name: 'a schema that the request names, quoted by a helper',
      code: handler(
        "const quoted = (name) => '\"' + name.replace(/\"/g, '\"\"') + '\"'\nawait pool.query(`SELECT * FROM ${quoted(request.query.tenant)}.invoices`)",
      ),
      errors: [{ messageId: 'unnamed', data: { relation: 'invoices' } }],
    },
    {
      name: 'a schema that the request names',
      code: handler('await pool.query(`SELECT * FROM "${request.query.tenant}".invoices`)'),
      errors: [{ messageId: 'unnamed' }],
    },
    {
      name: 'a schema that is no tenant by its name',
      code: handler('const of = (settings) => pool.query(`SELECT * FROM "${settings.schema}".invoices`)'),
      errors: [{ messageId: 'unnamed' }],
    },
    {
      name: 'a table that all share beside one in the schema of a tenant',
      code: handler(
        'const of = (tenant) => pool.query(`SELECT * FROM "${tenant}".invoices JOIN public.patients ON true`)',
      ),
      options: [{ reportUnknown: true }],
      errors: [{ messageId: 'unknown' }],
    },
    {
      name: 'a schema for each tenant, handed in, when unknown is asked for',
      code: handler('const of = (tenant) => pool.query(`SELECT * FROM "${tenant}".invoices`)'),
      options: [{ reportUnknown: true }],
      errors: [{ messageId: 'unknown' }],
    },
    {
      name: 'opaque text, when unknown is asked for',
      code: handler('await pool.query(build(request))'),
      options: [{ reportUnknown: true }],
      errors: [{ messageId: 'opaque' }],
    },
    {
      name: 'a function of the database, when unknown is asked for',
      code: handler("await pool.query('SELECT archive_visits($1)', [request.params.id])"),
      options: [{ reportUnknown: true }],
      errors: [{ messageId: 'called', data: { name: 'archive_visits' } }],
    },
    {
      name: 'a condition that is put together elsewhere, when unknown is asked for',
      code: handler('await pool.query(`SELECT * FROM patients WHERE ${conditions(request)}`)'),
      options: [{ reportUnknown: true }],
      errors: [{ messageId: 'unknown' }],
    },
    {
      name: 'a scoped client, when an explicit filter is asked for',
      code: "import { Pool } from 'pg'\nconst clinicDb = new Pool()\nexport const all = () => clinicDb.query('SELECT * FROM patients')",
      options: [{ requireExplicit: true }],
      errors: [missing],
    },
  ],
})

ruleTester({ ...clinic, rowLevelSecurity: 'forced' }).run(
  'require-tenant-filter under row-level security',
  withoutSuggestions(rule) as never,
  {
    valid: [handler("await pool.query('SELECT * FROM patients WHERE id = $1', [request.params.id])")],
    invalid: [
      {
        code: handler("await pool.query('SELECT * FROM patients WHERE id = $1', [request.params.id])"),
        options: [{ requireExplicit: true }],
        errors: [missing],
      },
    ],
  },
)
