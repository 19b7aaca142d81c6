import fastify from 'fastify'
import { expect, it } from 'vitest'
import { brokenSchemas, serializerCompiler, validatorCompiler } from '../../fixtures/service/compilers.ts'
import { serviceOnFreshDatabase } from '../support/service.ts'

it('every schema of every route compiles, though none is compiled before it is used', async () => {
  await serviceOnFreshDatabase()
  expect(brokenSchemas()).toEqual([])
})

it('headers have lower-case names in schemas, as they have in requests', async () => {
  const { app } = await serviceOnFreshDatabase()
  const { paths } = JSON.parse((await app.inject('/openapi.json')).body) as {
    readonly paths: Readonly<
      Record<string, Readonly<Record<string, { readonly parameters?: readonly Parameter[] }>>>
    >
  }
  const names = Object.values(paths)
    .flatMap((operations) => Object.values(operations))
    .flatMap(({ parameters = [] }) => parameters)
    .filter((parameter) => parameter.in === 'header')
    .map(({ name }) => name)
  expect(names).toContain('if-match')
  expect(names.filter((name) => name !== name.toLowerCase())).toEqual([])
})

interface Parameter {
  readonly in: string
  readonly name: string
}

it('a schema that does not compile is told with its route', async () => {
  const app = fastify()
  app.setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler)
  app.get(
    '/wrong',
    { schema: { querystring: { type: 'object', properties: { one: { type: 'number?' } } } } },
    () => '',
  )
  app.get('/torn', { schema: { response: { 200: { $ref: '#/nowhere' } } } }, () => '')
  await app.ready()
  expect(brokenSchemas()).toEqual([
    expect.stringContaining('GET /wrong: schema is invalid'),
    expect.stringContaining('GET /torn: '),
  ])
  await app.close()
})

it('validation puts right what it may, and tells each request its own faults', async () => {
  const app = fastify()
  app.setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler)
  const schema = {
    querystring: { type: 'object', properties: { count: { type: 'integer', default: 3 } } },
    body: { type: 'integer' },
  }
  app.post('/', { schema }, ({ query, body }) => ({ query, body }))
  const ask = (url: string, payload: string) =>
    app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/json' } })
  expect((await ask('/?count=7', '"12"')).json()).toEqual({ query: { count: 7 }, body: 12 })
  expect((await ask('/', '1')).json()).toEqual({ query: { count: 3 }, body: 1 })
  expect((await ask('/?count=x', '1')).json()).toMatchObject({ message: 'querystring/count must be integer' })
  expect((await ask('/', '"x"')).json()).toMatchObject({ message: 'body must be integer' })
  await app.close()
})
