import { describe, expect, it } from 'vitest'
import { backUp, contents, fill, recoveryPoint, restore } from '../support/recovery.ts'
import { serviceOnFreshDatabase } from '../support/service.ts'

describe.each(['team', 'business', 'enterprise'] as const)('on the plan %s', (plan) => {
  it('a tenant comes back to a moment, and from there again; its neighbour stays as it is', async () => {
    const { operator, tenant: make } = await serviceOnFreshDatabase({ plan })
    const tenant = await make('acme')
    const neighbour = await make('rival')
    const [first, second] = await fill(tenant, operator)
    await fill(neighbour, operator)
    const backup = await backUp(operator, tenant)
    expect(backup).toMatchObject({ state: 'complete', failure: null })
    expect(backup.manifest.extents.tasks.rows).toBe(12)

    await tenant.admin(`PATCH /projects/${first!.id}`, { body: { name: 'Renamed before' } })
    await tenant.admin('POST /projects', { body: { slug: 'made', name: 'Made before' } })
    const wanted = await contents(tenant)
    const point = await recoveryPoint(operator, tenant)
    expect((await tenant.admin(`DELETE /projects/${second!.id}`)).status).toBe(204)
    await tenant.admin(`PATCH /projects/${first!.id}`, { body: { name: 'Renamed after' } })
    await tenant.admin('POST /projects', { body: { slug: 'after', name: 'Made after' } })
    await neighbour.admin('POST /projects', { body: { slug: 'theirs', name: 'Theirs' } })
    const ruined = await contents(tenant)
    const undo = await recoveryPoint(operator, tenant)
    const theirs = await contents(neighbour)

    const swapped = await restore(operator, tenant, { point, mode: 'swap' })
    expect(swapped).toMatchObject({ phase: 'done', failure: null })
    expect(swapped.replayed).toBeGreaterThan(0)
    expect(await contents(tenant)).toEqual(wanted)
    expect(await contents(neighbour)).toEqual(theirs)

    expect(await restore(operator, tenant, { point: undo, mode: 'swap' })).toMatchObject({ phase: 'done' })
    expect(await contents(tenant)).toEqual(ruined)
  }, 60_000)

  it('a drill restores the newest backup beside the tenant, compares it and measures', async () => {
    const { operator, tenant: make, backupJobs } = await serviceOnFreshDatabase({ plan })
    const tenant = await make('acme')
    await fill(tenant, operator)
    expect(await backupJobs.backUpDue()).toBe(1)
    await backUp(operator, await make('other'))
    await tenant.admin('POST /projects', { body: { slug: 'since', name: 'Since' } })
    expect(await backupJobs.backUpDue()).toBe(0)
    const before = await contents(tenant)
    await backupJobs.drill()
    const { json } = await operator('GET /operator/drills')
    expect(json.items).toEqual([expect.objectContaining({ met: true, failure: null })])
    expect(json.items[0].recoveryTime).toBeGreaterThan(0)
    expect(await contents(tenant)).toEqual(before)
  })
})

