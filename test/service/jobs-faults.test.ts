import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { jobKind } from '../../fixtures/service/jobs/kind.ts'
import { compiled } from '../support/compiled.ts'
import { serviceOnFreshDatabase } from '../support/service.ts'

const program = join(import.meta.dirname, '../support/slow-jobs.ts')
const slow = jobKind<{ readonly name: string; readonly milliseconds: number }>('test.slow')

/** A process that does jobs. */
async function worker(databaseUrl: string) {
  const child = spawn(process.execPath, [...(await compiled(program)), databaseUrl], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout! })
  const performing = new Promise<void>((resolve) =>
    lines.on('line', (line) => line.startsWith('performing') && resolve()),
  )
  await once(lines, 'line')
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await once(child, 'exit')
  }
  return { performing, end }
}

it.each(['team', 'enterprise'] as const)(
  'on the plan %s, jobs survive processes that are killed while they do them, and take effect once',
  async (plan) => {
    const service = await serviceOnFreshDatabase({ plan })
    const acme = await service.tenant('acme')
    const names = Array.from({ length: 12 }, (_, index) => `job-${index}`)
    for (const name of names) {
      await service.jobs.submit({ tenantId: acme.id }, slow, { name, milliseconds: 150 })
    }
    for (const after of [20, 250]) {
      const { performing, end } = await worker(service.database.url)
      await performing
      await delay(after)
      await end('SIGKILL')
    }
    const last = await worker(service.database.url)
    const states = async () => (await acme.admin('GET /jobs?limit=100')).json.items
    await expect
      .poll(async () => (await states()).filter(({ state }: { state: string }) => state !== 'succeeded'), {
        timeout: 90_000,
        interval: 200,
      })
      .toEqual([])
    expect(await states()).toHaveLength(names.length)
    const { json } = await acme.admin('GET /labels?limit=100')
    const made = json.items.map(({ name }: { name: string }) => name.split(' ')[0])
    expect(made.sort()).toEqual(names.toSorted())
    // Some had been begun by a process that was killed.
    const attempts = (await states()).map((job: { attempts: number }) => job.attempts)
    expect(Math.max(...attempts)).toBeGreaterThan(1)
    await last.end('SIGTERM')
    expect(await service.jobs.queue.depth()).toMatchObject({ waiting: 0 })
  },
  180_000,
)

it('a process that is told to stop ends what it does and leaves the rest to the next one', async () => {
  const service = await serviceOnFreshDatabase()
  const acme = await service.tenant('acme')
  for (let index = 0; index < 8; index += 1) {
    await service.jobs.submit({ tenantId: acme.id }, slow, { name: `job-${index}`, milliseconds: 200 })
  }
  const first = await worker(service.database.url)
  await first.performing
  await first.end('SIGTERM')
  const jobs = (await acme.admin('GET /jobs?limit=100')).json.items as { state: string; attempts: number }[]
  expect(new Set(jobs.map(({ state }) => state))).toEqual(new Set(['queued', 'succeeded']))
  const last = await worker(service.database.url)
  await expect
    .poll(async () => (await acme.admin('GET /jobs?limit=100&state=succeeded')).json.total, {
      timeout: 30_000,
    })
    .toBe(8)
  const after = (await acme.admin('GET /jobs?limit=100')).json.items as { attempts: number }[]
  expect(after.every(({ attempts }) => attempts === 1)).toBe(true)
  await last.end('SIGTERM')
}, 180_000)
