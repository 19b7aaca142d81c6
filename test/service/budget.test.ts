import { setTimeout as delay } from 'node:timers/promises'
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { ConnectionBudget } from '../../fixtures/service/isolation/budget.ts'
import { serviceOnFreshDatabase } from '../support/service.ts'

const tenants = ['acme', 'rival', 'third'] as const

describe('the budget of connections', () => {
  test.prop([fc.integer({ min: 1, max: 4 }), fc.array(fc.constantFrom(...tenants), { maxLength: 60 })])(
    'is never exceeded, and everybody gets their turn in the order of their own queue',
    async (size, asked) => {
      const budget = new ConnectionBudget(size, 10_000)
      const served: [tenant: string, index: number][] = []
      let inside = 0
      let most = 0
      await Promise.all(
        asked.map(async (tenant, index) => {
          await budget.acquire(tenant)
          inside += 1
          most = Math.max(most, inside)
          served.push([tenant, index])
          await Promise.resolve()
          inside -= 1
          budget.release()
        }),
      )
      expect(most).toBeLessThanOrEqual(size)
      expect(served).toHaveLength(asked.length)
      for (const tenant of tenants) {
        const order = served.filter(([name]) => name === tenant).map(([, index]) => index)
        expect(order).toEqual(order.toSorted((left, right) => left - right))
      }
    },
  )

  it('lets a quiet tenant in after at most one of each other', async () => {
    const budget = new ConnectionBudget(1, 10_000)
    await budget.acquire('busy')
    const served: string[] = []
    const wait = (tenant: string) =>
      budget.acquire(tenant).then(() => {
        served.push(tenant)
        budget.release()
      })
    const all = [...Array.from({ length: 50 }, () => wait('busy')), wait('quiet')]
    budget.release()
    await Promise.all(all)
    expect(served.indexOf('quiet')).toBeLessThanOrEqual(1)
  })

  it('gives up on a turn that does not come, and goes on for the others', async () => {
    const budget = new ConnectionBudget(1, 5)
    await budget.acquire('busy')
    await expect(budget.acquire('late')).rejects.toMatchObject({ status: 503 })
    budget.release()
    await budget.acquire('next')
    budget.release()
  })
})

it('serves more tenants with databases of their own than it has connections', async () => {
  const service = await serviceOnFreshDatabase({ plan: 'enterprise', poolSize: 2 })
  const names = ['one', 'two', 'three', 'four', 'five']
  const made = await Promise.all(names.map((name) => service.tenant(name)))
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) => made[index % made.length]!.member('GET /projects')),
  )
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  const open = `SELECT count(*)::int AS open FROM pg_stat_activity WHERE usename = 'tracker_app' AND datname = ANY($1)`
  const databases = made.map(({ id }) => `tenant_${id.replaceAll('-', '')}_1`)
  // A connection that was given up is gone from the statistics a moment later.
  for (let attempt = 0; ; attempt += 1) {
    const { rows } = await service.database.pool.query(open, [databases])
    if (Number(rows[0]!['open']) <= 2) break
    expect(attempt).toBeLessThan(50)
    await delay(20)
  }
})
