import { Problem } from '../../rules/problem.ts'
import type { Step, Trial } from '../generate/trial.ts'
import type { Tenant } from '../model/tenant.ts'
import type { Arena } from './arena.ts'
import { takeCensus } from './census.ts'
import { type Charge, executeTrial, type Outcome } from './execute.ts'

/** A charge with the trial that it came from. */
export interface Suspicion {
  readonly charge: Charge
  readonly trial: number
  readonly steps: readonly Step[]
}

/** What a batch of trials left behind. */
export interface Batch {
  readonly suspicions: readonly Suspicion[]
  /** Trials that wrote, the suspicious ones first: candidates when somebody's rows have changed. */
  readonly writers: readonly Trial[]
}

/** Attackers side by side, one request of each in flight. */
export class Lanes {
  readonly #arena: Arena
  readonly #attackers: (Tenant | null)[]
  readonly #freshEachTrial: boolean

  constructor(arena: Arena, count: number, freshEachTrial: boolean) {
    this.#arena = arena
    this.#attackers = Array.from({ length: count }, () => null)
    this.#freshEachTrial = freshEachTrial
  }

  /** Provisions the attackers that are missing, a few at a time. */
  async man(): Promise<void> {
    await Promise.all(this.#attackers.map((_, lane) => this.#attackerOf(lane)))
  }

  async #attackerOf(lane: number): Promise<Tenant> {
    const present = this.#attackers[lane]
    if (present) return present
    const tenant = await this.#arena.world.provision('attacker')
    await takeCensus(tenant, this.#arena)
    this.#attackers[lane] = tenant
    return tenant
  }

  /**
   * Runs trials until there are no more. A lost connection is forgiven as long as the service still answers.
   *
   * @throws Problem E-TARGET-DIED
   */
  async run(
    next: () => Trial | null,
    muted: (step: Step) => boolean,
    thorough: (trial: Trial) => boolean,
    done: (trial: Trial, outcome: Outcome) => void,
  ): Promise<Batch> {
    const suspicions: Suspicion[] = []
    const suspicious: Trial[] = []
    const writers: Trial[] = []
    const work = async (lane: number): Promise<void> => {
      for (let trial = next(); trial !== null; trial = next()) {
        const attacker = await this.#attackerOf(lane)
        let outcome: Outcome
        try {
          outcome = await executeTrial(trial.steps, attacker, this.#arena, {
            thorough: thorough(trial),
            explore: !this.#freshEachTrial,
            muted,
          })
        } catch (error) {
          await assertAlive(this.#arena, error)
          continue
        }
        for (const charge of outcome.charges) {
          suspicions.push({ charge, trial: trial.index, steps: outcome.played.map(({ step }) => step) })
        }
        if (outcome.suspicious) suspicious.push(trial)
        else if (outcome.played.some(({ resolved }) => resolved.prepared.operation.writes))
          writers.push(trial)
        done(trial, outcome)
        if (this.#freshEachTrial || isExhausted(attacker)) this.#replace(lane)
      }
    }
    await Promise.all(this.#attackers.map((_, lane) => work(lane)))
    const byIndex = (left: { index: number }, right: { index: number }): number => left.index - right.index
    return {
      suspicions: suspicions.toSorted((left, right) => left.trial - right.trial),
      writers: [...suspicious.toSorted(byIndex), ...writers.toSorted(byIndex)],
    }
  }

  #replace(lane: number): void {
    const attacker = this.#attackers[lane]
    if (attacker) this.#arena.world.retire(attacker)
    this.#attackers[lane] = null
  }
}

/** Something that was provisioned has been used up. */
function isExhausted(attacker: Tenant): boolean {
  return [...attacker.pool.types()].some((type) => attacker.pool.of(type).length === 0)
}

/** How often the service is asked whether it is still there. */
const tries = 3

/** @throws Problem E-TARGET-DIED with what the connection said, unless some answer comes */
export async function assertAlive(arena: Arena, error: unknown): Promise<void> {
  if (error instanceof Problem) throw error
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code !== 'string') throw error
  for (let attempt = 0; attempt < tries; attempt++) {
    try {
      await arena.transport.send('GET', '/', {}, null)
      return
    } catch {
      continue
    }
  }
  throw new Problem(
    'E-TARGET-DIED',
    `${arena.world.loaded.target.name} answers no more (${code}).`,
    'Look at the log of the service; the last requests of the campaign may have ended it.',
    { cause: error },
  )
}
