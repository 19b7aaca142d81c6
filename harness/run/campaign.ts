import { asProblem, Problem } from '../../rules/problem.ts'
import { essentialsOf, sweepOf, type Trial, trialOf } from '../generate/trial.ts'
import type { PostgresServer } from '../postgres/server.ts'
import { startPostgres } from '../postgres/server.ts'
import type { Arena } from './arena.ts'
import { Attack } from './attack.ts'
import { type Blindness, declareCells } from './cells.ts'
import { claimOf, coverageFault, reachFault, verdictOf } from './conclusion.ts'
import type { CampaignSummary, Finding } from './events.ts'
import { type Ground, prepareGround } from './ground.ts'
import type { CampaignOptions, Emit } from './options.ts'
import { resolveOptions, type ResolvedOptions } from './resolved-options.ts'
import { alikeContent, textsOf, twinContent, Twins } from './twins.ts'
import { passiveWatch, type Watch } from './watch.ts'

/**
 * Runs one campaign (or one shard of it) and returns the summary that it also emits last. Infrastructure failures after
 * the options are resolved end as verdict `inconclusive` with the problem's code; wrong options throw a {@link Problem}.
 *
 * @public
 */
export async function runCampaign(options: CampaignOptions, emit: Emit): Promise<CampaignSummary> {
  const campaign = new Campaign(resolveOptions(options), emit)
  const summary = await campaign.run()
  emit({ type: 'campaign-ended', summary })
  return summary
}

class Campaign {
  readonly #options: ResolvedOptions
  readonly #emit: Emit
  readonly #findings: Finding[] = []
  #started = performance.now()
  #phase = performance.now()
  #attack: Attack | null = null
  #ground: Ground | null = null
  #worlds: readonly Ground[] = []
  #problem: CampaignSummary['problem'] = null

  constructor(options: ResolvedOptions, emit: Emit) {
    this.#options = options
    this.#emit = emit
  }

  async run(): Promise<CampaignSummary> {
    const cleanUp: (() => Promise<void>)[] = []
    try {
      const server = await this.#server(cleanUp)
      const ground = await this.#prepare(server, cleanUp)
      await this.#attackOn(ground, cleanUp)
      this.#judgeCoverage(ground)
    } catch (error) {
      this.#fail(error)
    } finally {
      for (const clean of cleanUp.toReversed()) await this.#cleanUp(clean)
    }
    return this.#summary()
  }

