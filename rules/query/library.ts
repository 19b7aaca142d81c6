import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import type { Definition } from '../source/definition.ts'
import type { Provenance } from '../provenance/provenance.ts'
import type { ArrayView, ObjectView } from '../provenance/view.ts'
import type { Write } from '../provenance/writes.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import type { Library, QueryOrOpaque } from './query.ts'

/** The nodes that can be a query. */
export type CallNode = TSESTree.CallExpression | TSESTree.TaggedTemplateExpression

export function isCallNode(node: TSESTree.Node): node is CallNode {
  return node.type === 'CallExpression' || node.type === 'TaggedTemplateExpression'
}

/**
 * How the calls of one library become neutral queries. One module in `libraries/` exports one of these, and
 * `libraries.ts` lists it; nothing else has to change for a new library.
 */
export interface LibraryExtractor {
  readonly name: Library
  /** Lexical preflight on the source text: false means that the file certainly has no query of this library. Cheap. */
  readonly mentions: (text: string) => boolean
  /**
   * May be asked about a call while it answers about another. One that reads the whole file at its first call may not: then
   * provenance takes its calls for unknown while it reads.
   */
  readonly reentrant?: boolean
  /**
   * Called once for every call and tagged template, outermost first. Null: not a query of this library. Where a builder chain
   * has many calls, answer on the outermost one only (and null inside it). Several answers where control flow makes
   * several statements out of one call (conditional appends): each of them may run. An empty array: the call is this library's
   * and part of another query, so that no other library need look at it.
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
  /** The same for an expression or type reference of another module that a definition led to. */
  readonly definitionIn: (node: TSESTree.Node, module: string) => Definition
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
  /** Source text of a node that a definition leads to; null when its module cannot be read. */
  readonly textOf: (node: TSESTree.Node, module: string) => string | null
  /**
   * Calls on `name` found in the text that passed as receiver: source text of a client expression without `await`, `!`, casts
   * and `this.`: `tenantDb`, `ctx.prisma`.
   */
  readonly pathOf: (node: TSESTree.Node) => string
}

export type { ArrayView, ElementView, ObjectView, PropertyView } from '../provenance/view.ts'
export type { Write } from '../provenance/writes.ts'
