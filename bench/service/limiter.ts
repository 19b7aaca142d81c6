/**
 * `npm run bench:service -- limiter`: what the quotas cost a request. The same route, behind the same identification, with limits and
 * without, asked by turns over HTTP: the ratio of the median latencies, alone and with 16 requests at a time; and round trips to Redis.
 */
import fastify from 'fastify'
import { Redis } from 'ioredis'
import { Pool } from 'undici'
import { identifyTenants } from '../../fixtures/service/identification/identification.ts'
import { session } from '../../fixtures/service/identification/session.ts'
import { assembleIdentification } from '../../fixtures/service/identification/assembly.ts'
import { connect } from '../../fixtures/service/isolation/connect.ts'
import { Placements } from '../../fixtures/service/isolation/placement.ts'
import { TenantStore } from '../../fixtures/service/isolation/store.ts'
import { findRedisServer, startRedisServer } from '../../fixtures/service/platform/redis-server.ts'
import { RedisState } from '../../fixtures/service/platform/redis.ts'
import { untraced } from '../../fixtures/service/operations/tracing/tracing.ts'
import type { Application, SchemaTypes } from '../../fixtures/service/plugin.ts'
import { limitTenants } from '../../fixtures/service/quotas/limit-tenants.ts'
import { openQuotas } from '../../fixtures/service/quotas/open.ts'
import { confine } from '../../fixtures/service/scoping/confine.ts'
import { buildService } from '../../fixtures/service/service.ts'
import { startPostgres } from '../../harness/postgres/server.ts'
import { median } from './figures.ts'
import { makeTenant } from './populated.ts'

const requests = 4000
const executable = await findRedisServer()
if (executable === null) throw new Error('no redis-server on the PATH')
const redis = await startRedisServer(executable)
const postgres = await startPostgres()
const { url: databaseUrl } = await postgres.createDatabase()

/** A tenant under limits that the bench does not reach. */
async function provision(): Promise<string> {
  const service = await buildService({ databaseUrl, redisUrl: redis.url })
  const { context } = await makeTenant(service, 'bench', 0, 'team')
  const most = 1_000_000_000
  const limits = {
    requestsPerMinute: most,
    requestsPerHour: most,
    computeMillisecondsPerHour: most,
    concurrentRequests: most,
  }
  await service.app.inject({
    method: 'PUT',
    url: `/operator/tenants/${context.tenantId}/quotas`,
    headers: { authorization: `Bearer ${service.operatorToken}` },
    payload: { plan: 'team', limits, reason: 'bench' },
  })
  await service.app.close()
  return context.tenantId
}

/** The same route twice: bare, and limited. */
async function build(tenantId: string) {
  const roles = await connect(databaseUrl, undefined, 8)
  const store = new TenantStore(new Placements(roles.registry.database), roles.tenants, confine)
  const app = fastify({ forceCloseConnections: true }).withTypeProvider<SchemaTypes>() as Application
  const state = new RedisState(redis.url, () => {})
  await state.settle(2000)
  const quotas = await openQuotas({ store, state, log: app.log, mailer: null, appUrl: '' })
  const identification = await assembleIdentification(
    {},
    { registry: roles.registry.database, store, operatorStore: store, log: app.log, tracing: untraced },
  )
  const { tokens, directory, signals } = identification
  app.register(
    async (scope) => {
      identifyTenants(scope, { store, tokens, signals })
      scope.register(session, { directory, tokens })
    },
    { prefix: '/bare' },
  )
  app.register(
    async (scope) => {
      identifyTenants(scope, { store, tokens, signals })
      limitTenants(scope, quotas)
      scope.register(session, { directory, tokens })
    },
    { prefix: '/limited' },
  )
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const member = await store.run({ tenantId }, (transaction) =>
    transaction
      .selectFrom('memberships')
      .where('tenant_id', '=', tenantId)
      .select(['user_id as userId', 'tenant_id as tenantId', 'epoch'])
      .executeTakeFirstOrThrow(),
  )
  const close = async (): Promise<void> => {
    await app.close()
    await Promise.all([quotas.close(), identification.mailRoom.close()])
    await Promise.all([state.close(), roles.close()])
  }
  return { origin, token: await tokens.issue(member), close }
}

/** Median milliseconds of each route, asked by turns. */
async function measure(pool: Pool, token: string, lanes: number) {
  const times = { bare: [] as number[], limited: [] as number[] }
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < 2 * requests) {
      const route = next++ % 2 === 0 ? 'bare' : 'limited'
      const started = performance.now()
      const headers = { authorization: `Bearer ${token}` }
      const answer = await pool.request({ method: 'GET', path: `/${route}/session`, headers })
      await answer.body.text()
      if (answer.statusCode !== 200) throw new Error(`${route} answered ${answer.statusCode}`)
      times[route].push(performance.now() - started)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return { bare: median(times.bare), limited: median(times.limited) }
}

/** Commands from clients while the work runs, as Redis itself sees them. */
async function roundTrips(work: () => Promise<unknown>): Promise<number> {
  const client = new Redis(redis.url)
  const monitor = await client.monitor()
  let commands = 0
  const end = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, [name]: string[], source: string) => {
      if (source === 'lua') return
      if (name!.toLowerCase() === 'echo') resolve()
      else commands += 1
    })
  })
  await work()
  await client.echo('end')
  await end
  monitor.disconnect()
  client.disconnect()
  return commands
}

const tenantId = await provision()
const { origin, token, close } = await build(tenantId)
const pool = new Pool(origin, { connections: 16, pipelining: 1 })
try {
  await measure(pool, token, 4)
  for (const lanes of [1, 16]) {
    const { bare, limited } = await measure(pool, token, lanes)
    console.log(
      `limiter, ${lanes} at a time: p50 ${bare.toFixed(2)} ms bare, ${limited.toFixed(2)} ms limited, ratio ${(limited / bare).toFixed(2)}`,
    )
  }
  let asked = 0
  const trips = await roundTrips(async () => {
    for (; asked < 500; asked += 1) {
      const headers = { authorization: `Bearer ${token}` }
      await (await pool.request({ method: 'GET', path: '/limited/session', headers })).body.text()
    }
  })
  console.log(
    `limiter: ${trips} commands for ${asked} requests: ${(trips / asked).toFixed(3)} round trips a request; beyond 1, leases that went back on the timer`,
  )
} finally {
  await pool.close()
  await close()
  await redis.stop()
  await postgres.stop()
}
