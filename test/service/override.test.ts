import { beforeAll, describe, expect, it } from 'vitest'
import { openConnections, type Connections } from '../../fixtures/service/database.ts'
import { adminRole, appRole, operatorRole, roleUrl } from '../../fixtures/service/isolation/roles.ts'
import { AdminOverrides, OverrideMisused, type Override } from '../../fixtures/service/scoping/override.ts'
import { UnscopedQuery } from '../../fixtures/service/scoping/refusal.ts'
import { openPool, type Pool } from '../../harness/postgres/connection.ts'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'

const hour = 60 * 60 * 1000
const admitted = ['tenants', 'memberships', 'projects', 'tasks', 'comments', 'labels', 'task_labels']

let service: RunningService
let acme: TenantInService
let rival: TenantInService
let admins: Connections
let overrides: AdminOverrides
/** One session as the admin's role, for what the service's code would never send. */
let session: Pool

beforeAll(async () => {
  service = await serviceOnFreshDatabase()
  acme = await service.tenant('acme')
  rival = await service.tenant('rival')
  for (const { id, adminId } of [acme, rival]) {
    const task = { title: 'Task', labels: ['bug'], comments: [{ author: adminId, body: 'Words' }] }
    const body = { labels: [{ name: 'bug' }], projects: [{ slug: 'web', name: 'Web', tasks: [task] }] }
    expect((await service.operator(`POST /operator/tenants/${id}/import`, { body })).status).toBe(201)
  }
  const url = roleUrl(service.database.url, adminRole)
  admins = openConnections(url, 2)
  overrides = new AdminOverrides(admins.database)
  session = openPool(url, 1)
  return async () => {
    await admins.close()
    await session.end()
  }
})

const override = (reason: string, changed: Partial<Override> = {}): Override => ({
  actor: 'Olga',
  reason,
  expires: new Date(Date.now() + hour),
  ...changed,
})

async function trail(reason: string) {
  const { rows } = await service.database.pool.query(
    'SELECT actor, expires_at FROM control.overrides WHERE reason = $1',
    [reason],
  )
  return rows
}

async function visible(): Promise<number[]> {
  const counts: number[] = []
  for (const table of admitted) {
    const { rows } = await session.query(`SELECT count(*)::int AS rows FROM ${table}`)
    counts.push(Number(rows[0]!['rows']))
  }
  return counts
}

const open = (expiry = '1 hour') => `
  WITH made AS (
    INSERT INTO control.overrides (actor, reason, expires_at)
    VALUES ('Olga', 'raw', now() + interval '${expiry}') RETURNING id
  ) SELECT set_config('app.override_id', id::text, false) FROM made`

describe('the admin’s role', () => {
  it('sees nothing without an override, whatever tenant it names', async () => {
    await session.query(`SELECT set_config('app.tenant_id', $1, false)`, [acme.id])
    expect(await visible()).toEqual(admitted.map(() => 0))
    await session.query(`SELECT set_config('app.override_id', gen_random_uuid()::text, false)`)
    expect(await visible()).toEqual(admitted.map(() => 0))
  })

  it('sees one tenant under an override, and none when it names none', async () => {
    await session.query('BEGIN')
    await session.query(open())
    await session.query(`SELECT set_config('app.tenant_id', $1, true)`, [acme.id])
    expect(await visible()).toEqual([1, 2, 1, 1, 1, 1, 1])
    await session.query(`SELECT set_config('app.tenant_id', '', true)`)
    expect(await visible()).toEqual(admitted.map(() => 0))
    await session.query('ROLLBACK')
  })

  it('cannot use an override again, though it has not expired', async () => {
    await session.query('BEGIN')
    await session.query(open())
    await session.query('COMMIT')
    expect(await trail('raw')).toHaveLength(1)
    await session.query(`SELECT set_config('app.tenant_id', $1, false)`, [acme.id])
    expect(await visible()).toEqual(admitted.map(() => 0))
  })

  it.each([
    ['change its trail', `UPDATE control.overrides SET reason = 'another'`],
    ['remove its trail', 'DELETE FROM control.overrides'],
    [
      'make up its transaction',
      `INSERT INTO control.overrides (actor, reason, expires_at, transaction_id)
       VALUES ('x', 'x', now() + interval '1 hour', '1')`,
    ],
    [
      'make up when it was opened',
      `INSERT INTO control.overrides (actor, reason, expires_at, opened_at)
       VALUES ('x', 'x', now() + interval '9 hours', now() + interval '8 hours')`,
    ],
    ['write a tenant’s rows', `UPDATE labels SET color = 'red'`],
    ['read people', 'SELECT * FROM users'],
    ['read credentials', 'SELECT * FROM api_keys'],
  ])('cannot %s', async (_, statement) => {
    await expect(session.query(statement)).rejects.toThrow(/permission denied/)
  })

  it.each(['0 hours', '-1 hours', '5 hours'])(
    'is refused by the database when it asks for %s',
    async (expiry) => {
      await expect(session.query(open(expiry))).rejects.toThrow(/check constraint/)
    },
  )

  it.each([appRole, operatorRole])('is not %s: an override opens nothing for that', async (role) => {
    const other = openPool(roleUrl(service.database.url, role), 1)
    await expect(other.query(open())).rejects.toThrow(/permission denied/)
    await other.end()
  })
})

