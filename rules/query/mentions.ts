import type { Condition, Operand } from '../sql/statement.ts'

/** All operands of a condition, so that a condition inside a value keeps its sub-queries in sight. */
export function mentionsOf(condition: Condition): readonly Operand[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.operands.flatMap(mentionsOf)
    case 'not':
      return mentionsOf(condition.operand)
    case 'optional':
      return mentionsOf(condition.condition)
    case 'compare':
      return [condition.left, condition.right]
    case 'in':
      return [condition.operand, ...condition.values]
    case 'inQuery':
      return [...condition.operands, { kind: 'subquery', block: condition.block, span: condition.span }]
    case 'exists':
      return [{ kind: 'subquery', block: condition.block, span: condition.span }]
    case 'isNull':
    case 'truth':
      return [condition.operand]
    case 'opaque':
      return condition.mentions
    case 'constant':
      return []
  }
}
