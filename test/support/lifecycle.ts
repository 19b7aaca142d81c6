import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { compactVerify, createLocalJWKSet } from 'jose'
import pg from 'pg'
import { afterAll, expect } from 'vitest'
import type { FreshDatabase } from './postgres.ts'
import { backUp } from './recovery.ts'
import { testRedis } from './redis.ts'
import type { RunningService, TenantInService } from './service.ts'

/** Everything besides PostgreSQL in which a service keeps something of tenants, each a directory or a server of the test's own. */
export async function storesOfOurOwn() {
  const directory = await mkdtemp(join(tmpdir(), 'lifecycle-'))
  afterAll(() => rm(directory, { recursive: true, force: true }))
  const { url } = await testRedis()
  return {
    directory,
    options: {
      tenantKeyDirectory: join(directory, 'keys'),
      keyEncryptionKey: Buffer.alloc(32, 7).toString('base64url'),
      exportDirectory: join(directory, 'exports'),
      backupDirectory: join(directory, 'backups'),
      mailDirectory: join(directory, 'mails'),
      redisUrl: url,
    },
  }
}
export type Stores = Awaited<ReturnType<typeof storesOfOurOwn>>

/** Leaves something of the tenant in every store. */
export async function fill(service: RunningService, tenant: TenantInService, words: string): Promise<void> {
  const { id, adminId, admin } = tenant
  const tasks = [{ title: words, labels: ['bug'], comments: [{ author: adminId, body: words }] }]
  await service.operator(`POST /operator/tenants/${id}/import`, {
    body: { labels: [{ name: 'bug' }], projects: [{ slug: 'web', name: words, tasks }] },
  })
  const invited = await admin('POST /invitations', {
    body: { email: `${words}@example.org`, role: 'member' },
  })
  expect(invited.status).toBe(201)
  await admin('POST /api-keys', { body: { name: words } })
  await admin('PUT /configuration/secrets', { body: { name: 'slackToken', value: `xoxb-${words}` } })
  expect(await backUp(service.operator, tenant)).toMatchObject({ state: 'complete' })
}

export const offboard = (service: RunningService, { id }: TenantInService, retentionDays: number) =>
  service.operator(`POST /operator/tenants/${id}/offboard`, {
    body: { reason: 'contract ended', retentionDays },
  })

export const progress = (service: RunningService, { id }: TenantInService) =>
  service.operator(`GET /operator/tenants/${id}/offboard`)

/** What waits for its time need not wait any longer. */
export async function letTimePass({ database }: Pick<RunningService, 'database'>): Promise<void> {
  await database.pool.query(
    `UPDATE control.lifecycle_runs
     SET due_at = now(), data = data || '{"retainedUntil": "2001-01-01T00:00:00Z", "settledAt": "2001-01-01T00:00:00Z"}'`,
  )
}

/** What a JWS says, when a published key has signed it. */
export async function verified(service: RunningService, jws: string) {
  const { json } = await service.as()('GET /.well-known/certificate-keys.json')
  const { payload } = await compactVerify(jws, createLocalJWKSet(json))
  return JSON.parse(Buffer.from(payload).toString())
}

/** Tables of any schema in which a row says the id anywhere. */
export async function rowsWith(
  { database: { pool } }: Pick<RunningService, 'database'>,
  id: string,
): Promise<string[]> {
  const { rows } = await pool.query(
    `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`,
  )
  const found: string[] = []
  for (const { name } of rows as { name: string }[]) {
    const hits = await pool.query(`SELECT 1 FROM ${name} t WHERE strpos(t::text, $1) > 0 LIMIT 1`, [id])
    if (hits.rows.length > 0) found.push(name)
  }
  return found
}

/** Places besides PostgreSQL's tables that name the tenant: schemas, databases, keys of Redis, files. */
export async function placesWith(
  { database }: Pick<RunningService, 'database'>,
  { directory, options }: Stores,
  id: string,
): Promise<string[]> {
  const { rows } = await database.pool.query(
    `SELECT datname AS name FROM pg_database UNION ALL SELECT nspname FROM pg_namespace`,
  )
  const named = (rows as { name: string }[]).map(({ name }) => name)
  const client = new Redis(options.redisUrl)
  const keys = await client.keys('*')
  client.disconnect()
  const files = await readdir(directory, { recursive: true })
  const spellings = [id, id.replaceAll('-', '')]
  return [...named, ...keys, ...files].filter((name) => spellings.some((spelling) => name.includes(spelling)))
}

const gate = 4711

/** Of this database: tests in others have gates, too. */
const waiters = `FROM pg_locks
  WHERE locktype = 'advisory' AND objid = ${gate} AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

/** Holds whoever takes the journal from a step: the step has been done, and nobody has written it down. */
export async function closeGate({ pool, url }: FreshDatabase, kind: string, step: string) {
  await pool.query(`
    CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_advisory_xact_lock(${gate});
      RETURN coalesce(NEW, OLD);
    END $$;
    CREATE TRIGGER gate BEFORE UPDATE OR DELETE ON control.lifecycle_runs FOR EACH ROW
      WHEN (OLD.kind = '${kind}' AND OLD.step = '${step}') EXECUTE FUNCTION wait_at_gate();`)
  const holder = new pg.Client({ connectionString: url })
  await holder.connect()
  await holder.query(`SELECT pg_advisory_lock(${gate})`)
  const drop = () =>
    pool.query(
      'DROP TRIGGER IF EXISTS gate ON control.lifecycle_runs; DROP FUNCTION IF EXISTS wait_at_gate()',
    )
  let opened: Promise<unknown> | undefined
  return {
    /** Resolves when somebody waits. */
    reached: async (): Promise<void> => {
      for (;;) {
        const { rows } = await pool.query(`SELECT 1 ${waiters}`)
        if (rows.length > 0) return
      }
    },
    /** Lets them go on. */
    open: async (): Promise<void> => {
      await (opened ??= holder.end().then(drop))
    },
    /** Ends those who wait: what they had not committed is undone. */
    endThere: async (): Promise<void> => {
      await pool.query(`SELECT pg_terminate_backend(pid) ${waiters}`)
      await drop()
      await holder.end()
    },
  }
}
