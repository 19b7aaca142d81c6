import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { explore } from '../../rules/query/variants.ts'
import { contextOf, statementsIn } from '../support/queries.ts'
import { clinic } from '../support/rule-tester.ts'

const onPool = (body: string): string => `import { Pool } from 'pg'\nconst pool = new Pool()\n${body}`

type Row = readonly [name: string, body: string, ...statements: readonly string[]]

const read = 'select visits.* from visits where visits.id = :$1'

const texts: readonly Row[] = [
  ['a string', "pool.query('SELECT * FROM visits WHERE id = $1', [1])", read],
  ['a template', 'pool.query(`SELECT * FROM visits WHERE id = $1`, [1])', read],
  ['a constant', "const T = 'SELECT * FROM visits WHERE id = $1'; pool.query(T, [1])", read],
  ['an object', "pool.query({ text: 'SELECT * FROM visits WHERE id = $1', values: [1] })", read],
  ['concatenation', "const w = ' WHERE id = $1'; pool.query('SELECT * FROM visits' + w, [1])", read],
  ['appends', "let t = 'SELECT * FROM visits'; t += ' WHERE id = $1'; pool.query(t, [1])", read],
  ['array join', "pool.query(['SELECT * FROM visits', 'WHERE id = $1'].join(' '), [1])", read],
  [
    'a helper',
    'const by = (c) => `WHERE ${c} = $1`; pool.query(`SELECT * FROM visits ${by("id")}`, [1])',
    read,
  ],
  [
    'counted placeholders',
    'const v = []; v.push(1); pool.query(`SELECT * FROM visits WHERE id = $${v.length}`, v)',
    read,
  ],
  [
    'push as a placeholder',
    'const v = []; pool.query(`SELECT * FROM visits WHERE id = $${v.push(1)}`, v)',
    read,
  ],
  ['a counter', 'let i = 1; pool.query(`SELECT * FROM visits WHERE id = $${i++}`, [1])', read],
  ['a callback', "pool.query('SELECT * FROM visits WHERE id = $1', [1], (error, result) => {})", read],
  ['a cursor', "client.query(new Cursor('SELECT * FROM visits WHERE id = $1', [1]))", read],
  [
    'an append under a test: both texts',
    "let t = 'SELECT * FROM visits'; if (on) t += ' WHERE id = $1'; pool.query(t, [1])",
    'select visits.* from visits',
    read,
  ],
  [
    'equal tests go together',
    "let t = 'SELECT * FROM visits WHERE id = $1'; if (on) t += ' AND a = $2'; if (on) t += ' AND b = $3'; pool.query(t, [1, 2, 3])",
    read,
    'select visits.* from visits where visits.id = :$1 and visits.a = :$2 and visits.b = :$3',
  ],
  [
    'either text',
    "pool.query(on ? 'SELECT * FROM visits WHERE id = $1' : 'DELETE FROM notes', [1])",
    'delete from notes',
    read,
  ],
  [
    'no rows',
    "pool.query('BEGIN'); pool.query('SET LOCAL app.clinic = 1'); pool.query('CREATE TABLE t (id int)')",
  ],
  [
    'text out of sight',
    'pool.query(load())',
    'opaque: its SQL text comes from `load()`, which is not in sight',
  ],
]

describe('texts', () => {
  it.each(texts)('%s', (_name, body, ...statements) => {
    expect(statementsIn(onPool(body), clinic).toSorted()).toEqual(statements.toSorted())
  })

  it('says what the parser said about text that it cannot read', () => {
    expect(statementsIn(onPool("pool.query('SELECT FROM WHERE')"), clinic)).toEqual([
      'opaque: its SQL text could not be parsed: syntax error at or near "WHERE"',
    ])
  })

  it('counts the text that has more variants than can be looked at', () => {
    const tests = Array.from({ length: 9 }, (_, i) => `if (t${i}) t += ' AND c${i} = 1'`).join('; ')
    const found = statementsIn(
      onPool(`let t = 'SELECT * FROM visits WHERE id = $1'; ${tests}; pool.query(t, [1])`),
      clinic,
    )
    expect(found).toContain('opaque: its SQL text has more variants than can be looked at')
    expect(found).toContain(read)
  })
})

