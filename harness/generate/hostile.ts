import type { Tenant } from '../model/tenant.ts'
import type { Lexicon } from '../model/lexicon.ts'
import type { JsonSchema } from '../target/target.ts'
import { isFreeText, searching, wordOf } from './words.ts'
import { tenantType } from '../target/resources.ts'
import type { Slot } from './slots.ts'
import type { Hostility } from './trial.ts'

interface Ground {
  readonly body: unknown
  /** Extended in place. */
  readonly query: [string, string][]
  readonly pick: number
  readonly victim: Tenant
  readonly tenantFields: readonly string[]
  /** Texts that only the victim uses; where there are none, what its rows are called. */
  readonly dictionary: readonly string[]
  readonly lexicon: Lexicon
  readonly schema: JsonSchema | undefined
  readonly slots: readonly Slot[]
  readonly produces: string | undefined
}

interface Outcome {
  readonly body: unknown
  /** Ids of the victim that the request carries by it. */
  readonly sent: readonly string[]
}

type Json = Record<string, unknown>

const unknownQueries: readonly (readonly [string, string])[] = [
  ['sort', 'tenant_id'],
  ['sort', 'tenant.name'],
  ['order', 'organization.name desc'],
  ['include', 'tenant,organization,owner'],
  ['expand', 'tenant'],
  ['fields', '*'],
  ['limit', '100000'],
  ['pageSize', '100000'],
  ['includeDeleted', 'true'],
  ['all', 'true'],
  ['scope', 'all'],
  ['q', ''],
  ['search', '%'],
  ['filter', '{}'],
]

/** JSON can say what a text of PostgreSQL cannot hold. */
const unstorable = ['\u0000', 'a\u0000b', `${'x'.repeat(150)}\u0000`, 'x'.repeat(100_000)]

const wrongValues: readonly unknown[] = [
  null,
  '\u0000',
  [],
  {},
  -1,
  2 ** 53,
  'x'.repeat(5000),
  true,
  "'",
  '\ud83d\ude00',
  'no-such-value',
  '00000000-0000-0000-0000-00000000000g',
]

/** Changes a request in one of the ways that services have been seen to fall for. */
export function applyHostility(hostility: Hostility, ground: Ground): Outcome {
  return actions[hostility](ground)
}

const actions: Readonly<Record<Hostility, (ground: Ground) => Outcome>> = {
  'tenant-field': ({ body, pick, victim, tenantFields, schema }) => {
    if (!isObject(body) || tenantFields.length === 0) return { body, sent: [] }
    // Where extra fields are refused, only a declared one has a chance; where they are ignored, all go at once.
    const properties = Object.keys((schema?.['properties'] ?? {}) as object)
    const declared = tenantFields.filter((name) => properties.includes(name))
    const isClosed = schema?.['additionalProperties'] === false
    const one = [tenantFields[pick % tenantFields.length]!]
    const names = declared.length > 0 ? declared : isClosed || pick % 3 === 0 ? one : tenantFields
    const extra = Object.fromEntries(names.map((name) => [name, victim.provisioned.id]))
    return { body: { ...body, ...extra }, sent: [victim.provisioned.id] }
  },
  'tenant-query': ({ body, query, pick, victim, tenantFields }) => {
    if (tenantFields.length === 0) return { body, sent: [] }
    query.push([tenantFields[pick % tenantFields.length]!, victim.provisioned.id])
    return { body, sent: [victim.provisioned.id] }
  },
  'explicit-id': ({ body, victim, produces, pick }) => {
    const entries = produces === undefined ? [] : victim.pool.of(produces)
    if (!isObject(body) || entries.length === 0) return { body, sent: [] }
    const { id } = entries[pick % entries.length]!
    return { body: { ...body, id }, sent: [id] }
  },
  // The slots are filled with a mixture when they are filled; nothing is left to do.
  'mixed-ids': ({ body }) => ({ body, sent: [] }),
  'unknown-query': ({ body, query, pick }) => {
    const [name, value] = unknownQueries[pick % unknownQueries.length]!
    query.push([name, value])
    return { body, sent: [] }
  },
  'nested-id': ({ body, slots, victim, pick }) => {
    if (!isObject(body)) return { body, sent: [] }
    const bodySlots = slots.filter((slot) => slot.in === 'body' && !slot.name.includes('.'))
    const types =
      bodySlots.length > 0 ? bodySlots.map((slot) => slot.type) : [...victim.pool.types(), tenantType]
    const type = types[pick % types.length]!
    const id = type === tenantType ? victim.provisioned.id : victim.pool.of(type)[0]?.id
    if (id === undefined) return { body, sent: [] }
    return { body: { ...body, [type]: pick % 2 === 0 ? { id } : { connect: { id } } }, sent: [id] }
  },
  collide: ({ body, dictionary, lexicon, produces, pick }) => {
    if (!isObject(body)) return { body, sent: [] }
    const texts = Object.keys(body).filter((name) => typeof body[name] === 'string')
    if (texts.length === 0) return { body, sent: [] }
    const name =
      texts.find((text) => /slug|email|name|key|code|title/i.test(text)) ?? texts[pick % texts.length]!
    const values = dictionary.length > 0 ? dictionary : lexicon.of(produces, name)
    if (values.length === 0) return { body, sent: [] }
    return { body: { ...body, [name]: values[pick % values.length]! }, sent: [] }
  },
  unstorable: ({ body, schema, pick }) => {
    if (!isObject(body)) return { body, sent: [] }
    const properties = (schema?.['properties'] ?? {}) as Record<string, JsonSchema | undefined>
    const texts = Object.keys(properties).filter(
      (name) => isFreeText(properties[name]!) && (name in body || typeof properties[name] === 'object'),
    )
    const value = unstorable[pick % unstorable.length]!
    return { body: { ...body, ...Object.fromEntries(texts.map((name) => [name, value])) }, sent: [] }
  },
  'known-words': ({ body, lexicon, pick }) => {
    if (!isObject(body)) return { body, sent: [] }
    const texts = Object.keys(body).filter((name) => searching.test(name) && typeof body[name] === 'string')
    const word = wordOf(lexicon.words(), pick)
    return { body: { ...body, ...Object.fromEntries(texts.map((name) => [name, word])) }, sent: [] }
  },
  'wrong-type': ({ body, pick }) => {
    if (!isObject(body)) return { body: wrongValues[pick % wrongValues.length], sent: [] }
    const names = Object.keys(body)
    if (names.length === 0) return { body: [], sent: [] }
    return {
      body: { ...body, [names[pick % names.length]!]: wrongValues[(pick >> 3) % wrongValues.length] },
      sent: [],
    }
  },
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
