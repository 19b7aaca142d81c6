import fc from 'fast-check'
import type { Relation } from '../run/events.ts'
import type { Operation } from '../target/target.ts'
import { draw, hash, randomOf } from './random.ts'
import { isFreeText } from './words.ts'

/** What is done to a payload beyond what its schema admits. */
export const hostilities = [
  'tenant-field',
  'tenant-query',
  'explicit-id',
  'mixed-ids',
  'unknown-query',
  'nested-id',
  'collide',
  'wrong-type',
  'unstorable',
  'known-words',
] as const
export type Hostility = (typeof hostilities)[number]

/** One request in symbols: everything concrete is looked up in the pools when it is sent. */
export interface Step {
  readonly operation: string
  readonly relation: Relation
  /** The id slot that `relation` speaks of (the others are the actor's own); -1 for all of them. */
  readonly focus: number
  /** Chooses among ids, hint values, field names: taken modulo what there is. */
  readonly pick: number
  /** The payload by seed, or as it was frozen in a receipt (ids are still filled in). */
  readonly payload: { readonly seed: number } | { readonly value: unknown }
  /** Index of the hint that names the victim, null without. */
  readonly hint: number | null
  readonly hostility: Hostility | null
  readonly credential: 'actor' | 'absent' | 'tampered' | 'unsigned'
  readonly actor: number
  /** Of its own rows it names those that the trial wrote last. */
  readonly latest?: true
  /** Nothing optional is sent but what `focus` speaks of: any further filter could hide what the request would show. */
  readonly bare?: true
}

/** A sequence under one attacker. */
export interface Trial {
  readonly index: number
  readonly steps: readonly Step[]
}

/** Seeds of payloads are few, so that generated payloads can be kept. */
const payloads = 192

/** What trials are made of. */
export interface Repertoire {
  readonly operations: readonly Operation[]
  readonly hints: number
  /** Operation id → number of id slots. */
  readonly slots: ReadonlyMap<string, number>
  /** Type → the operation that creates it, for deleting something of one's own. */
  readonly creators: ReadonlyMap<string, string>
  /** Operation that takes one row from another → the operation that ties them. */
  readonly ties: ReadonlyMap<string, string>
  /** Operation id → what each of its id slots is. */
  readonly places: ReadonlyMap<string, readonly SlotPlace[]>
}

export type SlotPlace = 'path' | 'query' | 'body' | 'cursor'

/** At least this share of random steps writes; pairs and sweeps bring the share of requests near it. */
const writeShare = 0.6

const stepShape = fc.record(
  {
    relation: fc.oneof(
      { weight: 30, arbitrary: fc.constant<Relation>('own') },
      { weight: 45, arbitrary: fc.constant<Relation>('foreign') },
      { weight: 4, arbitrary: fc.constant<Relation>('ghost') },
      { weight: 6, arbitrary: fc.constant<Relation>('deleted') },
      { weight: 6, arbitrary: fc.constant<Relation>('malformed') },
    ),
    focus: fc.integer({ min: -1, max: 5 }),
    pick: fc.nat(999),
    payload: fc.nat(payloads - 1),
    hint: fc.option(fc.nat(999), { freq: 5 }),
    hostility: fc.option(fc.constantFrom(...hostilities), { freq: 4 }),
    credential: fc.oneof(
      { weight: 40, arbitrary: fc.constant<Step['credential']>('actor') },
      { weight: 1, arbitrary: fc.constantFrom<Step['credential'][]>('absent', 'tampered', 'unsigned') },
    ),
    actor: fc.nat(7),
  },
  { noNullPrototype: true },
)

/** The trial of an index: needs nothing but the campaign's seed, so that shards do not talk to each other. */
export function trialOf(seed: number, index: number, repertoire: Repertoire): Trial {
  const random = randomOf(hash(seed, 'trial', index))
  const length = random.nextInt(1, 6)
  const writing = repertoire.operations.filter((operation) => operation.writes)
  const reading = repertoire.operations.filter((operation) => !operation.writes)
  const steps: Step[] = []
  while (steps.length < length) {
    const wantsWrite = random.nextInt(0, 999) < writeShare * 1000
    const among = wantsWrite && writing.length > 0 ? writing : reading.length > 0 ? reading : writing
    const operation = among[random.nextInt(0, among.length - 1)]!
    const shape = stepShape.generate(random, undefined).value
    steps.push(...prepared(stepOf(operation, shape, repertoire), repertoire))
  }
  return { index, steps }
}

