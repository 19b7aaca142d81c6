import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { buildService } from '../../fixtures/service/service.ts'
import { openPool } from '../../harness/postgres/connection.ts'
import { testMaildir, type TestMaildir } from '../support/maildir.ts'
import {
  arrange,
  serviceOnFreshDatabase,
  type RunningService,
  type TenantInService,
} from '../support/service.ts'

const run = async (service: RunningService, name: string) => {
  const schedule = service.jobs.schedules.find((one) => one.name === name)
  expect(schedule, name).toBeDefined()
  return schedule!.run()
}

/** As if the tenant had come near a limit, wherever it lies. */
async function nearLimit(service: RunningService, { id, adminId }: TenantInService, threshold: number) {
  const { rows } = await service.database.pool.query(
    'SELECT tier, location FROM control.placements WHERE tenant_id = $1',
    [id],
  )
  const [{ tier, location }] = rows as [{ tier: string; location: string }]
  const url = new URL(service.database.url)
  if (tier === 'database') url.pathname = `/${location}`
  const pool = openPool(url.href, 1)
  await pool.query(
    `BEGIN; SELECT set_config('app.tenant_id', '${id}', true);
     INSERT INTO ${tier === 'schema' ? location : 'public'}.quota_notices
       (tenant_id, resource, window_start, threshold, recipient_id)
     VALUES ('${id}', 'tasks', '2030-01-01', ${threshold}, '${adminId}'); COMMIT`,
  )
  await pool.end()
}

const undelivered = async ({ database }: RunningService) =>
  (await database.pool.query('SELECT FROM quota_notices WHERE delivered_at IS NULL')).rows.length

describe('schedules', () => {
  it('are known to the queue of an instance that works, and run there', async () => {
    const service = await serviceOnFreshDatabase({ workers: true, schedules: true })
    const { rows } = await service.database.pool.query(
      'SELECT identifier FROM graphile_worker._private_known_crontabs ORDER BY 1',
    )
    const names = service.jobs.schedules.map(({ name }) => name).sort()
    expect(rows.map(({ identifier }) => identifier)).toEqual(names)
    expect(names).toEqual(
      [
        'answers.sweep',
        'attachments.sweep',
        'backups.drill',
        'backups.prune',
        'backups.take',
        'exports.sweep',
        'logs.prune',
        'queue.tidy',
        'quotas.notify',
        'quotas.recount',
        'quotas.reconcile',
      ].sort(),
    )
    const acme = await service.tenant('acme')
    const backups = async () =>
      (await service.operator(`GET /operator/tenants/${acme.id}/backups`)).json.items
    expect(await backups()).toEqual([])
    await service.jobs.queue.pool.query(`SELECT FROM graphile_worker.add_job('backups.take')`)
    await expect.poll(backups, { timeout: 15_000 }).toHaveLength(1)
  })

  it('of an instance that only serves are nobody’s', async () => {
    const service = await serviceOnFreshDatabase()
    await service.jobs.queue.pool.query(`SELECT FROM graphile_worker.add_job('backups.take')`)
    expect(await service.jobs.queue.depth()).toMatchObject({ waiting: 1 })
  })

  it('go round every tenant that is served, in spite of one that fails', async () => {
    const service = await serviceOnFreshDatabase()
    const [acme, rival, idle] = [
      await service.tenant('acme'),
      await service.tenant('rival'),
      await service.tenant('idle'),
    ]
    for (const { id } of [acme, rival, idle]) {
      await arrange(service, id, `UPDATE quota_usage SET used = 77 WHERE tenant_id = '${id}'`)
    }
    await service.operator(`POST /operator/tenants/${idle.id}/suspend`)
    // As if its database did not answer.
    await service.database.pool.query(
      `UPDATE control.placements SET tier = 'database', location = 'nowhere' WHERE tenant_id = $1`,
      [acme.id],
    )
    await run(await service.second(), 'quotas.recount')
    const { rows } = await service.database.pool.query(
      `SELECT tenant_id FROM quota_usage WHERE resource = 'members' AND used = 77`,
    )
    expect(rows.map((row) => row['tenant_id']).sort()).toEqual([acme.id, idle.id].sort())
  })

  it('delete jobs that ended long ago, and no others', async () => {
    const service = await serviceOnFreshDatabase()
    const acme = await service.tenant('acme')
    const insert = (state: string, finished: string) =>
      `INSERT INTO jobs (tenant_id, kind, arguments, state, signature, finished_at)
       VALUES ('${acme.id}', 'test', '{}', '${state}', 'x', ${finished});`
    await arrange(
      service,
      acme.id,
      insert('succeeded', `now() - interval '40 days'`) +
        insert('failed', `now() - interval '20 days'`) +
        insert('queued', 'NULL'),
    )
    await run(service, 'logs.prune')
    const { json } = await acme.admin('GET /jobs')
    expect(json.items.map(({ state }: { state: string }) => state).sort()).toEqual(['failed', 'queued'])
  })
})

