import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgres } from '../../harness/postgres/server.ts'
import { runCampaign } from '../../harness/run/campaign.ts'
import type { CampaignSummary, OracleId } from '../../harness/run/events.ts'
import { leakyRoutes, type Routes, safeRoutes } from '../support/notes-service.ts'
import { inTwinWorlds, notesTarget } from '../support/notes-target.ts'

let postgres: PostgresServer
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

function attack(routes: Routes, oracle: OracleId, seed: number): Promise<CampaignSummary> {
  const target = notesTarget(routes, inTwinWorlds())
  return runCampaign({ target, oracles: [oracle], seed, trials: 150, lanes: 5, postgres }, () => {})
}

/** Oracle, the identity that it gives the leak, and the requests that suffice to show it. */
const cases: readonly (readonly [oracle: OracleId, finding: string, requests: number])[] = [
  ['foreign-read', 'foreign-read:GET /notes/{noteId}:foreign', 1],
  ['foreign-write', 'foreign-write:PATCH /notes/{noteId}:foreign:GET /folders/{folderId}/notes:changed', 1],
  ['existence', 'existence:GET /folders/{folderId}:foreign:folderId:status', 2],
  ['error-message', 'error-message:GET /folders/{folderId}/notes:malformed:sql', 1],
  ['principal', 'principal:GET /folders:none:header:x-tenant-id', 2],
  ['interference', 'interference:POST /folders/{folderId}/notes:own:number', 2],
]

describe.each(cases)('%s', (oracle, finding, requests) => {
  it('is silent on a safe service', async () => {
    const summary = await attack(safeRoutes, oracle, 1)
    expect(summary.findings.map(({ id }) => id)).toEqual([])
    expect(summary.verdict).toBe('clean')
    expect(summary.coverage.exercised).toBeGreaterThan(0)
  })

  it.each([1, 2])('fires on a leaky one, with nothing to spare (seed %i)', async (seed) => {
    const summary = await attack(leakyRoutes, oracle, seed)
    expect(summary.findings.map(({ id }) => id)).toContain(finding)
    expect(summary.findings.every((found) => found.oracle === oracle)).toBe(true)
    const found = summary.findings.find(({ id }) => id === finding)!
    expect(found.requests).toBe(requests)
    expect(found.reproductionRate).toBe(1)
    expect(found.curl).toContain('curl -sS -i -X')
  })
})
