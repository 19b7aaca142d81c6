import type { TSESTree } from '@typescript-eslint/utils'
import { type FunctionNode, isFunction, memberName } from '../source/binding.ts'
import { childrenOf, contains, unwrap } from '../source/children.ts'
import { originOf } from '../source/origin.ts'
import type { CallSite, QueryContext } from '../query/context.ts'
import type { ExtractionScope } from '../query/library.ts'
import type { FileView } from './file.ts'
import { isReplaced } from './replaced.ts'

/** What the database may raise in an attempt. */
export interface Raised {
  /**
   * `write`: an error that can quote constraints and values. `read`: one that tells of the statement at most. `unseen`: code of the
   * program stands there, and no query of it is in sight.
   */
  readonly by: 'write' | 'read' | 'unseen'
  /** The query stands in the attempt itself, not in a function that it calls. */
  readonly isDirect: boolean
}

/** Functions within functions that are looked into for their queries. */
const depthLimit = 4

/** What the database may raise of what an attempt throws; null when neither a query nor code of the program is in sight. */
export function raisedIn(attempt: TSESTree.Node | null, file: FileView): Raised | null {
  // The error handler of an application is given whatever any of its queries raises.
  if (attempt === null) return { by: 'write', isDirect: false }
  const direct = file.queries === null ? null : strongest(sitesIn(attempt, file.queries))
  if (direct === 'write') return { by: 'write', isDirect: true }
  const followed = new Followed(file.analysis()).in(attempt)
  if (followed === 'write') return { by: 'write', isDirect: false }
  if (direct !== null) return { by: direct, isDirect: true }
  if (followed !== null) return { by: followed, isDirect: false }
  return awaitsOwnCode(attempt, file.scope) || isOwnCall(attempt, file.scope)
    ? { by: 'unseen', isDirect: false }
    : null
}

type Access = 'write' | 'read'

/** The queries below a node whose errors get out of it. A statement that names no relation (`SELECT 1`) has nothing to tell. */
function sitesIn(node: TSESTree.Node, file: QueryContext): readonly CallSite[] {
  return file.sites.filter(
    (site) =>
      contains(node, site.node) &&
      (site.opaques.length > 0 || site.queries.some(({ occurrences }) => occurrences.length > 0)) &&
      !isReplaced(site.node, node, file.scope),
  )
}

function strongest(sites: readonly CallSite[]): Access | null {
  if (sites.length === 0) return null
  return sites.some(isWrite) ? 'write' : 'read'
}

function isWrite({ queries, opaques }: CallSite): boolean {
  const writes = queries.some(({ occurrences }) =>
    occurrences.some(({ occurrence }) => occurrence.access !== 'read'),
  )
  return writes || opaques.some(({ node }) => !isReadByName(node))
}

const reads = /^(find|get|count|exist|select|sum|average|min|max|aggregate|groupBy|pluck|first|paginate)/

/** A call whose statement is not in sight: its name tells whether it reads. Text of which nothing is known may write. */
function isReadByName(node: TSESTree.Node): boolean {
  const bare = unwrap(node)
  if (bare.type !== 'CallExpression') return false
  const callee = unwrap(bare.callee)
  return callee.type === 'MemberExpression' && reads.test(memberName(callee) ?? '')
}

/** Looks for queries in the functions that an attempt calls, here and in other files. */
class Followed {
  readonly #file: QueryContext
  readonly #visited = new Set<string>()

  constructor(file: QueryContext) {
    this.#file = file
  }

  in(node: TSESTree.Node, file = this.#file, depth = 0): Access | null {
    if (depth > depthLimit) return null
    let found: Access | null = null
    for (const call of callsIn(node)) {
      const access = isReplaced(call, node, file.scope) ? null : this.#of(call, file, depth)
      if (access === 'write') return 'write'
      found ??= access
    }
    return found
  }

  #of(call: TSESTree.CallExpression, file: QueryContext, depth: number): Access | null {
    const definition = file.scope.definitionOf(unwrap(call.callee))
    if (definition.kind !== 'function') return null
    const key = `${definition.module}:${String(definition.node.range[0])}`
    if (this.#visited.has(key)) return null
    this.#visited.add(key)
    const home = definition.module === file.scope.filename ? file : file.analysisOf(definition.module)
    const target = home === null ? null : functionAt(home.scope.sourceCode.ast, definition.node.range)
    if (home === null || target === null) return null
    const own = strongest(sitesIn(target.body, home))
    if (own === 'write') return own
    return this.in(target.body, home, depth + 1) ?? own
  }
}

/** A module is read anew for its analysis: the function is found again by where it stands. */
function functionAt(node: TSESTree.Node, range: readonly [number, number]): FunctionNode | null {
  if (node.range[0] > range[0] || node.range[1] < range[1]) return null
  for (const child of childrenOf(node)) {
    const found = functionAt(child, range)
    if (found !== null) return found
  }
  return isFunction(node) && node.range[0] === range[0] && node.range[1] === range[1] ? node : null
}

function callsIn(node: TSESTree.Node): readonly TSESTree.CallExpression[] {
  const below = childrenOf(node).flatMap(callsIn)
  return node.type === 'CallExpression' ? [node, ...below] : below
}

const isOwnCall = (attempt: TSESTree.Node, scope: ExtractionScope): boolean => {
  const promise = unwrap(attempt)
  return promise.type === 'CallExpression' && isOwn(promise.callee, scope)
}

/** Calls of packages (`stripe`, `fetch`, a validator) have errors of their own; code of the program may do anything. */
function awaitsOwnCode(node: TSESTree.Node, scope: ExtractionScope): boolean {
  if (node.type === 'AwaitExpression') {
    const call = unwrap(node.argument)
    if (call.type === 'CallExpression' && isOwn(call.callee, scope)) return true
  }
  return childrenOf(node).some((child) => awaitsOwnCode(child, scope))
}

function isOwn(callee: TSESTree.Node, scope: ExtractionScope): boolean {
  const definition = scope.definitionOf(callee)
  if (originOf(definition) !== null) return false
  switch (definition.kind) {
    case 'import':
      return definition.local
    case 'function':
      return true
    case 'member':
      return isService(definition.object.kind)
    default:
      return false
  }
}

const isService = (kind: string): boolean =>
  kind === 'typed' || kind === 'instance' || kind === 'class' || kind === 'import'
