import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc, test } from '@fast-check/vitest'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import { afterAll, describe, expect, it } from 'vitest'
import { Mask } from '../../fixtures/service/leakage/mask.ts'
import { AdmittingExporter } from '../../fixtures/service/operations/tracing/admitting-exporter.ts'
import { OtlpExporter } from '../../fixtures/service/operations/tracing/otlp.ts'
import { backUp, fill, recoveryPoint, restore } from '../support/recovery.ts'
import { serviceOnFreshDatabase } from '../support/service.ts'

/** A span as the protocol writes it. */
interface Sent {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[]
  readonly links: readonly { readonly traceId: string }[]
  readonly status: { readonly code: number }
}

const closing: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closing) await close()
})

/** Takes what an OpenTelemetry collector takes. */
async function collector() {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    expect(`${request.method} ${request.url} ${request.headers['content-type']}`).toBe(
      'POST /v1/traces application/json',
    )
    bodies.push(body)
    response.setHeader('content-type', 'application/json').end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => server.close())
  const { port } = server.address() as AddressInfo
  const spans = (): Sent[] =>
    bodies.flatMap((body) =>
      JSON.parse(body).resourceSpans.flatMap((resource: any) =>
        resource.scopeSpans.flatMap((scope: any) => scope.spans),
      ),
    )
  return { endpoint: `http://127.0.0.1:${port}`, text: () => bodies.join('\n'), spans }
}

const exporterTo = (endpoint: string): SpanExporter =>
  new OtlpExporter({ endpoint, serviceName: 'tracker', report: (error) => expect.unreachable(String(error)) })

const said = ({ attributes }: Sent) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

describe('a request', () => {
  it('is a tree of spans: what it asked of whom, below the route', async () => {
    const { endpoint, spans } = await collector()
    const service = await serviceOnFreshDatabase({ tracing: { exporter: exporterTo(endpoint) } })
    const { member } = await service.tenant('acme')
    expect((await member('POST /projects', { body: { slug: 'web', name: 'Web' } })).status).toBe(201)
    expect((await member(`GET /projects/${randomUUID()}`)).status).toBe(404)
    await service.app.close()

    const servers = spans().filter(({ kind }) => kind === 2)
    expect(servers.map(({ name }) => name)).toEqual([
      'POST /operator/tenants',
      'POST /projects',
      'GET /projects/:projectId',
    ])
    const [, made, missed] = servers as [Sent, Sent, Sent]
    expect(said(made)).toEqual({
      'http.request.method': 'POST',
      'http.route': '/projects',
      'http.response.status_code': '201',
      'tracker.tenant': expect.stringMatching(/^t-[0-9a-f]{16}$/),
    })
    expect(said(missed)['tracker.tenant']).toBe(said(made)['tracker.tenant'])
    expect(made.status.code).toBe(0)

    const tree = spans().filter(({ traceId }) => traceId === made.traceId)
    const byId = new Map(tree.map((span) => [span.spanId, span]))
    for (const span of tree) {
      if (span.spanId === made.spanId) continue
      expect(byId.has(span.parentSpanId!), span.name).toBe(true)
      const outer = byId.get(span.parentSpanId!)!
      expect(BigInt(span.startTimeUnixNano) >= BigInt(outer.startTimeUnixNano)).toBe(true)
      expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true)
    }
    const work = tree.filter(({ name }) => name === 'transaction')
    expect(work.map(said)).toContainEqual({
      'db.system.name': 'postgresql',
      'tracker.tier': 'row',
      'tracker.role': 'user',
    })
    const statements = tree.filter(({ name }) => name === 'statement')
    for (const { parentSpanId } of statements) expect(byId.get(parentSpanId!)!.name).toBe('transaction')
    expect(statements.map((span) => said(span)['db.query.summary'])).toEqual(
      expect.arrayContaining(['insert projects', 'insert quota_usage']),
    )
    expect(tree.filter(({ name }) => name === 'state run').map(said)).toContainEqual({
      'db.system.name': 'redis',
      'db.operation.name': 'run',
    })
  })

  it('that fails says so by kinds and codes', async () => {
    const { endpoint, spans } = await collector()
    const logs = { level: 'fatal', stream: { write: () => {} } }
    const service = await serviceOnFreshDatabase({ logs, tracing: { exporter: exporterTo(endpoint) } })
    const { admin } = await service.tenant('acme')
    await service.database.pool.query('ALTER TABLE labels RENAME TO gone')
    expect((await admin('GET /labels')).status).toBe(500)
    await service.app.close()
    const failed = spans().filter(({ status }) => status.code === 2)
    expect(failed.map(({ name }) => name).toSorted()).toEqual(['GET /labels', 'statement', 'transaction'])
    expect(failed.map((span) => said(span)['error.type'])).toEqual(
      expect.arrayContaining(['500', 'DatabaseError']),
    )
    expect(failed.map((span) => said(span)['db.response.status_code'])).toContain('42P01')
  })
})

