import { beforeAll, describe, expect, it } from 'vitest'
import { serviceOnFreshDatabase, type RunningService } from '../support/service.ts'

let service: RunningService

beforeAll(async () => {
  service = await serviceOnFreshDatabase()
})

const members = [{ name: 'Ada', email: 'ada@example.org', role: 'admin' }]

describe('the operator', () => {
  it('is asked for its token', async () => {
    const body = { slug: 'acme', name: 'Acme', members }
    for (const token of [undefined, 'guess', (await service.tenant('other')).adminToken]) {
      expect((await service.as(token)('POST /operator/tenants', { body })).status).toBe(401)
    }
  })

  it('provisions a tenant once, however often it asks', async () => {
    const ask = (slug: string, key?: string) =>
      service.operator('POST /operator/tenants', {
        body: { slug, name: 'Once', members },
        ...(key !== undefined && { headers: { 'idempotency-key': key } }),
      })
    const first = await ask('once', 'request-1')
    const again = await ask('once', 'request-1')
    expect(again.json.id).toBe(first.json.id)
    expect(again.json.members).toHaveLength(1)
    expect((await ask('twice', 'request-1')).status).toBe(409)
    expect((await ask('once', 'request-2')).status).toBe(409)
    const simultaneous = await Promise.all([ask('both'), ask('both'), ask('both')])
    expect(simultaneous.map(({ status }) => status)).toEqual([201, 201, 201])
    expect(new Set(simultaneous.map(({ json }) => json.id)).size).toBe(1)
  })

  it('imports a tenant’s data in one transaction', async () => {
    const tenant = await service.tenant('imported')
    const path = `POST /operator/tenants/${tenant.id}/import`
    const tasks = [{ title: 'One', labels: ['unknown'] }, { title: 'Two' }]
    const projects = [{ slug: 'web', name: 'Web', tasks }]
    expect((await service.operator(path, { body: { projects } })).status).toBe(400)
    expect((await tenant.admin('GET /projects')).json.total).toBe(0)
    const imported = await service.operator(path, { body: { projects, labels: [{ name: 'unknown' }] } })
    expect(imported.json.projects[0].tasks.map(({ number }: { number: number }) => number)).toEqual([1, 2])
    const next = await tenant.admin(`POST /projects/${imported.json.projects[0].id}/tasks`, {
      body: { title: 'Three' },
    })
    expect(next.json.number).toBe(3)
  })

  it.each([
    ['team', {}],
    ['business', { flags: { boardView: { enabled: true } } }],
    ['enterprise', { security: { sessionMinutes: 240, idleMinutes: 30 } }],
  ] as const)('makes a tenant on the plan %s with a configuration to begin with', async (plan, own) => {
    const ask = (slug: string, settings: object) =>
      service.operator('POST /operator/tenants', { body: { slug, name: slug, plan, members, settings } })
    const branding = { displayName: plan }
    const { json } = await ask(`first-${plan}`, { branding })
    const admin = service.as(json.members[0].token)
    const configuration = (await admin('GET /configuration')).json
    expect(configuration).toMatchObject({ revision: 1, settings: { branding, ...own } })
    expect(configuration.effective.branding.locale).toBe('en')
    const { items } = (await admin('GET /configuration/revisions')).json
    expect(items).toEqual([expect.objectContaining({ comment: 'provisioned', authorId: null })])
    const refused = await ask(`never-${plan}`, { integrations: { slack: { enabled: true } } })
    expect(refused.status).toBe(422)
    expect((await ask(`never-${plan}`, {})).status).toBe(201)
  })

  it('removes a tenant with everything in it and nothing beside it', async () => {
    const gone = await service.tenant('gone')
    const stays = await service.tenant('stays')
    for (const { admin } of [gone, stays]) {
      const { json } = await admin('POST /projects', { body: { slug: 'web', name: 'Web' } })
      await admin(`POST /projects/${json.id}/tasks`, { body: { title: 'Task' } })
    }
    expect((await service.operator(`DELETE /operator/tenants/${gone.id}`)).status).toBe(204)
    expect((await gone.admin('GET /projects')).status).toBe(401)
    expect((await stays.admin('GET /tasks')).json.total).toBe(1)
    for (const table of ['memberships', 'projects', 'tasks', 'control.provisionings', 'control.placements']) {
      const { rows } = await service.database.pool.query(
        `SELECT count(*)::int AS left_over FROM ${table} WHERE tenant_id = $1`,
        [gone.id],
      )
      expect(rows).toEqual([{ left_over: 0 }])
    }
    expect((await service.operator(`DELETE /operator/tenants/${gone.id}`)).status).toBe(404)
  })
})