describe('a restore to a moment', () => {
  it('takes a transaction in or leaves it out as a whole', async () => {
    const { operator, tenant: make, database } = await serviceOnFreshDatabase()
    const tenant = await make('acme')
    const [project] = await fill(tenant, operator)
    await backUp(operator, tenant)
    const write = (slug: string) =>
      `INSERT INTO projects (tenant_id, slug, name) VALUES ('${tenant.id}', '${slug}', '${slug}')`
    const mark = () =>
      database.pool.query('SELECT clock_timestamp() AS now').then(({ rows }) => rows[0]!['now'] as Date)
    let middle = new Date()
    await database.pool.use(async (client) => {
      await client.query(`BEGIN; SELECT set_config('app.tenant_id', '${tenant.id}', true); ${write('begun')}`)
      await tenant.admin(`PATCH /projects/${project!.id}`, { body: { name: 'Committed between' } })
      middle = new Date((await mark()).getTime() + 1)
      await client.query(`SELECT pg_sleep(0.005); ${write('ended')}; COMMIT`)
    })
    const end = new Date((await mark()).getTime() + 1)
    const slugs = async () => (await contents(tenant))['projects'].map(({ slug }: { slug: string }) => slug)

    await restore(operator, tenant, { until: middle.toISOString(), mode: 'swap' })
    expect(await slugs()).not.toContain('begun')
    expect(await slugs()).not.toContain('ended')
    expect((await tenant.admin(`GET /projects/${project!.id}`)).json.name).toBe('Committed between')
    await restore(operator, tenant, { until: end.toISOString(), mode: 'swap' })
    expect(await slugs()).toEqual(expect.arrayContaining(['begun', 'ended']))
  })

  it('survives a move between the backup and the moment', async () => {
    const { operator, tenant: make } = await serviceOnFreshDatabase()
    const tenant = await make('acme')
    const [first, second] = await fill(tenant, operator)
    await backUp(operator, tenant)
    await tenant.admin(`PATCH /projects/${first!.id}`, { body: { name: 'Before the move' } })
    const between = await recoveryPoint(operator, tenant)
    const wanted = await contents(tenant)
    await tenant.admin(`DELETE /projects/${second!.id}`)
    await operator(`POST /operator/tenants/${tenant.id}/move`, { body: { tier: 'schema' } })
    expect(
      (
        await operator(`POST /operator/tenants/${tenant.id}/restore`, {
          body: { point: between, mode: 'swap' },
        })
      ).status,
    ).toBe(409)
    await expect
      .poll(async () => (await operator(`GET /operator/tenants/${tenant.id}/moves`)).json.items[0].phase, {
        timeout: 20_000,
      })
      .toBe('done')
    expect(await restore(operator, tenant, { point: between, mode: 'swap' })).toMatchObject({
      failure: null,
      phase: 'done',
    })
    expect(await contents(tenant)).toEqual(wanted)
  })

  it('lets names wander from row to row', async () => {
    const { operator, tenant: make } = await serviceOnFreshDatabase()
    const tenant = await make('acme')
    const [first, second] = await fill(tenant, operator)
    await backUp(operator, tenant)
    const wanted = await contents(tenant)
    const point = await recoveryPoint(operator, tenant)
    for (const [id, slug] of [
      [first!.id, 'between'],
      [second!.id, 'p-0'],
      [first!.id, 'p-1'],
    ]) {
      expect((await tenant.admin(`PATCH /projects/${id}`, { body: { slug } })).status).toBe(200)
    }
    expect(await restore(operator, tenant, { point, mode: 'swap' })).toMatchObject({
      failure: null,
      phase: 'done',
    })
    expect(await contents(tenant)).toEqual(wanted)
  })

  it('does not bring ended sessions back', async () => {
    const { operator, tenant: make } = await serviceOnFreshDatabase()
    const tenant = await make('acme')
    await fill(tenant, operator)
    await backUp(operator, tenant)
    const point = await recoveryPoint(operator, tenant)
    await operator(`POST /operator/tenants/${tenant.id}/members/${tenant.memberId}/revoke`)
    expect((await tenant.member('GET /projects')).status).toBe(401)
    expect(await restore(operator, tenant, { point, mode: 'swap' })).toMatchObject({ phase: 'done' })
    expect((await tenant.member('GET /projects')).status).toBe(401)
    expect((await tenant.admin('GET /projects')).status).toBe(200)
  })
})

