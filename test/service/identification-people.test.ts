import { decodeJwt } from 'jose'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { buildService } from '../../fixtures/service/service.ts'
import { testMaildir, type TestMaildir } from '../support/maildir.ts'
import {
  arrange,
  serviceOnFreshDatabase,
  type RunningService,
  type TenantInService,
} from '../support/service.ts'

let mail: TestMaildir
let service: RunningService
let acme: TenantInService
let rival: TenantInService

beforeAll(async () => {
  mail = await testMaildir()
  service = await serviceOnFreshDatabase({ mailDirectory: mail.directory })
  acme = await service.tenant('acme')
  rival = await service.tenant('rival')
})

const unauthorized = { type: 'about:blank', title: 'Unauthorized', status: 401 }

/** Invites an address and returns what came by mail. */
async function invited(tenant: TenantInService, email: string, count = 1): Promise<string> {
  const { status } = await tenant.admin('POST /invitations', { body: { email, role: 'member' } })
  expect(status).toBe(201)
  return mail.secretTo(email, count)
}

const accept = (token: string) =>
  service.as()('POST /invitations/accept', { body: { token, name: 'New Person' } })

describe('a tenant’s state', () => {
  it('stops its people, and lets admins see where they stand', async () => {
    const tenant = await service.tenant('suspended')
    await service.operator(`POST /operator/tenants/${tenant.id}/suspend`)
    for (const ask of [tenant.admin, tenant.member]) {
      const { status, json } = await ask('GET /projects')
      expect([status, json.detail]).toEqual([403, 'The tenant is suspended.'])
    }
    expect((await tenant.admin('GET /session')).status).toBe(200)
    expect((await tenant.admin('GET /tenant')).status).toBe(200)
    expect((await tenant.admin('GET /session/tenants')).json.items[0].state).toBe('suspended')
    expect((await tenant.admin('PATCH /tenant', { body: { name: 'X' } })).status).toBe(403)
    expect((await tenant.member('GET /session')).status).toBe(403)
    await service.operator(`POST /operator/tenants/${tenant.id}/resume`)
    expect((await tenant.member('GET /projects')).status).toBe(200)
  })

  it('is no stranger’s to know', async () => {
    const tenant = await service.tenant('secretly-suspended')
    const ask = () =>
      Promise.all([
        acme.admin('GET /tenant', { headers: { 'x-tenant': tenant.slug } }),
        acme.admin(`GET /tenants/${tenant.id}/projects`),
        acme.admin('POST /session/tenant', { body: { tenantId: tenant.id } }),
        service.as('noise')(`GET /tenants/${tenant.id}/projects`),
      ])
    const before = (await ask()).map(({ status, text }) => `${status} ${text}`)
    await service.operator(`POST /operator/tenants/${tenant.id}/suspend`)
    expect((await ask()).map(({ status, text }) => `${status} ${text}`)).toEqual(before)
  })

  it.each([
    ['provisioning', 403],
    ['offboarding', 403],
    ['deleted', 401],
  ])('%s serves nobody, and is not the operator’s to resume', async (state, status) => {
    const tenant = await service.tenant(`state-${state}`)
    await arrange(service, tenant.id, `UPDATE tenants SET state = '${state}' WHERE id = '${tenant.id}'`)
    expect((await tenant.admin('GET /projects')).status).toBe(status)
    for (const word of ['suspend', 'resume']) {
      expect((await service.operator(`POST /operator/tenants/${tenant.id}/${word}`)).status).toBe(404)
    }
  })

  it('is not the tenant’s own to change, not even for its role in the database', async () => {
    const { rows } = await service.database.pool.query(
      `SELECT has_column_privilege('tracker_app', 'tenants', 'state', 'UPDATE') AS state,
              has_schema_privilege('tracker_app', 'control', 'USAGE') AS control`,
    )
    expect(rows).toEqual([{ state: false, control: false }])
  })
})

