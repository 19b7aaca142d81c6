import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'

/** The same on every tier that a plan may choose. */
describe.each(['team', 'business', 'enterprise'] as const)('on the plan %s', (plan) => {
  let service: RunningService
  let acme: TenantInService
  let rival: TenantInService

  beforeAll(async () => {
    service = await serviceOnFreshDatabase({ plan })
    acme = await service.tenant('acme')
    rival = await service.tenant('rival')
  })

  /** A project with one task and one comment. */
  async function seed({ member }: TenantInService, slug: string) {
    const project = (await member('POST /projects', { body: { slug, name: `Project ${slug}` } })).json
    const task = (await member(`POST /projects/${project.id}/tasks`, { body: { title: 'Write' } })).json
    const comment = (await member(`POST /tasks/${task.id}/comments`, { body: { body: 'Why?' } })).json
    const label = (await member('PUT /labels', { body: { name: slug, color: 'red' } })).json
    return { project, task, comment, label }
  }

  describe('projects', () => {
    it('are made, read, changed and removed', async () => {
      const made = await acme.member('POST /projects', { body: { slug: 'web', name: 'Web' } })
      expect(made.status).toBe(201)
      expect(made.json).toMatchObject({ slug: 'web', name: 'Web', status: 'active', taskCount: 0 })
      const path = `/projects/${made.json.id}`
      expect((await acme.admin(`GET ${path}`)).json).toEqual(made.json)
      const changed = await acme.admin(`PATCH ${path}`, { body: { status: 'archived' } })
      expect(changed.json).toMatchObject({ name: 'Web', status: 'archived' })
      expect((await acme.admin(`DELETE ${path}`)).status).toBe(204)
      expect((await acme.admin(`GET ${path}`)).status).toBe(404)
    })

    it('may have the same slug in two tenants, not in one', async () => {
      const body = { slug: 'same', name: 'Same' }
      expect((await acme.member('POST /projects', { body })).status).toBe(201)
      expect((await rival.member('POST /projects', { body })).status).toBe(201)
      const again = await acme.member('POST /projects', { body })
      expect(again.status).toBe(409)
      expect(again.text).not.toMatch(/same|constraint|projects_/i)
    })
  })

  describe('tasks', () => {
    it('know their project and assignee', async () => {
      const { task, project } = await seed(acme, 'known')
      const assigned = await acme.member(`PATCH /tasks/${task.id}`, { body: { assigneeId: acme.adminId } })
      expect(assigned.json).toMatchObject({
        number: 1,
        projectId: project.id,
        projectName: 'Project known',
        assigneeName: 'Ada',
      })
      expect(
        (await acme.member(`PATCH /tasks/${task.id}`, { body: { assigneeId: null } })).json,
      ).toMatchObject({ assigneeId: null, assigneeName: null })
    })

    it('are numbered without gaps or duplicates when made at the same time', async () => {
      const { project } = await seed(acme, 'numbers')
      const made = await Promise.all(
        Array.from({ length: 20 }, () =>
          acme.member(`POST /projects/${project.id}/tasks`, { body: { title: 'One of many' } }),
        ),
      )
      const numbers = made.map(({ json }) => json.number).sort((one, other) => one - other)
      expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 2))
    })

    it('take a number of the project that they move to', async () => {
      const { task } = await seed(acme, 'origin')
      const { project } = await seed(acme, 'goal')
      const moved = await acme.member(`PATCH /tasks/${task.id}`, { body: { projectId: project.id } })
      expect(moved.json).toMatchObject({ number: 2, projectName: 'Project goal' })
    })

    it('change in bulk, all or none', async () => {
      const { project, task } = await seed(acme, 'bulk')
      const other = (await acme.member(`POST /projects/${project.id}/tasks`, { body: { title: 'Read' } }))
        .json
      const foreign = (await seed(rival, 'bulk')).task
      const both = await acme.member('PATCH /tasks/bulk', {
        body: { ids: [task.id, other.id], set: { status: 'done' } },
      })
      expect(both.json).toEqual({ changed: 2 })
      const answers = await Promise.all(
        [foreign.id, randomUUID()].map((id) =>
          acme.member('PATCH /tasks/bulk', { body: { ids: [task.id, id], set: { status: 'open' } } }),
        ),
      )
      expect(answers.map(({ status }) => status)).toEqual([404, 404])
      expect((await acme.member(`GET /tasks/${task.id}`)).json.status).toBe('done')
      expect((await rival.member(`GET /tasks/${foreign.id}`)).json.status).toBe('open')
    })
  })

  describe('comments and labels', () => {
    it('show who wrote them, and are changed by their author or an admin only', async () => {
      const { comment, task } = await seed(acme, 'talk')
      expect(comment).toMatchObject({ authorId: acme.memberId, authorName: 'Max', body: 'Why?' })
      const byAdmin = (await acme.admin(`POST /tasks/${task.id}/comments`, { body: { body: 'So.' } })).json
      const path = `/comments/${byAdmin.id}`
      expect((await acme.member(`PATCH ${path}`, { body: { body: 'No.' } })).status).toBe(403)
      expect(
        (await acme.admin(`PATCH /comments/${comment.id}`, { body: { body: 'Why not?' } })).json.body,
      ).toBe('Why not?')
      expect((await acme.member(`GET /tasks/${task.id}/comments`)).json).toMatchObject({ total: 2 })
      expect((await acme.member(`DELETE /comments/${comment.id}`)).status).toBe(204)
      expect((await acme.member(`GET /tasks/${task.id}/comments`)).json).toMatchObject({ total: 1 })
    })

    it('are coloured, not doubled, when put again; another tenant keeps its own', async () => {
      const put = (tenant: TenantInService, color: string) =>
        tenant.member('PUT /labels', { body: { name: 'urgent', color } })
      const first = await put(acme, 'red')
      const foreign = await put(rival, 'blue')
      const second = await put(acme, 'green')
      expect(second.json).toMatchObject({ id: first.json.id, color: 'green' })
      expect((await rival.member(`GET /labels/${foreign.json.id}`)).json.color).toBe('blue')
    })

    it('are attached to tasks and taken off', async () => {
      const { task, label } = await seed(acme, 'worn')
      const path = `/tasks/${task.id}/labels`
      expect((await acme.member(`PUT ${path}/${label.id}`)).status).toBe(204)
      expect((await acme.member(`PUT ${path}/${label.id}`)).status).toBe(204)
      expect((await acme.member(`GET ${path}`)).json.items).toEqual([label])
      expect((await acme.member(`GET /tasks?labelId=${label.id}`)).json).toMatchObject({
        total: 1,
        items: [{ id: task.id }],
      })
      expect((await acme.member(`DELETE ${path}/${label.id}`)).status).toBe(204)
      expect((await acme.member(`GET ${path}`)).json.items).toEqual([])
    })
  })

  describe('users', () => {
    it('join, change and leave; their words stay', async () => {
      const body = { name: 'Eve', email: 'eve@example.org', role: 'member' }
      const eve = (await acme.admin('POST /users', { body })).json
      expect(eve).toMatchObject({ ...body, title: null })
      expect((await acme.admin(`PATCH /users/${eve.id}`, { body: { title: 'Chief' } })).json.title).toBe(
        'Chief',
      )
      const { task } = await seed(acme, 'leaver')
      await acme.member(`PATCH /tasks/${task.id}`, { body: { assigneeId: eve.id } })
      expect((await acme.admin(`DELETE /users/${eve.id}`)).status).toBe(204)
      expect((await acme.admin(`GET /users/${eve.id}`)).status).toBe(404)
      expect((await acme.member(`GET /tasks/${task.id}`)).json.assigneeId).toBeNull()
    })

    it('are managed by admins, who cannot be dismissed by their tenant', async () => {
      expect((await acme.member(`DELETE /users/${acme.memberId}`)).status).toBe(403)
      expect((await acme.admin(`DELETE /users/${acme.adminId}`)).status).toBe(409)
    })
  })

  describe('search and reports', () => {
    it('find and count in the own tenant only', async () => {
      await seed(acme, 'needle')
      await seed(rival, 'needle')
      const hits = (await acme.member('GET /search?q=NEEDLE')).json.items
      expect(hits).toHaveLength(1)
      expect((await acme.member('GET /search?q=%25')).json.items).toEqual([])
      const report = (await rival.member('GET /reports/tasks')).json.items
      expect(report.filter(({ projectName }: { projectName: string }) => /needle/.test(projectName))).toEqual(
        [expect.objectContaining({ status: 'open', tasks: 1 })],
      )
    })
  })
})
