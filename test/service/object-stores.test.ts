import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FileObjects } from '../../fixtures/service/objects/files.ts'
import { S3Client, type S3Settings } from '../../fixtures/service/objects/s3/client.ts'
import { S3Objects } from '../../fixtures/service/objects/s3/objects.ts'
import {
  ObjectMissing,
  ObjectTooLarge,
  type ObjectHead,
  type ObjectName,
  type ObjectStore,
} from '../../fixtures/service/objects/store.ts'
import { moto, motoIsThere } from '../support/moto.ts'
import { s3Server, type S3Server } from '../support/s3-server.ts'

const closing: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Small parts, for a server that takes them; S3 itself asks for 5 MiB, and so does moto. */
function client(settings: S3Settings, partSize?: number): S3Objects {
  const made = new S3Client(settings)
  closing.unshift(() => made.close())
  return new S3Objects(made, partSize)
}

/** A store whose listings alone pass a server that does not look at signatures. */
function listingUnchecked(store: ObjectStore, check: (whether: boolean) => Promise<void>): ObjectStore {
  return {
    put: (...given) => store.put(...given),
    get: (...given) => store.get(...given),
    head: (name) => store.head(name),
    remove: (name) => store.remove(name),
    list: async function* (...given) {
      await check(false)
      yield* store.list(...given)
      await check(true)
    },
    discardUnfinished: async (...given) => {
      await check(false)
      return store.discardUnfinished(...given).finally(() => check(true))
    },
    removeAll: async (...given) => {
      await check(false)
      return store.removeAll(...given).finally(() => check(true))
    },
    countAll: async (...given) => {
      await check(false)
      return store.countAll(...given).finally(() => check(true))
    },
  }
}

async function files(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'objects-'))
  closing.push(() => rm(directory, { recursive: true }))
  return directory
}

async function server(): Promise<S3Server> {
  const made = await s3Server()
  closing.push(made.close)
  return made
}

const stores: Readonly<Record<string, { there: boolean; open: () => Promise<ObjectStore>; large: number }>> =
  {
    files: { there: true, open: async () => new FileObjects(await files()), large: 300_000 },
    'S3, a server of this test that checks signatures': {
      there: true,
      open: async () => client((await server()).settings, 64 * 1024),
      large: 300_000,
    },
    'S3, moto, which checks signatures': {
      there: motoIsThere,
      open: async () => {
        const { settings, check, close } = await moto()
        closing.push(close)
        return listingUnchecked(client(settings, 5 * 2 ** 20), check)
      },
      large: 12_000_000,
    },
  }

async function collect(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const found: Buffer[] = []
  for await (const piece of pieces) found.push(piece)
  return Buffer.concat(found)
}

async function listed(pieces: AsyncIterable<ObjectHead>): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { objectId } of pieces) found.push(objectId)
  return found.sort()
}

const named = (tenantId = randomUUID() as string): ObjectName => ({
  tenantId,
  area: 'attachments',
  objectId: randomUUID(),
})

const cut = (data: Buffer, size: number): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(data.length / size) }, (_, at) =>
      data.subarray(at * size, (at + 1) * size),
    ),
  )

