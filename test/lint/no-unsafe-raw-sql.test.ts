import rule from '../../rules/lint/no-unsafe-raw-sql.ts'
import { handler, ruleTester } from '../support/rule-tester.ts'

/** A handler behind a queue, which sorts by what a client sent once. */
const sorted = (type: string, direction: string): string => `
import knexFactory from 'knex'
const knex = knexFactory({})
export class SearchHandler {
  execute(filters: ${type}) {
    const { direction: sent = 'ASC', limit } = filters
    const direction = ${direction}
    return knex('patients').where('clinic_id', 1).orderByRaw('COALESCE(born_on, 0) ' + direction.toUpperCase())
  }
}
`

/** Pieces of a condition, one for each of the inputs that the program's own settings name. */
const pieces = (type: string, piece: string): string => `
import { Pool } from 'pg'
const pool = new Pool()
enum Source { Registry = 'registry', Insurer = 'insurer' }
enum Chosen { Any = process.env.SOURCE }
interface Input<T> { source: T; days?: number; name: string; kind: 'open' | 'closed' }
export async function stale(inputs: ${type}) {
  const conditions: string[] = []
  inputs.forEach((input) => { conditions.push(${piece}) })
  return pool.query(\`SELECT * FROM patients WHERE \${conditions.join(' OR ')}\`)
}
`

