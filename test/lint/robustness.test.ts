import fc from 'fast-check'
import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { oddExpressions, oddStatements, scriptStatements, surroundings } from '../support/odd-syntax.ts'
import { inserted, placesOf, replaced } from '../support/splice.ts'
import { lintStrictly, parseOnly } from '../support/strict-lint.ts'

const root = resolve(import.meta.dirname, '../../fixtures/lint')

const seeds = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .toSorted()
  .map((path) => ({
    path,
    code: readFileSync(join(root, path), 'utf8'),
    tenancy: join(root, path.split(/[\\/]/)[0]!, 'tenancy.json'),
  }))

const postgres = join(root, 'pg/tenancy.json')

const query = "pool.query('SELECT * FROM orders WHERE id = $1', [request.params.id])"
const pool = "import { Pool } from 'pg'\nconst pool = new Pool()\n"

/** No rule throws, and what does not parse does not pass. */
function mustHold(
  code: string,
  { filename = 'odd.ts', tenancy = postgres, sourceType = 'module' as 'module' | 'script' } = {},
): readonly string[] {
  const linted = lintStrictly(code, filename, tenancy, sourceType)
  if (linted.kind === 'thrown') throw linted.error
  const alone = parseOnly(code, filename, sourceType)
  if (alone.kind === 'thrown') throw alone.error
  if (alone.messages.length > 0) expect(linted.messages).toEqual(alone.messages)
  return linted.messages.map(({ ruleId, message }) => ruleId ?? message)
}

const filter = 'watertight/require-tenant-filter'

describe('odd syntax', () => {
  it.each(oddStatements)('%s', (statement) => {
    const code = `${pool}${statement}\n;export const found = (request) => ${query}\n`
    expect(parseOnly(code, 'odd.ts')).toEqual({ kind: 'linted', messages: [] })
    expect(mustHold(code)).toContain(filter)
  })

  it.each(scriptStatements)('as a script: %s', (statement) => {
    const code = `const { Pool } = require('pg')\nconst pool = new Pool()\n${statement}\nexports.found = (request) => ${query}\n`
    expect(mustHold(code, { filename: 'odd.cjs', sourceType: 'script' })).toContain(filter)
  })

  it.each(oddExpressions)('as statement, parameter, filter and callee: %s', (expression) => {
    for (const body of [
      `pool.query((${expression}\n), [1])`,
      `pool.query('SELECT * FROM orders WHERE id = $1', [(${expression}\n)])`,
      `pool.query(\`SELECT * FROM orders WHERE tenant_id = \${(${expression}\n)}\`)`,
      `(${expression}\n).query('SELECT * FROM orders')`,
    ]) {
      mustHold(`${pool}export const found = async (request) => ${body}`)
      mustHold(`${pool}export const found = async (request) => ${body}`, { filename: 'odd.tsx' })
    }
  })

  it.each(surroundings.map((around) => [around('…'), around] as const))('inside %s', (_, around) => {
    expect(mustHold(`${pool}${around(`await ${query}`)}`)).toContain(filter)
  })
})

