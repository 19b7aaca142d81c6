import { beforeAll, describe, expect, it } from 'vitest'
import { connect, openPool } from '../../harness/postgres/connection.ts'
import { restartablePostgres, type RestartablePostgres } from '../support/restartable-postgres.ts'
import { testRedis, type TestRedis } from '../support/redis.ts'
import { serviceOn, type RunningService } from '../support/service.ts'

let postgres: RestartablePostgres
let redis: TestRedis
let service: RunningService

beforeAll(async () => {
  ;[postgres, redis] = await Promise.all([restartablePostgres(), testRedis()])
  const pool = openPool(postgres.url)
  service = await serviceOn({ name: 'postgres', url: postgres.url, pool }, 'team', { redisUrl: redis.url })
  return () => pool.end()
})

const all = { registry: 'ok', database: 'ok', migrations: 'ok', state: 'ok' }
const look = () => service.as()('GET /health/ready')

/** Looks until the service says so; its connections take a moment to come back. */
async function comesTo(status: string) {
  for (;;) {
    const answer = await look()
    if (answer.json.status === status) return answer
  }
}

describe('a service that is', () => {
  it('ready says so, to no cache', async () => {
    const { status, json, headers } = await look()
    expect([status, json]).toEqual([200, { status: 'ready', parts: all }])
    expect(headers['cache-control']).toBe('private, no-store')
  })

  it('without Redis is degraded: limits are held alone', async () => {
    await redis.kill()
    const { status, json } = await comesTo('degraded')
    expect([status, json.parts]).toEqual([200, { ...all, state: 'degraded' }])
    await redis.start()
    await comesTo('ready')
  })

  it('before a Redis that hangs is degraded, and says so soon', async () => {
    redis.freeze()
    const started = performance.now()
    expect((await look()).json.parts.state).toBe('degraded')
    expect(performance.now() - started).toBeLessThan(1500)
    redis.thaw()
    await comesTo('ready')
  })

  it('without PostgreSQL is alive and not ready, until PostgreSQL is back', async () => {
    await postgres.stop('fast')
    const { status, text, json } = await look()
    expect([status, json]).toEqual([
      503,
      { status: 'unready', parts: { registry: 'down', database: 'down', migrations: 'down', state: 'ok' } },
    ])
    expect(text).not.toMatch(/ECONN|127\.0\.0\.1|postgres|terminat/)
    expect((await service.as()('GET /health/live')).json).toEqual({ status: 'ok' })
    await postgres.start()
    expect((await comesTo('ready')).json.parts).toEqual(all)
  })

  it('on a database that lacks a migration of this build is not ready', async () => {
    const { pool } = service.database
    const name = '1130_readiness.sql'
    const { rows } = await pool.query('DELETE FROM schema_migrations WHERE name = $1 RETURNING *', [name])
    expect((await look()).json).toEqual({ status: 'unready', parts: { ...all, migrations: 'down' } })
    await pool.query(
      'INSERT INTO schema_migrations SELECT * FROM jsonb_populate_record(NULL::schema_migrations, $1)',
      [JSON.stringify(rows[0])],
    )
    // One that has more was migrated by a newer instance.
    await pool.query(`INSERT INTO schema_migrations (name, checksum) VALUES ('2000_later.sql', '')`)
    expect((await look()).status).toBe(200)
  })

  it('whose shared tables nobody may read is not ready, though the registry answers', async () => {
    const { pool } = service.database
    await pool.query('REVOKE SELECT ON users FROM tracker_app')
    expect((await look()).json.parts).toEqual({ ...all, database: 'down' })
    await pool.query('GRANT SELECT ON users TO tracker_app')
    expect((await look()).json.parts).toEqual(all)
  })

  it('busy with all its connections is ready all the same', async () => {
    const { id, member } = await service.tenant('busy')
    const blocker = await connect(postgres.url)
    await blocker.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('${id}', 0))`)
    const waiting = Array.from({ length: 8 }, () => member('GET /projects'))
    expect((await look()).json.parts).toEqual(all)
    await blocker.query('COMMIT')
    await blocker.end()
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(8).fill(200))
  })
})
