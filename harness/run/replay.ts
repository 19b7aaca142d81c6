import { Problem } from '../../rules/problem.ts'
import type { Step } from '../generate/trial.ts'
import { startPostgres } from '../postgres/server.ts'
import type { LoadedTarget } from '../target/load.ts'
import type { Bench } from './confirm.ts'
import type { Outcome } from './execute.ts'
import { type Ground, prepareGround } from './ground.ts'
import { chargeOf, Laboratory } from './laboratory.ts'
import type { CampaignOptions, ReplayResult } from './options.ts'
import { readReceipt, type Receipt } from './receipt.ts'
import { allOracles } from './resolved-options.ts'
import { alikeContent, textsOf, twinContent, Twins } from './twins.ts'
import { passiveWatch } from './watch.ts'

type ReplayOptions = Pick<CampaignOptions, 'directory' | 'knockOutSql' | 'postgres' | 'signal' | 'allowHosts'>

/** How often the sequence is run before it counts as mended. */
const runs = 3

/**
 * Runs the receipt's sequence again on freshly provisioned tenants. `receipt` is the path of the file.
 *
 * `FIXED` needs more than silence: every operation of the sequence must work for its owner, or it could not be told.
 *
 * @throws Problem E-RECEIPT when the file is no receipt of this target
 * @public
 */
export async function replayReceipt(
  receipt: string,
  target: LoadedTarget,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  const read = await readReceipt(receipt)
  if (read.target !== target.target.name) {
    throw new Problem(
      'E-RECEIPT',
      `${receipt} belongs to the target ${read.target}, not to ${target.target.name}.`,
      'Give the target file that the receipt was written with.',
    )
  }
  const cleanUp: (() => Promise<void>)[] = []
  try {
    return await replayOn(read, target, options, cleanUp)
  } catch (error) {
    if (error instanceof Problem && error.exitCode === 2) throw error
    const reason =
      error instanceof Problem ? `${error.code}: ${error.message}` : `E-INTERNAL: ${String(error)}`
    return { verdict: 'ERROR', finding: read.finding, reason, transcript: [] }
  } finally {
    for (const clean of cleanUp.toReversed()) await clean()
  }
}

async function replayOn(
  receipt: Receipt,
  target: LoadedTarget,
  options: ReplayOptions,
  cleanUp: (() => Promise<void>)[],
): Promise<ReplayResult> {
  const managed = target.target.start !== undefined && target.target.database?.managed === true
  const server = options.postgres ?? (managed ? await startPostgres() : null)
  if (options.postgres === undefined && server !== null) cleanUp.push(() => server.stop())
  const prepare = async (victim?: { salt: string; rows: number }): Promise<Ground> => {
    const ground = await prepareGround({
      campaign: { ...options, target },
      server,
      seed: receipt.seed,
      lanes: 2,
      oracles: new Set(allOracles),
      signal: options.signal ?? new AbortController().signal,
      log: () => {},
      ...(victim === undefined ? {} : { victim }),
    })
    cleanUp.push(ground.close)
    return ground
  }
  const bench =
    receipt.oracle === 'interference' ? await twinBench(prepare) : await plainBench(await prepare(), cleanUp)
  const missing = receipt.steps.find(({ operation }) => !bench.arena.prepared.has(operation))
  if (missing !== undefined)
    return answer('ERROR', receipt, `the target has no operation ${missing.operation} any more`)
  return judge(receipt, bench)
}

async function plainBench(ground: Ground, cleanUp: (() => Promise<void>)[]): Promise<Bench> {
  const { watch } = await passiveWatch(ground)
  cleanUp.push(() => watch.close())
  return new Laboratory(ground.arena, watch, ground.newVictim)
}

async function twinBench(
  prepare: (victim: { salt: string; rows: number }) => Promise<Ground>,
): Promise<Bench> {
  const left = await prepare(alikeContent)
  const right = await prepare(alikeContent)
  const twin = await prepare(twinContent)
  return new Twins([left, right, twin], left.arena.coverage, await textsOf(left))
}

async function judge(receipt: Receipt, bench: Bench): Promise<ReplayResult> {
  let outcome: Outcome | null = null
  for (let run = 0; run < runs; run++) {
    outcome = await bench.run(receipt.steps, true)
    const charge = chargeOf(outcome, receipt.finding)
    if (charge !== undefined) return answer('FAILED', receipt, charge.accusation.evidence, outcome)
  }
  if (outcome === null || outcome.played.length < receipt.steps.length) {
    return answer(
      'ERROR',
      receipt,
      'not every request of the sequence could be sent: an id is missing',
      outcome,
    )
  }
  const broken = await withoutControl(receipt.steps, bench)
  if (broken !== null) {
    return answer(
      'ERROR',
      receipt,
      `${broken} does not work for its owner either, so nothing can be told`,
      outcome,
    )
  }
  return answer(
    'FIXED',
    receipt,
    'the finding did not come back, and every operation works for its owner',
    outcome,
  )
}

/** An operation of the sequence that fails even for its owner; null when there is none. */
async function withoutControl(steps: readonly Step[], bench: Bench): Promise<string | null> {
  const { coverage, repertoire } = bench.arena
  for (const step of steps) {
    if (coverage.hasControl(step.operation)) continue
    const own = (repertoire.slots.get(step.operation) ?? 0) === 0 ? 'none' : 'own'
    const harmless = { ...step, relation: own, hint: null, hostility: null, credential: 'actor' } as const
    await bench.run([harmless], true)
    if (!coverage.hasControl(step.operation)) return step.operation
  }
  return null
}

function answer(
  verdict: ReplayResult['verdict'],
  receipt: Receipt,
  reason: string,
  outcome: Outcome | null = null,
): ReplayResult {
  const transcript = (outcome?.played ?? []).map(
    ({ resolved, answer: { status } }) =>
      `${resolved.method} ${resolved.prepared.operation.path} -> ${status}`,
  )
  return { verdict, finding: receipt.finding, reason, transcript }
}
