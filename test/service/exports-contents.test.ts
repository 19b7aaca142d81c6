import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { contents } from '../../fixtures/service/exports/contents.ts'
import { bytesUsed, send } from '../support/attachments.ts'
import {
  archiveOf,
  ask,
  attempt,
  expire,
  exported,
  exporting,
  furnish,
  inPlace,
  rowsOf,
  secretOf,
  type Exporting,
} from '../support/exports.ts'
import { offboard } from '../support/lifecycle.ts'
import { serviceOnFreshDatabase, type TenantInService } from '../support/service.ts'

const plans = ['team', 'business', 'enterprise'] as const
const leaving = Object.entries(contents).flatMap(([table, content]) =>
  content.leaves ? [{ table, without: content.without }] : [],
)

const at = (value: unknown): number => new Date(String(value)).getTime()

/** In any order, and with moments as moments, however they are written. */
const asSet = (rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] =>
  rows
    .map((row) =>
      JSON.stringify(
        Object.entries(row)
          .toSorted(([left], [right]) => (left < right ? -1 : 1))
          .map(([name, value]) => [
            name,
            /_(at|until)$|^starts_at$/.test(name) && value !== null ? at(value) : value,
          ]),
      ),
    )
    .toSorted()

describe.each(plans)('an export on the plan %s', (plan) => {
  let service: Exporting
  let acme: TenantInService
  let rival: TenantInService
  beforeAll(async () => {
    service = await exporting({ plan })
    acme = await service.tenant('acme')
    rival = await service.tenant('rival')
    for (const tenant of [acme, rival]) await furnish(service, tenant)
  }, 120_000)

  it('holds every row of the tenant as it was, and nothing of another tenant', async () => {
    const { id, job } = await ask(acme)
    const expected = await Promise.all(
      leaving.map(async ({ table, without }) => {
        const rows = await rowsOf(service, acme, table)
        // A table without rows would say nothing about whether it is exported.
        if (table !== 'quota_hours') expect(rows.length, table).toBeGreaterThan(0)
        const shown = rows.map((row) =>
          Object.fromEntries(Object.entries(row).filter(([column]) => !without.includes(column))),
        )
        return [table, shown] as const
      }),
    )
    expect(await attempt(service, acme, job)).toMatchObject({ state: 'succeeded', attempts: 1 })
    const { lines, rows, text } = await archiveOf(acme, id)
    for (const [table, shown] of expected) {
      const found = lines.filter(({ relation }) => relation === table).map(({ row }) => row)
      expect(asSet(found), table).toEqual(asSet(shown))
    }
    expect(rows).toEqual(Object.fromEntries(expected.map(([table, shown]) => [table, shown.length])))
    for (const { row } of lines) if ('tenant_id' in row) expect(row['tenant_id']).toBe(acme.id)
    for (const word of [rival.id, rival.adminId, 'rival']) expect(text).not.toContain(word)
    expect(await service.quotaJobs.recount({ tenantId: acme.id })).toEqual({})
  })

  it('holds no credential, nor where anything lies', async () => {
    const { id } = await exported(service, acme)
    const { text } = await archiveOf(acme, id)
    const withheld = await Promise.all(
      ['memberships', 'api_keys', 'invitations', 'webhooks', 'attachments', 'configuration_secrets'].map(
        (table) => rowsOf(service, acme, table),
      ),
    )
    const secrets = withheld
      .flat()
      .flatMap((row) =>
        ['epoch', 'token_hash', 'sealed_secret', 'object_id', 'sealed_value', 'sealed'].map(
          (column) => row[column],
        ),
      )
      .filter((value): value is string => typeof value === 'string')
    expect(secrets.length).toBeGreaterThan(4)
    for (const secret of [...secrets, secretOf(acme), 'a friend of acme']) {
      expect(text).not.toContain(secret.replace('\\x', ''))
    }
  })

  it('is of its own tenant, for whoever asks', async () => {
    const { id } = await exported(service, acme)
    for (const route of [
      'GET /exports/:id',
      'GET /exports/:id/archive',
      'POST /exports/:id/links',
      'DELETE /exports/:id',
    ]) {
      const foreign = await rival.admin(route.replace(':id', id))
      const missing = await rival.admin(route.replace(':id', randomUUID()))
      expect(foreign.status).toBe(404)
      expect(foreign.text).toBe(missing.text)
      expect((await acme.member(route.replace(':id', id))).status).toBe(403)
    }
    expect((await acme.member('GET /exports')).status).toBe(403)
    expect((await acme.member('POST /exports')).status).toBe(403)
    expect((await rival.admin('GET /exports')).json.total).toBe(0)
    expect((await acme.admin('GET /exports')).text).toContain(id)
    expect((await acme.admin(`GET /exports/${id}`)).json).toMatchObject({
      state: 'ready',
      askedBy: acme.adminId,
    })
  })

  it('shows one moment, whatever happens while it is written', async () => {
    const { id, job } = await ask(acme)
    const made = await inPlace(service, acme, async (query, schema) => {
      // Read before labels are, and held as long as the lock is.
      await query(`BEGIN`)
      await query(`LOCK TABLE "${schema}".invoices IN ACCESS EXCLUSIVE MODE`)
      const writing = attempt(service, acme, job)
      await expect
        .poll(
          async () =>
            (
              await query(
                `SELECT FROM pg_locks WHERE NOT granted AND relation = '"${schema}".invoices'::regclass
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
              )
            ).length,
          { timeout: 10_000 },
        )
        .toBe(1)
      const { status } = await acme.admin('PUT /labels', { body: { name: 'late', color: 'red' } })
      await query('COMMIT')
      expect(await writing).toMatchObject({ state: 'succeeded' })
      return status
    })
    expect(made).toBeLessThan(300)
    expect((await acme.admin('GET /labels?limit=100')).text).toContain('late')
    const { lines } = await archiveOf(acme, id)
    const labels = lines.filter(({ relation }) => relation === 'labels').map(({ row }) => row['name'])
    expect(labels).toContain('bug')
    expect(labels).not.toContain('late')
  })

  it('takes room for as long as it is kept, and goes when its time has come', async () => {
    for (const { id } of (await acme.admin('GET /exports?limit=100')).json.items) {
      expect((await acme.admin(`DELETE /exports/${id}`)).status).toBe(204)
    }
    const before = await bytesUsed(acme)
    expect(await service.archives(acme)).toEqual([])
    const { id, size, expiresAt, createdAt } = await exported(service, acme)
    expect(at(expiresAt) - at(createdAt)).toBeGreaterThan(6 * 24 * 60 * 60 * 1000)
    expect(size).toBeGreaterThan(0)
    expect(await bytesUsed(acme)).toBe(before + size)
    expect(await service.archives(acme)).toHaveLength(1)
    const { json } = await acme.admin(`POST /exports/${id}/links`)
    expect(await service.exportJobs.sweep({ tenantId: acme.id })).toEqual({ expired: 0, objects: 0 })
    await expire(service, acme, id)
    expect((await acme.admin(`GET /exports/${id}/archive`)).status).toBe(409)
    expect((await send(service, `GET ${json.path}`)).status).toBe(409)
    expect(await service.exportJobs.sweep({ tenantId: acme.id })).toEqual({ expired: 1, objects: 0 })
    expect((await acme.admin(`GET /exports/${id}`)).status).toBe(404)
    expect(await service.archives(acme)).toEqual([])
    expect(await bytesUsed(acme)).toBe(before)
    expect(await service.quotaJobs.recount({ tenantId: acme.id })).toEqual({})
  })

  it('leaves nothing behind when its tenant goes', async () => {
    const leaver = await service.tenant('leaver')
    await exported(service, leaver)
    expect(await service.archives(leaver)).toHaveLength(1)
    expect((await offboard(service, leaver, 0)).status).toBe(202)
    for (let rounds = 0; rounds < 50; rounds += 1) {
      await service.lifecycleJobs.sweep()
      const { status } = await service.operator(`GET /operator/tenants/${leaver.id}/certificate`)
      if (status === 200) break
      await delay(100)
      await service.database.pool.query('UPDATE control.lifecycle_runs SET due_at = now()')
    }
    expect((await service.operator(`GET /operator/tenants/${leaver.id}/certificate`)).status).toBe(200)
    expect(await readdir(service.objectDirectory)).not.toContain(leaver.id)
  }, 60_000)
})

describe('what an export holds', () => {
  it('is said of every table of the tenant plane, in one way or the other', async () => {
    const { database } = await serviceOnFreshDatabase()
    const { rows } = await database.pool.query(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
         AND relname <> 'schema_migrations'`,
    )
    expect(Object.keys(contents).sort()).toEqual(rows.map(({ name }) => String(name)).sort())
    for (const content of Object.values(contents))
      if (!content.leaves) expect(content.because).toMatch(/\w{3}/)
  })

  it('are columns that exist, and none that looks like a credential', async () => {
    const { database } = await serviceOnFreshDatabase()
    const { rows } = await database.pool.query(
      `SELECT c.relname AS table, a.attname AS column, t.typname AS type
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped`,
    )
    const columns = rows as { table: string; column: string; type: string }[]
    for (const { table, without } of leaving) {
      const ofTable = columns.filter((one) => one.table === table)
      expect(ofTable.map(({ column }) => column)).toEqual(expect.arrayContaining([...without]))
      const left = ofTable.filter(({ column }) => !without.includes(column))
      // Secrets are sealed or hashed, and so they are bytes; an epoch is worth as much.
      const suspicious = left.filter(
        ({ column, type }) => type === 'bytea' || /secret|token|epoch|password|signature|sealed/.test(column),
      )
      expect(suspicious).toEqual([])
    }
  })
})
