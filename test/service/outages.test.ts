import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { openPool, type Pool } from '../../harness/postgres/connection.ts'
import { customer, expectKept, load, slugsOf, type Customer } from '../support/load.ts'
import { latestOver } from '../support/recovery.ts'
import { testRedis, type TestRedis } from '../support/redis.ts'
import { restartablePostgres, type RestartablePostgres } from '../support/restartable-postgres.ts'
import { serve, type ServiceProcess } from '../support/service-process.ts'
import type { Ask } from '../support/service.ts'

const operatorToken = 'operator-of-a-service-that-sees-outages'
const environment = { OPERATOR_TOKEN: operatorToken, SERVICE_KEY: Buffer.alloc(32, 9).toString('base64url') }

let postgres: RestartablePostgres
let pool: Pool

beforeAll(async () => {
  postgres = await restartablePostgres()
  pool = openPool(postgres.url)
  return () => pool.end()
})

/** A service on a database of its own, with a customer of each tier, and one more in the shared tables. */
async function surroundings(name: string, more: Readonly<Record<string, string>> = {}) {
  await pool.query(`CREATE DATABASE ${name}`)
  const url = Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href
  const service = await serve(url, { ...environment, ...more })
  const operator = service.ask(operatorToken)
  const customers: Customer[] = []
  for (const [slug, plan] of [
    ['acme', 'team'],
    ['rival', 'team'],
    ['schema', 'business'],
    ['database', 'enterprise'],
  ] as const) {
    customers.push(await customer(operator, service.ask, slug, plan))
  }
  return { url, service, operator, customers }
}

async function stopped({ child }: ServiceProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await exit).toEqual([0, null])
}

/** Asks until the service is there again. */
const patient =
  (ask: Ask): Ask =>
  async (request, options) => {
    for (;;) {
      const answer = await ask(request, options)
      if (answer.status !== 503) return answer
      await delay(50)
    }
  }

describe('PostgreSQL that goes under load, and comes back', () => {
  it.each(['fast', 'immediate', 'killed'] as const)(
    'when it ends %s, turns requests away, loses nothing that was acknowledged, and mixes nobody',
    async (ending) => {
      const { service, customers } = await surroundings(`outage_${ending}`)
      const work = load(customers)
      for (let round = 0; round < 2; round += 1) {
        await work.progress(5)
        await postgres.stop(ending)
        await delay(300)
        await postgres.start()
        await work.progress(5)
      }
      const experiences = await work.stop()
      await expectKept(experiences, [200, 201, 503])
      // Nobody got by without noticing; else nothing was tried.
      for (const { statuses } of experiences) expect(statuses.get(503)).toBeGreaterThan(0)
      expect((await service.ask('')('GET /health/ready')).json.status).toBe('ready')
      await stopped(service)
    },
    120_000,
  )

  it('goes on with the move and the backup that it has interrupted', async () => {
    const { service, operator, customers } = await surroundings('outage_moves')
    const [acme, rival] = customers as [Customer, Customer]
    const tasks = Array.from({ length: 100 }, (_, index) => ({ title: `Task ${index}` }))
    for (const { id, slug } of [acme, rival]) {
      const projects = Array.from({ length: 50 }, (_, index) => ({
        slug: `${slug}-old-${index}`,
        name: 'P',
        tasks,
      }))
      const { status } = await operator(`POST /operator/tenants/${id}/import`, { body: { projects } })
      expect(status).toBe(201)
    }
    const ask = patient(operator)
    for (const [round, ending] of (['fast', 'killed', 'immediate'] as const).entries()) {
      const tier = ['schema', 'database', 'row'][round]!
      expect((await operator(`POST /operator/tenants/${acme.id}/move`, { body: { tier } })).status).toBe(202)
      expect((await operator(`POST /operator/tenants/${rival.id}/backups`)).status).toBe(202)
      await delay(100 * (round + 1))
      await postgres.stop(ending)
      await delay(200)
      await postgres.start()
      const move = await latestOver(ask, `/operator/tenants/${acme.id}/moves`, 'phase', ['done', 'failed'])
      expect(move).toMatchObject({ to: tier, phase: 'done', failure: null })
      expect(move.verified.tasks.rows).toBe(5000)
      const backup = await latestOver(ask, `/operator/tenants/${rival.id}/backups`, 'state', [
        'complete',
        'failed',
      ])
      expect(backup).toMatchObject({ state: 'complete', failure: null })
      expect(await slugsOf(patient(acme.ask))).toHaveLength(50)
    }
    await stopped(service)
  }, 120_000)
})