const statement = "query('SELECT * FROM visits WHERE id = $1', [1])"

const clients: readonly (readonly [name: string, code: string, recognised: boolean])[] = [
  ['named import', `import { Pool } from 'pg'\nnew Pool().${statement}`, true],
  ['default import', `import pg from 'pg'\nconst p = new pg.Client()\np.${statement}`, true],
  ['namespace import', `import * as pg from 'pg'\nconst p = new pg.Pool()\np.${statement}`, true],
  ['require', `const { Pool } = require('pg')\nconst p = new Pool()\np.${statement}`, true],
  [
    'assigned later',
    `import { Pool } from 'pg'\nlet p\nfunction open() { p = new Pool() }\nexport const f = () => p.${statement}`,
    true,
  ],
  [
    'connect',
    `import { Pool } from 'pg'\nconst p = new Pool()\nexport async function f() { const c = await p.connect(); await c.${statement} }`,
    true,
  ],
  [
    'typed parameter',
    `import type { ClientBase } from 'pg'\nexport const f = (c: ClientBase) => c.${statement}`,
    true,
  ],
  [
    'union of types',
    `import type { Pool, PoolClient } from 'pg'\ntype Db = Pool | PoolClient\nexport const f = (db: Db) => db.${statement}`,
    true,
  ],
  [
    'field',
    `import type { Pool } from 'pg'\nclass R { #p: Pool; constructor(p: Pool) { this.#p = p }\n f() { return this.#p.${statement} } }`,
    true,
  ],
  [
    'interface',
    `import type { Pool } from 'pg'\ninterface Ctx { db: Pool }\nexport const f = (ctx: Ctx) => ctx.db.${statement}`,
    true,
  ],
  [
    'class that extends',
    `import { Pool } from 'pg'\nclass Db extends Pool {}\nconst db = new Db()\ndb.${statement}`,
    true,
  ],
  ['fastify', `export default async (fastify) => fastify.pg.${statement}`, true],
  ['unknown receiver, SQL', `export const f = (db) => db.${statement}`, true],
  ['unknown receiver, no SQL', "export const f = (db) => db.query('div > p')", false],
  ['unknown receiver, text out of sight', 'export const f = (db, t) => db.query(t)', false],
  [
    'mysql',
    `import mysql from 'mysql2/promise'\nconst c = await mysql.createConnection({})\nc.${statement}`,
    true,
  ],
  ['sqlite', `const Database = require('better-sqlite3')\nnew Database('x').${statement}`, true],
  ['a store without SQL', `import { Client } from 'cassandra-driver'\nnew Client({}).${statement}`, false],
  ['a log line', "console.log('SELECT * FROM visits')", false],
  ['an expectation', "expect(f).toHaveBeenCalledWith('SELECT * FROM visits')", false],
]

describe('clients', () => {
  it.each(clients)('%s', (_name, code, recognised) => {
    expect(statementsIn(code, clinic)).toEqual(recognised ? [read] : [])
  })
})

const outOfSight = 'opaque: its SQL text comes from `prepared`, which is not in sight'

/** A receiver that cannot be traced, and what else the file does with it. */
const receivers: readonly (readonly [name: string, code: string, ...rendered: string[]])[] = [
  [
    'a parameter of a type that runs SQL elsewhere',
    `import type { Executor } from './executor'
     export const f = (qx: Executor) => qx.${statement}
     export const g = (other: Executor, rows) => { const prepared = bulk(rows); return other.result(prepared) }`,
    read,
    outOfSight,
  ],
  [
    'a getter of the class that runs SQL elsewhere',
    `class Visits extends Base {
       get() { return this.db().${statement} }
       add(rows) { const prepared = this.helpers.insert(rows); return this.db().none(prepared) }
     }`,
    read,
    outOfSight,
  ],
  [
    'another type, another class, another member',
    `import type { Executor, Cache } from './executor'
     class Visits { get() { return this.db().${statement} } }
     class Rooms { add(prepared) { return this.db().none(prepared) } }
     export const f = (qx: Executor) => qx.${statement}
     export const g = (cache: Cache, prepared) => cache.one(prepared)
     export const h = (qx: Executor, prepared) => { qx.inTransaction(prepared); qx.any(() => prepared); qx.any([prepared]) }`,
    read,
    read,
  ],
  [
    'words that are no SQL do not make a client',
    `import type { Menu } from './menu'
     export const f = (menu: Menu) => menu.select('select an item')
     export const g = (menu: Menu, prepared) => menu.select(prepared)`,
    'select ?.an as item',
  ],
]

