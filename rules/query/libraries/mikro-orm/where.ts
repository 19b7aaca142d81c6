import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Comparison, Condition, Operand } from '../../../sql/statement.ts'
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
import { absent, isUndefined, membership, overridable, truth } from '../prisma/where.ts'
import { joinColumnOf, leadTarget, mention } from '../typeorm/entity.ts'
import { isIdLike, isListOfIds } from '../typeorm/identifier.ts'
import { unseen } from '../typeorm/where.ts'
import { dropsUndefined } from './undefined.ts'

const comparisons: Readonly<Record<string, Comparison>> = {
  $eq: '=',
  $gt: '>',
  $gte: '>=',
  $lt: '<',
  $lte: '<=',
  $like: 'like',
  $ilike: 'ilike',
  $re: 'regex',
}

/** A filter query: an object, a key, or several keys. Null where there is none. */
export function filterOf(given: TSESTree.Node | undefined, entity: Entity, draft: Draft): Condition | null {
  if (given === undefined) return null
  const { scope } = draft
  const node = unwrap(scope.resolve(unwrap(given)))
  const key = stored(entity, entity.relation?.key[0] ?? 'id', given, draft)
  if (node.type !== 'ObjectExpression' && isIdLike(given, scope)) {
    return { kind: 'compare', operator: '=', left: key, right: draft.value(given), span: draft.spanOf(given) }
  }
  if (node.type !== 'ObjectExpression' && isListOfIds(given, scope))
    return membership(key, given, given, draft)
  return whereOf(given, entity, draft)
}

