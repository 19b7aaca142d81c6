import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc, test } from '@fast-check/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KeyDestroyed, TenantKeys } from '../../fixtures/service/platform/keys.ts'
import { Tampered } from '../../fixtures/service/platform/sealing.ts'

const wrapping = randomBytes(32)
const [acme, rival] = [randomUUID(), randomUUID()]
let directory: string
let keys: TenantKeys

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keys-'))
  keys = new TenantKeys(directory, wrapping)
  await Promise.all([keys.create(acme), keys.create(rival)])
})

afterAll(() => rm(directory, { recursive: true }))

const bytes = fc.uint8Array({ maxLength: 200 })

describe('a tenant’s key', () => {
  test.prop([bytes, fc.string(), fc.string()])(
    'opens what it sealed, and only so',
    async (text, purpose, aad) => {
      const sealed = await keys.seal(acme, purpose, text, aad)
      expect(new Uint8Array(await keys.open(acme, purpose, sealed, aad))).toEqual(text)
      await expect(keys.open(rival, purpose, sealed, aad)).rejects.toThrow(Tampered)
      await expect(keys.open(acme, `${purpose}!`, sealed, aad)).rejects.toThrow(Tampered)
      await expect(keys.open(acme, purpose, sealed, `${aad}!`)).rejects.toThrow(Tampered)
    },
  )

  test.prop([bytes, fc.nat(), fc.integer({ min: 1, max: 255 })])(
    'notices every changed byte',
    async (text, at, by) => {
      const sealed = await keys.seal(acme, 'secret', text)
      sealed[at % sealed.length]! ^= by
      await expect(keys.open(acme, 'secret', sealed)).rejects.toThrow(Tampered)
      await expect(keys.open(acme, 'secret', sealed.subarray(0, at % sealed.length))).rejects.toThrow(
        Tampered,
      )
    },
  )

  it('is made once, however many make it at the same time', async () => {
    const tenant = randomUUID()
    const instances = [keys, new TenantKeys(directory, wrapping), new TenantKeys(directory, wrapping)]
    await Promise.all(instances.map((instance) => instance.create(tenant)))
    const sealed = await instances[0]!.seal(tenant, 'secret', Buffer.from('words'))
    for (const instance of instances) {
      expect((await instance.open(tenant, 'secret', sealed)).toString()).toBe('words')
    }
    expect((await readdir(directory)).filter((name) => name.includes(tenant))).toEqual([`${tenant}.key`])
  })

  it('lies wrapped: without the key encryption key, or under another tenant’s name, it is none', async () => {
    const sealed = await keys.seal(acme, 'secret', Buffer.from('words'))
    const stranger = new TenantKeys(directory, randomBytes(32))
    await expect(stranger.open(acme, 'secret', sealed)).rejects.toThrow(Tampered)
    const [mine, other] = await Promise.all([acme, rival].map((id) => readFile(join(directory, `${id}.key`))))
    expect(mine!.equals(other!)).toBe(false)
  })

  it('takes everything with it when it is destroyed', async () => {
    const tenant = randomUUID()
    await keys.create(tenant)
    const sealed = await keys.seal(tenant, 'secret', Buffer.from('words'))
    await keys.destroy(tenant)
    await expect(keys.open(tenant, 'secret', sealed)).rejects.toThrow(KeyDestroyed)
    await keys.create(tenant)
    await expect(keys.open(tenant, 'secret', sealed)).rejects.toThrow(Tampered)
  })

  it('is named by a tenant’s id and by nothing that leads elsewhere', async () => {
    await expect(keys.create('../../somewhere')).rejects.toThrow(/named by its id/)
  })
})
