import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { erasureSteps } from '../../fixtures/service/lifecycle/erasure/erasure.ts'
import { offboardingSteps } from '../../fixtures/service/lifecycle/offboarding/steps.ts'
import { buildService, type Service } from '../../fixtures/service/service.ts'
import { closeGate, letTimePass, placesWith, rowsWith, storesOfOurOwn } from '../support/lifecycle.ts'
import { migratedDatabase } from '../support/migrated-database.ts'
import type { FreshDatabase } from '../support/postgres.ts'
import { backUp } from '../support/recovery.ts'
import { testRedis, type TestRedis } from '../support/redis.ts'
import { serve } from '../support/service-process.ts'
import { serviceOnFreshDatabase, type Ask } from '../support/service.ts'

const operatorToken = 'operator-of-a-service-that-is-killed'
const secret = Buffer.alloc(32, 5).toString('base64url')

let directory: string
let redis: TestRedis

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifecycle-faults-'))
  redis = await testRedis()
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const environment = () => ({
  OPERATOR_TOKEN: operatorToken,
  SERVICE_KEY: secret,
  KEY_ENCRYPTION_KEY: secret,
  TENANT_KEY_DIRECTORY: join(directory, 'keys'),
  EXPORT_DIRECTORY: join(directory, 'exports'),
  BACKUP_DIRECTORY: join(directory, 'backups'),
  REDIS_URL: redis.url,
})

type Plan = 'team' | 'business' | 'enterprise'

const ada = { name: 'Ada', email: 'ada@example.org', role: 'admin' }
const tenantOn = (plan: Plan, slug = 'victim', members: object[] = [ada]) => ({
  slug,
  name: 'Victim',
  plan,
  members,
})

/** Everything has most to do for a tenant with a database of its own; in the other tiers, some steps do something else. */
const on = (plan: Plan, steps: readonly string[]) => steps.map((step) => [plan, step] as const)

/** Kills the service -9 when it has done a step; hands over to the next instance, in this process. */
async function killedAfter(
  database: FreshDatabase,
  kind: string,
  step: string,
  work: (operator: Ask) => Promise<unknown>,
): Promise<Service> {
  const { child, ask } = await serve(database.url, environment())
  const gate = await closeGate(database, kind, step)
  const cutOff = work(ask(operatorToken)).catch(() => 'cut off')
  await gate.reached()
  child.kill('SIGKILL')
  await once(child, 'exit')
  await cutOff
  await gate.endThere()
  return buildService({
    databaseUrl: database.url,
    operatorToken,
    serviceKey: secret,
    keyEncryptionKey: secret,
    tenantKeyDirectory: join(directory, 'keys'),
    exportDirectory: join(directory, 'exports'),
    backupDirectory: join(directory, 'backups'),
    redisUrl: redis.url,
  })
}