function stepOf(
  operation: Operation,
  shape: Omit<Step, 'operation' | 'payload'> & { readonly payload: number },
  repertoire: Repertoire,
): Step {
  const slots = repertoire.slots.get(operation.id) ?? 0
  return {
    ...shape,
    operation: operation.id,
    relation: slots === 0 ? 'none' : shape.relation,
    focus: slots === 0 || shape.focus >= slots ? -1 : shape.focus,
    payload: { seed: shape.payload },
    hint: shape.hint === null || repertoire.hints === 0 ? null : shape.hint % repertoire.hints,
  }
}

/** A step after what it needs: deleting something of one's own needs something that nothing else rests on, or that was tied before. */
export function prepared(step: Step, repertoire: Repertoire): Step[] {
  const operation = repertoire.operations.find(({ id }) => id === step.operation)
  if (operation !== undefined && moves(step, operation, repertoire)) return moved(step, operation, repertoire)
  if (operation?.method !== 'DELETE' || step.relation !== 'own') return [step]
  const tie = repertoire.ties.get(operation.id)
  if (tie !== undefined) return [plainStep(tie, repertoire, step.pick), { ...step, latest: true }]
  const type = operation.parameters.findLast((parameter) => parameter.in === 'path')?.resource
  const creator = type === undefined ? undefined : repertoire.creators.get(type)
  return creator === undefined ? [step] : [plainStep(creator, repertoire, step.pick), step]
}

/** Does the step try to hand a row of its own to somebody else? */
function moves(step: Step, { id, method }: Operation, repertoire: Repertoire): boolean {
  if (method !== 'PATCH' && method !== 'PUT') return false
  if (step.hostility === 'tenant-field') return step.relation === 'own'
  return step.relation === 'foreign' && repertoire.places.get(id)?.[step.focus] === 'body'
}

/** A row that nothing rests on, and whose names are its own, moves where another would be held back. */
function moved(step: Step, { parameters }: Operation, repertoire: Repertoire): Step[] {
  const type = parameters.findLast((parameter) => parameter.in === 'path')?.resource
  const creator = type === undefined ? undefined : repertoire.creators.get(type)
  return creator === undefined
    ? [step]
    : [plainStep(creator, repertoire, step.pick), { ...step, latest: true }]
}

/** One of the few payloads. */
export function plainPayload(pick: number): Step['payload'] {
  return { seed: pick % payloads }
}

/** A step as a well-behaved client would send it. */
export function plainStep(operation: string, repertoire: Repertoire, pick: number): Step {
  return {
    operation,
    relation: (repertoire.slots.get(operation) ?? 0) === 0 ? 'none' : 'own',
    focus: -1,
    pick,
    payload: plainPayload(pick),
    hint: null,
    hostility: null,
    credential: 'actor',
    actor: pick % 8,
  }
}

/**
 * Trials that visit every operation under every relation and hint once, before chance takes over: what a leak of the
 * plain kind needs is one request, and it should not wait for luck.
 */
export function sweepOf(seed: number, repertoire: Repertoire): Trial[] {
  const steps = [...essential, ...further].flatMap((wave) => stepsOf(wave, seed, repertoire))
  return steps.map((step, index) => alone(step, index, repertoire))
}

/** How many trials of the sweep are essential: they come first. */
export function essentialsOf(seed: number, repertoire: Repertoire): number {
  return essential.flatMap((wave) => stepsOf(wave, seed, repertoire)).length
}

/** One attack on all operations, before the next, subtler one. */
function stepsOf(wave: Wave, seed: number, repertoire: Repertoire): Step[] {
  return repertoire.operations.flatMap((operation) => {
    if (wave.writesOnly && !operation.writes) return []
    const plain = plainStep(operation.id, repertoire, hash(seed, operation.id, wave.name) % 1000)
    return wave.steps(plain, repertoire.slots.get(operation.id) ?? 0, repertoire, operation)
  })
}

/** Every operation once as its owner would use it. */
export function controlsOf(seed: number, repertoire: Repertoire): Trial[] {
  return repertoire.operations.map(({ id }, index) =>
    alone(plainStep(id, repertoire, hash(seed, id, 'control') % 1000), index, repertoire),
  )
}

