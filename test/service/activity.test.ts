import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ActivityKind } from '../../fixtures/service/activity/kinds.ts'
import {
  serviceOnFreshDatabase,
  withoutLimits,
  type Ask,
  type RunningService,
  type TenantInService,
} from '../support/service.ts'

interface Shown {
  readonly number: number
  readonly kind: ActivityKind
  readonly subjectId: string | null
  readonly projectId: string | null
  readonly actorId: string | null
}
type Expected = Omit<Shown, 'number'>

/** The whole feed, page by page. */
async function feed(ask: Ask, query = 'sort=number'): Promise<Shown[]> {
  const items: Shown[] = []
  let cursor = ''
  for (;;) {
    const { status, json } = await ask(`GET /activity?limit=7&${query}${cursor}`)
    expect(status).toBe(200)
    items.push(...json.items)
    if (json.nextCursor === null) return items
    cursor = `&cursor=${json.nextCursor}`
  }
}

const shape = ({ kind, subjectId, projectId, actorId }: Shown): Expected => ({
  kind,
  subjectId,
  projectId,
  actorId,
})

/** What a tenant has, and what its feed has to say. */
class Model {
  readonly projects: string[] = []
  readonly tasks: { id: string; projectId: string }[] = []
  readonly comments: { id: string; taskId: string; projectId: string }[] = []
  readonly labels: string[] = []
  readonly drafts: string[] = []
  readonly expected: Expected[] = []
  readonly tenant: TenantInService

  constructor(tenant: TenantInService) {
    this.tenant = tenant
  }

  expect(
    kind: ActivityKind,
    subjectId: string | null,
    projectId: string | null = null,
    actorId = this.tenant.memberId,
  ) {
    this.expected.push({ kind, subjectId, projectId, actorId })
  }
}

let serial = 0

