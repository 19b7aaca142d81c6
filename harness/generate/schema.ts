import fc from 'fast-check'
import type { JsonSchema } from '../target/target.ts'
import { textOf } from './text.ts'

/** How deep optional properties are followed; schemas may be circular. */
const deepest = 2

/**
 * Values that a JSON Schema admits. `not`, `if`, `patternProperties` and `unevaluated*` are not followed: a value may then be
 * refused by the service, which costs a request and proves nothing wrong.
 */
export function arbitraryOf(schema: JsonSchema | boolean | undefined, depth = 0): fc.Arbitrary<unknown> {
  if (schema === undefined || typeof schema === 'boolean') return fc.constantFrom<unknown>('text', 1, true)
  const combined = depth > deepest + 6 ? null : combine(schema)
  if (combined !== null) {
    const branches = combined.map((branch) => arbitraryOf(branch, depth + 1))
    return branches.length === 1 ? branches[0]! : fc.oneof(...branches)
  }
  if ('const' in schema) return fc.constant(schema['const'])
  if (Array.isArray(schema['enum']) && schema['enum'].length > 0)
    return fc.constantFrom<unknown>(...schema['enum'])
  const types = typesOf(schema)
  if (depth > deepest + 4) return fc.constant(types.includes('null') ? null : emptyOf(types[0]))
  const branches = types.map((type) => ofType(type, schema, depth))
  return branches.length === 1 ? branches[0]! : fc.oneof(...branches)
}

/** Schemas of which one must be met, each with what stands beside the combinator merged in; null when there is none. */
function combine(schema: JsonSchema): readonly JsonSchema[] | null {
  if (Array.isArray(schema['allOf'])) {
    const { allOf, ...rest } = schema
    return [(allOf as JsonSchema[]).reduce<JsonSchema>(merge, rest)]
  }
  const key = Array.isArray(schema['oneOf']) ? 'oneOf' : Array.isArray(schema['anyOf']) ? 'anyOf' : null
  if (key === null) return null
  const { [key]: branches, discriminator: _discriminator, ...rest } = schema
  const merged = (branches as JsonSchema[]).map((branch) => merge(rest, branch))
  return merged.length === 0 ? null : merged
}

function merge(left: JsonSchema, right: JsonSchema): JsonSchema {
  const { allOf, ...own } = right
  const inner = Array.isArray(allOf) ? (allOf as JsonSchema[]).reduce<JsonSchema>(merge, own) : own
  const properties = { ...record(left['properties']), ...record(inner['properties']) }
  const required = [...new Set([...list(left['required']), ...list(inner['required'])])]
  const out: Record<string, unknown> = { ...left, ...inner }
  if (Object.keys(properties).length > 0) out['properties'] = properties
  if (required.length > 0) out['required'] = required
  return out
}

function typesOf(schema: JsonSchema): readonly string[] {
  const declared = schema['type']
  const types = Array.isArray(declared)
    ? (declared as string[])
    : typeof declared === 'string'
      ? [declared]
      : []
  const inferred = types.length > 0 ? types : [inferType(schema)]
  return schema['nullable'] === true && !inferred.includes('null') ? [...inferred, 'null'] : inferred
}

function inferType(schema: JsonSchema): string {
  if (schema['properties'] !== undefined || schema['additionalProperties'] !== undefined) return 'object'
  if (schema['items'] !== undefined) return 'array'
  if (schema['minimum'] !== undefined || schema['maximum'] !== undefined) return 'number'
  return schema['required'] === undefined ? 'string' : 'object'
}

function emptyOf(type: string | undefined): unknown {
  const empty: Readonly<Record<string, unknown>> = {
    object: {},
    array: [],
    number: 0,
    integer: 0,
    boolean: true,
  }
  return empty[type ?? ''] ?? ''
}

function ofType(type: string, schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer':
      return integerOf(schema)
    case 'number':
      return numberOf(schema)
    case 'array':
      return arrayOf(schema, depth)
    case 'object':
      return objectOf(schema, depth)
    default:
      return textOf(schema)
  }
}

