import { randomBytes, randomUUID } from 'node:crypto'
import { fc, test as check } from '@fast-check/vitest'
import { beforeAll, describe, expect, it } from 'vitest'
import { appRole, roleUrl, workerRole } from '../../fixtures/service/isolation/roles.ts'
import { backOff, JobFailure, jobKind } from '../../fixtures/service/jobs/kind.ts'
import { ForgedTicket, Tickets } from '../../fixtures/service/jobs/ticket.ts'
import { openPool } from '../../harness/postgres/connection.ts'
import {
  arrange,
  serviceOnFreshDatabase,
  type RunningService,
  type TenantInService,
} from '../support/service.ts'

const label = jobKind<{ readonly name: string }>('test.label', { pause: () => 10 })
const flaky = jobKind<{ readonly failures: number }>('test.flaky', { attempts: 3, pause: () => 10 })
const parent = jobKind<Record<never, never>>('test.parent')
const hopeless = jobKind<Record<never, never>>('test.hopeless')

const patient = { timeout: 15_000, interval: 25 }

/** A service that does jobs, with kinds of jobs that the tests watch. */
async function working(options: Parameters<typeof serviceOnFreshDatabase>[0] = {}) {
  const lines: string[] = []
  const stream = { write: (line: string) => void lines.push(line) }
  const logs = { level: 'info', stream }
  const service = await serviceOnFreshDatabase({ workers: true, logs, ...options })
  const { jobs } = service
  jobs.handle(label, {
    conclude: async (transaction, job) => {
      const row = { tenant_id: job.tenantId, name: job.arguments.name }
      await transaction.insertInto('labels').values(row).execute()
      return 'labelled'
    },
  })
  jobs.handle(flaky, {
    perform: async (job) => {
      if (job.attempt <= job.arguments.failures) throw new JobFailure(`failed ${job.attempt}`)
    },
    conclude: async () => 'done at last',
  })
  jobs.handle(hopeless, {
    perform: async () => {
      throw new JobFailure('there is no hope', { final: true })
    },
    conclude: async () => 'never',
  })
  jobs.handle(parent, {
    conclude: async (transaction, job) => {
      await jobs.enqueue(transaction, job, label, { name: 'of nobody' })
      throw new JobFailure('rolled back', { final: true })
    },
  })
  return { ...service, lines }
}

const entries = async ({ database }: RunningService) =>
  (await database.pool.query('SELECT key, payload, run_at FROM graphile_worker._private_jobs')).rows

const jobOf = async ({ admin }: TenantInService, id: string) => (await admin(`GET /jobs/${id}`)).json
const labelsOf = async ({ admin }: TenantInService) =>
  (await admin('GET /labels')).json.items.map(({ name }: { name: string }) => name)

/** Whether all that is in the queue waits for another time. */
const postponed = async ({ database }: RunningService) => {
  const { rows } = await database.pool.query(`
    SELECT count(*) > 0 AND bool_and(locked_at IS NULL AND run_at > now() + interval '10 seconds') AS postponed
    FROM graphile_worker._private_jobs`)
  return rows[0]!['postponed']
}

/** As if the time had come at which everything in the queue is due. */
const hasten = ({ database }: RunningService) =>
  database.pool.query('UPDATE graphile_worker._private_jobs SET run_at = now() WHERE locked_at IS NULL')

