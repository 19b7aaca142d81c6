import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attach, bytesUsed, type Filled, filled, send } from '../support/attachments.ts'
import { backUp } from '../support/recovery.ts'
import { s3Server, type S3Server } from '../support/s3-server.ts'
import { serviceOnFreshDatabase, type RunningService } from '../support/service.ts'

describe('attachments in an S3-compatible store', { timeout: 60_000 }, () => {
  let at: S3Server
  let service: RunningService
  let acme: Filled

  beforeAll(async () => {
    at = await s3Server()
    service = await serviceOnFreshDatabase({ objectBucket: at.settings, backupBucket: at.settings })
    acme = await filled(service, 'acme')
  }, 60_000)
  afterAll(() => at.close())

  it('come back as they went in, with the backups beside them, under keys of the tenant', async () => {
    const data = randomBytes(300_000)
    const { json } = await attach(service, acme, `tasks/${acme.taskIds[0]}`, data)
    const got = await send(service, `GET /attachments/${json.id}/content`, {
      token: acme.memberToken,
      headers: { range: 'bytes=262000-263000' },
    })
    expect(got.bytes.equals(data.subarray(262_000, 263_001))).toBe(true)
    await backUp(service.operator, acme)
    const keys = [...at.objects.keys()]
    expect(keys.map((key) => key.split('/').slice(0, 2))).toEqual([
      [acme.id, 'attachments'],
      [acme.id, 'backups'],
    ])
  })

  it('keep neither row nor room when the store does not take them', async () => {
    const before = await bytesUsed(acme)
    for (let times = 0; times < 4; times += 1) at.faults.push({ method: 'PUT', does: 'hang up' })
    const failed = await attach(service, acme, `tasks/${acme.taskIds[0]}`, randomBytes(1000))
    expect(failed.status).toBe(503)
    expect(await bytesUsed(acme)).toBe(before)
    const { rows } = await service.database.pool.query(
      `SELECT state FROM attachments WHERE state = 'pending'`,
    )
    expect(rows).toEqual([])
    expect((await attach(service, acme, `tasks/${acme.taskIds[0]}`, randomBytes(1000))).status).toBe(201)
  })
})
