import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A complete multi-tenant service in memory: folders with notes. Small enough to be read at a glance, real enough to be attacked. */
export interface Note {
  readonly id: string
  readonly tenant: string
  readonly folder: string
  readonly number: number
  title: string
}

export interface Folder {
  readonly id: string
  readonly tenant: string
  name: string
}

export class Store {
  readonly tokens = new Map<string, string>()
  readonly folders = new Map<string, Folder>()
  readonly notes = new Map<string, Note>()

  ofTenant<Row extends { readonly tenant: string }>(rows: ReadonlyMap<string, Row>, tenant: string): Row[] {
    return [...rows.values()].filter((row) => row.tenant === tenant)
  }
}

export interface Call {
  readonly store: Store
  readonly tenant: string
  readonly ids: readonly string[]
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: IncomingMessage['headers']
}

export interface Reply {
  readonly status: number
  readonly body?: unknown
}

export type Route = (call: Call) => Reply
export type Routes = Readonly<Record<string, Route>>

export const notFound: Reply = { status: 404, body: { error: 'not found' } }
const invalid: Reply = { status: 400, body: { error: 'invalid body' } }

function own<Row extends { readonly tenant: string }>(
  rows: ReadonlyMap<string, Row>,
  call: Call,
): Row | undefined {
  const row = rows.get(call.ids[0]!)
  return row?.tenant === call.tenant ? row : undefined
}

/** What a client may see. */
export function show({ tenant: _tenant, ...row }: Note | Folder): unknown {
  return row
}

export const safeRoutes: Routes = {
  'GET /folders': ({ store, tenant }) => {
    const rows = store.ofTenant(store.folders, tenant)
    return { status: 200, body: { items: rows.map(show), total: rows.length } }
  },
  'POST /folders': ({ store, tenant, body }) => {
    if (typeof body['name'] !== 'string') return invalid
    const folder = { id: randomUUID(), tenant, name: body['name'] }
    store.folders.set(folder.id, folder)
    return { status: 201, body: show(folder) }
  },
  'GET /folders/{folderId}': (call) => {
    const folder = own(call.store.folders, call)
    return folder ? { status: 200, body: show(folder) } : notFound
  },
  'DELETE /folders/{folderId}': (call) => {
    const folder = own(call.store.folders, call)
    if (!folder) return notFound
    call.store.folders.delete(folder.id)
    for (const note of call.store.notes.values())
      if (note.folder === folder.id) call.store.notes.delete(note.id)
    return { status: 204 }
  },
  'GET /folders/{folderId}/notes': (call) => {
    const folder = own(call.store.folders, call)
    if (!folder) return notFound
    return {
      status: 200,
      body: call.store
        .ofTenant(call.store.notes, call.tenant)
        .filter((note) => note.folder === folder.id)
        .map(show),
    }
  },
  'POST /folders/{folderId}/notes': (call) => {
    const folder = own(call.store.folders, call)
    if (!folder) return notFound
    if (typeof call.body['title'] !== 'string') return invalid
    const number = call.store.ofTenant(call.store.notes, call.tenant).length + 1
    const note = {
      id: randomUUID(),
      tenant: call.tenant,
      folder: folder.id,
      number,
      title: call.body['title'],
    }
    call.store.notes.set(note.id, note)
    return { status: 201, body: show(note) }
  },
  'GET /notes/{noteId}': (call) => {
    const note = own(call.store.notes, call)
    return note ? { status: 200, body: show(note) } : notFound
  },
  'PATCH /notes/{noteId}': (call) => {
    const note = own(call.store.notes, call)
    if (!note) return notFound
    if (typeof call.body['title'] !== 'string') return invalid
    note.title = call.body['title']
    return { status: 200, body: show(note) }
  },
}