describe('invitations', () => {
  it('make a new person of the tenant, once', async () => {
    const token = await invited(acme, 'nora@example.org')
    const listed = await acme.admin('GET /invitations')
    expect(listed.json.items[0]).toMatchObject({ email: 'nora@example.org', role: 'member' })
    expect(listed.text).not.toContain(token)
    const { json, status } = await accept(token)
    expect([status, json.tenantId, json.role]).toEqual([200, acme.id, 'member'])
    expect((await service.as(json.token)('GET /session')).json.userId).toBe(json.userId)
    expect((await acme.admin(`GET /users/${json.userId}`)).json.email).toBe('nora@example.org')
    expect((await accept(token)).status).toBe(404)
    expect((await acme.admin('GET /invitations')).json.total).toBe(0)
  })

  it('are accepted by one of several at the same time', async () => {
    const token = await invited(acme, 'race@example.org')
    const answers = await Promise.all(Array.from({ length: 5 }, () => accept(token)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404, 404])
  })

  it('bring somebody from another tenant, under their own address only', async () => {
    const own = await invited(rival, 'ada@example.org')
    // Rival has an Ada of its own; two people of one address in one tenant are one too many.
    expect((await acme.admin('POST /session/invitations', { body: { token: own } })).status).toBe(409)
    const third = await service.tenant('third')
    const zoe = await invited(acme, 'zoe@example.org').then(accept)
    const asZoe = service.as(zoe.json.token)
    const others = await invited(third, 'someone@example.org')
    expect((await asZoe('POST /session/invitations', { body: { token: others } })).status).toBe(404)
    const hers = await invited(third, 'zoe@example.org', 2)
    const joined = await asZoe('POST /session/invitations', { body: { token: hers } })
    expect(joined.json).toMatchObject({ tenantId: third.id, userId: zoe.json.userId })
    expect((await asZoe('GET /session/tenants')).json.items.map(({ slug }: any) => slug).sort()).toEqual([
      'acme',
      'third',
    ])
    expect((await service.as(joined.json.token)('GET /tenant')).json.slug).toBe('third')
  })

  it('that are wrong in any way get one answer', async () => {
    const revoked = await invited(acme, 'revoked@example.org')
    const { id } = (await acme.admin('GET /invitations')).json.items.find(
      ({ email }: { email: string }) => email === 'revoked@example.org',
    )
    expect((await acme.admin(`DELETE /invitations/${id}`)).status).toBe(204)
    const replaced = await invited(acme, 'twice@example.org')
    await invited(acme, 'TWICE@example.org')
    const expired = await invited(acme, 'late@example.org')
    const suspended = await service.tenant('suspends')
    const ofSuspended = await invited(suspended, 'susi@example.org')
    await service.operator(`POST /operator/tenants/${suspended.id}/suspend`)
    await arrange(
      service,
      acme.id,
      `UPDATE invitations SET expires_at = now() - interval '1 second' WHERE email = 'late@example.org'`,
    )
    const good = await invited(acme, 'good@example.org')
    const compact = (value: string) => value.replaceAll('-', '')
    const elsewhere = good.replace(compact(acme.id), compact(rival.id))
    const guessed = good.slice(0, -10) + 'AAAAAAAAAA'
    const answers = await Promise.all(
      [revoked, replaced, expired, ofSuspended, elsewhere, guessed, 'noise'].map(accept),
    )
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(answers[0]!.status).toBe(404)
    expect((await accept(good)).status).toBe(200)
  })

  it('are for admins to make', async () => {
    const body = { email: 'x@example.org', role: 'member' }
    expect((await acme.member('POST /invitations', { body })).status).toBe(403)
    expect((await acme.admin('POST /invitations', { body: { ...body, role: 'admin' } })).status).toBe(400)
  })

  it('are mailed by the next instance when one was killed before it could', async () => {
    const waiting = await serviceOnFreshDatabase()
    const tenant = await waiting.tenant('waiting')
    await tenant.admin('POST /invitations', { body: { email: 'later@example.org', role: 'guest' } })
    const next = await buildService({ databaseUrl: waiting.database.url, mailDirectory: mail.directory })
    try {
      const token = await mail.secretTo('later@example.org')
      const { rows } = await waiting.database.pool.query(
        `SELECT encode(token_hash, 'hex') AS hash, (SELECT count(*)::int FROM control.invitation_mails) AS due
         FROM invitations`,
      )
      expect(JSON.stringify(rows)).not.toContain(token)
      expect(rows[0]!['due']).toBe(0)
    } finally {
      await next.app.close()
    }
  })
})

