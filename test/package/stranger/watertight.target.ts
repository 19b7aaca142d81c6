import { once } from 'node:events'
import { defineTarget } from 'watertight/harness'
import { server } from './service.js'

export default defineTarget({
  name: 'notes',
  start: async () => {
    if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as { port: number }
    return {
      baseUrl: `http://127.0.0.1:${port}`,
      stop: async () => {
        server.closeAllConnections()
        server.close()
      },
    }
  },
  provision: async (seed, { baseUrl }) => {
    const token = `token-of-${seed.slug}`
    const resources = []
    for (let row = 0; row < seed.rows; row += 1) {
      const answer = await fetch(`${baseUrl}/notes`, {
        method: 'POST',
        headers: { authorization: token, 'content-type': 'application/json' },
        body: JSON.stringify({ body: seed.canary(`note${row}`) }),
      })
      const { id } = (await answer.json()) as { id: string }
      resources.push({ type: 'note', id })
    }
    return { id: seed.slug, actors: [{ name: 'owner', role: 'owner', credentials: { token } }], resources }
  },
  authenticate: async (actor) => ({ headers: { authorization: String(actor.credentials['token']) } }),
  operations: [
    { id: 'listNotes', method: 'GET', path: '/notes' },
    { id: 'getNote', method: 'GET', path: '/notes/{noteId}' },
    {
      id: 'createNote',
      method: 'POST',
      path: '/notes',
      body: {
        contentType: 'application/json',
        required: true,
        schema: { type: 'object', properties: { body: { type: 'string' } }, required: ['body'] },
      },
    },
  ],
})