/** Each does one thing to a tenant, or to a thing that is not the tenant's, and says what the feed will show. */
const operations: Readonly<Record<string, (model: Model, pick: number, other: Model) => Promise<void>>> = {
  async createProject(model) {
    const body = { slug: `p${(serial += 1)}`, name: 'Project' }
    const { json } = await model.tenant.member('POST /projects', { body })
    model.projects.push(json.id)
    model.expect('project.created', json.id, json.id)
  },
  async renameProject(model, pick) {
    const id = model.projects[pick % model.projects.length]
    if (id === undefined) return
    await model.tenant.member(`PATCH /projects/${id}`, { body: { name: 'Renamed' } })
    model.expect('project.changed', id, id)
  },
  async deleteProject(model, pick) {
    const [id] = model.projects.splice(pick % (model.projects.length || 1), 1)
    if (id === undefined) return
    await model.tenant.member(`DELETE /projects/${id}`)
    for (const list of [model.tasks, model.comments]) {
      const left = list.filter(({ projectId }) => projectId !== id)
      list.splice(0, list.length, ...(left as never[]))
    }
    model.expect('project.deleted', id, id)
  },
  async createTask(model, pick) {
    const projectId = model.projects[pick % model.projects.length]
    if (projectId === undefined) return
    const { json } = await model.tenant.member(`POST /projects/${projectId}/tasks`, {
      body: { title: 'Task' },
    })
    model.tasks.push({ id: json.id, projectId })
    model.expect('task.created', json.id, projectId)
  },
  async moveTask(model, pick) {
    const task = model.tasks[pick % model.tasks.length]
    const projectId = model.projects[pick % model.projects.length]
    if (task === undefined || projectId === undefined) return
    await model.tenant.member(`PATCH /tasks/${task.id}`, { body: { projectId } })
    task.projectId = projectId
    for (const comment of model.comments) {
      if (comment.taskId === task.id) Object.assign(comment, { projectId })
    }
    model.expect('task.changed', task.id, projectId)
  },
  async comment(model, pick) {
    const task = model.tasks[pick % model.tasks.length]
    if (task === undefined) return
    const { json } = await model.tenant.member(`POST /tasks/${task.id}/comments`, { body: { body: 'Words' } })
    model.comments.push({ id: json.id, taskId: task.id, projectId: task.projectId })
    model.expect('comment.created', json.id, task.projectId)
  },
  async deleteComment(model, pick) {
    const [comment] = model.comments.splice(pick % (model.comments.length || 1), 1)
    if (comment === undefined) return
    await model.tenant.member(`DELETE /comments/${comment.id}`)
    model.expect('comment.deleted', comment.id, comment.projectId)
  },
  async putLabel(model, pick) {
    const body = { name: `label ${pick % 3}`, color: 'red' }
    const { json } = await model.tenant.member('PUT /labels', { body })
    if (!model.labels.includes(json.id)) model.labels.push(json.id)
    model.expect('label.put', json.id)
  },
  async attachTwice(model, pick) {
    const task = model.tasks[pick % model.tasks.length]
    const label = model.labels[pick % model.labels.length]
    if (task === undefined || label === undefined) return
    await model.tenant.member(`DELETE /tasks/${task.id}/labels/${label}`).then(({ status }) => {
      if (status === 204) model.expect('task.unlabelled', task.id, task.projectId)
    })
    for (const _ of [1, 2]) await model.tenant.member(`PUT /tasks/${task.id}/labels/${label}`)
    model.expect('task.labelled', task.id, task.projectId)
  },
  async draftInvoice(model) {
    const lines = [{ description: 'Work', quantity: 1, unitCents: 1 }]
    const body = { customer: 'Customer', currency: 'EUR', lines }
    const { json } = await model.tenant.admin('POST /invoices', { body })
    model.drafts.push(json.id)
    model.expect('invoice.created', json.id, null, model.tenant.adminId)
  },
  async issueInvoiceTwice(model) {
    const id = model.drafts.pop()
    if (id === undefined) return
    for (const _ of [1, 2]) await model.tenant.admin(`POST /invoices/${id}/issue`)
    model.expect('invoice.issued', id, null, model.tenant.adminId)
  },
  async touchForeign(model, pick, other) {
    const task = other.tasks[pick % other.tasks.length]
    const project = other.projects[pick % other.projects.length]
    if (task === undefined || project === undefined) return
    const { member } = model.tenant
    expect((await member(`PATCH /tasks/${task.id}`, { body: { title: 'Mine' } })).status).toBe(404)
    expect((await member(`DELETE /tasks/${task.id}`)).status).toBe(404)
    expect((await member(`PATCH /projects/${project}`, { body: { name: 'Mine' } })).status).toBe(404)
  },
  async takeTheSameSlug(model) {
    const slug = `p${(serial += 1)}`
    const answers = await Promise.all(
      [1, 2].map(() => model.tenant.member('POST /projects', { body: { slug, name: 'Twice' } })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
    const { json } = answers.find(({ status }) => status === 201)!
    model.projects.push(json.id)
    model.expect('project.created', json.id, json.id)
  },
}

describe.each(['team', 'business', 'enterprise'] as const)('the feed, on the plan %s', (plan) => {
  let service: RunningService
  let acme: TenantInService
  let rival: TenantInService

  beforeAll(async () => {
    service = await serviceOnFreshDatabase({ plan })
    acme = await service.tenant('acme')
    rival = await service.tenant('rival')
    for (const tenant of [acme, rival]) await withoutLimits(service, tenant)
  })

  it('is what a model of two tenants at work says it is, numbered without gaps', async () => {
    const steps = fc.array(
      fc.record({
        tenant: fc.constantFrom(0, 1),
        name: fc.constantFrom(...Object.keys(operations)),
        pick: fc.nat({ max: 20 }),
      }),
      { minLength: 20, maxLength: 40 },
    )
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const models = [new Model(acme), new Model(rival)] as const
        const before = await Promise.all(models.map(({ tenant }) => feed(tenant.member)))
        for (const { tenant, name, pick } of sequence) {
          await operations[name]!(models[tenant]!, pick, models[1 - tenant]!)
        }
        for (const [index, { tenant, expected }] of models.entries()) {
          const shown = await feed(tenant.member)
          expect(shown.slice(before[index]!.length).map(shape)).toEqual(expected)
          const whole = await feed(tenant.admin)
          expect(whole.map(({ number }) => number)).toEqual(whole.map((_, at) => at + 1))
        }
      }),
      { numRuns: plan === 'team' ? 8 : 3 },
    )
  })

  it('keeps its numbers whole when twenty requests of two tenants write at once', async () => {
    const counts = await Promise.all([acme, rival].map(({ admin }) => feed(admin)))
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        [acme, rival].map(({ member }) =>
          member('PUT /labels', { body: { name: `at once ${index}`, color: 'red' } }),
        ),
      ).flat(),
    )
    for (const [index, { admin }] of [acme, rival].entries()) {
      const shown = await feed(admin)
      expect(shown).toHaveLength(counts[index]!.length + 10)
      expect(shown.map(({ number }) => number)).toEqual(shown.map((_, at) => at + 1))
    }
  })

  it('narrows to a project, an actor and a kind, and to nothing for a stranger’s', async () => {
    const { json: project } = await acme.admin('POST /projects', { body: { slug: 'filtered', name: 'F' } })
    await acme.member(`POST /projects/${project.id}/tasks`, { body: { title: 'Task' } })
    const ofProject = await feed(acme.member, `projectId=${project.id}`)
    expect(ofProject.map(({ kind }) => kind)).toEqual(['task.created', 'project.created'])
    const byMember = await feed(acme.member, `projectId=${project.id}&actorId=${acme.memberId}`)
    expect(byMember.map(({ kind }) => kind)).toEqual(['task.created'])
    expect(await feed(acme.member, `projectId=${project.id}&kind=task.deleted`)).toEqual([])
    expect(await feed(rival.admin, `projectId=${project.id}`)).toEqual([])
    expect(await feed(rival.admin, `actorId=${acme.memberId}`)).toEqual([])
    expect((await acme.member('GET /activity?kind=nonsense')).status).toBe(400)
  })

  it('shows each role what the role may read', async () => {
    const { json: key } = await acme.member('POST /api-keys', { body: { name: 'mine' } })
    const { json: hers } = await acme.admin('POST /api-keys', { body: { name: 'hers' } })
    await acme.admin('POST /invitations', { body: { email: 'new@example.org', role: 'guest' } })
    await acme.admin('PUT /configuration', {
      body: { settings: { branding: { displayName: 'Acme' } } },
      headers: { 'if-match': '*' },
    })
    const subjects = async (ask: Ask) =>
      (await feed(ask)).map(({ kind, subjectId }) => `${kind} ${subjectId}`)
    const [ofMember, ofAdmin] = [await subjects(acme.member), await subjects(acme.admin)]
    expect(ofMember).toContain(`apiKey.created ${key.id}`)
    expect(ofMember).not.toContain(`apiKey.created ${hers.id}`)
    expect(ofAdmin).toEqual(expect.arrayContaining([`apiKey.created ${key.id}`, `apiKey.created ${hers.id}`]))
    expect(ofMember.join(' ')).not.toMatch(/invitation|configuration|quotas|impersonation/)
    expect(ofAdmin.join(' ')).toMatch(/quotas\.settled.*invitation\.created.*configuration\.changed/)
  })

  it('takes no cursor of another tenant', async () => {
    const { nextCursor } = (await rival.member('GET /activity?limit=1')).json
    const foreign = await acme.member(`GET /activity?limit=1&cursor=${nextCursor}`)
    const noise = await acme.member('GET /activity?limit=1&cursor=noise')
    expect(foreign.status).toBe(400)
    expect(foreign.text).toBe(noise.text)
  })
})

