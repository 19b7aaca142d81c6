/**
 * What a campaign says while it runs. The runner emits these, one JSON object a line in a shard's file; every report is a
 * pure function of the stream. Nothing in it holds a credential, a canary's text or a tenant's data.
 */

export type OracleId =
  'foreign-read' | 'foreign-write' | 'existence' | 'error-message' | 'principal' | 'interference'

/** How an id in the request relates to the actor. */
export type Relation = 'own' | 'foreign' | 'ghost' | 'deleted' | 'stale' | 'malformed' | 'none'

/** A request as it is shown: ids are symbolic (`victim.project#1`), credentials are names (`attacker.admin`). */
export interface ShownRequest {
  readonly operation: string
  readonly actor: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export interface ShownResponse {
  readonly status: number
  /** First characters of the body, ids symbolic, canaries as `<canary of victim>`. */
  readonly excerpt: string
}

export interface Finding {
  /** `<oracle>:<operation>:<relation>[:<detail>]`: what shrinking must preserve and what duplicates share. */
  readonly id: string
  readonly oracle: OracleId
  readonly operation: string
  readonly relation: Relation
  readonly title: string
  /** What was observed, in one or two sentences, naming field or table. */
  readonly evidence: string
  /** The minimal sequence, with its answers. */
  readonly steps: readonly { readonly request: ShownRequest; readonly response: ShownResponse }[]
  /** Requests in the minimal sequence. */
  readonly requests: number
  /** Of the re-runs of the minimal sequence, how many showed the finding again: 0 to 1. */
  readonly reproductionRate: number
  /** A bash script, symbolic ids and credentials as variables. */
  readonly curl: string
  /** Index of the trial that found it. */
  readonly trial: number
  /** File name of the receipt, relative to the report directory; null before it is written. */
  readonly receipt: string | null
}

/** One cell of *operation × relation × oracle*. */
export interface Cell {
  readonly operation: string
  readonly relation: Relation
  readonly oracle: OracleId
  /** Judged observations with a working positive control. */
  readonly judged: number
  /** Why it does not count as exercised; null when it does. */
  readonly gap: string | null
}

export interface Coverage {
  readonly cells: number
  readonly exercised: number
  readonly gaps: readonly Cell[]
  /** Every cell, exercised or not, so that a report can draw the matrix. Absent where only the sums are known. */
  readonly matrix?: readonly Cell[]
}

export type CampaignVerdict = 'clean' | 'finding' | 'inconclusive' | 'uncovered'

export interface CampaignSummary {
  readonly verdict: CampaignVerdict
  readonly mode: 'hunt' | 'certify'
  readonly seed: number
  readonly trials: number
  readonly requests: number
  readonly seconds: number
  readonly requestsPerSecond: number
  readonly findings: readonly Finding[]
  readonly coverage: Coverage
  /** What the run may claim, in words; null when it may claim nothing. */
  readonly claim: string | null
  /** Why it is inconclusive or uncovered; null otherwise. */
  readonly problem: { readonly code: string; readonly message: string } | null
}

export type CampaignEvent =
  | {
      readonly type: 'campaign-started'
      readonly version: 1
      readonly target: string
      readonly mode: 'hunt' | 'certify'
      readonly seed: number
      readonly shard: { readonly index: number; readonly of: number }
      readonly operations: number
      readonly oracles: readonly OracleId[]
      readonly tenants: number
    }
  | { readonly type: 'phase'; readonly name: string; readonly seconds: number }
  /** At most four a second. */
  | {
      readonly type: 'progress'
      readonly trials: number
      readonly requests: number
      readonly findings: number
      readonly exercised: number
      readonly cells: number
      readonly fraction: number
    }
  | { readonly type: 'finding'; readonly finding: Finding }
  | { readonly type: 'warning'; readonly code: string; readonly message: string }
  | { readonly type: 'campaign-ended'; readonly summary: CampaignSummary }
