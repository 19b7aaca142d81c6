import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Mask } from '../../fixtures/service/leakage/mask.ts'
import { loggable } from '../../fixtures/service/leakage/log.ts'
import { serviceOnFreshDatabase } from '../support/service.ts'

const mask = new Mask(new Uint8Array(32))

describe('the log of a hostile session', () => {
  it('names no tenant, no person, no token and nothing that was sent', async () => {
    const lines: string[] = []
    const logs = { level: 'trace', stream: { write: (line: string) => void lines.push(line) } }
    const service = await serviceOnFreshDatabase({ logs })
    const acme = await service.tenant('acme')
    const rival = await service.tenant('rival')
    const canary = `canary${randomUUID().replaceAll('-', '')}`
    const project = await acme.admin('POST /projects', { body: { slug: 'same', name: canary } })
    for (const request of [
      `GET /search?q=${canary}`,
      `GET /projects/${project.json.id}?${canary}=1`,
      `GET /projects/${rival.id}`,
      `GET /projects/%ZZ${canary}`,
      `GET /${canary}`,
      `GET /tasks?cursor=${canary}`,
    ]) {
      await acme.admin(request, { headers: { 'x-tenant': rival.id, 'x-canary': canary } })
      await acme.admin(request)
      await service.as(`${acme.adminToken}${canary}`)(request)
    }
    await acme.admin('POST /projects', { body: { slug: 'same', name: canary } })
    await acme.admin('POST /projects', { body: { slug: 'nul', name: `${canary}\u0000` } })
    await acme.admin('POST /projects', { body: { [canary]: canary } })
    await acme.admin('POST /projects', {
      headers: { 'content-type': 'application/json' },
      body: `{"${canary}`,
    })
    await service.database.pool.query('ALTER TABLE labels ADD COLUMN spare int NOT NULL')
    await acme.admin('PUT /labels', { body: { name: canary, color: canary } })
    await service.database.pool.query('ALTER TABLE labels RENAME TO gone')
    await acme.admin('GET /labels')
    await service.operator(`DELETE /operator/tenants/${rival.id}`)
    await service.app.close()

    const log = lines.join('')
    expect(lines.length).toBeGreaterThan(30)
    expect(log).toContain('"route":"/search"')
    expect(log).toContain('"code":"23502"')
    const secrets = [
      canary,
      acme.id,
      rival.id,
      acme.adminId,
      acme.adminToken,
      service.operatorToken,
      'ada@example.org',
      'Bearer',
      new URL(service.databaseUrl).password || 'no password',
    ]
    for (const secret of secrets) expect(log).not.toContain(secret)
    expect(log).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/)
    expect(log).not.toMatch(/violates|constraint|Failing row/)
  })
})

describe('an error', () => {
  it('of PostgreSQL is told by its code and by where our code met it', () => {
    const error = Object.assign(new Error('duplicate key value (secret)'), {
      severity: 'ERROR',
      code: '23505',
      detail: 'Key (slug)=(secret) already exists.',
      where: 'secret',
    })
    const told = loggable(new Error('unforeseen', { cause: error }), mask)
    expect(told).toMatchObject({
      type: 'Error',
      message: 'unforeseen',
      cause: { type: 'DatabaseError', code: '23505' },
    })
    expect(JSON.stringify(told)).not.toContain('secret')
  })

  it('of a parser does not quote what it was given', () => {
    const error = (() => {
      try {
        return JSON.parse('{"secret')
      } catch (caught) {
        return caught as Error
      }
    })()
    expect(JSON.stringify(loggable(error, mask))).not.toContain('secret')
  })
})

describe('a mask', () => {
  const id = '7b0c3a9e-5d1f-4a52-9d3b-0d0f6a3f4e11'

  it('is the same for the same tenant under the same key, however it is written', () => {
    expect(mask.tenant(id)).toMatch(/^t-[0-9a-f]{16}$/)
    expect(mask.tenant(id.toUpperCase())).toBe(mask.tenant(id))
    expect(new Mask(new Uint8Array(32).fill(1)).tenant(id)).not.toBe(mask.tenant(id))
  })

  it('takes ids, tokens and addresses out of free text', () => {
    const token = 'eyJhbGciOi.eyJzdWIiOiJ1.c2lnbmF0dXJl'
    expect(mask.text(`${id} sent ${token} to ada@example.org`)).toBe(
      `${mask.tenant(id)} sent [token] to [e-mail]`,
    )
  })
})
