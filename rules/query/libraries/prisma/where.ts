import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Comparison, Condition, Operand } from '../../../sql/statement.ts'
import { conditionsOf } from '../../branches.ts'
import type { Draft } from '../../draft.ts'
import type { ObjectView, PropertyView } from '../../library.ts'
import { columnOperand, conjunction, leadOf, type Entity } from './entity.ts'
import { relationCondition } from './relation-filter.ts'

/** No filter at all. */
export const truth: Condition = { kind: 'and', operands: [] }

/** Prisma leaves a filter out when its value is `undefined`; a strict mode that forbids it is not seen from here. */
const dropped = (text: string): string => `Prisma drops the filter when \`${text}\` is undefined`

/** Which fields of a `where` object have a value in every call that comes back. */
type Required = (view: ObjectView) => string | null

const nothing: Required = () => null

/**
 * A `where` object as a condition on the rows of `entity`. `required`: the call throws where none of its unique keys has a value
 * (`findUnique`, `update`, `delete`), so that a primary key which is the only one cannot be dropped.
 */
export function whereOf(given: TSESTree.Node, entity: Entity, draft: Draft, required = nothing): Condition {
  const node = unwrap(given)
  const { scope } = draft
  if (isUndefined(node)) return truth
  if (node.type === 'ConditionalExpression') {
    return {
      kind: 'or',
      operands: [
        whereOf(node.consequent, entity, draft, required),
        whereOf(node.alternate, entity, draft, required),
      ],
    }
  }
  const view = scope.objectOf(node)
  if (view === null) {
    const reason = `the filter \`${scope.sourceCode.getText(node).slice(0, 60)}\` could not be seen`
    return { kind: 'opaque', reason, mentions: [], span: draft.spanOf(node) }
  }
  return objectCondition(view, entity, draft, required(view))
}

/** The primary key of a `where` that names no other key: beside it stand only the owner of the row, and what filters further. */
export const onlyKeyOf =
  ({ relation }: Entity, draft: Draft): Required =>
  ({ properties, open }) => {
    if (relation === null || relation.key.length !== 1 || open.length > 0) return null
    const columns = properties.map(({ name }) => draft.scope.tenancy.columnOf(relation.name, name))
    const at = columns.indexOf(relation.key[0]!)
    const owner = relation.ownership.kind === 'owned' ? relation.ownership.column : null
    const isAlone = properties.every(
      ({ name }, index) => index === at || columns[index] === owner || /^(?:AND|OR|NOT)$/.test(name),
    )
    return isAlone ? (properties[at]?.name ?? null) : null
  }

function objectCondition(view: ObjectView, entity: Entity, draft: Draft, required: string | null): Condition {
  const conditions = conditionsOf(
    view.properties,
    (property) => {
      const condition = fieldCondition(property, entity, draft)
      const isThere = property.name === required && condition.kind === 'optional'
      return overridable(isThere ? condition.condition : condition, property, view, draft)
    },
    (condition, { optional, node }) => absent(condition, optional, node, draft),
  )
  const open = view.open.map(({ node, reason }): Condition => ({
    kind: 'opaque',
    reason,
    mentions: [],
    span: draft.spanOf(node),
  }))
  return conjunction([...conditions, ...open])
}

/** A filter that the program may leave out. */
export function absent(
  condition: Condition,
  reason: string | null,
  node: TSESTree.Node,
  draft: Draft,
): Condition {
  return reason === null ? condition : { kind: 'optional', condition, reason, span: draft.spanOf(node) }
}

/** A spread that comes after a property can replace it: with anything, when the request chooses what is spread. */
export function overridable(
  condition: Condition,
  property: PropertyView,
  view: ObjectView,
  draft: Draft,
): Condition {
  const literal = literalAround(property.node)
  const later = view.open.find(
    ({ node }) => node.range[0] > property.node.range[0] && literalAround(node) === literal,
  )
  if (later === undefined) return condition
  const span = draft.spanOf(property.node)
  const reason = `${property.name} can be replaced by \`${draft.scope.sourceCode.getText(later.node)}\` after it`
  if (later.provenance.kind === 'request') return { kind: 'optional', condition, reason, span }
  return { kind: 'opaque', reason, mentions: mentionsOf(condition), span }
}

