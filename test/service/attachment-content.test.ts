import { randomBytes, randomUUID } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { attach, bytesUsed, type Filled, filled, objectStore, send } from '../support/attachments.ts'
import { serviceOnFreshDatabase, type RunningService } from '../support/service.ts'

const store = objectStore()

const soon = (): Date => new Date(Date.now() + 60_000)

describe('an attachment', { timeout: 60_000 }, () => {
  let service: RunningService
  let acme: Filled
  let rival: Filled
  let task: string

  beforeAll(async () => {
    service = await serviceOnFreshDatabase({ objectDirectory: store.directory, attachmentLimit: 1_000_000 })
    acme = await filled(service, 'acme')
    rival = await filled(service, 'rival')
    task = `tasks/${acme.taskIds[0]}`
  }, 60_000)

  const get = (id: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
    send(service, `${method} /attachments/${id}/content`, { token: acme.memberToken, headers })

  it('is read in parts (RFC 9110, section 14)', async () => {
    const data = randomBytes(700_000)
    const { json } = await attach(service, acme, task, data)
    const tag = `"${json.sha256}"`
    const cases = [
      ['bytes=0-0', 0, 1],
      ['bytes=262143-262144', 262_143, 2],
      ['bytes=699999-', 699_999, 1],
      ['bytes=-5', 699_995, 5],
      ['bytes=-9999999', 0, 700_000],
      ['bytes=600000-9999999', 600_000, 100_000],
    ] as const
    for (const [range, start, length] of cases) {
      const got = await get(json.id, { range, 'if-range': tag })
      expect(got.status).toBe(206)
      expect(got.headers).toMatchObject({
        'content-range': `bytes ${start}-${start + length - 1}/700000`,
        'content-length': String(length),
      })
      expect(got.bytes.equals(data.subarray(start, start + length))).toBe(true)
    }
    for (const range of ['bytes=700000-', 'bytes=-0']) {
      const got = await get(json.id, { range })
      expect([got.status, got.headers['content-range']]).toEqual([416, 'bytes */700000'])
      expect(got.headers['content-type']).toMatch(/problem/)
    }
    for (const headers of [
      { range: 'bytes=5-1' },
      { range: 'bytes=0-1,3-4' },
      { range: 'lines=1-2' },
      { range: 'bytes=0-1', 'if-range': '"other"' },
    ]) {
      const got = await get(json.id, headers as Record<string, string>)
      expect([got.status, got.bytes.length]).toEqual([200, 700_000])
    }
    const head = await get(json.id, {}, 'HEAD')
    expect([head.status, head.headers['content-length'], head.bytes.length]).toEqual([200, '700000', 0])
  })

  it('may be empty', async () => {
    const { json, status } = await attach(service, acme, task, Buffer.alloc(0))
    expect([status, json.size]).toEqual([201, 0])
    expect((await get(json.id)).bytes).toHaveLength(0)
  })

  it('is served as nothing that a browser would run', async () => {
    for (const [declared, served] of [
      ['text/html; charset=utf-8', 'application/octet-stream'],
      ['image/svg+xml', 'application/octet-stream'],
      ['application/json', 'application/octet-stream'],
      ['text/plain; charset=utf-8', 'text/plain'],
      ['IMAGE/PNG', 'image/png'],
    ] as const) {
      const { json } = await attach(service, acme, task, Buffer.from('<script>'), {
        'content-type': declared,
      })
      expect((await get(json.id)).headers['content-type']).toBe(served)
    }
  })

  it('may be called anything that is no path and no control character', async () => {
    const { json: foreign } = await attach(service, rival, `tasks/${rival.taskIds[0]}`, Buffer.from('x'))
    for (const name of [
      `"; filename=evil.exe`,
      "a'b*c%0d%0a",
      'ä\u202Egpj.exe',
      `${foreign.id}.txt`,
      '.',
      'x'.repeat(255),
    ]) {
      const made = await attach(service, acme, task, Buffer.from('x'), { name })
      expect([made.status, made.json.name]).toEqual([201, name])
      const { status, headers } = await get(made.json.id)
      expect(status).toBe(200)
      expect(headers['content-disposition']).toMatch(
        /^attachment; filename="[^"\\]*"; filename\*=UTF-8''[\w%.!~&$+#^`{}|-]+$/,
      )
    }
    for (const name of ['', 'a/b', '..\\b', 'a\nb', 'a\0', 'x'.repeat(256)]) {
      expect((await attach(service, acme, task, Buffer.from('x'), { name })).status).toBe(400)
    }
  })

  it('has to say how large it is, and is not larger than allowed', async () => {
    const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
    const chunked = await fetch(`${url}/${task}/attachments?name=x`, {
      method: 'POST',
      headers: { authorization: `Bearer ${acme.memberToken}`, 'content-type': 'text/plain' },
      body: new Blob(['words']).stream(),
      duplex: 'half',
    } as RequestInit)
    expect(chunked.status).toBe(411)
    expect((await attach(service, acme, task, randomBytes(1_000_001))).status).toBe(413)
    expect((await attach(service, acme, task, Buffer.from('x'), { 'content-type': 'no type' })).status).toBe(
      415,
    )
  })

  it('is not a guest’s to make', async () => {
    await service.database.pool.query(
      `BEGIN; SELECT set_config('app.tenant_id', '${rival.id}', true);
       UPDATE memberships SET role = 'guest' WHERE user_id = '${rival.memberId}'; COMMIT`,
    )
    const { json } = await rival.admin('GET /tasks?limit=1')
    expect((await attach(service, rival, `tasks/${json.items[0].id}`, Buffer.from('x'))).status).toBe(403)
    expect((await rival.member(`GET /tasks/${json.items[0].id}/attachments`)).status).toBe(200)
  })

  it('is stored once, however often its upload is tried again', async () => {
    const data = Buffer.from('the same')
    const headers = { 'idempotency-key': 'once', name: 'same.txt' }
    const before = await bytesUsed(acme)
    const first = await attach(service, acme, task, data, headers)
    const again = await attach(service, acme, task, data, headers)
    expect([again.status, again.json]).toEqual([201, first.json])
    expect(await bytesUsed(acme)).toBe(before + data.length)
    const others = [
      attach(service, acme, task, Buffer.from('longer than it'), headers),
      attach(service, acme, task, data, { ...headers, name: 'other.txt' }),
      attach(service, acme, `tasks/${acme.taskIds[1]}`, data, headers),
    ]
    for (const other of others) expect((await other).status).toBe(409)
    const race = await Promise.all(
      Array.from({ length: 5 }, () =>
        attach(service, acme, task, data, { ...headers, 'idempotency-key': 'race' }),
      ),
    )
    const made = race.filter(({ status }) => status === 201)
    expect(made.length).toBeGreaterThan(0)
    expect(new Set(made.map(({ json }) => json.id)).size).toBe(1)
    expect(await bytesUsed(acme)).toBe(before + 2 * data.length)
    expect(await service.quotaJobs.recount({ tenantId: acme.id })).toEqual({})
  })

  it('that is not what was stored is not sent', async () => {
    const { json } = await attach(service, acme, task, randomBytes(1000), { name: 'damaged' })
    const { rows } = await service.database.pool.query(
      `SELECT object_id FROM attachments WHERE id = '${json.id}'`,
    )
    const file = join(store.directory, acme.id, 'attachments', String(rows[0]!['object_id']))
    const bytes = await readFile(file)
    bytes[bytes.length - 20]! ^= 1
    await writeFile(file, bytes)
    for (const headers of [{}, { range: 'bytes=3-5' }]) {
      const got = await get(json.id, headers as Record<string, string>)
      expect([got.status, got.json]).toEqual([
        500,
        { type: 'about:blank', title: 'Internal Server Error', status: 500 },
      ])
    }
    await rm(file)
    expect((await get(json.id)).status).toBe(500)
  })

  it('goes with its tenant to another tier, and its object stays where it is', async () => {
    const tenant = await filled(service, 'mover')
    const data = randomBytes(1000)
    const { json } = await attach(service, tenant, `tasks/${tenant.taskIds[0]}`, data)
    const before = await store.objectsOf(tenant)
    for (const tier of ['schema', 'database', 'row']) {
      const { status } = await service.operator(`POST /operator/tenants/${tenant.id}/move`, {
        body: { tier },
      })
      expect(status).toBe(202)
      await expect
        .poll(
          async () =>
            (await service.operator(`GET /operator/tenants/${tenant.id}/moves`)).json.items[0]?.phase,
          { timeout: 30_000 },
        )
        .toBe('done')
      const got = await send(service, `GET /attachments/${json.id}/content`, { token: tenant.memberToken })
      expect(got.bytes.equals(data)).toBe(true)
      expect(await service.attachmentJobs.sweep({ tenantId: tenant.id }, soon())).toEqual({
        uploads: 0,
        objects: 0,
        drafts: 0,
      })
    }
    expect(await store.objectsOf(tenant)).toEqual(before)
  })

  describe('behind a link', () => {
    const made = async (tenant: Filled, seconds = 60) => {
      const { json } = await attach(service, tenant, `tasks/${tenant.taskIds[1]}`, Buffer.from('linked'), {
        name: 'linked.txt',
      })
      const link = await tenant.admin(`POST /attachments/${json.id}/links`, {
        body: { lifetimeSeconds: seconds },
      })
      expect(link.status).toBe(201)
      return { id: json.id as string, path: link.json.path as string }
    }

    it('is read without a token, whole and in parts, and shows no key of storage', async () => {
      const { path } = await made(acme)
      const got = await send(service, `GET ${path}`)
      expect([got.status, String(got.bytes)]).toEqual([200, 'linked'])
      expect(got.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'private, no-store',
      })
      const piece = await send(service, `GET ${path}`, { headers: { range: 'bytes=1-3' } })
      expect([piece.status, String(piece.bytes)]).toEqual([206, 'ink'])
      expect(got.headers['ratelimit-policy']).toBeDefined()
      const { rows } = await service.database.pool.query(`SELECT object_id FROM attachments`)
      for (const row of rows) expect(path).not.toContain(row['object_id'])
    })

    it('is read by nothing but the link that was made for it', async () => {
      const [own, sibling] = [await made(acme), await made(acme)]
      const other = await filled(service, 'linking')
      const theirs = { tenant: other, ...(await made(other)) }
      const proof = own.path.split('proof=')[1]!
      const [payload, mac] = proof.split('.') as [string, string]
      const grant = JSON.parse(Buffer.from(payload, 'base64url').toString())
      const forged = Buffer.from(JSON.stringify({ ...grant, expires: grant.expires + 3600 })).toString(
        'base64url',
      )
      const wrong = [
        `/downloads/${acme.id}/${sibling.id}?proof=${proof}`,
        `/downloads/${theirs.tenant.id}/${theirs.id}?proof=${proof}`,
        `/downloads/${theirs.tenant.id}/${own.id}?proof=${proof}`,
        `/downloads/${acme.id}/${theirs.id}?proof=${theirs.path.split('proof=')[1]}`,
        `/downloads/${randomUUID()}/${own.id}?proof=${proof}`,
        `/downloads/${acme.id}/${own.id}?proof=${forged}.${mac}`,
        `/downloads/${acme.id}/${own.id}?proof=${payload}.`,
        `/downloads/${acme.id}/${own.id}?proof=${payload}`,
        `/downloads/${acme.id}/${own.id}?proof=.${mac}`,
        `/downloads/${acme.id}/${own.id}`,
        `/downloads/${acme.id}/${own.id}?proof=${proof}&proof=${proof}`,
        `/downloads/nobody/${own.id}?proof=${proof}`,
        `/downloads/${acme.id}/..%2f..?proof=${proof}`,
      ]
      for (const path of wrong) {
        const got = await send(service, `GET ${path}`)
        expect([got.status, got.json], path).toEqual([
          404,
          { type: 'about:blank', title: 'Not Found', status: 404 },
        ])
      }
      expect((await send(service, `GET ${own.path}`)).status).toBe(200)
    })

    it('ends in time, with the attachment, with the membership, and while the tenant is suspended', async () => {
      const tenant = await filled(service, 'ending')
      const short = await made(tenant, 1)
      const [deleted, revoked] = [await made(tenant), await made(tenant)]
      await tenant.admin(`DELETE /attachments/${deleted.id}`)
      expect((await send(service, `GET ${deleted.path}`)).status).toBe(404)
      await expect
        .poll(async () => (await send(service, `GET ${short.path}`)).status, { timeout: 5000 })
        .toBe(404)
      expect((await send(service, `GET ${revoked.path}`)).status).toBe(200)
      await service.operator(`POST /operator/tenants/${tenant.id}/suspend`, { body: { reason: 'test' } })
      expect((await send(service, `GET ${revoked.path}`)).status).toBe(403)
      await service.operator(`POST /operator/tenants/${tenant.id}/resume`)
      await service.operator(`POST /operator/tenants/${tenant.id}/members/${tenant.adminId}/revoke`)
      expect((await send(service, `GET ${revoked.path}`)).status).toBe(404)
    })

    it('is not an API key’s to make', async () => {
      const { json: key } = await acme.admin('POST /api-keys', { body: { name: 'key' } })
      const { id } = await made(acme)
      const asked = await service.as(key.token)(`POST /attachments/${id}/links`, { body: {} })
      expect(asked.status).toBe(403)
    })
  })
})
