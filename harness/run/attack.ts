import { controlsOf, type Step, type Trial } from '../generate/trial.ts'
import { type Bench, confirm } from './confirm.ts'
import { findCulprits, muteKey } from './culprits.ts'
import type { Finding } from './events.ts'
import type { Ground } from './ground.ts'
import { Laboratory } from './laboratory.ts'
import { type Batch, Lanes, type Suspicion } from './lanes.ts'
import type { Emit } from './options.ts'
import type { ResolvedOptions } from './resolved-options.ts'
import type { Twins } from './twins.ts'
import type { Watch } from './watch.ts'

type Options = Omit<ResolvedOptions, 'options'>

/** Between batches everybody pauses: the passive tenants are looked at, and suspicions become findings. */
const smallestBatch = 32
const largestBatch = 256
/** Several details of one leak are one leak. */
const mostAlike = 3
/** Seconds for shrinking one finding, and the share of the campaign that shrinking may take in all. */
const shrinkSeconds = 4
const shrinkShare = 0.5
const progressInterval = 250
/** Trials in twin worlds in each batch; each sends every request three times. */
const twinTrials = 24

/** All requests together stay within what was asked for. */
function lanesBeside(twins: Twins | null, lanes: number): number {
  return twins === null ? lanes : Math.max(1, lanes - 3)
}

/** The attack itself: batches of trials, what they change, what they reveal. */
export class Attack {
  readonly #ground: Ground
  readonly #watch: Watch | null
  readonly #twins: Twins | null
  readonly #options: Options
  readonly #emit: Emit
  readonly #findings: Finding[]
  readonly #lanes: Lanes
  readonly #laboratory: Laboratory
  readonly #judged = new Set<string>()
  readonly #muted = new Set<string>()
  #trials = 0
  #interfering: readonly Suspicion[] = []
  #requests = 0
  #started = 0
  #seconds = 0
  /** Seconds spent on confirming, not on attacking. */
  #confirming = 0
  #lastProgress = 0

  constructor(
    ground: Ground,
    watch: Watch | null,
    twins: Twins | null,
    options: Options,
    emit: Emit,
    findings: Finding[],
  ) {
    this.#ground = ground
    this.#watch = watch
    this.#twins = twins
    this.#options = options
    this.#emit = emit
    this.#findings = findings
    this.#lanes = new Lanes(ground.arena, lanesBeside(twins, options.lanes), options.mode === 'certify')
    this.#laboratory = new Laboratory(ground.arena, watch, ground.newVictim)
  }

  async man(): Promise<void> {
    await this.#lanes.man()
    await this.#watch?.mark()
  }

