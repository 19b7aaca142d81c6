import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { connect, type Client } from '../../harness/postgres/connection.ts'
import { migratedDatabase } from '../support/migrated-database.ts'
import type { FreshDatabase } from '../support/postgres.ts'
import { serve, type ServiceProcess } from '../support/service-process.ts'

const operatorToken = 'operator-of-a-service-that-is-stopped'

let database: FreshDatabase
let tenant: { readonly id: string; readonly token: string }

/** Starts a service; the tenant of the first one is there for all. */
async function start(environment: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  return serve(database.url, { OPERATOR_TOKEN: operatorToken, SERVICE_KEY: serviceKey, ...environment })
}

const serviceKey = Buffer.alloc(32, 7).toString('base64url')

beforeAll(async () => {
  database = await migratedDatabase()
  const service = await start()
  const members = [{ name: 'Ada', email: 'ada@example.org', role: 'admin' }]
  const made = await service.ask(operatorToken)('POST /operator/tenants', {
    body: { slug: 'acme', name: 'Acme', members },
  })
  tenant = { id: made.json.id, token: made.json.members[0].token }
  expect(await ended(service, 'SIGTERM')).toEqual([0, null])
}, 120_000)

/** How the process ends that is sent the signal. */
async function ended({ child }: ServiceProcess, signal: NodeJS.Signals) {
  const exit = once(child, 'exit')
  child.kill(signal)
  return exit
}

/** Holds the tenant's transactions up until it is let go. */
async function holdUp(): Promise<Client> {
  const client = await connect(database.url)
  await client.query(`BEGIN; LOCK TABLE projects IN ACCESS EXCLUSIVE MODE`)
  return client
}