for (const [kind, { there, open, large }] of Object.entries(stores)) {
  describe.skipIf(!there)(kind, { timeout: 60_000 }, () => {
    let store: ObjectStore
    beforeAll(async () => {
      store = await open()
    }, 60_000)

    it.each([
      ['nothing', 0],
      ['a byte', 1],
      ['a part exactly', 64 * 1024],
      ['a part and a byte', 64 * 1024 + 1],
      ['many parts', large],
    ])('gives back what was put: %s', async (_, size) => {
      const data = randomBytes(size)
      const name = named()
      const sha256 = createHash('sha256').update(data).digest('hex')
      expect(await store.put(name, cut(data, 10_007))).toEqual({ size, sha256 })
      expect((await collect(store.get(name))).equals(data)).toBe(true)
      expect(await store.head(name)).toMatchObject({ objectId: name.objectId, size })
    })

    it('gives ranges, and of one beyond the end what there is', async () => {
      const data = randomBytes(200_000)
      const name = named()
      await store.put(name, cut(data, 50_000))
      for (const [start, length] of [
        [0, 1],
        [0, 0],
        [1, 199_999],
        [70_000, 80_000],
        [199_999, 100],
        [200_000, 5],
        [300_000, 1],
      ]) {
        const part = await collect(store.get(name, { start: start!, length: length! }))
        expect(part.equals(data.subarray(start, start! + length!))).toBe(true)
      }
    })

    it('has nothing of what was never put, and removes it all the same', async () => {
      await expect(collect(store.get(named()))).rejects.toThrow(ObjectMissing)
      await expect(collect(store.get(named(), { start: 3, length: 5 }))).rejects.toThrow(ObjectMissing)
      expect(await store.head(named())).toBeNull()
      await store.remove(named())
    })

    it('keeps nothing of what is too large, breaks off or is given up', async () => {
      const tenantId = randomUUID()
      const data = randomBytes(large)
      await expect(store.put(named(tenantId), cut(data, 9999), { limit: large - 1 })).rejects.toThrow(
        ObjectTooLarge,
      )
      await expect(store.put(named(tenantId), cut(data, 9999), { limit: 0 })).rejects.toThrow(ObjectTooLarge)
      async function* broken() {
        yield data
        throw new Error('the client hung up')
      }
      await expect(store.put(named(tenantId), broken())).rejects.toThrow('the client hung up')
      const abort = new AbortController()
      async function* slow() {
        yield data.subarray(0, 10)
        abort.abort(new Error('too slow'))
        yield data
      }
      await expect(store.put(named(tenantId), slow(), { signal: abort.signal })).rejects.toThrow()
      expect(await listed(store.list({ tenantId }, 'attachments'))).toEqual([])
      expect(await store.discardUnfinished({ tenantId }, new Date(Date.now() + 60_000))).toBe(0)
      expect(await store.put(named(tenantId), cut(data, 9999), { limit: large })).toMatchObject({
        size: large,
      })
    })

    it('takes the place of what has the same name as a whole', async () => {
      const name = named()
      await store.put(name, cut(randomBytes(100_000), 1000))
      async function* broken() {
        yield randomBytes(100_000)
        throw new Error('broken')
      }
      const [before] = [await collect(store.get(name))]
      await expect(store.put(name, broken())).rejects.toThrow('broken')
      expect((await collect(store.get(name))).equals(before)).toBe(true)
      await store.put(name, Readable.from([Buffer.from('after')]))
      expect(String(await collect(store.get(name)))).toBe('after')
    })

    it('lists a tenant’s objects of one area, over pages, and no others', async () => {
      const [own, other] = [randomUUID(), randomUUID()] as [string, string]
      const names = Array.from({ length: 8 }, () => named(own))
      for (const name of [...names, named(other)]) await store.put(name, Readable.from([Buffer.from('x')]))
      await store.put({ ...named(own), area: 'exports' }, Readable.from([Buffer.from('x')]))
      expect(await listed(store.list({ tenantId: own }, 'attachments'))).toEqual(
        names.map(({ objectId }) => objectId).sort(),
      )
      await store.remove(names[0]!)
      expect(await listed(store.list({ tenantId: own }, 'attachments'))).toHaveLength(7)
      expect(await listed(store.list({ tenantId: randomUUID() }, 'attachments'))).toEqual([])
    })

    it('removes everything of one tenant, whatever it is for, and counts nothing more', async () => {
      const [going, staying] = [named(), named()]
      await store.put(going, cut(randomBytes(10), 10))
      await store.put({ ...going, area: 'exports' }, cut(randomBytes(10), 10))
      await store.put(staying, cut(randomBytes(10), 10))
      expect(await store.countAll(going)).toBeGreaterThanOrEqual(2)
      await store.removeAll(going)
      await store.removeAll(going)
      expect(await store.countAll(going)).toBe(0)
      expect(await store.head(staying)).not.toBeNull()
    })

    it('has no name for anything but a tenant’s object', async () => {
      const wrong = [
        { objectId: '../secret' },
        { objectId: `${randomUUID()}/..` },
        { objectId: randomUUID().toUpperCase() },
        { tenantId: '..' },
        { tenantId: `${randomUUID()}\0` },
        { area: '../attachments' as 'attachments' },
      ]
      for (const part of wrong) {
        const name = { ...named(), ...part }
        await expect(store.put(name, Readable.from([Buffer.from('x')]))).rejects.toThrow(
          /named by|no such area/,
        )
        await expect(collect(store.get(name))).rejects.toThrow(/named by|no such area/)
        await expect(store.head(name)).rejects.toThrow(/named by|no such area/)
        await expect(store.remove(name)).rejects.toThrow(/named by|no such area/)
      }
      await expect(listed(store.list({ tenantId: '' }, 'attachments'))).rejects.toThrow(/named by/)
    })

    it('lets go of what a reader stops reading', async () => {
      const name = named()
      await store.put(name, cut(randomBytes(2_000_000), 100_000))
      for (let times = 0; times < 50; times += 1) {
        for await (const piece of store.get(name)) {
          expect(piece.length).toBeGreaterThan(0)
          break
        }
      }
    })
  })
}

