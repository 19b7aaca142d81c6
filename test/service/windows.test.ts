import { randomUUID } from 'node:crypto'
import { fc, test } from '@fast-check/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InProcessState } from '../../fixtures/service/platform/in-process.ts'
import { RedisState } from '../../fixtures/service/platform/redis.ts'
import type { SharedState } from '../../fixtures/service/platform/state.ts'
import { plans, type Limits } from '../../fixtures/service/quotas/limits.ts'
import { Meter } from '../../fixtures/service/quotas/meter.ts'
import { admit, restore, waitFor } from '../../fixtures/service/quotas/windows.ts'
import { testRedis } from '../support/redis.ts'

let redis: SharedState

beforeAll(async () => {
  const state = new RedisState((await testRedis()).url, () => {})
  await state.settle(5000)
  redis = state
})
afterAll(() => redis.close())

/** Keys that live long enough for any test, whatever the clock of the test says. */
const keys = () => [`{${randomUUID()}}:counters`, `{${randomUUID()}}:leases`]

const step = fc.record({
  pass: fc.integer({ min: 0, max: 1500 }),
  admits: fc.boolean(),
  limits: fc.tuple(fc.integer({ min: -1, max: 6 }), fc.integer({ min: -1, max: 9 })),
  concurrent: fc.integer({ min: -1, max: 4 }),
  added: fc.integer({ min: 0, max: 2 }),
  returned: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 3 }),
  renewed: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 2 }),
  restored: fc.option(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }))),
})

describe('the script of the counters', () => {
  test.prop([fc.array(step, { minLength: 1, maxLength: 25 })], { numRuns: 60 })(
    'does the same in Redis and in the process',
    async (steps) => {
      // The process's keys must not end before those of Redis do, which has a clock of its own.
      const states = [redis, new InProcessState(() => 0)]
      const places = keys()
      let now = 1_800_000_000_000
      for (const [index, { pass, admits, limits, concurrent, added, ...rest }] of steps.entries()) {
        now += pass
        const args = [
          ...[now, 1000, admits ? String(index) : '', concurrent, 2],
          ...[500, limits[0], 1, added, 2000, limits[1], index % 3, 0],
          ...rest.returned,
          ...rest.renewed.map((id) => `+${id}`),
        ]
        const [left, right] = await Promise.all(states.map((state) => state.run(admit, places, args)))
        expect(right).toEqual(left)
        if (rest.restored === null) continue
        const kept = [2, Math.floor(now / 2000), ...rest.restored]
        const restored = await Promise.all(states.map((state) => state.run(restore, places, kept)))
        expect(restored[1]).toEqual(restored[0])
      }
    },
  )
})

describe('a window', () => {
  const limits: Limits = { ...plans.unlimited, requestsPerMinute: 10 }

  test.prop([
    fc.array(
      fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.constant(0), fc.integer({ max: 90_000, min: 0 })),
      {
        minLength: 20,
        maxLength: 80,
      },
    ),
  ])('admits whoever waits as long as it says, and nobody who waits less', async (passes) => {
    let now = 1_800_000_000_000
    const meter = new Meter(new InProcessState(() => now), () => now)
    const scope = { tenantId: randomUUID() }
    for (const pass of passes) {
      now += pass
      const { refusedBy, counts } = await meter.admit(scope, limits)
      if (refusedBy === null) continue
      const wait = waitFor(counts[0]!, now, 60_000, 10)
      expect(wait).toBeGreaterThan(0)
      now += Math.max(0, Math.ceil(wait) - 2)
      if (wait > 2) expect((await meter.admit(scope, limits)).refusedBy).not.toBeNull()
      now += 3
      expect((await meter.admit(scope, limits)).refusedBy).toBeNull()
    }
  })

  it('lets no burst through at its edge', async () => {
    let now = 1_800_000_000_000 + 59_000
    const meter = new Meter(new InProcessState(() => now), () => now)
    const scope = { tenantId: randomUUID() }
    let admitted = 0
    for (let second = 0; second < 4; second += 1, now += 1000) {
      for (let ask = 0; ask < 10; ask += 1) {
        if ((await meter.admit(scope, limits)).refusedBy === null) admitted += 1
      }
    }
    expect(admitted).toBe(10)
  })
})

describe('concurrency', () => {
  const limits: Limits = { ...plans.unlimited, concurrentRequests: 3 }

  it('is never more than the limit, across instances, and what a dead instance held comes back', async () => {
    let now = 1_800_000_000_000
    const clock = () => now
    const [one, other] = [new Meter(redis, clock), new Meter(redis, clock)]
    const scope = { tenantId: randomUUID() }
    const asked = await Promise.all(
      Array.from({ length: 10 }, (_, index) => [one, other][index % 2]!.admit(scope, limits)),
    )
    expect(asked.filter(({ refusedBy }) => refusedBy === null)).toHaveLength(3)
    expect(asked.filter(({ refusedBy }) => refusedBy === 'concurrency')).toHaveLength(7)
    const [first] = asked
    one.finish(first!.ticket, 12.5)
    expect((await other.admit(scope, limits)).refusedBy).toBe('concurrency')
    await one.settle()
    const next = await other.admit(scope, limits)
    expect(next.refusedBy).toBeNull()
    expect(next.counts[2]).toEqual({ current: 12, previous: 0 })
    now += 60_000
    expect((await one.read(scope)).running).toBe(0)
  })
})
