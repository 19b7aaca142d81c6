import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { Secrets } from '../../fixtures/service/configuration/secrets.ts'
import { connect } from '../../fixtures/service/isolation/connect.ts'
import { Placements } from '../../fixtures/service/isolation/placement.ts'
import { TenantStore } from '../../fixtures/service/isolation/store.ts'
import { TenantKeys } from '../../fixtures/service/platform/keys.ts'
import { Tampered } from '../../fixtures/service/platform/sealing.ts'
import { testRedis } from '../support/redis.ts'
import {
  serviceOnFreshDatabase,
  type Ask,
  type RunningService,
  type TenantInService,
} from '../support/service.ts'

const etagOf = async (ask: Ask, path = '/configuration'): Promise<string> =>
  String((await ask(`GET ${path}`)).headers['etag'])

/** Sets on top of whatever holds. */
async function set(ask: Ask, settings: unknown, path = '/configuration') {
  const ifMatch = await etagOf(ask, path)
  return ask(`PUT ${path}`, { body: { settings }, headers: { 'if-match': ifMatch } })
}

/** Of the revisions that came after the tenant's first, with which it was made. */
async function revisionIds(ask: Ask): Promise<string[]> {
  const { json } = await ask('GET /configuration/revisions')
  return json.items.map(({ id }: { id: string }) => id).slice(1)
}

const rollback = async (ask: Ask, id: string) =>
  ask(`POST /configuration/revisions/${id}/rollback`, {
    body: {},
    headers: { 'if-match': await etagOf(ask) },
  })

const named = (displayName: string) => ({ branding: { displayName } })

/** The same on every tier that a plan may choose. */
describe.each(['team', 'business', 'enterprise'] as const)('configuration on the plan %s', (plan) => {
  let service: RunningService
  let acme: TenantInService
  let rival: TenantInService

  beforeAll(async () => {
    service = await serviceOnFreshDatabase({ plan })
    acme = await service.tenant('acme')
    rival = await service.tenant('rival')
  })

  it('is the defaults where nothing was set, whatever others have set', async () => {
    const before = await rival.admin('GET /configuration')
    expect((await set(acme.admin, named('Acme'))).status).toBe(200)
    const { json } = await acme.admin('GET /configuration')
    expect(json).toMatchObject({ revision: 2, settings: named('Acme') })
    expect(json.effective.branding).toEqual({ displayName: 'Acme', accentColor: '#2456d6', locale: 'en' })
    const after = await rival.admin('GET /configuration')
    expect(after.text).toBe(before.text)
    expect((await rival.member('GET /configuration/effective')).json.branding.displayName).toBe('')
    expect((await acme.member('GET /configuration/effective')).json.branding.displayName).toBe('Acme')
  })

  it('is changed by the one who read it last', async () => {
    const tenant = await service.tenant('cas')
    const tag = await etagOf(tenant.admin)
    const put = (name: string, headers: Record<string, string>) =>
      tenant.admin('PUT /configuration', { body: { settings: named(name) }, headers })
    expect((await put('none', {})).status).toBe(428)
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => put(name, { 'if-match': tag })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412])
    const changed = answers.find(({ status }) => status === 200)!
    expect(changed.headers['etag']).toBe(await etagOf(tenant.admin))
    expect((await put('late', { 'if-match': tag })).status).toBe(412)
    expect((await put('anyhow', { 'if-match': '*' })).json.revision).toBe(3)
  })

  it('compares revisions, and brings an earlier one back as a new one', async () => {
    const tenant = await service.tenant('history')
    await set(tenant.admin, { ...named('One'), notifications: { digest: 'daily' } })
    await set(tenant.admin, named('Two'))
    const [first, second] = await revisionIds(tenant.admin)
    const { json } = await tenant.admin(`GET /configuration/revisions/${second}/diff`)
    expect(json).toMatchObject({ from: 2, to: 3 })
    expect(json.patch).toEqual([
      { op: 'remove', path: '/notifications' },
      { op: 'replace', path: '/branding/displayName', value: 'Two' },
    ])
    const back = await tenant.admin(`GET /configuration/revisions/${first}/diff?against=${second}`)
    expect(back.json).toMatchObject({ from: 3, to: 2 })
    expect((await tenant.admin(`GET /configuration/revisions/${first}/diff`)).json.from).toBe(1)
    const restored = await rollback(tenant.admin, first!)
    expect(restored.json).toMatchObject({ revision: 4, settings: named('One') })
    const { json: list } = await tenant.admin('GET /configuration/revisions?sort=-revision')
    expect(list.items[0]).toMatchObject({ revision: 4, restoredFrom: 2, authorId: tenant.adminId })
    expect(list.total).toBe(4)
  })

  it('knows no revision of another tenant, not to show, not to compare with, not to restore', async () => {
    await set(rival.admin, named('Secret'))
    await set(acme.admin, named('Acme'))
    const [theirs] = await revisionIds(rival.admin)
    const [own] = await revisionIds(acme.admin)
    for (const id of [theirs!, randomUUID()]) {
      for (const request of [`${id}`, `${id}/diff`, `${own}/diff?against=${id}`]) {
        expect((await acme.admin(`GET /configuration/revisions/${request}`)).status).toBe(404)
      }
      expect((await rollback(acme.admin, id)).status).toBe(404)
    }
    const path = `/operator/tenants/${acme.id}/configuration`
    expect((await service.operator(`GET ${path}/revisions/${theirs}`)).status).toBe(404)
    expect((await service.operator(`GET ${path}/revisions/${own}`)).json.settings).toEqual(named('Acme'))
  })

  it('keeps secrets sealed and tells nobody', async () => {
    const tenant = await service.tenant('sealed')
    const secret = `xoxb-${randomUUID()}`
    const body = { name: 'slackToken', value: secret }
    const answer = await tenant.admin('PUT /configuration/secrets', { body })
    expect(answer.json.items[0]).toMatchObject({ name: 'slackToken', set: true })
    const { json: openapi } = await service.as()('GET /openapi.json')
    for (const path of Object.keys(openapi.paths).filter((name) => name.startsWith('/configuration'))) {
      if (path.includes('{')) continue
      expect((await tenant.admin(`GET ${path}`)).text).not.toContain(secret)
    }
    const { rows } = await service.database.pool.query(
      "SELECT string_agg(t::text, '') AS text FROM public.configuration_secrets t",
    )
    expect(String(rows[0]?.text)).not.toContain(Buffer.from(secret).toString('hex'))
    const integration = { integrations: { slack: { enabled: true, channel: '#general' } } }
    expect((await set(tenant.admin, integration)).status).toBe(200)
    const remove = () =>
      tenant.admin('PUT /configuration/secrets', { body: { name: 'slackToken', value: null } })
    expect((await remove()).status).toBe(409)
    await set(tenant.admin, {})
    expect((await remove()).json.items[0]).toMatchObject({ set: false, setAt: null })
    const withSlack = (await revisionIds(tenant.admin))[0]
    const refused = await rollback(tenant.admin, withSlack!)
    expect(refused.status).toBe(422)
    expect(refused.json.errors[0].at).toBe('/settings/integrations/slack/enabled')
  })
})

