import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Condition, FromItem } from '../../../sql/statement.ts'
import type { Draft } from '../../draft.ts'
import type { PropertyView } from '../../library.ts'
import { conjunction, entityOf, isNamesake, leadOf, linkOf, type Entity, type Lead } from './entity.ts'
import { whereOf } from './where.ts'

/** Prisma's own limit is the schema; a literal that nests deeper than this is no selection. */
const maximumDepth = 12

/**
 * Joins what `include` and `select` bring along to `from`. The rows that they return are those of a left join: a row without
 * partner is returned all the same.
 */
export function withRelations(
  from: FromItem,
  argument: TSESTree.Node | null,
  entity: Entity,
  draft: Draft,
  depth = 0,
): FromItem {
  const view = argument === null || depth > maximumDepth ? null : draft.scope.objectOf(unwrap(argument))
  if (view === null) return from
  let joined = from
  for (const property of view.properties) {
    if (property.name !== 'include' && property.name !== 'select') continue
    joined = selected(joined, property, entity, draft, depth)
  }
  return joined
}

function selected(
  from: FromItem,
  { name, value, node }: PropertyView,
  entity: Entity,
  draft: Draft,
  depth: number,
): FromItem {
  const view = draft.scope.objectOf(unwrap(value))
  if (view === null) {
    const isNothing = draft.scope.constantOf(value) !== null || name === 'select'
    return isNothing ? from : unseen(from, 'relations that could not be seen', node, draft)
  }
  let joined = from
  for (const field of view.properties)
    joined = fieldJoined(joined, field, name === 'include', entity, draft, depth)
  // An open `select` may hold relations too; but a spread of field names is what programs have there.
  for (const open of name === 'include' ? view.open : [])
    joined = unseen(joined, open.reason, open.node, draft)
  return joined
}

function fieldJoined(
  from: FromItem,
  field: PropertyView,
  include: boolean,
  entity: Entity,
  draft: Draft,
  depth: number,
): FromItem {
  const constant = draft.scope.constantOf(field.value)
  if (constant !== null && constant.value !== true) return from
  if (field.name === '_count') return counted(from, field, entity, draft)
  const found = leadOf(entity, field.name, draft.scope.tenancy)
  // `select: { name: true }` is a column; an object, or anything in `include`, is a relation.
  const mayBeColumn = !include && draft.scope.objectOf(unwrap(field.value)) === null
  const lead = found !== null && mayBeColumn && isNamesake(entity, field.name, found) ? null : found
  if (lead === null) {
    if (mayBeColumn || entity.relation === null) return from
    return unseen(from, `the relation field ${field.name} is not in the tenancy model`, field.node, draft)
  }
  return related(from, lead, field, entity, draft, depth)
}

function related(
  from: FromItem,
  lead: Lead,
  { value, node }: PropertyView,
  entity: Entity,
  draft: Draft,
  depth: number,
): FromItem {
  const other = entityOf(lead.relation, lead.field.to, 'read', node, draft)
  const conditions: Condition[] = [linkOf(entity, other, lead, node, draft)]
  const view = draft.scope.objectOf(unwrap(value))
  for (const property of view?.properties ?? []) {
    if (property.name !== 'where') continue
    const condition = whereOf(property.value, other, draft)
    const { optional } = property
    const span = draft.spanOf(property.node)
    conditions.push(optional === null ? condition : { kind: 'optional', condition, reason: optional, span })
  }
  const joined: FromItem = {
    kind: 'join',
    type: 'left',
    left: from,
    right: other.occurrence,
    on: conjunction(conditions),
    span: draft.spanOf(node),
  }
  return withRelations(joined, view === null ? null : value, other, draft, depth + 1)
}

/** `_count: { select: { tasks: { where } } }` reads rows as well. */
function counted(from: FromItem, field: PropertyView, entity: Entity, draft: Draft): FromItem {
  const view = draft.scope.objectOf(unwrap(field.value))
  const select = view?.properties.find(({ name }) => name === 'select')
  const counts = select === undefined ? null : draft.scope.objectOf(unwrap(select.value))
  let joined = from
  for (const property of counts?.properties ?? []) {
    const lead = leadOf(entity, property.name, draft.scope.tenancy)
    if (lead !== null) joined = related(joined, lead, property, entity, draft, maximumDepth)
  }
  return joined
}

function unseen(from: FromItem, reason: string, node: TSESTree.Node, draft: Draft): FromItem {
  const span = draft.spanOf(node)
  const right: FromItem = { kind: 'rowset', alias: null, reason, span }
  return { kind: 'join', type: 'left', left: from, right, on: null, span }
}
