import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { serviceOnFreshDatabase, type RunningService, type TenantInService } from '../support/service.ts'

interface Schema {
  readonly 'x-document'?: boolean
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly format?: string
  readonly pattern?: string
  readonly minimum?: number
}

interface Operation {
  readonly operationId: string
  readonly security?: readonly unknown[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >
}

interface Route extends Operation {
  readonly method: string
  readonly path: string
}

let service: RunningService
let acme: TenantInService
let rival: TenantInService
let routes: readonly Route[]

beforeAll(async () => {
  service = await serviceOnFreshDatabase()
  acme = await service.tenant('acme')
  rival = await service.tenant('rival')
  for (const { id, adminId } of [acme, rival]) {
    const task = { title: 'Task', labels: ['bug'], comments: [{ author: adminId, body: 'Words' }] }
    await service.operator(`POST /operator/tenants/${id}/import`, {
      body: { labels: [{ name: 'bug' }], projects: [{ slug: 'same', name: 'Same', tasks: [task] }] },
    })
  }
  const { json } = await service.as()('GET /openapi.json')
  routes = Object.entries<Record<string, Operation>>(json.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      // A stream is asked for what it has now, for nobody waits until it ends.
      path: isStream(operation) ? `${path}?seconds=0` : path,
      method: method.toUpperCase(),
    })),
  )
})

const isStream = ({ responses }: Operation): boolean =>
  responses['200']?.content?.['text/event-stream'] !== undefined

const tenantRoutes = () => routes.filter(({ path }) => !path.startsWith('/operator'))

/** The smallest thing that a schema takes. */
function sample({ type, enum: words, anyOf, format, ...schema }: Schema): unknown {
  if (words !== undefined) return words[0]
  if (anyOf !== undefined) return sample(anyOf[0]!)
  const first = [type].flat()[0]
  if (first === 'object') {
    const required = (schema.required ?? []).map((name) => [name, sample(schema.properties![name]!)])
    return Object.fromEntries(required)
  }
  if (first === 'array') return [sample(schema.items!)]
  if (first === 'integer' || first === 'number') return schema.minimum ?? 1
  if (first === 'boolean') return true
  if (format === 'uuid') return randomUUID()
  if (format === 'email') return 'new@example.org'
  if (format === 'date-time') return '2030-01-01T00:00:00Z'
  return 'sample'
}

/** One id of the tenant for each name of a path parameter, from the table that the name names. */
async function idsOf(tenantId: string): Promise<Record<string, string>> {
  const names = new Set(
    routes.flatMap(({ path }) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)),
  )
  const ids: Record<string, string> = { tenantId }
  for (const name of names) {
    const table = `${name.replace(/Id$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}s`
    const [column, source] = table === 'users' ? ['user_id', 'memberships'] : ['id', table]
    if (name === 'tenantId' || !name.endsWith('Id')) continue
    const { rows: known } = await service.database.pool.query('SELECT to_regclass($1) AS made', [source])
    if (known[0]!['made'] === null) continue
    const { rows } = await service.database.pool.query(
      `SELECT ${column} AS id FROM ${source} WHERE tenant_id = $1 LIMIT 1`,
      [tenantId],
    )
    if (rows[0] !== undefined) ids[name] = String(rows[0]['id'])
  }
  return ids
}

