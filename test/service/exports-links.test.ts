import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { send } from '../support/attachments.ts'
import { archiveOf, exported, exporting, type Exporting } from '../support/exports.ts'
import { arrange, type TenantInService } from '../support/service.ts'

const at = (value: unknown): number => new Date(String(value)).getTime()

describe('a link to an archive', () => {
  let service: Exporting
  let acme: TenantInService
  let rival: TenantInService
  let exportId: string
  let path: string
  beforeAll(async () => {
    service = await exporting()
    acme = await service.tenant('acme')
    rival = await service.tenant('rival')
    exportId = (await exported(service, acme)).id
    path = (await acme.admin(`POST /exports/${exportId}/links`)).json.path
  }, 60_000)

  it('opens it without a token, for a quarter of an hour', async () => {
    const { bytes, status } = await send(service, `GET ${path}`)
    expect(status).toBe(200)
    expect(bytes.toString()).toBe((await archiveOf(acme, exportId)).text)
    const { expiresAt } = (await acme.admin(`POST /exports/${exportId}/links`)).json
    expect(at(expiresAt)).toBeLessThanOrEqual(Date.now() + 15 * 60 * 1000)
    expect(at(expiresAt)).toBeGreaterThan(Date.now() + 14 * 60 * 1000)
  })

  it('opens nothing of another tenant, of another export, or of another kind', async () => {
    const theirs = (await exported(service, rival)).id
    const other = (await exported(service, acme)).id
    const proof = new URL(path, 'http://service').search
    const [payload, mac] = proof.slice('?proof='.length).split('.') as [string, string]
    const grant = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const longer = Buffer.from(JSON.stringify({ ...grant, expires: grant.expires + 1 })).toString('base64url')
    const wrong = [
      `/downloads/${rival.id}/exports/${exportId}${proof}`,
      `/downloads/${rival.id}/exports/${theirs}${proof}`,
      `/downloads/${acme.id}/exports/${theirs}${proof}`,
      `/downloads/${acme.id}/exports/${other}${proof}`,
      `/downloads/${acme.id}/exports/${randomUUID()}${proof}`,
      `/downloads/${acme.id}/${exportId}${proof}`,
      `/downloads/${acme.id}/exports/${exportId}?proof=${longer}.${mac}`,
      `/downloads/${acme.id}/exports/${exportId}?proof=${payload}.`,
      `/downloads/${acme.id}/exports/${exportId}?proof=x`,
      `/downloads/${acme.id}/exports/${exportId}`,
    ]
    for (const url of wrong) {
      const { status, json } = await send(service, `GET ${url}`)
      expect([status, json]).toEqual([404, { type: 'about:blank', title: 'Not Found', status: 404 }])
    }
    expect((await send(service, `GET ${path}`)).status).toBe(200)
  })

  it('that was made for a file opens no archive', async () => {
    const project = (await acme.admin('POST /projects', { body: { slug: 'web', name: 'Web' } })).json
    const task = (await acme.admin(`POST /projects/${project.id}/tasks`, { body: { title: 'Task' } })).json
    // A file under the id of the export.
    await arrange(
      service,
      acme.id,
      `INSERT INTO attachments (tenant_id, id, task_id, name, media_type, size, sha256, object_id, state)
       VALUES ('${acme.id}', '${exportId}', '${task.id}', 'x', 'text/plain', 0, '${'0'.repeat(64)}', gen_random_uuid(), 'stored')`,
    )
    const made = await acme.admin(`POST /attachments/${exportId}/links`, { body: {} })
    expect(made.status).toBe(201)
    const proof = new URL(made.json.path, 'http://service').search
    expect((await send(service, `GET /downloads/${acme.id}/exports/${exportId}${proof}`)).status).toBe(404)
  })

  it('is made by admins who signed in, and ends with the time, the export, and the admin', async () => {
    const key = (await acme.admin('POST /api-keys', { body: { name: 'key' } })).json
    const program = service.as(key.token ?? key.key)
    expect((await program(`GET /exports/${exportId}`)).status).toBe(200)
    expect((await program(`POST /exports/${exportId}/links`)).status).toBe(403)
    const temporary = (await exported(service, acme)).id
    const link = (await acme.admin(`POST /exports/${temporary}/links`)).json.path
    expect((await send(service, `GET ${link}`)).status).toBe(200)
    await acme.admin(`DELETE /exports/${temporary}`)
    expect((await send(service, `GET ${link}`)).status).toBe(404)
    await arrange(
      service,
      acme.id,
      `UPDATE memberships SET role = 'member' WHERE user_id = '${acme.adminId}'`,
    )
    expect((await send(service, `GET ${path}`)).status).toBe(403)
    await arrange(
      service,
      acme.id,
      `UPDATE memberships SET role = 'admin', epoch = gen_random_uuid() WHERE user_id = '${acme.adminId}'`,
    )
    expect((await send(service, `GET ${path}`)).status).toBe(404)
  })
})
