import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { request, type ClientRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attach, bytesUsed } from '../support/attachments.ts'
import { fill } from '../support/recovery.ts'
import { serve } from '../support/service-process.ts'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'

const mebibyte = 2 ** 20
let objectDirectory: string
let service: RunningService
let acme: TenantInService
let taskId: string

beforeAll(async () => {
  objectDirectory = await mkdtemp(join(tmpdir(), 'attachments-'))
  service = await serviceOnFreshDatabase({ objectDirectory })
  acme = await service.tenant('acme')
  const [project] = await fill(acme, service.operator)
  taskId = project!.tasks[0]!.id
}, 120_000)

afterAll(() => rm(objectDirectory, { recursive: true }))

const files = (): Promise<string[]> => readdir(join(objectDirectory, acme.id, 'attachments')).catch(() => [])
const soon = (): Date => new Date(Date.now() + 60_000)

async function states(): Promise<readonly string[]> {
  const { rows } = await service.database.pool.query('SELECT state FROM attachments ORDER BY state')
  return rows.map(({ state }) => String(state))
}

/** Begins an upload over the wire, and leaves it to the caller. */
function begin(url: string, size: number): ClientRequest {
  const upload = request(`${url}/tasks/${taskId}/attachments?name=large`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${acme.memberToken}`,
      'content-type': 'application/octet-stream',
      'content-length': size,
    },
  })
  upload.on('error', () => {})
  return upload
}

describe('an upload that does not end', { timeout: 120_000 }, () => {
  it('leaves nothing when its client hangs up', async () => {
    const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
    const before = await bytesUsed(acme)
    const upload = begin(url, 4 * mebibyte)
    upload.write(randomBytes(mebibyte))
    await expect.poll(files, { timeout: 20_000 }).toHaveLength(1)
    expect(await bytesUsed(acme)).toBe(before + 4 * mebibyte)
    upload.destroy()
    await expect.poll(() => bytesUsed(acme), { timeout: 20_000 }).toBe(before)
    expect(await states()).toEqual([])
    expect(await files()).toEqual([])
  })

  it('is swept away when its service is killed, with its room, and not before it is old', async () => {
    const killed = await serve(service.database.url, { OBJECT_DIRECTORY: objectDirectory })
    const upload = begin(killed.url, 4 * mebibyte)
    upload.write(randomBytes(mebibyte))
    await expect.poll(files, { timeout: 20_000 }).toHaveLength(1)
    killed.child.kill('SIGKILL')
    await once(killed.child, 'exit')
    expect(await states()).toEqual(['pending'])
    expect(await bytesUsed(acme)).toBe(4 * mebibyte)
    expect((await acme.member(`GET /tasks/${taskId}/attachments`)).json.total).toBe(0)
    const scope = { tenantId: acme.id }
    expect(await service.attachmentJobs.sweep(scope)).toEqual({ uploads: 0, objects: 0, drafts: 0 })
    expect(await service.attachmentJobs.sweep(scope, soon())).toEqual({ uploads: 1, objects: 0, drafts: 1 })
    expect([await states(), await files(), await bytesUsed(acme)]).toEqual([[], [], 0])
  })

  it('and whose object is whole when its service is killed is swept away, too', async () => {
    const { json } = await attach(service, acme, `tasks/${taskId}`, randomBytes(1000))
    // What a service leaves that is killed between the object and the row.
    await service.database.pool.query(
      `BEGIN; SELECT set_config('app.tenant_id', '${acme.id}', true);
       UPDATE attachments SET state = 'pending', sha256 = NULL WHERE id = '${json.id}'; COMMIT`,
    )
    expect((await acme.member(`GET /attachments/${json.id}/content`)).status).toBe(404)
    const swept = await service.attachmentJobs.sweep({ tenantId: acme.id }, soon())
    expect(swept).toEqual({ uploads: 1, objects: 0, drafts: 0 })
    expect([await states(), await files(), await bytesUsed(acme)]).toEqual([[], [], 0])
  })

  it('is taken over by the next try with its key', async () => {
    const headers = { 'idempotency-key': 'again' }
    const data = randomBytes(1000)
    const { json } = await attach(service, acme, `tasks/${taskId}`, data, headers)
    await service.database.pool.query(
      `BEGIN; SELECT set_config('app.tenant_id', '${acme.id}', true);
       UPDATE attachments SET state = 'pending', sha256 = NULL WHERE id = '${json.id}'; COMMIT`,
    )
    const again = await attach(service, acme, `tasks/${taskId}`, data, headers)
    expect(again.status).toBe(201)
    expect([await states(), (await files()).length, await bytesUsed(acme)]).toEqual([['stored'], 1, 1000])
  })

  it('finds its task gone when that is deleted meanwhile, and leaves nothing', async () => {
    const url = await service.app.listen({ host: '127.0.0.1', port: 0 }).catch(() => {
      const { port } = service.app.server.address() as { port: number }
      return `http://127.0.0.1:${port}`
    })
    const before = { files: (await files()).length, used: await bytesUsed(acme) }
    const upload = begin(url, 2 * mebibyte)
    const answered = once(upload, 'response')
    upload.write(randomBytes(mebibyte))
    await expect.poll(async () => (await files()).length, { timeout: 20_000 }).toBe(before.files + 1)
    expect((await acme.admin(`DELETE /tasks/${taskId}`)).status).toBe(204)
    upload.end(randomBytes(mebibyte))
    const [answer] = await answered
    expect(answer.statusCode).toBe(404)
    answer.resume()
    // The file that was there before went with its task, too; its object stays, for a restore.
    expect([(await files()).length, await bytesUsed(acme)]).toEqual([before.files, before.used - 1000])
  })
})

describe('a large file', { timeout: 300_000 }, () => {
  it('passes through the service without being held in memory', async () => {
    const size = 256 * mebibyte
    const [, second] = (await acme.member('GET /tasks?limit=2')).json.items
    taskId = second.id
    const running = await serve(service.database.url, { OBJECT_DIRECTORY: objectDirectory })
    try {
      const memory = async (): Promise<number> => {
        const status = await readFile(`/proc/${running.child.pid}/status`, 'utf8')
        return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) / 1024
      }
      // A small one first: what is loaded once is loaded.
      const small = begin(running.url, mebibyte)
      small.end(randomBytes(mebibyte))
      await once(small, 'response')
      const before = await memory()
      const piece = randomBytes(mebibyte)
      const upload = begin(running.url, size)
      const answered = once(upload, 'response')
      for (let sent = 0; sent < size; sent += piece.length) {
        if (!upload.write(piece)) await once(upload, 'drain')
      }
      upload.end()
      const [answer] = await answered
      expect(answer.statusCode).toBe(201)
      const { id } = JSON.parse(String(Buffer.concat(await answer.toArray())))
      const uploaded = await memory()
      const download = await fetch(`${running.url}/attachments/${id}/content`, {
        headers: { authorization: `Bearer ${acme.memberToken}` },
      })
      let received = 0
      for await (const got of download.body!) received += got.length
      expect(received).toBe(size)
      const downloaded = await memory()
      // Whole files would take 256 MiB and more; what is seen is garbage that waits for its collection.
      expect({ uploaded: uploaded - before < 128, downloaded: downloaded - before < 128 }).toEqual({
        uploaded: true,
        downloaded: true,
      })
    } finally {
      running.child.kill('SIGKILL')
    }
  })
})