describe('a single connection that PostgreSQL ends', () => {
  it('fails no move and no backup', async () => {
    const { service, operator, customers } = await surroundings('outage_sessions')
    const [acme] = customers as [Customer]
    const tasks = Array.from({ length: 100 }, (_, index) => ({ title: `Task ${index}` }))
    const projects = Array.from({ length: 50 }, (_, index) => ({
      slug: `acme-old-${index}`,
      name: 'P',
      tasks,
    }))
    await operator(`POST /operator/tenants/${acme.id}/import`, { body: { projects } })
    const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'outage_sessions' AND usename = 'tracker_mover'`
    expect(
      (await operator(`POST /operator/tenants/${acme.id}/move`, { body: { tier: 'schema' } })).status,
    ).toBe(202)
    let ended = 0
    for (let look = 0; look < 40 && ended < 3; look += 1) {
      ended += (await pool.query(cut)).rowCount ?? 0
      await delay(25)
    }
    expect(ended).toBeGreaterThan(0)
    const path = `/operator/tenants/${acme.id}/moves`
    const move = await latestOver(patient(operator), path, 'phase', ['done', 'failed'])
    expect(move).toMatchObject({ phase: 'done', failure: null })
    await stopped(service)
  }, 120_000)
})

describe('a service that is killed while it writes', () => {
  it('has written what it acknowledged, and nothing for anybody else', async () => {
    const { url, service, customers } = await surroundings('outage_service')
    const aborted: unknown[] = []
    const fragile = customers.map((who) => ({
      ...who,
      ask: (async (request, options) =>
        who.ask(request, options).catch((error: unknown) => {
          aborted.push(error)
          return { status: 0, headers: {}, text: '', json: null }
        })) satisfies Ask,
    }))
    const work = load(fragile)
    await work.progress(20)
    const exit = once(service.child, 'exit')
    service.child.kill('SIGKILL')
    await exit
    const experiences = await work.stop()
    expect(aborted.length).toBeGreaterThan(0)

    const next = await serve(url, environment)
    const operator = next.ask(operatorToken)
    const alive = await Promise.all(
      experiences.map(async (experience) => {
        const [{ token }] = (await operator(`GET /operator/tenants/${experience.customer.id}`)).json.members
        return { ...experience, customer: { ...experience.customer, ask: next.ask(token) } }
      }),
    )
    await expectKept(alive, [0, 200, 201])
    for (const { customer: who } of alive) {
      const { json } = await operator(`GET /operator/tenants/${who.id}/audit/verify`)
      expect(json, who.slug).toMatchObject({ intact: true })
    }
    await stopped(next)
  }, 120_000)
})

describe('Redis that is killed under load', () => {
  let redis: TestRedis
  beforeAll(async () => {
    redis = await testRedis()
  })

  it('costs no request its answer', async () => {
    const { service, customers } = await surroundings('outage_redis', { REDIS_URL: redis.url })
    const work = load(customers)
    for (let round = 0; round < 3; round += 1) {
      await work.progress(5)
      await redis.kill()
      await work.progress(5)
      await redis.start()
    }
    redis.freeze()
    await work.progress(3)
    redis.thaw()
    await work.progress(5)
    await expectKept(await work.stop(), [200, 201])
    await stopped(service)
  }, 120_000)
})
