import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openPool } from '../../harness/postgres/connection.ts'
import { appRole, roleUrl } from '../../fixtures/service/isolation/roles.ts'
import { buildService } from '../../fixtures/service/service.ts'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'

interface Item {
  readonly seq: number
  readonly actor: { readonly kind: string; readonly id: string | null }
  readonly kind: string
  readonly outcome: string
  readonly fingerprint: string
  readonly tables: readonly string[]
  readonly rowCount: number
  readonly parameters: string
}

let made = 0

async function trailOf({ operator }: RunningService, { id }: TenantInService): Promise<Item[]> {
  const items: Item[] = []
  for (let after: number | null = 0; after !== null;) {
    const { json } = await operator(`GET /operator/tenants/${id}/audit?limit=50&after=${after}`)
    items.push(...json.items)
    after = json.next
  }
  return items
}

const verification = async ({ operator }: RunningService, { id }: TenantInService) =>
  (await operator(`GET /operator/tenants/${id}/audit/verify`)).json

describe.each(['team', 'business', 'enterprise'] as const)('on the plan %s', (plan) => {
  let service: RunningService
  let acme: TenantInService

  beforeAll(async () => {
    service = await serviceOnFreshDatabase({ plan })
    acme = await service.tenant('acme')
  })

  it('a write is told by its statements, their tables, rows and actor, without any value', async () => {
    await acme.member('PUT /labels', { body: { name: 'Canary', color: 'red' } })
    const items = await trailOf(service, acme)
    expect(items.map(({ seq }) => seq)).toEqual(items.map((_, index) => index + 1))
    const written = items.find(({ tables, kind }) => kind === 'insert' && tables.includes('labels'))
    expect(written).toMatchObject({
      actor: { kind: 'user', id: acme.memberId },
      outcome: 'committed',
      rowCount: 1,
      tables: ['labels'],
    })
    expect(JSON.stringify(items)).not.toMatch(/Canary|red/)
  })

  it('a write that failed is told, too, and what was read before it', async () => {
    const { status } = await acme.admin('DELETE /labels/7b0c3a9e-5d1f-4a52-9d3b-0d0f6a3f4e11')
    expect(status).toBe(404)
    const rolledBack = (await trailOf(service, acme)).filter(({ kind }) => kind === 'delete')
    expect(rolledBack.at(-1)).toMatchObject({ tables: ['labels'], rowCount: 0, actor: { id: acme.adminId } })
  })

  it('a read is told, and whoever reads the trail', async () => {
    await acme.member('GET /projects')
    const items = await trailOf(service, acme)
    expect(
      items.some(
        ({ kind, tables, actor }) =>
          kind === 'select' && tables.includes('projects') && actor.kind === 'user',
      ),
    ).toBe(true)
    const again = await trailOf(service, acme)
    expect(again.at(-1)).toMatchObject({ actor: { kind: 'operator' }, tables: ['audit_records'] })
  })

  it('is intact, and goes on to be when many write at once', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        acme.admin('PUT /labels', { body: { name: `l${index}`, color: 'x' } }),
      ),
    )
    expect(await verification(service, acme)).toMatchObject({ intact: true, fault: null })
    const inserts = (await trailOf(service, acme)).filter(({ kind }) => kind === 'insert')
    expect(inserts.length).toBeGreaterThanOrEqual(20)
  })

  it('of two tenants tell nothing of one another: not even that they did the same', async () => {
    const rival = await service.tenant('rival')
    const same = { body: { name: 'same', color: 'same' } }
    await Promise.all([acme.admin('PUT /labels', same), rival.admin('PUT /labels', same)])
    const [own, other] = await Promise.all([trailOf(service, acme), trailOf(service, rival)])
    const last = (items: readonly Item[]) => items.findLast(({ kind }) => kind === 'insert')!
    expect(last(own).fingerprint).toBe(last(other).fingerprint)
    expect(last(own).parameters).not.toBe(last(other).parameters)
    expect(JSON.stringify(own)).not.toContain(rival.adminId)
  })
})

