import type { Condition, Operand } from '../sql/statement.ts'

/** Name of a parameter by its index: `$1`, or the source text of an interpolation. */
export type ParameterName = (index: number) => string

/** SQL-like text of an operand, for messages. */
export function renderOperand(operand: Operand, nameOf: ParameterName): string {
  const render = (part: Operand): string => renderOperand(part, nameOf)
  switch (operand.kind) {
    case 'column':
      return operand.column
    case 'parameter':
      return nameOf(operand.index)
    case 'literal':
      return typeof operand.value === 'string' ? `'${operand.value}'` : String(operand.value)
    case 'setting':
      return `current_setting('${operand.name}')`
    case 'call':
      return /^\w/.test(operand.name)
        ? `${operand.name}(${operand.arguments.map(render).join(', ')})`
        : operand.arguments.map(render).join(` ${operand.name} `)
    case 'subquery':
      return '(SELECT …)'
    case 'opaque':
      return '(…)'
  }
}

/** SQL-like text of a condition, for messages. */
export function renderCondition(condition: Condition, nameOf: ParameterName): string {
  const render = (part: Operand): string => renderOperand(part, nameOf)
  const inner = (part: Condition): string => renderCondition(part, nameOf)
  switch (condition.kind) {
    case 'and':
    case 'or':
      return `(${condition.operands.map(inner).join(condition.kind === 'and' ? ' AND ' : ' OR ')})`
    case 'not':
      return condition.operand.kind === 'isNull'
        ? `${render(condition.operand.operand)} IS NOT NULL`
        : `NOT ${inner(condition.operand)}`
    case 'compare':
      return `${render(condition.left)} ${condition.operator.toUpperCase()} ${render(condition.right)}`
    case 'in':
      return `${render(condition.operand)} IN (${condition.values.map(render).join(', ')})`
    case 'inQuery':
      return `${condition.operands.map(render).join(', ')} IN (SELECT …)`
    case 'exists':
      return 'EXISTS (SELECT …)'
    case 'isNull':
      return `${render(condition.operand)} IS NULL`
    case 'truth':
      return render(condition.operand)
    case 'constant':
      return condition.value === null ? 'NULL' : String(condition.value).toUpperCase()
    case 'optional':
      return inner(condition.condition)
    case 'opaque':
      return condition.mentions.length > 0
        ? `(… ${condition.mentions.map(render).join(', ')} …)`
        : `(${condition.reason})`
  }
}

export function renderSources(sources: readonly Condition[], nameOf: ParameterName): string {
  return [...new Set(sources.map((source) => renderCondition(source, nameOf)))].join(' AND ')
}
