/**
 * jholland-systems/postgres-rls-multi-tenant (Express, Kysely, row-level security), unchanged. Clone it, `npm ci` in it, then
 * `WATERTIGHT_CORPUS=<folder of the clone> npm run watertight -- fuzz bench/targets/express-rls.watertight.target.ts`.
 * Its tenant routes answer 500 (`SET LOCAL … = $1` does not parse), so a campaign cannot cover them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { defineTarget } from '../../harness/index.ts'
import { call, clone, json, startNode } from './clone.ts'

const directory = clone('jholland-systems/postgres-rls-multi-tenant')
const text = { type: 'string', minLength: 1, maxLength: 60 }
const crud = (type: string, properties: Record<string, unknown>, required: string[]) => [
  call(`list-${type}`, `GET /api/${type}s`),
  call(`create-${type}`, `POST /api/${type}s`, properties, required),
  call(`get-${type}`, `GET /api/${type}s/{${type}Id}`),
  call(`update-${type}`, `PATCH /api/${type}s/{${type}Id}`, properties),
  call(`delete-${type}`, `DELETE /api/${type}s/{${type}Id}`),
]

/** The service's own migrations: plain SQL files, in name order. */
async function migrate(databaseUrl: string): Promise<void> {
  const client = new pg.Client(databaseUrl)
  await client.connect()
  const folder = join(directory, 'src/database/migrations')
  for (const file of readdirSync(folder).sort()) await client.query(readFileSync(join(folder, file), 'utf8'))
  await client.end()
}

export default defineTarget({
  name: 'express-rls',
  directory,
  database: { managed: true, tenancy: 'express-rls.tenancy.json' },
  start: async ({ directory, databaseUrl, fresh, signal, log }) => {
    if (fresh) await migrate(databaseUrl!)
    const environment = { DATABASE_URL: databaseUrl!, LOG_LEVEL: 'fatal', LOG_PRETTY: 'false' }
    return startNode({
      directory,
      environment,
      migrate: null,
      main: 'src/server.ts',
      nodeArguments: ['--import', 'tsx'],
      health: '/health',
      signal,
      log,
    })
  },
  provision: async (seed, { baseUrl }) => {
    const { tenant } = await json('POST', `${baseUrl}/api/tenants`, {
      name: `Tenant ${seed.canary('tenant')}`,
      slug: seed.slug,
    })
    return {
      id: tenant.id,
      actors: [{ name: 'member', role: 'member', credentials: { tenant: tenant.id } }],
      resources: [{ type: 'tenant', id: tenant.id }],
    }
  },
  authenticate: async (actor) => ({ headers: { 'x-tenant-id': String(actor.credentials.tenant) } }),
  operations: [
    ...crud('project', { name: text, description: text }, ['name']),
    ...crud('task', { project_id: { type: 'string', format: 'uuid' }, title: text }, ['project_id', 'title']),
    ...crud('user', { email: { type: 'string', format: 'email' }, name: text }, ['email', 'name']),
    { id: 'health', method: 'GET', path: '/health', access: 'public', reason: 'liveness' },
  ],
  // `/api/tenants` is the platform's own administration, without authentication by the author's design.
})
