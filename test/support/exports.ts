import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { openPool } from '../../harness/postgres/connection.ts'
import { attach } from './attachments.ts'
import { fill } from './recovery.ts'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from './service.ts'

/** A row of an archive. */
export interface Line {
  readonly relation: string
  readonly row: Readonly<Record<string, unknown>>
}

/** Words that stand for what must not leave. */
export const secretOf = ({ slug }: Pick<TenantInService, 'slug'>): string => `xoxb-of-${slug}`

/** Leaves a row of the tenant in every table of which something leaves, and credentials of every kind. */
export async function furnish(service: RunningService, tenant: TenantInService): Promise<void> {
  const [project] = await fill(tenant, service.operator)
  const task = project!.tasks[0]!.id
  expect((await attach(service, tenant, `tasks/${task}`, Buffer.from('bytes'))).status).toBe(201)
  const asked = [
    ['POST /invitations', { email: `guest@${tenant.slug}.example`, role: 'guest' }],
    ['POST /api-keys', { name: `key of ${tenant.slug}` }],
    ['PUT /configuration/secrets', { name: 'slackToken', value: secretOf(tenant) }],
    ['POST /webhooks', { url: `https://hooks.example.com/${tenant.slug}`, eventTypes: ['invoice.issued'] }],
  ] as const
  for (const [request, body] of asked) {
    const { status, text } = await tenant.admin(request, { body })
    expect(status, text).toBeLessThan(300)
  }
  const configured = await tenant.admin('PUT /configuration', {
    body: { settings: { branding: { displayName: `Shown by ${tenant.slug}` } }, comment: 'first' },
    headers: { 'if-match': '*' },
  })
  expect(configured.status, configured.text).toBeLessThan(300)
  const { json } = await tenant.admin('POST /invoices', {
    body: {
      customer: `Customer of ${tenant.slug}`,
      currency: 'EUR',
      lines: [{ description: 'Work', quantity: 1, unitCents: 100 }],
    },
  })
  expect((await tenant.admin(`POST /invoices/${json.id}/issue`)).status).toBeLessThan(300)
  const settled = await service.operator(`PUT /operator/tenants/${tenant.id}/quotas`, {
    body: { limits: { tasks: 5000 }, reason: `a friend of ${tenant.slug}` },
  })
  expect(settled.status, settled.text).toBe(200)
  const visit = await service.operator(`POST /operator/tenants/${tenant.id}/impersonations`, {
    body: { userId: tenant.memberId, operator: 'Olga', reason: 'asked to' },
  })
  expect(visit.status, visit.text).toBeLessThan(300)
}

/** Asks for an export. @returns its id, and the id of the job that is to write it */
export async function ask({ admin }: Pick<TenantInService, 'admin'>): Promise<{ id: string; job: string }> {
  const { status, json } = await admin('POST /exports')
  expect(status).toBe(202)
  const { items } = (await admin('GET /jobs?kind=exports.write&sort=-createdAt&limit=1')).json
  return { id: json.id, job: items[0].id }
}

/** One attempt at a job, on an instance that does none by itself. */
export async function attempt(
  { operator }: Pick<RunningService, 'operator'>,
  { id }: Pick<TenantInService, 'id'>,
  job: string,
) {
  const { status, json } = await operator(`POST /operator/tenants/${id}/jobs/${job}/run`)
  expect(status).toBe(200)
  return json
}

/** Has an export written. @returns what the tenant's admin sees of it */
export async function exported(service: RunningService, tenant: TenantInService) {
  const { id, job } = await ask(tenant)
  expect(await attempt(service, tenant, job)).toMatchObject({ state: 'succeeded', outcome: 'written' })
  return (await tenant.admin(`GET /exports/${id}`)).json
}

/** The lines of an archive, and how many rows it says that it has. */
export async function archiveOf({ admin }: Pick<TenantInService, 'admin'>, exportId: string) {
  const { status, text } = await admin(`GET /exports/${exportId}/archive`)
  expect(status).toBe(200)
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const { rows } = lines.pop() as { rows: Record<string, number> }
  return { text, lines: lines as Line[], rows }
}

/** Looks at a tenant's rows where they lie, as somebody whom nothing confines. */
export async function inPlace<Result>(
  { database }: Pick<RunningService, 'database'>,
  { id }: Pick<TenantInService, 'id'>,
  look: (query: (text: string, values?: unknown[]) => Promise<any[]>, schema: string) => Promise<Result>,
): Promise<Result> {
  const { rows } = await database.pool.query(
    'SELECT tier, location FROM control.placements WHERE tenant_id = $1',
    [id],
  )
  const [{ tier, location }] = rows as [{ tier: string; location: string }]
  const url = new URL(database.url)
  if (tier === 'database') url.pathname = `/${location}`
  const pool = openPool(url.href, 1)
  try {
    return await look(
      async (text, values) => (await pool.query(text, values)).rows,
      tier === 'schema' ? location : 'public',
    )
  } finally {
    await pool.end()
  }
}

/** All rows of a tenant in one table, as PostgreSQL writes them in JSON. */
export function rowsOf(
  service: Pick<RunningService, 'database'>,
  tenant: Pick<TenantInService, 'id'>,
  table: string,
): Promise<Record<string, unknown>[]> {
  return inPlace(service, tenant, async (query, schema) => {
    const condition =
      table === 'tenants'
        ? 't.id = $1'
        : table === 'users'
          ? `t.id IN (SELECT user_id FROM "${schema}".memberships WHERE tenant_id = $1)`
          : 't.tenant_id = $1'
    const rows = await query(`SELECT to_jsonb(t) AS row FROM "${schema}"."${table}" t WHERE ${condition}`, [
      tenant.id,
    ])
    return rows.map(({ row }) => row)
  })
}

const directories: string[] = []
afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true })
})

/** A service that does jobs when it is told to, and a look into its store of objects. */
export async function exporting(options: Parameters<typeof serviceOnFreshDatabase>[0] = {}) {
  const objectDirectory = await mkdtemp(join(tmpdir(), 'exports-'))
  directories.push(objectDirectory)
  const service = await serviceOnFreshDatabase({ objectDirectory, ...options })
  const archives = ({ id }: TenantInService) =>
    readdir(join(objectDirectory, id, 'exports')).catch((): string[] => [])
  return { ...service, objectDirectory, archives }
}
export type Exporting = Awaited<ReturnType<typeof exporting>>

/** As if its time had come. */
export const expire = (service: RunningService, tenant: TenantInService, exportId: string) =>
  inPlace(service, tenant, (query, schema) =>
    query(
      `BEGIN; SELECT set_config('app.tenant_id', '${tenant.id}', true);
       UPDATE "${schema}".exports SET expires_at = now() - interval '1 second' WHERE id = '${exportId}'; COMMIT`,
    ),
  )
