import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
    expect(document).toMatchObject({ statements: null, known: [], expired: [], fixed: [] })
    expect(document.findings[0]).toMatchObject({ file: 'open.sql', line: 1 })
    const ids: string[] = document.findings.map(({ id }: { id: string }) => id)
    const entry = (id: string, until: string) => ({ id, reason: 'known', until })
    const audit = async (...entries: unknown[]) => {
      writeFileSync(join(folder, 'baseline.json'), JSON.stringify(entries))
      const { stdout, code } = await commandLine(
        ['audit', 'open.sql', '--json', '--baseline', 'baseline.json'],
        folder,
      )
      const later = JSON.parse(stdout)
      check('audit', later)
      return { ...later, code }
    }
    const accepted = await audit(...ids.map((id) => entry(id, '9999-12-31')))
    expect(accepted).toMatchObject({ verdict: 'clean', findings: [], expired: [], fixed: [], code: 0 })
    expect(accepted.known).toEqual(
      document.findings.map((finding: object) => ({ ...finding, reason: 'known', until: '9999-12-31' })),
    )
    const late = await audit(...ids.map((id) => entry(id, '2001-01-01')), entry('gone/x', '9999-12-31'))
    expect(late).toMatchObject({ verdict: 'finding', known: [], expired: ids, fixed: ['gone/x'], code: 1 })
    expect(late.findings).toEqual(document.findings)
  })

  it('audit of captured statements', async () => {
    const captured = async (text: string) => {
      writeFileSync(join(folder, 'captured.sql'), text)
      const { stdout, code } = await commandLine(['audit', '--statements', 'captured.sql', '--json'], folder)
      const document = JSON.parse(stdout)
      check('audit', document)
      return { ...document, code }
    }
    const closed = 'select * from a where t = $1'
    expect(await captured(closed)).toMatchObject({
      verdict: 'clean',
      statements: { file: 'captured.sql', statements: 1, confined: 1, open: [] },
      code: 0,
    })
    expect(await captured(`${closed}\nselect * from a\n${closed}\nselect * from a`)).toMatchObject({
      verdict: 'finding',
      statements: { statements: 2, open: [{ line: 2, times: 2, relation: 'a', verdict: 'leak' }] },
      code: 1,
    })
    expect(await captured(`${closed};\nselec;\n`)).toMatchObject({
      verdict: 'inconclusive',
      statements: { open: [{ line: 2, relation: null, verdict: 'unknown', text: 'selec;' }] },
      code: 3,
    })
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
