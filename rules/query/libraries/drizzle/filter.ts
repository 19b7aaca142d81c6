import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { Comparison, Condition, Operand } from '../../../sql/statement.ts'
import type { ObjectView, PropertyView } from '../../library.ts'
import { conjunction, leadOf, linkOf, type Entity, type Lead } from '../prisma/entity.ts'
import { conditionIn, membership, restricting, unseen, type Maybe } from './condition.ts'
import type { Conversion, Level } from './conversion.ts'
import type { Environment } from './environment.ts'
import { columnIn } from './mention.ts'
import { operandOf } from './operand.ts'
import { callbackCondition } from './relational.ts'
import { entityFor } from './with.ts'

const comparisons: Readonly<Record<string, Comparison>> = {
  eq: '=',
  ne: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  like: 'like',
  ilike: 'ilike',
  notLike: 'like',
  notIlike: 'ilike',
}

/** `where: { id: 1, name: { like: 'a%' }, OR: […], project: { … } }`: all of it must hold; what is undefined is left out. */
export function filterIn(
  node: TSESTree.Node,
  entity: Entity,
  environment: Environment,
  conversion: Conversion,
): Maybe {
  const view = conversion.draft.scope.objectOf(node)
  if (view === null)
    return { condition: unseen('a filter that could not be seen', node, conversion), absent: null }
  const conditions = view.properties.flatMap((property) => {
    const condition = propertyCondition(property, entity, environment, conversion)
    return condition === null ? [] : [overridable(condition, property, view, conversion)]
  })
  const open = view.open.map((one) => unseen(one.reason, one.node, conversion))
  const all = [...conditions, ...open]
  return { condition: all.length === 0 ? null : conjunction(all), absent: null }
}

/** A spread after a filter may replace it. */
function overridable(
  condition: Condition,
  { node }: PropertyView,
  view: ObjectView,
  conversion: Conversion,
): Condition {
  const later = view.open.find((one) => one.node.range[0] > node.range[0])
  if (later === undefined) return condition
  const span = conversion.draft.spanOf(node)
  return { kind: 'optional', condition, reason: 'a spread after it may replace it', span }
}

function propertyCondition(
  property: PropertyView,
  entity: Entity,
  environment: Environment,
  conversion: Conversion,
): Condition | null {
  const maybe = fieldCondition(property, entity, environment, conversion)
  const { optional, node } = property
  return restricting({ ...maybe, absent: optional ?? maybe.absent }, node, conversion)
}

function fieldCondition(
  { name, value, node }: PropertyView,
  entity: Entity,
  environment: Environment,
  conversion: Conversion,
): Maybe {
  const { scope } = conversion.draft
  const level: Level = { naming: { items: [entity.occurrence], outer: null } }
  if (name === 'RAW')
    return isFunction(value)
      ? callbackCondition(value, entity, environment, conversion)
      : conditionIn(value, environment, level, conversion)
  if (name === 'NOT') return negated(filterIn(value, entity, environment, conversion))
  if (name === 'AND' || name === 'OR')
    return listed(name, value, (one) => filterIn(one, entity, environment, conversion), conversion)
  const lead = leadOf(entity, name, scope.tenancy)
  if (lead !== null) return relationCondition(lead, { value, node }, entity, environment, conversion)
  const column = columnIn(entity.occurrence, name, node, conversion)
  return valueCondition(column, value, environment, level, conversion)
}

const negated = ({ condition, absent }: Maybe): Maybe => ({
  condition: condition === null ? null : { kind: 'not', operand: condition },
  absent,
})

/** `AND: […]`, `OR: […]`; an empty list is no filter. */
function listed(
  name: 'AND' | 'OR',
  value: TSESTree.Node,
  read: (node: TSESTree.Node) => Maybe,
  conversion: Conversion,
): Maybe {
  const array = conversion.draft.scope.arrayOf(value)
  if (array === null)
    return { condition: unseen(`${name} of a list that could not be seen`, value, conversion), absent: null }
  const parts = array.elements.map(({ value: one, optional }) => {
    const { condition, absent } = read(one)
    return { condition, absent: optional ?? absent, node: one }
  })
  const present = parts.filter(({ condition }) => condition !== null)
  const open = array.open.map((one) => unseen(one.reason, one.node, conversion))
  if (present.length + open.length === 0) return { condition: null, absent: null }
  // Fewer branches of OR let fewer rows through, but none at all lets every row through.
  const absent =
    name === 'OR' && present.every((one) => one.absent !== null) ? (present[0]?.absent ?? null) : null
  const operands = present.map((one) =>
    name === 'OR' ? one.condition! : restricting(one, one.node, conversion)!,
  )
  return { condition: { kind: name === 'OR' ? 'or' : 'and', operands: [...operands, ...open] }, absent }
}

