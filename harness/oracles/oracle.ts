import type { OracleId, Relation } from '../run/events.ts'
import type { Operation } from '../target/target.ts'

/** An answer, as the oracles see it. `body` is the decoded text; `json` its value when it parses. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: string
  readonly json: unknown
  readonly milliseconds: number
}

/** One request with its answer and what is known about it. */
export interface Exchange {
  readonly operation: Operation
  readonly relation: Relation
  /** Tenant index of the actor. */
  readonly actor: number
  /** Tenant indices whose ids or hints the request names, besides the actor's own. */
  readonly named: readonly number[]
  /** Every id and canary that the request itself carried: seeing them come back proves nothing. */
  readonly sent: ReadonlySet<string>
  /** Set when tenant hints in the request disagree with the actor: which tenant they name. */
  readonly hinted: number | null
  readonly answer: Answer
}

/** Why an oracle says leak. `detail` completes the identity (`title`, `tasks`, `status`); it must not vary between runs. */
export interface Accusation {
  readonly oracle: OracleId
  readonly detail: string
  readonly title: string
  readonly evidence: string
}
