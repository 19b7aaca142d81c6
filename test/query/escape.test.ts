import * as parser from '@typescript-eslint/parser'
import { Linter } from 'eslint'
import { describe, expect, it } from 'vitest'
import { whoeverCalls } from '../support/presets.ts'
import { fingerprintOf } from '../../rules/query/escape/fingerprint.ts'
import { directiveIn } from '../../rules/query/escape/directive.ts'
import { matchesGlob, patternPath } from '../../rules/query/glob.ts'
import { contextOf } from '../support/queries.ts'
import { clinic, handler } from '../support/rule-tester.ts'

interface Setup {
  readonly preset?: 'recommended' | 'strict'
  readonly settings?: object
  readonly tenancy?: object
  readonly filename?: string
}

/** `line: rule` of everything that a preset reports; the day is fixed. */
function reported(code: string, setup: Setup = {}): readonly string[] {
  return messages(code, setup).map(({ line, ruleId }) => `${line}: ${ruleId?.replace('watertight/', '')}`)
}

function messages(code: string, { preset = 'recommended', settings, tenancy, filename }: Setup = {}) {
  const watertightSettings = { tenancy: { ...clinic, ...tenancy }, today: '2026-06-01', ...settings }
  return new Linter().verify(
    code,
    [
      { files: ['**/*.ts'], languageOptions: { parser } },
      ...whoeverCalls(preset),
      { settings: { watertight: watertightSettings } },
    ] as Linter.Config[],
    { filename: filename ?? 'src/sample.ts' },
  )
}

const leak = "await pool.query('SELECT * FROM patients WHERE id = $1', [request.params.id])"
const safe = "await pool.query('SELECT * FROM patients WHERE clinic_id = $1', [request.clinic.id])"

describe('watertight-ignore', () => {
  it('excuses the query below it', () => {
    expect(reported(handler(`// watertight-ignore reason="public list"\n  ${leak}`))).toEqual([])
  })
  it('excuses the query on its line', () => {
    expect(reported(handler(`${leak} // watertight-ignore reason="public list"`))).toEqual([])
  })
  it('excuses a query that the statement only brings', () => {
    const code = `// watertight-ignore reason="public list"\n  const rows =\n    ${leak}\n  return rows`
    expect(reported(handler(code))).toEqual([])
  })
  it('does not reach another query of the same statement', () => {
    const code = `// watertight-ignore reason="public list"\n  await Promise.all([\n    ${leak.replace('await ', '')},\n  ])`
    expect(reported(handler(code))).toEqual(['5: no-invalid-ignore', '7: require-tenant-filter'])
  })
  it('does not reach the line after the next', () => {
    const code = `// watertight-ignore reason="public list"\n  ${leak}\n  ${leak}`
    expect(reported(handler(code))).toEqual(['7: require-tenant-filter'])
  })
  it('asks for a reason, and holds for nothing without one', () => {
    expect(reported(handler(`// watertight-ignore\n  ${leak}`))).toEqual([
      '5: no-invalid-ignore',
      '6: require-tenant-filter',
    ])
  })
  it('holds to its last day, and not after it', () => {
    const until = (day: string) => handler(`// watertight-ignore reason="migration" until=${day}\n  ${leak}`)
    expect(reported(until('2026-06-01'))).toEqual([])
    expect(reported(until('2026-05-31'))).toEqual(['5: no-invalid-ignore', '6: require-tenant-filter'])
    expect(messages(until('2026-05-31'))[0]?.message).toContain('it ended on 2026-05-31')
  })
  it('is about the named relation', () => {
    const both = "await pool.query('DELETE FROM visits; DELETE FROM patients')"
    const code = handler(`// watertight-ignore reason="reset of a test database" relation=visits\n  ${both}`)
    expect(messages(code).map(({ message }) => message)).toEqual([
      expect.stringContaining('`patients` is deleted'),
    ])
  })
  it('is about the named rule', () => {
    const code = (rule: string) => handler(`// watertight-ignore reason="x" rule=${rule}\n  ${leak}`)
    expect(reported(code('require-tenant-filter'))).toEqual([])
    expect(reported(code('watertight/require-tenant-filter'))).toEqual([])
    expect(reported(code('require-tenant-on-insert'))).toEqual(['6: require-tenant-filter'])
  })
  it('fires again when the query changes', () => {
    const fingerprint = fingerprintOf(contextOf(handler(leak), clinic)!.sites[0]!)
    const code = (query: string) =>
      handler(`// watertight-ignore reason="x" fingerprint=${fingerprint}\n  ${query}`)
    expect(reported(code(leak))).toEqual([])
    const changed = code(leak.replace('WHERE id = $1', 'WHERE id = $1 OR archived'))
    expect(reported(changed)).toEqual(['5: no-invalid-ignore', '6: require-tenant-filter'])
    expect(messages(changed)[0]?.message).toMatch(/its fingerprint is [0-9a-f]{8}, not/)
  })
  it('is reported when it excuses nothing', () => {
    expect(reported(handler(`// watertight-ignore reason="x"\n  ${safe}`))).toEqual(['5: no-invalid-ignore'])
    expect(reported('// watertight-ignore reason="x"\nconst answer = 42')).toEqual(['1: no-invalid-ignore'])
  })
  it('is not stale when only a stricter preset reports something there', () => {
    const unseen = '// watertight-ignore reason="x"\n  await pool.query(build(request))'
    expect(reported(handler(unseen))).toEqual([])
    expect(reported(handler(unseen), { preset: 'strict' })).toEqual([])
  })
  it('says what it does not understand', () => {
    const code = handler(`// watertight-ignore because="x" reason="y" for ever\n  ${safe}`)
    expect(messages(code).map(({ message }) => message)).toEqual([
      expect.stringContaining('`because` is not known here'),
      expect.stringContaining('`for ever` is not understood'),
    ])
  })
  it('holds for text pasted into SQL, too', () => {
    const paste = 'await pool.query(`SELECT * FROM medicines ORDER BY ${request.query.order}`)'
    expect(reported(handler(paste))).toEqual(['5: no-unsafe-raw-sql'])
    expect(reported(handler(`// watertight-ignore reason="x"\n  ${paste}`))).toEqual([])
  })
})

