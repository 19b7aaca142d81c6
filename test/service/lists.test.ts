import { beforeAll, describe, expect, it } from 'vitest'
import {
  serviceOnFreshDatabase,
  type Ask,
  type RunningService,
  type TenantInService,
} from '../support/service.ts'

/** The same on every tier that a plan may choose. */
describe.each(['team', 'business', 'enterprise'] as const)('on the plan %s', (plan) => {
  let service: RunningService
  let acme: TenantInService
  let rival: TenantInService

  beforeAll(async () => {
    service = await serviceOnFreshDatabase({ plan })
    acme = await service.tenant('acme')
    rival = await service.tenant('rival')
    for (const [tenant, tasks] of [
      [acme, 7],
      [rival, 4],
    ] as const) {
      const status = ['open', 'doing', 'done']
      await service.operator(`POST /operator/tenants/${tenant.id}/import`, {
        body: {
          projects: [
            {
              slug: 'same',
              name: 'Same',
              tasks: Array.from({ length: tasks }, (_, index) => ({
                title: `Task ${index % 3}`,
                status: status[index % 3],
              })),
            },
          ],
        },
      })
    }
  })

  async function walk(ask: Ask, list: string): Promise<{ ids: string[]; total: number }> {
    const ids: string[] = []
    let cursor = ''
    for (;;) {
      const { json } = await ask(`GET ${list}${cursor}`)
      ids.push(...json.items.map(({ id }: { id: string }) => id))
      if (json.nextCursor === null) return { ids, total: json.total }
      cursor = `&cursor=${json.nextCursor}`
    }
  }

  describe('lists', () => {
    it.each(['createdAt', '-createdAt', 'title', '-title', 'number', '-number', 'status'])(
      'sorted by %s show every own row once, page by page, and nobody else’s',
      async (sort) => {
        for (const [tenant, tasks] of [
          [acme, 7],
          [rival, 4],
        ] as const) {
          const { ids, total } = await walk(tenant.member, `/tasks?limit=2&sort=${sort}`)
          expect(new Set(ids).size).toBe(tasks)
          expect(ids).toHaveLength(tasks)
          expect(total).toBe(tasks)
        }
      },
    )

    it('count what the filter lets through', async () => {
      const { json } = await acme.member('GET /tasks?status=done&limit=1')
      expect(json).toMatchObject({ total: 2, items: [{ status: 'done' }] })
      expect((await acme.member('GET /projects')).json.items).toMatchObject([{ taskCount: 7 }])
    })

    it('take no cursor of another tenant, list or order, and treat it like noise', async () => {
      const { nextCursor } = (await rival.member('GET /tasks?limit=1')).json
      const foreign = await acme.member(`GET /tasks?limit=1&cursor=${nextCursor}`)
      const noise = await acme.member('GET /tasks?limit=1&cursor=noise')
      expect(foreign.status).toBe(400)
      expect(foreign.text).toBe(noise.text)
      const own = (await acme.member('GET /tasks?limit=1')).json.nextCursor
      expect((await acme.member(`GET /tasks?limit=1&sort=-title&cursor=${own}`)).status).toBe(400)
      expect((await acme.member(`GET /users?limit=1&cursor=${own}`)).status).toBe(400)
      expect((await acme.member(`GET /tasks?limit=1&cursor=${own}`)).status).toBe(200)
    })
  })
})
