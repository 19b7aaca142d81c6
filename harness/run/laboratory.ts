import { narrows, payloadOf, type Step } from '../generate/trial.ts'
import type { Tenant } from '../model/tenant.ts'
import { type Change, judgeForeignWrite } from '../oracles/foreign-write.ts'
import type { Arena } from './arena.ts'
import { takeCensus } from './census.ts'
import { type Charge, executeTrial, type Outcome } from './execute.ts'
import { simplerSteps } from './shrink.ts'
import type { Watch } from './watch.ts'

/** How often one attacker is used before it is replaced: what it did before must not matter for long. */
const uses = 8

/** What one run showed, who acted in it, and what it changed. */
export interface Run extends Outcome {
  readonly attacker: Tenant
  readonly changes: readonly Change[]
}

/** Runs sequences one at a time, with nobody else acting: for shrinking, reproduction and replay. */
export class Laboratory {
  readonly arena: Arena
  readonly #watch: Watch | null
  readonly #newVictim: () => Promise<Tenant>
  #attacker: Tenant | null = null
  #used = 0

  constructor(arena: Arena, watch: Watch | null, newVictim: () => Promise<Tenant>) {
    this.arena = arena
    this.#watch = watch
    this.#newVictim = newVictim
  }

  /** All charges of one run. `fresh` asks for an attacker that has never acted. */
  async run(steps: readonly Step[], fresh: boolean): Promise<Run> {
    const outcome = await this.#once(steps, fresh)
    const charges: Charge[] = []
    for (const charge of outcome.charges) charges.push(...(await this.#attribute(charge, outcome)))
    return { ...outcome, charges }
  }

  async #once(steps: readonly Step[], fresh: boolean): Promise<Run> {
    const attacker = await this.#anAttacker(fresh)
    const all: Change[] = []
    await this.#watch?.mark()
    const outcome = await executeTrial(steps, attacker, this.arena, {
      thorough: true,
      ...(this.#watch === null
        ? {}
        : {
            watch: async (resolved) => {
              const changes = await this.#watch!.changes()
              all.push(...changes)
              const hint = resolved.namesForeign ? null : (resolved.hinted?.id ?? null)
              return judgeForeignWrite(resolved.prepared.operation, hint, changes)
            },
          }),
    })
    // Comparisons repeat requests after the watch has looked.
    all.push(...((await this.#watch?.changes()) ?? []))
    if (all.length > 0) await this.replaceVictim()
    return { ...outcome, attacker, changes: all }
  }

  /** A write that lands without the hint as well is not the hint's doing: the counter-probe says whose. */
  async #attribute(charge: Charge, outcome: Outcome): Promise<readonly Charge[]> {
    if (!charge.damage || charge.accusation.oracle !== 'principal') return [charge]
    const steps = outcome.played.slice(0, charge.at + 1).map(({ step }) => step)
    const plain = steps.with(charge.at, { ...steps[charge.at]!, hint: null })
    const counter = await this.#once(plain, false)
    const same = counter.charges.filter(({ damage, operation }) => damage && operation === charge.operation)
    return same.length === 0 ? [charge] : same.map((plainly) => ({ ...plainly, at: charge.at }))
  }

  async replaceVictim(): Promise<void> {
    this.arena.victim = await this.#newVictim()
    await this.#watch?.mark()
  }

  async #anAttacker(fresh: boolean): Promise<Tenant> {
    if (this.#attacker === null || fresh || this.#used >= uses) {
      if (this.#attacker !== null) this.arena.world.retire(this.#attacker)
      this.#attacker = await this.arena.world.provision('attacker')
      await takeCensus(this.#attacker, this.arena)
      this.#used = 0
    }
    this.#used++
    return this.#attacker
  }

  async close(): Promise<void> {
    if (this.#attacker !== null) this.arena.world.retire(this.#attacker)
    this.#attacker = null
  }
}

/** The step with its payload written out, so that it no longer depends on seed or schema. */
export function freeze(step: Step, arena: Arena): Step {
  if ('value' in step.payload) return step
  const prepared = arena.prepared.get(step.operation)
  if (prepared?.body === undefined || prepared.body === null) return step
  const text = payloadOf(prepared.body, step.operation, step.payload.seed)
  return { ...step, payload: { value: JSON.parse(text) as unknown } }
}

/** Simpler forms of a step, for its operation's schema. */
export function* simplifications(step: Step, arena: Arena): Iterable<Step> {
  const frozen = freeze(step, arena)
  const operation = arena.prepared.get(step.operation)?.operation
  const schema = operation?.body?.schema
  if (!step.bare && operation !== undefined && narrows(operation)) yield { ...step, bare: true }
  const required = Array.isArray(schema?.['required']) ? (schema['required'] as string[]) : []
  const value = 'value' in frozen.payload ? frozen.payload.value : undefined
  const optional =
    typeof value === 'object' && value !== null
      ? Object.keys(value).filter((name) => !required.includes(name))
      : []
  yield* simplerSteps(step, optional, value)
}

/** The charge of an outcome with this identity. */
export function chargeOf(outcome: Outcome, id: string): Charge | undefined {
  return outcome.charges.find((charge) => charge.id === id)
}