describe('forms of files', () => {
  const code = `${pool}export const found = (request) => ${query}\n`

  it.each(['a.ts', 'a.tsx', 'a.cts', 'a.mts', 'a.js', 'a.jsx', 'a.mjs', 'a.cjs'])('%s', (filename) => {
    expect(mustHold(code, { filename })).toContain(filter)
  })

  it.each([
    ['a byte order mark', `\uFEFF${code}`],
    ['carriage returns', code.replaceAll('\n', '\r\n')],
    ['line separators', code.replaceAll('\n', '\u2028')],
    ['a hashbang', `#!/usr/bin/env node\n${code}`],
    ['a lone surrogate', `${code}export const odd = '\uD800' // \uDFFF\n`],
    ['a NUL in a comment', `${code}/* \0 */`],
    ['no end of line', code.trimEnd()],
  ])('with %s', (_, text) => {
    expect(mustHold(text)).toContain(filter)
  })

  it.each([
    [
      'a generic arrow in JSX',
      `${pool}export const F = <T,>(p: T) => <ul {...p} key={${query}}>{[<li/>]}<></></ul>\n`,
    ],
  ])('with %s', (_, text) => {
    expect(mustHold(text.replaceAll('request', 'p'), { filename: 'a.tsx' })).toContain(filter)
  })

  it.each(['', '\n', '\uFEFF', '// only a comment', '#!/usr/bin/env node', ';', '"use strict"'])(
    'nothing is found in %j',
    (text) => {
      expect(mustHold(text)).toEqual([])
    },
  )

  it.each([
    "pool.query('SELECT * FROM orders'",
    'await (',
    'class { #a; #a }',
    '<<<<<<< HEAD',
    '`${',
    "'\n'",
    '/*',
    'let a; let a = 08n',
    '\0',
    '@',
  ])('%j does not parse and does not pass', (text) => {
    const messages = mustHold(`${pool}${text}`)
    expect(messages).toHaveLength(1)
    expect(messages[0]).toMatch(/^Parsing error/)
  })
})

/** Deeply nested expressions, by how often they nest. */
const nests: Readonly<Record<string, (times: number) => string>> = {
  calls: (times) => 'f('.repeat(times) + 'x' + ')'.repeat(times),
  additions: (times) => "'a'" + "+'b'".repeat(times),
  conjunctions: (times) => 'a' + '&& b'.repeat(times),
  members: (times) => 'a' + '.b'.repeat(times),
  'optional members': (times) => 'a' + '?.[b]'.repeat(times),
  'conditional expressions': (times) => 'a ? b : '.repeat(times) + 'c',
  templates: (times) => '`${'.repeat(times) + 'x' + '}`'.repeat(times),
  arrows: (times) => '() => '.repeat(times) + '1',
  objects: (times) => '{ and: '.repeat(times) + '1' + '}'.repeat(times),
  spreads: (times) => '{ ...'.repeat(times) + 'a' + '}'.repeat(times),
  arrays: (times) => '['.repeat(times) + ']'.repeat(times),
  assertions: (times) => 'a' + ' as any'.repeat(times),
  promises: (times) => `a()${'.then(b)'.repeat(times)}`,
  builders: (times) =>
    `db.selectFrom('orders')${".where('id', '=', request.params.id)".repeat(times)}.execute()`,
}

describe('deep nesting', () => {
  // Where the parser gives up, that it does is told by the parser, as a syntax error is.
  it.each(Object.entries(nests))('%s', (_, nest) => {
    for (const times of [50, 200, 5000]) {
      mustHold(`${pool}export const found = async (request, db) => pool.query('SELECT 1', [${nest(times)}])`)
      mustHold(`${pool}export const found = async (request, db) => pool.query(${nest(times)}, [])`)
    }
  })

  it.each([
    [
      'constants',
      (times: number) =>
        `const v0 = 1\n${chained(times, (n) => `const v${n + 1} = v${n}`)}\npool.query(v${times})`,
    ],
    [
      'texts',
      (times: number) =>
        `let q0 = 'SELECT * FROM orders WHERE true'\n${chained(times, (n) => `let q${n + 1} = q${n} + ' AND true'`)}\npool.query(q${times})`,
    ],
    [
      'conditions',
      (times: number) =>
        `const c0 = {}\n${chained(times, (n) => `const c${n + 1} = { ...c${n}, x: ${n} }`)}\npool.query('SELECT * FROM orders', c${times})`,
    ],
    [
      'additions to a text',
      (times: number) =>
        `let q = 'SELECT * FROM orders WHERE true'\n${chained(times, () => "q += ' AND true'")}\npool.query(q)`,
    ],
    [
      'functions',
      (times: number) =>
        `${chained(times, (n) => `function f${n}(x) { return f${n + 1}(x) }`)}\nfunction f${times}(x) { return pool.query(x) }\nf0('SELECT * FROM orders')`,
    ],
    [
      'statements',
      (times: number) =>
        `if (a) {${'{'.repeat(times)}pool.query('SELECT * FROM orders')${'}'.repeat(times)}}`,
    ],
    [
      'conjunctions of SQL',
      (times: number) => `pool.query('SELECT * FROM orders WHERE true${' AND true'.repeat(times)}')`,
    ],
    [
      'parentheses of SQL',
      (times: number) =>
        `pool.query('SELECT * FROM orders WHERE ${'('.repeat(times)}true${')'.repeat(times)}')`,
    ],
  ] as const)('chains of %s', (kind, chain) => {
    // A chain of statements nests nowhere for the parser, so that only the rules could run out of stack.
    for (const times of [50, 3000]) mustHold(`${pool}${chain(times)}`)
    expect(mustHold(`${pool}${chain(3)}`).length > 0).toBe(kind !== 'constants')
  })
})

