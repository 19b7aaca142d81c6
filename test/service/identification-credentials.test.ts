import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildService } from '../../fixtures/service/service.ts'
import {
  arrange,
  serviceOnFreshDatabase,
  type RunningService,
  type TenantInService,
} from '../support/service.ts'

let service: RunningService
let acme: TenantInService
let rival: TenantInService

beforeAll(async () => {
  service = await serviceOnFreshDatabase()
  acme = await service.tenant('acme')
  rival = await service.tenant('rival')
})

const made = async (tenant: TenantInService, body: Record<string, unknown> = {}) =>
  (await tenant.admin('POST /api-keys', { body: { name: 'deploy', ...body } })).json

describe('API keys', () => {
  it('act as their maker with their own role, and show when they were used', async () => {
    const key = await made(acme, { role: 'guest' })
    expect(key.token).toContain(`${acme.id.replaceAll('-', '')}_${key.id.replaceAll('-', '')}`)
    const program = service.as(key.token)
    const { json } = await program('GET /session')
    expect(json).toMatchObject({
      tenantId: acme.id,
      userId: acme.adminId,
      role: 'guest',
      credential: { kind: 'apiKey', id: key.id },
    })
    expect((await program('POST /projects', { body: { slug: 'x', name: 'X' } })).status).toBe(403)
    const listed = await acme.admin('GET /api-keys')
    expect(listed.json.items[0]).toMatchObject({ id: key.id, name: 'deploy' })
    expect(listed.json.items[0].lastUsedAt).not.toBeNull()
    expect(listed.text).not.toContain(key.token)
  })

  it('are one tenant’s: no other opens with them', async () => {
    const key = await made(acme)
    const compact = (id: string) => id.replaceAll('-', '')
    const moved = key.token.replace(compact(acme.id), compact(rival.id))
    expect((await service.as(moved)('GET /session')).status).toBe(401)
    const headers = { 'x-tenant': 'rival' }
    expect((await service.as(key.token)('GET /tenant', { headers })).status).toBe(404)
    expect((await rival.admin(`DELETE /api-keys/${key.id}`)).status).toBe(404)
    expect((await service.as(key.token)('GET /tenant')).json.slug).toBe('acme')
  })

  it('end at once: revoked, expired, with the membership; and shrink with the role', async () => {
    const revoked = await made(acme)
    expect((await acme.admin(`DELETE /api-keys/${revoked.id}`)).status).toBe(204)
    expect((await service.as(revoked.token)('GET /session')).status).toBe(401)

    const expired = await made(acme)
    const past = `now() - interval '1 second'`
    await arrange(service, acme.id, `UPDATE api_keys SET expires_at = ${past} WHERE id = '${expired.id}'`)
    expect((await service.as(expired.token)('GET /session')).status).toBe(401)

    const tenant = await service.tenant('leaving')
    const key = (await tenant.member('POST /api-keys', { body: { name: 'mine' } })).json
    await tenant.admin(`PATCH /users/${tenant.memberId}`, { body: { role: 'guest' } })
    expect((await service.as(key.token)('GET /session')).json.role).toBe('guest')
    await tenant.admin(`DELETE /users/${tenant.memberId}`)
    expect((await service.as(key.token)('GET /session')).status).toBe(401)
  })

  it('make no credentials, and no more than their maker may', async () => {
    const program = service.as((await made(acme)).token)
    const user = { name: 'X', email: 'x@example.org', role: 'member' }
    for (const [request, body] of [
      ['POST /api-keys', { name: 'offspring' }],
      ['POST /invitations', { email: 'x@example.org', role: 'member' }],
      ['POST /users', user],
      ['POST /session/tenant', { tenantId: acme.id }],
      ['GET /session/tenants', undefined],
    ] as const) {
      expect((await program(request, body && { body })).status, request).toBe(403)
    }
    const more = { name: 'more', role: 'admin' }
    expect((await acme.member('POST /api-keys', { body: more })).status).toBe(403)
  })

  it('of others are seen and ended by admins only', async () => {
    const key = await made(acme)
    expect((await acme.member('GET /api-keys')).json.items).toEqual([])
    expect((await acme.member(`DELETE /api-keys/${key.id}`)).status).toBe(404)
  })
})

