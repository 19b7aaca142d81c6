import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'

/** Notes in memory. Reading one forgets to ask whose it is. */
const notes = new Map()

async function bodyOf(request) {
  let text = ''
  for await (const chunk of request) text += chunk
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

export const server = createServer(async (request, response) => {
  const tenant = request.headers.authorization
  const answer = (status, value) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(value))
  }
  const [, , id] = new URL(request.url, 'http://localhost').pathname.split('/')
  if (!tenant) return answer(401, { error: 'sign in' })
  if (request.method === 'POST') {
    const note = { id: randomUUID(), body: String((await bodyOf(request)).body ?? '') }
    notes.set(note.id, { tenant, note })
    return answer(201, note)
  }
  if (id === undefined)
    return answer(
      200,
      [...notes.values()].filter((entry) => entry.tenant === tenant).map((entry) => entry.note),
    )
  const found = notes.get(id)
  return found === undefined ? answer(404, { error: 'not found' }) : answer(200, found.note)
})