describe('what is done beside requests', () => {
  it('is a trace of its own, which points to who asked for it', async () => {
    const { endpoint, spans } = await collector()
    const mailDirectory = await mkdtemp(join(tmpdir(), 'tracing-mail-'))
    closing.push(() => rm(mailDirectory, { recursive: true }))
    const service = await serviceOnFreshDatabase({
      mailDirectory,
      tracing: { exporter: exporterTo(endpoint) },
    })
    const tenant = await service.tenant('acme')
    await fill(tenant, service.operator)
    await backUp(service.operator, tenant)
    const point = await recoveryPoint(service.operator, tenant)
    await restore(service.operator, tenant, { point, mode: 'swap' })
    await tenant.admin('POST /invitations', { body: { email: 'max@example.net', role: 'member' } })
    await service.operator(`POST /operator/tenants/${tenant.id}/move`, { body: { tier: 'schema' } })
    await expect
      .poll(
        async () => (await service.operator(`GET /operator/tenants/${tenant.id}/moves`)).json.items[0].phase,
        { timeout: 60_000 },
      )
      .toBe('done')
    await service.app.close()

    const all = spans()
    const traces = new Map(all.map((span) => [span.spanId, span]))
    const phases = (name: string) =>
      all.filter((span) => span.name === name).map((span) => said(span)['tracker.phase'])
    expect(phases('restore')).toEqual(['loading', 'replaying', 'applying', 'cleaning'])
    expect(phases('move')).toEqual(['preparing', 'copying', 'following', 'fencing', 'cleaning'])
    for (const name of ['backup', 'restore', 'move', 'mail']) {
      const [first] = all.filter((span) => span.name === name)
      expect(first, name).toBeDefined()
      expect(first!.parentSpanId, name).toBeUndefined()
      const asked = all.find(({ kind, traceId }) => kind === 2 && traceId === first!.links[0]?.traceId)
      expect(asked?.name, name).toMatch(/^POST /)
    }
    const carried = all.filter(
      ({ name, parentSpanId }) => name === 'transaction' && traces.get(parentSpanId!)?.name === 'move',
    )
    expect(carried.length).toBeGreaterThan(3)
    for (const span of carried) expect(said(span)['tracker.role']).toBe('service')
  }, 120_000)
})

describe('the traces of a hostile session', () => {
  it.each(['team', 'business', 'enterprise'] as const)(
    'on the plan %s name nobody and nothing',
    async (plan) => {
      const { endpoint, text, spans } = await collector()
      const mailDirectory = await mkdtemp(join(tmpdir(), 'tracing-mail-'))
      closing.push(() => rm(mailDirectory, { recursive: true }))
      const logs = { level: 'fatal', stream: { write: () => {} } }
      const tracing = { exporter: exporterTo(endpoint), trustsParents: true }
      const service = await serviceOnFreshDatabase({ plan, logs, mailDirectory, tracing })
      const canary = `canary${randomUUID().replaceAll('-', '')}`
      const slug = `acme-${canary.slice(0, 20)}`
      const acme = await service.tenant(slug)
      const rival = await service.tenant('rival')
      const project = await acme.admin('POST /projects', { body: { slug: 'same', name: canary } })
      const parent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`
      for (const request of [
        `GET /search?q=${canary}`,
        `GET /projects/${project.json.id}?${canary}=1`,
        `GET /projects/${rival.id}`,
        `GET /projects/%ZZ${canary}`,
        `GET /${canary}`,
        `GET /${rival.id}/ada@example.org`,
        `GET /tasks?cursor=${canary}`,
        `GET /tenants/${rival.id}/projects`,
        `GET /operator/tenants/${rival.id}`,
      ]) {
        const headers = {
          'x-tenant': rival.id,
          traceparent: parent,
          tracestate: `${canary}=${rival.id}`,
          baggage: canary,
        }
        await acme.admin(request, { headers })
        await acme.admin(request, { headers: { traceparent: `${parent}-${canary}` } })
        await service.as(`${acme.adminToken}${canary}`)(request)
        await service.operator(request)
      }
      await acme.admin('POST /projects', { body: { slug: 'same', name: canary } })
      await acme.admin('POST /projects', { body: { slug: 'nul', name: `${canary}\u0000` } })
      await acme.admin('POST /projects', { body: { [canary]: canary } })
      await acme.admin('POST /invitations', { body: { email: `${canary}@example.net`, role: 'member' } })
      await service.as()('POST /sign-in', { body: { email: `${canary}@example.net` } })
      await backUp(service.operator, acme)
      await service.operator(`DELETE /operator/tenants/${rival.id}`)
      await service.app.close()

      expect(spans().length).toBeGreaterThan(100)
      const secrets = [acme.id, rival.id, acme.adminId, acme.memberId, project.json.id as string]
      const all = [
        canary,
        slug,
        acme.adminToken,
        service.operatorToken,
        'example.org',
        'example.net',
        'Bearer',
        '$1',
      ]
      for (const secret of [...secrets, ...secrets.map((id) => id.replaceAll('-', '')), ...all]) {
        expect(text()).not.toContain(secret)
      }
      expect(text()).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i)
      expect(text()).not.toMatch(/[^\s"]@[^\s"]/)
    },
  )
})

describe('a caller’s trace', () => {
  const traceId = 'ab'.repeat(16)
  const spanId = 'cd'.repeat(8)

  async function tracesOf(trustsParents: boolean, headers: Record<string, string>): Promise<Sent[]> {
    const { endpoint, spans } = await collector()
    const service = await serviceOnFreshDatabase({
      tracing: { exporter: exporterTo(endpoint), trustsParents },
    })
    await service.as()('GET /health/live', { headers })
    await service.app.close()
    return spans()
  }

  it('is continued where its header is trusted', async () => {
    const [span] = await tracesOf(true, { traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'a=b' })
    expect(span).toMatchObject({ traceId, parentSpanId: spanId, name: 'GET /health/live' })
  })

  it('that is not to be recorded is not', async () => {
    expect(await tracesOf(true, { traceparent: `00-${traceId}-${spanId}-00` })).toEqual([])
  })

  it('is ignored where it is not trusted', async () => {
    const [span] = await tracesOf(false, { traceparent: `00-${traceId}-${spanId}-00` })
    expect(span!.traceId).not.toBe(traceId)
    expect(span).not.toHaveProperty('parentSpanId')
  })

  it.each([
    ['of another form', `01-${traceId}-${spanId}-01`],
    ['of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['with more behind it', `00-${traceId}-${spanId}-01-more`],
    ['twice', `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
  ])('%s is ignored', async (_, traceparent) => {
    const [span] = await tracesOf(true, { traceparent })
    expect(span!.traceId).not.toBe(traceId)
  })
})