function chained(times: number, link: (index: number) => string): string {
  return Array.from({ length: times }, (_, index) => link(index)).join('\n')
}

describe('generated programs', () => {
  const places = seeds.map((seed) => ({ ...seed, places: placesOf(seed.code, 'odd.ts')! }))
  const change = fc.record({
    seed: fc.constantFrom(...places),
    at: fc.nat(),
    expression: fc.constantFrom(...oddExpressions),
    statement: fc.option(fc.constantFrom(...oddStatements)),
    around: fc.constantFrom(...surroundings),
    isJsx: fc.boolean(),
  })

  it('never make a rule throw', { timeout: 240_000 }, () => {
    let parsed = 0
    fc.assert(
      fc.property(change, ({ seed, at, expression, statement, around, isJsx }) => {
        const { expressions, statements } = seed.places
        let code = replaced(seed.code, expressions[at % expressions.length]!, expression)
        const places_ = placesOf(code, 'odd.ts') ?? { statements, imports: 0 }
        if (statement !== null && places_.statements.length > 0) {
          code = inserted(code, places_.statements[at % places_.statements.length]!, statement)
        }
        const end = placesOf(code, 'odd.ts')?.imports ?? 0
        code = code.slice(0, end) + '\n' + around(code.slice(end).replaceAll(/^export (?:default )?/gm, ''))
        const messages = mustHold(code, { filename: isJsx ? 'odd.tsx' : 'odd.ts', tenancy: seed.tenancy })
        if (!messages.some((message) => message.startsWith('Parsing error'))) parsed += 1
      }),
      { numRuns: 120, seed: 1 },
    )
    // Programs that hardly ever parse would test the parser alone.
    expect(parsed).toBeGreaterThan(55)
  })
})

describe('large files', () => {
  /** Many handlers over one client, as generated code has them, up to a size. */
  function large(size: number): string {
    const handlers: string[] = []
    for (let length = 0, index = 0; length < size; index += 1) {
      const handler = `export async function handler${index}(request, reply) {
  const { id, name } = request.params
  const found = await pool.query('SELECT id, name FROM students WHERE id = $1', [id])
  const words = ['${'filler '.repeat(20)}'].map((word) => ({ word, name, at: ${index} }))
  return reply.send({ found: found.rows, words, total: words.length * ${index} })
}
`
      length += handler.length
      handlers.push(handler)
    }
    return `${pool}${handlers.join('')}`
  }

  function seconds(run: () => unknown): number {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1e6
  }

  it('cost a bounded multiple of the parser alone, whatever their size', { timeout: 240_000 }, () => {
    const ratio = (size: number): number => {
      const code = large(size)
      const alone = seconds(() => parseOnly(code, 'large.ts'))
      let messages: readonly string[] = []
      const strict = seconds(() => {
        const linted = lintStrictly(code, 'large.ts', postgres)
        if (linted.kind === 'thrown') throw linted.error
        messages = linted.messages.map(({ ruleId }) => ruleId ?? '')
      })
      expect(messages.filter((id) => id === filter)).toHaveLength(code.split('pool.query').length - 1)
      return strict / alone
    }
    ratio(20_000)
    // One query to a few lines is far denser than a service is; what must not be is a cost that grows faster than the file.
    expect(ratio(500_000)).toBeLessThan(25)
  })
})
