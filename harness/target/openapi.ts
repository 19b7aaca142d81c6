import { readFile } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import SwaggerParser from '@apidevtools/swagger-parser'
import { parse as parseYaml } from 'yaml'
import { Problem } from '../../rules/problem.ts'
import type { JsonSchema, Operation, OperationParameter } from './target.ts'
import { bodyResourcesOf } from './body-resources.ts'
import { canonicalType, typeOfCollection, typeOfPathParameter, typeOfProperty } from './resources.ts'

/** Where a relative path starts, and the service that a URL path is asked from. */
export interface OpenApiPlace {
  readonly directory: string
  readonly baseUrl: string | null
}

type Json = Readonly<Record<string, unknown>>

const methods = ['get', 'head', 'options', 'post', 'put', 'patch', 'delete'] as const
const reads = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Operations of an OpenAPI 3.0 or 3.1 document: a file, a URL, a path on the running service, or the document itself.
 *
 * @throws Problem E-OPENAPI when it is not there, does not parse, or describes no operation
 * @internal
 */
export async function readOpenApi(source: string | Json, place: OpenApiPlace): Promise<Operation[]> {
  const shown = typeof source === 'string' ? source : 'the OpenAPI document'
  const document = await dereference(await obtain(source, place), shown)
  const operations: Operation[] = []
  for (const [path, item] of Object.entries(record(document['paths']))) {
    for (const method of methods) {
      const operation = record(item)[method]
      if (operation === undefined) continue
      const prefix = prefixOf(record(operation), record(item), document, place.baseUrl)
      operations.push(operationOf(method, prefix + path, record(item), record(operation), path))
    }
  }
  if (operations.length === 0) throw broken(shown, 'it has no paths')
  return operations
}

function broken(shown: string, reason: string, cause?: unknown): Problem {
  return new Problem(
    'E-OPENAPI',
    `${shown} is no usable OpenAPI 3 document: ${reason}.`,
    'Give an OpenAPI 3.0 or 3.1 document (JSON or YAML), or write the operations in the target by hand.',
    { cause },
  )
}

async function obtain(source: string | Json, place: OpenApiPlace): Promise<Json> {
  if (typeof source !== 'string') return source
  const text = await readText(source, place)
  try {
    const document: unknown = /^\s*\{/.test(text) ? JSON.parse(text) : parseYaml(text)
    if (typeof document === 'object' && document !== null) return document as Json
  } catch (cause) {
    throw broken(source, `it does not parse (${messageOf(cause)})`, cause)
  }
  throw broken(source, 'it holds no object')
}

async function readText(source: string, place: OpenApiPlace): Promise<string> {
  const url = /^https?:\/\//.test(source)
    ? source
    : source.startsWith('/') && place.baseUrl !== null
      ? new URL(source, place.baseUrl).href
      : null
  try {
    if (url === null)
      return await readFile(isAbsolute(source) ? source : resolve(place.directory, source), 'utf8')
    const answer = await fetch(url)
    if (answer.ok) return await answer.text()
    throw new Error(`${url} answers ${answer.status}`)
  } catch (cause) {
    // An absolute path may also be a file although the service runs.
    if (url !== null && isAbsolute(source)) {
      const text = await readFile(source, 'utf8').catch(() => null)
      if (text !== null) return text
    }
    throw broken(source, `it cannot be read (${messageOf(cause)})`, cause)
  }
}

async function dereference(document: Json, shown: string): Promise<Json> {
  if (!/^3\.[01]/.test(String(document['openapi']))) {
    throw broken(shown, `its version is ${String(document['openapi'] ?? document['swagger'] ?? 'missing')}`)
  }
  try {
    // A copy, for the parser works in place and the document may be the target's own.
    const copy = structuredClone(document) as never
    return (await SwaggerParser.dereference(copy, { dereference: { circular: true } })) as unknown as Json
  } catch (cause) {
    throw broken(shown, messageOf(cause), cause)
  }
}

/** `servers` may hold a path; it counts unless the base URL ends with it already. */
function prefixOf(operation: Json, item: Json, document: Json, baseUrl: string | null): string {
  const servers = operation['servers'] ?? item['servers'] ?? document['servers']
  const first = Array.isArray(servers) ? record(servers[0]) : {}
  const defaults = record(first['variables'])
  const text = String(first['url'] ?? '').replace(/\{(\w+)\}/g, (_all, name: string) =>
    String(record(defaults[name])['default'] ?? ''),
  )
  const base = baseUrl ?? 'http://localhost'
  const path = URL.canParse(text, base) ? new URL(text, base).pathname.replace(/\/+$/, '') : ''
  const basePath = new URL(base).pathname.replace(/\/+$/, '')
  return path === '' || basePath.endsWith(path) ? '' : path
}

function operationOf(method: string, path: string, item: Json, operation: Json, written: string): Operation {
  const upper = method.toUpperCase() as Operation['method']
  const collection = typeOfCollection(path)
  const body = bodyOf(record(operation['requestBody']))
  const bodyResources = body === undefined ? {} : bodyResourcesOf(body.schema, collection)
  const endsInCollection = !/\}[^/]*$/.test(path)
  return {
    id: typeof operation['operationId'] === 'string' ? operation['operationId'] : `${upper} ${written}`,
    method: upper,
    path,
    parameters: parametersOf([...list(item['parameters']), ...list(operation['parameters'])], path),
    ...(body === undefined ? {} : { body }),
    ...(Object.keys(bodyResources).length === 0 ? {} : { bodyResources }),
    ...(collection !== null && (upper === 'GET' || upper === 'PUT' || endsInCollection)
      ? { produces: collection }
      : {}),
    access: 'tenant',
    writes: !reads.has(upper),
  }
}

