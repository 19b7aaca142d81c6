import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Condition, Operand } from '../../../sql/statement.ts'
import { conditionsOf } from '../../branches.ts'
import type { Draft } from '../../draft.ts'
import type { ObjectView, PropertyView } from '../../library.ts'
import {
  columnOperand,
  conjunction,
  holdsReference,
  leadOf,
  linkOf,
  stored,
  type Entity,
  type Lead,
} from '../prisma/entity.ts'
import { absent, isUndefined, overridable, truth } from '../prisma/where.ts'
import { joinColumnOf, leadTarget, mention } from './entity.ts'
import { operatorCondition, operatorOf } from './operator.ts'

const dropped = (text: string): string => `TypeORM drops the filter when \`${text}\` is undefined or null`

/** A `where` of find options or criteria, an object or an array of alternatives, as a condition on the rows of `entity`. */
export function whereOf(given: TSESTree.Node, entity: Entity, draft: Draft): Condition {
  const node = unwrap(given)
  const { scope } = draft
  if (isUndefined(node)) return truth
  if (node.type === 'ConditionalExpression') {
    return {
      kind: 'or',
      operands: [node.consequent, node.alternate].map((one) => whereOf(one, entity, draft)),
    }
  }
  const resolved = unwrap(scope.resolve(node))
  const array = resolved.type === 'ObjectExpression' ? null : scope.arrayOf(node)
  if (array !== null) return alternatives(array, entity, draft)
  const view = scope.objectOf(node)
  return view === null ? unseen('filter', node, draft) : objectCondition(view, entity, draft)
}

export function unseen(what: string, node: TSESTree.Node, draft: Draft): Condition {
  const reason = `the ${what} \`${draft.scope.sourceCode.getText(node).slice(0, 60)}\` could not be seen`
  return { kind: 'opaque', reason, mentions: [], span: draft.spanOf(node) }
}

/** No alternatives are no filter at all. */
function alternatives(
  array: NonNullable<ReturnType<Draft['scope']['arrayOf']>>,
  entity: Entity,
  draft: Draft,
): Condition {
  const operands = array.elements.map(({ value }) => whereOf(value, entity, draft))
  const open = array.open.map(({ node, reason }): Condition => ({
    kind: 'opaque',
    reason,
    mentions: [],
    span: draft.spanOf(node),
  }))
  const all = [...operands, ...open]
  if (all.length === 0) return truth
  return all.length === 1 ? all[0]! : { kind: 'or', operands: all }
}