const asOperator = ({ app }: Service) => ({
  inject: (method: 'GET' | 'POST', url: string, payload?: object) =>
    app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${operatorToken}` },
      ...(payload && { payload }),
    }),
})

const provisioningSteps = ['place', 'keys', 'trail', 'location', 'rows', 'directory', 'open']

describe('a provisioning whose service is killed', () => {
  it.each([
    ...on('enterprise', provisioningSteps),
    ...on('business', ['location', 'rows']),
    ...on('team', ['rows', 'directory']),
  ])(
    'on the plan %s after the step %s is completed by the next instance',
    async (plan, step) => {
      const body = tenantOn(plan)
      const database = await migratedDatabase()
      const next = await killedAfter(database, 'provisioning', step, (operator) =>
        operator('POST /operator/tenants', { body }),
      )
      try {
        await next.lifecycleJobs.sweep()
        const { rows } = await database.pool.query('SELECT count(*)::int AS runs FROM control.lifecycle_runs')
        expect(rows).toEqual([{ runs: 0 }])
        const again = await asOperator(next).inject('POST', '/operator/tenants', body)
        expect(again.statusCode).toBe(201)
        const { id, members } = again.json()
        expect(members).toHaveLength(1)
        const configured = await next.app.inject({
          url: '/configuration',
          headers: { authorization: `Bearer ${members[0].token}` },
        })
        expect(configured.json().revision).toBe(1)
        const placed = await database.pool.query('SELECT tenant_id, generation FROM control.placements')
        expect(placed.rows).toEqual([{ tenant_id: id, generation: 1 }])
        const users = await next.app.inject({
          url: '/users',
          headers: { authorization: `Bearer ${members[0].token}` },
        })
        expect(users.json().total).toBe(1)
      } finally {
        await next.app.close()
      }
    },
    120_000,
  )
})

describe('a provisioning that failed, and whose service is killed,', () => {
  it.each(['team', 'business', 'enterprise'] as const)(
    'on the plan %s when everything has been undone leaves nothing',
    async (plan) => {
      const database = await migratedDatabase()
      const nobody = { ...ada, userId: randomUUID() }
      const body = tenantOn(plan, 'victim', [ada, nobody])
      const next = await killedAfter(database, 'provisioning', 'undoing', async (operator) => {
        await operator('POST /operator/tenants', { body })
      })
      try {
        const runs = await database.pool.query('SELECT subject AS id FROM control.lifecycle_runs')
        const [{ id }] = runs.rows as [{ id: string }]
        await letTimePass({ database })
        await next.lifecycleJobs.sweep()
        for (const table of ['control.lifecycle_runs', 'control.placements', 'tenants', 'users', 'changes'])
          expect((await database.pool.query(`SELECT 1 FROM ${table}`)).rows).toEqual([])
        expect(await rowsWith({ database }, id)).toEqual([])
        const { rows } = await database.pool.query(
          'SELECT datname AS name FROM pg_database UNION ALL SELECT nspname FROM pg_namespace',
        )
        const compact = id.replaceAll('-', '')
        expect((rows as { name: string }[]).filter(({ name }) => name.includes(compact))).toEqual([])
        const again = await asOperator(next).inject('POST', '/operator/tenants', tenantOn(plan))
        expect(again.statusCode).toBe(201)
      } finally {
        await next.app.close()
      }
    },
    120_000,
  )
})

describe('an offboarding whose service is killed', () => {
  it.each([
    ...on('enterprise', offboardingSteps),
    ...on('business', ['listing', 'deleting']),
    ...on('team', ['listing', 'deleting']),
  ])(
    'on the plan %s after the step %s is completed by the next instance',
    async (plan, step) => {
      const body = tenantOn(plan)
      const database = await migratedDatabase()
      let id = ''
      const next = await killedAfter(database, 'offboarding', step, async (operator) => {
        id = (await operator('POST /operator/tenants', { body })).json.id
        await backUp(operator, { id })
        await operator(`POST /operator/tenants/${id}/offboard`, {
          body: { reason: 'over', retentionDays: 0 },
        })
      })
      try {
        await next.lifecycleJobs.sweep()
        const certificate = await asOperator(next).inject('GET', `/operator/tenants/${id}/certificate`)
        expect(certificate.statusCode).toBe(200)
        expect(await rowsWith({ database }, id)).toEqual([])
        const files = await readdir(directory, { recursive: true })
        expect(files.filter((name) => name.includes(id))).toEqual([])
        expect((await asOperator(next).inject('GET', `/operator/tenants/${id}`)).statusCode).toBe(404)
        const { rows } = await database.pool.query('SELECT datname AS name FROM pg_database')
        const compact = id.replaceAll('-', '')
        expect((rows as { name: string }[]).filter(({ name }) => name.includes(compact))).toEqual([])
        const again = await asOperator(next).inject('POST', '/operator/tenants', body)
        expect(again.statusCode).toBe(201)
      } finally {
        await next.app.close()
      }
    },
    120_000,
  )
})

describe('an erasure whose service is killed', () => {
  it.each(erasureSteps)(
    'after the step %s is completed by the next instance',
    async (step) => {
      const database = await migratedDatabase()
      let userId = ''
      const next = await killedAfter(database, 'erasure', step, async (operator) => {
        const home = await operator('POST /operator/tenants', { body: tenantOn('team', 'home') })
        userId = home.json.members[0].userId
        await operator(`POST /operator/users/${userId}/erasure`, { body: { reason: 'asked to' } })
      })
      try {
        for (let rounds = 0; rounds < 100; rounds += 1) {
          await letTimePass({ database })
          await next.lifecycleJobs.sweep()
          const path = `/operator/users/${userId}/erasure`
          if ((await asOperator(next).inject('GET', path)).statusCode === 404) break
        }
        expect(await rowsWith({ database }, userId)).toEqual([])
        expect(await rowsWith({ database }, ada.email)).toEqual([])
        const trail = await asOperator(next).inject('GET', `/operator/subjects/${userId}/trail`)
        expect(trail.json().items.at(-1)).toMatchObject({ event: 'erased', detail: { tenants: 1 } })
      } finally {
        await next.app.close()
      }
    },
    120_000,
  )
})

describe.each(['team', 'business', 'enterprise'] as const)(
  'a tenant that cannot be made on the plan %s',
  (plan) => {
    it('leaves nothing: its name, its key and its places are free again', async () => {
      const stores = await storesOfOurOwn()
      const service = await serviceOnFreshDatabase({ plan, ...stores.options })
      const { pool } = service.database
      await pool.query(`
      CREATE SCHEMA watching;
      CREATE TABLE watching.seen (tenant_id uuid);
      CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN
        INSERT INTO watching.seen VALUES (NEW.tenant_id);
        RETURN NULL;
      END $$;
      CREATE TRIGGER see AFTER INSERT ON control.provisionings FOR EACH ROW EXECUTE FUNCTION see();`)
      const nobody = { userId: randomUUID(), name: 'No', email: 'no@example.org', role: 'admin' }
      const ask = (members: object[]) =>
        service.operator('POST /operator/tenants', { body: { slug: 'wanted', name: 'W', plan, members } })
      const somebody = { name: 'Ada', email: 'ada@example.org', role: 'admin' }
      expect((await ask([somebody, nobody])).status).toBeGreaterThanOrEqual(400)
      const { rows } = await pool.query('SELECT tenant_id AS id FROM watching.seen')
      const [{ id }] = rows as [{ id: string }]
      expect(await rowsWith(service, id)).toEqual(['watching.seen'])
      expect(await placesWith(service, stores, id)).toEqual([])
      for (const table of ['users', 'control.lifecycle_runs', 'control.provisionings'])
        expect((await pool.query(`SELECT 1 FROM ${table}`)).rows).toEqual([])
      expect((await ask([somebody])).status).toBe(201)
    })
  },
)