describe('rules', () => {
  let service: RunningService
  let acme: TenantInService

  beforeAll(async () => {
    service = await serviceOnFreshDatabase()
    acme = await service.tenant('acme')
  })

  it.each([
    ['/branding/accentColor', { branding: { accentColor: 'red' } }, 400],
    ['/flags/boardView', { flags: { boardView: { on: true } } }, 400],
    ['/notifications/digest', { notifications: { email: false, digest: 'daily' } }, 422],
    ['/security/idleMinutes', { security: { sessionMinutes: 10 } }, 422],
    ['/integrations/github/repository', { integrations: { github: { enabled: true } } }, 422],
    ['/limits/projects', { limits: { projects: 5001 } }, 422],
    ['/limits/requestsPerMinute', { limits: { requestsPerMinute: 500, requestsPerHour: 400 } }, 422],
  ])('name the field: %s', async (at, settings, status) => {
    const answer = await set(acme.admin, settings)
    expect(answer.status).toBe(status)
    expect(answer.json.errors.map((error: { at: string }) => error.at)).toContain(`/settings${at}`)
  })

  it('name all fields at once', async () => {
    const { json } = await set(acme.admin, { branding: { accentColor: 'red', locale: 'xx' }, other: 1 })
    expect(json.errors.length).toBe(3)
  })

  it('of today hold for a rollback: a plan that has shrunk lets no old limit back', async () => {
    const tenant = await service.tenant('shrinking')
    await set(tenant.admin, { limits: { projects: 100 } })
    await set(tenant.admin, {})
    await service.operator(`PUT /operator/tenants/${tenant.id}/quotas`, {
      body: { plan: 'free', reason: 'downgraded' },
    })
    const [withLimit] = await revisionIds(tenant.admin)
    const refused = await rollback(tenant.admin, withLimit!)
    expect(refused.status).toBe(422)
    expect(refused.json.errors).toEqual([
      { in: 'body', at: '/settings/limits/projects', message: 'must not be more than the agreed 10' },
    ])
    expect((await revisionIds(tenant.admin)).length).toBe(2)
  })

  it('let a tenant lower its own limits, at once', async () => {
    const tenant = await service.tenant('modest')
    await set(tenant.admin, { limits: { projects: 1 } })
    const create = (slug: string) => tenant.admin('POST /projects', { body: { slug, name: slug } })
    expect((await create('one')).status).toBe(201)
    expect((await create('two')).status).toBe(403)
    expect((await tenant.admin('GET /quotas')).json.limits.projects).toBe(1)
    await set(tenant.admin, {})
    expect((await create('two')).status).toBe(201)
  })

  it('are for admins', async () => {
    for (const path of ['', '/revisions', '/secrets', '/schema']) {
      expect((await acme.member(`GET /configuration${path}`)).status).toBe(403)
    }
    expect((await set(acme.member, {})).status).toBe(403)
  })
})

