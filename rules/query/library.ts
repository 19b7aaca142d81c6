import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import type { Definition } from '../provenance/definition.ts'
import type { Provenance } from '../provenance/provenance.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import type { Library, QueryOrOpaque } from './query.ts'

/** The nodes that can be a query. */
export type CallNode = TSESTree.CallExpression | TSESTree.TaggedTemplateExpression

/**
 * How the calls of one library become neutral queries. One module in `libraries/` exports one of these, and
 * `libraries.ts` lists it; nothing else has to change for a new library.
 */
export interface LibraryExtractor {
  readonly name: Library
  /** Lexical preflight on the source text: false means that the file certainly has no query of this library. Cheap. */
  readonly mentions: (text: string) => boolean
  /**
   * Called once for every call and tagged template, outermost first. Null: not a query of this library. Where a builder chain
   * has many calls, answer on the outermost one only (and null inside it). Several answers where control flow makes
   * several statements out of one call (conditional appends): each of them may run.
   */
  readonly extract: (
    node: CallNode,
    scope: ExtractionScope,
  ) => QueryOrOpaque | readonly QueryOrOpaque[] | null
}

/** What an extractor may ask about the file. All nodes belong to this file; all answers are cached per file. */
export interface ExtractionScope {
  readonly sourceCode: TSESLint.SourceCode
  readonly filename: string
  readonly tenancy: Tenancy
  /** The expression that a node stands for: follows parentheses, `as`, `!`, `satisfies`, and constants that are written once. */
  readonly resolve: (node: TSESTree.Node) => TSESTree.Node
  /** What the expression stands for, to recognise clients and builders by where they come from. */
  readonly definitionOf: (node: TSESTree.Node) => Definition
  /** Where the value comes from, and whether it may be absent. */
  readonly provenanceOf: (node: TSESTree.Node) => Provenance
  /** Value of a constant expression (strings, numbers, booleans, null, and templates of them); null when it is none. */
  readonly constantOf: (node: TSESTree.Node) => { readonly value: string | number | boolean | null } | null
  /** Properties of an object expression, with constants, spreads and conditional spreads followed. Null: not an object in sight. */
  readonly objectOf: (node: TSESTree.Node) => ObjectView | null
  /** Elements of an array expression, likewise, with straight-line `push` calls. Null: not an array in sight. */
  readonly arrayOf: (node: TSESTree.Node) => ArrayView | null
  /** All the writes to the variable in its function before `at`, in source order. Null: not a variable of this file. */
  readonly writesOf: (identifier: TSESTree.Identifier, at: TSESTree.Node) => readonly Write[] | null
  /**
   * Calls on `name` found in the text that passed as receiver: source text of a client expression without `await`, `!`, casts
   * and `this.`: `tenantDb`, `ctx.prisma`.
   */
  readonly pathOf: (node: TSESTree.Node) => string
}

/** One property as far as it can be seen. */
export interface PropertyView {
  readonly name: string
  readonly value: TSESTree.Node
  /** The property or spread that brings it, to report at. */
  readonly node: TSESTree.Node
  /** It may be missing at run time, and why: `...(a && { x })`, `if (a) where.x = …`. Null: always there. */
  readonly optional: string | null
}

export interface ObjectView {
  /** Last write wins, in source order; an optional property does not hide an earlier one of the same name. */
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

/** One write to a variable. */
export interface Write {
  /** `x = value`, `x += value`, the initialiser, or a mutating member call or assignment on it (`x.push(value)`, `x.a = value`). */
  readonly kind: 'initial' | 'assign' | 'append' | 'member'
  readonly node: TSESTree.Node
  readonly value: TSESTree.Node | null
  /** The use can be reached without this write (it stands in a branch, loop, nested function); the reason in words. */
  readonly conditional: string | null
}