/** The object literal that a property or spread stands in directly. */
function literalAround(node: TSESTree.Node): TSESTree.Node | null {
  let at: TSESTree.Node | undefined = node
  while (at?.type !== 'ObjectExpression') {
    if (at === undefined || at === null || /Statement|Declarat/.test(at.type)) return null
    at = at.parent
  }
  return at
}

function mentionsOf(condition: Condition): readonly Operand[] {
  return condition.kind === 'compare' ? [condition.left, condition.right] : []
}

function fieldCondition(property: PropertyView, entity: Entity, draft: Draft): Condition {
  const { name, value } = property
  if (isUndefined(unwrap(value))) return truth
  if (name === 'AND' || name === 'OR' || name === 'NOT') return logical(name, property, entity, draft)
  const lead = leadOf(entity, name, draft.scope.tenancy)
  if (lead !== null) return relationCondition(lead, property, entity, draft)
  const view = isObjectLike(value, draft) ? draft.scope.objectOf(value) : null
  if (view === null)
    return equality(columnOperand(entity, name, property.node, draft), value, property.node, draft)
  if (isComposite(view, name)) return composite(view, entity, draft)
  if (isRelationFilter(view)) return unknownRelation(property, draft)
  return operators(columnOperand(entity, name, property.node, draft), view, draft)
}

/** An object literal, or a name that stands for one. A plain value is not looked into. */
function isObjectLike(value: TSESTree.Node, draft: Draft): boolean {
  const node = unwrap(draft.scope.resolve(unwrap(value)))
  return node.type === 'ObjectExpression'
}

function logical(
  name: 'AND' | 'OR' | 'NOT',
  property: PropertyView,
  entity: Entity,
  draft: Draft,
): Condition {
  const node = unwrap(property.value)
  const { scope } = draft
  const array = isObjectLike(node, draft) ? null : scope.arrayOf(node)
  const span = draft.spanOf(property.node)
  if (array === null) {
    const condition = whereOf(node, entity, draft)
    return name === 'NOT' ? { kind: 'not', operand: condition } : condition
  }
  const operands = array.elements.map(({ value, optional }): Condition => {
    const condition = whereOf(value, entity, draft)
    // A branch of OR that may be missing is judged as if it were there: fewer branches let fewer rows through.
    return name === 'OR' ? condition : absent(condition, optional, value, draft)
  })
  const open = array.open.map((one): Condition => ({
    kind: 'opaque',
    reason: one.reason,
    mentions: [],
    span: draft.spanOf(one.node),
  }))
  const all = [...operands, ...open]
  if (name === 'AND') return { kind: 'and', operands: all }
  if (name === 'NOT') return { kind: 'and', operands: all.map((operand) => ({ kind: 'not', operand })) }
  const or: Condition = { kind: 'or', operands: all }
  return scope.provenanceOf(node).nullable
    ? { kind: 'optional', condition: or, reason: dropped(scope.sourceCode.getText(node)), span }
    : or
}

function equality(left: Operand, value: TSESTree.Node, node: TSESTree.Node, draft: Draft): Condition {
  const span = draft.spanOf(node)
  const { scope } = draft
  const constant = scope.constantOf(value)
  if (constant !== null && constant.value === null) return { kind: 'isNull', operand: left, span }
  const right = draft.value(value)
  const condition: Condition = { kind: 'compare', operator: '=', left, right, span }
  return droppable(condition, value, draft)
}

/** Prisma ignores `undefined`. A constant cannot be; anything else as far as its provenance tells. */
function droppable(condition: Condition, value: TSESTree.Node, draft: Draft): Condition {
  const { scope } = draft
  if (scope.constantOf(value) !== null || !scope.provenanceOf(value).nullable) return condition
  const reason = dropped(scope.sourceCode.getText(value))
  return { kind: 'optional', condition, reason, span: draft.spanOf(value) }
}

const comparisons: Readonly<Record<string, Comparison>> = { lt: '<', lte: '<=', gt: '>', gte: '>=' }

const textual = /^(contains|startsWith|endsWith|search)$/

const scalarOperators =
  /^(equals|in|notIn|not|lt|lte|gt|gte|contains|startsWith|endsWith|search|mode|has|hasEvery|hasSome|isEmpty|isSet|path|string_contains|string_starts_with|string_ends_with|array_contains|array_starts_with|array_ends_with|_count|_avg|_sum|_min|_max|_all)$/

