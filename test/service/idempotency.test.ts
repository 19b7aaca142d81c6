import { once } from 'node:events'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { openPool } from '../../harness/postgres/connection.ts'
import { migratedDatabase } from '../support/migrated-database.ts'
import { serve } from '../support/service-process.ts'
import {
  serviceOnFreshDatabase,
  withoutLimits,
  type Answer,
  type Ask,
  type RunningService,
  type TenantInService,
} from '../support/service.ts'

const post = (ask: Ask, path: string, key: string, body?: unknown): Promise<Answer> =>
  ask(`POST ${path}`, { headers: { 'idempotency-key': key }, ...(body !== undefined && { body }) })

const shown = ({ status, text, headers }: Answer) => ({ status, text, location: headers['location'] })
const isReplay = ({ headers }: Answer) => headers['idempotent-replayed'] === 'true'

describe.each(['team', 'business', 'enterprise'] as const)(
  'a request that is sent again, on the plan %s',
  (plan) => {
    let service: RunningService
    let acme: TenantInService
    let rival: TenantInService
    let second: TenantInService

    beforeAll(async () => {
      service = await serviceOnFreshDatabase({ plan, poolSize: 8 })
      acme = await service.tenant('acme')
      rival = await service.tenant('rival')
      second = await service.tenant('second')
      for (const tenant of [acme, rival, second]) await withoutLimits(service, tenant)
    })

    it('is answered as before, by every route that makes something, and does it once', async () => {
      const { admin } = acme
      const { json: project } = await admin('POST /projects', { body: { slug: 'base', name: 'Base' } })
      const { json: task } = await admin(`POST /projects/${project.id}/tasks`, { body: { title: 'Base' } })
      const lines = [{ description: 'Work', quantity: 1, unitCents: 1 }]
      const invoice = { customer: 'Customer', currency: 'EUR', lines }
      const { json: draft } = await admin('POST /invoices', { body: invoice })
      const requests: readonly [path: string, list: string | null, body?: object][] = [
        ['/projects', '/projects', { slug: 'again', name: 'Again' }],
        [`/projects/${project.id}/tasks`, '/tasks', { title: 'Again' }],
        [`/tasks/${task.id}/comments`, `/tasks/${task.id}/comments`, { body: 'Again' }],
        ['/invoices', '/invoices', invoice],
        [`/invoices/${draft.id}/issue`, null],
        ['/users', '/users', { name: 'Eve', email: 'eve@example.org', role: 'guest' }],
        ['/api-keys', '/api-keys', { name: 'Again' }],
        ['/invitations', '/invitations', { email: 'x@example.org', role: 'guest' }],
      ]
      for (const [path, list, body] of requests) {
        const count = async () => (list === null ? 0 : (await admin(`GET ${list}`)).json.total)
        const before = await count()
        const first = await post(admin, path, '"the same for all of them"', body)
        expect(first.status, path).toBeLessThan(300)
        expect(isReplay(first), path).toBe(false)
        const again = await post(admin, path, 'the same for all of them'.replaceAll(' ', '_'), body)
        expect(again.status === first.status || again.status === 409, path).toBe(true)
        const after = await count()
        for (const key of ['"the same for all of them"', '"the same for all of them"']) {
          const replay = await post(admin, path, key, body)
          expect(isReplay(replay), path).toBe(true)
          expect(shown(replay), path).toEqual(shown(first))
        }
        expect(await count(), path).toBe(after)
        expect(after, path).toBeGreaterThanOrEqual(before)
        if (first.headers['location'] !== undefined) {
          const found = await admin(`GET ${String(first.headers['location'])}`)
          expect(found.json.id, path).toBe(first.json.id)
        }
      }
    })

    it('is what a model of two tenants and four users says it is', async () => {
      const users = [acme.admin, acme.member, rival.admin, rival.member]
      const step = fc.record({
        user: fc.nat({ max: 3 }),
        key: fc.constantFrom('a', '"a"', 'b', 'c'),
        name: fc.constantFrom('one', 'two'),
        color: fc.boolean(),
      })
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
          run += 1
          const kept = new Map<string, { body: string; answer: ReturnType<typeof shown> }>()
          const made = new Map<string, number>()
          for (const [index, { user, key, name, color }] of steps.entries()) {
            const slug = `r${run}-${index}`
            const body = { name, status: color ? 'active' : 'archived' }
            const place = `${user} ${key.replaceAll('"', '')}`
            const known = kept.get(place)
            const sent = known === undefined ? slug : (JSON.parse(known.answer.text) as { slug: string }).slug
            const answer = await post(
              users[user]!,
              '/projects',
              `${key.replaceAll('a', `a${run}`).replaceAll('b', `b${run}`).replaceAll('c', `c${run}`)}`,
              { slug: sent, ...body },
            )
            if (known === undefined) {
              expect(answer.status).toBe(201)
              expect(isReplay(answer)).toBe(false)
              expect(answer.json).toMatchObject({ slug, ...body })
              kept.set(place, { body: JSON.stringify(body), answer: shown(answer) })
              made.set(answer.json.id, user)
            } else if (known.body === JSON.stringify(body)) {
              expect(isReplay(answer)).toBe(true)
              expect(shown(answer)).toEqual(known.answer)
            } else expect(answer.status).toBe(422)
          }
          for (const [tenant, ask] of [acme.admin, rival.admin].entries()) {
            const own = [...made].filter(([, user]) => Math.floor(user / 2) === tenant).map(([id]) => id)
            const { json } = await ask('GET /projects?limit=100&sort=-createdAt')
            const ids = json.items
              .filter(({ slug }: { slug: string }) => slug.startsWith(`r${run}-`))
              .map(({ id }: { id: string }) => id)
            expect(ids.sort()).toEqual(own.sort())
          }
        }),
        { numRuns: plan === 'team' ? 6 : 2 },
      )
    })

    it('makes one row when twenty are sent at once, and their answers are one', async () => {
      const body = { slug: 'at-once', name: 'At once' }
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => post(second.member, '/projects', 'at-once', body)),
      )
      const made = answers.filter(({ status }) => status === 201)
      const refused = answers.filter(({ status }) => status !== 201)
      expect(made.filter((answer) => !isReplay(answer))).toHaveLength(1)
      expect(new Set(made.map((answer) => JSON.stringify(shown(answer)))).size).toBe(1)
      expect(refused.every(({ status }) => status === 409)).toBe(true)
      expect((await second.member('GET /projects')).json.total).toBe(1)
      expect((await second.admin('GET /activity?kind=project.created')).json.items).toHaveLength(1)
      expect(isReplay(await post(second.member, '/projects', 'at-once', body))).toBe(true)
    })

    it('is another one under another key, of another user or operation, and in another tenant', async () => {
      const body = { name: 'Name', slug: 'shared' }
      const first = await post(acme.member, '/projects', 'shared', body)
      const reordered = await post(acme.member, '/projects', 'shared', { slug: 'shared', name: 'Name' })
      expect(shown(reordered)).toEqual(shown(first))
      expect((await post(acme.member, '/projects', 'shared', { ...body, name: 'Other' })).status).toBe(422)
      expect((await post(acme.admin, '/projects', 'shared', body)).status).toBe(409)
      expect((await post(acme.member, '/projects', 'other', body)).status).toBe(409)
      const ofRival = await post(rival.member, '/projects', 'shared', body)
      expect(ofRival.status).toBe(201)
      expect(ofRival.json.id).not.toBe(first.json.id)
      const task = await post(acme.member, `/projects/${first.json.id}/tasks`, 'shared', { title: 'Task' })
      expect(task.status).toBe(201)
      const elsewhere = await post(acme.member, `/projects/${crypto.randomUUID()}/tasks`, 'shared', {
        title: 'Task',
      })
      expect(elsewhere.status).toBe(422)
      for (const key of ['', 'a, b', '"unclosed', 'ümlaut', 'x'.repeat(256)]) {
        expect((await post(acme.member, '/projects', key, body)).status, key).toBe(400)
      }
    })

    it('that failed was not done, and may be tried again', async () => {
      const { json: project } = await acme.member('POST /projects', {
        body: { slug: 'taken', name: 'Taken' },
      })
      const body = { slug: 'taken', name: 'Mine' }
      expect((await post(acme.member, '/projects', 'retry', body)).status).toBe(409)
      await acme.member(`DELETE /projects/${project.id}`)
      const made = await post(acme.member, '/projects', 'retry', body)
      expect(made.status).toBe(201)
      expect(isReplay(made)).toBe(false)
    })

    it('asks first whether the user still may', async () => {
      const email = 'max-2@example.org'
      const { json: user } = await acme.admin('POST /users', { body: { name: 'Max', email, role: 'member' } })
      const { members } = (await service.operator(`GET /operator/tenants/${acme.id}`)).json
      const { token } = members.find(({ userId }: { userId: string }) => userId === user.id)
      const ask = service.as(token)
      const body = { slug: 'demoted', name: 'Demoted' }
      expect((await post(ask, '/projects', 'demoted', body)).status).toBe(201)
      await acme.admin(`PATCH /users/${user.id}`, { body: { role: 'guest' } })
      expect((await post(ask, '/projects', 'demoted', body)).status).toBe(403)
      await acme.admin(`DELETE /users/${user.id}`)
      expect((await post(ask, '/projects', 'demoted', body)).status).toBe(401)
    })
  },
)

