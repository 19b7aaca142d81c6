import type { Condition, Operand } from '../sql/statement.ts'

export type Value = string | number | boolean | null

/** TRUE, FALSE, UNKNOWN (null), or that the condition goes beyond what a single row can tell. */
export type Truth = boolean | null | 'beyond'

export interface Row {
  /** Value of a column of occurrence 0. */
  readonly column: (name: string) => Value
  /** Value of a setting; NULL when it was never set, '' when it was reset. */
  readonly setting: (name: string) => Value
}

const not = (truth: Truth): Truth => (truth === 'beyond' || truth === null ? truth : !truth)

function conjunction(truths: readonly Truth[], neutral: boolean): Truth {
  if (truths.includes(!neutral)) return !neutral
  if (truths.includes('beyond')) return 'beyond'
  return truths.includes(null) ? null : neutral
}

/** Evaluates a condition over one row, under SQL's three-valued logic. */
export function evaluate(condition: Condition, row: Row): Truth {
  switch (condition.kind) {
    case 'and':
      return conjunction(
        condition.operands.map((operand) => evaluate(operand, row)),
        true,
      )
    case 'or':
      return conjunction(
        condition.operands.map((operand) => evaluate(operand, row)),
        false,
      )
    case 'not':
      return not(evaluate(condition.operand, row))
    case 'constant':
      return condition.value
    case 'isNull': {
      const value = valueOf(condition.operand, row)
      return value === undefined ? 'beyond' : value === null
    }
    case 'truth': {
      const value = valueOf(condition.operand, row)
      return value === undefined
        ? 'beyond'
        : value === null
          ? null
          : value === true || value === 't' || value === 'true'
    }
    case 'compare':
      return compare(condition, valueOf(condition.left, row), valueOf(condition.right, row))
    case 'in': {
      if (condition.list) return 'beyond'
      const operand = valueOf(condition.operand, row)
      const values = condition.values.map((value) => valueOf(value, row))
      if (operand === undefined || values.includes(undefined)) return 'beyond'
      return conjunction(
        values.map((value) => (operand === null || value === null ? null : same(operand, value!))),
        false,
      )
    }
    case 'optional':
    case 'opaque':
    case 'exists':
    case 'inQuery':
      return 'beyond'
  }
}

/** `undefined` for what a single row cannot tell. */
function valueOf(operand: Operand, row: Row): Value | undefined {
  switch (operand.kind) {
    case 'column':
      return operand.occurrence === 0 ? row.column(operand.column) : undefined
    case 'literal':
      return operand.value
    case 'setting': {
      const value = row.setting(operand.name)
      if (value === null && !operand.missingOk) return undefined
      return value === '' && operand.emptyIsNull ? null : value
    }
    case 'call': {
      const values = operand.arguments.map((argument) => valueOf(argument, row))
      if (operand.name !== 'coalesce' || values.includes(undefined)) return undefined
      return values.find((value) => value !== null) ?? null
    }
    default:
      return undefined
  }
}

const same = (left: Value, right: Value): boolean => String(left) === String(right)

function compare(
  { operator }: Extract<Condition, { kind: 'compare' }>,
  left: Value | undefined,
  right: Value | undefined,
): Truth {
  if (left === undefined || right === undefined) return 'beyond'
  if (operator === 'is distinct from') return !same(left, right) || (left === null) !== (right === null)
  if (operator === 'is not distinct from') return same(left, right) && (left === null) === (right === null)
  if (left === null || right === null) return null
  if (operator === '=') return same(left, right)
  if (operator === '<>') return !same(left, right)
  if (operator === 'like' && typeof right === 'string' && !/[_\\]/.test(right)) {
    const pattern = right.split('%').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${pattern.join('[^]*')}$`).test(String(left))
  }
  return 'beyond'
}
