import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createListener } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { serverIdentity } from '../../harness/postgres/identity.ts'
import type { Outcome } from '../support/command-line.ts'
import { freshDatabase } from '../support/postgres.ts'
import { program, type ProgramOptions } from '../support/program.ts'

let folder: string
let closed: Server
let database: string
let deadPort: number

const notes = join(import.meta.dirname, '../support')

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bad-input-'))
  closed = createServer((_, response) => response.writeHead(401).end('{}'))
  closed.listen(0, '127.0.0.1')
  const probe = createListener().listen(0, '127.0.0.1')
  await Promise.all([once(closed, 'listening'), once(probe, 'listening')])
  deadPort = (probe.address() as AddressInfo).port
  probe.close()
  database = (await freshDatabase('create table notes (id uuid, t uuid)')).url
  const model = (...names: string[]) =>
    JSON.stringify({
      tenantColumns: ['t'],
      relations: Object.fromEntries(names.map((name) => [name, { owned: 't' }])),
    })
  writeFileSync(join(folder, 'known.json'), model('notes'))
  writeFileSync(join(folder, 'unknown.json'), model('notes', 'nots'))
  writeFileSync(join(folder, 'broken.json'), '{\n  "tenantColumns": [,]\n}')
})
afterAll(async () => {
  closed.close()
  closed.closeAllConnections()
  await once(closed, 'close')
  rmSync(folder, { recursive: true })
})

/** A target file; `fields` are written over those of a target that answers 401. */
function target(name: string, fields: Readonly<Record<string, string>>): string {
  const { port } = closed.address() as AddressInfo
  const all = {
    name: "'closed'",
    baseUrl: `'http://127.0.0.1:${port}'`,
    provision: `async (seed) => ({
      id: seed.slug, actors: [{ name: 'admin', role: 'admin', credentials: {} }],
      resources: [{ type: 'note', id: seed.slug + '-note' }],
    })`,
    authenticate: 'async () => ({ headers: {} })',
    operations: `[{
      id: 'getNote', method: 'GET', path: '/notes/{noteId}', access: 'tenant', writes: false,
      parameters: [{ name: 'noteId', in: 'path', required: true, schema: { type: 'string' }, resource: 'note' }],
    }]`,
    ...fields,
  }
  const body = Object.entries(all).map(([field, text]) => `${field}: ${text},`)
  writeFileSync(join(folder, name), `export default {\n${body.join('\n')}\n}\n`)
  return name
}

/** A target of the notes service, which leaves for good after so many requests. */
function notesTarget(name: string, dieAfter: string): string {
  const text = `
    import { safeRoutes } from ${JSON.stringify(join(notes, 'notes-service.ts'))}
    import { notesTarget } from ${JSON.stringify(join(notes, 'notes-target.ts'))}
    export default notesTarget(safeRoutes, {}, ${dieAfter}).target
  `
  writeFileSync(join(folder, name), text)
  return name
}

const databaseOf = (url: string, tenancy: string) => `{ url: ${JSON.stringify(url)}, tenancy: '${tenancy}' }`
const managed = {
  database: "{ managed: true, tenancy: 'known.json' }",
  start: "async () => { throw new Error('must not be reached') }",
}

const run = (argv: readonly string[], options: Partial<ProgramOptions> = {}): Promise<Outcome> =>
  program(argv, { cwd: folder, ...options })

/** No stack, no secret, no success. */
function sober({ code, stdout, stderr }: Outcome): void {
  expect(code).not.toBe(0)
  expect(stdout + stderr).not.toMatch(/\n\s+at .*:\d+:\d+|s3cret|CLEAN/)
}

function refused(outcome: Outcome, code: number, problem: string, text: RegExp | string): void {
  sober(outcome)
  expect(outcome.stderr).toMatch(new RegExp(`^error ${problem}: .*\\S`, 'm'))
  expect(outcome.stderr).toMatch(/^next: \S/m)
  expect(outcome.stderr).toMatch(text)
  expect(outcome.code).toBe(code)
}

/** The campaign was begun, and says why it is worth nothing. */
function inconclusive(outcome: Outcome, problem: string, text: RegExp | string): void {
  sober(outcome)
  expect(outcome.stdout).toContain('INCONCLUSIVE')
  expect(outcome.stdout).toMatch(new RegExp(`^${problem}: \\S`, 'm'))
  expect(outcome.stdout).toMatch(text)
  expect(outcome.code).toBe(3)
}

describe('the tenancy model', () => {
  const withModel = (file: string) => target(`${file}.target.mjs`, { database: databaseOf(database, file) })

  it('is not there', async () => {
    refused(await run(['fuzz', withModel('absent.json')]), 2, 'E-TENANCY-MISSING', /watertight init/)
  })

  it('is no JSON', async () => {
    refused(await run(['fuzz', withModel('broken.json')]), 2, 'E-TENANCY-SYNTAX', /broken\.json:2:21/)
  })

  it('names a relation that the database does not have', async () => {
    const outcome = await run(['fuzz', withModel('unknown.json')])
    refused(outcome, 2, 'E-TENANCY-RELATION', /names nots, which the database does not have/)
  })

  it('names it to the audit, too', async () => {
    const outcome = await run(['audit', '--database', database, '--tenancy', 'unknown.json'])
    refused(outcome, 2, 'E-TENANCY-RELATION', /nots/)
  })
})

