import type { TSESTree } from '@typescript-eslint/utils'
import type { Access, Condition, Occurrence, Operand, RelationName } from '../../../sql/statement.ts'
import { splitName } from '../../../tenancy/names.ts'
import type { RelationField, Tenancy, TenancyRelation } from '../../../tenancy/tenancy.ts'
import type { Draft } from '../../draft.ts'

/** One mention of a model, with what the tenancy model knows of it. */
export interface Entity {
  readonly occurrence: Occurrence
  /** Null: the tenancy model does not name it. */
  readonly relation: TenancyRelation | null
}

export function entityOf(
  relation: TenancyRelation | null,
  model: string,
  access: Access,
  node: TSESTree.Node,
  draft: Draft,
): Entity {
  return { occurrence: draft.occurrence(nameOf(relation, model), null, access, node), relation }
}

function nameOf(relation: TenancyRelation | null, model: string): RelationName {
  if (relation === null) return { schema: null, name: model.charAt(0).toUpperCase() + model.slice(1) }
  const { schema, name } = splitName(relation.name)
  return { schema, name }
}

/** The SQL column behind a field of the model. */
export function columnOf({ relation }: Entity, field: string, tenancy: Tenancy): string {
  return relation === null ? field : tenancy.columnOf(relation.name, field)
}

export function columnOperand(entity: Entity, field: string, node: TSESTree.Node, draft: Draft): Operand {
  return stored(entity, columnOf(entity, field, draft.scope.tenancy), node, draft)
}

export function stored({ occurrence }: Entity, column: string, node: TSESTree.Node, draft: Draft): Operand {
  return { kind: 'column', occurrence: occurrence.id, column, span: draft.spanOf(node) }
}

/** A relation field that leads to another model. `relation` is null when the tenancy model does not name that one. */
export interface Lead {
  readonly field: RelationField
  readonly relation: TenancyRelation | null
}

/**
 * Where a relation field leads. A tenancy model that was written by hand may not list the fields: then the name and the
 * ownership of the other model tell. Null: nothing tells.
 */
export function leadOf({ relation }: Entity, name: string, tenancy: Tenancy): Lead | null {
  if (relation === null) return null
  const known = Object.hasOwn(relation.relationFields, name) ? relation.relationFields[name]! : null
  if (known !== null) return { field: known, relation: tenancy.find(known.to) }
  if (Object.hasOwn(relation.properties, name)) return null
  const other = tenancy.find(name) ?? (name.endsWith('s') ? tenancy.find(name.slice(0, -1)) : null)
  if (other === null || other === relation) return null
  return { field: guessed(relation, other, name), relation: other }
}

/**
 * Is it the name alone that leads to another model, although the relation fields are listed? `Program.domain` may be a text beside a model
 * `Domain`.
 */
export function isNamesake({ relation }: Entity, name: string, { field }: Lead): boolean {
  const fields = relation?.relationFields ?? {}
  return Object.keys(fields).length > 0 && !Object.hasOwn(fields, name) && field.on.length === 0
}

function guessed(own: TenancyRelation, other: TenancyRelation, name: string): RelationField {
  const down = other.ownership
  if (down.kind === 'through' && down.parent === own.name) {
    return { to: other.name, many: true, on: [[down.parentColumn, down.column]] }
  }
  const up = own.ownership
  if (up.kind === 'through' && up.parent === other.name) {
    return { to: other.name, many: false, on: [[up.column, up.parentColumn]] }
  }
  if (up.kind === 'owned' && other.ownership.kind === 'root') {
    return { to: other.name, many: false, on: [[up.column, other.ownership.key]] }
  }
  return { to: other.name, many: name.endsWith('s'), on: [] }
}

/** Does this side hold the reference (`project.tenantId`), rather than the other one (`tenant.projects`)? */
export function holdsReference({ field, relation }: Lead): boolean {
  if (field.many) return false
  const key = relation?.key ?? ['id']
  return field.on.length > 0 && field.on.every(([, column]) => key.includes(column))
}

/** `child.project_id = parent.id`. A many-to-many has a table between that cannot be seen; a name that only looks like a relation ties nothing. */
export function linkOf(
  parent: Entity,
  child: Entity,
  { field }: Lead,
  node: TSESTree.Node,
  draft: Draft,
): Condition {
  const span = draft.spanOf(node)
  const equalities = field.on.map(([own, other]): Condition => ({
    kind: 'compare',
    operator: '=',
    left: stored(child, other, node, draft),
    right: stored(parent, own, node, draft),
    span,
  }))
  if (equalities.length === 0) {
    const mentions = [stored(parent, keyOf(parent), node, draft), stored(child, keyOf(child), node, draft)]
    const link = { kind: 'opaque', reason: 'a relation whose columns are not known', mentions, span } as const
    const isDeclared = Object.values(parent.relation?.relationFields ?? {}).includes(field)
    return isDeclared ? { ...link, associates: true } : link
  }
  return conjunction(equalities)
}

const keyOf = ({ relation }: Entity): string => relation?.key[0] ?? 'id'

export function conjunction(conditions: readonly Condition[]): Condition {
  return conditions.length === 1 ? conditions[0]! : { kind: 'and', operands: conditions }
}