describe('the recording', () => {
  it('takes the share that it is told', async () => {
    const { endpoint, spans } = await collector()
    const service = await serviceOnFreshDatabase({ tracing: { exporter: exporterTo(endpoint), share: 0 } })
    await service.tenant('acme')
    await service.app.close()
    expect(spans()).toEqual([])
  })

  it('names its traces in the lines of the log', async () => {
    const { endpoint, spans } = await collector()
    const lines: string[] = []
    const logs = { level: 'error', stream: { write: (line: string) => void lines.push(line) } }
    const service = await serviceOnFreshDatabase({ logs, tracing: { exporter: exporterTo(endpoint) } })
    const { admin } = await service.tenant('acme')
    await service.database.pool.query('ALTER TABLE labels RENAME TO gone')
    await admin('GET /labels')
    await service.app.close()
    const failed = spans().find(({ name }) => name === 'GET /labels')
    expect(lines.map((line) => JSON.parse(line).trace)).toContain(failed!.traceId)
  })

  it('is no business of the requests: a collector that is away costs them nothing', async () => {
    const reports: unknown[] = []
    const exporter = new OtlpExporter({
      endpoint: 'http://127.0.0.1:1',
      serviceName: 'tracker',
      report: (error) => void reports.push(error),
    })
    const service = await serviceOnFreshDatabase({ tracing: { exporter } })
    const { member } = await service.tenant('acme')
    expect((await member('GET /projects')).status).toBe(200)
    await service.app.close()
    expect(reports).toHaveLength(1)
  })
})

describe('the way out', () => {
  const mask = new Mask(new Uint8Array(32))
  const names = fc.constantFrom(
    'http.route',
    'error.type',
    'db.query.summary',
    'tracker.tenant',
    'tracker.phase',
    'db.operation.name',
    'db.response.status_code',
    'http.request.method',
  )
  const values = fc.oneof(
    fc.uuid(),
    fc.uuid().map((id) => id.replaceAll('-', '')),
    fc.uuid().map((id) => `/tasks/${id}`),
    fc.uuid().map((id) => `select tenant_${id.replaceAll('-', '')}_1.tasks`),
    fc.emailAddress(),
    fc.constantFrom(`select * from tasks where title = 'secret'`, 'DROP TABLE tasks', 'ada', '{"a":1}'),
  )

  test.prop([fc.dictionary(fc.oneof(names, fc.string()), values)])(
    'lets nothing pass that names somebody, whatever is put into a span',
    (attributes) => {
      const out: ReadableSpan[] = []
      const exporter = new AdmittingExporter(
        { export: (spans, done) => (out.push(...spans), done({ code: 0 })), shutdown: async () => {} },
        mask,
      )
      const context = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 1 }
      const secret = { message: JSON.stringify(attributes) }
      const span = {
        name: Object.values(attributes)[0] ?? 'span',
        kind: 0,
        spanContext: () => context,
        status: { code: 2, ...secret },
        attributes,
        links: [{ context, attributes }],
        events: [{ name: secret.message, attributes, time: [0, 0] }],
      } as unknown as ReadableSpan
      exporter.export([span], () => {})
      const [{ name, attributes: left, events, links, status }] = out as [ReadableSpan]
      expect([events, links, status]).toEqual([[], [{ context }], { code: 2 }])
      expect(mask.text(name)).toBe(name)
      for (const value of Object.values(left)) {
        expect(String(value)).not.toMatch(/[0-9a-f]{32}|-[0-9a-f]{12}|@|'|\*|secret|DROP|{/)
      }
    },
  )
})
