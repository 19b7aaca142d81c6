import { randomUUID } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LoadedTarget, locateTarget } from '../../harness/target/load.ts'
import type { Target } from '../../harness/target/target.ts'
import { type Routes, type Running, serveNotes, type Store } from './notes-service.ts'

/** A target for the notes service: every instance has a store of its own, so its worlds can be twins. */
export function notesTarget(
  routes: Routes,
  overrides: Partial<Target> = {},
  dieAfter = Infinity,
): LoadedTarget {
  const running = new Map<string, Running>()
  const storeOf = (baseUrl: string): Store => running.get(baseUrl)!.store
  return locateTarget(
    {
      name: 'notes',
      openapi: '/openapi.json',
      start: async () => {
        const service = await serveNotes(routes, dieAfter)
        running.set(service.baseUrl, service)
        return { baseUrl: service.baseUrl, stop: service.stop }
      },
      provision: async (seed, { baseUrl }) => {
        const store = storeOf(baseUrl)
        const tenant = randomUUID()
        const token = randomUUID()
        store.tokens.set(token, tenant)
        const resources = []
        for (let row = 0; row < seed.rows; row++) {
          const folder = { id: randomUUID(), tenant, name: seed.collide(`folder ${row}`) }
          const note = {
            id: randomUUID(),
            tenant,
            folder: folder.id,
            number: row + 1,
            title: seed.canary(`note ${row}`),
          }
          store.folders.set(folder.id, folder)
          store.notes.set(note.id, note)
          resources.push({ type: 'folder', id: folder.id })
          resources.push({ type: 'note', id: note.id, parent: { type: 'folder', id: folder.id } })
        }
        return { id: tenant, actors: [{ name: 'user', role: 'member', credentials: { token } }], resources }
      },
      authenticate: async ({ credentials }) => ({
        headers: { authorization: `Bearer ${String(credentials['token'])}` },
      }),
      ...overrides,
    } satisfies Target,
    join(tmpdir(), 'notes.target.ts'),
  )
}

/** Says that every instance is a world of its own; the notes live in memory, so the database stays empty. */
export function inTwinWorlds(): Pick<Target, 'database'> {
  const directory = mkdtempSync(join(tmpdir(), 'watertight-notes-'))
  const tenancy = join(directory, 'tenancy.json')
  writeFileSync(tenancy, JSON.stringify({ tenantColumns: ['tenant_id'], relations: {} }))
  return { database: { managed: true, tenancy } }
}
