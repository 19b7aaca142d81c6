import type { TSESTree } from '@typescript-eslint/utils'
import { childrenOf, contains, unwrap } from '../source/children.ts'
import { leaves } from '../provenance/guard.ts'
import { isFunction } from '../source/binding.ts'
import type { Condition, Occurrence, OccurrenceId } from '../sql/statement.ts'
import type { Identities, Identity } from './identity.ts'
import type { Judged, JudgedQuery } from './judge.ts'
import type { ExtractionScope } from './library.ts'
import { isKey, relationIn } from './reference.ts'
import type { Standing } from './standing.ts'

/** A check of the row's tenant that stands right after the read and leaves when it is another. */
export interface Check {
  readonly node: TSESTree.Node
  readonly standings: ReadonlyMap<OccurrenceId, Standing>
}

/** What is asked about a read and the code after it. */
export interface CheckedRead {
  readonly judged: JudgedQuery
  readonly node: TSESTree.Node
  readonly identities: Identities
  readonly scope: ExtractionScope
  /** Is what the request says of the tenant here proved before, so that it may be compared with? */
  readonly isProved: (value: TSESTree.Node, at: TSESTree.Node) => boolean
}

/** Finds `if (!row || row.tenantId !== tenantId) return …` before anything else is done with the row. */
export function checkAfter(read: CheckedRead): Check | null {
  const { judged, node, identities, scope } = read
  const top = judged.occurrences[0]
  if (top?.occurrence.access !== 'read' || top.joined || judged.query.answer.shape === 'none') return null
  const declaration = statementAround(node)
  if (declaration?.type !== 'VariableDeclaration' || declaration.declarations.length !== 1) return null
  const { parent } = declaration
  const body: readonly TSESTree.Node[] =
    parent.type === 'BlockStatement' || parent.type === 'Program' ? parent.body : []
  const root = identities.of(node)?.root
  if (root === undefined) return null
  const mentions = (at: TSESTree.Node): boolean => mentionsRoot(at, root, identities)
  for (const statement of body.slice(body.indexOf(declaration) + 1)) {
    if (!mentions(statement)) continue
    if (statement.type !== 'IfStatement' || !leaves(statement.consequent)) return null
    if (statement.alternate !== null || mentions(statement.consequent)) return null
    for (const disjunct of disjunctsOf(statement.test)) {
      const compared = comparedPath(disjunct, root, read)
      const isAll = compared === null || !compared.includes('*') || isOnlyOne(declaration, read)
      const path = isAll ? (compared?.filter(isMember) ?? null) : null
      const standings = path === null ? null : standingsBy(path, judged, top, scope)
      if (standings !== null) return { node: statement, standings }
    }
  }
  return null
}

function statementAround(node: TSESTree.Node): TSESTree.Node | null {
  for (let at = node.parent; at != null && !isFunction(at); at = at.parent) {
    if (/Statement$|^VariableDeclaration$/.test(at.type)) return at
  }
  return null
}

function mentionsRoot(node: TSESTree.Node, root: string, identities: Identities): boolean {
  if (node.type === 'Identifier' && identities.of(node)?.root === root) return true
  return childrenOf(node).some((child) => mentionsRoot(child, root, identities))
}

function disjunctsOf(test: TSESTree.Node): readonly TSESTree.Node[] {
  const bare = unwrap(test)
  return bare.type === 'LogicalExpression' && bare.operator === '||'
    ? [...disjunctsOf(bare.left), ...disjunctsOf(bare.right)]
    : [bare]
}

/**
 * `row.tenantId !== value`: the path that leads to the compared column. A constant is no tenant, nor is the row itself, nor what the
 * request says.
 */
function comparedPath(
  test: TSESTree.Node,
  root: string,
  { identities, scope, isProved }: CheckedRead,
): readonly string[] | null {
  if (test.type !== 'BinaryExpression' || !/^!==?$/.test(test.operator)) return null
  for (const [one, other] of [
    [test.left, test.right],
    [test.right, test.left],
  ] as const) {
    const identity: Identity | null = identities.of(one)
    if (identity?.root !== root || mentionsRoot(other, root, identities) || contains(one, other)) continue
    const { kind } = scope.provenanceOf(other)
    if (kind === 'literal' || (kind === 'request' && !isProved(other, test))) continue
    return identity.path
  }
  return null
}

const isMember = (name: string, index: number): boolean => name !== '*' && !(index === 0 && name === 'rows')

/** Is the row that is looked at the only one that the program gets hold of? */
function isOnlyOne(
  declaration: TSESTree.VariableDeclaration,
  { judged, identities, scope }: CheckedRead,
): boolean {
  const bound = boundIn(declaration.declarations[0]!.id)
  const [only] = bound
  if (bound.length === 1 && identities.of(only!)?.path.includes('*') === true) return true
  const { block } = judged.query.statement
  const target = judged.occurrences[0]!.occurrence
  return block.kind === 'select' && block.where !== null && isKeyed(block.where, target, scope)
}

function boundIn(pattern: TSESTree.Node): readonly TSESTree.Identifier[] {
  if (pattern.type === 'Identifier') return [pattern]
  return childrenOf(pattern).flatMap((child) =>
    pattern.type === 'Property' && child === pattern.key && !pattern.shorthand ? [] : boundIn(child),
  )
}

/** `id = value`: one row at most. `id IN (…)` may find several. */
function isKeyed(condition: Condition, target: Occurrence, scope: ExtractionScope): boolean {
  if (condition.kind === 'and') return condition.operands.some((one) => isKeyed(one, target, scope))
  if (condition.kind !== 'compare' || condition.operator !== '=') return false
  return [condition.left, condition.right].some(
    (side) =>
      side.kind === 'column' &&
      side.occurrence === target.id &&
      isKey({ relation: target.relation, column: side.column }, scope.tenancy),
  )
}

/** What the comparison of this column says of the row, or of the row beside it that it refers to. */
function standingsBy(
  path: readonly string[],
  judged: JudgedQuery,
  top: Judged,
  { tenancy }: ExtractionScope,
): ReadonlyMap<OccurrenceId, Standing> | null {
  const [name, further] = path
  const own = relationIn(tenancy, top.occurrence.relation)
  if (own === null || name === undefined || path.length > 2) return null
  if (further === undefined) {
    const column = tenancy.columnOf(own.name, name)
    const { ownership } = own
    const isTenantKey = ownership.kind === 'owned' && ownership.column === column
    return isTenantKey ? new Map([[top.occurrence.id, 'confined']]) : null
  }
  const lead = own.relationFields[name]
  const beside = lead === undefined || lead.many ? null : tenancy.find(lead.to)
  if (beside?.ownership.kind !== 'owned') return null
  if (tenancy.columnOf(beside.name, further) !== beside.ownership.column) return null
  const through = own.ownership.kind === 'through' && tenancy.find(own.ownership.parent) === beside
  const included = judged.occurrences.filter(
    ({ occurrence, joined }) => joined && relationIn(tenancy, occurrence.relation) === beside,
  )
  if (included.length !== 1) return null
  return new Map([
    [top.occurrence.id, through ? 'confined' : 'reference'],
    [included[0]!.occurrence.id, 'confined'],
  ])
}
