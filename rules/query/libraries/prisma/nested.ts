import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Assignment, Block, Condition } from '../../../sql/statement.ts'
import type { TenancyRelation } from '../../../tenancy/tenancy.ts'
import { startDraft, type Draft } from '../../draft.ts'
import type { ExtractionScope, PropertyView } from '../../library.ts'
import type { Query } from '../../query.ts'
import type { ModelCall } from './client.ts'
import { dataRows, rowValue, sourceOf, type Data, type Nested } from './data.ts'
import { conjunction, entityOf, holdsReference, linkOf, stored, type Entity, type Lead } from './entity.ts'
import { whereOf } from './where.ts'

/** The statement that the nested writes hang on. */
export interface Origin {
  readonly call: ModelCall
  readonly scope: ExtractionScope
  /** Picks the parent's rows; null when the parent is created by the same call. */
  readonly where: TSESTree.Node | null
  readonly parent: TenancyRelation | null
  readonly model: string
}

/** The statements behind `tasks: { create, connect, update, … }`. Each of them touches rows of the other model. */
export function nestedQueries({ lead, property }: Nested, origin: Origin): readonly Query[] {
  const view = origin.scope.objectOf(unwrap(property.value))
  return (view?.properties ?? []).flatMap((operation) => operationQueries(operation, lead, origin))
}

function operationQueries(operation: PropertyView, lead: Lead, origin: Origin): readonly Query[] {
  const { value, name } = operation
  const each = elementsOf(value, origin.scope)
  switch (name) {
    case 'create':
      return each.flatMap((one) => created(one, lead, origin))
    case 'createMany':
      return member(value, 'data', origin.scope).flatMap((one) => created(one, lead, origin))
    case 'connect':
    case 'set':
      return each.flatMap((one) => picked(one, operation, lead, origin))
    case 'connectOrCreate':
      return each.flatMap((one) => [
        ...member(one, 'where', origin.scope).flatMap((where) => picked(where, operation, lead, origin)),
        ...member(one, 'create', origin.scope).flatMap((data) => created(data, lead, origin)),
      ])
    case 'update':
    case 'updateMany':
      return each.flatMap((one) => {
        const [where] = member(one, 'where', origin.scope)
        const data = member(one, 'data', origin.scope)
        return changed('update', where ?? null, data.length === 0 ? [one] : data, operation, lead, origin)
      })
    case 'upsert':
      return each.flatMap((one) => {
        const [where] = member(one, 'where', origin.scope)
        return [
          ...member(one, 'create', origin.scope).flatMap((data) => created(data, lead, origin)),
          ...changed('update', where ?? null, member(one, 'update', origin.scope), operation, lead, origin),
        ]
      })
    case 'delete':
    case 'deleteMany':
      return each.flatMap((one) => {
        const where = origin.scope.constantOf(one)?.value === true ? null : one
        return changed('delete', where, [], operation, lead, origin)
      })
    default:
      return []
  }
}

function elementsOf(value: TSESTree.Node, scope: ExtractionScope): readonly TSESTree.Node[] {
  const node = unwrap(value)
  const array = node.type === 'ObjectExpression' ? null : scope.arrayOf(node)
  return array === null ? [node] : array.elements.map((element) => element.value)
}

function member(node: TSESTree.Node, name: string, scope: ExtractionScope): readonly TSESTree.Node[] {
  const found = scope.objectOf(unwrap(node))?.properties.find((property) => property.name === name)
  return found === undefined ? [] : [found.value]
}

const other = (
  lead: Lead,
  access: 'read' | 'insert' | 'update' | 'delete',
  node: TSESTree.Node,
  draft: Draft,
): Entity => entityOf(lead.relation, lead.field.to, access, node, draft)

function finish(draft: Draft, block: Block, origin: Origin): Query {
  return draft.finish('prisma', origin.call.node, origin.call.client, block, { shape: 'none', throws: false })
}

/** A row of the other model is made; where that side holds the reference, it is the parent's key. */
function created(node: TSESTree.Node, lead: Lead, origin: Origin): readonly Query[] {
  const draft = startDraft(origin.scope)
  const entity = other(lead, 'insert', node, draft)
  const rows = dataRows(node, entity, draft)
  const block: Block = {
    kind: 'insert',
    target: entity.occurrence,
    source: sourceOf(rows, references(lead, node, origin, draft)),
    conflict: null,
    outputs: [],
    ctes: [],
    span: draft.spanOf(node),
  }
  return [finish(draft, block, origin), ...inner(rows, lead, null, origin)]
}

