import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCampaign } from '../../harness/run/campaign.ts'
import type { CampaignEvent } from '../../harness/run/events.ts'
import { mergeEvents } from '../../harness/run/merge.ts'
import { leakyRoutes, type Routes, safeRoutes } from '../support/notes-service.ts'
import { notesTarget } from '../support/notes-target.ts'

const directory = mkdtempSync(join(tmpdir(), 'watertight-shards-'))
let written = 0

function write(events: readonly CampaignEvent[]): string {
  const path = join(directory, `${written++}.ndjson`)
  writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  return path
}

async function shard(routes: Routes, index: number, of: number, seed = 1): Promise<CampaignEvent[]> {
  const events: CampaignEvent[] = []
  const options = { target: notesTarget(routes), seed, trials: 120, lanes: 3, shard: { index, of } }
  await runCampaign(options, (event) => events.push(event))
  return events
}

describe('merged shards', () => {
  it('add up, and are clean when all are', async () => {
    const shards = await Promise.all([0, 1].map((index) => shard(safeRoutes, index, 2)))
    const merged = await mergeEvents(shards.map(write))
    expect(merged).toMatchObject({ verdict: 'clean', trials: 240, problem: null })
    expect(merged.claim).toContain('240 trials of 2 shards')
    const alone = shards.map(
      (events) => events.findLast((event) => event.type === 'campaign-ended')!.summary.coverage.exercised,
    )
    expect(merged.coverage.exercised).toBeGreaterThanOrEqual(Math.max(...alone))
  })

  it('name each finding once', async () => {
    const shards = await Promise.all([0, 1].map((index) => shard(leakyRoutes, index, 2)))
    const merged = await mergeEvents(shards.map(write))
    const ids = merged.findings.map(({ id }) => id)
    expect(merged.verdict).toBe('finding')
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThan(2)
  })

  it('are inconclusive when one breaks off, is missing or is there twice', async () => {
    const [left, right] = await Promise.all([0, 1].map((index) => shard(safeRoutes, index, 2)))
    const whole = write(left!)
    const broken = write(right!.filter(({ type }) => type !== 'campaign-ended'))
    for (const files of [[whole, broken], [whole], [whole, whole]]) {
      expect(await mergeEvents(files)).toMatchObject({
        verdict: 'inconclusive',
        claim: null,
        problem: { code: 'E-EVENTS' },
      })
    }
  })

  it('must be of one campaign, and files of events', async () => {
    const left = write(await shard(safeRoutes, 0, 2, 1))
    const right = write(await shard(safeRoutes, 1, 2, 2))
    const garbage = join(directory, 'garbage.ndjson')
    writeFileSync(garbage, 'no events\n')
    for (const files of [[left, right], [garbage], [join(directory, 'nowhere')], []]) {
      await expect(mergeEvents(files)).rejects.toMatchObject({ code: 'E-EVENTS' })
    }
  })
})
