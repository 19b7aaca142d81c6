import {
  analysisOf,
  type FileContext,
  type QueryContext,
  queryContextOf,
  tenancyOf,
} from '../query/context.ts'
import type { ExtractionScope } from '../query/library.ts'
import { extractionScope } from '../query/scope.ts'
import { belowOf, type NodeOf, type SoughtType } from '../source/below.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'

/** A file as the rules see it that are not about one query. */
export interface FileView {
  readonly tenancy: Tenancy
  readonly scope: ExtractionScope
  /** Null when the file certainly has no query. */
  readonly queries: QueryContext | null
  /** The same for what asks about checks and callers, which a file without queries has too. */
  readonly analysis: () => QueryContext
  /** All nodes of a type, outer ones before those inside them. */
  readonly all: <Type extends SoughtType>(type: Type) => readonly NodeOf<Type>[]
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
  const view: FileView = {
    tenancy,
    queries,
    scope,
    analysis: () => (analysis ??= analysisOf(context, tenancy)),
    all: (type) => belowOf(ast, type),
  }
  views.set(ast, view)
  return view
}

function scopeWithoutQueries(context: FileContext, tenancy: Tenancy): ExtractionScope {
  const { sourceCode, filename, languageOptions } = context
  return extractionScope({ sourceCode, filename, tenancy, languageOptions, isQuery: () => false })
}