function whereOf(given: TSESTree.Node, entity: Entity, draft: Draft): Condition {
  const node = unwrap(given)
  if (node.type === 'ConditionalExpression') {
    return {
      kind: 'or',
      operands: [node.consequent, node.alternate].map((one) => whereOf(one, entity, draft)),
    }
  }
  const view = draft.scope.objectOf(node)
  return view === null ? unseen('filter', node, draft) : objectCondition(view, entity, draft)
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

const isObject = (value: TSESTree.Node, draft: Draft): boolean =>
  unwrap(draft.scope.resolve(unwrap(value))).type === 'ObjectExpression'

function fieldCondition(property: PropertyView, entity: Entity, draft: Draft): Condition {
  const { value, node } = property
  const name = property.name.split('.').at(-1)!
  if (/^\$(and|or|not)$/.test(name)) return logical(name, value, entity, draft)
  const lead = leadOf(entity, name, draft.scope.tenancy)
  const view = isObject(value, draft) ? draft.scope.objectOf(value) : null
  if (lead !== null && view !== null && !isOperators(view)) return related(lead, view, node, entity, draft)
  if (lead !== null && view !== null && isCollection(view)) return collection(lead, view, node, entity, draft)
  const column = joinColumnOf(entity, name, draft)
  if (lead !== null && column === null && !holdsReference(lead))
    return unseen('relation filter', value, draft)
  const left =
    column === null ? columnOperand(entity, name, node, draft) : stored(entity, column, node, draft)
  if (view === null) return equality(left, value, node, draft)
  const [only] = view.properties
  if (isOperators(view)) return operators(left, view, draft)
  if (column !== null && view.properties.length === 1 && only!.name === 'id')
    return equality(left, only!.value, node, draft)
  const reason = `the tenancy model does not say where the relation ${name} leads`
  return { kind: 'opaque', reason, mentions: [], span: draft.spanOf(node) }
}

const isOperators = (view: ObjectView): boolean => view.properties.some(({ name }) => name.startsWith('$'))

const isCollection = (view: ObjectView): boolean =>
  view.properties.every(({ name }) => /^\$(some|none|every)$/.test(name))

function logical(name: string, value: TSESTree.Node, entity: Entity, draft: Draft): Condition {
  const { scope } = draft
  if (name === '$not') return { kind: 'not', operand: whereOf(value, entity, draft) }
  const array = scope.arrayOf(value)
  if (array === null) return unseen('filter', value, draft)
  const operands = array.elements.map((element): Condition => {
    const condition = whereOf(element.value, entity, draft)
    return name === '$or' ? condition : absent(condition, element.optional, element.value, draft)
  })
  const open = array.open.map(({ node, reason }): Condition => ({
    kind: 'opaque',
    reason,
    mentions: [],
    span: draft.spanOf(node),
  }))
  // Without alternatives MikroORM writes no condition.
  if (operands.length + open.length === 0) return truth
  return { kind: name === '$or' ? 'or' : 'and', operands: [...operands, ...open] }
}

function equality(left: Operand, value: TSESTree.Node, node: TSESTree.Node, draft: Draft): Condition {
  const bare = unwrap(value)
  if (!dropsUndefined(draft.scope)) return equalTo(left, value, node, draft)
  if (isUndefined(bare)) return truth
  const condition = equalTo(left, value, node, draft)
  if (draft.scope.constantOf(value) !== null || !draft.scope.provenanceOf(value).nullable) return condition
  const reason = `\`ignoreUndefinedInQuery\` drops the filter when \`${draft.scope.sourceCode.getText(bare)}\` is undefined`
  return absent(condition, reason, node, draft)
}

function equalTo(left: Operand, value: TSESTree.Node, node: TSESTree.Node, draft: Draft): Condition {
  const span = draft.spanOf(node)
  const constant = draft.scope.constantOf(value)
  const nothing = isUndefined(unwrap(value)) || (constant !== null && constant.value === null)
  if (nothing) return { kind: 'isNull', operand: left, span }
  const given = unwrap(draft.scope.resolve(unwrap(value)))
  if (given.type === 'ArrayExpression') return membership(left, value, node, draft)
  return { kind: 'compare', operator: '=', left, right: draft.value(value), span }
}

/** `{ $in, $ne, … }` on one column; all of them must hold. */
function operators(left: Operand, view: ObjectView, draft: Draft): Condition {
  return conjunction(
    view.properties.map(({ name, value, node, optional }) =>
      absent(operator(left, name, value, node, draft), optional, node, draft),
    ),
  )
}

function operator(
  left: Operand,
  name: string,
  value: TSESTree.Node,
  node: TSESTree.Node,
  draft: Draft,
): Condition {
  const span = draft.spanOf(node)
  const not = (operand: Condition): Condition => ({ kind: 'not', operand })
  switch (name) {
    case '$in':
      return membership(left, value, node, draft)
    case '$nin':
      return not(membership(left, value, node, draft))
    case '$ne':
      return not(equality(left, value, node, draft))
    case '$eq':
      return equality(left, value, node, draft)
    case '$exists': {
      const isNull: Condition = { kind: 'isNull', operand: left, span }
      return draft.scope.constantOf(value)?.value === false ? isNull : not(isNull)
    }
    case '$not': {
      const view = draft.scope.objectOf(value)
      return not(view === null ? equality(left, value, node, draft) : operators(left, view, draft))
    }
    default: {
      const comparison = comparisons[name]
      const right = draft.value(value)
      if (comparison === undefined)
        return { kind: 'opaque', reason: `operator ${name}`, mentions: [left, right], span }
      return { kind: 'compare', operator: comparison, left, right, span }
    }
  }
}

/** `org: { id }` is the reference itself; any other field is looked up in the row that it leads to. */
function related(lead: Lead, view: ObjectView, node: TSESTree.Node, entity: Entity, draft: Draft): Condition {
  const [only] = view.properties
  const [own, other] = lead.field.on[0] ?? []
  const column = only === undefined ? null : draft.scope.tenancy.columnOf(lead.field.to, only.name)
  const isKey =
    holdsReference(lead) && view.properties.length === 1 && view.open.length === 0 && column === other
  if (isKey && !isObject(only!.value, draft)) {
    return absent(
      equality(stored(entity, own!, node, draft), only!.value, node, draft),
      only!.optional,
      node,
      draft,
    )
  }
  return exists(lead, view, false, node, entity, draft)
}

function exists(
  lead: Lead,
  view: ObjectView,
  negated: boolean,
  node: TSESTree.Node,
  entity: Entity,
  draft: Draft,
): Condition {
  const span = draft.spanOf(node)
  const other = mention(leadTarget(lead), null, 'read', node, draft)
  const inner = objectCondition(view, other, draft)
  const where = conjunction([
    linkOf(entity, other, lead, node, draft),
    negated ? { kind: 'not', operand: inner } : inner,
  ])
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

function collection(
  lead: Lead,
  view: ObjectView,
  node: TSESTree.Node,
  entity: Entity,
  draft: Draft,
): Condition {
  return conjunction(
    view.properties.map(({ name, value }): Condition => {
      const inner = draft.scope.objectOf(value)
      if (inner === null) return unseen('filter', value, draft)
      if (name === '$some') return exists(lead, inner, false, node, entity, draft)
      return { kind: 'not', operand: exists(lead, inner, name === '$every', node, entity, draft) }
    }),
  )
}