  figures(): { readonly trials: number; readonly requests: number; readonly seconds: number } {
    return { trials: this.#trials, requests: this.#requests, seconds: this.#seconds }
  }

  /** @throws Problem E-TARGET-DIED */
  async run(trialAt: (index: number) => Trial): Promise<void> {
    this.#started = performance.now()
    const { mode, shard } = this.#options
    if (mode === 'certify' || shard.of > 1) await this.#control()
    let size = smallestBatch
    let index = 0
    try {
      while (!this.#isOver()) {
        const end = Math.min(index + size, this.#options.trials)
        const next = (): Trial | null => (index < end && !this.#isOver() ? trialAt(index++) : null)
        const batch = await this.#batch(next)
        await this.#settle(batch)
        if (this.#isSatisfied()) return
        size = Math.min(largestBatch, Math.ceil(size * 1.5))
      }
    } finally {
      this.#progress(true)
    }
  }

  async close(): Promise<void> {
    await this.#laboratory.close()
  }

  /** Neither a certification nor one shard's share of the sweep owes anybody a positive control: they are sought before. */
  async #control(): Promise<void> {
    for (const { index, steps } of controlsOf(this.#options.seed, this.#ground.arena.repertoire)) {
      const outcome = await this.#laboratory.run(steps, false)
      const all = outcome.played.map(({ step }) => step)
      for (const charge of outcome.charges)
        await this.#consider({ charge, trial: index, steps: all }, this.#laboratory)
    }
  }

  #isSatisfied(): boolean {
    return this.#options.stopAtFirstFinding && this.#findings.length > 0
  }

  #isOver(): boolean {
    const { signal, trials, seconds } = this.#options
    return signal.aborted || this.#trials >= trials || this.#elapsed() >= seconds
  }

  #elapsed(): number {
    return (performance.now() - this.#started) / 1000
  }

  async #batch(next: () => Trial | null): Promise<Batch> {
    const { transport } = this.#ground.arena
    const started = performance.now()
    const sent = (): number => transport.requests + (this.#twins?.requests ?? 0)
    const before = sent()
    const twins = this.#twins?.batch(twinTrials, this.#options.seed, () => this.#isOver())
    const lanes = this.#lanes.run(
      next,
      (step: Step) => this.#muted.has(muteKey(step)),
      (trial) => trial.steps.length <= 2,
      () => {
        this.#trials++
        this.#progress(false)
      },
    )
    const [batch, interfering] = await Promise.all([lanes, twins])
    this.#interfering = interfering ?? []
    this.#requests += sent() - before
    this.#seconds += (performance.now() - started) / 1000
    return batch
  }

  /** Looks at the passive tenants, then makes findings of what is new. */
  async #settle(batch: Batch): Promise<void> {
    const started = performance.now()
    const suspicions = [...batch.suspicions]
    const changes = (await this.#watch?.changes()) ?? []
    if (changes.length > 0) {
      await this.#laboratory.replaceVictim()
      const found = await findCulprits(
        changes,
        batch.writers,
        this.#laboratory,
        () => this.#options.signal.aborted,
      )
      // What a write did says more than that its answer gave it away.
      suspicions.unshift(...found.suspicions)
      for (const { evidence } of found.unexplained) {
        this.#emit({
          type: 'warning',
          code: 'W-WRITE',
          message: `${evidence}, and no single trial does it again.`,
        })
      }
    }
    for (const suspicion of suspicions) {
      if (this.#options.signal.aborted) break
      await this.#consider(suspicion, this.#laboratory)
      if (this.#isSatisfied()) break
    }
    for (const suspicion of this.#twins === null ? [] : this.#interfering) {
      if (this.#options.signal.aborted || this.#isSatisfied()) break
      await this.#consider(suspicion, this.#twins!)
    }
    await this.#watch?.mark()
    this.#confirming += (performance.now() - started) / 1000
  }

  async #consider(suspicion: Suspicion, bench: Bench): Promise<void> {
    const { charge, steps } = suspicion
    if (charge.damage) {
      const step = steps[charge.at]
      if (step !== undefined) this.#muted.add(muteKey(step))
    }
    if (this.#judged.has(charge.id)) return
    this.#judged.add(charge.id)
    const alike = this.#findings.filter(
      ({ oracle, operation, relation }) =>
        oracle === charge.accusation.oracle && operation === charge.operation && relation === charge.relation,
    )
    if (alike.length >= mostAlike) return
    // The same sight under another relation or hint is the same hole.
    const { oracle, evidence } = charge.accusation
    const isKnown = this.#findings.some(
      (known) =>
        known.oracle === oracle && known.operation === charge.operation && known.evidence === evidence,
    )
    if (isKnown && oracle === 'foreign-read') return
    const { target, seed, receiptsDirectory, signal } = this.#options
    const allowed = this.#options.seconds === Infinity ? 60 : this.#options.seconds * shrinkShare
    const end = performance.now() + 1000 * Math.min(shrinkSeconds, Math.max(0, allowed - this.#confirming))
    const spent = (): boolean => signal.aborted || performance.now() > end
    const finding = await confirm(suspicion, bench, {
      target: target.target.name,
      seed,
      receiptsDirectory,
      spent,
    })
    if (finding === null) {
      const message = `${charge.id} was seen once (trial ${suspicion.trial}) and not again: ${charge.accusation.title}.`
      this.#emit({ type: 'warning', code: 'W-FLAKY', message })
      return
    }
    this.#findings.push(finding)
    this.#emit({ type: 'finding', finding })
  }

  #progress(last: boolean): void {
    const now = performance.now()
    if (!last && now - this.#lastProgress < progressInterval) return
    this.#lastProgress = now
    const { cells, exercised } = this.#ground.arena.coverage.progress()
    const { seconds, trials } = this.#options
    const fraction = last ? 1 : Math.min(1, Math.max(this.#trials / trials, this.#elapsed() / seconds))
    this.#emit({
      type: 'progress',
      trials: this.#trials,
      requests: this.#requests,
      findings: this.#findings.length,
      exercised,
      cells,
      fraction,
    })
  }
}