describe('files', () => {
  it('are written under another name first; what a killed writer leaves is discarded when it is old', async () => {
    const directory = await files()
    const store = new FileObjects(directory)
    const name = named()
    let seen: readonly string[] = []
    async function* source() {
      yield Buffer.from('half')
      const folder = join(directory, name.tenantId, 'attachments')
      while (seen.length === 0) seen = await readdir(folder)
      yield Buffer.from(' and half')
    }
    await store.put(name, source())
    expect(seen).toEqual([expect.stringMatching(/\.draft$/)])
    expect(await readdir(join(directory, name.tenantId, 'attachments'))).toEqual([name.objectId])
    await writeFile(join(directory, name.tenantId, 'attachments', `${randomUUID()}.0.draft`), 'left')
    expect(await listed(store.list(name, 'attachments'))).toEqual([name.objectId])
    expect(await store.discardUnfinished(name, new Date(Date.now() - 60_000))).toBe(0)
    expect(await store.discardUnfinished(name, new Date(Date.now() + 60_000))).toBe(1)
    expect(String(await collect(store.get(name)))).toBe('half and half')
  })
})

describe('S3', () => {
  async function prepared() {
    const at = await server()
    return { at, store: client(at.settings, 64 * 1024) }
  }

  it('is asked again when it fails for a moment, with every kind of request', async () => {
    const { at, store } = await prepared()
    const name = named()
    const data = randomBytes(200_000)
    at.faults.push({ method: 'POST', does: 'unavailable' }, { method: 'PUT', does: 'hang up' })
    await store.put(name, cut(data, 10_000))
    at.faults.push({ method: 'GET', does: 'unavailable' }, { method: 'GET', does: 'hang up' })
    expect((await collect(store.get(name))).equals(data)).toBe(true)
    at.faults.push({ method: 'HEAD', does: 'hang up' }, { method: 'DELETE', does: 'unavailable' })
    expect(await store.head(name)).toMatchObject({ size: 200_000 })
    await store.remove(name)
    expect(at.faults).toEqual([])
    expect(at.objects.size).toBe(0)
  })

  it('is told so when it goes on failing', async () => {
    const { at, store } = await prepared()
    for (let times = 0; times < 4; times += 1) at.faults.push({ method: 'PUT', does: 'unavailable' })
    await expect(store.put(named(), Readable.from([Buffer.from('x')]))).rejects.toMatchObject({
      code: 'OBJECT_STORE_UNAVAILABLE',
      reason: 'SlowDown',
    })
  })

  it('goes on reading where an answer broke off, in the same object only', async () => {
    const { at, store } = await prepared()
    const name = named()
    const data = randomBytes(400_000)
    await store.put(name, cut(data, 10_000))
    at.faults.push({ method: 'GET', does: 'cut the answer' }, { method: 'GET', does: 'cut the answer' })
    expect((await collect(store.get(name))).equals(data)).toBe(true)
    at.faults.push({ method: 'GET', does: 'cut the answer' })
    expect(
      (await collect(store.get(name, { start: 1000, length: 300_000 }))).equals(data.subarray(1000, 301_000)),
    ).toBe(true)
    at.faults.push({ method: 'GET', does: 'cut the answer' })
    const reading = store.get(name)[Symbol.asyncIterator]()
    await reading.next()
    await store.put(name, cut(randomBytes(400_000), 10_000))
    const rest = async () => {
      for (let next = await reading.next(); next.done !== true;) next = await reading.next()
    }
    await expect(rest()).rejects.toMatchObject({ status: 412 })
  })

  it('believes no success with an error in it, and gives up the parts', async () => {
    const { at, store } = await prepared()
    const name = named()
    await store.put(name, Readable.from([Buffer.from('before')]))
    at.faults.push({ method: 'POST', does: 'hang up' }, { method: 'POST', does: 'fail within a success' })
    // The first fault meets the beginning of the upload, which is sent again; the second one its end.
    at.faults.reverse()
    const begun = store.put(name, cut(randomBytes(200_000), 10_000))
    await expect(begun).rejects.toThrow()
    expect(at.uploads.size).toBe(0)
    expect(String(await collect(store.get(name)))).toBe('before')
  })

  it('discards uploads of killed writers, over pages, of this tenant and old ones only', async () => {
    const { at, store } = await prepared()
    const [own, other] = [named(), named()]
    const direct = new S3Client(at.settings)
    closing.unshift(() => direct.close())
    const keys = [own, own, own, own, own, other].map(
      ({ tenantId }) => `${tenantId}/attachments/${randomUUID()}`,
    )
    for (const key of keys)
      await (await direct.send({ method: 'POST', key, query: { uploads: '' } })).body.dump()
    expect(await store.discardUnfinished(own, new Date(Date.now() - 60_000))).toBe(0)
    expect(await store.discardUnfinished(own, new Date(Date.now() + 60_000))).toBe(5)
    expect([...at.uploads.values()].map(({ key }) => key)).toEqual([keys[5]])
  })

  it('lets nobody in with another secret, and nothing pass that was changed on the way', async () => {
    const { at } = await prepared()
    const stranger = client({ ...at.settings, secretAccessKey: 'another' })
    await expect(stranger.put(named(), Readable.from([Buffer.from('x')]))).rejects.toMatchObject({
      status: 403,
      reason: 'SignatureDoesNotMatch',
    })
  })
})
