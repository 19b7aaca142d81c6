import type { PostgresServer } from '../postgres/server.ts'
import type { LoadedTarget } from '../target/load.ts'
import type { CampaignEvent, OracleId } from './events.ts'

/** What a caller may say about a campaign; everything but `target` has a default. @public */
export interface CampaignOptions {
  readonly target: LoadedTarget
  /** `hunt` unless said: adapts, claims nothing statistically. `certify`: frozen distribution, fresh tenants. */
  readonly mode?: 'hunt' | 'certify'
  /** 1 unless said. Equal seeds send equal symbolic requests. */
  readonly seed?: number
  /** Attack for this long (start and provisioning not counted). 20 unless `trials` is given. */
  readonly seconds?: number
  readonly trials?: number
  readonly shard?: { readonly index: number; readonly of: number }
  /** Requests in flight: 16 unless said. */
  readonly lanes?: number
  readonly oracles?: readonly OracleId[]
  /** The service's source in place of the target's own `directory`: a copy with a mutant's edits. */
  readonly directory?: string
  /** Run as owner on the prepared database, before anything is attacked. */
  readonly knockOutSql?: readonly string[]
  readonly stopAtFirstFinding?: boolean
  /** Where receipts are written; null or absent: nowhere. */
  readonly receiptsDirectory?: string | null
  /** Hosts other than loopback that the user has named. */
  readonly allowHosts?: readonly string[]
  /** In place of the target's `openapi`. */
  readonly openapi?: string
  readonly signal?: AbortSignal
  /** A server that already runs, shared between campaigns; without it a `managed` target starts (and stops) one. */
  readonly postgres?: PostgresServer
  /** Every request as it is sent, for benches that send the same ones bare. */
  readonly onRequest?: (request: SentRequest) => void
}

/** A request on the wire. Holds credentials: never reported. @internal */
export interface SentRequest {
  readonly origin: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: string | null
}

/** @public */
export type Emit = (event: CampaignEvent) => void

/** `FAILED`: the finding is there again. `ERROR`: it could not be told. Exit codes 0, 1, 3. @public */
export type ReplayVerdict = 'FIXED' | 'FAILED' | 'ERROR'

/** @public */
export interface ReplayResult {
  readonly verdict: ReplayVerdict
  readonly finding: string
  /** One sentence for the console. */
  readonly reason: string
  /** Answers of the sequence, in order, as `METHOD path -> status`. */
  readonly transcript: readonly string[]
}