describe('signing in', () => {
  const request = (email: string) => service.as()('POST /sign-in', { body: { email } })

  it('answers every address the same, and mails only those it knows', async () => {
    const person = await invited(acme, 'known@example.org').then(accept)
    expect(person.status).toBe(200)
    const answers = await Promise.all(['nobody@example.org', 'Known@Example.org'].map(request))
    expect(answers.map(({ status, text }) => `${status} ${text}`)).toEqual(['202 {}', '202 {}'])
    const link = await mail.secretTo('Known@Example.org')
    const tenants = await service.as()('POST /sign-in/tenants', { body: { token: link } })
    expect(tenants.json.items).toMatchObject([{ slug: 'acme', userId: person.json.userId, role: 'member' }])
    const elsewhere = { token: link, tenantId: rival.id }
    expect((await service.as()('POST /sign-in/session', { body: elsewhere })).status).toBe(404)
    const body = { token: link, tenantId: acme.id }
    const once = await Promise.all([1, 2, 3].map(() => service.as()('POST /sign-in/session', { body })))
    expect(once.map(({ status }) => status).sort()).toEqual([200, 401, 401])
    const { json } = once.find(({ status }) => status === 200)!
    expect((await service.as(json.token)('GET /session')).json.userId).toBe(person.json.userId)
    await expect(mail.to('nobody@example.org', 0)).resolves.toEqual([])
    const { rows } = await service.database.pool.query(
      `SELECT count(*)::int AS left_over FROM control.sign_ins WHERE mailed_at IS NULL`,
    )
    expect(rows).toEqual([{ left_over: 0 }])
  })

  it('takes no link that is guessed, old or of a person who has left', async () => {
    const { json } = await invited(acme, 'leaver@example.org').then(accept)
    await request('leaver@example.org')
    const link = await mail.secretTo('leaver@example.org', 2)
    await acme.admin(`DELETE /users/${json.userId}`)
    const body = { token: link, tenantId: acme.id }
    expect((await service.as()('POST /sign-in/session', { body })).status).toBe(404)
    await service.database.pool.query(`UPDATE control.sign_ins SET expires_at = now() - interval '1 second'`)
    for (const token of [link, link.slice(0, -10) + 'AAAAAAAAAA', 'noise']) {
      const answer = await service.as()('POST /sign-in/session', { body: { ...body, token } })
      expect([answer.status, answer.json]).toEqual([401, unauthorized])
    }
  })

  it('sends an address no more links than it needs', async () => {
    await invited(acme, 'many@example.org').then(accept)
    for (let asked = 0; asked < 8; asked++) expect((await request('many@example.org')).status).toBe(202)
    await request('zoe@example.org')
    await mail.to('zoe@example.org', 3)
    expect(await mail.to('many@example.org', 1)).toHaveLength(6)
  })
})

describe('a person in several tenants', () => {
  it('sees their own, whatever the directory says', async () => {
    const { pool } = service.database
    await pool.query('INSERT INTO control.directory (user_id, tenant_id, email) VALUES ($1, $2, $3)', [
      acme.memberId,
      rival.id,
      'max@example.org',
    ])
    const { json } = await acme.member('GET /session/tenants')
    expect(json.items).toMatchObject([{ tenantId: acme.id, userId: acme.memberId, role: 'member' }])
    const chosen = await acme.member('POST /session/tenant', { body: { tenantId: rival.id } })
    expect(chosen.status).toBe(404)
  })

  it('gets a token that says nothing of the others', async () => {
    const { json } = await acme.member('POST /session/tenant', { body: { tenantId: acme.id } })
    expect(Object.keys(decodeJwt(json.token)).sort()).toEqual(
      ['aud', 'epoch', 'exp', 'iat', 'iss', 'nbf', 'sub', 'tenant'].sort(),
    )
  })
})

describe('tenants in places of their own', () => {
  it('invite, sign in and list across tiers', async () => {
    const plans = ['team', 'business', 'enterprise'] as const
    const members = [{ name: 'Root', email: 'root@example.org', role: 'admin' }]
    const tenants = await Promise.all(
      plans.map(async (plan) => {
        const body = { slug: `on-${plan}`, name: plan, plan, members }
        const { json } = await service.operator('POST /operator/tenants', { body })
        return { id: json.id as string, admin: service.as(json.members[0].token) } as TenantInService
      }),
    )
    const first = await invited(tenants[0]!, 'mia@example.org').then(accept)
    const asMia = service.as(first.json.token)
    for (const [index, tenant] of tenants.slice(1).entries()) {
      const token = await invited(tenant, 'mia@example.org', index + 2)
      const joined = await asMia('POST /session/invitations', { body: { token } })
      expect(joined.json).toMatchObject({ tenantId: tenant.id, userId: first.json.userId })
      const there = service.as(joined.json.token)
      expect((await there(`GET /users/${first.json.userId}`)).json.email).toBe('mia@example.org')
      const key = (await there('POST /api-keys', { body: { name: 'ci' } })).json
      expect((await service.as(key.token)('GET /session')).json.tenantId).toBe(tenant.id)
    }
    const listed = (await asMia('GET /session/tenants')).json.items
    expect(listed.map(({ tenantId }: { tenantId: string }) => tenantId).sort()).toEqual(
      tenants.map(({ id }) => id).sort(),
    )
  })

  it('move with what people and programs show', async () => {
    const tenant = await service.tenant('moving')
    const key = (await tenant.admin('POST /api-keys', { body: { name: 'ci' } })).json
    const token = await invited(tenant, 'mover@example.org')
    const moved = await service.operator(`POST /operator/tenants/${tenant.id}/move`, {
      body: { tier: 'schema' },
    })
    expect(moved.status).toBe(202)
    await vi.waitFor(
      async () => {
        const { items } = (await service.operator(`GET /operator/tenants/${tenant.id}/moves`)).json
        expect(items).toMatchObject([{ to: 'schema', phase: 'done' }])
      },
      { timeout: 30_000 },
    )
    expect((await service.as(key.token)('GET /session')).json.tenantId).toBe(tenant.id)
    expect((await accept(token)).status).toBe(200)
  })
})
