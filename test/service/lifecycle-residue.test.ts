import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  closeGate,
  fill,
  letTimePass,
  offboard,
  placesWith,
  progress,
  rowsWith,
  storesOfOurOwn,
  verified,
  type Stores,
} from '../support/lifecycle.ts'
import { serviceOnFreshDatabase, type RunningService } from '../support/service.ts'

let stores: Stores

beforeAll(async () => {
  stores = await storesOfOurOwn()
})

/** What somebody who was under way might have written once more; it goes with the next round. */
async function plantLate(service: RunningService, id: string): Promise<readonly string[]> {
  const { pool } = service.database
  await pool.query(
    `INSERT INTO public.changes (tenant_id, relation, operation, image) VALUES ($1, 'tasks', 'put', '{}')`,
    [id],
  )
  await pool.query(
    `INSERT INTO control.directory (user_id, tenant_id, email) VALUES (gen_random_uuid(), $1, 'x@example.org')`,
    [id],
  )
  const client = new Redis(stores.options.redisUrl)
  await client.set(`{${id}}:late`, 'words')
  client.disconnect()
  for (const folder of [stores.options.exportDirectory, stores.options.backupDirectory]) {
    await mkdir(join(folder, id), { recursive: true })
    await writeFile(join(folder, id, 'late'), 'words')
  }
  await writeFile(join(stores.options.mailDirectory, 'new', 'late'), `/join#${id.replaceAll('-', '')}`)
  return ['public.changes', 'control.directory', 'shared state', 'exports', 'backups', 'mails']
}

/** Where nobody looks who does not look everywhere; and what nobody removes who does not know of it. */
async function plantStray({ database: { pool } }: RunningService, id: string) {
  const compact = id.replaceAll('-', '')
  await pool.query(`
    CREATE SCHEMA attic;
    CREATE TABLE attic.notes (note text);
    INSERT INTO attic.notes VALUES ('about ${compact}');
    CREATE TABLE attic.blobs (data jsonb, raw bytea, list text[]);
    INSERT INTO attic.blobs (data) VALUES ('{"who": ["${id}"]}');
    CREATE TABLE attic.bytes AS SELECT convert_to('for ${id}', 'UTF8') AS raw;
    CREATE MATERIALIZED VIEW attic.seen AS SELECT '${id}'::uuid AS id;
    CREATE SCHEMA "left_${compact}";`)
  await pool.query(`CREATE DATABASE "left_${compact}"`)
  return {
    names: [
      'attic.notes',
      'attic.blobs',
      'attic.bytes',
      'attic.seen',
      'the name of a schema',
      'the name of a database',
    ],
    remove: async () => {
      await pool.query(`DROP SCHEMA attic CASCADE; DROP SCHEMA "left_${compact}"`)
      await pool.query(`DROP DATABASE "left_${compact}"`)
    },
  }
}

describe.each(['team', 'business', 'enterprise'] as const)('the residue scan on the plan %s', (plan) => {
  it('finds what is left in each store, and nothing is certified until all of it is gone', async () => {
    const service = await serviceOnFreshDatabase({ plan, ...stores.options })
    const neighbour = await service.tenant('neighbour')
    await fill(service, neighbour, 'neighbourly')
    const tenant = await service.tenant('leaver')
    await fill(service, tenant, 'parting')
    const gate = await closeGate(service.database, 'offboarding', 'deleting')
    expect((await offboard(service, tenant, 0)).status).toBe(202)
    await gate.reached()
    const late = await plantLate(service, tenant.id)
    const stray = await plantStray(service, tenant.id)
    await gate.open()
    await service.lifecycleJobs.sweep()

    const { failure, step } = (await progress(service, tenant)).json
    expect(step).toBe('scanning')
    for (const name of [...late, ...stray.names]) expect(failure).toContain(name)
    const path = `GET /operator/tenants/${tenant.id}/certificate`
    expect((await service.operator(path)).status).toBe(404)

    await letTimePass(service)
    await service.lifecycleJobs.sweep()
    const again = (await progress(service, tenant)).json.failure
    for (const name of stray.names) expect(again).toContain(name)
    for (const name of late) expect(again).not.toContain(name)

    await stray.remove()
    await letTimePass(service)
    await service.lifecycleJobs.sweep()
    const certificate = await verified(service, (await service.operator(path)).json.jws)
    expect(certificate).toMatchObject({ residue: 0, scanned: { kept: [] } })
    expect(await rowsWith(service, tenant.id)).toEqual([])
    expect(await placesWith(service, stores, tenant.id)).toEqual([])
    expect((await neighbour.admin('GET /tasks')).json.total).toBe(1)
  }, 120_000)
})

it('what operators wrote down about overrides is kept, and the certificate says so', async () => {
  const service = await serviceOnFreshDatabase(stores.options)
  const tenant = await service.tenant('leaver')
  await service.database.pool.query(
    `INSERT INTO control.overrides (actor, reason, expires_at) VALUES ('eve', $1, now() + interval '1 hour')`,
    [`asked about ${tenant.id}`],
  )
  expect((await service.operator(`DELETE /operator/tenants/${tenant.id}`)).status).toBe(204)
  const { json } = await service.operator(`GET /operator/tenants/${tenant.id}/certificate`)
  const { scanned } = await verified(service, json.jws)
  expect(scanned.kept).toEqual([{ where: 'control.overrides', count: 1 }])
})