function references(lead: Lead, node: TSESTree.Node, origin: Origin, draft: Draft): readonly Assignment[] {
  if (holdsReference(lead)) return []
  return lead.field.on.map(([own, column]) => {
    const operand = rowValue(`${origin.model}.${own}`, node, draft)
    const isWritten = origin.parent !== null && origin.parent === origin.call.relation
    if (isWritten) draft.rowKey(operand, own)
    return { column, operand, span: draft.spanOf(node) }
  })
}

function inner(
  rows: readonly Data[],
  lead: Lead,
  where: TSESTree.Node | null,
  origin: Origin,
): readonly Query[] {
  const next: Origin = { ...origin, where, parent: lead.relation, model: lead.field.to }
  return rows.flatMap((row) => row.nested.flatMap((one) => nestedQueries(one, next)))
}

/**
 * `connect: { id }` refers to any row of that id. Where the other side holds the reference, that row is changed; else it is
 * read, and becomes reachable through this one.
 */
function picked(where: TSESTree.Node, operation: PropertyView, lead: Lead, origin: Origin): readonly Query[] {
  const draft = startDraft(origin.scope)
  const span = draft.spanOf(operation.node)
  if (!holdsReference(lead) && lead.field.on.length > 0) {
    const entity = other(lead, 'update', operation.node, draft)
    const set = references(lead, operation.node, origin, draft)
    const condition = whereOf(where, entity, draft)
    const block: Block = {
      kind: 'update',
      target: entity.occurrence,
      set,
      openSet: false,
      from: [],
      where: condition,
      outputs: [],
      ctes: [],
      span,
    }
    return [finish(draft, block, origin)]
  }
  const entity = other(lead, 'read', operation.node, draft)
  const block: Block = {
    kind: 'select',
    from: [entity.occurrence],
    where: whereOf(where, entity, draft),
    having: null,
    outputs: [],
    merges: false,
    limited: true,
    others: [],
    ctes: [],
    span,
  }
  return [finish(draft, block, origin)]
}

/** Prisma changes only rows that are linked to the parent, so the parent stands beside them. */
function changed(
  kind: 'update' | 'delete',
  where: TSESTree.Node | null,
  data: readonly TSESTree.Node[],
  operation: PropertyView,
  lead: Lead,
  origin: Origin,
): readonly Query[] {
  const draft = startDraft(origin.scope)
  const entity = other(lead, kind, operation.node, draft)
  const rows = data.flatMap((one) => dataRows(one, entity, draft))
  const { from, conditions } = linked(entity, operation.node, lead, origin, draft)
  if (where !== null) conditions.push(whereOf(where, entity, draft))
  const shared = {
    target: entity.occurrence,
    from,
    where: conjunction(conditions),
    outputs: [],
    ctes: [],
    span: draft.spanOf(operation.node),
  }
  const block: Block =
    kind === 'delete'
      ? { kind, ...shared }
      : {
          kind,
          ...shared,
          set: rows.flatMap(({ assignments }) => assignments),
          openSet: rows.some(({ open }) => open !== null),
        }
  return [finish(draft, block, origin), ...inner(rows, lead, where, origin)]
}

function linked(
  entity: Entity,
  node: TSESTree.Node,
  lead: Lead,
  origin: Origin,
  draft: Draft,
): { readonly from: readonly Entity['occurrence'][]; readonly conditions: Condition[] } {
  if (origin.where === null) {
    const conditions = lead.field.on.map(([own, column]): Condition => ({
      kind: 'compare',
      operator: '=',
      left: stored(entity, column, node, draft),
      right: rowValue(`${origin.model}.${own}`, node, draft),
      span: draft.spanOf(node),
    }))
    return { from: [], conditions }
  }
  const parent = entityOf(origin.parent, origin.model, 'read', origin.call.node.callee, draft)
  const conditions = [linkOf(parent, entity, lead, node, draft), whereOf(origin.where, parent, draft)]
  return { from: [parent.occurrence], conditions }
}