/** The same service as somebody else wrote it: each route leaks in its own way. */
export const leakyRoutes: Routes = {
  ...safeRoutes,
  // Follows a header that anybody may send.
  'GET /folders': (call) => {
    const named = call.headers['x-tenant-id']
    return safeRoutes['GET /folders']!({ ...call, tenant: typeof named === 'string' ? named : call.tenant })
  },
  // Tells which folders exist.
  'GET /folders/{folderId}': (call) => {
    const folder = call.store.folders.get(call.ids[0]!)
    if (folder === undefined) return notFound
    return folder.tenant === call.tenant
      ? { status: 200, body: show(folder) }
      : { status: 403, body: { error: 'forbidden' } }
  },
  // Says what the database said.
  'GET /folders/{folderId}/notes': (call) => {
    if (!/^[0-9a-f-]{36}$/.test(call.ids[0]!)) {
      return { status: 500, body: { error: `invalid input syntax for type uuid: "${call.ids[0]}"` } }
    }
    return safeRoutes['GET /folders/{folderId}/notes']!(call)
  },
  // One counter for everybody.
  'POST /folders/{folderId}/notes': (call) => {
    const reply = safeRoutes['POST /folders/{folderId}/notes']!(call)
    if (reply.status !== 201) return reply
    return { status: 201, body: { ...(reply.body as object), number: call.store.notes.size } }
  },
  // Whose note it is does not matter.
  'GET /notes/{noteId}': ({ store, ids }) => {
    const note = store.notes.get(ids[0]!)
    return note ? { status: 200, body: show(note) } : notFound
  },
  'PATCH /notes/{noteId}': ({ store, ids, body }) => {
    const note = store.notes.get(ids[0]!)
    if (!note) return notFound
    if (typeof body['title'] !== 'string') return invalid
    note.title = body['title']
    return { status: 204 }
  },
}

/** Nobody gets in. */
export const closedRoutes: Routes = Object.fromEntries(
  Object.keys(safeRoutes).map((route) => [route, () => ({ status: 401, body: { error: 'who are you?' } })]),
)

/** Everything fails. */
export const brokenRoutes: Routes = Object.fromEntries(
  Object.keys(safeRoutes).map((route) => [route, () => ({ status: 500, body: { error: 'internal error' } })]),
)

export interface Running {
  readonly baseUrl: string
  readonly store: Store
  readonly stop: () => Promise<void>
}

/** Serves routes over HTTP until stopped, or until so many requests have come that it drops dead. */
export async function serveNotes(routes: Routes, dieAfter = Infinity): Promise<Running> {
  const store = new Store()
  const table = Object.entries(routes).map(([route, handle]) => {
    const [method, path] = route.split(' ') as [string, string]
    return { method, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '([^/]+)')}$`), handle }
  })
  let served = 0
  const server = createServer((request, response) => {
    if (++served > dieAfter) {
      server.close()
      server.closeAllConnections()
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { status, body } = answer(request, Buffer.concat(chunks).toString())
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(body === undefined ? undefined : JSON.stringify(body))
    })
  })
  const answer = (request: IncomingMessage, text: string): Reply => {
    const path = request.url!.split('?')[0]!
    if (path === '/openapi.json') return { status: 200, body: openApi(routes) }
    const route = table.find(({ method, pattern }) => method === request.method && pattern.test(path))
    if (!route) return notFound
    const tenant = store.tokens.get((request.headers.authorization ?? '').replace('Bearer ', ''))
    if (tenant === undefined) return { status: 401, body: { error: 'unauthenticated' } }
    const ids = route.pattern.exec(path)!.slice(1).map(decodeURIComponent)
    let body: unknown = {}
    try {
      if (text !== '') body = JSON.parse(text)
    } catch {
      return invalid
    }
    if (typeof body !== 'object' || body === null) return invalid
    return route.handle({
      store,
      tenant,
      ids,
      body: body as Record<string, unknown>,
      headers: request.headers,
    })
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      if (!server.listening) return resolve()
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, store, stop }
}

/** Its own description, as frameworks make it. */
export function openApi(routes: Routes): Record<string, unknown> {
  const text = (name: string): unknown => ({
    required: true,
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: [name],
          properties: { [name]: { type: 'string', minLength: 1, maxLength: 80 } },
        },
      },
    },
  })
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of Object.keys(routes)) {
    const [method, path] = route.split(' ') as [string, string]
    const writes = method === 'POST' || method === 'PATCH'
    paths[path] ??= {}
    paths[path][method.toLowerCase()] = {
      parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      })),
      ...(writes ? { requestBody: text(path === '/folders' ? 'name' : 'title') } : {}),
      responses: { 200: { description: 'fine' } },
    }
  }
  return { openapi: '3.1.0', info: { title: 'notes', version: '1' }, paths }
}
