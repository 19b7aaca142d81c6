import { createHmac, timingSafeEqual } from 'node:crypto'
import type { LookupAddress } from 'node:dns'
import { describe, expect, it } from 'vitest'
import type { Resolver } from '../../fixtures/service/webhooks/sender.ts'
import { receiver, type Received } from '../support/receiver.ts'
import {
  arrange,
  serviceOnFreshDatabase,
  type RunningService,
  type TenantInService,
} from '../support/service.ts'

const patient = { timeout: 15_000, interval: 25 }

const telling = (options: Parameters<typeof serviceOnFreshDatabase>[0] = {}) =>
  serviceOnFreshDatabase({ workers: true, schedules: false, webhookLoopback: true, ...options })

async function register({ admin }: TenantInService, url: string, ...eventTypes: readonly string[]) {
  const { status, json } = await admin('POST /webhooks', { body: { url, eventTypes } })
  expect(status).toBe(201)
  return json as { readonly id: string; readonly secret: string }
}

/** Makes a task in a project of its own. */
async function makeTask({ admin }: TenantInService, slug = 'p'): Promise<{ id: string; projectId: string }> {
  const { json: project } = await admin('POST /projects', { body: { slug, name: 'P' } })
  const { status, json } = await admin(`POST /projects/${project.id}/tasks`, { body: { title: 'Task' } })
  expect(status).toBe(201)
  return json
}

const deliveriesOf = async ({ admin }: TenantInService, webhookId: string) =>
  (await admin(`GET /webhooks/${webhookId}/deliveries?limit=100`)).json.items

/** As if the time of the next attempt had come. */
const hasten = ({ database }: RunningService) =>
  database.pool.query('UPDATE graphile_worker._private_jobs SET run_at = now() WHERE locked_at IS NULL')

/** As a receiver verifies, by the specification: https://www.standardwebhooks.com */
function verify({ headers, body }: Received, secret: string): boolean {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const expected = createHmac('sha256', key).update(content).digest()
  return String(headers['webhook-signature'])
    .split(' ')
    .map((signature) => Buffer.from(signature.replace(/^v1,/, ''), 'base64'))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected))
}

describe.each(['team', 'business', 'enterprise'] as const)('a webhook on the plan %s', (plan) => {
  it('is told what happens in its tenant, signed, and nothing of another', async () => {
    const service = await telling({ plan })
    const [acme, rival] = [await service.tenant('acme'), await service.tenant('rival')]
    const [ours, theirs] = [await receiver(), await receiver()]
    const types = ['task.created', 'task.changed', 'task.deleted', 'comment.created', 'invoice.issued']
    const webhook = await register(acme, ours.url, ...types)
    const foreign = await register(rival, theirs.url, ...types)
    const task = await makeTask(acme)
    await acme.admin(`PATCH /tasks/${task.id}`, { body: { title: 'Other' } })
    const { json: comment } = await acme.member(`POST /tasks/${task.id}/comments`, {
      body: { body: 'Words' },
    })
    await acme.admin(`DELETE /tasks/${task.id}`)
    const lines = [{ description: 'Work', quantity: 1, unitCents: 100 }]
    const { json: invoice } = await acme.admin('POST /invoices', {
      body: { customer: 'C', currency: 'EUR', lines },
    })
    await acme.admin(`POST /invoices/${invoice.id}/issue`)
    await expect.poll(() => ours.received.length, patient).toBe(5)
    const told = ours.received.map(({ body }) => JSON.parse(body))
    const subject = { id: task.id, projectId: task.projectId, actorId: acme.adminId }
    expect(Object.fromEntries(told.map(({ type, data }) => [type, data]))).toEqual({
      'task.created': subject,
      'task.changed': subject,
      'task.deleted': subject,
      'comment.created': { ...subject, id: comment.id, actorId: acme.memberId },
      'invoice.issued': { id: invoice.id, projectId: null, actorId: acme.adminId },
    })
    for (const message of ours.received) {
      expect(verify(message, webhook.secret)).toBe(true)
      expect(verify(message, foreign.secret)).toBe(false)
      expect(verify({ ...message, body: `${message.body} ` }, webhook.secret)).toBe(false)
      expect(JSON.parse(message.body).tenantId).toBe(acme.id)
      const age = Date.now() / 1000 - Number(message.headers['webhook-timestamp'])
      expect(Math.abs(age)).toBeLessThan(60)
    }
    expect(new Set(ours.received.map(({ headers }) => headers['webhook-id'])).size).toBe(5)
    await expect
      .poll(async () => (await deliveriesOf(acme, webhook.id)).map((one: any) => one.state), patient)
      .toEqual(Array(5).fill('delivered'))
    expect((await deliveriesOf(acme, webhook.id))[0]).toMatchObject({ responseStatus: 204, attempts: 1 })
    expect(theirs.received).toEqual([])
    expect(await deliveriesOf(rival, foreign.id)).toEqual([])
  }, 30_000)

  it('is told nothing of what was rolled back, and nothing that it did not ask for', async () => {
    const service = await telling({ plan })
    const acme = await service.tenant('acme')
    const ours = await receiver()
    const webhook = await register(acme, ours.url, 'project.created', 'label.put')
    await service.operator(`PUT /operator/tenants/${acme.id}/quotas`, {
      body: { limits: { projects: 1 }, reason: 'test' },
    })
    await makeTask(acme)
    const refused = await acme.admin('POST /projects', { body: { slug: 'second', name: 'Second' } })
    expect(refused.status).toBe(403)
    expect((await acme.admin('PUT /labels', { body: { name: 'last', color: 'red' } })).status).toBeLessThan(
      300,
    )
    await expect.poll(() => ours.received.length, patient).toBe(2)
    expect(ours.received.map(({ body }) => JSON.parse(body).type).sort()).toEqual([
      'label.put',
      'project.created',
    ])
    expect(await deliveriesOf(acme, webhook.id)).toHaveLength(2)
  })
})

