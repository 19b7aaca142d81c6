import rule from '../../rules/lint/no-unsafe-raw-sql.ts'
import { handler, ruleTester } from '../support/rule-tester.ts'

ruleTester().run('no-unsafe-raw-sql', rule as never, {
  valid: [
    handler("await pool.query('SELECT * FROM patients WHERE id = $1', [request.params.id])"),
    {
      name: 'constants',
      code: handler("const table = 'patients'; await pool.query(`SELECT * FROM ${table} LIMIT ${10}`)"),
    },
    {
      name: 'numbers',
      code: handler(
        'await pool.query(`SELECT * FROM patients LIMIT ${Number(request.query.limit)} OFFSET ${(request.query.page - 1) * 20}`)',
      ),
    },
    {
      name: 'a name out of a constant list',
      code: handler(
        "const columns = { name: 'name', born: 'born_on' }; await pool.query(`SELECT * FROM patients ORDER BY ${columns[request.query.sort]}`)",
      ),
    },
    {
      name: 'a name that was checked',
      code: handler(
        "const sort = request.query.sort; if (!allowed.includes(sort)) throw new Error('sort'); await pool.query(`SELECT * FROM patients ORDER BY ${sort}`)",
      ),
    },
    {
      name: 'quoted for its place',
      code: handler(
        'await pool.query(`SELECT * FROM ${pool.escapeIdentifier(request.params.table)} WHERE id = $1`, [1])',
      ),
    },
    {
      name: 'placeholders that are counted',
      code: handler(
        'const values = [1]; await pool.query(`SELECT * FROM patients WHERE id = $${values.length}`, values)',
      ),
    },
    {
      name: 'tagged templates pass values as parameters',
      code: handler('await pool.query(SQL`SELECT * FROM patients WHERE id = ${request.params.id}`)'),
    },
    {
      name: 'text that is no SQL',
      code: handler('console.log(`SELECT a row: ${request.params.id}`)'),
    },
  ],
  invalid: [
    {
      code: handler("await pool.query(`SELECT * FROM patients WHERE id = '${request.params.id}'`)"),
      errors: [
        {
          messageId: 'value',
          data: { source: 'request.params.id', origin: ', and the request chooses it' },
        },
      ],
    },
    {
      code: handler("await pool.query('SELECT * FROM patients WHERE id = ' + request.params.id)"),
      errors: [{ messageId: 'value' }],
    },
    {
      code: handler('await pool.query(`SELECT * FROM patients ORDER BY ${request.query.sort}`)'),
      errors: [{ messageId: 'identifier' }],
    },
    {
      code: handler(
        'const { sort } = request.query; await pool.query(`SELECT * FROM patients ORDER BY name ${sort}`)',
      ),
      errors: [{ messageId: 'fragment' }],
    },
    {
      name: 'a parameter of the function',
      code: "import { Pool } from 'pg'\nconst pool = new Pool()\nexport const all = (table: string) => pool.query(`SELECT * FROM ${table}`)",
      errors: [{ messageId: 'identifier' }],
    },
    {
      name: 'columns out of the body',
      code: handler(`
        const fields = []
        for (const [key, value] of Object.entries(request.body)) fields.push(\`\${key} = '\${value}'\`)
        await pool.query(\`UPDATE patients SET \${fields.join(', ')} WHERE id = $1\`, [1])`),
      errors: [{ messageId: 'fragment' }],
    },
    {
      name: 'of unknown origin, when unknown is asked for',
      code: handler('await pool.query(`SELECT * FROM patients WHERE ${conditions()}`)'),
      options: [{ reportUnknown: true }],
      errors: [{ messageId: 'fragment' }],
    },
  ],
})
