import fc from 'fast-check'
import type { Relation } from '../run/events.ts'
import type { Operation } from '../target/target.ts'
import { draw, hash, randomOf } from './random.ts'

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
}

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
  if (operation?.method !== 'DELETE' || step.relation !== 'own') return [step]
  const tie = repertoire.ties.get(operation.id)
  if (tie !== undefined) return [plainStep(tie, repertoire, step.pick), { ...step, latest: true }]
  const type = operation.parameters.findLast((parameter) => parameter.in === 'path')?.resource
  const creator = type === undefined ? undefined : repertoire.creators.get(type)
  return creator === undefined ? [step] : [plainStep(creator, repertoire, step.pick), step]
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
  const single: Step[] = []
  // The attacks that need no more than a foreign id come first for all operations, then the subtler ones.
  for (const wave of waves) {
    for (const operation of repertoire.operations) {
      const pick = hash(seed, operation.id, wave.name) % 1000
      const plain = plainStep(operation.id, repertoire, pick)
      for (const step of wave.steps(plain, repertoire.slots.get(operation.id) ?? 0, repertoire.hints)) {
        single.push(operation.writes || !wave.writesOnly ? step : plain)
      }
    }
  }
  return single.map((step, index) => alone(step, index, repertoire))
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

interface Wave {
  readonly name: string
  readonly writesOnly: boolean
  readonly steps: (plain: Step, slots: number, hints: number) => Step[]
}

const waves: readonly Wave[] = [
  { name: 'own', writesOnly: false, steps: (plain) => [plain] },
  {
    name: 'foreign',
    writesOnly: false,
    steps: (plain, slots) => (slots === 0 ? [] : [{ ...plain, relation: 'foreign' }]),
  },
  {
    name: 'slots',
    writesOnly: false,
    steps: (plain, slots) =>
      slots < 2
        ? []
        : Array.from({ length: slots }, (_, focus) => ({ ...plain, relation: 'foreign', focus })),
  },
  {
    name: 'hints',
    writesOnly: false,
    steps: (plain, _slots, hints) => Array.from({ length: hints }, (_, hint) => ({ ...plain, hint })),
  },
  {
    name: 'hostile',
    writesOnly: true,
    steps: (plain) => hostilities.map((hostility) => ({ ...plain, hostility })),
  },
  {
    name: 'malformed',
    writesOnly: false,
    steps: (plain, slots) =>
      slots === 0
        ? []
        : [0, 1, 2].map((pick) => ({ ...plain, relation: 'malformed', pick: plain.pick + pick })),
  },
  {
    name: 'credentials',
    writesOnly: false,
    steps: (plain) =>
      (['absent', 'tampered', 'unsigned'] as const).map((credential) => ({ ...plain, credential })),
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
