import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'

let service: RunningService
let acme: TenantInService
let rival: TenantInService

beforeAll(async () => {
  service = await serviceOnFreshDatabase()
  acme = await service.tenant('acme')
  rival = await service.tenant('rival')
})

describe('tokens', () => {
  it('are needed, and only ours count', async () => {
    const claims = decodeJwt(acme.adminToken)
    const forge = (key: string, alg = 'HS256') =>
      new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(key.padEnd(32, '.')))
    const forged = [
      undefined,
      'noise',
      new UnsecuredJWT(claims).encode(),
      await forge('guess'),
      `${acme.adminToken.slice(0, -4)}AAAA`,
      service.operatorToken,
    ]
    for (const token of forged) {
      const { status, json, headers } = await service.as(token)('GET /projects')
      expect(status).toBe(401)
      expect(json).toEqual({ type: 'about:blank', title: 'Unauthorized', status: 401 })
      expect(headers['www-authenticate']).toBe('Bearer')
    }
  })

  it('expire', async () => {
    const shortLived = await serviceOnFreshDatabase({ tokenLifetimeSeconds: -10 })
    const tenant = await shortLived.tenant('short')
    expect((await tenant.admin('GET /session')).status).toBe(401)
  })

  it('end with the membership', async () => {
    const body = { name: 'Eve', email: 'eve@example.org', role: 'member' }
    const { id } = (await acme.admin('POST /users', { body })).json
    const { members } = (await service.operator(`GET /operator/tenants/${acme.id}`)).json
    const eve = service.as(members.find(({ userId }: { userId: string }) => userId === id).token)
    expect((await eve('GET /session')).status).toBe(200)
    await acme.admin(`DELETE /users/${id}`)
    expect((await eve('GET /session')).status).toBe(401)
  })

  it('end when the operator revokes them, and later ones work', async () => {
    const tenant = await service.tenant('revoked')
    await service.operator(`POST /operator/tenants/${tenant.id}/members/${tenant.memberId}/revoke`)
    expect((await tenant.member('GET /session')).status).toBe(401)
    expect((await tenant.admin('GET /session')).status).toBe(200)
    const { members } = (await service.operator(`GET /operator/tenants/${tenant.id}`)).json
    for (const { token } of members) expect((await service.as(token)('GET /session')).status).toBe(200)
  })
})

describe('signals', () => {
  const agreeing = (tenant: TenantInService) => [
    { headers: { 'x-tenant': tenant.id } },
    { headers: { 'x-tenant': tenant.slug } },
    { headers: { host: `${tenant.slug}.app.localhost` } },
    { headers: { host: `${tenant.slug.toUpperCase()}.App.Localhost:8080` } },
    { headers: { host: `${tenant.slug}.app.localhost`, 'x-tenant': tenant.slug } },
  ]

  it('that agree with the token are heard', async () => {
    for (const options of agreeing(acme)) expect((await acme.admin('GET /tenant', options)).status).toBe(200)
    for (const name of [acme.id, acme.slug]) {
      expect((await acme.admin(`GET /tenants/${name}/projects`)).status).toBe(200)
    }
  })

  it('that disagree are answered like a tenant that does not exist', async () => {
    const nobody = { ...rival, id: '3f1f7c53-6f0c-4f5c-8f4a-0b8a4f1d2c3e', slug: 'nobody' }
    const answers = await Promise.all(
      [rival, nobody].flatMap((tenant) => [
        ...agreeing(tenant).map((options) => acme.admin('GET /tenant', options)),
        acme.admin(`GET /tenants/${tenant.id}/projects`),
        acme.admin(`GET /tenants/${tenant.slug}/projects`),
      ]),
    )
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(answers[0]!.status).toBe(404)
  })

  it.each([
    ['doubled', 'acme, acme'],
    ['mixed', 'acme,rival'],
    ['empty', ''],
    ['in another case', 'ACME'],
    ['in look-alike letters', 'аcme'.normalize('NFKC')],
  ])('that are %s are no tenant’s name', async (_, value) => {
    const header = Buffer.from(value).toString('latin1')
    expect((await acme.admin('GET /tenant', { headers: { 'x-tenant': header } })).status).toBe(404)
  })

  it('one that contradicts is enough', async () => {
    const headers = { host: 'acme.app.localhost', 'x-tenant': 'rival' }
    expect((await acme.admin(`GET /tenants/${acme.id}/projects`, { headers })).status).toBe(404)
  })

  it('a forwarded host is no signal', async () => {
    const headers = { 'x-forwarded-host': 'rival.app.localhost' }
    expect((await acme.admin('GET /tenant', { headers })).json.slug).toBe('acme')
  })
})

describe('a user in two tenants', () => {
  it('chooses one and acts there only', async () => {
    const members = [{ userId: acme.memberId, name: 'Max', email: 'max@example.org', role: 'guest' }]
    const body = { slug: 'second', name: 'Second', members }
    const second = (await service.operator('POST /operator/tenants', { body })).json
    const chosen = await acme.member('POST /session/tenant', { body: { tenantId: second.id } })
    expect(chosen.json).toMatchObject({ tenantId: second.id, userId: acme.memberId, role: 'guest' })
    const there = service.as(chosen.json.token)
    expect((await there('GET /tenant')).json.slug).toBe('second')
    expect((await there('POST /projects', { body: { slug: 'x', name: 'X' } })).status).toBe(403)
    expect((await acme.member('GET /tenant')).json.slug).toBe('acme')
  })

  it('cannot choose one where they are no member, and learns nothing of it', async () => {
    const ghost = '3f1f7c53-6f0c-4f5c-8f4a-0b8a4f1d2c3e'
    const answers = await Promise.all(
      [rival.id, ghost].map((tenantId) => acme.member('POST /session/tenant', { body: { tenantId } })),
    )
    expect(answers.map(({ status }) => status)).toEqual([404, 404])
    expect(answers[0]!.text).toBe(answers[1]!.text)
  })
})