describe('settings.watertight.ignores', () => {
  const entry = { files: 'src/*.ts', relation: 'patients', reason: 'public list' }
  const ignoring = (...ignores: object[]): Setup => ({ settings: { ignores } })

  it('excuses findings in the named files', () => {
    expect(reported(handler(leak), ignoring(entry))).toEqual([])
    expect(reported(handler(leak), ignoring({ ...entry, files: ['lib/**'] }))).toEqual([
      '5: require-tenant-filter',
    ])
  })
  it('is about the named relation and rule', () => {
    expect(reported(handler(leak), ignoring({ ...entry, relation: 'visits' }))).toHaveLength(1)
    expect(reported(handler(leak), ignoring({ ...entry, rule: 'no-unsafe-raw-sql' }))).toHaveLength(1)
  })
  it('asks for a reason', () => {
    const found = messages(handler(leak), ignoring({ files: 'src/*.ts' }))
    expect(found.map(({ line }) => line)).toEqual([1, 5])
    expect(found[0]?.message).toContain('settings.watertight.ignores[0]: it has no reason')
  })
  it('is told as ended only where it was needed', () => {
    const ended = ignoring({ ...entry, until: '2026-01-01' })
    expect(reported(handler(leak), ended)).toEqual(['1: no-invalid-ignore', '5: require-tenant-filter'])
    expect(reported(handler(safe), ended)).toEqual([])
  })
})