describe('whoever owns the database', () => {
  let service: RunningService
  let acme: TenantInService
  const run = (text: string) =>
    service.database.pool.query(
      `SET LOCAL session_replication_role = replica; ${text.replaceAll('ACME', `'${acme.id}'`)}`,
    )

  beforeAll(async () => {
    service = await serviceOnFreshDatabase()
  })

  beforeEach(async () => {
    made += 1
    acme = await service.tenant(`acme-${made}`)
    for (const name of ['one', 'two', 'three']) {
      await acme.admin('PUT /labels', { body: { name, color: 'grey' } })
    }
    expect(await verification(service, acme)).toMatchObject({ intact: true })
  })

  it.each([
    [
      'changes who it was',
      `UPDATE audit_records SET actor_id = gen_random_uuid() WHERE tenant_id = ACME AND seq = 4`,
      'changed',
      4,
    ],
    [
      'changes how many',
      `UPDATE audit_records SET row_count = row_count + 1 WHERE tenant_id = ACME AND seq = 1`,
      'changed',
      1,
    ],
    [
      'changes when',
      `UPDATE audit_records SET recorded_at = recorded_at + interval '1 ms' WHERE tenant_id = ACME AND seq = 2`,
      'changed',
      2,
    ],
    ['takes one away', `DELETE FROM audit_records WHERE tenant_id = ACME AND seq = 3`, 'missing', 3],
    ['takes the first away', `DELETE FROM audit_records WHERE tenant_id = ACME AND seq = 1`, 'missing', 1],
    [
      'takes one away and closes the gap',
      `DELETE FROM audit_records WHERE tenant_id = ACME AND seq = 3;
       UPDATE audit_records SET seq = seq - 1 WHERE tenant_id = ACME AND seq = 4`,
      'changed',
      3,
    ],
    [
      'exchanges two',
      `UPDATE audit_records SET seq = 1000000 WHERE tenant_id = ACME AND seq = 2;
       UPDATE audit_records SET seq = 2 WHERE tenant_id = ACME AND seq = 3;
       UPDATE audit_records SET seq = 3 WHERE tenant_id = ACME AND seq = 1000000`,
      'changed',
      2,
    ],
    ['cuts the end off', `DELETE FROM audit_records WHERE tenant_id = ACME AND seq > 5`, 'truncated', 6],
    ['empties it', `DELETE FROM audit_records WHERE tenant_id = ACME`, 'truncated', 1],
    [
      'cuts the end off, and says that it never came further',
      `DELETE FROM audit_records WHERE tenant_id = ACME AND seq > 5;
       UPDATE control.audit_anchors SET seq = 5, hash = (SELECT hash FROM audit_records WHERE tenant_id = ACME AND seq = 5)
       WHERE tenant_id = ACME`,
      'anchor',
      5,
    ],
    ['takes the anchor away', `DELETE FROM control.audit_anchors WHERE tenant_id = ACME`, 'unanchored', 1],
    [
      'writes one of their own',
      `INSERT INTO audit_records SELECT tenant_id, (SELECT max(seq) + 1 FROM audit_records WHERE tenant_id = ACME),
         recorded_at, actor_kind, actor_id, actor_hash, kind, outcome, fingerprint, tables, row_count, parameters, hash
       FROM audit_records WHERE tenant_id = ACME AND seq = 1`,
      'changed',
      null,
    ],
  ])('who %s is found out', async (_, tampering, kind, seq) => {
    await run(tampering)
    const { intact, fault } = await verification(service, acme)
    expect(intact).toBe(false)
    expect(fault.kind).toBe(kind)
    if (seq !== null) expect(fault.seq).toBe(seq)
  })

  it('who cuts the end off is found out however long the trail grows again', async () => {
    await run(`DELETE FROM audit_records WHERE tenant_id = ACME AND seq > 5`)
    for (let index = 0; index < 20; index += 1)
      await acme.admin('PUT /labels', { body: { name: 'more', color: 'x' } })
    const { fault } = await verification(service, acme)
    expect(fault).toMatchObject({ kind: 'changed' })
  })
})

