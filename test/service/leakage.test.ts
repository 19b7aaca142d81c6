import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  serviceOnFreshDatabase,
  withoutLimits,
  type RunningService,
  type TenantInService,
} from '../support/service.ts'

/** The same on every tier that a plan may choose. */
describe.each(['team', 'business', 'enterprise'] as const)('on the plan %s', (plan) => {
  let service: RunningService
  let acme: TenantInService
  let rival: TenantInService
  /** Ids of the rival's, and of acme's own for the parameters that stand beside. */
  let foreign: Record<string, string>
  let own: Record<string, string>

  beforeAll(async () => {
    service = await serviceOnFreshDatabase({ plan })
    acme = await service.tenant('acme')
    rival = await service.tenant('rival')
    // How much is left differs from one answer to the next, whatever is asked.
    await withoutLimits(service, acme)
    own = await seed(acme)
    foreign = await seed(rival)
  })

  async function seed(tenant: TenantInService): Promise<Record<string, string>> {
    const project = await tenant.admin('POST /projects', { body: { slug: 'same', name: 'Secret' } })
    const projectId: string = project.json.id
    const task = await tenant.admin(`POST /projects/${projectId}/tasks`, { body: { title: 'Secret' } })
    const taskId: string = task.json.id
    const attachment = await tenant.admin(`POST /tasks/${taskId}/attachments?name=secret.json`, { body: {} })
    const webhook = await tenant.admin('POST /webhooks', {
      body: { url: 'https://hooks.example.org/secret', eventTypes: ['task.created'] },
    })
    await tenant.admin(`POST /projects/${projectId}/tasks`, { body: { title: 'Told' } })
    const [delivery, job] = await Promise.all(
      [`GET /webhooks/${webhook.json.id}/deliveries`, 'GET /jobs'].map(async (list) => {
        const { json } = await tenant.admin(list)
        return json.items[0]
      }),
    )
    const comment = await tenant.admin(`POST /tasks/${taskId}/comments`, { body: { body: 'Secret' } })
    const invoice = await tenant.admin('POST /invoices', {
      body: {
        customer: 'Secret',
        currency: 'EUR',
        lines: [{ description: 'Secret', quantity: 1, unitCents: 1 }],
      },
    })
    const key = await tenant.admin('POST /api-keys', { body: { name: 'secret' } })
    const invitation = await tenant.admin('POST /invitations', {
      body: { email: 'new@example.org', role: 'member' },
    })
    const label = await tenant.admin('PUT /labels', { body: { name: 'secret', color: 'red' } })
    await tenant.admin('PUT /configuration', {
      body: { settings: { branding: { displayName: 'Secret' } } },
      headers: { 'if-match': '*' },
    })
    const archive = await tenant.admin('POST /exports')
    const { json: revisions } = await tenant.admin('GET /configuration/revisions')
    return {
      revisionId: revisions.items[0].id,
      projectId,
      taskId,
      commentId: comment.json.id,
      attachmentId: attachment.json.id,
      webhookId: webhook.json.id,
      deliveryId: delivery.id,
      jobId: job.id,
      exportId: archive.json.id,
      invoiceId: invoice.json.id,
      labelId: label.json.id,
      apiKeyId: key.json.id,
      invitationId: invitation.json.id,
      userId: tenant.memberId,
      tenantId: tenant.id,
      assigneeId: tenant.memberId,
    }
  }

  const bodies: Record<string, Record<string, unknown>> = {
    changeProject: { name: 'Changed' },
    createTask: { title: 'New' },
    changeTask: { title: 'Changed' },
    createComment: { body: 'New' },
    changeComment: { body: 'Changed' },
    changeLabel: { color: 'green' },
    changeUser: { title: 'Changed' },
    restoreConfigurationRevision: {},
    attachToTask: {},
    linkAttachment: {},
    attachToComment: {},
    changeWebhook: { eventTypes: ['task.created'] },
  }
  const queries: Record<string, string> = {
    attachToTask: '?name=new.json',
    attachToComment: '?name=new.json',
    downloadByLink: '?proof=guessed',
    downloadArchiveByLink: '?proof=guessed',
  }

  interface Attack {
    readonly operation: string
    readonly parameter: string
    readonly request: (ids: Record<string, string>) => string
    readonly body: Record<string, unknown> | undefined
  }

  /** Every operation of the document with every id in its path. */
  async function attacks(): Promise<Attack[]> {
    const { json } = await service.as()('GET /openapi.json')
    return Object.entries<Record<string, { operationId: string }>>(json.paths)
      .filter(([path]) => !path.startsWith('/operator'))
      .flatMap(([path, methods]) =>
        Object.entries(methods).flatMap(([method, { operationId }]) =>
          [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => ({
            operation: operationId,
            parameter: parameter!,
            request: (ids: Record<string, string>) =>
              `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name]!)}${queries[operationId] ?? ''}`,
            body: bodies[operationId],
          })),
        ),
      )
  }

  describe('another tenant’s id', () => {
    it('is answered like one that never was, by every operation', async () => {
      const sent = await attacks()
      expect(sent.length).toBeGreaterThan(20)
      for (const { request, parameter, body, operation } of sent) {
        const options = body === undefined ? {} : { body }
        const [theirs, nobodys] = await Promise.all(
          [foreign[parameter]!, randomUUID()].map((id) =>
            acme.admin(request({ ...own, [parameter]: id }), options),
          ),
        )
        const comparable = ({ status, text, headers }: typeof theirs & {}) => {
          const { date: _, ...rest } = headers
          return { operation, status, text, headers: rest }
        }
        expect(comparable(theirs!)).toEqual(comparable(nobodys!))
        expect(theirs!.status, operation).toBe(404)
      }
    })

    it('in a body is answered like one that never was', async () => {
      const answers = await Promise.all(
        [foreign['userId']!, randomUUID()].flatMap((assigneeId) => [
          acme.admin(`PATCH /tasks/${own['taskId']}`, { body: { assigneeId } }),
          acme.admin('PATCH /tasks/bulk', { body: { ids: [own['taskId']], set: { assigneeId } } }),
        ]),
      )
      expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
      expect(answers[0]!.status).toBe(404)
    })

    it('as a filter finds nothing, as if it never was', async () => {
      for (const name of ['projectId', 'assigneeId', 'labelId']) {
        const answers = await Promise.all(
          [foreign[name]!, randomUUID()].map((id) => acme.admin(`GET /tasks?${name}=${id}`)),
        )
        expect(answers[0]!.json).toEqual({ items: [], total: 0, nextCursor: null })
        expect(answers[0]!.text).toBe(answers[1]!.text)
      }
    })
  })

  describe('errors', () => {
    it('are problem details that repeat nothing of the request', async () => {
      const { headers, json, text } = await acme.admin('POST /projects', {
        body: { slug: 'Not A Slug', name: 7, tenantId: rival.id },
      })
      expect(headers['content-type']).toMatch(/^application\/problem\+json/)
      expect(json).toMatchObject({ type: 'about:blank', title: 'Bad Request', status: 400 })
      expect(text).not.toContain('Not A Slug')
      expect(text).not.toContain(rival.id)
    })

    it.each([
      ['what PostgreSQL cannot store', { slug: 'nul', name: 'a\u0000b' }, 400],
      ['what is there already', { slug: 'same', name: 'Same' }, 409],
    ])('about %s name no constraint, column or value', async (_, body, status) => {
      const answer = await acme.admin('POST /projects', { body })
      expect(answer.status).toBe(status)
      expect(answer.text).not.toMatch(/same|projects|tenant|slug|key|constraint|utf|encoding|0x00/i)
    })

    it('that nobody foresaw say nothing at all', async () => {
      const broken = await serviceOnFreshDatabase()
      const tenant = await broken.tenant('broken')
      await broken.database.pool.query('ALTER TABLE labels RENAME TO gone')
      const { status, text } = await tenant.admin('GET /labels')
      expect(status).toBe(500)
      expect(JSON.parse(text)).toEqual({ type: 'about:blank', title: 'Internal Server Error', status: 500 })
    })

    it.each(['GET /projects/%ZZ', `GET /projects/${'a'.repeat(200)}`])(
      'about %s do not repeat it',
      async (path) => {
        const { json, headers } = await acme.admin(path)
        expect(headers['content-type']).toMatch(/^application\/problem\+json/)
        expect(Object.keys(json)).toEqual(['type', 'title', 'status'])
      },
    )

    it('for a path that is no route look like those for a thing that is not there', async () => {
      const missing = await acme.admin(`GET /projects/${randomUUID()}`)
      expect((await acme.admin('GET /nowhere')).text).toBe(missing.text)
    })
  })

  describe('methods', () => {
    it('OPTIONS depends on the route, not on what the path names', async () => {
      const answers = await Promise.all(
        [own['projectId']!, foreign['projectId']!, randomUUID(), 'noise'].map((id) =>
          acme.admin(`OPTIONS /projects/${id}`),
        ),
      )
      expect(new Set(answers.map(({ status, headers }) => `${status} ${String(headers['allow'])}`))).toEqual(
        new Set(['204 DELETE, GET, HEAD, OPTIONS, PATCH']),
      )
    })

    it('HEAD answers like GET, without the body', async () => {
      const statuses = await Promise.all(
        [own['projectId']!, foreign['projectId']!, randomUUID()].map(
          async (id) => (await acme.admin(`HEAD /projects/${id}`)).status,
        ),
      )
      expect(statuses).toEqual([200, 404, 404])
    })
  })
})
