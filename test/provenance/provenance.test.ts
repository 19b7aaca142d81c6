import { describe, expect, it } from 'vitest'
import type { Provenance } from '../../rules/provenance/provenance.ts'
import { contextOf } from '../support/queries.ts'
import { clinic } from '../support/rule-tester.ts'

/** Provenance of the first value of the last query in a source text. */
function last(code: string): Provenance {
  const sites = contextOf(`import { Pool } from 'pg'\nconst pool = new Pool()\n${code}`, clinic)?.sites ?? []
  const value = sites.at(-1)?.queries.at(-1)?.query.values[0]
  if (value === undefined) throw new Error('no query, or no value')
  return value
}

/** `kind path` and a question mark when the value may be absent. */
function told(value: Provenance): string {
  const what = value.kind === 'literal' ? (value.written ?? JSON.stringify(value.value)) : value.path
  return `${value.kind} ${what}${value.nullable ? ' ?' : ''}`
}

const query = (value: string) => `pool.query('SELECT * FROM visits WHERE id = $1', [${value}])`
const handler = (body: string) => `app.get('/visits/:id', async (req, reply) => { ${body} })`

type Row = readonly [name: string, code: string, expected: string]

const tables: Readonly<Record<string, readonly Row[]>> = {
  'what the request chooses': [
    ['a path parameter', handler(query('req.params.id')), 'request request.params.id'],
    ['a query parameter may be missing', handler(query('req.query.id')), 'request request.query.id ?'],
    ['a header', handler(query("req.headers['x-id']")), 'request request.headers.x-id ?'],
    ['destructured', handler(`const { id } = req.body; ${query('id')}`), 'request request.body.id'],
    [
      'destructured deeply',
      handler(`const { body: { a: { id } } } = req; ${query('id')}`),
      'request request.body.a.id',
    ],
    ['in the parameter', `app.get('/x', ({ params }) => ${query('params.id')})`, 'request .params.id'],
    [
      'under another name',
      `app.get('/x', (incoming) => ${query('incoming.params.id')})`,
      'request request.params.id',
    ],
    [
      'by its type',
      `export const f = (r: FastifyRequest) => ${query('r.params.id')}`,
      'request request.params.id',
    ],
    ['through a conversion', handler(query('Number(req.params.id)')), 'request request.params.id'],
    ['through a template', handler(query('`%${req.query.q}%`')), 'request request.query.q'],
    [
      'through a method',
      handler(query('req.params.id.trim().toLowerCase()')),
      'request request.params.id.trim().toLowerCase()',
    ],
    [
      'through a schema',
      handler(`const data = schema.parse(req.body); ${query('data.id')}`),
      'request request.body',
    ],
    [
      'read by a function that is handed the request',
      handler(`const { id } = await readJsonBody(req, schema); ${query('id')}`),
      'request request.body',
    ],
    [
      'read by a function that is handed the request by name',
      handler(`const data = await getValidatedInput({ request: req }); ${query('data.id')}`),
      'request request.body',
    ],
    [
      'read by a function that is handed its text',
      handler(`const data = readJsonBody(readFileSync('x')); ${query('data.id')}`),
      'unknown readJsonBody()',
    ],
    [
      'looked up by a function that is handed the request',
      handler(`const data = await getVisit(req); ${query('data.id')}`),
      'unknown getVisit()',
    ],
    ['through an array', handler(query('req.body.ids.map((id) => id)')), 'request request.body.ids.map()'],
    [
      'an element of an array',
      handler(`for (const one of req.body.ids) ${query('one')}`),
      'request request.body.ids.*',
    ],
    [
      'through a helper',
      `const idOf = (r) => r.params.id\n${handler(query('idOf(req)'))}`,
      'request request.params.id',
    ],
    ['with a default', handler(`const { id = 1 } = req.query; ${query('id')}`), 'request request.query.id'],
    ['Hono', `app.get('/x', (c) => ${query("c.req.param('id')")})`, 'request c.req.param()'],
    ['the worse of two', handler(query('req.clinic.id ?? req.body.id')), 'request request.body.id'],
  ],
  'what is trusted': [
    ['by its path', handler(query('req.clinic.id')), 'trusted request.clinic.id'],
    ['an alias', handler(`const clinic = req.clinic; ${query('clinic.id')}`), 'trusted request.clinic.id'],
    ['destructured', handler(`const { clinic: { id } } = req; ${query('id')}`), 'trusted request.clinic.id'],
    [
      'a destructured parameter',
      `export const f = ({ session }) => ${query('session.clinicId')}`,
      'trusted .session.clinicId',
    ],
    [
      'under an object',
      `export const f = (scope) => ${query('scope.ctx.session.clinicId')}`,
      'trusted scope.ctx.session.clinicId',
    ],
    [
      'never inside what the request chooses',
      handler(query('req.body.request.clinic.id')),
      'request request.body.request.clinic.id',
    ],
    ['optional', handler(query('req.clinic?.id')), 'trusted request.clinic.id ?'],
  ],
  'other origins': [
    ['a literal', query("'v1'"), 'literal "v1"'],
    ['a constant', `const id = 7\n${query('id')}`, 'literal 7'],
    [
      'a variable that each arm sets',
      `export const f = async (a, b) => { let id; if (a) { id = 'a' } else if (b) { id = 'b' } else { throw new Error() } ${query('id')} }`,
      'literal "a"',
    ],
    [
      'a variable that an arm leaves as it is',
      `export const f = async (a, b) => { let id; if (a) { id = 'a' } else if (b) { id = 'b' } ${query('id')} }`,
      'literal "a" ?',
    ],
    [
      'a variable that each arm sets anew',
      `export const f = async (a, req) => { let id = req.query.id; if (a) { id = 'a' } else { id = 'b' } ${query('id')} }`,
      'literal "a"',
    ],
    [
      'a variable that a test of something else sets',
      `export const f = async (a, b) => { let id; if (a) { id = 'a' } if (!b) { id = 'b' } ${query('id')} }`,
      'literal "a" ?',
    ],
    [
      'a member that was tested with an optional chain',
      `export const f = async (a) => { const found = await ${query("'x'")}; if (!found?.rows) return; ${query('found?.rows?.[0]')} }`,
      'row pool.query().rows.0',
    ],
    [
      'a list of which there are some',
      handler(`if (req.query.ids?.length > 0) ${query('req.query.ids')}`),
      'request request.query.ids',
    ],
    [
      'a list of which there may be none',
      handler(`if (req.query.ids?.length !== 0) ${query('req.query.ids')}`),
      'request request.query.ids ?',
    ],
    [
      'a list of which there are few',
      handler(`if (!(req.query.ids?.length > 9)) ${query('req.query.ids')}`),
      'request request.query.ids ?',
    ],
    ['an object that is made', query('new Date()'), 'literal new Date()'],
    ['a text without holes', query('`all`'), 'literal `all`'],
    ['a sum of constants', query("'a' + 'b'"), "literal 'a' + 'b'"],
    [
      'a variable that a loop moves on',
      `const f = async () => { let id = null; for (;;) { const found = await ${query('id')}; id = found.rows[0].id } }`,
      'unknown pool.query() ?',
    ],
    [
      'a parameter that a loop moves on',
      `const f = async (first: string) => { let id = first; for (;;) { const found = await ${query('id')}; id = found.rows[0].id } }`,
      'parameter first',
    ],
    [
      'a variable that each round sets first',
      `const f = async () => { let id = null; for (;;) { id = 7; await ${query('id')}; id = req.body.id } }`,
      'literal 7',
    ],
    [
      'a variable that the request moves on',
      handler(
        `let id = null; for (const one of req.body.ids) { if (id !== null) await ${query('id')}; id = one }`,
      ),
      'request request.body.ids.*',
    ],
    [
      'a variable that another function writes',
      `let id = null\nexport const f = () => ${query('id')}\napp.get('/x', (req) => { id = req.body.id; return f() })`,
      'request request.body.id ?',
    ],
    ['a parameter', `export const f = (id: string) => ${query('id')}`, 'parameter id'],
    ['an environment variable', query('process.env.VISIT'), 'unknown process.env.VISIT ?'],
    ['a function out of sight', query('current()'), 'unknown current()'],
    [
      'a row',
      `export const f = async (id) => { const { rows } = await ${query('id')}; return ${query('rows[0].id')} }`,
      'row pool.query().rows.0.id',
    ],
    [
      'a variable that is written twice',
      `export const f = (a) => { let id = 'x'; if (a) id = a; return ${query('id')} }`,
      'parameter a',
    ],
  ],
  'what may be absent': [
    ['an optional parameter', `export const f = (id?: string) => ${query('id')}`, 'parameter id ?'],
    ['a union', `export const f = (id: string | undefined) => ${query('id')}`, 'parameter id ?'],
    [
      'an optional property',
      `export const f = ({ id }: { id?: string }) => ${query('id')}`,
      'parameter .id ?',
    ],
    ['?? undefined', `export const f = (id: string) => ${query('id ?? undefined')}`, 'parameter id ?'],
    ["|| ''", `export const f = (id: string) => ${query("id || ''")}`, 'parameter id ?'],
    ['a default', `export const f = (id: string | null = 'x') => ${query('id')}`, 'parameter id'],
    ['a non-null assertion', `export const f = (id?: string) => ${query('id!')}`, 'parameter id'],
    [
      'a check that throws',
      `export const f = (id?: string) => { if (!id) throw new Error(); return ${query('id')} }`,
      'parameter id',
    ],
    [
      'a check that returns',
      handler(`const { id } = req.query; if (id === undefined) return; ${query('id')}`),
      'request request.query.id',
    ],
    ['a branch', `export const f = (id?: string) => { if (id) { ${query('id')} } }`, 'parameter id'],
    [
      'the wrong branch',
      `export const f = (id?: string) => { if (!id) { ${query('id')} } }`,
      'parameter id ?',
    ],
    [
      'a check that does not leave',
      `export const f = (id?: string) => { if (!id) log(); ${query('id')} }`,
      'parameter id ?',
    ],
    ['assert', `export const f = (id?: string) => { assert(id); ${query('id')} }`, 'parameter id'],
    [
      'a member of what is there',
      `export const f = ({ team }: { team?: { id: string } }) => { if (!team) return; ${query('team.id')} }`,
      'parameter .team.id',
    ],
    [
      'a member that is asked for although it is there',
      `export const f = (team: Team | null, on: boolean) => { if (!team || on) return; ${query('team?.id')} }`,
      'parameter team.id',
    ],
    [
      'a member of what is there only at times',
      `export const f = (team: Team | null, on: boolean) => { if (!team && on) return; ${query('team?.id')} }`,
      'parameter team.id ?',
    ],
    [
      'a member of what was read before',
      `export const f = (team: Team) => { charge(team.plan); if (on) { ${query('team?.id')} } }`,
      'parameter team.id',
    ],
    [
      'a member of what was read before at times',
      `export const f = (team: Team) => { if (on) charge(team.plan); log?.(team.plan); ${query('team?.id')} }`,
      'parameter team.id ?',
    ],
    [
      'a member of what was read before in another function',
      `export const f = (team: Team) => { later(() => team.plan); ${query('team?.id')} }`,
      'parameter team.id ?',
    ],
    [
      'a member of what another function is handed under that name',
      `export const f = (team: Team) => { charge(team.plan); return (team: Team) => ${query('team?.id')} }`,
      'parameter team.id ?',
    ],
    [
      'a member of what is asked for before',
      `export const f = (team: Team) => { charge(team?.plan); ${query('team?.id')} }`,
      'parameter team.id ?',
    ],
    [
      'a member of what may be given nothing in between',
      `export const f = (team: Team) => { charge(team.plan); if (on) team = null; ${query('team?.id')} }`,
      'parameter team.id ?',
    ],
    [
      'a member of something else that is there',
      `export const f = (team?: Team, other?: Team) => { if (!other) return; ${query('team?.id')} }`,
      'parameter team.id ?',
    ],
  ],
}

describe.each(Object.entries(tables))('%s', (_, rows) => {
  it.each(rows)('%s', (_name, code, expected) => {
    expect(told(last(code))).toBe(expected)
  })
})
