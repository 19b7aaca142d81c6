import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import inDatabases from '../../fixtures/tiers/database.target.ts'
import inSchemas from '../../fixtures/tiers/schema.target.ts'
import target from '../../fixtures/watertight.target.ts'
import type { StartedService, TenantSeed } from '../../harness/target/target.ts'
import { freshDatabase, testServer } from '../support/postgres.ts'

const root = resolve(import.meta.dirname, '../..')
const original = join(root, 'fixtures/service')

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

/** A copy with one edit, where the runner of mutants puts its copies: inside the repository. */
async function copyWith(file: string, find: string, replace: string): Promise<string> {
  await mkdir(join(root, '.watertight'), { recursive: true })
  const directory = await mkdtemp(join(root, '.watertight/service-'))
  undo.push(() => rm(directory, { recursive: true }))
  await cp(original, directory, { recursive: true })
  const text = await readFile(join(directory, file), 'utf8')
  expect(text.split(find)).toHaveLength(2)
  await writeFile(join(directory, file), text.replace(find, replace))
  return directory
}

async function start(directory: string, databaseUrl: string, fresh = true): Promise<StartedService> {
  const { signal } = new AbortController()
  const service = await target.start!({ directory, databaseUrl, fresh, signal, log: () => {} })
  undo.push(service.stop)
  return service
}

const seed = (index: number): TenantSeed => ({
  index,
  slug: `t${index}`,
  salt: `salt ${index}`,
  canary: (label) => `canary${index}${label.replace(/\W/g, '')}`,
  collide: (label) => label,
  rows: 3,
})

describe('the target', () => {
  it.each([
    ['shared tables', target],
    ['schemas', inSchemas],
    ['databases', inDatabases],
  ])('provisions tenants that collide, in %s, and authenticates their actors', async (_, target) => {
    const service = await start(original, (await freshDatabase()).url)
    const tenants = [await target.provision(seed(0), service), await target.provision(seed(1), service)]
    const lists = await Promise.all(
      tenants.map(async (tenant) => {
        expect(tenant.resources.filter(({ type }) => type === 'task')).toHaveLength(9)
        const { headers } = await target.authenticate(tenant.actors[0]!, tenant, service)
        const response = await fetch(`${service.baseUrl}/projects?sort=slug`, { headers: headers! })
        return (await response.json()) as { items: { slug: string; name: string }[] }
      }),
    )
    const [one, other] = lists.map(({ items }) => items.map(({ slug }) => slug))
    expect(one).toEqual(other)
    expect(JSON.stringify(lists[0])).toContain('canary0')
    expect(JSON.stringify(lists[0])).not.toContain('canary1')
    await service.stop()
    await expect(fetch(`${service.baseUrl}/health`)).rejects.toThrow()
  })

  it('starts an edited copy on a clone of a migrated database', async () => {
    const template = await freshDatabase()
    await (await start(original, template.url)).stop()
    await template.pool.end()
    const clone = await (await testServer()).createDatabase(null, { template: template.name })
    const directory = await copyWith(
      'operations/health.ts',
      `{ status: 'ok' } as const`,
      `{ status: 'ok' as const }`,
    )
    const service = await start(directory, clone.url, false)
    expect(await (await fetch(`${service.baseUrl}/health`)).json()).toEqual({ status: 'ok' })
  })

  it('tells why a copy does not start', async () => {
    const broken = await copyWith('main.ts', `import { buildService }`, `import { buildServices }`)
    await expect(start(broken, (await freshDatabase()).url)).rejects.toThrow(/the service ended with code 1/)
    const edited = await copyWith('migrations/0001_roles.sql', 'REVOKE CREATE', 'REVOKE  CREATE')
    const { url } = await freshDatabase()
    await (await start(original, url)).stop()
    await expect(start(edited, url)).rejects.toThrow(/0001_roles.sql was edited after it had been applied/)
    const nowhere = Object.assign(new URL(url), { port: '1' }).href
    await expect(start(original, nowhere)).rejects.toThrow(/ECONNREFUSED/)
  })
})