describe('secrets', () => {
  it('open with the key of their tenant, for their name, and for nobody after it is gone', async () => {
    const tenantKeyDirectory = await mkdtemp(join(tmpdir(), 'tenant-keys-'))
    const wrapping = randomBytes(32)
    const keyEncryptionKey = wrapping.toString('base64url')
    const service = await serviceOnFreshDatabase({ tenantKeyDirectory, keyEncryptionKey })
    const [acme, rival] = [await service.tenant('acme'), await service.tenant('rival')]
    const put = (tenant: TenantInService, value: string) =>
      tenant.admin('PUT /configuration/secrets', { body: { name: 'githubToken', value } })
    await put(acme, 'first')
    await put(acme, 'of acme')
    await put(rival, 'of rival')
    const roles = await connect(service.database.url, undefined, 2)
    const store = new TenantStore(new Placements(roles.registry.database), roles.tenants, () => [])
    const keys = new TenantKeys(tenantKeyDirectory, wrapping)
    const reveal = (tenant: TenantInService) =>
      new Secrets(keys).reveal(store, { tenantId: tenant.id }, 'githubToken')
    expect([await reveal(acme), await reveal(rival)]).toEqual(['of acme', 'of rival'])
    await service.database.pool.query('ALTER TABLE configuration_secrets DISABLE TRIGGER USER')
    await service.database.pool.query(
      'UPDATE configuration_secrets SET sealed = (SELECT sealed FROM configuration_secrets WHERE tenant_id = $1)',
      [rival.id],
    )
    await expect(reveal(acme)).rejects.toThrow(Tampered)
    await service.operator(`DELETE /operator/tenants/${rival.id}`)
    expect(await keys.has(acme.id)).toBe(true)
    await expect(new TenantKeys(tenantKeyDirectory, wrapping).has(rival.id)).resolves.toBe(false)
    await roles.close()
    await rm(tenantKeyDirectory, { recursive: true })
  })
})

describe('entity tags', () => {
  it('are of one tenant at one revision', async () => {
    const service = await serviceOnFreshDatabase()
    const [acme, rival] = [await service.tenant('acme'), await service.tenant('rival')]
    for (const path of ['/configuration', '/configuration/effective']) {
      const tag = await etagOf(acme.admin, path)
      expect(await etagOf(rival.admin, path)).not.toBe(tag)
      expect((await acme.admin(`GET ${path}`)).headers).toMatchObject({
        'cache-control': 'private, no-cache',
        vary: 'Authorization',
      })
    }
    const tag = await etagOf(acme.admin, '/configuration/effective')
    const ask = (ask: Ask) =>
      ask('GET /configuration/effective', { headers: { 'if-none-match': `W/${tag}` } })
    expect((await ask(acme.member)).status).toBe(304)
    expect((await ask(rival.member)).status).toBe(200)
    const body = { settings: named('Stolen') }
    const headers = { 'if-match': await etagOf(acme.admin) }
    expect((await rival.admin('PUT /configuration', { body, headers })).status).toBe(412)
    await set(acme.admin, named('New'))
    expect((await ask(acme.member)).status).toBe(200)
  })
})

describe('the cache', () => {
  const nameOf = async (ask: Ask) => (await ask('GET /configuration/effective')).json.branding.displayName

  it('of one instance hears what another one changed, and none mixes tenants', async () => {
    const redis = await testRedis()
    const one = await serviceOnFreshDatabase({ redisUrl: redis.url, operatorToken: 'operator' })
    const two = await one.second()
    const acme = await one.tenant('acme')
    const rival = await one.tenant('rival')
    const elsewhere = async (id: string) => {
      const { json } = await two.operator(`GET /operator/tenants/${id}`)
      return two.as(json.members[0].token)
    }
    const [acmeThere, rivalThere] = [await elsewhere(acme.id), await elsewhere(rival.id)]
    expect([await nameOf(acmeThere), await nameOf(rivalThere)]).toEqual(['', ''])
    for (const name of ['First', 'Second']) {
      await set(acme.admin, named(name))
      await expect.poll(() => nameOf(acmeThere)).toBe(name)
      expect(await nameOf(acme.member)).toBe(name)
      expect(await nameOf(rivalThere)).toBe('')
    }
  })

  it('may be lost: without Redis everything is read from the database', async () => {
    const redis = await testRedis()
    const service = await serviceOnFreshDatabase({ redisUrl: redis.url })
    const acme = await service.tenant('acme')
    await set(acme.admin, named('Before'))
    expect(await nameOf(acme.member)).toBe('Before')
    await redis.kill()
    expect((await set(acme.admin, named('After'))).status).toBe(200)
    expect(await nameOf(acme.member)).toBe('After')
  })
})