describe('what is recorded', () => {
  it('was recorded by the transaction that did it, and nothing was done without', async () => {
    const service = await serviceOnFreshDatabase()
    const acme = await service.tenant('acme')
    await withoutLimits(service, acme)
    const models = [new Model(acme), new Model(await service.tenant('rival'))] as const
    const daily = ['createProject', 'createProject', ...Object.keys(operations)]
    for (const name of [...daily, ...daily]) {
      if (name !== 'deleteProject') await operations[name]!(models[0], 1, models[1])
    }
    await operations['deleteProject']!(models[0], 0, models[1])
    await everythingElse(service, acme)
    const { rows } = await service.database.pool.query(
      `
      SELECT transaction_id, array_agg(DISTINCT relation::text) AS relations FROM changes
      WHERE tenant_id = $1 GROUP BY transaction_id`,
      [acme.id],
    )
    // Bookkeeping, and the minute in which a key was last used.
    const silent = new Set(['api_keys', 'audit_records', 'quota_hours', 'quota_notices', 'quota_usage'])
    const relationsOf = rows.map((row) => row['relations'] as string[])
    const unrecorded = relationsOf.filter(
      (relations) => !relations.includes('activities') && relations.some((name) => !silent.has(name)),
    )
    expect(unrecorded).toEqual([])
    const recorded = new Set(relationsOf.filter((relations) => relations.includes('activities')).flat())
    expect([...recorded]).toEqual(
      expect.arrayContaining([
        'api_keys',
        'comments',
        'configuration_revisions',
        'configuration_secrets',
        'impersonations',
        'invitations',
        'invoices',
        'labels',
        'memberships',
        'projects',
        'quota_settlements',
        'task_labels',
        'tasks',
        'tenants',
      ]),
    )
  })

  it('holds no word that anybody wrote, and nobody who serves changes or removes it', async () => {
    const service = await serviceOnFreshDatabase()
    const { rows } = await service.database.pool.query(`
      SELECT column_name::text AS name, data_type::text AS type FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name = 'activities' ORDER BY ordinal_position`)
    const texts = rows.filter(({ type }) => /text|json|char/.test(String(type))).map(({ name }) => name)
    expect(texts).toEqual(['kind', 'actor_kind'])
    const { rows: rights } = await service.database.pool.query(`
      SELECT grantee::text, privilege_type::text AS may FROM information_schema.role_table_grants
      WHERE table_name = 'activities' AND grantee IN ('tracker_app', 'tracker_operator')`)
    expect([...new Set(rights.map(({ may }) => may))].sort()).toEqual(['INSERT', 'SELECT'])
  })
})

