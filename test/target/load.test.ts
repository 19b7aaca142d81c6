import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadTarget, locateTarget } from '../../harness/target/load.ts'
import { operationsOf } from '../../harness/target/operations.ts'
import { checkHost } from '../../harness/run/start.ts'

const directory = mkdtempSync(join(tmpdir(), 'watertight-target-'))
const file = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text)
  return join(directory, name)
}
const whole = `{ name: 'x', baseUrl: 'http://127.0.0.1:1', directory: 'service', operations: [{ id: 'GET /a/{b}' }], provision: async () => ({}), authenticate: async () => ({}) }`

describe('a target file', () => {
  it('is loaded, and its paths start where it lies', async () => {
    const loaded = await loadTarget(file('good.ts', `interface A { b: string }\nexport default ${whole}`))
    expect(loaded).toMatchObject({ target: { name: 'x' }, directory: join(directory, 'service') })
  })

  it.each([
    ['missing', null, 'E-TARGET-MISSING', /no target file/],
    ['broken', 'export default {', 'E-TARGET-INVALID', /does not load/],
    ['empty', 'export const a = 1', 'E-TARGET-INVALID', /no object/],
    [
      'half',
      `export default { name: 'x', provision: () => {} }`,
      'E-TARGET-INVALID',
      /authenticate.*neither `start` nor `baseUrl`.*neither `openapi`/,
    ],
    [
      'misspelt',
      `export default { ...${whole}, classify: { 'GET /a': 'internal' } }`,
      'E-TARGET-INVALID',
      /classify/,
    ],
    ['relative', `export default { ...${whole}, baseUrl: 'localhost:3000' }`, 'E-TARGET-INVALID', /baseUrl/],
  ])('that is %s is refused', async (name, text, code, message) => {
    const path = text === null ? join(directory, 'nowhere.ts') : file(`${name}.ts`, text)
    await expect(loadTarget(path)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    })
  })
})

describe('operations', () => {
  const base = {
    name: 'x',
    baseUrl: 'http://127.0.0.1:1',
    provision: async () => ({}) as never,
    authenticate: async () => ({}),
  }

  it('by hand are laid over those from OpenAPI, and classified', async () => {
    const openapi = {
      openapi: '3.1.0',
      info: { title: 'x', version: '1' },
      paths: { '/a/{aId}': { get: { operationId: 'getA' } }, '/login': { post: {} }, '/admin': { get: {} } },
    }
    const operations = [{ id: 'getA', produces: 'Things' }, { id: 'POST /b' }]
    const classify = { 'POST /login': 'public: login', 'GET /admin': 'operator: administration' } as const
    const target = locateTarget({ ...base, openapi, operations, classify }, join(directory, 't.ts'))
    const found = await operationsOf(target, base.baseUrl)
    expect(found.map(({ id, access, reason }) => [id, access, reason])).toEqual([
      ['getA', 'tenant', undefined],
      ['POST /login', 'public', 'login'],
      ['GET /admin', 'operator', 'administration'],
      ['POST /b', 'tenant', undefined],
    ])
    expect(found[0]).toMatchObject({ method: 'GET', path: '/a/{aId}', produces: 'thing' })
  })

  it('need method and path', async () => {
    const target = locateTarget({ ...base, operations: [{ id: 'unheardOf' }] }, join(directory, 't.ts'))
    await expect(operationsOf(target, base.baseUrl)).rejects.toMatchObject({ code: 'E-TARGET-INVALID' })
  })
})

describe('hosts', () => {
  it.each(['http://localhost:1', 'http://127.0.0.1', 'http://[::1]:3', 'http://acme.localhost'])(
    '%s is this machine',
    (url) => {
      expect(() => checkHost(url, [])).not.toThrow()
    },
  )

  it.each(['http://example.test', 'http://10.0.0.1', 'http://localhost.example.test', 'http://0x7f.example'])(
    '%s must be named',
    (url) => {
      expect(() => checkHost(url, [])).toThrow(/nobody named it/)
      expect(() => checkHost(url, [new URL(url).hostname])).not.toThrow()
    },
  )
})