describe('feature flags', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await serviceOnFreshDatabase()
  })

  const flagOf = async (ask: Ask, name: string) =>
    (await ask('GET /features')).json.items.find(({ key }: { key: string }) => key === name)

  it('hold for a tenant and a role', async () => {
    const [acme, rival] = [await service.tenant('flagged'), await service.tenant('plain')]
    await set(acme.admin, { flags: { boardView: { enabled: true, roles: ['admin'] } } })
    expect(await flagOf(acme.admin, 'boardView')).toMatchObject({ enabled: true, reason: 'STATIC' })
    expect(await flagOf(acme.member, 'boardView')).toMatchObject({
      enabled: false,
      reason: 'TARGETING_MATCH',
    })
    expect(await flagOf(rival.admin, 'boardView')).toMatchObject({ enabled: false, reason: 'DISABLED' })
  })

  it('hold for a share of the people, each of whom sees the same every time', async () => {
    const acme = await service.tenant('shares')
    const shares = [0, 25, 50, 75, 100]
    const seen: boolean[] = []
    for (const percentage of shares) {
      await set(acme.admin, { flags: { boardView: { enabled: true, percentage } } })
      const twice = await Promise.all([flagOf(acme.admin, 'boardView'), flagOf(acme.admin, 'boardView')])
      expect(twice[0]).toEqual(twice[1])
      seen.push(twice[0].enabled)
    }
    expect([seen[0], seen.at(-1)]).toEqual([false, true])
    expect(seen).toEqual([...seen].sort((left, right) => Number(left) - Number(right)))
  })

  it('switch routes off', async () => {
    const acme = await service.tenant('nobulk')
    const bulk = () =>
      acme.admin('PATCH /tasks/bulk', { body: { ids: [randomUUID()], set: { status: 'done' } } })
    expect((await bulk()).status).not.toBe(403)
    await set(acme.admin, { flags: { bulkEdit: { enabled: false } } })
    expect((await bulk()).status).toBe(403)
  })
})

describe('the operator', () => {
  it('lists tenants by page, search and tier, with state and plan', async () => {
    const service = await serviceOnFreshDatabase()
    for (const slug of ['beta', 'alpha', 'gamma']) await service.tenant(slug)
    const first = await service.operator('GET /operator/tenants?limit=2')
    expect(first.json.items.map(({ slug }: { slug: string }) => slug)).toEqual(['alpha', 'beta'])
    expect(first.json.items[0]).toMatchObject({ name: 'Tenant', state: 'active', plan: 'team', tier: 'row' })
    const rest = await service.operator(`GET /operator/tenants?limit=2&cursor=${first.json.nextCursor}`)
    expect(rest.json).toMatchObject({ total: 3, nextCursor: null, items: [{ slug: 'gamma' }] })
    expect((await service.operator('GET /operator/tenants?search=AMM')).json.total).toBe(1)
    expect((await service.operator('GET /operator/tenants?tier=schema')).json.total).toBe(0)
    expect((await service.as()('GET /operator/tenants')).status).toBe(401)
  })

  it('changes a tenant’s configuration under the same rules, and nobody else’s', async () => {
    const service = await serviceOnFreshDatabase()
    const [acme, rival] = [await service.tenant('acme'), await service.tenant('rival')]
    const path = `/operator/tenants/${acme.id}/configuration`
    expect((await set(service.operator, named('Acme'), path)).status).toBe(200)
    expect((await set(service.operator, { limits: { projects: 5001 } }, path)).status).toBe(422)
    expect((await acme.admin('GET /configuration')).json.settings).toEqual(named('Acme'))
    expect((await acme.admin('GET /configuration/revisions')).json.items.at(-1).authorId).toBeNull()
    expect((await rival.admin('GET /configuration')).json.revision).toBe(1)
    const nobody = `/operator/tenants/${randomUUID()}/configuration`
    expect((await service.operator(`GET ${nobody}`)).status).toBe(404)
    expect((await acme.admin(`GET ${path}`)).status).toBe(401)
  })
})
