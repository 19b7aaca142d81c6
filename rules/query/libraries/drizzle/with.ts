import type { TSESTree } from '@typescript-eslint/utils'
import type { Condition, FromItem } from '../../../sql/statement.ts'
import type { ObjectView, PropertyView } from '../../library.ts'
import { conjunction, leadOf, linkOf, type Entity, type Lead } from '../prisma/entity.ts'
import type { Conversion } from './conversion.ts'
import type { Environment } from './environment.ts'
import { filterOf } from './relational.ts'
import { occurrenceOf, rowset } from './source.ts'
import { named } from './table.ts'

/** A literal that nests deeper than this is no selection. */
const maximumDepth = 12

/**
 * Joins what `with` brings along to `from`. The rows that it returns are those of a left join: a row without partner is returned all the
 * same.
 */
export function withRelations(
  from: FromItem,
  view: ObjectView,
  entity: Entity,
  environment: Environment,
  conversion: Conversion,
  depth = 0,
): FromItem {
  const { scope } = conversion.draft
  const property = view.properties.findLast(({ name }) => name === 'with')
  if (property === undefined || depth > maximumDepth) return from
  const fields = scope.objectOf(property.value)
  if (fields === null) {
    const reason = 'relations that could not be seen'
    return scope.constantOf(property.value) === null ? unseen(from, reason, property.node, conversion) : from
  }
  let joined = from
  for (const field of fields.properties)
    joined = fieldJoined(joined, field, entity, environment, conversion, depth)
  for (const open of fields.open) joined = unseen(joined, open.reason, open.node, conversion)
  return joined
}

function fieldJoined(
  from: FromItem,
  field: PropertyView,
  entity: Entity,
  environment: Environment,
  conversion: Conversion,
  depth: number,
): FromItem {
  const { scope } = conversion.draft
  const constant = scope.constantOf(field.value)
  if (constant !== null && constant.value !== true) return from
  const lead = leadOf(entity, field.name, scope.tenancy)
  if (lead !== null) return related(from, lead, field, entity, environment, conversion, depth)
  if (entity.relation === null) return from
  const reason = `the relation ${field.name} of ${entity.relation.name} is not in the tenancy model`
  return unseen(from, reason, field.node, conversion)
}

function related(
  from: FromItem,
  lead: Lead,
  { value, node }: PropertyView,
  entity: Entity,
  environment: Environment,
  conversion: Conversion,
  depth: number,
): FromItem {
  const { draft } = conversion
  const other = entityFor(lead, node, conversion)
  const conditions: Condition[] = [linkOf(entity, other, lead, node, draft)]
  const view = draft.scope.constantOf(value) === null ? draft.scope.objectOf(value) : null
  const filter = view === null ? null : filterOf(view, other, environment, conversion)
  if (filter !== null) conditions.push(filter)
  const joined: FromItem = {
    kind: 'join',
    type: 'left',
    left: from,
    right: other.occurrence,
    on: conjunction(conditions),
    span: draft.spanOf(node),
  }
  return view === null ? joined : withRelations(joined, view, other, environment, conversion, depth + 1)
}

/** A mention of the relation that a field leads to. */
export function entityFor(lead: Lead, node: TSESTree.Node, conversion: Conversion): Entity {
  const table = named(lead.relation?.name ?? lead.field.to, conversion.draft.scope.tenancy)
  return { occurrence: occurrenceOf(table, 'read', node, conversion), relation: lead.relation }
}

function unseen(from: FromItem, reason: string, node: TSESTree.Node, conversion: Conversion): FromItem {
  const right = rowset(reason, node, conversion)
  return { kind: 'join', type: 'left', left: from, right, on: null, span: right.span }
}
