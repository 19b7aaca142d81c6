import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../source/binding.ts'
import { unwrap } from '../../source/children.ts'
import type { Finding } from '../finding.ts'
import type { ExtractionScope } from '../library.ts'
import { relationIn } from '../reference.ts'
import type { TenancyRelation } from '../../tenancy/tenancy.ts'
import { actingTenantAt, propertyOf } from './acting-tenant.ts'
import { addedProperty, type Edit, literalProperty } from './edit.ts'

/** A filter that says whose the rows are. */
interface Filter {
  readonly name: string
  readonly value: string
}

/** The edit that confines one mention of a Prisma call. */
export function prismaEdit(finding: Finding, scope: ExtractionScope): Edit | null {
  const { query } = finding.judged
  const { occurrence, joined } = finding.occurrence
  const node = unwrap(query.node, true)
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return null
  const method = memberName(node.callee)
  const relation = relationIn(scope.tenancy, occurrence.relation)
  if (relation === null || method === 'upsert') return null
  const filter = filterOf(relation, node, scope)
  if (filter === null) return null
  if (joined) return includeEdit(query.nodeOf(occurrence.span), filter)
  const { block } = query.statement
  const own = block.kind === 'select' ? block.from[0] : 'target' in block ? block.target : null
  if (own == null || leftmostId(own) !== occurrence.id) return null
  const [argument] = node.arguments
  if (block.kind === 'insert') return dataEdit(argument, relation, filter)
  if (argument === undefined) {
    const text = `{ where: { ${shortened(filter)} } }`
    return { text, insertions: [{ at: node.range[1] - 1, text }] }
  }
  return argument.type === 'ObjectExpression' ? whereEdit(argument, filter) : null
}

const shortened = ({ name, value }: Filter): string => (name === value ? name : `${name}: ${value}`)

type From = { readonly kind: string; readonly left?: From; readonly id?: number }
const leftmostId = (item: From): number | undefined =>
  item.kind === 'join' && item.left !== undefined ? leftmostId(item.left) : item.id

/** `tenantId: expression`, or `project: { tenantId: expression }` for rows that belong to the tenant of their parent. */
function filterOf(relation: TenancyRelation, at: TSESTree.Node, scope: ExtractionScope): Filter | null {
  const { ownership } = relation
  if (ownership.kind === 'owned') {
    const value = actingTenantAt(at, ownership.column, relation, scope)
    return value === null ? null : { name: propertyOf(relation, ownership.column), value }
  }
  if (ownership.kind !== 'through') return null
  const parent = scope.tenancy.find(ownership.parent)
  if (parent?.ownership.kind !== 'owned') return null
  const lead = Object.entries(relation.relationFields).find(
    ([, { to, many, on }]) => !many && scope.tenancy.find(to) === parent && on[0]?.[0] === ownership.column,
  )
  const inner = lead === undefined ? null : filterOf(parent, at, scope)
  return inner === null ? null : { name: lead![0], value: `{ ${shortened(inner)} }` }
}

function whereEdit(argument: TSESTree.ObjectExpression, { name, value }: Filter): Edit | null {
  const where = literalProperty(argument, 'where')
  if (where === null) return null
  if (where === 'absent') return addedProperty(argument, 'where', `{ ${shortened({ name, value })} }`)
  const { value: given } = where
  if (given.type !== 'ObjectExpression') return null
  return addedProperty(given, name, value)
}

/** `include: { visits: { where: … } }`: only a list has a filter, and only one that has a filter is known to be a list. */
function includeEdit(node: TSESTree.Node, filter: Filter): Edit | null {
  if (node.type !== 'Property' || node.value.type !== 'ObjectExpression') return null
  return literalProperty(node.value, 'where') === 'absent' ? null : whereEdit(node.value, filter)
}

/** A key beside `connect` would be another kind of input, which Prisma refuses. */
function dataEdit(
  argument: TSESTree.Node | undefined,
  { ownership }: TenancyRelation,
  { name, value }: Filter,
): Edit | null {
  if (argument?.type !== 'ObjectExpression' || ownership.kind !== 'owned') return null
  const data = literalProperty(argument, 'data')
  if (data === null || data === 'absent' || data.value.type !== 'ObjectExpression') return null
  const plain = data.value.properties.every(
    (property) => property.type === 'Property' && property.value.type !== 'ObjectExpression',
  )
  return plain ? addedProperty(data.value, name, value) : null
}