ruleTester().run('no-unsafe-raw-sql', rule as never, {
  valid: [
    {
      name: 'one of two texts, in whatever case',
      code: sorted('PatientSearchDto', "String(sent).toUpperCase() === 'ASC' ? 'asc' : 'desc'"),
      options: [{ tier: 'likely' }],
    },
    {
      name: 'one of a list, else another of it',
      code: sorted('PatientSearchDto', "['asc', 'desc'].includes(sent as string) ? (sent as string) : 'asc'"),
      options: [{ tier: 'likely' }],
    },
    {
      name: 'a member of a type that says nothing of a client',
      code: sorted('SortOrder', 'sent'),
      options: [{ tier: 'likely' }],
    },
    handler("await pool.query('SELECT * FROM patients WHERE id = $1', [request.params.id])"),
    {
      name: 'a member that is an enumeration by the argument of its type',
      code: pieces('Input<Source>[]', "`source = '${input.source}'`"),
    },
    {
      name: 'a member that is a number',
      code: pieces('readonly Input<Source>[]', "`seen < now() - ${input.days} * interval '1 day'`"),
    },
    {
      name: 'a member that is one of a few literals',
      code: pieces('Array<Input<string>>', "`kind = '${input.kind}'`"),
    },
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
        "const allowed = ['name', 'born_on']; const sort = request.query.sort; if (!allowed.includes(sort)) throw new Error('sort'); await pool.query(`SELECT * FROM patients ORDER BY ${sort}`)",
      ),
    },
    {
      name: 'quoted for its place',
      code: handler(
        'await pool.query(`SELECT * FROM ${pool.escapeIdentifier(request.params.table)} WHERE id = $1`, [1])',
      ),
    },
    {
      name: 'a name that was checked where it stands',
      code: handler(
        "const allowed = new Set(['name']); await pool.query(`SELECT * FROM patients ORDER BY ${allowed.has(request.query.sort) ? request.query.sort : 'name'}`)",
      ),
    },
    {
      name: 'a name that was replaced when it was none',
      code: handler(
        "const columns = { name: 1, born_on: 2 }; let { sort } = request.query; if (!(sort in columns)) sort = 'name'; await pool.query(`SELECT * FROM patients ORDER BY ${sort}`)",
      ),
    },
    {
      name: 'a name out of an enumeration',
      code: `enum Column { Name = 'name', Born = 'born_on' }\n${handler('const { sort } = request.query; if (Object.values(Column).includes(sort)) await pool.query(`SELECT * FROM patients ORDER BY ${sort}`)')}`,
    },
    {
      name: 'a name that was found',
      code: handler(
        "const sort = ['name', 'born_on'].find((one) => one === request.query.sort); await pool.query(`SELECT * FROM patients ORDER BY ${sort}`)",
      ),
    },
    {
      name: 'a list that is not in sight',
      code: handler(
        "const { sort } = request.query; if (!columnsOf(schema).includes(sort)) throw new Error('sort'); await pool.query(`SELECT * FROM patients ORDER BY ${sort}`)",
      ),
    },
    {
      name: 'pg-format',
      code: `import format from 'pg-format'\n${handler("await pool.query(format('SELECT * FROM %I WHERE id = %L', request.query.table, request.query.id))")}`,
    },
    {
      name: 'pg-format, quoted, when unknown is asked for',
      code: `import format from 'pg-format'\n${handler("await pool.query(`SELECT * FROM patients WHERE ${format('id = %L', request.query.id)}`)")}`,
      options: [{ reportUnknown: true }],
    },
    {
      name: 'pg-format, one name',
      code: `import { ident } from 'pg-format'\n${handler('await pool.query(`SELECT * FROM ${ident(request.query.table)}`)')}`,
    },
    {
      name: 'sqlstring',
      code: `import SqlString from 'sqlstring'\n${handler('await pool.query(`SELECT * FROM patients WHERE id = ${SqlString.escape(request.query.id)}`)')}`,
    },
    {
      name: 'a function of the file that doubles quotes',
      code: `const name = (text) => '"' + text.replace(/"/g, '""') + '"'\n${handler('await pool.query(`SELECT * FROM ${name(request.query.table)}`)')}`,
    },
    {
      name: 'a function of the file that refuses what is no name',
      code: `function name(text) { if (!/^[a-z_]+$/.test(text)) throw new Error('name'); return text }\n${handler('await pool.query(`SELECT * FROM ${name(request.query.table)}`)')}`,
    },
    {
      name: 'a function of the file that gives a number',
      code: `const limitOf = (text) => Math.min(Number(text), 100)\n${handler('await pool.query(`SELECT * FROM patients LIMIT ${limitOf(request.query.limit)}`)')}`,
    },
    {
      name: 'a date by a constant pattern',
      code: `import { format } from 'date-fns'\n${handler("await pool.query(`SELECT * FROM visits WHERE day = '${format(request.query.day, 'yyyy-MM-dd')}'`)")}`,
    },
    {
      name: 'text of no statement through something out of sight',
      code: handler('app.run(`select one: ${request.query.id}`)'),
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
    {
      name: 'a direction that a list has in another case',
      code: handler(
        "const { order } = request.query; if (!['asc', 'desc'].includes(order.toLowerCase())) throw new Error('order'); await pool.query(`SELECT * FROM patients ORDER BY name ${order}`)",
      ),
    },
    {
      name: 'a date as text',
      code: handler(
        "await pool.query(`SELECT * FROM visits WHERE day >= '${new Date(request.query.day).toISOString()}'`)",
      ),
    },
    {
      name: 'a variable that is only ever a number',
      code: `const size = 100\n${handler('let offset; do { offset = offset ? offset + size : 0; await pool.query(`SELECT * FROM patients LIMIT ${size} OFFSET ${offset}`) } while (offset < 1000)')}`,
    },
    {
      name: 'a parameter that is a number by its default',
      code: "import { Pool } from 'pg'\nconst pool = new Pool()\nexport async function busy(threshold = 15) { return pool.query(`SELECT doctor FROM visits GROUP BY doctor HAVING count(*) > ${threshold}`) }",
    },
    {
      name: 'recommended: the names of placeholders',
      code: "import pgPromise from 'pg-promise'\nconst db = pgPromise()({})\nexport async function add(row: object) { const columns = Object.keys(row); return db.none(`INSERT INTO medicines VALUES (${columns.map((one) => `$(${one})`).join(', ')})`, row) }",
      options: [{ tier: 'likely' }],
    },
    {
      name: 'recommended: the names of an object mapper',
      code: "export async function all(repository, pool) { const { metadata } = repository; const table = metadata.givenTableName; return pool.query(`SELECT '${table}' AS table, name FROM medicines`) }",
      options: [{ tier: 'likely' }],
    },
    {
      name: 'recommended: the table of a column, or its alias',
      code: "import { Pool } from 'pg'\nconst pool = new Pool()\nexport async function all(alias: string) { return pool.query(`SELECT ${alias}.name FROM patients`) }",
      options: [{ tier: 'likely' }],
    },
    {
      name: 'recommended: what Kysely quotes',
      code: "import { Kysely, sql } from 'kysely'\nconst db = new Kysely({})\nexport async function all(path: string) { return sql`SELECT settings -> ${sql.lit(path)} FROM patients`.execute(db) }",
      options: [{ tier: 'likely' }],
    },
    {
      name: 'recommended: what the program is started with',
      code: "import { Pool } from 'pg'\nconst pool = new Pool()\nconst given = process.argv.slice(2)\nconst id = given[0]\nawait pool.query(`SELECT * FROM patients WHERE id = '${id}'`)",
      options: [{ tier: 'likely' }],
    },
    {
      name: 'recommended: who is logged in',
      code: handler("await pool.query(`SELECT * FROM patients WHERE clinic_id = '${request.clinic.id}'`)"),
      options: [{ tier: 'likely' }],
    },
  ],
  invalid: [
    {
      name: 'a member that is any text by the argument of its type',
      code: pieces('Input<string>[]', "`source = '${input.source}'`"),
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'a member that is any text',
      code: pieces('Input<Source>[]', "`name = '${input.name}'`"),
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'a member of an enumeration that the surroundings fill',
      code: pieces('Input<Chosen>[]', "`source = '${input.source}'`"),
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'a direction of which a list has a part',
      code: handler(
        "const { order } = request.query; if (!['asc', 'desc'].includes(order.slice(0, 3))) throw new Error('order'); await pool.query(`SELECT * FROM patients ORDER BY name ${order}`)",
      ),
      errors: [{ messageId: 'fragment' }],
    },
    {
      name: 'a function of the program that is called like that of dates',
      code: `const day = { toISOString: (text) => text }\n${handler("await pool.query(`SELECT * FROM visits WHERE day >= '${day.toISOString(request.query.day)}'`)")}`,
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'a variable that is once given a text',
      code: handler(
        'let offset = 0; if (request.query.offset) offset = request.query.offset; await pool.query(`SELECT * FROM patients OFFSET ${offset}`)',
      ),
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'a variable that a text is added to',
      code: handler(
        'let offset = 0; offset += request.query.offset; await pool.query(`SELECT * FROM patients OFFSET ${offset}`)',
      ),
      options: [{ reportUnknown: true }],
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'a parameter whose default is a text',
      code: "import { Pool } from 'pg'\nconst pool = new Pool()\nexport async function busy(threshold = '15') { return pool.query(`SELECT doctor FROM visits GROUP BY doctor HAVING count(*) > ${threshold}`) }",
      options: [{ tier: 'likely' }],
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'values between the names of placeholders',
      code: "import pgPromise from 'pg-promise'\nconst db = pgPromise()({})\nexport async function add(row: object) { return db.none(`INSERT INTO medicines VALUES (${Object.entries(row).map(([one, value]) => `$(${one}) || '${value}'`).join(', ')})`, row) }",
      options: [{ tier: 'likely' }],
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'names that the request calls metadata',
      code: handler(
        "await pool.query(`SELECT * FROM patients WHERE name = '${request.body.metadata.tableName}'`)",
      ),
      options: [{ tier: 'likely' }],
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'what Kysely quotes, when the request chooses it',
      code: "import { Kysely, sql } from 'kysely'\nconst db = new Kysely({})\nexport async function all(request) { return sql`SELECT settings -> ${sql.lit(request.query.path)} FROM patients`.execute(db) }",
      options: [{ tier: 'likely' }],
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'arguments of a process of the program',
      code: "import { Pool } from 'pg'\nconst pool = new Pool()\nexport async function run(process) { return pool.query(`SELECT * FROM patients WHERE id = '${process.argv[2]}'`) }",
      options: [{ tier: 'likely' }],
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'who is logged in, where every value is asked for',
      code: handler("await pool.query(`SELECT * FROM patients WHERE clinic_id = '${request.clinic.id}'`)"),
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'once, though two statements are made of it',
      code: handler(
        "const where = `name = '${request.query.name}'`; await pool.query(`SELECT * FROM patients WHERE ${where}`); await pool.query(`SELECT count(*) FROM patients WHERE ${where}`)",
      ),
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'a member of a data transfer object, behind ORDER BY',
      code: sorted('PatientSearchDto', 'sent'),
      options: [{ tier: 'likely' }],
      errors: [{ messageId: 'fragment' }],
    },
    {
      name: 'a member of a data transfer object, where only the default is checked',
      code: sorted('PatientSearchDTO', "['asc'].includes('asc') ? sent : 'asc'"),
      options: [{ tier: 'likely' }],
      errors: [{ messageId: 'fragment' }],
    },
    {
      name: 'a member of some type, for whoever wants to know all',
      code: sorted('SortOrder', 'sent'),
      errors: [{ messageId: 'fragment' }],
    },
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
      name: 'a list of names that are not allowed',
      code: handler(
        "const blocked = ['secret']; const { sort } = request.query; if (blocked.includes(sort)) throw new Error('sort'); await pool.query(`SELECT * FROM patients ORDER BY ${sort}`)",
      ),
      errors: [{ messageId: 'identifier' }],
    },
    {
      name: 'a check that lets everything through',
      code: handler(
        "const allowed = ['name']; const { sort } = request.query; if (!allowed.includes(sort)) warn(sort); await pool.query(`SELECT * FROM patients ORDER BY ${sort}`)",
      ),
      errors: [{ messageId: 'identifier' }],
    },
    {
      name: 'a list that the request brings',
      code: handler(
        "const { sort } = request.query; if (!request.body.columns.includes(sort)) throw new Error('sort'); await pool.query(`SELECT * FROM patients ORDER BY ${sort}`)",
      ),
      errors: [{ messageId: 'identifier' }],
    },
    {
      name: 'a part of a text',
      code: handler(
        "const { sort } = request.query; if (!'name, born_on'.includes(sort)) throw new Error('sort'); await pool.query(`SELECT * FROM patients ORDER BY ${sort}`)",
      ),
      errors: [{ messageId: 'identifier' }],
    },
    {
      name: 'another value was checked',
      code: handler(
        "const allowed = ['name']; const { sort, order } = request.query; if (!allowed.includes(sort)) throw new Error('sort'); await pool.query(`SELECT * FROM patients ORDER BY ${order}`)",
      ),
      errors: [{ messageId: 'identifier' }],
    },
    {
      name: 'a list that is not in sight, when unknown is asked for',
      code: handler(
        "const { sort } = request.query; if (!columnsOf(schema).includes(sort)) throw new Error('sort'); await pool.query(`SELECT * FROM patients ORDER BY ${sort}`)",
      ),
      options: [{ reportUnknown: true }],
      errors: [{ messageId: 'identifier' }],
    },
    {
      name: 'a replacement that doubles nothing',
      code: handler(
        "await pool.query(`SELECT * FROM patients WHERE name = '${request.query.name.replace(/-/g, ' ')}'`)",
      ),
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'a function of the file that is only called so',
      code: `const escape = (text) => text.trim()\n${handler("await pool.query(`SELECT * FROM patients WHERE name = '${escape(request.query.name)}'`)")}`,
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'a format of the file',
      code: `const format = (text) => \`[\${text}]\`\n${handler('await pool.query(`SELECT * FROM patients ORDER BY ${format(request.query.sort)}`)')}`,
      errors: [{ messageId: 'fragment' }],
    },
    {
      name: 'quoted for a page',
      code: `import { escape } from 'lodash'\n${handler("await pool.query(`SELECT * FROM patients WHERE name = '${escape(request.query.name)}'`)")}`,
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'pg-format, pasted as it is',
      code: `import format from 'pg-format'\n${handler("await pool.query(`SELECT * FROM patients WHERE ${format('id = %s', request.query.id)}`)")}`,
      options: [{ reportUnknown: true }],
      errors: [{ messageId: 'fragment' }],
    },
    {
      name: 'a number by name only',
      code: `const Number = (text) => text\n${handler('await pool.query(`SELECT * FROM patients LIMIT ${Number(request.query.limit)}`)')}`,
      errors: [{ messageId: 'value' }],
    },
    {
      name: 'through something out of sight, when the text is a statement',
      code: 'export const rows = (store, request) => store.fetch(`SELECT * FROM patients ${request.query.where} ${request.query.order} x y z`)',
      errors: [{ messageId: 'fragment' }, { messageId: 'fragment' }],
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
