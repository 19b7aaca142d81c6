import { buildService, type Service } from '../../fixtures/service/service.ts'
import type { Plan } from '../../fixtures/service/isolation/plans.ts'
import type { TenantContext } from '../../fixtures/service/scoping/context.ts'
import { startPostgres } from '../../harness/postgres/server.ts'

export interface PopulatedTenant {
  readonly context: TenantContext
  readonly token: string
  readonly taskIds: readonly string[]
}

/** The reference service on a server of its own, with tenants in it. */
export interface Populated {
  readonly databaseUrl: string
  readonly service: Service
  readonly tenants: readonly PopulatedTenant[]
  readonly close: () => Promise<void>
}

export async function populated({
  tenants: count,
  tasks,
  plan = 'team',
  workers = true,
}: {
  readonly tenants: number
  readonly tasks: number
  readonly plan?: Plan
  /** Whether what comes round by the clock is done meanwhile: a first backup of every tenant, for one. */
  readonly workers?: boolean
}): Promise<Populated> {
  const server = await startPostgres()
  const { url: databaseUrl } = await server.createDatabase()
  const service = await buildService({ databaseUrl, workers })
  const tenants: PopulatedTenant[] = []
  for (let index = 0; index < count; index += 1) {
    tenants.push(await makeTenant(service, `bench-${index}`, tasks, plan))
  }
  const close = async () => {
    await service.app.close()
    await server.stop()
  }
  return { databaseUrl, service, tenants, close }
}

export async function makeTenant(
  { app, operatorToken }: Service,
  slug: string,
  tasks: number,
  plan: Plan,
): Promise<PopulatedTenant> {
  const ask = async (path: string, payload: object, method: 'POST' | 'PUT' = 'POST') => {
    const answer = await app.inject({
      method,
      url: path,
      headers: { authorization: `Bearer ${operatorToken}` },
      payload,
    })
    if (answer.statusCode >= 300)
      throw new Error(`${method} ${path} answered ${answer.statusCode}: ${answer.body}`)
    return answer.json()
  }
  const members = [{ name: 'Ada', email: `ada@${slug}.example`, role: 'admin' }]
  const tenant = await ask('/operator/tenants', { slug, name: slug, plan, members })
  // A bench is no customer.
  const settlement = { plan: 'unlimited', limits: {}, reason: 'bench' }
  await ask(`/operator/tenants/${tenant.id}/quotas`, settlement, 'PUT')
  const [{ userId, token }] = tenant.members
  const context = { tenantId: tenant.id, userId, role: 'admin' } as const
  if (tasks === 0) return { context, token, taskIds: [] }
  const imported = await ask(`/operator/tenants/${tenant.id}/import`, {
    projects: [
      {
        slug: 'bench',
        name: 'Bench',
        tasks: Array.from({ length: tasks }, (_, index) => ({ title: `Task ${index}` })),
      },
    ],
  })
  return { context, token, taskIds: imported.projects[0].tasks.map(({ id }: { id: string }) => id) }
}
