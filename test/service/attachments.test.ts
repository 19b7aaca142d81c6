import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { attach, bytesUsed, type Filled, filled, objectStore, send } from '../support/attachments.ts'
import { backUp, restore } from '../support/recovery.ts'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'

const never = '00000000-0000-4000-8000-000000000000'

const store = objectStore()

const limited = async ({ operator }: RunningService, { id }: TenantInService, storageBytes: number) => {
  const body = { plan: 'unlimited', limits: { storageBytes }, reason: 'test' }
  expect((await operator(`PUT /operator/tenants/${id}/quotas`, { body })).status).toBe(200)
}

const soon = (): Date => new Date(Date.now() + 60_000)

describe.each(['team', 'business', 'enterprise'] as const)(
  'attachments on the plan %s',
  { timeout: 120_000 },
  (plan) => {
    let service: RunningService
    let acme: Filled
    let rival: Filled

    beforeAll(async () => {
      service = await serviceOnFreshDatabase({ plan, objectDirectory: store.directory })
      acme = await filled(service, 'acme')
      rival = await filled(service, 'rival')
    }, 120_000)

    it('come back as they went in, from a task and from a comment', async () => {
      const data = randomBytes(600_000)
      for (const parent of [`tasks/${acme.taskIds[0]}`, `comments/${acme.commentId}`]) {
        const made = await attach(service, acme, parent, data, {
          name: 'Überblick.pdf',
          'content-type': 'application/pdf',
        })
        expect(made.json).toEqual({
          id: expect.any(String),
          taskId: acme.taskIds[0],
          commentId: parent.startsWith('comments') ? acme.commentId : null,
          uploaderId: acme.memberId,
          uploaderName: 'Max',
          name: 'Überblick.pdf',
          mediaType: 'application/pdf',
          size: 600_000,
          sha256: createHash('sha256').update(data).digest('hex'),
          createdAt: expect.any(String),
        })
        expect(made.status).toBe(201)
        const { json } = await acme.member(`GET /attachments/${made.json.id}`)
        expect(json).toEqual(made.json)
        const got = await send(service, `GET /attachments/${made.json.id}/content`, {
          token: acme.memberToken,
        })
        expect(got.status).toBe(200)
        expect(got.bytes.equals(data)).toBe(true)
        expect(got.headers).toMatchObject({
          'content-type': 'application/pdf',
          'content-length': '600000',
          'content-disposition': `attachment; filename="_berblick.pdf"; filename*=UTF-8''%C3%9Cberblick.pdf`,
          'content-security-policy': "sandbox; default-src 'none'",
          'x-content-type-options': 'nosniff',
          'cache-control': 'private, no-store',
          etag: `"${made.json.sha256}"`,
        })
      }
      const [stored] = await store.objectsOf(acme)
      const file = await readFile(join(store.directory, acme.id, 'attachments', stored!))
      expect(file.includes(data.subarray(0, 32))).toBe(false)
    })

    it('are listed of a task with those of its comments, of a comment alone, page by page', async () => {
      const [, taskId] = acme.taskIds
      const { json: comment } = await acme.member(`POST /tasks/${taskId}/comments`, {
        body: { body: 'Words' },
      })
      for (const name of ['a', 'b', 'c'])
        await attach(service, acme, `tasks/${taskId}`, Buffer.from(name), { name })
      await attach(service, acme, `comments/${comment.id}`, Buffer.from('d'), { name: 'd' })
      const first = await acme.member(`GET /tasks/${taskId}/attachments?limit=3&sort=-name`)
      expect(first.json).toMatchObject({ total: 4, items: [{ name: 'd' }, { name: 'c' }, { name: 'b' }] })
      const rest = await acme.member(
        `GET /tasks/${taskId}/attachments?limit=3&sort=-name&cursor=${first.json.nextCursor}`,
      )
      expect(rest.json).toMatchObject({ items: [{ name: 'a' }], nextCursor: null })
      const { json } = await acme.member(`GET /comments/${comment.id}/attachments`)
      expect(json).toMatchObject({ total: 1, items: [{ name: 'd' }] })
      const other = await acme.member(
        `GET /comments/${acme.commentId}/attachments?cursor=${first.json.nextCursor}`,
      )
      expect(other.status).toBe(400)
    })

    it('are nobody else’s: of another tenant, or never made, the same 404', async () => {
      const { json: own } = await attach(service, rival, `tasks/${rival.taskIds[0]}`, Buffer.from('secret'))
      const requests = (attachmentId: string, taskId: string, commentId: string) => [
        `GET /attachments/${attachmentId}`,
        `GET /attachments/${attachmentId}/content`,
        `DELETE /attachments/${attachmentId}`,
        `POST /attachments/${attachmentId}/links`,
        `GET /tasks/${taskId}/attachments`,
        `GET /comments/${commentId}/attachments`,
        `POST /tasks/${taskId}/attachments?name=x`,
        `POST /comments/${commentId}/attachments?name=x`,
      ]
      const foreign = requests(own.id, rival.taskIds[0]!, rival.commentId)
      const missing = requests(never, never, never)
      for (const [index, request] of foreign.entries()) {
        const body = request.startsWith('POST') ? { body: {} } : {}
        const [one, other] = [await acme.admin(request, body), await acme.admin(missing[index]!, body)]
        expect([one.status, one.text]).toEqual([404, other.text])
      }
      expect((await rival.member(`GET /attachments/${own.id}`)).status).toBe(200)
    })

    it('are deleted by their uploaders and by admins, and give their room back', async () => {
      const before = await bytesUsed(acme)
      const [one, other] = await Promise.all(
        ['one', 'other'].map((text) => attach(service, acme, `tasks/${acme.taskIds[0]}`, Buffer.from(text))),
      )
      const { json: admins } = await send(service, `POST /tasks/${acme.taskIds[0]}/attachments?name=x`, {
        token: acme.adminToken,
        payload: Buffer.from('admin'),
      })
      expect(await bytesUsed(acme)).toBe(before + 13)
      expect((await acme.member(`DELETE /attachments/${admins.id}`)).status).toBe(403)
      expect((await acme.member(`DELETE /attachments/${one!.json.id}`)).status).toBe(204)
      expect((await acme.admin(`DELETE /attachments/${other!.json.id}`)).status).toBe(204)
      expect((await acme.admin(`DELETE /attachments/${admins.id}`)).status).toBe(204)
      expect((await acme.member(`DELETE /attachments/${one!.json.id}`)).status).toBe(404)
      expect(await bytesUsed(acme)).toBe(before)
    })

    it('go with what they hang on, and give their room back', async () => {
      const tenant = await filled(service, `cascade-${plan}`)
      const [first, second, third] = tenant.taskIds
      const { json: comment } = await tenant.member(`POST /tasks/${second}/comments`, {
        body: { body: 'Words' },
      })
      for (const parent of [
        `comments/${tenant.commentId}`,
        `tasks/${first}`,
        `tasks/${second}`,
        `comments/${comment.id}`,
        `tasks/${third}`,
      ]) {
        expect((await attach(service, tenant, parent, randomBytes(100))).status).toBe(201)
      }
      expect(await bytesUsed(tenant)).toBe(500)
      expect((await tenant.member(`DELETE /comments/${tenant.commentId}`)).status).toBe(204)
      expect(await bytesUsed(tenant)).toBe(400)
      expect((await tenant.member(`DELETE /tasks/${second}`)).status).toBe(204)
      expect(await bytesUsed(tenant)).toBe(200)
      expect((await tenant.admin(`DELETE /projects/${tenant.projectId}`)).status).toBe(204)
      expect(await bytesUsed(tenant)).toBe(0)
      expect(await service.quotaJobs.recount({ tenantId: tenant.id })).toEqual({})
    })

    it('never take more room than there is, however many come at once', async () => {
      const tenant = await filled(service, `room-${plan}`)
      await limited(service, tenant, 3500)
      const taken = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          attach(service, tenant, `tasks/${tenant.taskIds[index % 3]}`, randomBytes(1000)),
        ),
      )
      expect(taken.map(({ status }) => status).sort()).toEqual([...Array(3).fill(201), ...Array(9).fill(403)])
      const refused = taken.find(({ status }) => status === 403)!
      expect(refused.json['violated-policies']).toEqual(['storageBytes'])
      expect(await bytesUsed(tenant)).toBe(3000)
      expect(await store.objectsOf(tenant)).toHaveLength(3)
      const stored = taken.filter(({ status }) => status === 201)
      // Deleting and attaching at the same time: room is given only once it is there.
      const answers = await Promise.all([
        ...stored.map(({ json }) => tenant.member(`DELETE /attachments/${json.id}`)),
        ...Array.from({ length: 12 }, () =>
          attach(service, tenant, `tasks/${tenant.taskIds[0]}`, randomBytes(1000)),
        ),
      ])
      const made = answers.filter(({ status }) => status === 201).length
      expect(made).toBeLessThanOrEqual(3)
      expect(await bytesUsed(tenant)).toBe(made * 1000)
      expect(await service.quotaJobs.recount({ tenantId: tenant.id })).toEqual({})
    })

    it('come back with a restore, for their objects stay as long as a backup could name them', async () => {
      const tenant = await filled(service, `restored-${plan}`)
      const data = randomBytes(1000)
      const { json: kept } = await attach(service, tenant, `tasks/${tenant.taskIds[0]}`, data)
      await backUp(service.operator, tenant)
      const { json: later } = await attach(service, tenant, `tasks/${tenant.taskIds[0]}`, data)
      const until = new Date().toISOString()
      for (const { id } of [kept, later]) await tenant.member(`DELETE /attachments/${id}`)
      const scope = { tenantId: tenant.id }
      await service.backupJobs.prune()
      expect(await service.attachmentJobs.sweep(scope, soon())).toMatchObject({ uploads: 0, objects: 0 })
      expect(await restore(service.operator, tenant, { until, mode: 'swap' })).toMatchObject({
        phase: 'done',
      })
      // A restore ends sessions of memberships that had changed; these had not.
      for (const { id } of [kept, later]) {
        const got = await send(service, `GET /attachments/${id}/content`, { token: tenant.memberToken })
        expect(got.bytes.equals(data)).toBe(true)
      }
      expect(await bytesUsed(tenant)).toBe(2000)
      // When the backups that named it are gone, and the log with them, so is the object.
      await tenant.member(`DELETE /attachments/${later.id}`)
      await backUp(service.operator, tenant)
      await service.database.pool.query(
        `DELETE FROM control.restores WHERE tenant_id = '${tenant.id}';
       DELETE FROM control.backups WHERE id IN (
         SELECT id FROM control.backups WHERE tenant_id = '${tenant.id}' ORDER BY started_at LIMIT 1)`,
      )
      await service.backupJobs.prune()
      expect(await service.attachmentJobs.sweep(scope, new Date(0))).toMatchObject({ objects: 0 })
      expect(await service.attachmentJobs.sweep(scope, soon())).toMatchObject({ objects: 1 })
      const left = await send(service, `GET /attachments/${kept.id}/content`, { token: tenant.memberToken })
      expect(left.bytes.equals(data)).toBe(true)
    })

    it('leave with their tenant', async () => {
      const tenant = await filled(service, `leaving-${plan}`)
      await attach(service, tenant, `tasks/${tenant.taskIds[0]}`, Buffer.from('x'))
      expect(await store.objectsOf(tenant)).toHaveLength(1)
      expect((await service.operator(`DELETE /operator/tenants/${tenant.id}`)).status).toBe(204)
      expect(await store.objectsOf(tenant)).toHaveLength(0)
    })
  },
)