describe('withAdminOverride', () => {
  it.each<[string, Partial<Override>]>([
    ['an actor', { actor: ' ' }],
    ['a reason', { reason: '' }],
    ['an expiry in the future', { expires: new Date(Date.now() - 1) }],
    ['an expiry within hours', { expires: new Date(Date.now() + 5 * hour) }],
    ['an expiry that is a date', { expires: new Date('soon') }],
  ])('needs %s', async (_, changed) => {
    let worked = false
    const refused = overrides.withAdminOverride(override('incomplete', changed), async () => {
      worked = true
    })
    await expect(refused).rejects.toMatchObject({ status: 400 })
    expect(worked).toBe(false)
    expect(await trail('incomplete')).toEqual([])
  })

  it('visits one tenant after another, each confined, and commits its trail with the work', async () => {
    const ids = await overrides.withAdminOverride(override('look'), async (tenants) => {
      // Not there before the work is done: the same transaction.
      expect(await trail('look')).toEqual([])
      const seen: string[] = []
      for (const tenant of await tenants.list()) {
        const rows = await tenants.within(tenant, (transaction) =>
          transaction.selectFrom('tasks').select('tasks.tenant_id').execute(),
        )
        seen.push(...rows.map((row) => row.tenant_id))
      }
      return seen
    })
    expect(ids).toEqual([acme.id, rival.id])
    expect(await trail('look')).toEqual([expect.objectContaining({ actor: 'Olga' })])
  })

  it('leaves nothing when the work fails', async () => {
    const failed = overrides.withAdminOverride(override('failed'), () => Promise.reject(new Error('broken')))
    await expect(failed).rejects.toThrow('broken')
    expect(await trail('failed')).toEqual([])
  })

  it('fails when the work outlasts it, and hands nothing out', async () => {
    const expires = new Date(Date.now() + 500)
    const outlasted = overrides.withAdminOverride(override('late', { expires }), async (tenants) => {
      const now = async () => (await service.database.pool.query('SELECT clock_timestamp() AS now')).rows[0]!
      while (((await now())['now'] as Date) <= expires);
      return tenants.within({ tenantId: acme.id }, (transaction) =>
        transaction.selectFrom('tasks').select('id').execute(),
      )
    })
    await expect(outlasted).rejects.toMatchObject({ status: 403 })
    expect(await trail('late')).toEqual([])
  })

  it('visits no two tenants at once, and none afterwards', async () => {
    const read = async () => {}
    const both = overrides.withAdminOverride(override('both'), async (tenants) => {
      await Promise.all([acme, rival].map(({ id }) => tenants.within({ tenantId: id }, read)))
    })
    await expect(both).rejects.toThrow(OverrideMisused)
    const kept = await overrides.withAdminOverride(override('kept'), async (tenants) => tenants)
    await expect(kept.within({ tenantId: acme.id }, read)).rejects.toThrow(OverrideMisused)
  })

  it('confines a visit to its tenant by the plugin too', async () => {
    const strayed = overrides.withAdminOverride(override('strayed'), (tenants) =>
      tenants.within({ tenantId: acme.id }, (transaction) =>
        transaction.selectFrom('tasks').where('tenant_id', '=', rival.id).select('id').execute(),
      ),
    )
    await expect(strayed).rejects.toThrow(UnscopedQuery)
  })
})

describe('GET /operator/statistics', () => {
  const ask = (query: Record<string, string>) =>
    service.operator(`GET /operator/statistics?${new URLSearchParams(query)}`)
  const query = (reason: string) => ({
    operator: 'Olga',
    reason,
    expires: new Date(Date.now() + hour).toISOString(),
  })

  it('counts every tenant, in whatever tier, and leaves its trail', async () => {
    for (const plan of ['business', 'enterprise']) {
      const members = [{ name: 'Ada', email: 'ada@example.org', role: 'admin' }]
      const body = { slug: plan, name: 'Tenant', plan, members }
      const { status, json } = await service.operator('POST /operator/tenants', { body })
      expect(status).toBe(201)
      const projects = [{ slug: 'web', name: 'Web', tasks: [{ title: 'One' }, { title: 'Two' }] }]
      await service.operator(`POST /operator/tenants/${json.id}/import`, { body: { projects } })
    }
    const { status, json } = await ask(query('quarterly'))
    expect(status).toBe(200)
    const small = { tier: 'row', members: 2, projects: 1, tasks: 1, comments: 1 }
    expect(json.items).toEqual([
      { tenantId: acme.id, slug: 'acme', ...small },
      expect.objectContaining({ slug: 'business', tier: 'schema', members: 1, tasks: 2, comments: 0 }),
      expect.objectContaining({ slug: 'enterprise', tier: 'database', members: 1, tasks: 2, comments: 0 }),
      { tenantId: rival.id, slug: 'rival', ...small },
    ])
    expect(await trail('quarterly')).toHaveLength(1)
  })

  it('is refused without a reason, and for long', async () => {
    const { reason: _, ...unexplained } = query('')
    expect((await ask(unexplained)).status).toBe(400)
    expect((await ask(query(' '))).status).toBe(400)
    expect((await ask({ ...query('long'), expires: '2999-01-01T00:00:00Z' })).status).toBe(400)
    expect(await trail('long')).toEqual([])
  })

  it('is the operator’s', async () => {
    expect((await acme.admin(`GET /operator/statistics?${new URLSearchParams(query('mine'))}`)).status).toBe(
      401,
    )
    expect(await trail('mine')).toEqual([])
  })
})
