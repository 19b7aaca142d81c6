import { describe, expect, it } from 'vitest'
import { runCampaign } from '../../harness/run/campaign.ts'
import { leakyRoutes, type Routes, safeRoutes } from '../support/notes-service.ts'
import { notesTarget } from '../support/notes-target.ts'

async function findingsOf(routes: Routes): Promise<string[]> {
  const target = notesTarget(routes)
  const summary = await runCampaign({ target, trials: 300, lanes: 4, seed: 3 }, () => {})
  return summary.findings.map(({ id }) => id)
}

describe('a hint is accused only of its own doing', () => {
  it('not of what a foreign id in the path does', async () => {
    const routes = { ...safeRoutes, 'PATCH /notes/{noteId}': leakyRoutes['PATCH /notes/{noteId}']! }
    const found = await findingsOf(routes)
    expect(found.some((id) => id.startsWith('foreign-write:PATCH /notes/{noteId}'))).toBe(true)
    expect(found.filter((id) => id.startsWith('principal'))).toEqual([])
  })

  it('not of a write that lands without it as well', async () => {
    const routes: Routes = {
      ...safeRoutes,
      'PATCH /notes/{noteId}': (call) => {
        const reply = safeRoutes['PATCH /notes/{noteId}']!(call)
        if (reply.status !== 200) return reply
        const { number } = reply.body as { number: number }
        for (const note of call.store.notes.values())
          if (note.number === number) note.title = String(call.body['title'])
        return reply
      },
    }
    const found = await findingsOf(routes)
    expect(found.some((id) => id.startsWith('foreign-write:PATCH /notes/{noteId}'))).toBe(true)
    expect(found.filter((id) => id.startsWith('principal'))).toEqual([])
  })

  it('but of a write that lands where it alone points', async () => {
    const routes: Routes = {
      ...safeRoutes,
      'POST /folders': (call) => {
        const named = call.headers['x-tenant-id']
        return safeRoutes['POST /folders']!({
          ...call,
          tenant: typeof named === 'string' ? named : call.tenant,
        })
      },
    }
    expect(await findingsOf(routes)).toContain('principal:POST /folders:none:header:x-tenant-id')
  })
})
