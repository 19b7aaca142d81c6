import { setTimeout as delay } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { bytesUsed, send } from '../support/attachments.ts'
import {
  archiveOf,
  ask,
  attempt,
  expire,
  exported,
  exporting,
  furnish,
  type Exporting,
} from '../support/exports.ts'
import { backUp, restore } from '../support/recovery.ts'
import { arrange, type TenantInService } from '../support/service.ts'

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
