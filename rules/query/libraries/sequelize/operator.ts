import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { Comparison, Condition, Operand } from '../../../sql/statement.ts'
import type { Draft } from '../../draft.ts'
import type { ObjectView, PropertyView } from '../../library.ts'
import { conjunction } from '../prisma/entity.ts'
import { absent } from '../prisma/where.ts'

export function unseen(
  reason: string,
  node: TSESTree.Node,
  draft: Draft,
  mentions: readonly Operand[] = [],
): Condition {
  return { kind: 'opaque', reason, mentions, span: draft.spanOf(node) }
}

export /** What `literal` takes is pasted into the text. */
function pasted(node: TSESTree.CallExpression, draft: Draft): void {
  const [text] = node.arguments
  const template = text === undefined ? null : unwrap(draft.scope.resolve(text))
  if (template?.type !== 'TemplateLiteral') return
  for (const expression of template.expressions) {
    if (draft.scope.constantOf(expression) !== null) continue
    draft.interpolate({
      node: expression,
      position: 'value',
      provenance: draft.scope.provenanceOf(expression),
    })
  }
}

/** What the value of a key says of its column. */
export function valueCondition(
  left: Operand,
  value: TSESTree.Node,
  node: TSESTree.Node,
  draft: Draft,
): Condition {
  const { scope } = draft
  const resolved = unwrap(scope.resolve(unwrap(value)))
  if (resolved.type === 'ObjectExpression') {
    const view = scope.objectOf(value)
    if (view !== null && isOperators(view)) return operators(left, view, 'and', draft)
    return unseen('a condition on what a JSON column holds', node, draft, [left])
  }
  if (resolved.type === 'ArrayExpression') return membership(left, value, node, draft)
  return equality(left, value, node, draft)
}

const isOperators = (view: ObjectView): boolean =>
  view.properties.every(({ name }) => /^(\[Op\.|\$)/.test(name))

function equality(left: Operand, value: TSESTree.Node, node: TSESTree.Node, draft: Draft): Condition {
  const span = draft.spanOf(node)
  const constant = draft.scope.constantOf(value)
  if (constant !== null && constant.value === null) return { kind: 'isNull', operand: left, span }
  if (isExpression(value, draft)) return unseen('an expression of SQL', node, draft, [left])
  return { kind: 'compare', operator: '=', left, right: draft.value(value), span }
}

/** `Sequelize.col('…')`, `fn('…')`, `literal('…')`. */
function isExpression(value: TSESTree.Node, draft: Draft): boolean {
  const node = unwrap(draft.scope.resolve(unwrap(value)))
  if (node.type !== 'CallExpression') return false
  const callee = unwrap(node.callee)
  const name = callee.type === 'MemberExpression' ? memberName(callee) : null
  const bare = callee.type === 'Identifier' ? callee.name : name
  if (!/^(literal|fn|col|cast|json)$/.test(bare ?? '')) return false
  if (bare === 'literal') pasted(node, draft)
  return true
}

/** All the conditions on one column, or one of them. */
function operators(left: Operand, view: ObjectView, mode: 'and' | 'or', draft: Draft): Condition {
  const conditions = view.properties.map((property) => {
    const condition = operator(left, property, draft)
    return mode === 'or' ? condition : absent(condition, property.optional, property.node, draft)
  })
  const open = view.open.map(({ node, reason }) => unseen(reason, node, draft, [left]))
  return mode === 'or'
    ? { kind: 'or', operands: [...conditions, ...open] }
    : conjunction([...conditions, ...open])
}

const comparisons: Readonly<Record<string, readonly [Comparison, negated: boolean]>> = {
  ne: ['=', true],
  gt: ['>', false],
  gte: ['>=', false],
  lt: ['<', false],
  lte: ['<=', false],
  like: ['like', false],
  notLike: ['like', true],
  iLike: ['ilike', false],
  notILike: ['ilike', true],
  startsWith: ['like', false],
  endsWith: ['like', false],
  substring: ['like', false],
  regexp: ['regex', false],
  notRegexp: ['regex', true],
  iRegexp: ['regex', false],
  notIRegexp: ['regex', true],
}

function operator(left: Operand, { name, value, node }: PropertyView, draft: Draft): Condition {
  const span = draft.spanOf(node)
  const sign = /^(?:\[Op\.(\w+)\]|\$(\w+))$/.exec(name)
  const word = sign?.[1] ?? sign?.[2] ?? name
  const not = (operand: Condition): Condition => ({ kind: 'not', operand })
  switch (word) {
    case 'eq':
    case 'is':
      return equality(left, value, node, draft)
    case 'in':
      return membership(left, value, node, draft)
    case 'notIn':
      return not(membership(left, value, node, draft))
    case 'not':
      return not(valueCondition(left, value, node, draft))
    case 'isNot':
      return not(equality(left, value, node, draft))
    case 'and':
    case 'or':
      return alternatives(left, word, value, node, draft)
    case 'between':
      // One of the two bounds lets no fewer rows through than both.
      return { kind: 'compare', operator: '>=', left, right: draft.value(value), span }
    case 'notBetween':
      return unseen(`operator ${word}`, node, draft, [left])
    default:
  }
  const [comparison, negated] = Object.hasOwn(comparisons, word) ? comparisons[word]! : [null, false]
  if (comparison === null) return unseen(`operator ${word}`, node, draft, [left, draft.value(value)])
  if (comparison === '=') return not(equality(left, value, node, draft))
  const condition: Condition = {
    kind: 'compare',
    operator: comparison,
    left,
    right: draft.value(value),
    span,
  }
  return negated ? not(condition) : condition
}

/** `{ [Op.or]: [1, { [Op.gt]: 5 }] }` on one column. */
function alternatives(
  left: Operand,
  mode: 'and' | 'or',
  value: TSESTree.Node,
  node: TSESTree.Node,
  draft: Draft,
): Condition {
  const view =
    unwrap(draft.scope.resolve(value)).type === 'ObjectExpression' ? draft.scope.objectOf(value) : null
  if (view !== null) return operators(left, view, mode, draft)
  const array = draft.scope.arrayOf(value)
  if (array === null) return unseen(`operator ${mode}`, node, draft, [left])
  const operands = array.elements.map((element) => valueCondition(left, element.value, element.value, draft))
  const open = array.open.map((one) => unseen(one.reason, one.node, draft, [left]))
  return { kind: mode, operands: [...operands, ...open] }
}

function membership(operand: Operand, value: TSESTree.Node, node: TSESTree.Node, draft: Draft): Condition {
  const span = draft.spanOf(node)
  if (isExpression(value, draft)) return unseen('an expression of SQL', node, draft, [operand])
  const inner = unwrap(draft.scope.resolve(unwrap(value)))
  const array = inner.type === 'ArrayExpression' ? draft.scope.arrayOf(value) : null
  if (array !== null && array.open.length === 0) {
    const values = array.elements.map((element) => draft.value(element.value))
    return { kind: 'in', operand, values, list: false, span }
  }
  return { kind: 'in', operand, values: [draft.value(value)], list: true, span }
}