describe('receivers', () => {
  it.each(receivers)('%s', (_name, code, ...rendered) => {
    expect(statementsIn(code, clinic)).toEqual(rendered)
  })
})

describe('modules of the project', () => {
  const folder = mkdtempSync(join(tmpdir(), 'watertight-modules-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const files: Readonly<Record<string, string>> = {
    'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } } // aliases',
    'src/db.ts': "import { Pool } from 'pg'\nexport const pool = new Pool()\nexport default pool\n",
    'src/sql-rows.ts':
      "import { pool } from './db.js'\nexport async function rows(text: string, values: unknown[]) { return (await pool.query(text, values)).rows }\n",
    'src/index.ts': "export * from './db.js'\nexport { rows as all } from './sql-rows.js'\n",
    'src/old.cjs':
      "const { Pool } = require('pg')\nmodule.exports = { pool: new Pool(), query: (text, values) => pool.query(text, values) }\n",
    'src/sqlite.ts': "import Database from 'better-sqlite3'\nexport const db = new Database('x')\n",
    'src/tables.ts': "export const visits = 'visits'\n",
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const seen = (code: string) => {
    const sites = contextOf(code, clinic, join(folder, 'src/sample.ts'))?.sites ?? []
    return sites.flatMap(({ queries, opaques }) => [
      ...queries.map(() => 'query'),
      ...opaques.map(() => 'opaque'),
    ])
  }

  it.each([
    ['a named export', `import { pool } from './db.js'\npool.query(load())`, ['opaque']],
    ['a default export', `import p from './db'\np.query(load())`, ['opaque']],
    ['a namespace', `import * as db from './db'\ndb.pool.query(load())`, ['opaque']],
    ['a re-export', `import { pool } from '.'\npool.query(load())`, ['opaque']],
    ['an alias of tsconfig', `import { pool } from '@/db'\npool.query(load())`, ['opaque']],
    ['CommonJS', `const { pool } = require('./old.cjs')\npool.query(load())`, ['opaque']],
    ['a wrapper', `import { rows } from './sql-rows'\nrows(load(), [])`, ['opaque']],
    [
      'a wrapper, re-exported under another name',
      `import { all } from './index.js'\nall('SELECT * FROM visits', [])`,
      ['query'],
    ],
    ['a wrapper as a member', `const db = require('./old.cjs')\ndb.query(load(), [])`, ['opaque']],
    ['another database', `import { db } from './sqlite'\ndb.query('SELECT * FROM visits')`, ['query']],
  ])('%s', (_name, code, expected) => {
    expect(seen(code)).toEqual(expected)
  })

  it('reads constants of other modules', () => {
    const code =
      "import { pool } from './db'\nimport { visits } from './tables'\npool.query(`SELECT * FROM ${visits}`)"
    const [site] = contextOf(code, clinic, join(folder, 'src/sample.ts'))?.sites ?? []
    expect(site?.queries[0]?.query.interpolations).toEqual([])
    expect(site?.queries[0]?.occurrences.map((one) => one.occurrence.relation.name)).toEqual(['visits'])
  })
})

describe('variants', () => {
  it('looks at every combination of up to six tests, each once', () => {
    const asked = ['a', 'b', 'c', 'd', 'e', 'f']
    const { variants, complete } = explore((decider) =>
      asked.filter((key) => decider.holds({ key, taken: true })).join(''),
    )
    expect(complete).toBe(true)
    expect(variants).toHaveLength(64)
    expect(new Set(variants.map((one) => one.value)).size).toBe(64)
  })

  it('gives equal tests equal outcomes', () => {
    const { variants } = explore((decider) => [
      decider.holds({ key: 'a', taken: true }),
      decider.holds({ key: 'a', taken: false }),
    ])
    expect(variants.map((one) => one.value)).toEqual([
      [false, true],
      [true, false],
    ])
  })
})