describe('watertight-tenantless', () => {
  const job = `
import { Pool } from 'pg'
const pool = new Pool()
// watertight-tenantless reason="cron job over all clinics"
export async function nightly() {
  await pool.query('UPDATE visits SET reminded = true')
}
export async function other() {
  await pool.query('UPDATE visits SET reminded = true')
}
`
  it('is silent in recommended, for its function', () => {
    expect(reported(job)).toEqual(['9: require-tenant-filter'])
  })
  it('is told as such in strict', () => {
    const all = messages(job, { preset: 'strict' })
    const first = all.find(({ ruleId }) => ruleId === 'watertight/require-tenant-filter')
    expect(first?.message).toMatch(/^For all tenants, by design \(cron job over all clinics\): `visits`/)
  })
  it('is for the whole file when it stands first', () => {
    const code = `// watertight-tenantless reason="cron jobs"\n${job.replace(/\/\/ water.*\n/, '')}`
    expect(reported(code)).toEqual([])
  })
  it('stands above a method or a callback', () => {
    const method = `
import { Pool } from 'pg'
const pool = new Pool()
class Jobs {
  // watertight-tenantless reason="cron job"
  async nightly() { await pool.query('UPDATE visits SET reminded = true') }
  async other() { await pool.query('UPDATE visits SET reminded = true') }
}
// watertight-tenantless reason="cron job"
schedule('0 0 * * *', async () => { await pool.query('UPDATE visits SET reminded = true') })
`
    expect(reported(method)).toEqual(['7: require-tenant-filter'])
  })
  it('needs a reason and a function', () => {
    expect(reported(job.replace(/ reason=".*"/, ''))).toContain('4: no-invalid-ignore')
    expect(reported(handler(`// watertight-tenantless reason="x"\n  ${safe}`))).toEqual([
      '5: no-invalid-ignore',
    ])
  })
  it('does not excuse what is pasted into SQL text', () => {
    const code = `// watertight-tenantless reason="x"\n${handler('await pool.query(`UPDATE visits SET at = ${request.body.at}`)')}`
    expect(reported(code)).toEqual(['6: no-unsafe-raw-sql'])
  })
  it('comes from the tenancy model, too', () => {
    const tenancy = { tenantless: [{ files: ['**/cron/**'], reason: 'jobs over all clinics' }] }
    expect(reported(job.replace(/\/\/ water.*\n/, ''), { tenancy })).toHaveLength(2)
    expect(reported(job.replace(/\/\/ water.*\n/, ''), { tenancy, filename: 'src/cron/nightly.ts' })).toEqual(
      [],
    )
  })
})

describe('a program with one tenant', () => {
  const tenancy = { singleTenant: { constant: 'HOUSE_CLINIC', reason: 'one installation each' } }
  const house = (body: string, declared = "'4f0c'"): string =>
    `const HOUSE_CLINIC = ${declared}\n${handler(body)}`
  it.each([
    ["a read by another tenant's id", leak],
    ['a new row', "await pool.query('INSERT INTO patients (name) VALUES ($1)', [request.body.name])"],
    ['a cache without the tenant', "new Map().set('patients', 1)"],
  ])('needs no filter: %s', (_, body) => {
    expect(reported(house(body), { tenancy })).toEqual([])
  })
  it.each(["'4f0c'", '`4f0c`', 'process.env.CLINIC', "String(process.env['CLINIC'])", "getEnv('CLINIC')"])(
    'declares it: %s',
    (declared) => expect(reported(house(leak, declared), { tenancy })).toEqual([]),
  )
  it.each(['await clinicOf(request)', 'request.params.clinic', 'null', '{}'])(
    'does not declare it: %s',
    (declared) => {
      const found = messages(house(leak, declared), { tenancy })
      expect(found.map(({ ruleId }) => ruleId)).toEqual([
        'watertight/no-invalid-ignore',
        'watertight/require-tenant-filter',
      ])
      expect(found[0]?.message).toContain('nothing declares it')
    },
  )
  it('is not one any more once the constant is gone', () => {
    expect(reported(handler(leak), { tenancy })).toEqual(['1: no-invalid-ignore', '5: require-tenant-filter'])
    expect(reported(handler(safe), { tenancy })).toEqual([])
  })
  it('lets no request name a tenant', () => {
    const read = "return pool.query('SELECT * FROM patients WHERE clinic_id = $1', [request.params.clinicId])"
    const route = `const HOUSE_CLINIC = '4f0c'
import { Pool } from 'pg'
const pool = new Pool()
app.get('/clinics/:clinicId/patients', async (request, reply) => {
  const session = await getSession(request)
  if (!session) return reply.code(401).send()
  ${read}
})`
    expect(reported(route, { tenancy })).toEqual(['7: no-untrusted-tenant-id'])
    const moved =
      "await pool.query('UPDATE patients SET clinic_id = $1 WHERE id = 1', [request.body.clinicId])"
    expect(reported(house(moved), { tenancy })).toEqual(['6: no-tenant-mass-assignment'])
  })
  it('does not excuse what is pasted into SQL text', () => {
    const pasted = 'await pool.query(`UPDATE visits SET at = ${request.body.at}`)'
    expect(reported(house(pasted), { tenancy })).toEqual(['6: no-unsafe-raw-sql'])
  })
  it('is told by strict at every query', () => {
    const told = messages(house(leak), { tenancy, preset: 'strict' }).find(
      ({ ruleId }) => ruleId === 'watertight/require-tenant-filter',
    )
    expect(told?.message).toMatch(/^There is one tenant \(one installation each\): `patients` is read/)
  })
})

