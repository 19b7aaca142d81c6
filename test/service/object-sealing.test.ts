import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fc, test } from '@fast-check/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { headerLength } from '../../fixtures/service/objects/envelope.ts'
import { FileObjects } from '../../fixtures/service/objects/files.ts'
import { SealedObjects } from '../../fixtures/service/objects/sealed.ts'
import { ObjectDamaged, ObjectTooLarge, type ObjectName } from '../../fixtures/service/objects/store.ts'
import { TenantKeys } from '../../fixtures/service/platform/keys.ts'

const chunk = 256 * 1024
const [tenantId, rival] = [randomUUID() as string, randomUUID() as string]
let directory: string
let keys: TenantKeys
let files: FileObjects
let store: SealedObjects

const named = (area: ObjectName['area'] = 'attachments'): ObjectName => ({
  tenantId,
  area,
  objectId: randomUUID(),
})

async function collect(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const found: Buffer[] = []
  for await (const piece of pieces) found.push(piece)
  return Buffer.concat(found)
}

async function put(data: Buffer, name = named()): Promise<ObjectName> {
  await store.put(name, Readable.from([data]))
  return name
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sealed-'))
  keys = new TenantKeys(join(directory, 'keys'), randomBytes(32))
  await keys.create(tenantId)
  await keys.create(rival)
  files = new FileObjects(join(directory, 'objects'))
  store = new SealedObjects(files, keys)
})

afterAll(() => rm(directory, { recursive: true }))

describe('a sealed object', () => {
  it.each([0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 700_000])(
    'opens to what it was: %d bytes',
    async (size) => {
      const data = randomBytes(size)
      const name = named()
      const sha256 = createHash('sha256').update(data).digest('hex')
      expect(await store.put(name, Readable.from([data]))).toEqual({ size, sha256 })
      expect((await collect(store.get(name))).equals(data)).toBe(true)
      const part = { size, range: { start: 0, length: size } }
      expect((await collect(store.get(name, part))).equals(data)).toBe(true)
      const stored = await collect(files.get(name))
      expect(stored).toHaveLength(headerLength + size + 20 * Math.max(1, Math.ceil(size / chunk)))
      expect(size > 20 && stored.includes(data.subarray(0, 20))).toBe(false)
    },
  )

  const data = randomBytes(3 * chunk + 1000)
  let name: ObjectName
  beforeAll(async () => {
    name = await put(data)
  })
  const ranges = fc
    .tuple(fc.nat({ max: data.length - 1 }), fc.nat({ max: data.length }))
    .map(([start, length]) => ({ start, length: Math.min(length, data.length - start) }))
  const edges = fc
    .tuple(fc.nat({ max: 3 }), fc.integer({ min: -2, max: 2 }), fc.nat({ max: 5 }))
    .map(([number, beside, length]) => ({ start: Math.max(0, number * chunk + beside), length }))

  test.prop([fc.oneof(ranges, edges)], { numRuns: 150 })('opens in any part', async (range) => {
    const opened = await collect(store.get(name, { size: data.length, range }))
    expect(opened.equals(data.subarray(range.start, range.start + range.length))).toBe(true)
  })

  it('reads of the store no more than the chunks of the part', async () => {
    const asked: number[] = []
    const watched = new SealedObjects(
      {
        ...Object.fromEntries(
          ['put', 'head', 'remove', 'list', 'discardUnfinished', 'removeAll', 'countAll'].map((each) => [
            each,
            null,
          ]),
        ),
        get: (given: ObjectName, range: { start: number; length: number }) => {
          asked.push(range.length)
          return files.get(given, range)
        },
      } as never,
      keys,
    )
    await collect(watched.get(name, { size: data.length, range: { start: chunk + 5, length: 10 } }))
    expect(asked).toEqual([headerLength, chunk + 20])
  })

  test.prop([fc.nat({ max: data.length }), ranges], { numRuns: 60 })(
    'opens in no part that was changed',
    async (at, range) => {
      const copy = { ...name, objectId: name.objectId }
      const sealed = await collect(files.get(name))
      const changed = Buffer.from(sealed)
      changed[at]! ^= 1
      const other = new FileObjects(join(directory, 'changed'))
      await other.put(copy, Readable.from([changed]))
      const opened = collect(new SealedObjects(other, keys).get(copy, { size: data.length, range })).catch(
        (error: unknown) => error,
      )
      const found = await opened
      // What was not touched by the change is right; the rest is refused.
      if (found instanceof Buffer)
        expect(found.equals(data.subarray(range.start, range.start + range.length))).toBe(true)
      else expect(found).toBeInstanceOf(ObjectDamaged)
    },
  )

  it('says so when its size is another than the row says', async () => {
    for (const size of [data.length - 1, data.length + 1, data.length - chunk, data.length + chunk, 10]) {
      const end = { size, range: { start: size - 5, length: 5 } }
      await expect(collect(store.get(name, end))).rejects.toThrow(ObjectDamaged)
    }
  })

  it('opens for no other tenant, object or area, and with no other key', async () => {
    const sealed = await collect(files.get(name))
    const others: readonly ObjectName[] = [
      { ...name, tenantId: rival },
      named(),
      { ...name, area: 'exports' },
    ]
    for (const other of others) {
      await files.put(other, Readable.from([sealed]))
      await expect(collect(store.get(other))).rejects.toThrow(ObjectDamaged)
      const part = { size: data.length, range: { start: 0, length: 10 } }
      await expect(collect(store.get(other, part))).rejects.toThrow(ObjectDamaged)
    }
  })

  it('is counted as what it was, not as what was stored', async () => {
    const exactly = randomBytes(1000)
    await store.put(named(), Readable.from([exactly]), { limit: 1000 })
    await expect(store.put(named(), Readable.from([exactly]), { limit: 999 })).rejects.toThrow(ObjectTooLarge)
  })

  it('is unreadable when the tenant’s key is destroyed', async () => {
    const gone = randomUUID()
    await keys.create(gone)
    const lost = await put(Buffer.from('words'), { ...named(), tenantId: gone })
    await keys.destroy(gone)
    await expect(collect(store.get(lost))).rejects.toThrow(ObjectDamaged)
  })
})
