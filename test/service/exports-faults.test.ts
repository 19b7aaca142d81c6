import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, expect, it } from 'vitest'
import { bytesUsed } from '../support/attachments.ts'
import { archiveOf, ask, attempt } from '../support/exports.ts'
import type { FreshDatabase } from '../support/postgres.ts'
import { fill } from '../support/recovery.ts'
import { serve } from '../support/service-process.ts'
import { serviceOnFreshDatabase } from '../support/service.ts'

const patient = { timeout: 60_000, interval: 50 }
const lock = 4712

const directories: string[] = []
afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true })
})

/** Somewhere in an export at which whoever writes it can be made to wait. */
interface Step {
  readonly name: string
  /** Makes them wait, for as long as the client holds what it takes. */
  readonly close: (client: pg.Client) => Promise<unknown>
  readonly open: (client: pg.Client) => Promise<unknown>
  /** What whoever is killed there has left. */
  readonly left: { readonly state: 'waiting' | 'ready'; readonly archives: number; readonly drafts: number }
}

/** A trigger whose work waits until the client lets its lock go. */
const gate = (table: string, event: string): Pick<Step, 'close' | 'open'> => ({
  close: async (client) => {
    await client.query(`
      CREATE FUNCTION public.wait_at_gate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock(${lock});
        RETURN coalesce(NEW, OLD);
      END $$;
      CREATE TRIGGER gate BEFORE ${event} ON ${table} FOR EACH ROW EXECUTE FUNCTION public.wait_at_gate()`)
    await client.query(`SELECT pg_advisory_lock(${lock})`)
  },
  open: async (client) => {
    await client.query(`SELECT pg_advisory_unlock(${lock})`)
    await client.query(`DROP TRIGGER gate ON ${table}; DROP FUNCTION public.wait_at_gate()`)
  },
})

const steps: readonly Step[] = [
  {
    name: 'the rows are read and the archive is half written',
    // Read behind others, and before it no table that the request needs.
    close: (client) => client.query('BEGIN; LOCK TABLE public.task_labels IN ACCESS EXCLUSIVE MODE'),
    open: (client) => client.query('COMMIT'),
    left: { state: 'waiting', archives: 0, drafts: 1 },
  },
  {
    name: 'the archive is whole and no row names it',
    ...gate('public.exports', 'UPDATE'),
    left: { state: 'waiting', archives: 1, drafts: 0 },
  },
  {
    name: 'the row names it and the queue has not heard of it',
    ...gate('graphile_worker._private_jobs', 'DELETE'),
    left: { state: 'ready', archives: 1, drafts: 0 },
  },
]

/** In this database: others are copies of the same one, with the same ids of tables. */
const waiting = `FROM pg_locks
  WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (objid = ${lock} OR relation = 'public.task_labels'::regclass)`

/** Resolves when somebody else waits for what the client holds. */
async function somebodyWaits({ pool }: FreshDatabase): Promise<void> {
  const waits = async () => (await pool.query(`SELECT ${waiting}`)).rows.length
  await expect.poll(waits, patient).toBeGreaterThan(0)
}

/** PostgreSQL learns late that nobody hears the answer any more: what it was asked last would be done all the same. */
async function endWaiting({ pool }: FreshDatabase): Promise<void> {
  await pool.query(`SELECT pg_terminate_backend(pid, 10000) ${waiting}`)
}

it.each(steps)(
  'a service that is killed when $name is followed by one that ends the export, once',
  async ({ close, open, left }) => {
    const objectDirectory = await mkdtemp(join(tmpdir(), 'exports-'))
    directories.push(objectDirectory)
    const service = await serviceOnFreshDatabase({ objectDirectory })
    const acme = await service.tenant('acme')
    await fill(acme, service.operator)
    const used = await bytesUsed(acme)
    const files = async (): Promise<{ archives: number; drafts: number }> => {
      const names = await readdir(join(objectDirectory, acme.id, 'exports')).catch((): string[] => [])
      const drafts = names.filter((name) => name.endsWith('.draft')).length
      return { archives: names.length - drafts, drafts }
    }
    const holder = new pg.Client({ connectionString: service.database.url })
    await holder.connect()
    await close(holder)
    const killed = await serve(service.database.url, { OBJECT_DIRECTORY: objectDirectory })
    const { id } = await ask(acme)
    await somebodyWaits(service.database)
    killed.child.kill('SIGKILL')
    await once(killed.child, 'exit')
    await endWaiting(service.database)
    await open(holder)
    await holder.end()
    const queued = () => service.jobs.queue.count({ tenantId: acme.id })
    const seen = async () => (await acme.admin(`GET /exports/${id}`)).json
    expect({ state: (await seen()).state, ...(await files()) }).toEqual(left)
    expect(await queued()).toBe(1)

    const next = await serve(service.database.url, { OBJECT_DIRECTORY: objectDirectory })
    await expect.poll(async () => [(await seen()).state, await queued()], patient).toEqual(['ready', 0])
    next.child.kill('SIGTERM')
    await once(next.child, 'exit')
    const { size } = await seen()
    expect((await archiveOf(acme, id)).text).toHaveLength(size)
    expect(await bytesUsed(acme)).toBe(used + size)
    expect(await service.quotaJobs.recount({ tenantId: acme.id })).toEqual({})

    // What the killed one left is nobody's, and goes.
    const later = new Date(Date.now() + 60_000)
    const swept = await service.exportJobs.sweep({ tenantId: acme.id }, later)
    expect(swept).toEqual({ expired: 0, objects: left.state === 'waiting' ? left.archives : 0 })
    expect((await service.attachmentJobs.sweep({ tenantId: acme.id }, later)).drafts).toBe(left.drafts)
    expect(await files()).toEqual({ archives: 1, drafts: 0 })
    expect((await archiveOf(acme, id)).text).toHaveLength(size)
  },
  200_000,
)

it('an attempt that was overtaken leaves the archive of the other one as it is', async () => {
  const objectDirectory = await mkdtemp(join(tmpdir(), 'exports-'))
  directories.push(objectDirectory)
  const service = await serviceOnFreshDatabase({ objectDirectory })
  const acme = await service.tenant('acme')
  const { id, job } = await ask(acme)
  const holder = new pg.Client({ connectionString: service.database.url })
  await holder.connect()
  await holder.query('BEGIN; LOCK TABLE public.task_labels IN ACCESS EXCLUSIVE MODE')
  const attempts = [attempt(service, acme, job)]
  await somebodyWaits(service.database)
  attempts.push(attempt(service, acme, job))
  await expect.poll(async () => (await acme.admin(`GET /jobs/${job}`)).json.attempts, patient).toBe(2)
  await holder.query('COMMIT')
  await holder.end()
  await Promise.all(attempts)
  const { size, sha256 } = (await acme.admin(`GET /exports/${id}`)).json
  const { headers, text } = await acme.admin(`GET /exports/${id}/archive`)
  expect([headers['etag'], text.length]).toEqual([`"${sha256}"`, size])
  expect(await bytesUsed(acme)).toBe(size)
  const later = new Date(Date.now() + 60_000)
  expect(await service.exportJobs.sweep({ tenantId: acme.id }, later)).toEqual({ expired: 0, objects: 1 })
  expect((await acme.admin(`GET /exports/${id}/archive`)).text).toBe(text)
}, 60_000)
