import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { lintStrictly, parseOnly } from '../support/strict-lint.ts'

const root = resolve(import.meta.dirname, '../../fixtures/lint')

const tenancy: TenancyFile = {
  tenantRoot: 'schools',
  tenantColumns: ['school_id'],
  relations: { schools: { root: 'id' }, orders: { owned: 'school_id' } },
  trusted: ['request.school.id'],
  rowLevelSecurity: 'none',
}

interface Shape {
  readonly tenancy?: string
  /** The smaller of the two sizes; the other one is four times as large. */
  readonly size: number
  readonly code: (size: number) => string
  /** What four times as much may cost, as a multiple. Sixteen where every part is compared with every other one. */
  readonly atMost?: number
}

const lines = (size: number, line: (index: number) => string, between = '\n'): string =>
  Array.from({ length: size }, (_, index) => line(index)).join(between)

const pool = "import { Pool } from 'pg'\nconst pool = new Pool()\n"
const kysely = "import { Kysely } from 'kysely'\nexport async function found(request, db: Kysely<any>) {\n"
const knex = "import knex from 'knex'\nconst db = knex({})\nexport async function found(request) {\n"
const drizzle = `import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable, text, uuid } from 'drizzle-orm/pg-core'
const orders = pgTable('orders', { id: uuid('id').primaryKey(), tenantId: uuid('tenant_id').notNull(), name: text('name') })
const db = drizzle()
export async function found(request) {
`

const shapes: Readonly<Record<string, Shape>> = {
  'additions to a text': {
    size: 2500,
    code: (size) =>
      `${pool}let q = 'SELECT * FROM orders WHERE true'\n${lines(size, () => "q += ' AND true'")}\npool.query(q)`,
  },
  'conjunctions of one statement': {
    size: 5000,
    code: (size) =>
      `${pool}pool.query('SELECT * FROM orders WHERE true${lines(size, (at) => ` AND c${at} = ${at}`, '')}')`,
  },
  'columns that equal one value': {
    size: 2500,
    code: (size) =>
      `${pool}pool.query('SELECT * FROM orders WHERE true${lines(size, (at) => ` AND c${at} = name`, '')}')`,
  },
  'alternatives beside each other': {
    size: 1000,
    code: (size) =>
      `${pool}pool.query("SELECT * FROM orders WHERE true${lines(size, () => ` AND (name = 'one' OR name = 'two')`, '')}")`,
  },
  'steps under conditions, Kysely': {
    size: 500,
    code: (size) =>
      `${kysely}let q = db.selectFrom('orders').selectAll()\n${lines(size, (at) => `if (request.query.a${at}) q = q.where('c${at}', '=', request.query.a${at})`)}\nreturn q.execute()\n}`,
  },
  'steps under conditions, Drizzle': {
    size: 500,
    code: (size) =>
      `${drizzle}let q = db.select().from(orders).$dynamic()\n${lines(size, (at) => `if (request.query.a${at}) q = q.where(eq(orders.name, request.query.a${at}))`)}\nreturn await q\n}`,
  },
  'steps under conditions, Knex': {
    size: 500,
    code: (size) =>
      `${knex}const q = db('orders').select('*')\n${lines(size, (at) => `if (request.query.a${at}) q.where('c${at}', request.query.a${at})`)}\nreturn await q\n}`,
  },
  'queries of one function': {
    // Each is a check of those after it, up to so many: more than the square would show again that the bound is gone.
    atMost: 24,
    size: 60,
    code: (size) =>
      `${pool}export async function found(request) {\n${lines(size, (at) => `const r${at} = await pool.query('SELECT * FROM orders WHERE id = $1', [request.params.id])\nif (r${at}.rows.length === 0) throw new Error('none')`)}\n}`,
  },
  'functions with a query each': {
    size: 60_000,
    code: repeated,
    tenancy: join(root, 'drizzle/tenancy.json'),
  },
}

/** The fixtures of Drizzle one after the other in one file, up to a size. */
function repeated(size: number): string {
  const folder = join(root, 'drizzle')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  )
  const imported = new Map<string, Set<string>>()
  const bodies = files.toSorted().map((path) =>
    readFileSync(join(folder, path), 'utf8')
      .replaceAll(/^import (?:type )?\{([^}]*)\} from ('[^']*')\n/gm, (_, names: string, from: string) => {
        const known = imported.get(from) ?? new Set()
        for (const name of names.split(',')) known.add(name.trim().replace(/^type /, ''))
        imported.set(from, known)
        return ''
      })
      .replaceAll(/^export (?:default )?/gm, ''),
  )
  let code = [...imported]
    .map(([from, names]) => `import { ${[...names].filter(Boolean).join(', ')} } from ${from}\n`)
    .join('')
  for (let index = 0; code.length < size; index++) code += `{\n${bodies[index % bodies.length]}\n}\n`
  return code
}

/** Processor time that this process alone spends, so that what else the machine does counts little. */
function spent(run: () => unknown): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

describe('four times as much of', () => {
  it.each(Object.entries(shapes))('%s costs no more than it has to', { timeout: 300_000 }, (_, shape) => {
    const filter = 'watertight/require-tenant-filter'
    const cost = (size: number): number => {
      const code = shape.code(size)
      return spent(() => {
        const linted = lintStrictly(code, 'grown.ts', shape.tenancy ?? tenancy)
        if (linted.kind === 'thrown') throw linted.error
        // However much of it there is, it does not pass unseen.
        expect(linted.messages.map(({ ruleId }) => ruleId)).toContain(filter)
      })
    }
    expect(parseOnly(shape.code(shape.size), 'grown.ts')).toEqual({ kind: 'linted', messages: [] })
    cost(Math.ceil(shape.size / 8))
    const small = Math.min(cost(shape.size), cost(shape.size))
    expect(cost(shape.size * 4) / small).toBeLessThan(shape.atMost ?? 9)
  })
})

describe('a long chain of calls', () => {
  it.each([
    [
      'Kysely',
      (steps: string) => `${kysely}return db.selectFrom('orders').selectAll()${steps}.execute()\n}`,
      ".where('id', '=', request.params.id)",
      ".where('school_id', '=', request.school.id)",
    ],
    [
      'Knex',
      (steps: string) => `${knex}return await db('orders')${steps}\n}`,
      ".where('id', request.params.id)",
      ".where('school_id', request.school.id)",
    ],
  ])('of %s is read to its end', (_, code, step, filter) => {
    const found = (steps: string): readonly (string | null)[] => {
      const linted = lintStrictly(code(steps), 'long.ts', tenancy)
      if (linted.kind === 'thrown') throw linted.error
      return linted.messages.map(({ ruleId }) => ruleId)
    }
    for (const times of [3, 30, 150]) {
      expect(found(step.repeat(times))).toEqual(['watertight/require-tenant-filter'])
      expect(found(filter + step.repeat(times))).toEqual([])
      expect(found(step.repeat(times) + filter)).toEqual([])
    }
  })
})
