import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readOpenApi } from '../../harness/target/openapi.ts'
import {
  canonicalType,
  resolveType,
  singular,
  typeOfPathParameter,
  typeOfProperty,
} from '../../harness/target/resources.ts'

const place = { directory: mkdtempSync(join(tmpdir(), 'watertight-openapi-')), baseUrl: null }

const document = {
  openapi: '3.0.3',
  info: { title: 'x', version: '1' },
  servers: [{ url: 'https://api.example.test/v1' }],
  paths: {
    '/projects/{projectId}/tasks/{id}': {
      parameters: [{ name: 'projectId', in: 'path', required: true, schema: { type: 'string' } }],
      patch: {
        operationId: 'changeTask',
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
          { name: 'notify', in: 'query', schema: { type: 'boolean' } },
        ],
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Task' } } } },
        responses: {},
      },
    },
    '/tasks': {
      get: {
        parameters: [
          { name: 'assignee_id', in: 'query', schema: { type: 'string' } },
          { name: 'cursor', in: 'query', schema: { type: 'string' } },
        ],
        responses: {},
      },
      post: {
        requestBody: {
          content: {
            'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/Task' } } },
          },
        },
        responses: {},
      },
    },
  },
  components: {
    schemas: {
      Task: {
        type: 'object',
        properties: {
          id: { type: 'string' },
          projectId: { type: 'string', format: 'uuid' },
          label_ids: { type: 'array', items: { type: 'string' } },
          parent: { $ref: '#/components/schemas/Task' },
          paid: { type: 'boolean' },
          reviewer: { type: 'object', properties: { userId: { type: 'integer' } } },
        },
      },
    },
  },
}

describe('OpenAPI', () => {
  it('becomes operations with the ids that they take', async () => {
    const [change, list, create] = await readOpenApi(document, place)
    expect(change).toMatchObject({
      id: 'changeTask',
      method: 'PATCH',
      path: '/v1/projects/{projectId}/tasks/{id}',
      writes: true,
      access: 'tenant',
    })
    expect(change!.parameters.map(({ name, resource }) => [name, resource])).toEqual([
      ['projectId', 'project'],
      ['id', 'task'],
      ['notify', undefined],
    ])
    expect(change!.bodyResources).toMatchObject({
      id: 'task',
      projectId: 'project',
      'label_ids[]': 'label',
      'reviewer.userId': 'user',
    })
    expect(change!.bodyResources).not.toHaveProperty('paid')
    expect(list!.parameters.map(({ resource }) => resource)).toEqual(['assignee', 'cursor'])
    expect(list).toMatchObject({ id: 'GET /tasks', produces: 'task', writes: false })
    expect(create!.bodyResources).toMatchObject({ '[].projectId': 'project' })
  })

  it.each([
    ['api.json', JSON.stringify(document)],
    [
      'api.yaml',
      'openapi: 3.1.0\ninfo: {title: x, version: "1"}\npaths:\n  /tasks:\n    get:\n      responses: {}\n',
    ],
  ])('is read from %s', async (name, text) => {
    writeFileSync(join(place.directory, name), text)
    expect((await readOpenApi(name, place)).some(({ id }) => id === 'GET /tasks')).toBe(true)
  })

  it.each<[string, string | Record<string, unknown>]>([
    ['a missing file', 'nowhere.json'],
    ['broken JSON', '{ "openapi": '],
    ['Swagger 2', { swagger: '2.0', paths: {} }],
    ['no paths', { openapi: '3.1.0', info: {}, paths: {} }],
    [
      'a reference that leads nowhere',
      {
        openapi: '3.1.0',
        info: {},
        paths: { '/a': { get: { requestBody: { $ref: '#/components/none' } } } },
      },
    ],
  ])('is refused: %s', async (name, source) => {
    if (name === 'broken JSON') writeFileSync(join(place.directory, 'broken.json'), source as string)
    await expect(readOpenApi(name === 'broken JSON' ? 'broken.json' : source, place)).rejects.toMatchObject({
      code: 'E-OPENAPI',
    })
  })
})

describe('resource types', () => {
  it.each([
    ['companies', 'company'],
    ['boxes', 'box'],
    ['statuses', 'status'],
    ['tasks', 'task'],
    ['status', 'status'],
    ['address', 'address'],
    ['news', 'new'],
  ])('%s is one %s', (plural, one) => expect(singular(plural)).toBe(one))

  it.each([
    ['project_members', 'projectmember'],
    ['ProjectMember', 'projectmember'],
    ['project-members', 'projectmember'],
  ])('%s is spelt %s', (name, type) => expect(canonicalType(name)).toBe(type))

  it.each([
    ['projectId', 'project'],
    ['project_id', 'project'],
    ['labelIds', 'label'],
    ['id', ''],
    ['paid', null],
    ['valid', null],
    ['grid', null],
  ])('a property %s takes %s', (name, type) => expect(typeOfProperty(name)).toBe(type))

  it.each([
    ['/projects/{id}', 'id', 'project'],
    ['/projects/{projectId}/tasks/{id}', 'id', 'task'],
    ['/projects/{slug}', 'slug', 'project.slug'],
    ['/t/{tenant}/projects', 'tenant', 'tenant'],
    ['/{org}/projects', 'org', 'org'],
    ['/users/{username}', 'username', 'user'],
  ])('in %s, %s takes %s', (path, name, type) => expect(typeOfPathParameter(path, name)).toBe(type))

  it.each([
    ['organization', 'tenant'],
    ['assignee', 'user'],
    ['parenttask', 'task'],
    ['project', 'project'],
    ['colour', null],
  ])('%s is served by the pool of %s', (type, pool) => {
    expect(resolveType(type, new Set(['project', 'task', 'user']))).toBe(pool)
  })
})