describe.each(['team', 'business', 'enterprise'] as const)('a job on the plan %s', (plan) => {
  let service: Awaited<ReturnType<typeof working>>
  let acme: TenantInService
  let rival: TenantInService
  beforeAll(async () => {
    service = await working({ plan })
    acme = await service.tenant('acme')
    rival = await service.tenant('rival')
  })

  it('is done in its tenant, once, and the queue knows nothing of it but where it is', async () => {
    const id = await service.jobs.submit({ tenantId: acme.id, userId: acme.adminId }, label, { name: 'made' })
    await expect
      .poll(() => jobOf(acme, id), patient)
      .toMatchObject({
        kind: 'test.label',
        state: 'succeeded',
        outcome: 'labelled',
        attempts: 1,
        askedBy: acme.adminId,
      })
    expect(await labelsOf(acme)).toEqual(['made'])
    expect(await labelsOf(rival)).toEqual([])
    await expect.poll(() => entries(service), patient).toEqual([])
  })

  it('is of its own tenant, for whoever asks', async () => {
    const id = await service.jobs.submit({ tenantId: acme.id }, label, { name: 'own' })
    const nobody = randomUUID()
    for (const route of ['GET /jobs/:id', 'POST /jobs/:id/cancel']) {
      const foreign = await rival.admin(route.replace(':id', id))
      const missing = await rival.admin(route.replace(':id', nobody))
      expect(foreign.status).toBe(404)
      expect(foreign.text).toBe(missing.text)
    }
    expect((await rival.admin('GET /jobs?limit=100')).text).not.toContain(id)
    expect((await acme.admin('GET /jobs?limit=100')).text).toContain(id)
    expect((await acme.member('GET /jobs')).status).toBe(403)
  })

  it('is not there when the transaction that asked for it is rolled back', async () => {
    const id = await service.jobs.submit({ tenantId: acme.id }, parent, {})
    await expect
      .poll(() => jobOf(acme, id), patient)
      .toMatchObject({ state: 'failed', outcome: 'rolled back' })
    const { json } = await acme.admin('GET /jobs?limit=100&kind=test.label')
    if (plan !== 'enterprise') expect(await entries(service)).toEqual([])
    await expect
      .poll(async () => {
        await hasten(service)
        return entries(service)
      }, patient)
      .toEqual([])
    expect((await acme.admin('GET /jobs?limit=100&kind=test.label')).json.total).toBe(json.total)
    expect(await labelsOf(acme)).not.toContain('of nobody')
  }, 30_000)

  it('that failed is tried again, and what it says of its failures is shown', async () => {
    const id = await service.jobs.submit({ tenantId: acme.id }, flaky, { failures: 2 })
    await expect.poll(() => jobOf(acme, id), patient).toMatchObject({ state: 'succeeded', attempts: 3 })
    const worse = await service.jobs.submit({ tenantId: acme.id }, flaky, { failures: 3 })
    await expect
      .poll(() => jobOf(acme, worse), patient)
      .toMatchObject({ state: 'failed', attempts: 3, outcome: 'failed 3' })
    await expect.poll(() => entries(service), patient).toEqual([])
  })

  it('that was given up is a dead letter until the operator tries it again', async () => {
    const id = await service.jobs.submit({ tenantId: acme.id }, hopeless, {})
    const letter = { id, tenantId: acme.id, kind: 'test.hopeless', attempts: 1 }
    const letters = async () => (await service.operator('GET /operator/dead-letters?sort=-diedAt')).json.items
    await expect.poll(letters, patient).toContainEqual(expect.objectContaining(letter))
    const retry = `POST /operator/tenants/${acme.id}/jobs/${id}/retry`
    expect((await service.operator(retry)).status).toBe(202)
    await expect.poll(() => jobOf(acme, id), patient).toMatchObject({ state: 'failed', attempts: 1 })
    await expect.poll(letters, patient).toContainEqual(expect.objectContaining(letter))
    const foreign = `POST /operator/tenants/${rival.id}/jobs/${id}/retry`
    expect((await service.operator(foreign)).status).toBe(404)
  })

  it('waits while its tenant is suspended, and says so', async () => {
    await service.operator(`POST /operator/tenants/${acme.id}/suspend`)
    const id = await service.jobs.submit({ tenantId: acme.id }, label, { name: 'patient' })
    await expect.poll(() => postponed(service), patient).toBe(true)
    await hasten(service)
    // It has waited once more before the tenant is back: what is due already would run at once.
    await expect.poll(() => postponed(service), patient).toBe(true)
    await service.operator(`POST /operator/tenants/${acme.id}/resume`)
    expect(await jobOf(acme, id)).toMatchObject({
      state: 'queued',
      attempts: 0,
      outcome: 'waits, for the tenant is suspended',
    })
    await expect
      .poll(async () => {
        await hasten(service)
        return jobOf(acme, id)
      }, patient)
      .toMatchObject({ state: 'succeeded', attempts: 1 })
  })

  it('leaves the queue with its tenant', async () => {
    const leaving = await service.tenant('leaving')
    await service.operator(`POST /operator/tenants/${leaving.id}/suspend`)
    await service.jobs.submit({ tenantId: leaving.id }, label, { name: 'late' })
    await expect.poll(() => postponed(service), patient).toBe(true)
    expect((await service.operator(`DELETE /operator/tenants/${leaving.id}`)).status).toBe(204)
    await expect.poll(() => entries(service), patient).toEqual([])
  })
})