describe('the roles that serve', () => {
  it('can append to the trail, and neither change nor read what it says', async () => {
    const service = await serviceOnFreshDatabase()
    const acme = await service.tenant('acme')
    const pool = openPool(roleUrl(service.databaseUrl, appRole), 1)
    await pool.query(`SELECT set_config('app.tenant_id', $1, false)`, [acme.id])
    for (const forbidden of [
      'UPDATE audit_records SET row_count = 0',
      'DELETE FROM audit_records',
      'TRUNCATE audit_records',
      'SELECT actor_id FROM audit_records',
      'SELECT * FROM control.audit_anchors',
    ]) {
      await expect(pool.query(forbidden)).rejects.toThrow(/permission denied/)
    }
    await pool.end()
  })
})

describe('reads', () => {
  it('are recorded in the share that is asked for; writes and operators always', async () => {
    const service = await serviceOnFreshDatabase({ auditReadShare: 0 })
    const acme = await service.tenant('acme')
    await acme.admin('GET /projects')
    await acme.admin('PUT /labels', { body: { name: 'bug', color: 'red' } })
    await service.operator(`GET /operator/tenants/${acme.id}`)
    const items = await trailOf(service, acme)
    expect(items.filter(({ actor, kind }) => actor.kind === 'user' && kind === 'select')).toEqual([])
    expect(items.filter(({ actor, kind }) => actor.kind === 'user' && kind === 'insert')).toHaveLength(1)
    expect(items.some(({ actor, kind }) => actor.kind === 'operator' && kind === 'select')).toBe(true)
  })

  it('that wait are recorded when the service stops', async () => {
    const service = await serviceOnFreshDatabase()
    const acme = await service.tenant('acme')
    await acme.member('GET /projects')
    await service.app.close()
    const again = await buildService({ databaseUrl: service.databaseUrl })
    const { rows } = await service.database.pool.query(
      `SELECT 1 FROM audit_records WHERE kind = 'select' AND 'projects' = ANY (tables)`,
    )
    const verified = await again.app.inject({
      url: `/operator/tenants/${acme.id}/audit/verify`,
      headers: { authorization: `Bearer ${again.operatorToken}` },
    })
    await again.app.close()
    expect(rows.length).toBeGreaterThan(0)
    expect(verified.json()).toMatchObject({ intact: true })
  })
})

describe('a tenant that is removed', () => {
  it('takes its trail along, and its key', async () => {
    const service = await serviceOnFreshDatabase()
    const acme = await service.tenant('acme')
    expect((await service.operator(`DELETE /operator/tenants/${acme.id}`)).status).toBe(204)
    expect((await service.operator(`GET /operator/tenants/${acme.id}/audit`)).status).toBe(404)
    expect((await service.operator(`GET /operator/tenants/${acme.id}/audit/verify`)).status).toBe(404)
    const { rows } = await service.database.pool.query(
      `SELECT 1 FROM audit_records UNION ALL SELECT 1 FROM control.audit_anchors`,
    )
    expect(rows).toEqual([])
  })
})

describe('a write', () => {
  it('that cannot be recorded is not made', async () => {
    const service = await serviceOnFreshDatabase()
    const acme = await service.tenant('acme')
    await service.database.pool.query('REVOKE INSERT ON audit_records FROM tracker_app')
    const { status } = await acme.admin('PUT /labels', { body: { name: 'unseen', color: 'red' } })
    expect(status).toBe(500)
    const { rows } = await service.database.pool.query('SELECT 1 FROM labels')
    expect(rows).toEqual([])
    await service.database.pool.query('GRANT INSERT ON audit_records TO tracker_app')
    expect((await acme.admin('PUT /labels', { body: { name: 'seen', color: 'red' } })).status).toBe(200)
    const tried = (await trailOf(service, acme)).filter(({ kind }) => kind === 'insert')
    expect(tried.map(({ outcome }) => outcome)).toContain('rolled back')
  })
})
