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
import { backUp, restore } from '../support/recovery.ts'
import { arrange, serviceOnFreshDatabase, type TenantInService } from '../support/service.ts'

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

describe('an export', () => {
  let service: Exporting
  let acme: TenantInService
  let rival: TenantInService
  beforeAll(async () => {
    service = await exporting()
    acme = await service.tenant('acme')
    rival = await service.tenant('rival')
    for (const tenant of [acme, rival]) await furnish(service, tenant)
  }, 60_000)

  it('is one at a time: asked for again, it is the same, and its job too', async () => {
    const { id, job } = await ask(acme)
    expect((await acme.admin('POST /exports')).json.id).toBe(id)
    const { items } = (await acme.admin('GET /jobs?kind=exports.write&state=queued')).json
    expect(items.map(({ id }: { id: string }) => id)).toEqual([job])
    expect((await acme.admin(`GET /exports/${id}/archive`)).status).toBe(409)
    await attempt(service, acme, job)
    expect((await ask(acme)).id).not.toBe(id)
    await attempt(service, acme, (await ask(acme)).job)
  })

  it('is told of in the feed, to admins', async () => {
    const { id } = await exported(service, acme)
    await acme.admin(`POST /exports/${id}/links`)
    await acme.admin(`DELETE /exports/${id}`)
    const { items } = (await acme.admin('GET /activity?limit=100')).json
    const told = items.filter(({ subjectId }: { subjectId: string }) => subjectId === id)
    expect(told.map(({ kind, actorKind }: Record<string, string>) => `${kind} ${actorKind}`).sort()).toEqual([
      'export.deleted user',
      'export.linked user',
      'export.requested user',
      'export.written service',
    ])
    expect((await acme.member('GET /activity?limit=100')).text).not.toContain(id)
  })

  it('is recorded in the audit trail, from the request to the download', async () => {
    const trail = async (after: number) =>
      (await service.operator(`GET /operator/tenants/${acme.id}/audit?limit=1000&after=${after}`)).json
        .items as readonly {
        readonly seq: number
        readonly kind: string
        readonly tables: readonly string[]
      }[]
    const before = (await trail(0)).at(-1)!.seq
    const { id } = await exported(service, acme)
    await acme.admin(`GET /exports/${id}/archive`)
    await expect
      .poll(async () =>
        (await trail(before)).filter(({ tables }) => tables.includes('exports')).map(({ kind }) => kind),
      )
      .toEqual(expect.arrayContaining(['insert', 'update', 'select']))
  })

  it('fails when there is no room, says so, and leaves nothing', async () => {
    const used = await bytesUsed(acme)
    const kept = await service.archives(acme)
    const limit = (storageBytes: number | null) =>
      service.operator(`PUT /operator/tenants/${acme.id}/quotas`, {
        body: { limits: { storageBytes }, reason: 'test' },
      })
    await limit(used + 100)
    const { id, job } = await ask(acme)
    const failure = 'there is no room for the archive'
    expect(await attempt(service, acme, job)).toMatchObject({
      state: 'failed',
      outcome: failure,
      attempts: 1,
    })
    expect((await acme.admin(`GET /exports/${id}`)).json).toMatchObject({
      state: 'failed',
      failure,
      size: null,
    })
    expect(await service.archives(acme)).toEqual(kept)
    expect(await bytesUsed(acme)).toBe(used)
    await limit(null)
    // The operator has it tried again.
    await service.operator(`POST /operator/tenants/${acme.id}/jobs/${job}/retry`)
    await attempt(service, acme, job)
    expect((await acme.admin(`GET /exports/${id}`)).json).toMatchObject({ state: 'ready', failure: null })
  })

  it('whose job is cancelled has failed, and another one may be asked for', async () => {
    const { id, job } = await ask(acme)
    for (const _ of ['first', 'again']) {
      expect((await acme.admin(`POST /jobs/${job}/cancel`)).status).toBe(200)
    }
    expect((await acme.admin(`GET /exports/${id}`)).json).toMatchObject({
      state: 'failed',
      failure: 'its job was cancelled',
    })
    expect((await exported(service, acme)).id).not.toBe(id)
    await expire(service, acme, id)
    expect(await service.exportJobs.sweep({ tenantId: acme.id })).toEqual({ expired: 1, objects: 0 })
  })

  it('that is deleted while it waits is not written', async () => {
    const { id, job } = await ask(acme)
    const kept = await service.archives(acme)
    expect((await acme.admin(`DELETE /exports/${id}`)).status).toBe(204)
    expect(await attempt(service, acme, job)).toMatchObject({
      state: 'succeeded',
      outcome: 'the export is gone',
    })
    expect(await service.archives(acme)).toEqual(kept)
  })

  it('is written by nobody for another tenant, whatever its job says', async () => {
    const theirs = await ask(rival)
    const { id, job } = await ask(acme)
    const given = JSON.stringify({ exportId: theirs.id, tenantId: rival.id })
    await arrange(service, acme.id, `UPDATE jobs SET arguments = '${given}' WHERE id = '${job}'`)
    expect(await attempt(service, acme, job)).toMatchObject({ outcome: 'the export is gone' })
    expect((await rival.admin(`GET /exports/${theirs.id}`)).json.state).toBe('waiting')
    expect(await service.archives(rival)).toEqual([])
    await attempt(service, rival, theirs.job)
    expect((await rival.admin(`GET /exports/${theirs.id}`)).json.state).toBe('ready')
    expect((await acme.admin(`DELETE /exports/${id}`)).status).toBe(204)
  })

  it('is answered in parts, and whole ones are what was written', async () => {
    const { id, size, sha256 } = await exported(service, acme)
    const token = acme.adminToken
    const full = await send(service, `GET /exports/${id}/archive`, { token })
    expect(full.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'content-length': String(size),
      etag: `"${sha256}"`,
      'x-content-type-options': 'nosniff',
    })
    const part = await send(service, `GET /exports/${id}/archive`, {
      token,
      headers: { range: 'bytes=10-19' },
    })
    expect(part.status).toBe(206)
    expect(part.bytes).toEqual(full.bytes.subarray(10, 20))
  })

  it('follows a tenant that moves, and is not undone by a restore', async () => {
    const moving = await service.tenant('moving')
    expect(await backUp(service.operator, moving)).toMatchObject({ state: 'complete' })
    const until = new Date().toISOString()
    const { id, size } = await exported(service, moving)
    const waiting = await ask(moving)
    for (const tier of ['schema', 'database', 'row']) {
      await service.operator(`POST /operator/tenants/${moving.id}/move`, { body: { tier } })
      await expect
        .poll(
          async () =>
            (await service.operator(`GET /operator/tenants/${moving.id}/moves`)).json.items[0].phase,
          { timeout: 60_000 },
        )
        .toBe('done')
    }
    expect((await archiveOf(moving, id)).text).toHaveLength(size)
    expect(await attempt(service, moving, waiting.job)).toMatchObject({ outcome: 'written' })
    expect(await restore(service.operator, moving, { until, mode: 'swap' })).toMatchObject({ phase: 'done' })
    expect((await moving.admin('GET /exports')).json.total).toBe(2)
    expect((await archiveOf(moving, waiting.id)).rows['tenants']).toBe(1)
  }, 200_000)

  it('goes when somebody is erased whom it shows, and so does what is being written', async () => {
    const works = await service.tenant('works')
    const { id } = await exported(service, works)
    const waiting = await ask(works)
    expect((await archiveOf(works, id)).text).toContain(works.memberId)
    const path = `/operator/users/${works.memberId}/erasure`
    expect((await service.operator(`POST ${path}`, { body: { reason: 'asked to' } })).status).toBe(202)
    for (let rounds = 0; rounds < 100; rounds += 1) {
      await service.lifecycleJobs.sweep()
      if ((await service.operator(`GET ${path}`)).status === 404) break
      await delay(100)
      await service.database.pool.query('UPDATE control.lifecycle_runs SET due_at = now()')
    }
    expect((await service.operator(`GET ${path}`)).status).toBe(404)
    expect((await works.admin('GET /exports')).json.total).toBe(0)
    expect(await service.archives(works)).toEqual([])
    expect(await service.quotaJobs.recount({ tenantId: works.id })).toEqual({})
    expect(await attempt(service, works, waiting.job)).toMatchObject({ outcome: 'the export is gone' })
    expect((await archiveOf(works, (await exported(service, works)).id)).text).not.toContain(works.memberId)
    // Nobody else's went with them.
    expect((await acme.admin('GET /exports')).json.total).toBeGreaterThan(0)
  }, 60_000)

  it('is done by the worker of an instance that has one', async () => {
    const working = await exporting({ workers: true, schedules: false })
    const tenant = await working.tenant('works')
    const { json } = await tenant.admin('POST /exports')
    await expect
      .poll(async () => (await tenant.admin(`GET /exports/${json.id}`)).json.state, { timeout: 15_000 })
      .toBe('ready')
    expect((await archiveOf(tenant, json.id)).rows).toMatchObject({ tenants: 1, users: 2, memberships: 2 })
  }, 30_000)
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
