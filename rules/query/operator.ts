import type { Comparison, Condition, Operand, Span } from '../sql/statement.ts'

const comparisons: Readonly<Record<string, Comparison>> = {
  '=': '=',
  '==': '=',
  '!=': '<>',
  '<>': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  'is distinct from': 'is distinct from',
  'is not distinct from': 'is not distinct from',
  like: 'like',
  ilike: 'ilike',
  'similar to': 'similar',
  '~': 'regex',
  '~*': 'regex',
}

export const operatorName = (text: string): string => text.trim().toLowerCase().replace(/\s+/g, ' ')

/** `left operator right` with an operator that a program names by its SQL text; `in` and `is` are no comparisons. */
export function comparison(name: string, left: Operand, right: Operand, span: Span): Condition {
  const negated = /^not (like|ilike|similar to)$/.exec(name)?.[1] ?? { '!~': '~', '!~*': '~*' }[name]
  const operator = comparisons[negated ?? name]
  if (operator === undefined) {
    return { kind: 'opaque', reason: `operator ${name}`, mentions: [left, right], span }
  }
  const compare: Condition = { kind: 'compare', operator, left, right, span }
  return negated === undefined ? compare : { kind: 'not', operand: compare }
}