describe('every route of the document', () => {
  it('answers another tenant’s id and one that never was alike: status, body and headers', async () => {
    const [own, foreign] = [await idsOf(acme.id), await idsOf(rival.id)]
    const tried: string[] = []
    for (const { method, path, operationId, requestBody } of tenantRoutes()) {
      const body = requestBody && sample(Object.values(requestBody.content)[0]!.schema)
      for (const [, parameter] of path.matchAll(/\{(\w+)\}/g)) {
        if (foreign[parameter!] === undefined) continue
        const answers = []
        for (const id of [foreign[parameter!]!, randomUUID()]) {
          const ids: Record<string, string> = { ...own, [parameter!]: id }
          const url = path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? randomUUID())
          const { status, text, headers } = await acme.admin(
            `${method} ${url}`,
            body === undefined ? {} : { body },
          )
          // What depends on the time of the day, and on how many requests came before.
          const { date: _, ratelimit: __, 'x-ratelimit-remaining': ___, ...rest } = headers
          answers.push({ operationId, parameter, status, text, headers: rest })
        }
        expect(answers[0]).toEqual(answers[1])
        expect(answers[0]!.status, operationId).toBeGreaterThanOrEqual(400)
        tried.push(operationId)
      }
    }
    expect(tried.length).toBeGreaterThan(20)
  })

  it('says of an invalid body the same, whatever its path names', async () => {
    const [own, foreign] = [await idsOf(acme.id), await idsOf(rival.id)]
    for (const { method, path, operationId, requestBody } of tenantRoutes()) {
      const [, parameter] = /\{(\w+)\}/.exec(path) ?? []
      if (requestBody === undefined || parameter === undefined || foreign[parameter] === undefined) continue
      const answers = []
      for (const id of [own[parameter], foreign[parameter], randomUUID()]) {
        const url = path.replace(/\{(\w+)\}/g, (_, name: string) => (name === parameter ? id! : own[name]!))
        const { status, text } = await acme.admin(`${method} ${url}`, { body: { unknown: true } })
        answers.push(`${status} ${text}`)
      }
      if (parameter === 'tenantId') continue
      expect(new Set(answers).size, operationId).toBe(1)
      expect(answers[0], operationId).toMatch(/^400 /)
    }
  })

  it('has a schema for every success, and no schema lets anything pass that it does not name', () => {
    const open: string[] = []
    const look = (schema: Schema, where: string): void => {
      // Documents have a schema of their own, under which they were accepted.
      if (schema['x-document'] === true) return
      const { properties, additionalProperties, items, anyOf, type } = schema
      const types = [type].flat()
      const shapeless = type === undefined && anyOf === undefined && schema.enum === undefined
      if (shapeless || additionalProperties === true) open.push(where)
      if (types.includes('object') && properties === undefined && typeof additionalProperties !== 'object') {
        open.push(where)
      }
      for (const [name, property] of Object.entries(properties ?? {})) look(property, `${where}.${name}`)
      if (typeof additionalProperties === 'object') look(additionalProperties, `${where}.*`)
      if (items !== undefined) look(items, `${where}[]`)
      for (const one of anyOf ?? []) look(one, where)
    }
    for (const { operationId, responses } of routes) {
      const successes = Object.entries(responses).filter(([status]) => status.startsWith('2'))
      expect(successes.length, operationId).toBeGreaterThan(0)
      for (const [status, { content }] of successes) {
        for (const [type, { schema }] of Object.entries(content ?? {})) {
          if (/json/.test(type)) look(schema, `${operationId} ${status}`)
        }
      }
    }
    expect(open).toEqual([])
  })

  it('is answered for whoever asked, and for no cache', async () => {
    // Routes without credentials answer everybody alike.
    for (const { method, path } of routes.filter(({ security }) => security?.length !== 0)) {
      const url = path.replace(/\{(\w+)\}/g, () => randomUUID())
      for (const ask of [acme.admin, service.as()]) {
        const { headers } = await ask(`${method} ${url}`)
        expect(headers['cache-control'], `${method} ${path}`).toMatch(/^private, no-(?:store|cache)$/)
        expect(String(headers['vary']).toLowerCase(), `${method} ${path}`).toContain('authorization')
      }
    }
    for (const path of ['/nowhere', '/projects/%ZZ']) {
      expect((await acme.admin(`GET ${path}`)).headers['cache-control']).toBe('private, no-store')
    }
  })
})

describe('a row', () => {
  it('with a column that nobody named leaves without it', async () => {
    const [task] = (await acme.admin('GET /tasks')).json.items
    expect(Object.keys(task)).not.toContain('tenant_id')
    expect(Object.keys(task)).not.toContain('of_tenant')
    const { json } = await service.operator(`GET /operator/tenants/${acme.id}`)
    expect(Object.keys(json.members[0]).sort()).toEqual(['role', 'token', 'userId'])
  })
})
