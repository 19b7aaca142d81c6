import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openConnections, openOwnerSession } from '../../fixtures/service/database.ts'
import { migrate } from '../../fixtures/service/isolation/migrate.ts'
import { appRole, operatorRole, roleUrl } from '../../fixtures/service/isolation/roles.ts'
import { buildService } from '../../fixtures/service/service.ts'
import { openPool } from '../../harness/postgres/connection.ts'
import { freshDatabase } from '../support/postgres.ts'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'

const owned = ['tenants', 'users', 'memberships', 'projects', 'tasks', 'comments', 'labels', 'task_labels']
const migrations = resolve(import.meta.dirname, '../../fixtures/service/migrations')

let service: RunningService
let tenants: TenantInService[]

beforeAll(async () => {
  service = await serviceOnFreshDatabase()
  tenants = [await service.tenant('acme'), await service.tenant('rival')]
  for (const { id, adminId } of tenants) {
    const task = { title: 'Task', labels: ['bug'], comments: [{ author: adminId, body: 'Words' }] }
    await service.operator(`POST /operator/tenants/${id}/import`, {
      body: {
        labels: [{ name: 'bug' }],
        projects: [{ slug: 'same', name: 'Same', tasks: [task] }],
      },
    })
  }
})

/** Rows of every owned table that a role sees with queries that filter nothing. */
async function visible(role: string, tenantId: string | null): Promise<Record<string, number>> {
  const pool = openPool(roleUrl(service.database.url, role), 1)
  try {
    if (tenantId !== null) await pool.query(`SELECT set_config('app.tenant_id', $1, false)`, [tenantId])
    const counts = owned.map(async (table) => {
      const { rows } = await pool.query(`SELECT count(*)::int AS rows FROM ${table}`)
      return [table, Number(rows[0]!['rows'])] as const
    })
    return Object.fromEntries(await Promise.all(counts))
  } finally {
    await pool.end()
  }
}

describe('row-level security', () => {
  it.each([appRole, operatorRole])('confines queries of %s that forget their filter', async (role) => {
    for (const { id } of tenants) {
      expect(await visible(role, id)).toEqual({
        tenants: 1,
        users: 2,
        memberships: 2,
        projects: 1,
        tasks: 1,
        comments: 1,
        labels: 1,
        task_labels: 1,
      })
    }
  })

  it.each([null, ''])('shows nothing to a session whose tenant is %j', async (tenantId) => {
    expect(Object.values(await visible(appRole, tenantId)).every((rows) => rows === 0)).toBe(true)
  })

  it('lets no row into another tenant, neither new nor moved', async () => {
    const pool = openPool(roleUrl(service.database.url, appRole), 1)
    const [own, foreign] = tenants as [TenantInService, TenantInService]
    await pool.query(`SELECT set_config('app.tenant_id', $1, false)`, [own.id])
    const intrusions = [
      `INSERT INTO labels (tenant_id, name) VALUES ('${foreign.id}', 'planted')`,
      `UPDATE labels SET tenant_id = '${foreign.id}'`,
      `INSERT INTO users (id, email, name) VALUES (gen_random_uuid(), 'x@example.org', 'X')`,
    ]
    for (const intrusion of intrusions) {
      await expect(pool.query(intrusion)).rejects.toThrow(/row-level security/)
    }
    await pool.end()
  })

  it('is not needed by the foreign keys: none crosses, even for the superuser', async () => {
    const [own, foreign] = tenants as [TenantInService, TenantInService]
    const crossing = `UPDATE tasks SET assignee_id = $1 WHERE tenant_id = $2`
    await expect(service.database.pool.query(crossing, [own.adminId, foreign.id])).rejects.toThrow(
      /foreign key/,
    )
  })
})

