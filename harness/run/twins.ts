import { hash } from '../generate/random.ts'
import { resolveStep, type Resolved, type Scene } from '../generate/resolve.ts'
import { narrows, plainStep, prepared, type Step, type Trial, trialOf } from '../generate/trial.ts'
import { harvest, Pool } from '../model/pool.ts'
import type { Tenant } from '../model/tenant.ts'
import { compareWorlds, Noise } from '../oracles/interference.ts'
import type { Answer } from '../oracles/oracle.ts'
import type { Arena } from './arena.ts'
import { takeCensus } from './census.ts'
import type { CoverageLedger } from './coverage.ts'
import { type Charge, findingId, type Outcome, type Played } from './execute.ts'
import { sendResolved } from './exchange.ts'
import type { Ground } from './ground.ts'
import type { Suspicion } from './lanes.ts'

/** What the victim owns in the worlds that are alike, and in their twin. */
export const alikeContent = { salt: 'alike', rows: 3 }
export const twinContent = { salt: 'twin', rows: 5 }

/** How many trials an attacker lives: the worlds are never reset, only their attackers replaced. */
const lifetime = 12

/** One attacker in each world, with the pools that it has there. */
interface Trio {
  readonly tenants: readonly Tenant[]
  trials: number
  spoiled: boolean
}

/** Three worlds in lockstep: two alike, one twin. */
export class Twins {
  readonly #grounds: readonly Ground[]
  readonly #coverage: CoverageLedger
  readonly #noise = new Noise()
  #trio: Trio | null = null
  #index = 0

  constructor(
    grounds: readonly [Ground, Ground, Ground],
    coverage: CoverageLedger,
    texts: readonly string[],
  ) {
    this.#grounds = grounds
    this.#coverage = coverage
    for (const { arena } of grounds) arena.dictionary = texts
  }

  /** Of the first world: for showing what was sent. */
  get arena(): Arena {
    return this.#grounds[0]!.arena
  }

  get requests(): number {
    return this.#grounds.reduce((sum, { arena }) => sum + arena.transport.requests, 0)
  }

  /** Some trials, one after the other. */
  async batch(count: number, seed: number, over: () => boolean): Promise<Suspicion[]> {
    const suspicions: Suspicion[] = []
    for (let done = 0; done < count && !over(); done++) {
      const trial = this.#trialAt(this.#index++, seed)
      const outcome = await this.run(trial.steps, false)
      const steps = outcome.played.map(({ step }) => step)
      for (const charge of outcome.charges) suspicions.push({ charge, trial: trial.index, steps })
    }
    return suspicions
  }

  /** First every list whole, then every operation as its owner would use it, then with the victim's own words, then by chance. */
  #trialAt(index: number, seed: number): Trial {
    const { repertoire, dictionary } = this.arena
    const { operations } = repertoire
    const writes = operations.filter(({ writes: does }) => does)
    const lists = operations.filter(narrows)
    const plain = (operation: string, pick: number): Step => plainStep(operation, repertoire, pick)
    const list = lists[index]
    if (list !== undefined) return { index, steps: [{ ...plain(list.id, 0), bare: true }] }
    const ordinary = operations[index - lists.length]
    if (ordinary !== undefined) return { index, steps: prepared(plain(ordinary.id, 0), repertoire) }
    const colliding = index - lists.length - operations.length
    const rounds = Math.min(6, dictionary.length)
    if (colliding < writes.length * rounds) {
      const operation = writes[colliding % writes.length]!.id
      const pick = Math.floor(colliding / writes.length)
      return { index, steps: [{ ...plain(operation, pick), hostility: 'collide' }] }
    }
    const trial = trialOf(hash(seed, 'twins'), index, repertoire)
    return { index, steps: trial.steps.map((step) => tame(step)) }
  }

  /** Runs a sequence in all worlds and compares step by step; `fresh` asks for attackers that have never acted. */
  async run(steps: readonly Step[], fresh: boolean): Promise<Outcome & { readonly attacker: Tenant }> {
    const trio = await this.#aTrio(fresh)
    const scenes = trio.tenants.map((tenant, world) => sceneOf(tenant, this.#grounds[world]!.arena))
    const played: Played[] = []
    const charges: Charge[] = []
    for (const step of steps) {
      const turns = await Promise.all(scenes.map((scene, world) => this.#turn(step, scene, world)))
      const [left, right, twin] = turns
      if (!left || !right || !twin) {
        trio.spoiled ||= turns.some((turn) => turn !== null)
        continue
      }
      const { operation } = left.resolved.prepared
      this.#coverage.judged(operation.id, left.resolved.relation, 'interference')
      const lockstep = { alike: [left.answer, right.answer], twin: twin.answer } as const
      const comparison = compareWorlds(operation.id, lockstep, this.#noise)
      played.push({ step, ...left, partner: comparison.kind === 'accused' ? twin : null })
      if (comparison.kind === 'equal') continue
      trio.spoiled = true
      if (comparison.kind === 'accused')
        charges.push(chargeOf(comparison.accusation, left.resolved, played.length - 1))
      break
    }
    return { played, charges, suspicious: false, attacker: trio.tenants[0]! }
  }

  async #turn(
    step: Step,
    scene: Scene,
    world: number,
  ): Promise<{ resolved: Resolved; answer: Answer } | null> {
    const resolved = resolveStep(step, scene)
    if (resolved === null) return null
    const { arena } = this.#grounds[world]!
    const answer = await sendResolved(resolved, arena)
    if (arena.success(answer.status)) keep(resolved, answer, scene, arena)
    return { resolved, answer }
  }

  async #aTrio(fresh: boolean): Promise<Trio> {
    const present = this.#trio
    if (present !== null && !fresh && !present.spoiled && present.trials++ < lifetime) return present
    const tenants = await Promise.all(
      this.#grounds.map(async ({ arena }, world) => {
        if (present !== null) arena.world.retire(present.tenants[world]!)
        const tenant = await arena.world.provision('attacker')
        await takeCensus(tenant, arena, 'created')
        return tenant
      }),
    )
    this.#trio = { tenants, trials: 1, spoiled: false }
    return this.#trio
  }
}