/** What tenants and the operator do besides the daily work. */
async function everythingElse(service: RunningService, tenant: TenantInService): Promise<void> {
  const { admin } = tenant
  const { operator } = service
  const at = `/operator/tenants/${tenant.id}`
  const member = { name: 'Eve', email: 'eve@example.org', role: 'member' }
  const { json: eve } = await admin('POST /users', { body: member })
  await admin(`PATCH /users/${eve.id}`, { body: { title: 'Guest' } })
  await operator(`POST ${at}/members/${eve.id}/revoke`)
  await admin(`DELETE /users/${eve.id}`)
  await admin('PATCH /tenant', { body: { name: 'Renamed' } })
  const { json: key } = await admin('POST /api-keys', { body: { name: 'key' } })
  await service.as(key.token)('GET /projects')
  await admin(`DELETE /api-keys/${key.id}`)
  const { json: invitation } = await admin('POST /invitations', {
    body: { email: 'x@example.org', role: 'guest' },
  })
  await admin(`DELETE /invitations/${invitation.id}`)
  const visit = { userId: tenant.adminId, operator: 'Olga', reason: 'ticket' }
  const { json: started } = await operator(`POST ${at}/impersonations`, { body: visit })
  await operator(`DELETE ${at}/impersonations/${started.id}`)
  const headers = { 'if-match': '*' }
  const settings = { branding: { displayName: 'Acme' } }
  const { json: revision } = await admin('PUT /configuration', { body: { settings }, headers })
  await admin(`POST /configuration/revisions/${revision.revisionId}/rollback`, { body: {}, headers })
  await admin('PUT /configuration/secrets', { body: { name: 'slackToken', value: 'secret' } })
  await operator(`POST ${at}/suspend`)
  await operator(`POST ${at}/resume`)
  await operator(`POST ${at}/import`, { body: { projects: [{ slug: 'imported', name: 'Imported' }] } })
}
