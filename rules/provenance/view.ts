import type { TSESTree } from '@typescript-eslint/utils'
import type { Provenance } from './provenance.ts'
import type { Decision } from './writes.ts'

/** One property as far as it can be seen. */
export interface PropertyView {
  readonly name: string
  readonly value: TSESTree.Node
  /** The property or spread that brings it, to report at. */
  readonly node: TSESTree.Node
  /** It may be missing at run time, and why: `...(a && { x })`, `if (a) where.x = …`. Null: always there. */
  readonly optional: string | null
  /** The tests that decide whether it is there, outermost first. */
  readonly when: readonly Decision[]
}

export interface ObjectView {
  /** Last write wins, in source order. Where a later one of its name may be missing, an earlier one is there when that is not. */
  readonly properties: readonly PropertyView[]
  /** Spreads and computed keys that could not be seen through; other properties may exist, or override those before. */
  readonly open: readonly {
    readonly node: TSESTree.Node
    readonly reason: string
    readonly provenance: Provenance
  }[]
}

export interface ElementView {
  readonly value: TSESTree.Node
  readonly optional: string | null
}

export interface ArrayView {
  readonly elements: readonly ElementView[]
  /** A spread or call that could not be seen through; positions after it are not known. */
  readonly open: readonly { readonly node: TSESTree.Node; readonly reason: string }[]
}