it('every table of the tenant plane is confined, logged, and carried with its tenant', async () => {
  const { rows } = await service.database.pool.query(`
    SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS confined,
      has_table_privilege('tracker_mover', c.oid, 'SELECT') AND has_table_privilege('tracker_mover', c.oid, 'INSERT')
        AND has_table_privilege('tracker_mover', c.oid, 'UPDATE')
        AND has_table_privilege('tracker_mover', c.oid, 'DELETE') AS carried,
      array(SELECT tgname::text FROM pg_trigger WHERE tgrelid = c.oid AND tgname LIKE 'log%' ORDER BY tgname) AS logs
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'schema_migrations'`)
  expect(rows.length).toBeGreaterThan(8)
  for (const { name, ...held } of rows) {
    const logs = name === 'changes' ? [] : ['log_delete', 'log_insert', 'log_update']
    expect({ name, ...held }).toEqual({ name, confined: true, carried: true, logs })
  }
})

describe('roles', () => {
  it('the service refuses to work as one that row-level security does not confine', async () => {
    const { url, pool } = await freshDatabase()
    await expect(buildService({ databaseUrl: url, appDatabaseUrl: url })).rejects.toThrow(/is a superuser/)
    const name = `bypass_${new URL(url).pathname.slice(1)}`
    await pool.query(`CREATE ROLE ${name} LOGIN BYPASSRLS PASSWORD 'bypass'`)
    try {
      const bypass = Object.assign(new URL(url), { username: name, password: 'bypass' }).href
      const started = buildService({ databaseUrl: url, appDatabaseUrl: bypass })
      await expect(started).rejects.toThrow(/bypasses row-level security/)
      await pool.query(`ALTER ROLE ${name} NOBYPASSRLS; GRANT tracker_owner TO ${name}`)
      const owner = buildService({ databaseUrl: url, appDatabaseUrl: bypass })
      await expect(owner).rejects.toThrow(/owns tables/)
    } finally {
      await pool.query(`DROP ROLE ${name}`)
    }
  })

  it('of tenants cannot read the operator’s journal', async () => {
    const { database, close } = openConnections(roleUrl(service.database.url, appRole), 1)
    await expect(database.selectFrom('control.provisionings').selectAll().execute()).rejects.toThrow(
      /permission denied/,
    )
    await close()
  })
})

describe('migrations', () => {
  it('run at the same time in several databases of one server, and twice in one', async () => {
    const databases = await Promise.all([freshDatabase(), freshDatabase(), freshDatabase()])
    const urls = [...databases, databases[0]!].map(({ url }) => url)
    await Promise.all(
      urls.map(async (url) => {
        const owner = await openOwnerSession(url)
        await migrate(owner, migrations).finally(() => owner.close())
      }),
    )
    for (const { pool } of databases) {
      const { rows } = await pool.query('SELECT count(*)::int AS files FROM schema_migrations')
      expect(rows).toEqual([{ files: (await readdir(migrations)).length }])
    }
  })

  it('refuse a database that an edited file had migrated', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'migrations-'))
    const owner = await openOwnerSession((await freshDatabase()).url)
    try {
      const [first] = await readdir(migrations)
      await copyFile(join(migrations, first!), join(directory, first!))
      await migrate(owner, directory)
      await writeFile(join(directory, first!), 'SELECT 1;')
      await expect(migrate(owner, directory)).rejects.toThrow(/edited after it had been applied/)
    } finally {
      await owner.close()
      await rm(directory, { recursive: true })
    }
  })

  it('leave nothing behind when one fails', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'migrations-'))
    const { url, pool } = await freshDatabase()
    const owner = await openOwnerSession(url)
    try {
      await writeFile(join(directory, '1.sql'), 'CREATE TABLE half (id int);')
      await writeFile(join(directory, '2.sql'), 'CREATE TABLE half (id int);')
      await expect(migrate(owner, directory)).rejects.toThrow(/already exists/)
      const { rows } = await pool.query(`SELECT to_regclass('half') AS half`)
      expect(rows).toEqual([{ half: null }])
    } finally {
      await owner.close()
      await rm(directory, { recursive: true })
    }
  })
})