describe('a job', () => {
  let service: Awaited<ReturnType<typeof working>>
  let acme: TenantInService
  let rival: TenantInService
  beforeAll(async () => {
    service = await working()
    acme = await service.tenant('acme')
    rival = await service.tenant('rival')
  })

  const add = (payload: unknown) =>
    service.jobs.queue.pool.query('SELECT FROM graphile_worker.add_job($1, $2)', [
      'tenantJob',
      JSON.stringify(payload),
    ])

  it('is refused when its ticket was not signed for it, whoever put it into the queue', async () => {
    await service.operator(`POST /operator/tenants/${acme.id}/suspend`)
    const jobId = await service.jobs.submit({ tenantId: acme.id }, label, { name: 'stolen' })
    const theirs = await service.jobs.submit({ tenantId: rival.id }, label, { name: 'theirs' })
    await expect.poll(() => jobOf(rival, theirs), patient).toMatchObject({ state: 'succeeded' })
    await expect.poll(() => postponed(service), patient).toBe(true)
    const [{ payload }] = (await entries(service)) as [{ payload: Record<string, string> }]
    const other = new Tickets(randomBytes(32)).sign(rival.id, jobId)
    const forged = [
      { ...payload, tenantId: rival.id },
      { ...payload, jobId: theirs },
      { tenantId: rival.id, jobId },
      other,
      { ...other, signature: '' },
      {},
      null,
      'ticket',
    ]
    const refused = () => service.lines.filter((line) => line.includes('forged ticket')).length
    const before = refused()
    for (const ticket of forged) await add(ticket)
    await expect.poll(refused, patient).toBe(before + forged.length)
    expect(service.lines.join('')).not.toContain(rival.id)
    expect(await labelsOf(rival)).toEqual(['theirs'])
    expect((await entries(service)).length).toBe(1)
    await service.operator(`POST /operator/tenants/${acme.id}/resume`)
    await hasten(service)
    await expect.poll(() => jobOf(acme, jobId), patient).toMatchObject({ state: 'succeeded' })
  })

  it('is not done again for a ticket that is played back', async () => {
    const id = await service.jobs.submit({ tenantId: acme.id }, label, { name: 'once' })
    await expect.poll(() => jobOf(acme, id), patient).toMatchObject({ state: 'succeeded' })
    const { rows } = await service.database.pool.query('SELECT signature FROM jobs WHERE id = $1', [id])
    await add({ tenantId: acme.id, jobId: id, signature: rows[0]!['signature'] })
    await expect.poll(() => entries(service), patient).toEqual([])
    expect(await jobOf(acme, id)).toMatchObject({ attempts: 1 })
    expect((await labelsOf(acme)).filter((name: string) => name === 'once')).toHaveLength(1)
  })

  it('that was cancelled is not done; one that is over is not cancelled', async () => {
    await service.operator(`POST /operator/tenants/${acme.id}/suspend`)
    const id = await service.jobs.submit({ tenantId: acme.id }, label, { name: 'unwanted' })
    await expect.poll(() => postponed(service), patient).toBe(true)
    await service.operator(`POST /operator/tenants/${acme.id}/resume`)
    for (const _ of ['first', 'again']) {
      expect(await acme.admin(`POST /jobs/${id}/cancel`)).toMatchObject({
        status: 200,
        json: { state: 'cancelled' },
      })
    }
    await hasten(service)
    await expect.poll(() => entries(service), patient).toEqual([])
    expect(await labelsOf(acme)).not.toContain('unwanted')
    const done = await service.jobs.submit({ tenantId: acme.id }, label, { name: 'wanted' })
    await expect.poll(() => jobOf(acme, done), patient).toMatchObject({ state: 'succeeded' })
    expect((await acme.admin(`POST /jobs/${done}/cancel`)).status).toBe(409)
  })

  it('follows a tenant that moved, and waits while it is on its way', async () => {
    const moving = await service.tenant('moving')
    await arrange(service, moving.id, `UPDATE tenants SET fenced_at = now() WHERE id = '${moving.id}'`)
    const { rows } = await service.database.pool.query('SELECT 1 FROM tenants WHERE fenced_at IS NOT NULL')
    expect(rows).toHaveLength(1)
    const asking = service.jobs.submit({ tenantId: moving.id }, label, { name: 'moved' })
    await arrange(service, moving.id, `UPDATE tenants SET fenced_at = NULL WHERE id = '${moving.id}'`)
    await asking
    await service.operator(`POST /operator/tenants/${moving.id}/suspend`)
    const id = await service.jobs.submit({ tenantId: moving.id }, label, { name: 'carried' })
    await service.operator(`POST /operator/tenants/${moving.id}/move`, { body: { tier: 'database' } })
    await expect
      .poll(
        async () => (await service.operator(`GET /operator/tenants/${moving.id}/moves`)).json.items[0].phase,
        patient,
      )
      .toBe('done')
    await service.operator(`POST /operator/tenants/${moving.id}/resume`)
    await expect
      .poll(async () => {
        await hasten(service)
        return jobOf(moving, id)
      }, patient)
      .toMatchObject({ state: 'succeeded' })
    expect((await labelsOf(moving)).sort()).toEqual(['carried', 'moved'])
  }, 30_000)
})

