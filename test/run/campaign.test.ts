import { describe, expect, it } from 'vitest'
import { runCampaign } from '../../harness/run/campaign.ts'
import type { CampaignEvent } from '../../harness/run/events.ts'
import type { PostgresServer } from '../../harness/postgres/server.ts'
import type { CampaignOptions } from '../../harness/run/options.ts'
import { brokenRoutes, closedRoutes, leakyRoutes, safeRoutes } from '../support/notes-service.ts'
import { inTwinWorlds, notesTarget } from '../support/notes-target.ts'

const quiet = (): void => {}

async function attack(options: CampaignOptions): Promise<CampaignEvent[]> {
  const events: CampaignEvent[] = []
  await runCampaign({ trials: 150, lanes: 4, ...options }, (event) => events.push(event))
  return events
}

describe('a campaign', () => {
  it.each([1, 2, 3])('finds nothing in a safe service (seed %i)', async (seed) => {
    const summary = await runCampaign({ target: notesTarget(safeRoutes), seed, trials: 300, lanes: 4 }, quiet)
    expect(summary.findings.map(({ id }) => id)).toEqual([])
    expect(summary.verdict).toBe('clean')
    expect(summary.trials).toBe(300)
    expect(summary.claim).toMatch(/no statistical claim/)
  })

  it('writes with at least 40 % of its requests', async () => {
    const methods: string[] = []
    const onRequest = ({ method }: { method: string }): unknown => methods.push(method)
    await runCampaign({ target: notesTarget(safeRoutes), trials: 1000, lanes: 4, onRequest }, quiet)
    const writes = methods.filter((method) => method !== 'GET')
    expect(writes.length / methods.length).toBeGreaterThanOrEqual(0.4)
  })

  it('finds the same leaks under the same seed', async () => {
    const ids = async (): Promise<string[]> =>
      (
        await runCampaign({ target: notesTarget(leakyRoutes), seed: 7, trials: 120, lanes: 4 }, quiet)
      ).findings
        .map(({ id }) => id)
        .toSorted()
    const first = await ids()
    expect(first.length).toBeGreaterThan(3)
    expect(await ids()).toEqual(first)
  })

  it('says what it does while it does it', async () => {
    const events = await attack({ target: notesTarget(leakyRoutes) })
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['campaign-started', 'phase', 'progress', 'finding']),
    )
    expect(events.at(-1)!.type).toBe('campaign-ended')
  })

  it('reports no credential, no canary and no concrete id', async () => {
    const events = await attack({ target: notesTarget(leakyRoutes) })
    const text = JSON.stringify(events)
    expect(text).not.toMatch(/wtcn[0-9a-z]{14}/)
    expect(text).not.toMatch(/Bearer [0-9a-f]/)
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}/)
  })

  it('stops at the first finding when asked to', async () => {
    const options = { target: notesTarget(leakyRoutes), trials: 5000, lanes: 4, stopAtFirstFinding: true }
    const summary = await runCampaign(options, quiet)
    expect(summary.findings).toHaveLength(1)
    expect(summary.trials).toBeLessThan(200)
  })

  it('bounds the probability of a leak when it certifies', async () => {
    const summary = await runCampaign(
      { target: notesTarget(safeRoutes), mode: 'certify', trials: 60, lanes: 4 },
      quiet,
    )
    expect(summary.verdict).toBe('clean')
    expect(summary.claim).toContain('60 independent trials')
    expect(summary.claim).toContain('4.87 %')
  })
})