async function isWaiting(count = 1): Promise<void> {
  for (;;) {
    const { rows } = await database.pool.query(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    if (Number(rows[0]!['waiting']) >= count) return
    await delay(10)
  }
}

async function letGo(client: Client): Promise<void> {
  await client.query('COMMIT')
  await client.end()
}

const write = (slug: string): string => {
  const body = JSON.stringify({ slug, name: slug })
  return [
    'POST /projects HTTP/1.1',
    'Host: localhost',
    `Authorization: Bearer ${tenant.token}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}
const read = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`

/** A connection as a proxy keeps it, and what comes on it. */
async function socketTo({ url }: ServiceProcess) {
  const { hostname, port } = new URL(url)
  const socket: Socket = connectSocket(Number(port), hostname)
  await once(socket, 'connect')
  let text = ''
  socket.on('data', (chunk) => (text += chunk.toString()))
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  return {
    send: (request: string) => void socket.write(request),
    says: async (word: string) => {
      while (!text.includes(word)) await delay(5)
    },
    all: async () => {
      await closed
      return text
    },
  }
}

const slugs = async (): Promise<unknown[]> => {
  const { rows } = await database.pool.query('SELECT slug FROM projects ORDER BY slug')
  return rows.map(({ slug }) => slug)
}

describe('a service that is told to stop', () => {
  it('answers what is under way, refuses what comes after, and leaves with 0', async () => {
    const service = await start()
    const [slow, kept, silent] = await Promise.all([socketTo(service), socketTo(service), socketTo(service)])
    kept.send(read('/health/ready'))
    await kept.says('"ready"')
    const blocker = await holdUp()
    slow.send(write('slow'))
    await isWaiting()
    const exit = ended(service, 'SIGTERM')

    // Connections on which nothing is under way are closed; nobody is let in by new ones.
    expect(await kept.all()).toMatch(/^HTTP\/1\.1 200 OK/)
    expect(await silent.all()).toBe('')
    await expect(fetch(`${service.url}/health/live`)).rejects.toThrow('fetch failed')

    // Behind the request that is under way, on its own connection, comes one more.
    slow.send(read('/health/ready') + write('late'))
    await letGo(blocker)
    const said = await slow.all()
    expect(said).toMatch(/^HTTP\/1\.1 201 Created/)
    expect(said).toMatch(/connection: close/i)
    expect(said).not.toContain('late')
    expect(await exit).toEqual([0, null])
    expect(await slugs()).toEqual(['slow'])
  })

  it('refuses requests that come on a connection that is at work, as a problem to try again', async () => {
    const service = await start()
    const [slow, busy] = await Promise.all([socketTo(service), socketTo(service)])
    const blocker = await holdUp()
    slow.send(write('first'))
    // Half a request keeps a connection; the other half comes when the service stops.
    const request = write('second')
    busy.send(request.slice(0, 20))
    await isWaiting()
    const exit = ended(service, 'SIGTERM')
    await expect
      .poll(() =>
        fetch(`${service.url}/health/live`).then(
          () => 'open',
          () => 'closed',
        ),
      )
      .toBe('closed')
    busy.send(request.slice(20))
    const refused = await busy.all()
    expect(refused).toMatch(/^HTTP\/1\.1 503 /)
    expect(refused).toMatch(/content-type: application\/problem\+json/i)
    expect(refused).toMatch(/retry-after: 1/i)
    expect(refused).toMatch(/connection: close/i)
    await letGo(blocker)
    expect(await slow.all()).toMatch(/^HTTP\/1\.1 201 Created/)
    expect(await exit).toEqual([0, null])
    expect(await slugs()).not.toContain('second')
  })

  it('says that it is not ready, and still that it is alive', async () => {
    const service = await start()
    const [slow, ready, live] = await Promise.all([socketTo(service), socketTo(service), socketTo(service)])
    const blocker = await holdUp()
    slow.send(write('third'))
    for (const probe of [ready, live]) probe.send('GET /health/')
    await isWaiting()
    const exit = ended(service, 'SIGTERM')
    await expect
      .poll(() =>
        fetch(`${service.url}/health/live`).then(
          () => 'open',
          () => 'closed',
        ),
      )
      .toBe('closed')
    ready.send('ready HTTP/1.1\r\nHost: localhost\r\n\r\n')
    live.send('live HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(await ready.all()).toMatch(/^HTTP\/1\.1 503 [^]*{"status":"stopping"}/)
    expect(await live.all()).toMatch(/^HTTP\/1\.1 200 [^]*{"status":"ok"}/)
    await letGo(blocker)
    expect(await exit).toEqual([0, null])
  })

  it('cuts what takes longer than it was given', async () => {
    const service = await start({ STOP_PATIENCE: '300' })
    const slow = await socketTo(service)
    const blocker = await holdUp()
    slow.send(write('too-slow'))
    await isWaiting()
    const exit = ended(service, 'SIGTERM')
    const started = performance.now()
    expect(await slow.all()).toBe('')
    expect(performance.now() - started).toBeGreaterThan(250)
    await letGo(blocker)
    expect(await exit).toEqual([0, null])
  })

  it('stops at once when it is told twice', async () => {
    const service = await start()
    const slow = await socketTo(service)
    const blocker = await holdUp()
    slow.send(write('abandoned'))
    await isWaiting()
    const exit = ended(service, 'SIGTERM')
    await expect
      .poll(() =>
        fetch(`${service.url}/health/live`).then(
          () => 'open',
          () => 'closed',
        ),
      )
      .toBe('closed')
    service.child.kill('SIGTERM')
    expect(await exit).toEqual([143, null])
    await letGo(blocker)
  })

  it('leaves a move at a step from which the next instance goes on', async () => {
    const tasks = Array.from({ length: 100 }, (_, index) => ({ title: `Task ${index}` }))
    const projects = Array.from({ length: 60 }, (_, index) => ({ slug: `p-${index}`, name: 'P', tasks }))
    const first = await start()
    const operator = first.ask(operatorToken)
    const imported = await operator(`POST /operator/tenants/${tenant.id}/import`, { body: { projects } })
    expect(imported.status).toBe(201)
    const moves = `/operator/tenants/${tenant.id}/moves`
    expect(
      (await operator(`POST ${moves.replace('moves', 'move')}`, { body: { tier: 'schema' } })).status,
    ).toBe(202)
    expect(await ended(first, 'SIGTERM')).toEqual([0, null])
    const { rows } = await database.pool.query('SELECT phase FROM control.moves')
    expect(rows[0]!['phase']).not.toMatch(/done|failed/)
    const second = await start()
    const look = async () => (await second.ask(operatorToken)(`GET ${moves}`)).json.items[0]
    await expect.poll(async () => (await look()).phase, { timeout: 30_000 }).toBe('done')
    expect(await look()).toMatchObject({ failure: null, verified: { tasks: { rows: 6000 } } })
    expect(await ended(second, 'SIGTERM')).toEqual([0, null])
  })

  it('loses no record of what was read', async () => {
    const service = await start()
    const ask = service.ask(tenant.token)
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('GET /labels')))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(await ended(service, 'SIGTERM')).toEqual([0, null])
    const next = await start()
    const trail = await next.ask(operatorToken)(`GET /operator/tenants/${tenant.id}/audit?limit=500`)
    const reads = trail.json.items.filter(({ tables }: { tables: string[] }) => tables.includes('labels'))
    const statements = new Set(reads.map(({ fingerprint }: { fingerprint: string }) => fingerprint)).size
    expect(statements).toBeGreaterThan(0)
    expect(reads).toHaveLength(20 * statements)
    expect(await ended(next, 'SIGTERM')).toEqual([0, null])
  })
}, 120_000)
