import type { AST_NODE_TYPES, TSESTree } from '@typescript-eslint/utils'
import {
  analysisOf,
  type FileContext,
  type QueryContext,
  queryContextOf,
  tenancyOf,
} from '../query/context.ts'
import type { ExtractionScope } from '../query/library.ts'
import { extractionScope } from '../query/scope.ts'
import { childrenOf } from '../source/children.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'

type TypeName = keyof typeof AST_NODE_TYPES
type NodeOf<Type extends TypeName> = Extract<TSESTree.Node, { type: (typeof AST_NODE_TYPES)[Type] }>

/** A file as the rules see it that are not about one query. */
export interface FileView {
  readonly tenancy: Tenancy
  readonly scope: ExtractionScope
  /** Null when the file certainly has no query. */
  readonly queries: QueryContext | null
  /** The same for what asks about checks and callers, which a file without queries has too. */
  readonly analysis: () => QueryContext
  /** All nodes of a type, in source order. */
  readonly all: <Type extends TypeName>(type: Type) => readonly NodeOf<Type>[]
}

const views = new WeakMap<object, FileView>()

/**
 * The file with its scope, made once for all the rules that ask.
 *
 * @throws {@link Problem} when no usable tenancy model is configured.
 */
export function fileViewOf(context: FileContext): FileView {
  const { ast } = context.sourceCode
  const tenancy = tenancyOf(context)
  const known = views.get(ast)
  if (known !== undefined && known.tenancy === tenancy) return known
  const queries = queryContextOf(context)
  const scope = queries?.scope ?? scopeWithoutQueries(context, tenancy)
  let analysis = queries
  let index: ReadonlyMap<string, readonly TSESTree.Node[]> | null = null
  const view: FileView = {
    tenancy,
    queries,
    scope,
    analysis: () => (analysis ??= analysisOf(context, tenancy)),
    all: (type) => ((index ??= indexOf(ast)).get(type) ?? []) as never,
  }
  views.set(ast, view)
  return view
}

function scopeWithoutQueries(context: FileContext, tenancy: Tenancy): ExtractionScope {
  const { sourceCode, filename, languageOptions } = context
  return extractionScope({ sourceCode, filename, tenancy, languageOptions, isQuery: () => false })
}

function indexOf(program: TSESTree.Program): ReadonlyMap<string, readonly TSESTree.Node[]> {
  const byType = new Map<string, TSESTree.Node[]>()
  const visit = (node: TSESTree.Node): void => {
    const same = byType.get(node.type)
    if (same === undefined) byType.set(node.type, [node])
    else same.push(node)
    for (const child of childrenOf(node)) visit(child)
  }
  visit(program)
  return byType
}
