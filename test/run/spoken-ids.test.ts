import { describe, expect, it } from 'vitest'
import { runCampaign } from '../../harness/run/campaign.ts'
import { type Note, openApi, type Routes, safeRoutes } from '../support/notes-service.ts'
import { notesTarget } from '../support/notes-target.ts'

/**
 * A note shows a key that holds its id. The key can be set, so that words which the victim's reads have shown come back to whoever
 * wrote them: in the answer to the write, and in every later read.
 */
function keyed(confined: boolean): Routes {
  const keys = new Map<string, string>()
  const withKey = (note: Note): unknown => {
    const { tenant: _tenant, ...shown } = note
    return { ...shown, key: keys.get(note.id) ?? `note/${note.id}` }
  }
  const ofTenant: Routes[string] = (call) => {
    const rows = confined
      ? call.store.ofTenant(call.store.notes, call.tenant)
      : [...call.store.notes.values()].slice(-40)
    return { status: 200, body: rows.map((note) => ({ ...(withKey(note) as object), title: '' })) }
  }
  return {
    ...safeRoutes,
    'GET /folders/{folderId}/notes': (call) => {
      const reply = safeRoutes['GET /folders/{folderId}/notes']!(call)
      return reply.status === 200 ? ofTenant(call) : reply
    },
    'POST /folders/{folderId}/notes': (call) => {
      const reply = safeRoutes['POST /folders/{folderId}/notes']!(call)
      if (reply.status !== 201) return reply
      const { id } = reply.body as Note
      if (typeof call.body['key'] === 'string') keys.set(id, call.body['key'])
      return { status: 201, body: withKey(call.store.notes.get(id)!) }
    },
  }
}

function attack(routes: Routes) {
  const operations = [
    {
      id: 'POST /folders/{folderId}/notes',
      body: {
        contentType: 'application/json',
        required: true,
        schema: {
          type: 'object',
          required: ['title', 'key'],
          properties: { title: { type: 'string', minLength: 1 }, key: { type: 'string', maxLength: 80 } },
        },
      },
    },
  ]
  const target = notesTarget(routes, { openapi: openApi(safeRoutes), operations })
  return runCampaign({ target, trials: 400, lanes: 2, oracles: ['foreign-read'] }, () => {})
}

describe('words that hold an id of another tenant', () => {
  it('are no leak where the reader wrote them', async () => {
    expect((await attack(keyed(true))).findings).toEqual([])
  })

  it('are a leak where nobody did', async () => {
    const ids = (await attack(keyed(false))).findings.map(({ id }) => id)
    expect(ids).toContain('foreign-read:GET /folders/{folderId}/notes:own')
  })
})
