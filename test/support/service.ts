import { afterAll, onTestFinished, TestRunner } from 'vitest'
import type { Plan } from '../../fixtures/service/isolation/plans.ts'
import { buildService, type Service, type ServiceOptions } from '../../fixtures/service/service.ts'
import { migratedDatabase } from './migrated-database.ts'
import type { FreshDatabase } from './postgres.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  readonly json: any
}

export interface RequestOptions {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a request as one actor: `ask('GET /projects')`. */
export type Ask = (request: string, options?: RequestOptions) => Promise<Answer>

export interface RunningService extends Service {
  readonly database: FreshDatabase
  /** Whoever holds this token, nobody without one. */
  readonly as: (token?: string) => Ask
  readonly operator: Ask
  readonly tenant: (slug: string) => Promise<TenantInService>
  /** Another instance on the same database, with the same options. */
  readonly second: () => Promise<RunningService>
}

/** A tenant of the service with two people in it. */
export interface TenantInService {
  readonly id: string
  readonly slug: string
  readonly admin: Ask
  readonly member: Ask
  readonly adminId: string
  readonly memberId: string
  readonly adminToken: string
  readonly memberToken: string
}

const running: Service[] = []

afterAll(async () => {
  for (const service of running.splice(0)) await service.app.close()
})

/**
 * Closes a service when the test that started it ends, or with its file when a hook did. Each holds up to twenty connections of
 * the one server that all tests share.
 */
function closeInTime(service: Service): void {
  if (TestRunner.getCurrentTest() === undefined) running.push(service)
  else onTestFinished(() => service.app.close())
}

/** The reference service on a database of its own; its tenants are on the plan given. */
export async function serviceOnFreshDatabase({
  plan = 'team',
  ...options
}: Partial<ServiceOptions> & { readonly plan?: Plan } = {}): Promise<RunningService> {
  return serviceOn(await migratedDatabase(), plan, options)
}

/** The reference service on a database that is there. */
export async function serviceOn(
  database: FreshDatabase,
  plan: Plan = 'team',
  options: Partial<ServiceOptions> = {},
): Promise<RunningService> {
  const service = await buildService({
    databaseUrl: database.url,
    poolSize: 4,
    workers: false,
    ...options,
  })
  closeInTime(service)
  const as = asker(service)
  const operator = as(service.operatorToken)
  return {
    ...service,
    database,
    as,
    operator,
    tenant: (slug) => provision(slug, plan, operator, as),
    second: () => serviceOn(database, plan, options),
  }
}

/** Makes something of a tenant true that takes too long to come true by itself. The change log wants to know whose it is. */
export async function arrange(service: RunningService, tenantId: string, statement: string): Promise<void> {
  await service.database.pool.query(
    `BEGIN; SELECT set_config('app.tenant_id', '${tenantId}', true); ${statement}; COMMIT`,
  )
}

/** For tests whose traffic is no customer's: nothing is refused, and no answer tells what is left. */
export async function withoutLimits({ operator }: RunningService, { id }: TenantInService): Promise<void> {
  const body = { plan: 'unlimited', reason: 'test' }
  const { status, text } = await operator(`PUT /operator/tenants/${id}/quotas`, { body })
  if (status !== 200) throw new Error(`the limits were not lifted: ${text}`)
}

function asker({ app }: Service): (token?: string) => Ask {
  return (token) =>
    async (request, { body, headers } = {}) => {
      const [method, url] = request.split(' ') as ['GET', string]
      const answer = await app.inject({
        method,
        url,
        headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
        ...(body !== undefined && { payload: body as object }),
      })
      const text = answer.body
      const isJson = /\bjson/.test(String(answer.headers['content-type'])) && text !== ''
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text,
        json: isJson ? JSON.parse(text) : null,
      }
    }
}

async function provision(
  slug: string,
  plan: Plan,
  operator: Ask,
  as: (token?: string) => Ask,
): Promise<TenantInService> {
  const { json } = await operator('POST /operator/tenants', {
    body: {
      slug,
      plan,
      name: 'Tenant',
      members: [
        { name: 'Ada', email: 'ada@example.org', role: 'admin' },
        { name: 'Max', email: 'max@example.org', role: 'member' },
      ],
    },
  })
  const admin = json.members.find(({ role }: { role: string }) => role === 'admin')
  const member = json.members.find(({ role }: { role: string }) => role === 'member')
  return {
    id: json.id,
    slug,
    admin: as(admin.token),
    member: as(member.token),
    adminId: admin.userId,
    memberId: member.userId,
    adminToken: admin.token,
    memberToken: member.token,
  }
}
