import { beforeAll, describe, expect, it } from 'vitest'
import { openPool } from '../../harness/postgres/connection.ts'
import { appRole, roleUrl } from '../../fixtures/service/isolation/roles.ts'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'

let service: RunningService
let acme: TenantInService
let rival: TenantInService

beforeAll(async () => {
  service = await serviceOnFreshDatabase()
  acme = await service.tenant('acme')
  rival = await service.tenant('rival')
})

const draft = {
  customer: 'Customer',
  currency: 'EUR',
  lines: [
    { description: 'Work', quantity: 3, unitCents: 10_000 },
    { description: 'Rebate', quantity: 1, unitCents: -500 },
  ],
}

async function create(tenant: TenantInService): Promise<string> {
  const { status, json } = await tenant.admin('POST /invoices', { body: draft })
  expect(status).toBe(201)
  expect(json).toMatchObject({ number: null, issuedAt: null, totalCents: 29_500 })
  return json.id
}

describe('invoices', () => {
  it('are numbered without gaps, each tenant from 1, by thirty requests at once', async () => {
    const ids = await Promise.all(
      Array.from({ length: 15 }, () => Promise.all([create(acme), create(rival)])),
    )
    const issued = await Promise.all(
      ids.flatMap(([own, foreign]) => [
        acme.admin(`POST /invoices/${own}/issue`),
        rival.admin(`POST /invoices/${foreign}/issue`),
      ]),
    )
    const numbers = issued.map(({ json }) => json.number as number)
    const expected = Array.from({ length: 15 }, (_, index) => index + 1)
    for (const tenant of [0, 1]) {
      const own = numbers.filter((_, index) => index % 2 === tenant)
      expect(own.toSorted((left, right) => left - right)).toEqual(expected)
    }
  })

  it('are issued once, and then neither change nor go', async () => {
    const id = await create(acme)
    const answers = await Promise.all([1, 2].map(() => acme.admin(`POST /invoices/${id}/issue`)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    expect((await acme.admin(`DELETE /invoices/${id}`)).status).toBe(409)
    const pool = openPool(roleUrl(service.database.url, appRole), 1)
    await pool.query(`SELECT set_config('app.tenant_id', $1, false)`, [acme.id])
    for (const statement of [`UPDATE invoices SET customer = 'Other'`, 'DELETE FROM invoices']) {
      const { rows } = await pool.query(`${statement} WHERE id = '${id}' RETURNING id`)
      expect(rows).toEqual([])
    }
    await expect(pool.query('DELETE FROM invoice_lines')).rejects.toThrow(/permission denied/)
    await pool.end()
  })

  it('take no number while they are drafts', async () => {
    const id = await create(acme)
    expect((await acme.admin(`DELETE /invoices/${id}`)).status).toBe(204)
    expect((await acme.admin(`GET /invoices/${id}`)).status).toBe(404)
    const numberOf = async () => (await acme.admin(`POST /invoices/${await create(acme)}/issue`)).json.number
    const first = await numberOf()
    expect(await numberOf()).toBe(first + 1)
  })

  it('of another tenant are answered like none', async () => {
    const id = await create(rival)
    const nobody = '00000000-0000-4000-8000-000000000000'
    for (const [method, rest] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/issue'],
    ]) {
      const foreign = await acme.admin(`${method} /invoices/${id}${rest}`)
      const missing = await acme.admin(`${method} /invoices/${nobody}${rest}`)
      expect(foreign.status).toBe(404)
      expect(foreign.text).toBe(missing.text)
    }
    expect((await acme.admin('GET /invoices?limit=100')).text).not.toContain(id)
    expect((await acme.member('POST /invoices', { body: draft })).status).toBe(403)
    expect((await rival.admin(`GET /invoices/${id}`)).json.lines).toHaveLength(2)
  })

  it('leave with their tenant, issued or not', async () => {
    const leaving = await service.tenant('leaving')
    await leaving.admin(`POST /invoices/${await create(leaving)}/issue`)
    expect((await service.operator(`DELETE /operator/tenants/${leaving.id}`)).status).toBe(204)
    const { rows } = await service.database.pool.query('SELECT FROM invoices WHERE tenant_id = $1', [
      leaving.id,
    ])
    expect(rows).toHaveLength(0)
  })
})