  /** What is left lying about is told, but must not cost the user the findings. */
  async #cleanUp(clean: () => Promise<void>): Promise<void> {
    try {
      await clean()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#warn('W-CLEANUP', `Something that was started could not be stopped or removed: ${reason}`)
    }
  }

  async #server(cleanUp: (() => Promise<void>)[]): Promise<PostgresServer | null> {
    const { target, postgres } = this.#options
    if (postgres !== null) return postgres
    if (target.target.database?.managed !== true || target.target.start === undefined) return null
    const server = await startPostgres()
    cleanUp.push(() => server.stop())
    this.#endPhase('database')
    return server
  }

  async #prepare(server: PostgresServer | null, cleanUp: (() => Promise<void>)[]): Promise<Ground> {
    const { options, seed, lanes, oracles, signal } = this.#options
    const common = { campaign: options, server, seed, signal, log: () => {} }
    const wantsTwins = server !== null && oracles.has('interference')
    const contents = wantsTwins ? [alikeContent, alikeContent, twinContent] : []
    const settled = await Promise.allSettled([
      prepareGround({ ...common, lanes, oracles }),
      ...contents.map((victim) => prepareGround({ ...common, lanes: 1, victim, oracles: new Set() })),
    ])
    const grounds = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    for (const { close } of grounds) cleanUp.push(close)
    const failed = settled.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    const [first, ...worlds] = grounds
    const ground: Ground = first!
    this.#ground = ground
    this.#worlds = worlds
    this.#endPhase('start')
    this.#refuseUnauthenticated(ground)
    return ground
  }

  /** A target that lets nobody in has not been tested. */
  #refuseUnauthenticated({ arena }: Ground): void {
    const statuses = [...arena.coverage.statuses()]
    const count = (test: (status: number) => boolean): number =>
      statuses.filter(([status]) => test(status)).reduce((sum, [, times]) => sum + times, 0)
    const refused = count((status) => status === 401 || status === 403)
    if (count(arena.success) > 0 || refused === 0 || refused * 2 < count(() => true)) return
    throw new Problem(
      'E-TARGET-AUTH',
      `${arena.world.loaded.target.name} answers ${statuses[0]![0]} to everything that its own tenants ask.`,
      'Check `authenticate`: send one of its requests by curl with the credentials that it returns.',
    )
  }

  async #attackOn(ground: Ground, cleanUp: (() => Promise<void>)[]): Promise<void> {
    const { options: _all, ...options } = this.#options
    const { arena } = ground
    const watch = await this.#watch(ground)
    if (watch !== null) cleanUp.push(() => watch.close())
    declareCells(arena.prepared.values(), options.oracles, this.#blindness(watch, ground), arena.coverage)
    this.#emit({
      type: 'campaign-started',
      version: 1,
      target: arena.world.loaded.target.name,
      mode: options.mode,
      seed: options.seed,
      shard: options.shard,
      operations: arena.prepared.size,
      oracles: [...options.oracles],
      tenants: options.lanes + 2,
    })
    const [left, right, twin] = this.#worlds
    const twins =
      left && right && twin ? new Twins([left, right, twin], arena.coverage, await textsOf(left)) : null
    const attack = new Attack(ground, watch, twins, options, this.#emit, this.#findings)
    this.#attack = attack
    await attack.man()
    this.#endPhase('provision')
    await attack.run(this.#trials(ground))
    this.#endPhase('attack')
    await attack.close()
  }

  /** Trials of this shard, in order: the sweep, then chance. */
  #trials({ arena }: Ground): (index: number) => Trial {
    const { seed, mode, shard } = this.#options
    const sweep = mode === 'hunt' ? sweepOf(seed, arena.repertoire) : []
    return (index) => {
      const global = index * shard.of + shard.index
      return sweep[global] ?? trialOf(seed, global, arena.repertoire)
    }
  }

  async #watch(ground: Ground): Promise<Watch | null> {
    if (!this.#options.oracles.has('foreign-write')) return null
    const { watch, warnings } = await passiveWatch(ground)
    for (const warning of warnings) this.#warn('W-SNAPSHOT', warning)
    return watch
  }

  #blindness(watch: Watch | null, { arena }: Ground): Blindness {
    return {
      ...(this.#worlds.length === 3
        ? {}
        : { interference: 'twin worlds need `start` and a managed database' }),
      ...(watch === null || !watch.sees(arena.victim)
        ? { 'foreign-write': 'nothing of the victim can be watched' }
        : {}),
    }
  }

  #judgeCoverage({ arena }: Ground): void {
    if (this.#problem !== null || this.#options.signal.aborted) return
    const fault = coverageFault(arena.repertoire.operations, arena.coverage) ?? this.#reachFault(arena)
    if (fault !== null) this.#problem = { code: 'uncovered', message: `Not enough coverage: ${fault}.` }
  }

  /** Of a hunt, the sweep must be through; certify has none. One shard sees only its share of the cells; merging judges them. */
  #reachFault({ repertoire, coverage }: Arena): string | null {
    const { mode, seed, shard } = this.#options
    const essential = mode === 'hunt' ? Math.floor(essentialsOf(seed, repertoire) / shard.of) : 0
    const done = this.#attack?.figures().trials ?? 0
    return reachFault(shard.of === 1 ? coverage.reach() : null, { done, essential })
  }

  #fail(error: unknown): void {
    if (error instanceof Problem && error.exitCode === 2) throw error
    const problem = asProblem(error)
    this.#problem = { code: problem.code, message: `${problem.message} ${problem.next}` }
    const stack = process.env['WATERTIGHT_DEBUG'] === '1' && error instanceof Error ? error.stack : undefined
    this.#warn(problem.code, stack ?? this.#problem.message)
  }

  #warn(code: string, message: string): void {
    this.#emit({ type: 'warning', code, message })
  }

  #endPhase(name: string): void {
    const now = performance.now()
    this.#emit({ type: 'phase', name, seconds: (now - this.#phase) / 1000 })
    this.#phase = now
  }

  /** What was cut short proves nothing, whatever it had seen or missed until then. */
  #judgeInterruption(): void {
    if (!this.#options.signal.aborted) return
    if (this.#problem !== null && this.#problem.code !== 'uncovered') return
    this.#problem = { code: 'E-INTERRUPTED', message: 'The campaign was interrupted before its end.' }
  }

  #summary(): CampaignSummary {
    this.#judgeInterruption()
    const { mode, seed, oracles } = this.#options
    const coverage = this.#ground?.arena.coverage.summary() ?? { cells: 0, exercised: 0, gaps: [] }
    const verdict = verdictOf(this.#findings, this.#problem)
    const { trials, requests, seconds } = this.#attack?.figures() ?? { trials: 0, requests: 0, seconds: 0 }
    return {
      verdict,
      mode,
      seed,
      trials,
      requests,
      seconds: seconds === 0 ? (performance.now() - this.#started) / 1000 : seconds,
      requestsPerSecond: seconds === 0 ? 0 : requests / seconds,
      findings: this.#findings,
      coverage,
      claim: claimOf(verdict, mode, trials, coverage, [...oracles]),
      problem: this.#problem,
    }
  }
}