describe('impersonation', () => {
  const start = (tenant: TenantInService, userId = tenant.adminId) =>
    service.operator(`POST /operator/tenants/${tenant.id}/impersonations`, {
      body: { userId, operator: 'olga@operator.example', reason: 'Ticket 7', minutes: 5 },
    })

  it('is seen in the session and by the tenant, and ends at once', async () => {
    const { json } = await start(acme)
    const acting = service.as(json.token)
    expect((await acting('GET /session')).json).toMatchObject({
      userId: acme.adminId,
      credential: { kind: 'impersonation', reason: 'Ticket 7', operator: 'olga@operator.example' },
    })
    const ended = `DELETE /operator/tenants/${acme.id}/impersonations/${json.id}`
    expect((await service.operator(ended)).status).toBe(204)
    expect((await acting('GET /session')).status).toBe(401)
    expect((await service.operator(ended)).status).toBe(404)
    expect((await acme.admin('GET /session')).json.credential).toEqual({ kind: 'session' })
    const trail = await acme.admin('GET /impersonations')
    expect(trail.json.items[0]).toMatchObject({ id: json.id, userId: acme.adminId, reason: 'Ticket 7' })
    expect(trail.json.items[0].endedAt).not.toBeNull()
    expect((await rival.admin('GET /impersonations')).json.total).toBe(0)
    expect((await acme.member('GET /impersonations')).status).toBe(403)
  })

  it('changes no credentials, invites nobody and goes nowhere else', async () => {
    const acting = service.as((await start(acme)).json.token)
    for (const [request, body] of [
      ['POST /api-keys', { name: 'back door' }],
      ['POST /invitations', { email: 'x@example.org', role: 'member' }],
      ['POST /users', { name: 'X', email: 'x@example.org', role: 'member' }],
      ['POST /session/tenant', { tenantId: acme.id }],
      ['POST /session/invitations', { token: 'noise' }],
      ['GET /session/tenants', undefined],
    ] as const) {
      expect((await acting(request, body && { body })).status, request).toBe(403)
    }
    expect((await acting('GET /projects')).status).toBe(200)
  })

  it('expires, and needs a member and a reason', async () => {
    const { json } = await start(acme)
    const past = `now() - interval '1 second'`
    await arrange(service, acme.id, `UPDATE impersonations SET expires_at = ${past} WHERE id = '${json.id}'`)
    expect((await service.as(json.token)('GET /session')).status).toBe(401)
    expect((await start(acme, rival.adminId)).status).toBe(404)
    const body = { userId: acme.adminId, operator: 'olga', reason: '' }
    const path = `POST /operator/tenants/${acme.id}/impersonations`
    expect((await service.operator(path, { body })).status).toBe(400)
    expect((await acme.admin(path, { body })).status).toBe(401)
  })

  it('leaves a trail that no role of the service can take away', async () => {
    const { rows } = await service.database.pool.query(
      `SELECT role, has_table_privilege(role, 'impersonations', 'DELETE') AS removes,
              has_column_privilege(role, 'impersonations', 'reason', 'UPDATE') AS rewrites
       FROM unnest(ARRAY['tracker_app', 'tracker_operator']) AS role`,
    )
    expect(rows.every((row) => row['removes'] === false && row['rewrites'] === false)).toBe(true)
  })
})

/** A request byte by byte: clients do not send what is wrong here. Answers its status. */
async function raw(port: number, lines: readonly string[]): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  socket.write(['GET /tenant HTTP/1.1', ...lines, 'Connection: close', '', ''].join('\r\n'), 'latin1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'close')
  return Number(/^HTTP\/1\.1 (\d+)/.exec(Buffer.concat(chunks).toString())?.[1])
}

describe('headers on the wire', () => {
  const host = 'Host: acme.app.localhost'

  it.each([
    ['once each', (token: string) => [host, 'X-Tenant: acme', `Authorization: Bearer ${token}`], 200],
    ['two tenants', (token: string) => [host, 'X-Tenant: acme', 'X-Tenant: rival', token], 400],
    ['the same tenant twice', (token: string) => [host, 'X-Tenant: acme', 'x-tenant: acme', token], 400],
    ['two hosts', (token: string) => [host, 'Host: rival.app.localhost', token], 400],
    ['two tokens', (token: string) => [host, token, 'Authorization: Bearer noise'], 400],
    ['a host with a dot at its end', (token: string) => ['Host: acme.app.localhost.', token], 200],
    ['another host with a dot at its end', (token: string) => ['Host: rival.app.localhost.', token], 404],
    ['a deeper host', (token: string) => ['Host: x.acme.app.localhost', token], 404],
  ])('%s', async (_, lines, status) => {
    const listening = await buildService({ databaseUrl: service.database.url })
    try {
      await listening.app.listen({ host: '127.0.0.1', port: 0 })
      const { port } = listening.app.server.address() as AddressInfo
      const sent = lines(acme.adminToken).map((line) =>
        line === acme.adminToken ? `Authorization: Bearer ${line}` : line,
      )
      expect(await raw(port, sent)).toBe(status)
    } finally {
      await listening.app.close()
    }
  })
})

describe('a forwarded host', () => {
  it.each([
    ['x-forwarded-host', 'rival.app.localhost', 404],
    ['x-forwarded-host', 'acme.app.localhost', 200],
    ['x-forwarded-host', 'acme.app.localhost, rival.app.localhost', 404],
    ['forwarded', 'for=1.2.3.4;host="rival.app.localhost";proto=https', 404],
    ['forwarded', 'host=acme.app.localhost:443', 200],
    ['forwarded', 'for=1.2.3.4, host=rival.app.localhost', 404],
  ])('%s: %s is heard from a trusted proxy only', async (name, value, status) => {
    const headers = { [name]: value }
    expect((await acme.admin('GET /tenant', { headers })).status).toBe(200)
    const trusting = await buildService({
      databaseUrl: service.database.url,
      trustedProxies: ['10.0.0.0/8', '127.0.0.1'],
    })
    const inject = { url: '/tenant', headers: { ...headers, authorization: `Bearer ${acme.adminToken}` } }
    try {
      const heard = await trusting.app.inject({ ...inject, remoteAddress: '127.0.0.1' })
      expect(heard.statusCode).toBe(status)
      const stranger = await trusting.app.inject({ ...inject, remoteAddress: '192.0.2.1' })
      expect(stranger.statusCode).toBe(200)
    } finally {
      await trusting.app.close()
    }
  })
})
