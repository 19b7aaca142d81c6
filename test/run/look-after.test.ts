import { describe, expect, it } from 'vitest'
import { runCampaign } from '../../harness/run/campaign.ts'
import { openApi, type Routes, safeRoutes } from '../support/notes-service.ts'
import { notesTarget } from '../support/notes-target.ts'

/** Who links a note to a foreign one gets its title to see, in another answer. */
function linking(confined: boolean): Routes {
  const links = new Map<string, string>()
  return {
    ...safeRoutes,
    'PATCH /notes/{noteId}': (call) => {
      const reply = safeRoutes['PATCH /notes/{noteId}']!(call)
      const related = call.store.notes.get(String(call.body['relatedNoteId']))
      const isOwn = related?.tenant === call.tenant
      if (reply.status === 200 && related !== undefined && (isOwn || !confined))
        links.set(call.ids[0]!, related.id)
      return reply
    },
    'GET /notes/{noteId}': (call) => {
      const reply = safeRoutes['GET /notes/{noteId}']!(call)
      const related = call.store.notes.get(links.get(call.ids[0]!) ?? '')?.title
      return reply.status === 200 ? { status: 200, body: { ...(reply.body as object), related } } : reply
    },
  }
}

function attack(routes: Routes) {
  const operations = [
    {
      id: 'PATCH /notes/{noteId}',
      body: {
        contentType: 'application/json',
        required: true,
        schema: {
          type: 'object',
          required: ['title'],
          properties: { title: { type: 'string', minLength: 1 }, relatedNoteId: { type: 'string' } },
        },
      },
      bodyResources: { relatedNoteId: 'note' },
    },
  ]
  const target = notesTarget(routes, { openapi: openApi(safeRoutes), operations })
  return runCampaign({ target, trials: 120, lanes: 2, oracles: ['foreign-read'] }, () => {})
}

describe('what an accepted foreign id opens up', () => {
  it('is found in the answer that shows it', async () => {
    const { findings } = await attack(linking(false))
    expect(findings.map(({ id }) => id)).toEqual(['foreign-read:GET /notes/{noteId}:own'])
  })

  it('is nothing where the id is not taken', async () => {
    expect((await attack(linking(true))).findings).toEqual([])
  })
})
