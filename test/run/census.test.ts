import { expect, it } from 'vitest'
import { runCampaign } from '../../harness/run/campaign.ts'
import { notFound, openApi, type Routes, safeRoutes } from '../support/notes-service.ts'
import { notesTarget } from '../support/notes-target.ts'

/** Open notes are shown to whoever knows their id; those that were closed, to their owner. */
function closing(): Routes {
  const closed = new Set<string>()
  const read = safeRoutes['GET /notes/{noteId}']!
  return {
    ...safeRoutes,
    // One closes all, so that a single request of their owner leaves none open.
    'POST /notes/{noteId}/close': (call) => {
      const reply = read(call)
      if (reply.status === 200)
        for (const { id } of call.store.ofTenant(call.store.notes, call.tenant)) closed.add(id)
      return reply
    },
    'GET /notes/{noteId}': (call) => {
      const note = call.store.notes.get(call.ids[0]!)
      if (note === undefined) return notFound
      return read(closed.has(note.id) ? call : { ...call, tenant: note.tenant })
    },
  }
}

it('does nothing to the rows of a victim that would use them up', async () => {
  const routes = closing()
  const target = notesTarget(routes, { openapi: openApi(routes) })
  const { findings } = await runCampaign(
    { target, trials: 200, lanes: 2, oracles: ['foreign-read'] },
    () => {},
  )
  expect(findings.map(({ id }) => id)).toContain('foreign-read:GET /notes/{noteId}:foreign')
})
