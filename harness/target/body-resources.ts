import type { JsonSchema } from './target.ts'
import { typeOfProperty } from './resources.ts'

/** How deep a body is searched for ids; schemas may be circular. */
const deepest = 4

/**
 * Body properties that take ids, dotted, `[]` for the items of an array: `{ projectId: 'project', 'taskIds[]': 'task' }`.
 * A bare `id` (in the items of a bulk update) is of the collection's type.
 */
export function bodyResourcesOf(schema: JsonSchema, collection: string | null): Record<string, string> {
  const found: Record<string, string> = {}
  visit(schema, '', collection, 0, found)
  return found
}

function visit(
  schema: JsonSchema,
  path: string,
  collection: string | null,
  depth: number,
  found: Record<string, string>,
): void {
  if (depth > deepest) return
  for (const key of ['allOf', 'oneOf', 'anyOf']) {
    const branches = schema[key]
    if (Array.isArray(branches))
      for (const branch of branches) visit(branch, path, collection, depth + 1, found)
  }
  const properties = schema['properties']
  if (typeof properties === 'object' && properties !== null) {
    for (const [name, property] of Object.entries(properties as Record<string, JsonSchema>)) {
      const place = path === '' ? name : `${path}.${name}`
      visitProperty(name, property, place, collection, depth, found)
    }
  }
  const items = schema['items']
  if (typeof items === 'object' && items !== null)
    visit(items as JsonSchema, `${path}[]`, collection, depth + 1, found)
}

function visitProperty(
  name: string,
  property: JsonSchema,
  place: string,
  collection: string | null,
  depth: number,
  found: Record<string, string>,
): void {
  if (property['readOnly'] === true) return
  const items = property['items'] as JsonSchema | undefined
  const type = typeOfProperty(name)
  const resource = type === '' ? collection : type
  if (resource !== null && isScalar(property)) found[place] = resource
  else if (resource !== null && items !== undefined && isScalar(items)) found[`${place}[]`] = resource
  else visit(property, place, collection, depth + 1, found)
}

function isScalar(schema: JsonSchema): boolean {
  if (schema['enum'] !== undefined || schema['properties'] !== undefined || schema['items'] !== undefined)
    return false
  const type = schema['type']
  const types = Array.isArray(type) ? type : [type]
  if (type === undefined)
    return ['anyOf', 'oneOf'].every((key) => !Array.isArray(schema[key]) || scalarBranches(schema[key]))
  return types.every(
    (word) => word === 'string' || word === 'integer' || word === 'number' || word === 'null',
  )
}

function scalarBranches(branches: readonly unknown[]): boolean {
  return branches.every(
    (branch) => typeof branch === 'object' && branch !== null && isScalar(branch as JsonSchema),
  )
}