describe('fingerprints', () => {
  const of = (query: string): string => fingerprintOf(contextOf(handler(query), clinic)!.sites[0]!)
  const base = of(
    "await pool.query('SELECT * FROM patients WHERE id = $1 AND kind = 3', [request.params.id])",
  )

  it.each([
    "await pool.query('select *   from patients where id = $1 and kind = 4', [other])",
    "await pool.query('SELECT name FROM patients AS p WHERE p.id = $1 AND kind = 3 ORDER BY name LIMIT 5', [1])",
    'const id = 5; await pool.query(`SELECT * FROM patients WHERE id = ${id} AND kind = 3`)',
  ])('stay the same: %s', (query) => expect(of(query)).toBe(base))

  it.each([
    "await pool.query('SELECT * FROM patients WHERE id = $1', [1])",
    "await pool.query('SELECT * FROM visits WHERE id = $1 AND kind = 3', [1])",
    "await pool.query('DELETE FROM patients WHERE id = $1 AND kind = 3', [1])",
    "await pool.query('SELECT * FROM patients WHERE id = $1 OR kind = 3', [1])",
    "await pool.query('SELECT * FROM patients WHERE id = $1 AND kind <> 3', [1])",
    "await pool.query('SELECT *, (SELECT 1 FROM visits) FROM patients WHERE id = $1 AND kind = 3', [1])",
  ])('change: %s', (query) => expect(of(query)).not.toBe(base))
})

it('knows a directive from prose', () => {
  expect(directiveIn(' see watertight-ignore in the guide')).toBeNull()
  expect(directiveIn(' watertight-ignore reason=x')?.faults).toEqual([])
  expect(directiveIn(' watertight-ignore-next-line reason=x')?.faults).toHaveLength(1)
  expect(directiveIn("*\n * watertight-ignore reason='two words' until=2027-02-30 ")?.faults).toHaveLength(1)
})

describe('patterns', () => {
  it.each([
    ['src/cron/a.ts', '**/cron/**'],
    ['cron/a.ts', '**/cron/**'],
    ['src/a.ts', 'src/*.{ts,tsx}'],
    ['src/a/b.ts', 'src/'],
    ['src/a.ts', './src/?.ts'],
  ])('%s fits %s', (path, pattern) => expect(matchesGlob(path, pattern)).toBe(true))
  it.each([
    ['src/cronjob/a.ts', '**/cron/**'],
    ['src/a/b.ts', 'src/*.ts'],
    ['src/axts', 'src/a.ts'],
  ])('%s does not fit %s', (path, pattern) => expect(matchesGlob(path, pattern)).toBe(false))
  it('are about paths from the working folder', () => {
    expect(patternPath('/home/a/src/x.ts', '/home/a')).toBe('src/x.ts')
  })
})