describe('the database', () => {
  it('cannot be started', async () => {
    const temporary = join(folder, 'temporary')
    mkdirSync(temporary)
    const owner = serverIdentity()?.uid ?? process.getuid?.() ?? 0
    writeFileSync(join(temporary, `watertight-postgres-${owner}`), 'in the way of its data')
    const outcome = await run(['fuzz', target('none.target.mjs', managed)], { env: { TMPDIR: temporary } })
    inconclusive(outcome, 'E-DATABASE-NONE', /set DATABASE_URL/)
  })

  it('does not listen where DATABASE_URL says', async () => {
    const env = { DATABASE_URL: `postgres://somebody:s3cret@127.0.0.1:${deadPort}/shop` }
    const outcome = await run(['fuzz', target('port.target.mjs', managed)], { env })
    inconclusive(outcome, 'E-DATABASE-CONNECT', `127.0.0.1:${deadPort}/shop`)
  })

  it('knows another password than DATABASE_URL', async () => {
    const wrong = new URL(inject('postgresUrl'))
    wrong.password = 's3cret'
    const outcome = await run(['fuzz', target('password.target.mjs', managed)], {
      env: { DATABASE_URL: wrong.href },
    })
    inconclusive(outcome, 'E-DATABASE-CONNECT', /password authentication failed/)
  })

  it('is not an address', async () => {
    const env = { DATABASE_URL: 'mysql://somebody:s3cret@127.0.0.1/shop' }
    const outcome = await run(['fuzz', target('mysql.target.mjs', managed)], { env })
    inconclusive(outcome, 'E-DATABASE-CONNECT', /postgres:\/\//)
  })

  it('of a running service does not answer', async () => {
    const url = `postgres://somebody:s3cret@127.0.0.1:${deadPort}/shop`
    const outcome = await run([
      'fuzz',
      target('unreachable.target.mjs', { database: databaseOf(url, 'known.json') }),
    ])
    inconclusive(outcome, 'E-DATABASE-CONNECT', `127.0.0.1:${deadPort}/shop`)
  })
})

describe('the target', () => {
  it('answers 401 to everything', async () => {
    const outcome = await run(['fuzz', target('closed.target.mjs', {}), '--trials', '2'])
    inconclusive(outcome, 'E-TARGET-AUTH', /answers 401/)
  })

  it('is not there', async () => {
    const baseUrl = `'http://127.0.0.1:${deadPort}'`
    const outcome = await run(['fuzz', target('silent.target.mjs', { baseUrl })])
    inconclusive(outcome, 'E-TARGET-START', /nothing answers/)
  })

  it('dies half way', async () => {
    const outcome = await run(['fuzz', notesTarget('dying.target.ts', '400'), '--trials', '5000'])
    inconclusive(outcome, 'E-TARGET-DIED', /answers no more/)
  })

  it('throws while it makes tenants', async () => {
    const provision = 'async (seed) => seed.absent.id'
    const outcome = await run(['fuzz', target('throwing.target.mjs', { provision })])
    inconclusive(outcome, 'E-TARGET-PROVISION', /reading 'id'/)
  })

  it('is on a machine that nobody named', async () => {
    const outcome = await run(['fuzz', target('far.target.mjs', { baseUrl: "'http://192.0.2.1'" })])
    refused(outcome, 2, 'E-HOST', /--allow-host 192\.0\.2\.1/)
  })

  it('describes itself in an OpenAPI document that does not parse', async () => {
    writeFileSync(join(folder, 'openapi.yaml'), 'openapi: 3.1.0\npaths: [}\n')
    const name = target('described.target.mjs', { openapi: "'openapi.yaml'" })
    refused(await run(['fuzz', name]), 2, 'E-OPENAPI', /openapi\.yaml.*does not parse/)
    const other = ['fuzz', target('other.target.mjs', {}), '--openapi', 'openapi.yaml']
    refused(await run(other), 2, 'E-OPENAPI', /openapi\.yaml.*does not parse/)
  })
})

describe('the command line', () => {
  it('has an option that the command does not have', async () => {
    refused(
      await run(['fuzz', '--trails', '5']),
      2,
      'E-USAGE',
      /unknown option --trails, did you mean --trials/,
    )
  })

  it('names a receipt that is not there, or is none', async () => {
    const name = target('replay.target.mjs', {})
    refused(await run(['replay', 'absent.receipt.json', name]), 2, 'E-RECEIPT', /absent\.receipt\.json/)
    refused(await run(['replay', 'known.json', name]), 2, 'E-RECEIPT', /known\.json/)
  })

  it('merges what is no stream of events', async () => {
    const started =
      '{"type":"campaign-started","version":1,"target":"notes","mode":"hunt","seed":1,"shard":{"index":0,"of":1}}'
    writeFileSync(join(folder, 'broken.ndjson'), `${started}\n{"type":"prog`)
    refused(await run(['merge', 'broken.ndjson']), 2, 'E-EVENTS', /line 2 is no JSON/)
    writeFileSync(join(folder, 'empty.ndjson'), '')
    refused(await run(['merge', 'empty.ndjson']), 2, 'E-EVENTS', /neither beginning nor end/)
    writeFileSync(
      join(folder, 'alien.ndjson'),
      `${started}\n{"type":"campaign-ended","summary":{"verdict":"clean"}}\n`,
    )
    refused(await run(['merge', 'alien.ndjson']), 2, 'E-EVENTS', /line 2 is no event of a campaign/)
  })
})

it('an interrupted campaign is inconclusive, never clean', async () => {
  const outcome = await run(['fuzz', notesTarget('alive.target.ts', 'Infinity'), '--seconds', '120'], {
    onOutput: (text) => (text.includes('provision') ? 'SIGINT' : null),
  })
  inconclusive(outcome, 'E-INTERRUPTED', /interrupted before its end/)
})