describe('a campaign that could not test', () => {
  it('does not certify on a few of the cells', async () => {
    const summary = await runCampaign(
      { target: notesTarget(safeRoutes), mode: 'certify', trials: 2, lanes: 1 },
      quiet,
    )
    expect(summary).toMatchObject({ verdict: 'uncovered', claim: null, problem: { code: 'uncovered' } })
    expect(summary.problem?.message).toMatch(/only \d+ of \d+ cells/)
  })

  it('does not call a target clean that lets nobody in', async () => {
    const summary = await runCampaign({ target: notesTarget(closedRoutes), trials: 50, lanes: 2 }, quiet)
    expect(summary).toMatchObject({
      verdict: 'inconclusive',
      problem: { code: 'E-TARGET-AUTH' },
      claim: null,
    })
  })

  it('does not call a target clean on which nothing works', async () => {
    const summary = await runCampaign({ target: notesTarget(brokenRoutes), trials: 50, lanes: 2 }, quiet)
    expect(summary).toMatchObject({ verdict: 'uncovered', claim: null })
    expect(summary.coverage.exercised).toBe(0)
    expect(summary.coverage.gaps.some(({ gap }) => gap?.includes('500'))).toBe(true)
  })

  it('does not call a target clean that dies half-way', async () => {
    const summary = await runCampaign(
      { target: notesTarget(safeRoutes, {}, 400), trials: 2000, lanes: 4 },
      quiet,
    )
    expect(summary).toMatchObject({
      verdict: 'inconclusive',
      problem: { code: 'E-TARGET-DIED' },
      claim: null,
    })
  })

  it.each([
    ['start', 'E-TARGET-START'],
    ['provision', 'E-TARGET-PROVISION'],
    ['authenticate', 'E-TARGET-AUTH'],
  ] as const)('says so when %s fails', async (step, code) => {
    const failing = {
      [step]: async () => {
        throw new Error('no')
      },
    }
    const summary = await runCampaign(
      { target: notesTarget(safeRoutes, failing), trials: 10, lanes: 2 },
      quiet,
    )
    expect(summary).toMatchObject({ verdict: 'inconclusive', problem: { code }, claim: null })
  })

  it('attacks no host that nobody named', async () => {
    const start = async () => ({ baseUrl: 'http://192.0.2.1:80', stop: async () => {} })
    const target = notesTarget(safeRoutes, { start })
    await expect(runCampaign({ target, trials: 1 }, quiet)).rejects.toMatchObject({ code: 'E-HOST' })
  })

  it.each([{ seconds: 0 }, { trials: -1 }, { shard: { index: 2, of: 2 } }])('refuses %j', async (options) => {
    const target = notesTarget(safeRoutes)
    await expect(runCampaign({ target, ...options }, quiet)).rejects.toMatchObject({ code: 'E-USAGE' })
  })

  it.each(['phase', 'progress'] as const)(
    'does not call a target clean when it is stopped (%s)',
    async (type) => {
      const stop = new AbortController()
      const target = notesTarget(safeRoutes)
      const summary = await runCampaign({ target, trials: 5000, lanes: 2, signal: stop.signal }, (event) => {
        if (event.type === type) stop.abort()
      })
      expect(summary).toMatchObject({
        verdict: 'inconclusive',
        problem: { code: 'E-INTERRUPTED' },
        claim: null,
      })
      expect(summary.trials).toBeLessThan(5000)
    },
  )

  it('keeps what it found until it was stopped', async () => {
    const stop = new AbortController()
    const options = { target: notesTarget(leakyRoutes), trials: 5000, lanes: 2, signal: stop.signal }
    const summary = await runCampaign(options, ({ type }) => {
      if (type === 'finding') stop.abort()
    })
    expect(summary).toMatchObject({ verdict: 'finding', problem: { code: 'E-INTERRUPTED' }, claim: null })
  })

  it('tells a defect of its own in one line', async () => {
    const postgres = {
      get createDatabase(): never {
        throw new RangeError('beyond\nall bounds')
      },
    } as unknown as PostgresServer
    const target = notesTarget(safeRoutes, inTwinWorlds())
    const summary = await runCampaign({ target, trials: 5, lanes: 2, postgres }, quiet)
    expect(summary).toMatchObject({ verdict: 'inconclusive', problem: { code: 'E-INTERNAL' }, claim: null })
    expect(summary.problem!.message).toMatch(/^watertight failed: RangeError: beyond .*WATERTIGHT_DEBUG=1.*$/)
  })

  it('keeps its findings when the service cannot be stopped', async () => {
    const target = notesTarget(leakyRoutes)
    const start: NonNullable<typeof target.target.start> = async (context) => {
      const { baseUrl, stop } = await target.target.start!(context)
      return {
        baseUrl,
        stop: async () => {
          await stop()
          throw new Error('it would not go')
        },
      }
    }
    const events: CampaignEvent[] = []
    const summary = await runCampaign(
      { target: { ...target, target: { ...target.target, start } }, trials: 100, lanes: 2 },
      (event) => events.push(event),
    )
    expect(summary.verdict).toBe('finding')
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', code: 'W-CLEANUP' }))
  })
})