describe('the roles', () => {
  it('of the queue reaches into no tenant; that of tenants into no queue, but for a job of the acting tenant', async () => {
    const service = await serviceOnFreshDatabase()
    const [acme, rival] = [await service.tenant('acme'), await service.tenant('rival')]
    const worker = openPool(roleUrl(service.database.url, workerRole), 1)
    const { rows } = await service.database.pool.query(`
      SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname IN ('public', 'control') AND c.relkind IN ('r', 'p', 'v', 'S')
        AND has_table_privilege('tracker_worker', c.oid, 'SELECT, INSERT, UPDATE, DELETE')`)
    expect(rows).toEqual([])
    await expect(worker.query('SELECT FROM public.jobs')).rejects.toThrow(/permission denied/)
    await worker.end()
    const app = openPool(roleUrl(service.database.url, appRole), 1)
    await expect(app.query('SELECT FROM graphile_worker.jobs')).rejects.toThrow(/permission denied/)
    await app.query(`SELECT set_config('app.tenant_id', $1, false)`, [acme.id])
    const enqueue = 'SELECT queue.enqueue($1, $2, $3)'
    await expect(app.query(enqueue, [rival.id, randomUUID(), 'x'])).rejects.toThrow(/a job of another tenant/)
    await app.query(enqueue, [acme.id, randomUUID(), 'x'])
    await app.end()
  })
})

describe('tickets', () => {
  const tickets = new Tickets(randomBytes(32))
  const id = fc.uuid()

  check.prop([id, id])('are taken as they were signed', (tenantId, jobId) => {
    const ticket = tickets.sign(tenantId, jobId)
    expect(tickets.verify(structuredClone(ticket))).toEqual(ticket)
  })

  check.prop([id, id, fc.constantFrom('tenantId', 'jobId', 'signature'), fc.nat(), fc.nat(15)])(
    'are refused with one letter changed',
    (tenantId, jobId, field, place, letter) => {
      const ticket = tickets.sign(tenantId, jobId)
      const text = ticket[field as keyof typeof ticket]
      // The last letter of the signature has bits that stand for nothing.
      const at = place % (text.length - 1)
      const changed = `${text.slice(0, at)}${letter.toString(16)}${text.slice(at + 1)}`
      fc.pre(changed !== text)
      expect(() => tickets.verify({ ...ticket, [field]: changed })).toThrow(ForgedTicket)
    },
  )

  check.prop([fc.anything()])('are nothing else', (payload) => {
    expect(() => tickets.verify(payload)).toThrow(ForgedTicket)
  })
})

check.prop([fc.integer({ min: 1, max: 60 })])('pauses grow from seconds to hours', (attempts) => {
  const pause = backOff(attempts)
  expect(pause).toBeGreaterThanOrEqual(1600)
  expect(pause).toBeLessThanOrEqual(1.2 * 6 * 60 * 60 * 1000)
})