/** `project: true`, `project: { workspaceId }`: there is a row of the other table that is linked to this one. */
function relationCondition(
  lead: Lead,
  { value, node }: Pick<PropertyView, 'value' | 'node'>,
  entity: Entity,
  environment: Environment,
  conversion: Conversion,
): Maybe {
  const { draft } = conversion
  const span = draft.spanOf(node)
  const constant = draft.scope.constantOf(value)?.value
  const other = entityFor(lead, node, conversion)
  const link = linkOf(entity, other, lead, node, draft)
  const filter = constant === undefined ? filterIn(value, other, environment, conversion).condition : null
  const exists: Condition = {
    kind: 'exists',
    block: {
      kind: 'select',
      from: [other.occurrence],
      where: filter === null ? link : conjunction([link, filter]),
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
  return { condition: constant === false ? { kind: 'not', operand: exists } : exists, absent: null }
}

/** A column's filter: a value, or an object of operators. */
function valueCondition(
  column: Operand,
  value: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Maybe {
  const { scope } = conversion.draft
  const resolved = unwrap(scope.resolve(unwrap(value)))
  const view = resolved.type === 'ObjectExpression' ? scope.objectOf(value) : null
  if (view === null) {
    const right = operandOf(value, environment, level, conversion)
    const span = conversion.draft.spanOf(value)
    return droppable({ kind: 'compare', operator: '=', left: column, right, span }, value, conversion)
  }
  const conditions = view.properties.flatMap((property) => {
    const maybe = operatorCondition(property, column, environment, level, conversion)
    return (
      restricting({ ...maybe, absent: property.optional ?? maybe.absent }, property.node, conversion) ?? []
    )
  })
  const open = view.open.map((one) => unseen(one.reason, one.node, conversion))
  const all = [...conditions, ...open]
  return { condition: all.length === 0 ? null : conjunction(all), absent: null }
}

/** A value that may be undefined takes the filter with it. */
function droppable(condition: Condition, value: TSESTree.Node, conversion: Conversion): Maybe {
  const { scope } = conversion.draft
  if (value.type === 'Identifier' && value.name === 'undefined') return { condition: null, absent: null }
  const nullable = scope.constantOf(value) === null && scope.provenanceOf(value).nullable
  const text = scope.sourceCode.getText(value)
  return {
    condition,
    absent: nullable ? `${text} may be undefined, and then Drizzle drops the filter` : null,
  }
}

function operatorCondition(
  { name, value, node }: PropertyView,
  column: Operand,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Maybe {
  const span = conversion.draft.spanOf(node)
  const again = (one: TSESTree.Node): Maybe => valueCondition(column, one, environment, level, conversion)
  const operator = comparisons[name]
  if (operator !== undefined) {
    const right = operandOf(value, environment, level, conversion)
    const condition: Condition = { kind: 'compare', operator, left: column, right, span }
    return droppable(
      name.startsWith('not') ? { kind: 'not', operand: condition } : condition,
      value,
      conversion,
    )
  }
  switch (name) {
    case 'in':
    case 'notIn': {
      const condition = membership(value, column, environment, level, conversion)
      return droppable(name === 'in' ? condition : { kind: 'not', operand: condition }, value, conversion)
    }
    case 'isNull':
    case 'isNotNull': {
      const isNull: Condition = { kind: 'isNull', operand: column, span }
      return droppable(name === 'isNull' ? isNull : { kind: 'not', operand: isNull }, value, conversion)
    }
    case 'NOT':
      return negated(again(value))
    case 'AND':
    case 'OR':
      return listed(name, value, again, conversion)
    default:
      return {
        condition: { kind: 'opaque', reason: `operator ${name}`, mentions: [column], span },
        absent: null,
      }
  }
}
