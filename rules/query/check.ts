import type { TSESTree } from '@typescript-eslint/utils'
import { childrenOf, contains, unwrap } from '../source/children.ts'
import { leaves } from '../provenance/guard.ts'
import { isFunction } from '../source/binding.ts'
import type { OccurrenceId } from '../sql/statement.ts'
import type { Identities, Identity } from './identity.ts'
import type { Judged, JudgedQuery } from './judge.ts'
import type { ExtractionScope } from './library.ts'
import { relationIn } from './reference.ts'
import type { Standing } from './standing.ts'

/** A check of the row's tenant that stands right after the read and leaves when it is another. */
export interface Check {
  readonly node: TSESTree.Node
  readonly standings: ReadonlyMap<OccurrenceId, Standing>
}

/** Finds `if (!row || row.tenantId !== tenantId) return …` before anything else is done with the row. */
export function checkAfter(
  judged: JudgedQuery,
  node: TSESTree.Node,
  identities: Identities,
  scope: ExtractionScope,
): Check | null {
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
      const path = comparedPath(disjunct, root, identities, scope)
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

/** `row.tenantId !== value`: the path that leads to the compared column. A constant is no tenant, nor is the row itself. */
function comparedPath(
  test: TSESTree.Node,
  root: string,
  identities: Identities,
  scope: ExtractionScope,
): readonly string[] | null {
  if (test.type !== 'BinaryExpression' || !/^!==?$/.test(test.operator)) return null
  for (const [one, other] of [
    [test.left, test.right],
    [test.right, test.left],
  ] as const) {
    const identity: Identity | null = identities.of(one)
    if (identity?.root !== root || mentionsRoot(other, root, identities)) continue
    if (scope.provenanceOf(other).kind === 'literal' || contains(one, other)) continue
    return identity.path.filter((name, index) => name !== '*' && !(index === 0 && name === 'rows'))
  }
  return null
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