function alone(step: Step, index: number, repertoire: Repertoire): Trial {
  return { index, steps: prepared(step, repertoire) }
}

/** A read that can be asked for less than everything. */
export function narrows({ writes, parameters }: Operation): boolean {
  return !writes && parameters.some(({ in: place, required }) => place === 'query' && !required)
}

interface Wave {
  readonly name: string
  readonly writesOnly: boolean
  readonly steps: (plain: Step, slots: number, repertoire: Repertoire, operation: Operation) => Step[]
}

/** Waves that must be through before a campaign may call anything clean: each cell is reached by one of them. */
const essential: readonly Wave[] = [
  { name: 'own', writesOnly: false, steps: (plain) => [plain] },
  {
    name: 'bare',
    writesOnly: false,
    steps: (plain, _slots, _repertoire, operation) => (narrows(operation) ? [{ ...plain, bare: true }] : []),
  },
  {
    name: 'foreign',
    writesOnly: false,
    steps: (plain, slots) => (slots === 0 ? [] : [{ ...plain, relation: 'foreign' }]),
  },
  {
    name: 'malformed',
    writesOnly: false,
    steps: (plain, slots) => (slots === 0 ? [] : [{ ...plain, relation: 'malformed' }]),
  },
  {
    name: 'anonymous',
    writesOnly: false,
    steps: (plain) => [{ ...plain, credential: 'absent' }],
  },
  {
    name: 'slots',
    writesOnly: false,
    steps: (plain, slots, _repertoire, operation) => {
      const alone = narrows(operation)
      if (slots < 2 && !alone) return []
      const bare = alone ? { bare: true as const } : {}
      return Array.from({ length: slots }, (_, focus) => ({ ...plain, ...bare, relation: 'foreign', focus }))
    },
  },
  {
    name: 'hint',
    writesOnly: false,
    steps: (plain, _slots, { hints }) => (hints === 0 ? [] : [{ ...plain, hint: 0 }]),
  },
  ...(['collide', 'tenant-field', 'mixed-ids', 'unstorable'] as const).map((hostility): Wave => ({
    name: hostility,
    writesOnly: true,
    steps: (plain) => [{ ...plain, hostility }],
  })),
  {
    name: 'cursors',
    writesOnly: false,
    steps: (plain, _slots, { places }, { id }) => {
      const focus = (places.get(id) ?? []).indexOf('cursor')
      return focus === -1
        ? []
        : [0, 1, 2].map((pick) => ({ ...plain, pick, relation: 'foreign' as const, focus }))
    },
  },
  {
    name: 'words',
    writesOnly: false,
    steps: (plain, _slots, _repertoire, { parameters }) =>
      parameters.some(
        ({ in: place, schema, resource }) => place === 'query' && !resource && isFreeText(schema),
      )
        ? [0, 1, 2, 3].map((pick) => ({ ...plain, pick, hostility: 'known-words' as const }))
        : [],
  },
]

/** Waves that go deeper where the essential ones have been. */
const further: readonly Wave[] = [
  {
    name: 'hints',
    writesOnly: false,
    steps: (plain, _slots, { hints }) =>
      Array.from({ length: Math.max(0, hints - 1) }, (_, index) => ({ ...plain, hint: index + 1 })),
  },
  {
    name: 'hostile',
    writesOnly: true,
    steps: (plain) =>
      (
        ['explicit-id', 'nested-id', 'tenant-query', 'wrong-type', 'unknown-query', 'known-words'] as const
      ).map((hostility) => ({ ...plain, hostility })),
  },
  {
    name: 'malformed again',
    writesOnly: false,
    steps: (plain, slots) =>
      slots === 0 ? [] : [1, 2].map((pick) => ({ ...plain, relation: 'malformed', pick: plain.pick + pick })),
  },
  {
    name: 'forged',
    writesOnly: false,
    steps: (plain) => (['tampered', 'unsigned'] as const).map((credential) => ({ ...plain, credential })),
  },
  {
    name: 'unknown query',
    writesOnly: false,
    steps: (plain) => [{ ...plain, hostility: 'unknown-query' }],
  },
]

/** A payload of an operation, without the ids: as JSON text, because every use gets its own copy. */
export function payloadOf(arbitrary: fc.Arbitrary<unknown>, operation: string, seed: number): string {
  return JSON.stringify(draw(arbitrary, hash('payload', operation, seed)) ?? null)
}
