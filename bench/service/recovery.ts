/**
 * `npm run bench:service -- recovery`: how long a tenant of 100,000 rows in the shared tables takes to be backed up and restored, what is lost of what
 * was committed, and what the log of changes costs on writes.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { openOwnerSession } from '../../fixtures/service/database.ts'
import { median } from './figures.ts'
import { populated } from './populated.ts'

const rows = 100_000
/** What one import takes. */
const part = 5000
const { service, databaseUrl, tenants, close } = await populated({ tenants: 2, tasks: part })
const [{ context, token }] = tenants as [(typeof tenants)[0]]
const { tenantId } = context

async function ask<Answer>(
  method: 'GET' | 'POST',
  url: string,
  as: string,
  payload?: object,
): Promise<Answer> {
  const headers = { authorization: `Bearer ${as}` }
  const answer = await service.app.inject({ method, url, headers, ...(payload && { payload }) })
  if (answer.statusCode >= 300)
    throw new Error(`${method} ${url} answered ${answer.statusCode}: ${answer.body}`)
  return answer.json() as Answer
}

const operator = <Answer>(method: 'GET' | 'POST', path: string, payload?: object) =>
  ask<Answer>(method, `/operator/tenants/${tenantId}/${path}`, service.operatorToken, payload)

/** Milliseconds until the latest of a list says that it is over. */
async function timed(list: 'backups' | 'restores', begin: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await begin()
  for (;;) {
    const [latest] = (
      await operator<{ items: { state?: string; phase?: string; failure: string | null }[] }>('GET', list)
    ).items
    if (latest!.failure !== null) throw new Error(latest!.failure)
    if (latest!.state === 'complete' || latest!.phase === 'done') return performance.now() - started
    await delay(20)
  }
}

for (let imported = part; imported < rows; imported += part) {
  const tasks = Array.from({ length: part }, (_, index) => ({ title: `Task ${index}` }))
  await operator('POST', 'import', { projects: [{ slug: `part-${imported}`, name: 'Part', tasks }] })
}
const backedUp = await timed('backups', () => operator('POST', 'backups'))
const written = 300
for (let index = 0; index < written; index += 1) {
  await ask('POST', '/projects', token, { slug: `since-${index}`, name: 'Since' })
}
const { point } = await operator<{ point: string }>('POST', 'recovery-points')

const owner = await openOwnerSession(databaseUrl)
await owner.query(`SELECT set_config('app.tenant_id', $1, false)`, [tenantId])
await owner.query(`DELETE FROM projects WHERE tenant_id = $1`, [tenantId])
const restored = await timed('restores', () => operator('POST', 'restore', { point, mode: 'swap' }))
const [count] = await owner.query(
  `SELECT (SELECT count(*) FROM tasks WHERE tenant_id = $1)::int AS tasks,
    (SELECT count(*) FROM projects WHERE tenant_id = $1 AND slug LIKE 'since-%')::int AS since`,
  [tenantId],
)
if (count!['tasks'] !== rows) throw new Error(`${String(count!['tasks'])} of ${rows} rows came back`)
console.log(
  `recovery: ${rows} rows backed up in ${(backedUp / 1000).toFixed(1)} s, restored in ${(restored / 1000).toFixed(1)} s (goal 30 s)`,
)
console.log(
  `recovery point: ${written - Number(count!['since'])} of ${written} writes lost that were committed after the backup`,
)

/** Writes per second, as the owner of the tables would change them for an application. */
async function rate(): Promise<number> {
  const started = performance.now()
  for (let index = 0; index < 400; index += 1) {
    await ask('POST', '/projects', token, {
      slug: `rate-${started.toFixed(3).replace('.', '-')}-${index}`,
      name: 'Rate',
    })
  }
  return 400 / ((performance.now() - started) / 1000)
}

async function triggers(state: 'ENABLE' | 'DISABLE'): Promise<void> {
  for (const name of ['log_insert', 'log_update', 'log_delete']) {
    await owner.query(`ALTER TABLE projects ${state} TRIGGER ${name}`)
  }
}

const ratios: number[] = []
await rate()
for (let round = 0; round < 5; round += 1) {
  const logged = await rate()
  await triggers('DISABLE')
  const bare = await rate()
  await triggers('ENABLE')
  ratios.push(bare / logged)
}
console.log(
  `log of changes: a write with its triggers takes ${median(ratios).toFixed(2)} times as long as without (median of ${ratios.length})`,
)
await owner.close()
await close()
