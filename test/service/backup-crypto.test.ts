import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { fc, test } from '@fast-check/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BackupDamaged } from '../../fixtures/service/backup/damaged.ts'
import { openBackup, sealBackup, type BackupName } from '../../fixtures/service/backup/envelope.ts'
import { TenantKeys } from '../../fixtures/service/platform/keys.ts'
import { backUp, contents, fill, restore } from '../support/recovery.ts'
import { serviceOnFreshDatabase, type TenantInService } from '../support/service.ts'

const wrapping = randomBytes(32)
const name: BackupName = { tenantId: randomUUID(), backupId: randomUUID() }
let directory: string
let keys: TenantKeys
const data = randomBytes(700_000)
/** Header, then three chunks. */
let sealed: Buffer

async function collect(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const found: Buffer[] = []
  for await (const piece of pieces) found.push(piece)
  return Buffer.concat(found)
}

const open = (backup: Buffer, as: BackupName = name) =>
  collect(openBackup(keys, as, Readable.from([backup.subarray(0, 5), backup.subarray(5)])))

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'backups-'))
  keys = new TenantKeys(join(directory, 'keys'), wrapping)
  await keys.create(name.tenantId)
  sealed = await collect(sealBackup(keys, name, Readable.from([data])))
})

afterAll(() => rm(directory, { recursive: true }))

function chunks(backup: Buffer) {
  const header = backup.subarray(0, 68)
  const found: Buffer[] = []
  for (let at = 68; at < backup.length;) {
    const end = at + 4 + backup.readUInt32BE(at)
    found.push(backup.subarray(at, end))
    at = end
  }
  return { header, found }
}

describe('a sealed backup', () => {
  test.prop([fc.uint8Array({ maxLength: 5000 })], { numRuns: 30 })('opens to what it was', async (text) => {
    const backup = await collect(sealBackup(keys, name, Readable.from([Buffer.from(text)])))
    expect(new Uint8Array(await open(backup))).toEqual(text)
  })

  it('opens across chunks', async () => {
    expect(chunks(sealed).found).toHaveLength(3)
    expect((await open(sealed)).equals(data)).toBe(true)
  })

  test.prop([fc.nat({ max: 699_000 }), fc.integer({ min: 0, max: 7 })], { numRuns: 40 })(
    'does not open when a bit is another',
    async (at, bit) => {
      const changed = Buffer.from(sealed)
      changed[at]! ^= 1 << bit
      await expect(open(changed)).rejects.toThrow(BackupDamaged)
    },
  )

  test.prop([fc.nat({ max: 699_000 })], { numRuns: 40 })('does not open cut short', async (length) => {
    await expect(open(sealed.subarray(0, length))).rejects.toThrow(BackupDamaged)
  })

  it('does not open with its chunks in another order, missing, twice, or with more behind', async () => {
    const { header, found } = chunks(sealed)
    const [first, second, last] = found as [Buffer, Buffer, Buffer]
    const wrong = [
      [second, first, last],
      [first, last],
      [first, second],
      [first, first, second, last],
      [first, second, last, last],
      [],
    ]
    for (const order of wrong) {
      await expect(open(Buffer.concat([header, ...order]))).rejects.toThrow(BackupDamaged)
    }
  })

  it('opens neither for another tenant nor as another backup, nor with another key', async () => {
    const rival = randomUUID()
    await keys.create(rival)
    await expect(open(sealed, { ...name, tenantId: rival })).rejects.toThrow(BackupDamaged)
    await expect(open(sealed, { ...name, backupId: randomUUID() })).rejects.toThrow(BackupDamaged)
    const other = new TenantKeys(join(directory, 'others'), randomBytes(32))
    await other.create(name.tenantId)
    await expect(collect(openBackup(other, name, Readable.from([sealed])))).rejects.toThrow(BackupDamaged)
  })

  it('takes the chunks of another of the tenant’s backups for none of its own', async () => {
    const sibling = await collect(sealBackup(keys, name, Readable.from([data])))
    const { header, found } = chunks(sealed)
    const mixed = Buffer.concat([header, found[0]!, chunks(sibling).found[1]!, found[2]!])
    await expect(open(mixed)).rejects.toThrow(BackupDamaged)
  })
})

describe('a restore', () => {
  const unreadable = 'the backup cannot be read: it is not what was written for this tenant'

  async function prepared() {
    const backupDirectory = await mkdtemp(join(directory, 'vault-'))
    const kept = {
      tenantKeyDirectory: join(directory, 'keys'),
      keyEncryptionKey: wrapping.toString('base64url'),
    }
    const service = await serviceOnFreshDatabase({ backupDirectory, ...kept })
    const tenant = await service.tenant('acme')
    const neighbour = await service.tenant('rival')
    await fill(tenant, service.operator)
    await fill(neighbour, service.operator)
    const fileOf = ({ id }: TenantInService, backup: { id: string }) =>
      join(backupDirectory, id, 'backups', backup.id)
    const [own, theirs] = [await backUp(service.operator, tenant), await backUp(service.operator, neighbour)]
    const until = new Date().toISOString()
    return {
      ...service,
      tenant,
      neighbour,
      own: fileOf(tenant, own),
      theirs: fileOf(neighbour, theirs),
      ownId: own.id as string,
      until,
    }
  }

  it('writes nothing from another tenant’s backup, a changed one or a lost one', async () => {
    const { operator, tenant, neighbour, own, theirs, until, database } = await prepared()
    const before = [await contents(tenant), await contents(neighbour)]
    const good = await readFile(own)
    const flipped = Buffer.from(good)
    flipped[good.length >> 1]! ^= 1
    for (const bad of [await readFile(theirs), flipped, good.subarray(0, -1), Buffer.alloc(0)]) {
      await writeFile(own, bad)
      expect(await restore(operator, tenant, { until, mode: 'swap' })).toMatchObject({
        phase: 'failed',
        failure: unreadable,
      })
    }
    await rm(own)
    expect(await restore(operator, tenant, { until, mode: 'swap' })).toMatchObject({ phase: 'failed' })
    expect([await contents(tenant), await contents(neighbour)]).toEqual(before)
    const { rows } = await database.pool.query(
      `SELECT nspname FROM pg_namespace WHERE nspname LIKE 'restore%'`,
    )
    expect(rows).toEqual([])
    await writeFile(own, good)
    expect(await restore(operator, tenant, { until, mode: 'swap' })).toMatchObject({
      phase: 'done',
      failure: null,
    })
  }, 60_000)

  it('writes no row of another tenant, whoever sealed it', async () => {
    const { operator, tenant, neighbour, own, ownId, until, database } = await prepared()
    const { rows } = await database.pool.query(
      `SELECT to_jsonb(p) AS image FROM projects p WHERE tenant_id = '${neighbour.id}'`,
    )
    const hostile = gzipSync(
      `${JSON.stringify({ table: 'projects', rows: rows.map(({ image }) => ({ ...(image as object), name: 'Taken over' })) })}\n`,
    )
    await writeFile(
      own,
      await collect(sealBackup(keys, { tenantId: tenant.id, backupId: ownId }, Readable.from([hostile]))),
    )
    const before = [await contents(tenant), await contents(neighbour)]
    const failed = await restore(operator, tenant, { until, mode: 'swap' })
    expect(failed).toMatchObject({ phase: 'failed' })
    expect(failed.failure).toMatch(/row-level security/)
    expect([await contents(tenant), await contents(neighbour)]).toEqual(before)
  })
})