describe('a merge', () => {
  it('brings back what is missing from the chosen tables and changes nothing else', async () => {
    const { operator, tenant: make } = await serviceOnFreshDatabase()
    const tenant = await make('acme')
    const [first, second] = await fill(tenant, operator)
    await backUp(operator, tenant)
    const point = await recoveryPoint(operator, tenant)
    await tenant.admin(`DELETE /projects/${second!.id}`)
    await tenant.admin(`DELETE /tasks/${first!.tasks[0]!.id}`)
    await tenant.admin(`PATCH /projects/${first!.id}`, { body: { name: 'Newer' } })
    const done = await restore(operator, tenant, { point, mode: 'merge', tables: ['projects', 'tasks'] })
    expect(done).toMatchObject({
      phase: 'done',
      failure: null,
      applied: { projects: { removed: 0, written: 1 }, tasks: { removed: 0, written: 4 } },
    })
    const found = await contents(tenant)
    expect(found['tasks']).toHaveLength(12)
    expect((await tenant.admin(`GET /projects/${first!.id}`)).json.name).toBe('Newer')
  })

  it('fails as a whole when rows refer to rows that are not there', async () => {
    const { operator, tenant: make } = await serviceOnFreshDatabase()
    const tenant = await make('acme')
    const [, second] = await fill(tenant, operator)
    await backUp(operator, tenant)
    const point = await recoveryPoint(operator, tenant)
    await tenant.admin(`DELETE /projects/${second!.id}`)
    const before = await contents(tenant)
    expect(await restore(operator, tenant, { point, mode: 'merge', tables: ['tasks'] })).toMatchObject({
      phase: 'failed',
    })
    expect(await contents(tenant)).toEqual(before)
  })
})

describe('backups', () => {
  it('are the operator’s to restore; an admin lists the tenant’s own and asks for one', async () => {
    const { operator, as, tenant: make } = await serviceOnFreshDatabase()
    const [tenant, neighbour] = [await make('acme'), await make('rival')]
    await backUp(operator, neighbour)
    expect((await tenant.admin('GET /backups')).json.items).toEqual([])
    const { status, json } = await tenant.admin('POST /backups')
    expect(status).toBe(202)
    await expect
      .poll(async () => (await tenant.admin('GET /backups')).json.items)
      .toEqual([expect.objectContaining({ id: json.id, state: 'complete' })])
    expect((await tenant.member('GET /backups')).status).toBe(403)
    expect((await tenant.member('POST /backups')).status).toBe(403)
    expect((await as()('GET /backups')).status).toBe(401)
    const path = `/operator/tenants/${tenant.id}`
    expect(
      (
        await tenant.admin(`POST ${path}/restore`, {
          body: { until: new Date().toISOString(), mode: 'swap' },
        })
      ).status,
    ).toBe(401)
    expect((await tenant.admin(`GET ${path}/backups`)).status).toBe(401)
  })

  it('serve their tenant alone', async () => {
    const { operator, tenant: make } = await serviceOnFreshDatabase()
    const [tenant, neighbour] = [await make('acme'), await make('rival')]
    const theirs = await backUp(operator, neighbour)
    const own = await backUp(operator, tenant)
    const ask = (body: object) => operator(`POST /operator/tenants/${tenant.id}/restore`, { body })
    const until = new Date().toISOString()
    expect((await ask({ backupId: theirs.id, until, mode: 'swap' })).status).toBe(404)
    expect((await ask({ backupId: own.id, until: '2020-01-01T00:00:00Z', mode: 'swap' })).status).toBe(409)
    expect((await ask({ point: await recoveryPoint(operator, neighbour), mode: 'swap' })).status).toBe(400)
    expect((await ask({ mode: 'swap' })).status).toBe(400)
    expect(
      (await operator(`PATCH /operator/tenants/${tenant.id}/backups/${theirs.id}`, { body: { held: true } }))
        .status,
    ).toBe(404)
  })

  it('go when they are old, but for the newest ones and those that are held', async () => {
    const { operator, tenant: make, backupJobs, database } = await serviceOnFreshDatabase()
    const tenant = await make('acme')
    const made: string[] = []
    for (let index = 0; index < 6; index += 1) made.push((await backUp(operator, tenant)).id)
    await database.pool.query(`UPDATE control.backups SET started_at = started_at - interval '1 year'`)
    expect(
      (await operator(`PATCH /operator/tenants/${tenant.id}/backups/${made[0]}`, { body: { held: true } }))
        .status,
    ).toBe(204)
    expect(await backupJobs.prune()).toBe(2)
    const { json } = await operator(`GET /operator/tenants/${tenant.id}/backups`)
    expect(json.items.map(({ id }: { id: string }) => id)).toEqual([made[5], made[4], made[3], made[0]])
    expect(await restore(operator, tenant, { until: new Date().toISOString(), mode: 'swap' })).toMatchObject({
      phase: 'done',
    })
  })
})
