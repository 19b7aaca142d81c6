import type { TSESTree } from '@typescript-eslint/utils'
import { calleeName } from '../../../source/callee.ts'
import { unwrap } from '../../../source/children.ts'
import type { Condition, Operand } from '../../../sql/statement.ts'
import { conditionsOf } from '../../branches.ts'
import type { Draft } from '../../draft.ts'
import type { ObjectView, PropertyView } from '../../library.ts'
import { columnOperand, conjunction, type Entity } from '../prisma/entity.ts'
import { absent, isUndefined, truth } from '../prisma/where.ts'
import { pasted, unseen, valueCondition } from './operator.ts'

/** The mentions that a condition can speak of: the model itself, and what is included, by the path of its aliases. */
export interface Reach {
  readonly entity: Entity
  readonly included: ReadonlyMap<string, Entity>
}

/** A `where` as a condition. Sequelize throws when the value of a key is `undefined`, but takes an `undefined` where for none. */
export function whereOf(given: TSESTree.Node, reach: Reach, draft: Draft): Condition {
  const node = unwrap(given)
  const { scope } = draft
  if (isUndefined(node)) return truth
  if (node.type === 'ConditionalExpression') {
    return {
      kind: 'or',
      operands: [node.consequent, node.alternate].map((one) => whereOf(one, reach, draft)),
    }
  }
  const resolved = unwrap(scope.resolve(node))
  if (resolved.type === 'CallExpression') return called(resolved, reach, draft)
  const view = scope.objectOf(node)
  if (view !== null) return objectCondition(view, reach, draft)
  const array = scope.arrayOf(node)
  if (array !== null) return list(node, 'and', reach, draft)
  return unseen(
    `the filter \`${scope.sourceCode.getText(node).slice(0, 60)}\` could not be seen`,
    node,
    draft,
  )
}

/** `and(a, b)`, `Sequelize.or(a, b)`, `Sequelize.literal('…')`, `Sequelize.where(…)`. */
function called(node: TSESTree.CallExpression, reach: Reach, draft: Draft): Condition {
  const name = calleeName(node)
  const operands = (): Condition[] => node.arguments.map((one) => whereOf(one, reach, draft))
  if (name === 'and') return { kind: 'and', operands: operands() }
  if (name === 'or') return { kind: 'or', operands: operands() }
  if (name === 'literal') pasted(node, draft)
  const view = name === 'literal' || name === 'where' ? null : draft.scope.objectOf(node)
  if (view !== null) return objectCondition(view, reach, draft)
  return unseen(`\`${draft.scope.sourceCode.getText(node).slice(0, 60)}\` is not looked into`, node, draft)
}

function objectCondition(
  view: ObjectView,
  reach: Reach,
  draft: Draft,
  mode: 'and' | 'or' = 'and',
): Condition {
  const conditionOf = (property: PropertyView): Condition =>
    overridable(fieldCondition(property, reach, draft), property, view, draft)
  const open = view.open.map(({ node, reason }) => unseen(reason, node, draft))
  // A branch of OR that may be missing is judged as if it were there: fewer branches let fewer rows through.
  if (mode === 'or') return { kind: 'or', operands: [...view.properties.map(conditionOf), ...open] }
  const conditions = conditionsOf(view.properties, conditionOf, (condition, { optional, node }) =>
    absent(condition, optional, node, draft),
  )
  return conjunction([...conditions, ...open])
}

/** A spread that comes after a property can replace it. */
function overridable(
  condition: Condition,
  property: PropertyView,
  view: ObjectView,
  draft: Draft,
): Condition {
  const { parent } = property.node
  const later = view.open.find(
    ({ node }) =>
      node.range[0] > property.node.range[0] && (node.parent === parent || node.parent?.parent === parent),
  )
  if (later === undefined || later.node.type === 'Property') return condition
  const span = draft.spanOf(property.node)
  const reason = `${property.name} can be replaced by \`${draft.scope.sourceCode.getText(later.node)}\` after it`
  if (later.provenance.kind === 'request') return { kind: 'optional', condition, reason, span }
  const mentions = condition.kind === 'compare' ? [condition.left, condition.right] : []
  return { kind: 'opaque', reason, mentions, span }
}

const logical: Readonly<Record<string, 'and' | 'or' | 'not'>> = {
  '[Op.and]': 'and',
  '[Op.or]': 'or',
  '[Op.not]': 'not',
  $and: 'and',
  $or: 'or',
  $not: 'not',
}

function fieldCondition(property: PropertyView, reach: Reach, draft: Draft): Condition {
  const { name, value, node } = property
  const operator = Object.hasOwn(logical, name) ? logical[name]! : null
  if (operator !== null) return list(value, operator, reach, draft)
  const column = columnNamed(name, reach, node, draft)
  if (column === null) return unseen(`\`${name}\` is no column of the model`, node, draft)
  return valueCondition(column, value, node, draft)
}

/** A list of conditions, or an object of them. */
function list(given: TSESTree.Node, mode: 'and' | 'or' | 'not', reach: Reach, draft: Draft): Condition {
  const node = unwrap(given)
  const { scope } = draft
  const isObject = unwrap(scope.resolve(node)).type === 'ObjectExpression'
  const array = isObject ? null : scope.arrayOf(node)
  if (array === null) {
    const view = mode === 'or' ? scope.objectOf(node) : null
    if (view !== null) return objectCondition(view, reach, draft, 'or')
    const condition = whereOf(node, reach, draft)
    return mode === 'not' ? { kind: 'not', operand: condition } : condition
  }
  const operands = array.elements.map(({ value, optional }): Condition => {
    const condition = whereOf(value, reach, draft)
    return mode === 'or' ? condition : absent(condition, optional, value, draft)
  })
  const all = [...operands, ...array.open.map((one) => unseen(one.reason, one.node, draft))]
  if (mode === 'or') return { kind: 'or', operands: all }
  const and: Condition = { kind: 'and', operands: all }
  return mode === 'not' ? { kind: 'not', operand: and } : and
}

/** `title`, or `$project.title$` for a column of what is included. */
function columnNamed(name: string, reach: Reach, node: TSESTree.Node, draft: Draft): Operand | null {
  if (name.startsWith('[')) return null
  const path = /^\$(.+)\$$/.exec(name)?.[1]?.split('.') ?? (name.includes('.') ? name.split('.') : null)
  if (path === null) return columnOperand(reach.entity, name, node, draft)
  const entity = reach.included.get(path.slice(0, -1).join('.'))
  return entity === undefined ? null : columnOperand(entity, path.at(-1)!, node, draft)
}
