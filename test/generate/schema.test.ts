import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { draw, hash, randomOf } from '../../harness/generate/random.ts'
import { arbitraryOf } from '../../harness/generate/schema.ts'
import type { JsonSchema } from '../../harness/target/target.ts'

const ajv = new Ajv2020({ strict: false, unicodeRegExp: true })
addFormats.default(ajv)

const formats = [
  'uuid',
  'email',
  'date-time',
  'date',
  'time',
  'uri',
  'uri-reference',
  'hostname',
  'ipv4',
  'ipv6',
  'duration',
  'json-pointer',
  'regex',
]

const scalar: fc.Arbitrary<JsonSchema> = fc.oneof(
  fc
    .record({ type: fc.constant('string'), minLength: fc.nat(20), more: fc.nat(40) })
    .map(({ more, ...schema }) => ({ ...schema, maxLength: schema.minLength + more })),
  fc.constantFrom(...formats).map((format) => ({ type: 'string', format })),
  fc
    .constantFrom('^[a-z]{3,9}$', '^[A-Z]{2}-\\d{4}$', '^#[0-9a-f]{6}$', '^\\S+$')
    .map((pattern) => ({ type: 'string', pattern })),
  fc
    .record({ type: fc.constant('integer'), minimum: fc.integer({ min: -99, max: 99 }), more: fc.nat(500) })
    .map(({ more, ...schema }) => ({ ...schema, maximum: schema.minimum + more })),
  fc
    .record({ type: fc.constant('number'), exclusiveMinimum: fc.integer({ min: -9, max: 9 }) })
    .map((schema) => ({ ...schema, maximum: schema.exclusiveMinimum + 10 })),
  fc
    .integer({ min: 1, max: 7 })
    .map((multipleOf) => ({ type: 'integer', minimum: 3, maximum: 90, multipleOf })),
  fc
    .uniqueArray(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { minLength: 1, maxLength: 4 })
    .map((values) => ({ enum: values })),
  fc.integer().map((value) => ({ const: value })),
  fc.constant({ type: ['string', 'null'] }),
  fc.constant({ type: 'boolean' }),
)

const schemas: fc.Arbitrary<JsonSchema> = fc.letrec<{ schema: JsonSchema; object: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    tie('object'),
    fc.record({ type: fc.constant('array'), items: tie('schema'), minItems: fc.nat(2) }),
  ),
  object: fc
    .dictionary(fc.stringMatching(/^[a-z]{1,6}$/), tie('schema'), { maxKeys: 4 })
    .chain((properties) =>
      fc
        .subarray(Object.keys(properties))
        .map((required) => ({ type: 'object', properties, required, additionalProperties: false })),
    ),
})).schema

describe('values of a JSON Schema', () => {
  it('are valid', () => {
    fc.assert(
      fc.property(schemas, fc.nat(), (schema, seed) => {
        const validate = ajv.compile(schema)
        const value = draw(arbitraryOf(schema), seed)
        validate(value)
        expect(validate.errors ?? [], JSON.stringify(value)).toEqual([])
      }),
      { numRuns: 400 },
    )
  })

  it.each<[string, JsonSchema]>([
    [
      'allOf',
      {
        allOf: [
          { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] },
          { properties: { b: { type: 'string' } }, required: ['b'] },
        ],
      },
    ],
    [
      'oneOf',
      {
        oneOf: [
          { type: 'object', properties: { kind: { const: 'x' } }, required: ['kind'] },
          { type: 'object', properties: { kind: { const: 'y' } }, required: ['kind'] },
        ],
      },
    ],
    [
      'anyOf with siblings',
      {
        type: 'object',
        properties: { a: { type: 'integer' } },
        anyOf: [{ required: ['a'] }, { properties: { b: { type: 'string' } }, required: ['b'] }],
      },
    ],
    ['unique items', { type: 'array', items: { enum: [1, 2, 3] }, minItems: 2, uniqueItems: true }],
    ['a dictionary', { type: 'object', additionalProperties: { type: 'integer' }, minProperties: 1 }],
    ['a required property that is not described', { type: 'object', required: ['a'], properties: {} }],
    ['no type', { properties: { a: { minimum: 3 } }, required: ['a'] }],
  ])('are valid for %s', (_name, schema) => {
    const validate = ajv.compile(schema)
    for (let seed = 0; seed < 100; seed++) {
      const value = draw(arbitraryOf(schema), seed)
      validate(value)
      expect(validate.errors ?? [], JSON.stringify(value)).toEqual([])
    }
  })

  it('may be null where OpenAPI 3.0 says nullable', () => {
    const values = Array.from({ length: 60 }, (_, seed) =>
      draw(arbitraryOf({ type: 'string', nullable: true }), seed),
    )
    expect(values).toContain(null)
    expect(values.some((value) => typeof value === 'string')).toBe(true)
  })

  it('end although the schema does not', () => {
    const node: Record<string, unknown> = { type: 'object', required: ['next'] }
    node['properties'] = { next: node, other: { anyOf: [node, { type: 'string' }] } }
    expect(JSON.stringify(draw(arbitraryOf(node), 1)).length).toBeLessThan(10_000)
  })
})

describe('seeds', () => {
  it('give equal values again, and other seeds others', () => {
    const schema = { type: 'array', items: { type: 'string' }, minItems: 3 }
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(draw(arbitraryOf(schema), seed)).toEqual(draw(arbitraryOf(schema), seed))
      }),
    )
    expect(
      new Set(Array.from({ length: 50 }, (_, seed) => JSON.stringify(draw(arbitraryOf(schema), seed)))).size,
    ).toBeGreaterThan(40)
  })

  it('are spread evenly', () => {
    const buckets = new Array<number>(16).fill(0)
    for (let index = 0; index < 16_000; index++) buckets[hash('x', index) % 16]!++
    expect(Math.min(...buckets)).toBeGreaterThan(800)
    const random = randomOf(1)
    const mean =
      Array.from({ length: 10_000 }, () => random.nextInt(0, 99)).reduce((a, b) => a + b, 0) / 10_000
    expect(mean).toBeGreaterThan(47)
    expect(mean).toBeLessThan(52)
  })
})