describe('what is kept of an answer', () => {
  it('is sealed: neither key nor answer nor credential can be read from the database', async () => {
    const service = await serviceOnFreshDatabase()
    const acme = await service.tenant('acme')
    const rival = await service.tenant('rival')
    const { json: made } = await post(acme.admin, '/api-keys', 'a-key-to-look-for', {
      name: 'Words to look for',
    })
    const { rows } = await service.database.pool.query(
      `SELECT key_hash, request_hash, answer FROM idempotency_keys UNION ALL
       SELECT decode(substr(image->>'key_hash', 3), 'hex'), convert_to(image::text, 'UTF8'),
         decode(substr(image->>'answer', 3), 'hex')
       FROM changes WHERE relation = 'idempotency_keys'`,
    )
    expect(rows).toHaveLength(2)
    const text = rows.flatMap((row) =>
      Object.values(row).map((bytes) => (bytes as Buffer).toString('latin1')),
    )
    expect(text.join('\n')).not.toMatch(/a-key-to-look-for|Words to look for|tracker_key/)
    expect(
      (await post(acme.admin, '/api-keys', 'a-key-to-look-for', { name: 'Words to look for' })).json.token,
    ).toBe(made.token)
    // Somebody who writes to the database puts it into another tenant's rows: it names no request there, and opens for none.
    await service.database.pool.query(
      `BEGIN; SELECT set_config('app.tenant_id', '${rival.id}', true);
       INSERT INTO idempotency_keys SELECT '${rival.id}', '${rival.adminId}', operation, key_hash, request_hash, answer, expires_at
       FROM idempotency_keys WHERE tenant_id = '${acme.id}'; COMMIT`,
    )
    const theirs = await post(rival.admin, '/api-keys', 'a-key-to-look-for', { name: 'Words to look for' })
    expect(isReplay(theirs)).toBe(false)
    expect(theirs.json.token).not.toBe(made.token)
  })

  it('goes after a day: it is swept, and until then not given any more', async () => {
    let ahead = 0
    const service = await serviceOnFreshDatabase({ clock: () => Date.now() + ahead })
    const acme = await service.tenant('acme')
    const body = { email: 'x@example.org', role: 'guest' }
    const first = await post(acme.admin, '/invitations', 'daily', body)
    ahead = 24 * 60 * 60 * 1000 - 60_000
    expect(isReplay(await post(acme.admin, '/invitations', 'daily', body))).toBe(true)
    ahead += 120_000
    const next = await post(acme.admin, '/invitations', 'daily', body)
    expect(next.status).toBe(201)
    expect(isReplay(next)).toBe(false)
    expect(next.json.id).not.toBe(first.json.id)
    const kept = () => service.database.pool.query('SELECT FROM idempotency_keys')
    expect((await kept()).rowCount).toBe(1)
    const sweep = service.jobs.schedules.find(({ name }) => name === 'answers.sweep')!
    await sweep.run()
    expect((await kept()).rowCount).toBe(1)
    ahead *= 2
    await sweep.run()
    expect((await kept()).rowCount).toBe(0)
  })

  it('is left behind by no request that was killed before its commit', async () => {
    const database = await migratedDatabase()
    const environment = {
      SERVICE_KEY: Buffer.alloc(32, 7).toString('base64url'),
      OPERATOR_TOKEN: 'operator',
      AUDIT_READ_SHARE: '0',
    }
    const process = await serve(database.url, environment)
    const { json: tenant } = await process.ask('operator')('POST /operator/tenants', {
      body: {
        slug: 'acme',
        name: 'Acme',
        members: [{ name: 'Ada', email: 'ada@example.org', role: 'admin' }],
      },
    })
    const [{ token }] = tenant.members
    // The counter of activities is the last thing that a request waits for.
    const blocker = openPool(database.url, 1)
    await blocker.query(`BEGIN; SELECT FROM tenant_counters WHERE name = 'activity' FOR UPDATE`)
    const body = { slug: 'killed', name: 'Killed' }
    const headers = { 'idempotency-key': 'killed' }
    const lost = process
      .ask(token)('POST /projects', { body, headers })
      .catch(() => null)
    await expect
      .poll(async () => {
        const { rows } = await database.pool.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%tenant_counters%'`,
        )
        return rows.length
      })
      .toBe(1)
    const gone = once(process.child, 'exit')
    process.child.kill('SIGKILL')
    await gone
    expect(await lost).toBeNull()
    await blocker.query('ROLLBACK')
    await blocker.end()
    const next = await serve(database.url, environment)
    try {
      const ask = next.ask(token)
      expect((await ask('GET /projects')).json.total).toBe(0)
      const made = await ask('POST /projects', { body, headers })
      expect(made.status).toBe(201)
      expect((await ask('POST /projects', { body, headers })).text).toBe(made.text)
      expect((await ask('GET /projects')).json.total).toBe(1)
    } finally {
      next.child.kill('SIGKILL')
    }
  })
})