function parametersOf(declared: readonly Json[], path: string): OperationParameter[] {
  const byPlace = new Map<string, OperationParameter>()
  for (const parameter of declared) {
    const name = String(parameter['name'])
    const place = parameter['in']
    // Cookies authenticate; the target sends them.
    if (place !== 'path' && place !== 'query' && place !== 'header') continue
    if (place === 'header' && /^(authorization|accept|content-type)$/i.test(name)) continue
    byPlace.set(`${place} ${name}`, withResource(name, place, parameter, path))
  }
  for (const [, name] of path.matchAll(/\{([^}]+)\}/g)) {
    if (!byPlace.has(`path ${name}`)) byPlace.set(`path ${name}`, withResource(name!, 'path', {}, path))
  }
  return [...byPlace.values()]
}

function withResource(
  name: string,
  place: OperationParameter['in'],
  parameter: Json,
  path: string,
): OperationParameter {
  const media = Object.values(record(parameter['content']))[0]
  const schema = record(parameter['schema'] ?? record(media)['schema'] ?? { type: 'string' }) as JsonSchema
  const type = place === 'path' ? typeOfPathParameter(path, name) : place === 'query' ? queryType(name) : null
  // An enumerated path segment names no row.
  const resource = schema['enum'] === undefined ? type : null
  return {
    name,
    in: place,
    required: place === 'path' || parameter['required'] === true,
    schema,
    ...(resource === null ? {} : { resource }),
  }
}

/** Pages are continued by a token that an earlier answer gave. */
const cursorName =
  /^(cursor|after|before|page_?token|next_?token|continuation_?token|starting_?after|ending_?before)$/i

/** @internal */
export const cursorType = 'cursor'

function queryType(name: string): string | null {
  if (cursorName.test(name)) return cursorType
  const type = typeOfProperty(name)
  return type === '' || type === null ? null : canonicalType(type)
}

function bodyOf(requestBody: Json): Operation['body'] {
  const content = record(requestBody['content'])
  const types = Object.keys(content)
  const contentType =
    types.find((type) => /^application\/(.+\+)?json\b/.test(type)) ??
    types.find((type) => type.startsWith('application/x-www-form-urlencoded')) ??
    types.find((type) => type === '*/*')
  if (contentType === undefined) return undefined
  const schema = record(record(content[contentType])['schema']) as JsonSchema
  return {
    contentType: contentType === '*/*' ? 'application/json' : contentType,
    schema,
    required: requestBody['required'] === true,
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0]! : String(error)
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(record) : []
}
