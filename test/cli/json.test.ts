import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { settled } from '../../harness/cli/fuzz.ts'
import { writeJson } from '../../harness/report/json.ts'
import { recordOf } from '../../harness/report/record.ts'
import { sampleEvents, sampleSummary } from '../support/campaign-sample.ts'
import { commandLine } from '../support/command-line.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/json.md'), 'utf8')

/** The schema that the documentation gives under a heading. */
function documented(heading: string) {
  const block = new RegExp(`^## ${heading}\\n[^]*?\`\`\`json\\n([^]*?)\`\`\``, 'm').exec(page)
  return new Ajv2020({
    allErrors: true,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    allowUnionTypes: true,
  }).compile(JSON.parse(block![1]!))
}

function check(heading: string, document: unknown): void {
  const validate = documented(heading)
  validate(document)
  expect(validate.errors ?? []).toEqual([])
}

let folder: string
let server: Server
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'json-'))
  server = createServer((_, response) => response.writeHead(401).end('{}'))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  writeFileSync(
    join(folder, 'closed.target.mjs'),
    `export default {
      name: 'closed', baseUrl: 'http://127.0.0.1:${port}',
      provision: async (seed) => ({
        id: seed.slug, actors: [{ name: 'admin', role: 'admin', credentials: {} }],
        resources: [{ type: 'note', id: seed.slug + '-note' }],
      }),
      authenticate: async () => ({ headers: {} }),
      operations: [{
        id: 'getNote', method: 'GET', path: '/notes/{noteId}', access: 'tenant', writes: false,
        parameters: [{ name: 'noteId', in: 'path', required: true, schema: { type: 'string' }, resource: 'note' }],
      }],
    }`,
  )
  writeFileSync(
    join(folder, 'tenancy.json'),
    JSON.stringify({
      tenantColumns: ['t'],
      rowLevelSecurity: 'forced',
      relations: { a: { owned: 't' }, b: { global: 'x' } },
    }),
  )
  writeFileSync(join(folder, 'open.sql'), 'create table a (t uuid);\ncreate table b (id int);')
})
afterAll(async () => {
  await new Promise((closed) => server.close(closed))
  rmSync(folder, { recursive: true })
})

describe('documents fit docs/json.md', () => {
  it('audit, with and without a baseline', async () => {
    const first = await commandLine(['audit', 'open.sql', '--json'], folder)
    const document = JSON.parse(first.stdout)
    check('audit', document)
    expect(first.code).toBe(1)
    expect(document.findings[0]).toMatchObject({ file: 'open.sql', line: 1 })
    writeFileSync(join(folder, 'baseline.json'), first.stdout)
    const second = await commandLine(['audit', 'open.sql', '--json', '--baseline', 'baseline.json'], folder)
    const later = JSON.parse(second.stdout)
    check('audit', later)
    expect(later.findings).toEqual([])
    expect(later.known).toEqual(document.findings)
    expect(second.code).not.toBe(1)
  })

  it('problem', async () => {
    const { stdout, code } = await commandLine(['audit', 'open.sql', '--json', '--tenancy', 'absent'], folder)
    check('problem', JSON.parse(stdout))
    expect(code).toBe(2)
  })

  it('fuzz of a service that answers 401 to all, which is no pass', async () => {
    const { stdout, stderr, code } = await commandLine(
      [
        'fuzz',
        'closed.target.mjs',
        '--trials',
        '2',
        '--json',
        '--report',
        'ndjson=shard.ndjson',
        '--report',
        'html=r/x.html',
      ],
      folder,
    )
    const document = JSON.parse(stdout)
    check('fuzz, merge', document)
    expect(document).toMatchObject({
      verdict: 'inconclusive',
      findings: [],
      claim: null,
      problem: { code: 'E-TARGET-AUTH' },
    })
    expect(code).toBe(3)
    expect(stderr).toContain('INCONCLUSIVE')
    expect(readFileSync(join(folder, 'r/x.html'), 'utf8')).toContain('Inconclusive')
    expect(readFileSync(join(folder, 'shard.ndjson'), 'utf8')).toMatch(/"type":"campaign-ended"/)
  })

  it('fuzz with findings', () => {
    check('fuzz, merge', JSON.parse(writeJson(recordOf(sampleEvents(sampleSummary()))!)))
  })
})

describe('a schema that cannot fail proves nothing', () => {
  it.each(['problem', 'fuzz, merge', 'audit', 'mutants', 'replay'])(
    '%s refuses an empty document',
    (heading) => {
      expect(documented(heading)({})).toBe(false)
    },
  )
})

describe('an interrupted campaign', () => {
  const aborted = AbortSignal.abort()
  const ended = (verdict: 'clean' | 'uncovered' | 'finding') => {
    const findings = verdict === 'finding' ? sampleSummary().findings : []
    const event = sampleEvents(sampleSummary({ verdict, findings, claim: 'all is well' })).at(-1)!
    const settledEvent = settled(event, 'out', aborted)
    return settledEvent.type === 'campaign-ended' ? settledEvent.summary : null
  }

  it.each(['clean', 'uncovered'] as const)('that says %s is inconclusive and claims nothing', (verdict) => {
    expect(ended(verdict)).toMatchObject({
      verdict: 'inconclusive',
      claim: null,
      problem: { code: 'E-INTERRUPTED' },
    })
  })

  it('keeps what it found', () => {
    expect(ended('finding')).toMatchObject({
      verdict: 'finding',
      findings: [{ receipt: 'out/foreign-read-getTask.json' }],
    })
  })
})