describe('webhooks', () => {
  it('are of their tenant, for whoever asks; their secrets are shown once', async () => {
    const service = await telling()
    const [acme, rival] = [await service.tenant('acme'), await service.tenant('rival')]
    const ours = await receiver()
    const { id, secret } = await register(rival, ours.url, 'task.created')
    await makeTask(rival)
    await expect.poll(() => ours.received.length, patient).toBe(1)
    await expect.poll(async () => (await deliveriesOf(rival, id))[0].state, patient).toBe('delivered')
    const [delivery] = await deliveriesOf(rival, id)
    const nobody = '00000000-0000-4000-8000-000000000000'
    const body = { enabled: false }
    for (const [request, options] of [
      ['GET /webhooks/:id', {}],
      ['PATCH /webhooks/:id', { body }],
      ['POST /webhooks/:id/secret', {}],
      ['GET /webhooks/:id/deliveries', {}],
      [`POST /webhooks/:id/deliveries/${delivery.id}/redeliver`, {}],
      ['DELETE /webhooks/:id', {}],
    ] as const) {
      const foreign = await acme.admin(request.replace(':id', id), options)
      const missing = await acme.admin(request.replace(':id', nobody), options)
      expect([request, foreign.status]).toEqual([request, 404])
      expect(foreign.text).toBe(missing.text)
    }
    const own = await register(acme, ours.url, 'task.created')
    const crossed = await acme.admin(`POST /webhooks/${own.id}/deliveries/${delivery.id}/redeliver`)
    expect(crossed.status).toBe(404)
    for (const answer of [await rival.admin('GET /webhooks'), await rival.admin(`GET /webhooks/${id}`)]) {
      expect(answer.text).not.toContain('secret')
      expect(answer.text).not.toContain(secret)
    }
    const { rows } = await service.database.pool.query('SELECT sealed_secret FROM webhooks')
    for (const { sealed_secret: sealed } of rows) {
      expect(Buffer.from(sealed as Buffer).includes(Buffer.from(secret.slice(6), 'base64'))).toBe(false)
    }
    expect((await acme.member('GET /webhooks')).status).toBe(403)
  })

  it('are made by people, and not by keys, which would outlast their end', async () => {
    const service = await telling()
    const acme = await service.tenant('acme')
    const { json: key } = await acme.admin('POST /api-keys', { body: { name: 'key' } })
    const asKey = service.as(key.secret ?? key.key ?? key.token)
    expect((await asKey('GET /webhooks')).status).toBe(200)
    const body = { url: 'https://example.com/hook', eventTypes: ['task.created'] }
    expect((await asKey('POST /webhooks', { body })).status).toBe(403)
  })

  it('are ten at most, one to an address', async () => {
    const service = await telling()
    const acme = await service.tenant('acme')
    const make = (path: string) =>
      acme.admin('POST /webhooks', {
        body: { url: `https://example.com/${path}`, eventTypes: ['task.created'] },
      })
    expect((await make('0')).status).toBe(201)
    expect((await make('0')).status).toBe(409)
    const answers = await Promise.all(Array.from({ length: 14 }, (_, index) => make(String(index + 1))))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(9)
    expect((await acme.admin('GET /webhooks?limit=100')).json.total).toBe(10)
  })

  it('are told again what did not arrive, under the same id, until it is given up', async () => {
    const service = await telling()
    const acme = await service.tenant('acme')
    const ours = await receiver()
    const { id } = await register(acme, ours.url, 'task.created')
    ours.answer(500)
    await makeTask(acme)
    await expect.poll(async () => (await deliveriesOf(acme, id))[0]?.attempts, patient).toBe(1)
    expect((await deliveriesOf(acme, id))[0]).toMatchObject({
      state: 'pending',
      responseStatus: 500,
      failure: 'was answered 500',
    })
    expect((await acme.admin(`GET /webhooks/${id}`)).json.failingSince).not.toBeNull()
    ours.answer(200)
    await expect
      .poll(async () => {
        await hasten(service)
        return (await deliveriesOf(acme, id))[0].state
      }, patient)
      .toBe('delivered')
    expect(ours.received).toHaveLength(2)
    expect(new Set(ours.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect((await acme.admin(`GET /webhooks/${id}`)).json.failingSince).toBeNull()
    ours.answer(503)
    await makeTask(acme, 'second')
    await expect
      .poll(
        async () => {
          await hasten(service)
          return (await deliveriesOf(acme, id)).filter(({ state }: any) => state === 'failed')
        },
        { timeout: 60_000, interval: 50 },
      )
      .toEqual([expect.objectContaining({ attempts: 12, responseStatus: 503 })])
    // What a tenant's endpoint does is nothing that the operator has to look at.
    expect((await service.operator('GET /operator/dead-letters')).json.items).toEqual([])
    const [given] = (await deliveriesOf(acme, id)).filter(({ state }: any) => state === 'failed')
    ours.answer(204)
    const before = ours.received.length
    expect((await acme.admin(`POST /webhooks/${id}/deliveries/${given.id}/redeliver`)).status).toBe(202)
    await expect.poll(() => ours.received.length, patient).toBe(before + 1)
    expect(ours.received.at(-1)!.headers['webhook-id']).toBe(given.eventId)
  }, 90_000)

  it('are disabled when nothing has arrived for too long, or when they say that they are gone', async () => {
    const service = await telling()
    const acme = await service.tenant('acme')
    const [silent, leaving] = [await receiver(), await receiver()]
    const { id } = await register(acme, silent.url, 'task.created')
    const { id: left } = await register(acme, leaving.url, 'project.created')
    silent.answer(500)
    leaving.answer(410)
    await makeTask(acme)
    await expect
      .poll(async () => (await acme.admin(`GET /webhooks/${left}`)).json, patient)
      .toMatchObject({ enabled: false, disabledFor: 'its endpoint said that it is gone' })
    await expect
      .poll(async () => (await acme.admin(`GET /webhooks/${id}`)).json.failingSince, patient)
      .not.toBeNull()
    expect((await acme.admin(`GET /webhooks/${id}`)).json.enabled).toBe(true)
    await arrange(service, acme.id, `UPDATE webhooks SET failing_since = now() - interval '6 days'`)
    await expect
      .poll(async () => {
        await hasten(service)
        return (await acme.admin(`GET /webhooks/${id}`)).json
      }, patient)
      .toMatchObject({ enabled: false, disabledFor: 'nothing has arrived for too long' })
    const { json: feed } = await acme.admin('GET /activity?kind=webhook.disabled')
    expect(feed.items.map(({ subjectId }: any) => subjectId).sort()).toEqual([id, left].sort())
    const before = silent.received.length
    await makeTask(acme, 'unheard')
    await hasten(service)
    await expect.poll(async () => (await service.jobs.queue.depth()).waiting, patient).toBe(0)
    expect(silent.received).toHaveLength(before)
    silent.answer(204)
    const enabled = await acme.admin(`PATCH /webhooks/${id}`, { body: { enabled: true } })
    expect(enabled.json).toMatchObject({ enabled: true, failingSince: null, disabledFor: null })
    await makeTask(acme, 'heard')
    await expect.poll(() => silent.received.length, patient).toBe(before + 1)
  }, 60_000)

  it('sign with the secret before for a day after it was replaced', async () => {
    const service = await telling()
    const acme = await service.tenant('acme')
    const ours = await receiver()
    const first = await register(acme, ours.url, 'project.created')
    const replaced = await acme.admin(`POST /webhooks/${first.id}/secret`)
    expect(replaced.json.secret).not.toBe(first.secret)
    await acme.admin('POST /projects', { body: { slug: 'one', name: 'One' } })
    await expect.poll(() => ours.received.length, patient).toBe(1)
    for (const { secret } of [first, replaced.json]) expect(verify(ours.received[0]!, secret)).toBe(true)
    await arrange(service, acme.id, `UPDATE webhooks SET previous_until = now()`)
    await acme.admin('POST /projects', { body: { slug: 'two', name: 'Two' } })
    await expect.poll(() => ours.received.length, patient).toBe(2)
    expect(verify(ours.received[1]!, first.secret)).toBe(false)
    expect(verify(ours.received[1]!, replaced.json.secret)).toBe(true)
  })

  it('hear nothing of a suspended tenant until it is served again', async () => {
    const service = await telling()
    const acme = await service.tenant('acme')
    const ours = await receiver()
    await register(acme, ours.url, 'tenant.renamed', 'data.imported')
    await service.operator(`POST /operator/tenants/${acme.id}/suspend`)
    await service.operator(`POST /operator/tenants/${acme.id}/import`, { body: { projects: [] } })
    await expect.poll(async () => (await service.jobs.queue.depth()).due, patient).toBe(0)
    expect(ours.received).toEqual([])
    await service.operator(`POST /operator/tenants/${acme.id}/resume`)
    await expect
      .poll(async () => {
        await hasten(service)
        return ours.received.length
      }, patient)
      .toBe(1)
    expect(JSON.parse(ours.received[0]!.body).data).toEqual({ id: null, projectId: null, actorId: null })
  })
})

describe('webhooks are not sent', () => {
  const closed = [
    'http://example.com/hook',
    'ftp://example.com/hook',
    'https://user:word@example.com/hook',
    'https://127.0.0.1/hook',
    'https://127.1/hook',
    'https://2130706433/hook',
    'https://0x7f000001/hook',
    'https://[::1]/hook',
    'https://[::ffff:127.0.0.1]/hook',
    'https://[64:ff9b::7f00:1]/hook',
    'https://[fd00:ec2::254]/hook',
    'https://10.0.0.1/hook',
    'https://169.254.169.254/latest/meta-data',
    'https://168.63.129.16/machine',
    'https://192.168.1.1./hook',
    'https://localhost/hook',
    'https://localhost./hook',
    'https://app.localhost/hook',
    'https://printer.local/hook',
    'https://vault.internal/hook',
    'https://db/hook',
    'not a url',
  ]

  it('to addresses that are not of the internet, however they are written', async () => {
    const service = await serviceOnFreshDatabase()
    const acme = await service.tenant('acme')
    const made = await register(acme, 'https://example.com/hook', 'task.created')
    for (const url of closed) {
      const { status } = await acme.admin('POST /webhooks', { body: { url, eventTypes: ['task.created'] } })
      expect([url, status]).toEqual([url, 400])
      const changed = await acme.admin(`PATCH /webhooks/${made.id}`, { body: { url } })
      expect([url, changed.status]).toEqual([url, 400])
    }
  })

  /** Leads names where a hostile zone would. */
  const zone =
    (names: Readonly<Record<string, readonly LookupAddress[]>>): Resolver =>
    (hostname, _options, callback) => {
      const addresses = names[hostname]
      if (addresses === undefined) callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), [])
      else callback(null, [...addresses])
    }

  it('to where a name leads inside, whatever else it leads to; and nobody learns which', async () => {
    const inside = await receiver()
    const names = {
      'loopback.example.com': [{ address: '127.0.0.1', family: 4 }],
      'mapped.example.com': [{ address: '::ffff:127.0.0.1', family: 6 }],
      'private.example.com': [{ address: '10.1.2.3', family: 4 }],
      'metadata.example.com': [{ address: '169.254.169.254', family: 4 }],
      'mixed.example.com': [
        { address: '93.184.216.34', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ],
      'empty.example.com': [],
    }
    const service = await serviceOnFreshDatabase({
      workers: true,
      schedules: false,
      webhookResolver: zone(names),
    })
    const acme = await service.tenant('acme')
    const hosts = [...Object.keys(names), 'unknown.example.com']
    const ids = []
    for (const host of hosts) {
      const url = `https://${host}:${inside.port}/hook`
      ids.push((await register(acme, url, 'task.created')).id)
    }
    await makeTask(acme)
    for (const id of ids) {
      await expect
        .poll(async () => (await deliveriesOf(acme, id))[0], patient)
        .toMatchObject({ attempts: 1, responseStatus: null, failure: 'could not be reached' })
    }
    expect(inside.received).toEqual([])
  }, 60_000)

  it('on to where a redirect leads', async () => {
    const service = await telling()
    const acme = await service.tenant('acme')
    const [outside, inside] = [await receiver(), await receiver()]
    outside.answer(307, inside.url)
    const { id } = await register(acme, outside.url, 'task.created')
    await makeTask(acme)
    await expect
      .poll(async () => (await deliveriesOf(acme, id))[0], patient)
      .toMatchObject({ responseStatus: 307, failure: 'was answered 307' })
    expect(inside.received).toEqual([])
  })
})
