import { Problem } from '../../rules/problem.ts'
import type { PostgresServer } from '../postgres/server.ts'
import type { LoadedTarget } from '../target/load.ts'
import type { OracleId } from './events.ts'
import type { CampaignOptions } from './options.ts'

/** @internal */
export const allOracles: readonly OracleId[] = [
  'foreign-read',
  'foreign-write',
  'existence',
  'error-message',
  'principal',
  'interference',
]

/** The options of a campaign with every default in place. */
export interface ResolvedOptions {
  readonly options: CampaignOptions
  readonly target: LoadedTarget
  readonly mode: 'hunt' | 'certify'
  readonly seed: number
  /** Infinity when only `trials` ends the campaign. */
  readonly seconds: number
  readonly trials: number
  readonly shard: { readonly index: number; readonly of: number }
  readonly lanes: number
  readonly oracles: ReadonlySet<OracleId>
  readonly stopAtFirstFinding: boolean
  readonly receiptsDirectory: string | null
  readonly signal: AbortSignal
  readonly postgres: PostgresServer | null
}

/** @throws Problem E-USAGE */
export function resolveOptions(options: CampaignOptions): ResolvedOptions {
  const shard = options.shard ?? { index: 0, of: 1 }
  const wrong = (what: string, next: string): never => {
    throw new Problem('E-USAGE', what, next)
  }
  for (const [name, value] of Object.entries({
    seconds: options.seconds,
    trials: options.trials,
    lanes: options.lanes,
  })) {
    if (value !== undefined && !(value > 0))
      wrong(`${name} is ${value}.`, `Give a number above 0 as ${name}.`)
  }
  if (!(Number.isInteger(shard.index) && shard.index >= 0 && shard.index < shard.of)) {
    wrong(
      `Shard ${shard.index} of ${shard.of} does not exist.`,
      'Count shards from 0: --shard 0/4 to --shard 3/4.',
    )
  }
  return {
    options,
    target: options.target,
    mode: options.mode ?? 'hunt',
    seed: options.seed ?? 1,
    seconds: options.seconds ?? (options.trials === undefined ? 20 : Infinity),
    trials: options.trials ?? Infinity,
    shard,
    lanes: options.lanes ?? 16,
    oracles: new Set(options.oracles ?? allOracles),
    stopAtFirstFinding: options.stopAtFirstFinding ?? false,
    receiptsDirectory: options.receiptsDirectory ?? null,
    signal: options.signal ?? new AbortController().signal,
    postgres: options.postgres ?? null,
  }
}
