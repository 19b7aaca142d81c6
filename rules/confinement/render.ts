import type { Condition, Operand } from '../sql/statement.ts'

/** SQL-like text of an operand, for messages. */
export function renderOperand(operand: Operand): string {
  switch (operand.kind) {
    case 'column':
      return operand.column
    case 'parameter':
      return `$${operand.index + 1}`
    case 'literal':
      return typeof operand.value === 'string' ? `'${operand.value}'` : String(operand.value)
    case 'setting':
      return `current_setting('${operand.name}')`
    case 'call':
      return /^\w/.test(operand.name)
        ? `${operand.name}(${operand.arguments.map(renderOperand).join(', ')})`
        : operand.arguments.map(renderOperand).join(` ${operand.name} `)
    case 'subquery':
      return '(SELECT …)'
    case 'opaque':
      return '(…)'
  }
}

/** SQL-like text of a condition, for messages. */
export function renderCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return `(${condition.operands.map(renderCondition).join(condition.kind === 'and' ? ' AND ' : ' OR ')})`
    case 'not':
      return condition.operand.kind === 'isNull'
        ? `${renderOperand(condition.operand.operand)} IS NOT NULL`
        : `NOT ${renderCondition(condition.operand)}`
    case 'compare':
      return `${renderOperand(condition.left)} ${condition.operator.toUpperCase()} ${renderOperand(condition.right)}`
    case 'in':
      return `${renderOperand(condition.operand)} IN (${condition.values.map(renderOperand).join(', ')})`
    case 'inQuery':
      return `${condition.operands.map(renderOperand).join(', ')} IN (SELECT …)`
    case 'exists':
      return 'EXISTS (SELECT …)'
    case 'isNull':
      return `${renderOperand(condition.operand)} IS NULL`
    case 'truth':
      return renderOperand(condition.operand)
    case 'constant':
      return condition.value === null ? 'NULL' : String(condition.value).toUpperCase()
    case 'optional':
      return renderCondition(condition.condition)
    case 'opaque':
      return condition.mentions.length > 0
        ? `(… ${condition.mentions.map(renderOperand).join(', ')} …)`
        : `(${condition.reason})`
  }
}

export function renderSources(sources: readonly Condition[]): string {
  return [...new Set(sources.map(renderCondition))].join(' AND ')
}
