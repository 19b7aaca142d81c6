import type { Occurrence, OccurrenceId } from '../sql/statement.ts'
import type { Branches, Term } from './facts.ts'
import type { Ownership } from './verdict.ts'

/** The rows of one mention, as a variable. A CTE that is mentioned twice has a variable for each time. */
export interface Leaf {
  readonly kind: 'leaf'
  readonly row: number
  readonly occurrence: Occurrence
  readonly ownership: Ownership
}

export interface RowsetNode {
  readonly kind: 'rowset'
}

export interface JoinNode {
  readonly kind: 'join'
  readonly type: 'inner' | 'left' | 'right' | 'full'
  /** Row variables of both sides and of sub-queries in ON. */
  readonly rows: ReadonlySet<number>
  readonly left: Node
  readonly right: Node
  readonly on: Branches
}

/** One query level: its items are joined, filtered, and linked to the columns that it returns. */
export interface QueryNode {
  readonly kind: 'query'
  /** Row variable of its outputs. */
  readonly row: number
  /** Every row variable inside, those of sub-queries included. */
  readonly rows: ReadonlySet<number>
  readonly items: readonly Node[]
  readonly where: Branches
  /** Output terms equated with what they stand for. */
  readonly links: Branches
  /** Filters from outside come too late: rows are merged, counted off, or already written. */
  readonly barrier: boolean
  /** A returned row proves that a row of the items satisfied the condition. */
  readonly witnesses: boolean
  /** Sub-queries in outputs, ORDER BY and the like. */
  readonly loose: readonly number[]
  readonly outputs: readonly { readonly name: string | null; readonly term: Term | null }[]
  readonly resolve: (column: string) => Term | null
  readonly write: Write | null
}

export interface SetNode {
  readonly kind: 'set'
  readonly row: number
  /** Every row variable inside, those of sub-queries included. */
  readonly rows: ReadonlySet<number>
  readonly operator: 'union' | 'intersect' | 'except'
  readonly branches: readonly (QueryNode | SetNode | OpaqueNode)[]
  readonly outputs: readonly { readonly name: string | null; readonly term: Term | null }[]
  readonly resolve: (column: string) => Term | null
  /** Facts that equate the set's outputs with those of a branch. */
  readonly linksOf: (branch: number) => Branches
}

/** A level that could not be read. */
export interface OpaqueNode {
  readonly kind: 'opaque'
  readonly row: number
  /** Every row variable inside, those of sub-queries included. */
  readonly rows: ReadonlySet<number>
  readonly reason: string
  readonly leaves: readonly Leaf[]
  readonly outputs: readonly { readonly name: string | null; readonly term: Term | null }[]
  readonly resolve: (column: string) => Term | null
}

export type BlockNode = QueryNode | SetNode | OpaqueNode
export type Node = Leaf | RowsetNode | JoinNode | BlockNode

/** What a level writes to its target, beyond choosing the rows. */
export type Write =
  | {
      readonly kind: 'update'
      readonly target: Leaf
      readonly set: readonly Written[]
      readonly open: boolean
    }
  | { readonly kind: 'delete'; readonly target: Leaf }
  | {
      readonly kind: 'insert'
      readonly target: Leaf
      /** Why the written rows could not all be seen. */
      readonly opaque: string | null
      readonly conflict: ConflictNode | null
    }

/** A written column; `term` is null for the column's default. */
export interface Written {
  readonly column: string
  readonly term: Term | null
  readonly facts: Branches
}

/** The row that an upsert runs into, as a variable of its own. */
export interface ConflictNode {
  readonly existing: Leaf
  /** Neither columns nor a condition say which row it is. */
  readonly constraint: string | null
  readonly where: Branches
  readonly set: readonly Written[]
  /** Sub-queries in SET. */
  readonly loose: readonly number[]
}

/** Row variables of everything inside a node. */
export function rowsOf(node: Node): ReadonlySet<number> {
  if (node.kind === 'leaf') return new Set([node.row])
  return node.kind === 'rowset' ? new Set() : node.rows
}

/** Names in reach while a level is read. */
export interface Environment {
  readonly parent: Environment | null
  readonly columns: Map<OccurrenceId, (column: string) => Term | null>
  readonly leaves: Leaf[]
  /** Row variable of the proposed row, inside ON CONFLICT. */
  readonly proposed: number | null
}

export const openEnvironment = (parent: Environment | null): Environment => ({
  parent,
  columns: new Map(),
  leaves: [],
  proposed: parent?.proposed ?? null,
})

/** Columns that the ownership of a relation proves it to have. */
export function ownershipColumns(ownership: Ownership): readonly string[] {
  if (ownership.kind === 'owned' || ownership.kind === 'through') return [ownership.column]
  return ownership.kind === 'root' ? [ownership.key] : []
}