function objectCondition(view: ObjectView, entity: Entity, draft: Draft): Condition {
  const conditions = conditionsOf(
    view.properties,
    (property) => overridable(fieldCondition(property, entity, draft), property, view, draft),
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

function fieldCondition(property: PropertyView, entity: Entity, draft: Draft): Condition {
  const { name, value, node } = property
  const given = unwrap(value)
  if (isUndefined(given)) return truth
  if (given.type === 'ConditionalExpression' && isChoice(given, draft)) {
    return choice(given, property, entity, draft)
  }
  const lead = leadOf(entity, name, draft.scope.tenancy)
  const view = isObject(value, draft) ? draft.scope.objectOf(value) : null
  if (view !== null && lead !== null) return relationCondition(lead, view, property, entity, draft)
  const column = joinColumnOf(entity, name, draft)
  const left =
    column === null ? columnOperand(entity, name, node, draft) : stored(entity, column, node, draft)
  if (view !== null) return nestedCondition(left, column !== null, view, property, draft)
  if (lead !== null && !holdsReference(lead)) return unseen('relation filter', value, draft)
  return comparison(left, value, node, draft)
}

const isObject = (value: TSESTree.Node, draft: Draft): boolean =>
  unwrap(draft.scope.resolve(unwrap(value))).type === 'ObjectExpression'

/** `flag ? In(ids) : undefined`: what is compared with depends on the test. A plain value either way is one value. */
function isChoice({ consequent, alternate }: TSESTree.ConditionalExpression, draft: Draft): boolean {
  return [consequent, alternate].some(
    (one) => isNothing(one, draft) || isObject(one, draft) || operatorOf(one, draft) !== null,
  )
}

const isNothing = (node: TSESTree.Node, draft: Draft): boolean =>
  isUndefined(unwrap(node)) || draft.scope.constantOf(node)?.value === null

function choice(
  { test, consequent, alternate }: TSESTree.ConditionalExpression,
  property: PropertyView,
  entity: Entity,
  draft: Draft,
): Condition {
  const [one, other] = [consequent, alternate]
  if (isNothing(one, draft) || isNothing(other, draft)) {
    const value = isNothing(one, draft) ? other : one
    if (isNothing(value, draft)) return truth
    const condition = fieldCondition({ ...property, value }, entity, draft)
    const reason = `it depends on \`${draft.scope.sourceCode.getText(test)}\``
    return absent(condition, reason, property.node, draft)
  }
  return {
    kind: 'or',
    operands: [one, other].map((value) => fieldCondition({ ...property, value }, entity, draft)),
  }
}

/** A value or operator on one column. */
function comparison(left: Operand, value: TSESTree.Node, node: TSESTree.Node, draft: Draft): Condition {
  const { scope } = draft
  const span = draft.spanOf(node)
  const operator = operatorOf(value, draft)
  if (operator !== null) return operatorCondition(left, operator.name, operator.call, draft)
  const reason = dropped(scope.sourceCode.getText(value))
  const constant = scope.constantOf(value)
  if (constant !== null && constant.value === null) {
    return { kind: 'optional', condition: { kind: 'isNull', operand: left, span }, reason, span }
  }
  const condition: Condition = { kind: 'compare', operator: '=', left, right: draft.value(value), span }
  if (constant !== null || !scope.provenanceOf(value).nullable) return condition
  return { kind: 'optional', condition, reason, span: draft.spanOf(value) }
}

/** `tenant: { id }` where the column of `tenant` is known, but not the relation; else an embedded object, or nothing that tells. */
function nestedCondition(
  left: Operand,
  refers: boolean,
  view: ObjectView,
  { name, node }: PropertyView,
  draft: Draft,
): Condition {
  const [only] = view.properties
  if (refers && only?.name === 'id' && view.properties.length === 1 && view.open.length === 0) {
    return absent(comparison(left, only.value, only.node, draft), only.optional, only.node, draft)
  }
  const reason = `the tenancy model does not say where the relation ${name} leads`
  return { kind: 'opaque', reason, mentions: [], span: draft.spanOf(node) }
}

/** `project: { tenantId }`: TypeORM joins the relation and filters by it. */
function relationCondition(
  lead: Lead,
  view: ObjectView,
  { node }: PropertyView,
  entity: Entity,
  draft: Draft,
): Condition {
  const own = keyCondition(lead, view, entity, draft)
  if (own !== null) return own
  const span = draft.spanOf(node)
  const other = mention(leadTarget(lead), null, 'read', node, draft)
  const link = linkOf(entity, other, lead, node, draft)
  const where = conjunction([link, objectCondition(view, other, draft)])
  return {
    kind: 'exists',
    block: {
      kind: 'select',
      from: [other.occurrence],
      where,
      having: null,
      outputs: [],
      merges: false,
      limited: false,
      others: [],
      ctes: [],
      span,
    },
    span,
  }
}

/** `project: { id }` says no more than `projectId`: the key is what the reference holds. */
function keyCondition(lead: Lead, view: ObjectView, entity: Entity, draft: Draft): Condition | null {
  const [only] = view.properties
  if (!holdsReference(lead) || view.open.length > 0 || view.properties.length !== 1) return null
  const [own, other] = lead.field.on[0]!
  const column =
    lead.relation === null ? only!.name : draft.scope.tenancy.columnOf(lead.relation.name, only!.name)
  if (lead.field.on.length !== 1 || column !== other) return null
  const left = stored(entity, own, only!.node, draft)
  return absent(comparison(left, only!.value, only!.node, draft), only!.optional, only!.node, draft)
}