export const relationOperators = /^(is|isNot|some|every|none)$/

/** `{ equals, in, not, … }` on one column; all of them must hold. */
function operators(left: Operand, view: ObjectView, draft: Draft): Condition {
  const conditions = view.properties
    .filter(({ name }) => name !== 'mode')
    .map((property) => absent(operator(left, property, draft), property.optional, property.node, draft))
  const open = view.open.map(({ node, reason }): Condition => ({
    kind: 'opaque',
    reason,
    mentions: [left],
    span: draft.spanOf(node),
  }))
  return conjunction([...conditions, ...open])
}

function operator(left: Operand, { name, value, node }: PropertyView, draft: Draft): Condition {
  const span = draft.spanOf(node)
  if (isUndefined(unwrap(value))) return truth
  if (name === 'equals') return equality(left, value, node, draft)
  if (name === 'in' || name === 'notIn') {
    const condition = membership(left, value, node, draft)
    return droppable(name === 'in' ? condition : { kind: 'not', operand: condition }, value, draft)
  }
  if (name === 'not') {
    const inner = isObjectLike(value, draft) ? draft.scope.objectOf(value) : null
    const operand = inner === null ? equality(left, value, node, draft) : operators(left, inner, draft)
    if (operand.kind === 'optional')
      return { ...operand, condition: { kind: 'not', operand: operand.condition } }
    return { kind: 'not', operand }
  }
  const comparison = comparisons[name] ?? (textual.test(name) ? 'like' : undefined)
  const right = draft.value(value)
  if (comparison === undefined) {
    return { kind: 'opaque', reason: `operator ${name}`, mentions: [left, right], span }
  }
  return droppable({ kind: 'compare', operator: comparison, left, right, span }, value, draft)
}

export function membership(
  operand: Operand,
  value: TSESTree.Node,
  node: TSESTree.Node,
  draft: Draft,
): Condition {
  const span = draft.spanOf(node)
  const inner = unwrap(draft.scope.resolve(unwrap(value)))
  const array = inner.type === 'ArrayExpression' ? draft.scope.arrayOf(value) : null
  if (array !== null && array.open.length === 0) {
    const values = array.elements.map((element) => draft.value(element.value))
    return { kind: 'in', operand, values, list: false, span }
  }
  return { kind: 'in', operand, values: [draft.value(value)], list: true, span }
}

/** `tenantId_slug: { tenantId, slug }`, or a named unique: an object of fields, none of which is an operator. */
function isComposite(view: ObjectView, name: string): boolean {
  const names = view.properties.map((property) => property.name)
  // A field may have the name of an operator: `teamId_path: { teamId, path }`.
  if (names.length > 1 && names.join('_') === name) return true
  if (names.length === 0 || names.some((one) => scalarOperators.test(one) || relationOperators.test(one))) {
    return false
  }
  return names.join('_') === name || names.length > 1 || name.includes('_')
}

/** Every part of a composite key is required, so that none of them can be dropped. */
function composite(view: ObjectView, entity: Entity, draft: Draft): Condition {
  const parts = view.properties.map(({ name, value, node }): Condition => {
    const left = columnOperand(entity, name, node, draft)
    return { kind: 'compare', operator: '=', left, right: draft.value(value), span: draft.spanOf(node) }
  })
  const open = view.open.map(({ node, reason }): Condition => ({
    kind: 'opaque',
    reason,
    mentions: [],
    span: draft.spanOf(node),
  }))
  return conjunction([...parts, ...open])
}

function isRelationFilter(view: ObjectView): boolean {
  const names = view.properties.map(({ name }) => name)
  return (
    names.some((name) => relationOperators.test(name)) ||
    (names.length > 0 && !names.some((name) => scalarOperators.test(name)))
  )
}

function unknownRelation({ name, node }: PropertyView, draft: Draft): Condition {
  const reason = `the tenancy model does not say where the relation field ${name} leads`
  return { kind: 'opaque', reason, mentions: [], span: draft.spanOf(node) }
}

export function isUndefined(node: TSESTree.Node): boolean {
  return (
    (node.type === 'Identifier' && node.name === 'undefined') ||
    (node.type === 'UnaryExpression' && node.operator === 'void')
  )
}