interface Bounds {
  readonly min: number
  readonly max: number
}

/** OpenAPI 3.0 writes `exclusiveMinimum: true` beside `minimum`, JSON Schema 2020-12 a number. */
function boundsOf(schema: JsonSchema, step: number): Bounds {
  const edge = (name: 'imum', side: 'min' | 'max'): number | null => {
    const plain = schema[`${side}${name}`]
    const exclusive = schema[side === 'min' ? 'exclusiveMinimum' : 'exclusiveMaximum']
    const inward = side === 'min' ? step : -step
    if (typeof exclusive === 'number') return exclusive + inward
    if (typeof plain !== 'number') return null
    return exclusive === true ? plain + inward : plain
  }
  const min = edge('imum', 'min')
  const max = edge('imum', 'max')
  const low = min ?? (max === null ? -3 : Math.min(-3, max - 100))
  return { min: low, max: Math.max(low, max ?? Math.max(100, low + 100)) }
}

function integerOf(schema: JsonSchema): fc.Arbitrary<number> {
  const { min, max } = boundsOf(schema, 1)
  const multiple = typeof schema['multipleOf'] === 'number' ? schema['multipleOf'] : 1
  const least = Math.ceil(min / multiple)
  const most = Math.max(least, Math.floor(max / multiple))
  return fc
    .oneof(
      { weight: 6, arbitrary: fc.integer({ min: least, max: Math.min(most, least + 100) }) },
      { weight: 1, arbitrary: fc.constantFrom(least, most) },
    )
    .map((value) => value * multiple)
}

function numberOf(schema: JsonSchema): fc.Arbitrary<number> {
  if (typeof schema['multipleOf'] === 'number') return integerOf(schema)
  const { min, max } = boundsOf(schema, 0.5)
  return fc.integer({ min: 0, max: 1000 }).map((share) => min + ((max - min) * share) / 1000)
}

function arrayOf(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  const least = typeof schema['minItems'] === 'number' ? schema['minItems'] : 0
  const cap = depth >= deepest ? least : Math.max(least, 3)
  const most = Math.max(
    least,
    Math.min(cap, typeof schema['maxItems'] === 'number' ? schema['maxItems'] : cap),
  )
  const items = arbitraryOf(schema['items'] as JsonSchema | undefined, depth + 1)
  const constraints = { minLength: least, maxLength: most }
  if (schema['uniqueItems'] !== true) return fc.array(items, constraints)
  return fc.uniqueArray(items, { ...constraints, selector: (value) => JSON.stringify(value) })
}

function objectOf(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  const properties = record(schema['properties'])
  const required = list(schema['required'])
  const model: Record<string, fc.Arbitrary<unknown>> = {}
  for (const [name, property] of Object.entries(properties)) {
    const needed = required.includes(name)
    // The service writes `readOnly` properties; sending them is the business of hostile payloads.
    if ((record(property)['readOnly'] === true || depth >= deepest) && !needed) continue
    model[name] = arbitraryOf(property as JsonSchema, depth + 1)
  }
  for (const name of required) model[name] ??= arbitraryOf(extra(schema), depth + 1)
  const requiredKeys = required.filter((name) => name in model)
  if (Object.keys(model).length === 0) return dictionaryOf(schema, depth)
  return fc.record(model, { requiredKeys, noNullPrototype: true })
}

function extra(schema: JsonSchema): JsonSchema | undefined {
  const additional = schema['additionalProperties']
  return typeof additional === 'object' && additional !== null ? (additional as JsonSchema) : undefined
}

function dictionaryOf(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  const least = typeof schema['minProperties'] === 'number' ? schema['minProperties'] : 0
  const additional = extra(schema)
  if (additional === undefined && least === 0) return fc.constant({})
  return fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), arbitraryOf(additional, depth + 1), {
    minKeys: least,
    maxKeys: Math.max(least, 2),
    noNullPrototype: true,
  })
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function list(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as string[]) : []
}
