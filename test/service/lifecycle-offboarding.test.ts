import { createHash, generateKeyPairSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CompactSign, decodeProtectedHeader } from 'jose'
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
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'

let stores: Stores

beforeAll(async () => {
  stores = await storesOfOurOwn()
})

interface Line {
  readonly relation: string
  readonly row: Readonly<Record<string, unknown>>
}

describe.each(['team', 'business', 'enterprise'] as const)('offboarding on the plan %s', (plan) => {
  let service: RunningService
  let neighbour: TenantInService
  const logged: string[] = []

  beforeAll(async () => {
    const logs = { level: 'debug', stream: { write: (line: string) => void logged.push(line) } }
    service = await serviceOnFreshDatabase({ plan, ...stores.options, logs })
    neighbour = await service.tenant('neighbour')
    await fill(service, neighbour, 'neighbourly')
  }, 60_000)

  const certificateOf = async ({ id }: TenantInService) =>
    (await service.operator(`GET /operator/tenants/${id}/certificate`)).json.jws as string

  async function expectNothingOf({ id }: TenantInService): Promise<void> {
    expect(await rowsWith(service, id)).toEqual([])
    expect(await placesWith(service, stores, id)).toEqual([])
    expect(logged.filter((line) => line.includes(id))).toEqual([])
  }

  it('suspends, exports, keeps, deletes, and certifies it', async () => {
    const tenant = await service.tenant('leaver')
    await fill(service, tenant, 'parting')
    expect((await offboard(service, tenant, 30)).status).toBe(202)
    await service.lifecycleJobs.sweep()
    expect((await progress(service, tenant)).json).toMatchObject({ step: 'retaining', failure: null })
    expect((await tenant.member('GET /projects')).status).toBe(403)

    const { text } = await service.operator(`GET /operator/tenants/${tenant.id}/export`)
    const { json } = await service.operator(`GET /operator/tenants/${tenant.id}/export/manifest`)
    const manifest = await verified(service, json.jws)
    expect(createHash('sha256').update(text).digest('hex')).toBe(manifest.sha256)
    const lines = text.trimEnd().split('\n')
    const rows = lines.map((line) => JSON.parse(line) as Line)
    for (const [relation, table] of Object.entries<{ rows: number; sha256: string }>(manifest.tables)) {
      const own = lines.filter((_, index) => rows[index]!.relation === relation)
      expect(own).toHaveLength(table.rows)
      expect(
        createHash('sha256')
          .update(own.map((line) => `${line}\n`).join(''))
          .digest('hex'),
      ).toBe(table.sha256)
    }
    expect(rows.filter(({ relation }) => relation === 'users')).toHaveLength(2)
    for (const relation of ['tasks', 'comments', 'invitations', 'configuration_secrets', 'audit_records'])
      expect(manifest.tables[relation].rows).toBeGreaterThan(0)
    for (const { row } of rows) expect(row['tenant_id'] ?? tenant.id).toBe(tenant.id)
    expect(text).toContain('parting')
    for (const foreign of [neighbour.id, neighbour.adminId, 'neighbourly'])
      expect(text).not.toContain(foreign)
    const sealed = await readFile(join(stores.options.exportDirectory, tenant.id, 'export'))
    expect(sealed.includes('parting')).toBe(false)

    await letTimePass(service)
    await service.lifecycleJobs.sweep()
    expect((await progress(service, tenant)).status).toBe(404)
    const jws = await certificateOf(tenant)
    const certificate = await verified(service, jws)
    expect(decodeProtectedHeader(jws).typ).toBe('tenant-deletion+json')
    expect(certificate).toMatchObject({ residue: 0, keyDestroyed: true, reason: 'contract ended' })
    expect(certificate.deleted.tasks).toBe(1)
    expect(certificate.auditTrail).toMatchObject({
      intact: true,
      records: certificate.deleted.audit_records,
    })
    expect(certificate.scanned.stores).toEqual(
      expect.arrayContaining(['mails', 'backups', 'exports', 'shared state']),
    )
    const { salt, sha256 } = certificate.tenant
    expect(createHash('sha256').update(`${salt}${tenant.id}`).digest('base64url')).toBe(sha256)
    expect(JSON.stringify(certificate)).not.toContain(tenant.id)
    expect((await service.operator(`GET /operator/tenants/${neighbour.id}/certificate`)).status).toBe(404)
    await expectNothingOf(tenant)
    expect(await rowsWith(service, tenant.adminId)).toEqual([])
    expect((await neighbour.admin('GET /tasks')).json.total).toBe(1)
    expect(await placesWith(service, stores, neighbour.id)).toEqual(
      expect.arrayContaining([join('backups', neighbour.id), join('keys', `${neighbour.id}.key`)]),
    )
  }, 60_000)

  it('stops at a legal hold, also the deletion at once', async () => {
    const tenant = await service.tenant('held')
    const hold = `/operator/tenants/${tenant.id}/hold`
    const body = { reason: `litigation about ${tenant.id}`, actor: 'counsel' }
    expect((await service.operator(`PUT ${hold}`, { body })).status).toBe(204)
    expect((await service.operator(`PUT ${hold}`, { body })).status).toBe(409)
    expect((await service.operator(`DELETE /operator/tenants/${tenant.id}`)).status).toBe(409)
    await offboard(service, tenant, 0)
    await service.lifecycleJobs.sweep()
    expect((await progress(service, tenant)).json).toMatchObject({
      step: 'closing',
      failure: 'held',
      hold: body,
    })
    expect((await service.operator(`DELETE /operator/tenants/${tenant.id}`)).status).toBe(409)
    expect((await service.operator(`DELETE ${hold}`, { body })).status).toBe(204)
    await service.lifecycleJobs.sweep()
    await expectNothingOf(tenant)
    const trail = await service.operator(`GET /operator/subjects/${tenant.id}/trail`)
    const events = trail.json.items.map(({ event }: { event: string }) => event)
    expect(events).toEqual(expect.arrayContaining(['provisioned', 'hold placed', 'hold lifted', 'deleted']))
    expect((await service.operator(`PUT ${hold}`, { body })).status).toBe(404)
  }, 60_000)

  it('stops at a backup that is held, and waits for one that is being taken', async () => {
    const tenant = await service.tenant('kept')
    await fill(service, tenant, 'keeping')
    const backups = `/operator/tenants/${tenant.id}/backups`
    const [{ id }] = (await service.operator(`GET ${backups}`)).json.items
    const hold = (held: boolean) => service.operator(`PATCH ${backups}/${id}`, { body: { held } })
    expect((await hold(true)).status).toBe(204)
    const refused = await service.operator(`DELETE /operator/tenants/${tenant.id}`)
    expect(refused).toMatchObject({ status: 409, json: { detail: expect.stringContaining('held') } })
    expect((await hold(false)).status).toBe(204)
    const { pool } = service.database
    await pool.query(`INSERT INTO control.backups (tenant_id, tier) VALUES ($1, 'row')`, [tenant.id])
    const busy = await service.operator(`DELETE /operator/tenants/${tenant.id}`)
    expect(busy).toMatchObject({ status: 409, json: { detail: expect.stringContaining('backed up') } })
    await pool.query(`DELETE FROM control.backups WHERE tenant_id = $1 AND state = 'taking'`, [tenant.id])
    expect((await service.operator(`DELETE /operator/tenants/${tenant.id}`)).status).toBe(204)
    await expectNothingOf(tenant)
  }, 60_000)

  it('is called off until the deletion begins; the tenant is as it was, and suspended', async () => {
    const tenant = await service.tenant('stayer')
    await fill(service, tenant, 'staying')
    await offboard(service, tenant, 30)
    await service.lifecycleJobs.sweep()
    const path = `/operator/tenants/${tenant.id}/offboard`
    expect((await service.operator(`DELETE ${path}`)).status).toBe(204)
    expect((await service.operator(`DELETE ${path}`)).status).toBe(404)
    expect((await service.operator(`GET /operator/tenants/${tenant.id}/export`)).status).toBe(404)
    expect((await tenant.admin('GET /projects')).status).toBe(403)
    expect((await service.operator(`POST /operator/tenants/${tenant.id}/resume`)).status).toBe(204)
    expect((await tenant.admin('GET /tasks')).json.total).toBe(1)
  }, 60_000)

  it('signs what nobody else signs, and what nobody can change', async () => {
    const tenant = await service.tenant('signed')
    await service.operator(`DELETE /operator/tenants/${tenant.id}`)
    const jws = await certificateOf(tenant)
    const [header, payload, signature] = jws.split('.') as [string, string, string]
    const said = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const changed = Buffer.from(JSON.stringify({ ...said, residue: 1 })).toString('base64url')
    await expect(verified(service, [header, changed, signature].join('.'))).rejects.toThrow(/signature/)
    const { privateKey } = generateKeyPairSync('ed25519')
    const forged = new CompactSign(Buffer.from(JSON.stringify(said))).setProtectedHeader({
      alg: 'EdDSA',
      kid: decodeProtectedHeader(jws).kid!,
    })
    await expect(verified(service, await forged.sign(privateKey))).rejects.toThrow(/signature/)
    expect(await verified(service, jws)).toEqual(said)
  }, 60_000)

  it('lets nobody in while it is deleted, and writes nothing down about them', async () => {
    const tenant = await service.tenant('closed')
    await fill(service, tenant, 'closing')
    const gate = await closeGate(service.database, 'offboarding', 'listing')
    const removed = service.operator(`DELETE /operator/tenants/${tenant.id}`)
    try {
      await gate.reached()
      expect((await tenant.member('GET /tasks')).status).toBe(401)
      const label = { body: [{ name: 'late', color: '#ff0000' }] }
      expect((await tenant.admin('PUT /labels', label)).status).toBe(401)
      // Whoever looks at a trail has what waits written down, everybody's.
      await service.operator(`GET /operator/tenants/${neighbour.id}/audit/verify`)
      const { rows } = await service.database.pool.query(
        'SELECT count(*)::integer AS records FROM audit_records WHERE tenant_id = $1',
        [tenant.id],
      )
      await gate.open()
      expect((await removed).status).toBe(204)
      const { auditTrail, deleted } = await verified(service, await certificateOf(tenant))
      expect(auditTrail).toMatchObject({ intact: true, records: deleted.audit_records })
      expect(rows[0]!.records).toBe(plan === 'team' ? auditTrail.records : 0)
    } finally {
      await gate.open()
    }
    await expectNothingOf(tenant)
  }, 60_000)

  it('leaves nothing when it is done at once, and erases nobody who is somebody elsewhere', async () => {
    const tenant = await service.tenant('gone')
    await fill(service, tenant, 'leaving')
    const other = await service.operator('POST /operator/tenants', {
      body: {
        slug: 'other',
        plan,
        name: 'Other',
        members: [{ name: 'Own', email: 'own@example.org', role: 'admin' }],
      },
    })
    const left = (
      await tenant.admin('POST /users', { body: { name: 'Gone', email: 'x@example.org', role: 'guest' } })
    ).json.id
    await tenant.admin(`DELETE /users/${left}`)
    expect((await service.operator(`DELETE /operator/tenants/${tenant.id}`)).status).toBe(204)
    expect((await service.operator(`DELETE /operator/tenants/${tenant.id}`)).status).toBe(404)
    await expectNothingOf(tenant)
    for (const person of [tenant.adminId, tenant.memberId, left])
      expect(await rowsWith(service, person)).toEqual([])
    expect((await service.as(other.json.members[0].token)('GET /users')).json.total).toBe(1)
  }, 60_000)

  it('gives the name to another tenant, for whom nothing of the old one works', async () => {
    const old = await service.tenant('reused')
    const key = (await old.admin('POST /api-keys', { body: { name: 'key' } })).json.token
    await old.admin('POST /projects', { body: { slug: 'a', name: 'A' } })
    await old.admin('POST /projects', { body: { slug: 'b', name: 'B' } })
    const { nextCursor } = (await old.admin('GET /projects?limit=1')).json
    await service.operator(`DELETE /operator/tenants/${old.id}`)
    const fresh = await service.tenant('reused')
    expect(fresh.id).not.toBe(old.id)
    expect((await fresh.admin('GET /projects')).json.total).toBe(0)
    expect((await fresh.admin(`GET /projects?limit=1&cursor=${nextCursor}`)).status).toBe(400)
    for (const token of [old.adminToken, old.memberToken, key]) {
      expect((await service.as(token)('GET /projects')).status).toBe(401)
      const headers = { 'x-tenant': 'reused' }
      expect((await service.as(token)('GET /projects', { headers })).status).toBe(401)
    }
    expect((await fresh.admin('GET /users')).json.total).toBe(2)
    const { usage } = (await fresh.admin('GET /quotas')).json
    expect(usage).toContainEqual(expect.objectContaining({ resource: 'projects', used: 0 }))
  }, 60_000)
})
