import { resolveStep, type Resolved, type Scene, type Variation } from '../generate/resolve.ts'
import { cursorTypeOf, isCursor } from '../generate/cursors.ts'
import { hash } from '../generate/random.ts'
import { plainPayload, plainStep, prepared, type Step } from '../generate/trial.ts'
import { harvest, Pool, type Pooled } from '../model/pool.ts'
import type { Tenant } from '../model/tenant.ts'
import { judgeErrorMessage } from '../oracles/error-message.ts'
import { compareProbes, judgeExistence, type Probe } from '../oracles/existence.ts'
import { judgeForeignRead } from '../oracles/foreign-read.ts'
import type { Accusation, Answer, Exchange } from '../oracles/oracle.ts'
import { judgePrincipal, judgeToken, needsGhostHint } from '../oracles/principal.ts'
import type { View } from '../oracles/view.ts'
import { creates } from '../target/resources.ts'
import { type Arena, viewOf } from './arena.ts'
import type { OracleId, Relation } from './events.ts'
import { exchangeOf, sendResolved, spokenIn } from './exchange.ts'

/** A step as it went: what was sent, and what came back. */
export interface Played {
  readonly step: Step
  readonly resolved: Resolved
  readonly answer: Answer
  /** Sent beside the step in order to compare: shown with a finding that rests on the comparison. */
  readonly partner: { readonly resolved: Resolved; readonly answer: Answer } | null
}

/** An accusation with the step that it was made at. */
export interface Charge {
  readonly id: string
  readonly accusation: Accusation
  readonly operation: string
  readonly relation: Relation
  readonly at: number
  /** Rows of a passive tenant changed: what made it must not be done again and again. */
  readonly damage: boolean
}

export interface Outcome {
  readonly played: readonly Played[]
  readonly charges: readonly Charge[]
  /** Some step wrote with success while it named the victim, or with something hostile in it. */
  readonly suspicious: boolean
}

/** `<oracle>:<operation>:<relation>[:<detail>]` */
export function findingId(accusation: Accusation, operation: string, relation: Relation): string {
  const detail = accusation.detail === '' ? '' : `:${accusation.detail}`
  return `${accusation.oracle}:${operation}:${relation}${detail}`
}

export interface ExecuteOptions {
  /** Compare with ghosts and without hints at every step, not at a sample. */
  readonly thorough: boolean
  /** Look further where a step opens something up: other payloads where the owner is refused. */
  readonly explore?: boolean
  /** Steps that are left out because what they do is known. */
  readonly muted?: (step: Step) => boolean
  /** Asked after every step that may write: did anybody else's rows change? */
  readonly watch?: (resolved: Resolved) => Promise<Accusation | null>
}

/** How often at once, and how often in all, an operation is tried that refuses its owner. */
const retries = 4
const mostAttempts = 40
/** How many lists and rows are read after a foreign id was accepted. */
const mostReads = 8

function isOrdinary({ relation, hint, hostility, credential }: Step): boolean {
  return (
    (relation === 'own' || relation === 'none') &&
    hint === null &&
    hostility === null &&
    credential === 'actor'
  )
}

/** Runs the steps of a trial one after the other under one attacker, and judges every answer. */
export async function executeTrial(
  steps: readonly Step[],
  attacker: Tenant,
  arena: Arena,
  options: ExecuteOptions,
): Promise<Outcome> {
  const run = new Execution(attacker, arena, options)
  for (const step of steps) if (!options.muted?.(step)) await run.play(step)
  return run.outcome()
}

class Execution {
  readonly #attacker: Tenant
  readonly #arena: Arena
  readonly #options: ExecuteOptions
  readonly #view: View
  readonly #scene: Scene
  readonly #deleted: Pooled[] = []
  readonly #played: Played[] = []
  readonly #charges: Charge[] = []
  #suspicious = false