/** Ids that mean something in one world only, and hints at others, have no counterpart in the twin. */
function tame(step: Step): Step {
  const relation = step.relation === 'foreign' || step.relation === 'ghost' ? 'own' : step.relation
  const comparable = step.hostility === 'collide' || step.hostility === 'unknown-query'
  return { ...step, relation, hint: null, credential: 'actor', hostility: comparable ? step.hostility : null }
}

function chargeOf(accusation: Charge['accusation'], resolved: Resolved, at: number): Charge {
  const operation = resolved.prepared.operation.id
  const { relation } = resolved
  return {
    id: findingId(accusation, operation, relation),
    accusation,
    operation,
    relation,
    at,
    damage: false,
  }
}

function sceneOf(tenant: Tenant, arena: Arena): Scene {
  const { prepared, hints, tenantFields, victim, payloads, dictionary } = arena
  return {
    prepared,
    hints,
    tenantFields,
    attacker: tenant,
    victim,
    pool: new Pool(tenant.pool),
    deleted: [],
    payloads,
    dictionary,
    lexicon: arena.world.lexicon,
  }
}

/** What the attacker made itself can be named by its later steps. */
function keep(resolved: Resolved, answer: Answer, scene: Scene, arena: Arena): void {
  const { operation } = resolved.prepared
  if (operation.writes) for (const { slot, id } of resolved.filled) scene.pool.touch(slot.type, id)
  if (operation.method === 'DELETE' && arena.repertoire.ties.has(operation.id)) return
  if (operation.method === 'DELETE') {
    const last = resolved.filled.findLast(({ slot }) => slot.in === 'path')
    if (last !== undefined) scene.pool.remove(last.id)
    return
  }
  const parents: Record<string, string> = {}
  for (const { slot, id } of resolved.filled) if (slot.in === 'path') parents[slot.type] = id
  if (operation.method !== 'POST') return
  for (const { type, id, top } of harvest(answer.json, operation.produces)) {
    if (top && arena.known.has(type))
      scene.pool.add({ type, id, parents: type === operation.produces ? parents : {} })
  }
}

/** Texts that the victim's own reads show and a stranger's do not: what an attacker might guess. */
export async function textsOf({ arena }: Ground): Promise<string[]> {
  const victims = await readTexts(arena.victim, arena)
  const others = await readTexts(arena.bystander, arena)
  return [...victims].filter((text) => !others.has(text)).slice(0, 60)
}

const nameField = /(slug|email|name|key|code|handle|title|number|domain)$/i

async function readTexts(tenant: Tenant, arena: Arena): Promise<Set<string>> {
  const texts = new Set<string>()
  for (const { operation } of arena.prepared.values()) {
    if (operation.method !== 'GET') continue
    const resolved = resolveStep(plainStep(operation.id, arena.repertoire, 0), sceneOf(tenant, arena))
    if (resolved === null) continue
    const answer = await sendResolved(resolved, arena)
    if (arena.success(answer.status)) collect(answer.json, '', texts)
  }
  return texts
}

function collect(value: unknown, name: string, texts: Set<string>): void {
  if (typeof value === 'string') {
    if (nameField.test(name) && value.length > 1 && value.length <= 80) texts.add(value)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) collect(item, Array.isArray(value) ? name : key, texts)
  }
}
