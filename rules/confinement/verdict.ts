import type { Occurrence, Operand } from '../sql/statement.ts'

/** How the rows of one relation belong to tenants. Column names are SQL names. */
export type Ownership =
  /** The relation carries the tenant key itself. */
  | { readonly kind: 'owned'; readonly column: string }
  /** Rows belong to the tenant of their parent: `column` refers to `parent.parentColumn`. */
  | {
      readonly kind: 'through'
      readonly column: string
      readonly parent: string
      readonly parentColumn: string
    }
  /** The relation whose rows *are* the tenants. */
  | { readonly kind: 'root'; readonly key: string }
  | { readonly kind: 'global'; readonly reason: string }
  /** The tenancy model does not name it: a finding, never a pass. */
  | { readonly kind: 'unknown' }

/** Tells the ownership of a relation; names are matched as the tenancy model matches them. */
export type OwnershipOf = (relation: { readonly schema: string | null; readonly name: string }) => Ownership

/** Is this operand the acting tenant? `unknown` when it cannot be told (an unresolved value is not a foreign one). */
export type TenantValue = (operand: Operand) => 'tenant' | 'other' | 'unknown'

/** Why a mention is confined: readable steps from the condition to the tenant value. */
export type Evidence =
  | { readonly kind: 'global'; readonly reason: string }
  /** The tenant key is bound to this operand in every branch. */
  | { readonly kind: 'key'; readonly column: string; readonly operand: Operand }
  /** Confined through the parent mention or through a confined sub-query. */
  | { readonly kind: 'parent'; readonly parent: string; readonly by: Evidence }
  /** Nothing can be touched: the condition is never true. */
  | { readonly kind: 'empty' }
  /** The database confines (row-level security declared in the tenancy model), or a scoped client does. */
  | { readonly kind: 'declared'; readonly by: string }

/** Why a mention is not confined. */
export type LeakReason =
  /** No condition reaches the tenant key at all. */
  | { readonly kind: 'unfiltered' }
  /** One branch of an OR does not bind the key; `branch` is its text for the message. */
  | { readonly kind: 'branch'; readonly branch: string }
  /** The binding condition may be left out at run time. */
  | { readonly kind: 'optional'; readonly reason: string }
  /** The key is compared with something that binds nothing (`<>`, LIKE, IS NOT NULL, itself, a foreign value). */
  | { readonly kind: 'weak'; readonly description: string }
  /** A row of the tenant is given to nobody: its key is set to NULL. */
  | { readonly kind: 'released'; readonly column: string }
  /** The filter stands in the ON clause of an outer join that does not restrict this side. */
  | { readonly kind: 'outerJoin' }
  /** Bound only to another mention that is itself unconfined. */
  | { readonly kind: 'unboundPeer'; readonly peer: string }

/** What is known about one mention of one relation. Never a boolean. */
export type Verdict =
  | { readonly kind: 'confined'; readonly evidence: Evidence }
  | { readonly kind: 'leak'; readonly reason: LeakReason }
  | { readonly kind: 'unknown'; readonly reason: string }

/** The verdict on one mention, with its role in the statement. */
export interface OccurrenceVerdict {
  readonly occurrence: Occurrence
  readonly ownership: Ownership
  readonly verdict: Verdict
  /** The mention is the target or the first relation of its block (false), or joined to it (true). */
  readonly joined: boolean
}