  constructor(attacker: Tenant, arena: Arena, options: ExecuteOptions) {
    this.#attacker = attacker
    this.#arena = arena
    this.#options = options
    this.#view = viewOf(arena, attacker)
    const { prepared, hints, tenantFields, victim, payloads, dictionary } = arena
    const pool = new Pool(attacker.pool)
    this.#scene = {
      prepared,
      hints,
      tenantFields,
      attacker,
      victim,
      pool,
      deleted: this.#deleted,
      payloads,
      dictionary,
      lexicon: arena.world.lexicon,
    }
  }

  outcome(): Outcome {
    return { played: this.#played, charges: this.#charges, suspicious: this.#suspicious }
  }

  /** Plays a step; when its owner is refused what has not worked yet, other payloads and rows are tried. */
  async play(step: Step): Promise<void> {
    const answer = await this.#play(step)
    if (answer === null || !this.#options.explore) return
    if (this.#arena.success(answer.status)) await this.#lookAfter(this.#played.at(-1)!.resolved)
    if (!isOrdinary(step)) return
    const { coverage } = this.#arena
    for (let attempt = 1; attempt <= retries; attempt++) {
      if (coverage.hasControl(step.operation) || coverage.attempts(step.operation) > mostAttempts) return
      const pick = hash(step.pick, 'again', coverage.attempts(step.operation)) % 1000
      for (const again of prepared({ ...step, pick, payload: plainPayload(pick) }, this.#arena.repertoire))
        await this.#play(again)
    }
  }

  /** A foreign id was accepted in a body: what was written, and the lists around it, may now show what that id stands for. */
  async #lookAfter({ prepared: { operation }, filled }: Resolved): Promise<void> {
    if (!operation.writes) return
    if (!filled.some(({ slot, relation }) => slot.in === 'body' && relation === 'foreign')) return
    const { repertoire, prepared: all } = this.#arena
    const reads = [...all.values()].filter(({ operation: { method, produces }, slots }) => {
      if (method !== 'GET') return false
      const path = slots.filter((slot) => slot.in === 'path')
      if (path.length === 0) return produces !== undefined && produces === operation.produces
      return path.every(({ type }) => this.#scene.pool.latest(type) !== undefined)
    })
    for (const read of reads.slice(0, mostReads))
      await this.#play({ ...plainStep(read.operation.id, repertoire, 0), latest: true })
  }

  async #play(step: Step): Promise<Answer | null> {
    const resolved = resolveStep(step, this.#scene)
    if (resolved === null) {
      if (step.relation === 'own' || step.relation === 'foreign')
        this.#arena.coverage.unresolved(step.operation)
      return null
    }
    this.#notePlanted(resolved)
    const answer = await sendResolved(resolved, this.#arena)
    const exchange = exchangeOf(resolved, answer, this.#attacker, this.#arena)
    const succeeded = this.#arena.success(answer.status)
    const at = this.#played.length
    this.#played.push({ step, resolved, answer, partner: null })
    this.#remember(resolved, answer, succeeded)
    if (this.#options.watch !== undefined && resolved.prepared.operation.writes) {
      const written = await this.#options.watch(resolved)
      if (written !== null) this.#charge(written, resolved, at, true)
    }
    const read = this.#judgeRead(exchange)
    if (resolved.hinted !== null) await this.#judgeHint(exchange, resolved, read, at)
    else if (step.credential !== 'actor') await this.#judgeCredential(exchange, resolved, read, at)
    else if (read !== null) this.#charge(read, resolved, at)
    this.#judgeError(exchange, resolved, at)
    if (this.#comparable(resolved, read)) await this.#judgeExistence(resolved, answer, at)
    return answer
  }

  #wants(oracle: OracleId): boolean {
    return this.#arena.oracles.has(oracle)
  }

  #charge(accusation: Accusation, resolved: Resolved, at: number, damage = false): void {
    const operation = resolved.prepared.operation.id
    const id = findingId(accusation, operation, resolved.relation)
    if (!this.#wants(accusation.oracle) || this.#charges.some((charge) => charge.id === id)) return
    this.#charges.push({ id, accusation, operation, relation: resolved.relation, at, damage })
  }

  #judgeRead(exchange: Exchange): Accusation | null {
    this.#arena.coverage.judged(exchange.operation.id, exchange.relation, 'foreign-read')
    return judgeForeignRead(exchange, this.#view)
  }

  #judgeError(exchange: Exchange, resolved: Resolved, at: number): void {
    if (!this.#wants('error-message')) return
    const accusation = judgeErrorMessage(exchange, this.#view)
    if (exchange.answer.status >= 400) {
      this.#arena.coverage.judged(exchange.operation.id, exchange.relation, 'error-message')
    }
    if (accusation !== null) this.#charge(accusation, resolved, at)
  }

  /** What a write names of others may be shown to the attacker from now on, whether it was meant as an id or as a word. */
  #notePlanted({ prepared: { operation }, relation, sent, body }: Resolved): void {
    if (!operation.writes) return
    const words = spokenIn(JSON.stringify(body) ?? '', this.#attacker, this.#arena)
    for (const id of relation === 'foreign' ? [...sent, ...words] : words) this.#attacker.planted.add(id)
  }

  /** Keeps what the answer taught: ids that the actor owns, and whether its own request worked. */
  #remember(resolved: Resolved, answer: Answer, succeeded: boolean): void {
    const { step, relation, prepared } = resolved
    const { operation } = prepared
    const ordinary = isOrdinary({ ...step, relation })
    const own = relation === 'own' || relation === 'none'
    if (ordinary) this.#arena.coverage.control(operation.id, answer.status, succeeded)
    if (operation.writes) {
      this.#arena.coverage.judged(operation.id, relation, 'foreign-write')
      if (succeeded && !ordinary) this.#suspicious = true
    }
    if (!succeeded || step.credential !== 'actor') return
    if (operation.writes)
      for (const filled of resolved.filled)
        if (filled.relation === 'own') this.#scene.pool.touch(filled.slot.type, filled.id)
    if (operation.method !== 'DELETE' || !own) this.#harvest(resolved, answer)
    else if (!this.#arena.repertoire.ties.has(operation.id)) this.#forgetDeleted(resolved)
  }

  #harvest(resolved: Resolved, answer: Answer): void {
    const { world, known } = this.#arena
    const { operation } = resolved.prepared
    const parents: Record<string, string> = {}
    for (const { slot, id, relation } of resolved.filled)
      if (slot.in === 'path' && relation === 'own') parents[slot.type] = id
    const isCreation = creates(operation)
    for (const { type: said, id, top } of harvest(answer.json, operation.produces)) {
      const type = isCursor(said) ? cursorTypeOf(operation.id) : said
      const owner = world.identifiers.ownerOf(id)
      // An id of somebody else in an answer is a leak, and no thing of one's own.
      if (owner !== undefined && owner !== this.#attacker.index) continue
      if (!known.has(type) && !isCursor(type) && !known.has(type.split('.')[0]!)) continue
      if (this.#arena.victim.pool.of(type).some((entry) => entry.id === id)) continue
      const isNew = isCreation && top && type === operation.produces && !resolved.sent.has(id)
      if (isNew && resolved.relation !== 'foreign') world.identifiers.own(id, this.#attacker.index)
      this.#scene.pool.add({ type, id, parents: type === operation.produces ? parents : {} })
      if (isNew) this.#scene.pool.touch(type, id)
    }
  }

  #forgetDeleted(resolved: Resolved): void {
    const last = resolved.filled.findLast(({ slot }) => slot.in === 'path')
    if (last === undefined) return
    this.#deleted.push({ type: last.slot.type, id: last.id, parents: {} })
    this.#scene.pool.remove(last.id)
  }

  /** The same request without the hint, and with one that names nobody. */
  async #judgeHint(
    exchange: Exchange,
    resolved: Resolved,
    read: Accusation | null,
    at: number,
  ): Promise<void> {
    const plain = await this.#vary(resolved, { hint: 'without' })
    if (plain === null) {
      if (read !== null) this.#charge(read, resolved, at)
      return
    }
    const base = exchangeOf(plain.resolved, plain.answer, this.#attacker, this.#arena)
    if (this.#arena.success(plain.answer.status)) {
      this.#arena.coverage.judged(exchange.operation.id, exchange.relation, 'principal')
    }
    const isGhostNeeded = needsGhostHint(exchange, base, this.#arena.success)
    const ghost = isGhostNeeded ? await this.#vary(resolved, { hint: 'ghost' }) : null
    const again = isGhostNeeded ? await this.#vary(resolved, {}) : null
    const plainAgain = isGhostNeeded ? await this.#vary(resolved, { hint: 'without' }) : null
    const accusation = judgePrincipal(
      {
        hint: resolved.hinted!.id,
        namesForeign: resolved.namesForeign,
        hinted: exchange,
        base,
        ghost: ghost?.answer ?? null,
        again: again?.answer ?? null,
        baseAgain: plainAgain?.answer ?? null,
      },
      this.#view,
      this.#arena.success,
    )
    if (accusation !== null) this.#charge(accusation, resolved, at)
    else if (read !== null) this.#charge(read, resolved, at)
    this.#played[at] = { ...this.#played[at]!, partner: plain }
  }

  async #judgeCredential(
    exchange: Exchange,
    resolved: Resolved,
    read: Accusation | null,
    at: number,
  ): Promise<void> {
    const { step } = resolved
    this.#arena.coverage.judged(exchange.operation.id, exchange.relation, 'principal')
    const success = this.#arena.success(exchange.answer.status)
    let absent: Answer | null = null
    if (success && step.credential !== 'absent') {
      const bare = resolveStep({ ...step, credential: 'absent' }, this.#scene)
      absent = bare === null ? null : await sendResolved(bare, this.#arena)
    }
    const ownSlots = resolved.filled.some(({ slot, relation }) => slot.in === 'path' && relation === 'own')
    const accusation = judgeToken(
      step.credential,
      exchange,
      ownSlots,
      absent,
      this.#view,
      this.#arena.success,
    )
    if (accusation !== null) this.#charge(accusation, resolved, at)
    else if (read !== null && step.credential !== 'absent') this.#charge(read, resolved, at)
  }

  #comparable(resolved: Resolved, read: Accusation | null): boolean {
    if (!this.#wants('existence') || resolved.hinted !== null || resolved.step.credential !== 'actor')
      return false
    if (read !== null || resolved.step.hostility !== null) return false
    if (!this.#options.thorough && resolved.step.pick % 3 !== 0) return false
    return resolved.filled.some(({ slot, relation }) => relation === 'foreign' && !isCursor(slot.type))
  }

  async #judgeExistence(resolved: Resolved, answer: Answer, at: number): Promise<void> {
    const { operation } = resolved.prepared
    const first = await this.#vary(resolved, { ghost: 1 })
    if (first === null) return
    this.#arena.coverage.judged(operation.id, resolved.relation, 'existence')
    const probe = (pair: { resolved: Resolved; answer: Answer }): Probe => ({
      answer: pair.answer,
      ids: pair.resolved.filled.filter(({ relation }) => relation === 'foreign').map(({ id }) => id),
    })
    const foreign = probe({ resolved, answer })
    if (compareProbes(foreign, probe(first)).length === 0) return
    const repeated: [Probe, Probe][] = []
    for (const ghost of [2, 3]) {
      const foreignAgain = await this.#vary(resolved, {})
      const ghostAgain = await this.#vary(resolved, { ghost })
      if (foreignAgain === null || ghostAgain === null) return
      repeated.push([probe(foreignAgain), probe(ghostAgain)])
    }
    const slots = resolved.filled
      .filter(({ relation }) => relation === 'foreign')
      .map(({ slot }) => slot.name)
    const accusation = judgeExistence(operation.id, slots.join('+'), [foreign, probe(first)], repeated)
    if (accusation === null) return
    this.#charge(accusation, resolved, at)
    this.#played[at] = { ...this.#played[at]!, partner: first }
  }

  /** The request once more, changed in one respect. */
  async #vary(
    resolved: Resolved,
    variation: Variation,
  ): Promise<{ resolved: Resolved; answer: Answer } | null> {
    const varied = resolveStep(resolved.step, this.#scene, variation)
    if (varied === null) return null
    return { resolved: varied, answer: await sendResolved(varied, this.#arena) }
  }
}