describe.each(['team', 'business', 'enterprise'] as const)('notices on the plan %s', (plan) => {
  let mails: TestMaildir
  let service: RunningService
  beforeAll(async () => {
    mails = await testMaildir()
    service = await serviceOnFreshDatabase({ plan, mailDirectory: mails.directory })
  })

  it('reach the admins for whom they were written, once, whoever looks and however often', async () => {
    const [acme, rival] = [await service.tenant('acme'), await service.tenant('rival')]
    const other = await service.second()
    const before = await mails.count()
    for (const tenant of [acme, rival]) {
      for (const threshold of [80, 95]) await nearLimit(service, tenant, threshold)
    }
    await Promise.all([1, 2, 3].flatMap(() => [run(service, 'quotas.notify'), run(other, 'quotas.notify')]))
    await run(service, 'quotas.notify')
    expect((await mails.count()) - before).toBe(4)
    const found = await mails.to('ada@example.org', 4)
    const links = found.map((mail) => /tenants\/([0-9a-f-]{36})\/quotas/.exec(mail)?.[1])
    expect(links.filter((id) => id === acme.id)).toHaveLength(2)
    expect(links.filter((id) => id === rival.id)).toHaveLength(2)
  })
})

describe('a notice', () => {
  it('that was mailed by an instance that died before it wrote that down is the same mail again', async () => {
    const mails = await testMaildir()
    const service = await serviceOnFreshDatabase({ mailDirectory: mails.directory })
    const acme = await service.tenant('acme')
    await nearLimit(service, acme, 80)
    await run(service, 'quotas.notify')
    const names = await readdir(join(mails.directory, 'new'))
    await arrange(service, acme.id, `UPDATE quota_notices SET delivered_at = NULL`)
    await run(service, 'quotas.notify')
    expect(await readdir(join(mails.directory, 'new'))).toEqual(names)
    expect(await undelivered(service)).toBe(0)
  })

  it('waits while nobody takes mails, and while the tenant is suspended', async () => {
    const mails = await testMaildir()
    const service = await serviceOnFreshDatabase()
    const acme = await service.tenant('acme')
    await nearLimit(service, acme, 95)
    await run(service, 'quotas.notify')
    expect(await undelivered(service)).toBe(1)
    await service.operator(`POST /operator/tenants/${acme.id}/suspend`)
    const mailing = await serviceWithMail(service, mails)
    await run(mailing, 'quotas.notify')
    expect(await mails.count()).toBe(0)
    await service.operator(`POST /operator/tenants/${acme.id}/resume`)
    await run(mailing, 'quotas.notify')
    expect(await mails.count()).toBe(1)
  })

  it('for somebody who is no admin any more is told to nobody', async () => {
    const mails = await testMaildir()
    const service = await serviceOnFreshDatabase({ mailDirectory: mails.directory })
    const acme = await service.tenant('acme')
    await nearLimit(service, { ...acme, adminId: acme.memberId }, 80)
    await run(service, 'quotas.notify')
    expect(await mails.count()).toBe(0)
    expect(await undelivered(service)).toBe(0)
  })
})

/** Another instance on the same database, which mails. */
async function serviceWithMail(service: RunningService, { directory }: TestMaildir): Promise<RunningService> {
  const mailing = await buildService({
    databaseUrl: service.database.url,
    workers: false,
    mailDirectory: directory,
  })
  onTestFinished(() => mailing.app.close())
  return { ...service, ...mailing }
}
