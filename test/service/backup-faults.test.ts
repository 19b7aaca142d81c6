import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migratedDatabase } from '../support/migrated-database.ts'
import { latestOver, restored } from '../support/recovery.ts'
import { serve, type ServiceProcess } from '../support/service-process.ts'
import type { Ask } from '../support/service.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recovery-'))
})
afterAll(() => rm(directory, { recursive: true }))

const operatorToken = 'operator-of-a-service-that-is-killed'

async function start(url: string, kept: Readonly<Record<string, string>>) {
  return serve(url, { OPERATOR_TOKEN: operatorToken, ...kept })
}

/** Keys and backups that outlive a process. */
async function keeping() {
  const place = await mkdtemp(join(directory, 'service-'))
  return {
    TENANT_KEY_DIRECTORY: join(place, 'keys'),
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    BACKUP_DIRECTORY: join(place, 'backups'),
  }
}

async function populate(operator: Ask, plan: string) {
  const members = [{ name: 'Ada', email: 'a@example.org', role: 'admin' }]
  const { json } = await operator('POST /operator/tenants', {
    body: { slug: 'victim', name: 'V', plan, members },
  })
  const tasks = Array.from({ length: 100 }, (_, index) => ({ title: `Task ${index}` }))
  const projects = Array.from({ length: 40 }, (_, index) => ({ slug: `p-${index}`, name: 'P', tasks }))
  await operator(`POST /operator/tenants/${json.id}/import`, { body: { projects } })
  return { id: json.id as string, token: json.members[0].token as string }
}

async function killed({ child }: ServiceProcess) {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

async function stopped({ child }: ServiceProcess) {
  child.kill('SIGTERM')
  await once(child, 'exit')
}

const totals = async (operator: Ask, service: ServiceProcess, id: string) => {
  const [{ token }] = (await operator(`GET /operator/tenants/${id}`)).json.members
  const ask = service.ask(token)
  return [(await ask('GET /tasks?limit=1')).json.total, (await ask('GET /projects?limit=1')).json.total]
}

describe.each(['team', 'business', 'enterprise'])(
  'a service that is killed, with a tenant on the plan %s',
  (plan) => {
    it('goes on with backup and restore where it was, and does what it does once', async () => {
      const { url, pool } = await migratedDatabase()
      const kept = await keeping()
      let service = await start(url, kept)
      let operator = service.ask(operatorToken)
      const { id } = await populate(operator, plan)
      const backups = `/operator/tenants/${id}/backups`
      await operator(`POST ${backups}`)
      await delay(30)
      await killed(service)
      service = await start(url, kept)
      operator = service.ask(operatorToken)
      const backup = await latestOver(operator, backups, 'state', ['complete', 'failed'])
      expect(backup).toMatchObject({ state: 'complete', failure: null })
      const { point } = (await operator(`POST /operator/tenants/${id}/recovery-points`)).json

      for (const milliseconds of [50, 400, 900]) {
        const ask = service.ask((await operator(`GET /operator/tenants/${id}`)).json.members[0].token)
        const [doomed] = (await ask('GET /projects?limit=1')).json.items
        expect((await ask(`DELETE /projects/${doomed.id}`)).status).toBe(204)
        expect(
          (await operator(`POST /operator/tenants/${id}/restore`, { body: { point, mode: 'swap' } })).status,
        ).toBe(202)
        await delay(milliseconds)
        await killed(service)
        service = await start(url, kept)
        operator = service.ask(operatorToken)
        expect(await restored(operator, { id })).toMatchObject({ phase: 'done', failure: null })
        expect(await totals(operator, service, id)).toEqual([4000, 40])
      }

      const ask = service.ask((await operator(`GET /operator/tenants/${id}`)).json.members[0].token)
      await ask('POST /projects', { body: { slug: 'since', name: 'Since' } })
      // As a service leaves it that is killed when the tenant's rows are restored and the journal does not know it yet.
      await pool.query(
        `UPDATE control.restores SET phase = 'loading' WHERE id = (SELECT id FROM control.restores ORDER BY started_at DESC LIMIT 1)`,
      )
      await killed(service)
      service = await start(url, kept)
      operator = service.ask(operatorToken)
      expect(await restored(operator, { id })).toMatchObject({ phase: 'done', failure: null })
      expect(await totals(operator, service, id)).toEqual([4000, 41])
      await stopped(service)
    }, 120_000)
  },
)

it('connections that PostgreSQL ends are no end of a backup or a restore', async () => {
  const { url, pool, name } = await migratedDatabase()
  const kept = await keeping()
  const service = await start(url, kept)
  const operator = service.ask(operatorToken)
  const { id } = await populate(operator, 'team')
  const cut = () =>
    pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND pid <> pg_backend_pid() AND usename LIKE 'tracker%'`,
    )
  const backups = `/operator/tenants/${id}/backups`
  await operator(`POST ${backups}`)
  await delay(40)
  await cut()
  const lenient: Ask = async (request, options) => {
    for (;;) {
      const answer = await operator(request, options)
      if (answer.status < 500) return answer
      await delay(50)
    }
  }
  expect(await latestOver(lenient, backups, 'state', ['complete', 'failed'])).toMatchObject({
    state: 'complete',
  })
  const { point } = (await lenient(`POST /operator/tenants/${id}/recovery-points`)).json
  await lenient(`POST /operator/tenants/${id}/restore`, { body: { point, mode: 'swap' } })
  await delay(400)
  await cut()
  expect(await restored(lenient, { id })).toMatchObject({ phase: 'done', failure: null })
  expect(await totals(lenient, service, id)).toEqual([4000, 40])
  await stopped(service)
}, 120_000)
