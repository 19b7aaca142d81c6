import type { Condition, Operand, OccurrenceId, Statement } from '../sql/statement.ts'

/**
 * Finds a tenant predicate that the statement itself makes optional: `($1 IS NULL OR tenant_id = $1)`,
 * `tenant_id = coalesce($1, tenant_id)`. Answers in words, null when there is none.
 */
export function optionalParameter(
  statement: Statement,
  occurrence: OccurrenceId,
  column: string,
): string | null {
  const isKey = (operand: Operand): boolean =>
    operand.kind === 'column' &&
    operand.column === column &&
    (operand.occurrence ?? occurrence) === occurrence
  let found: string | null = null
  visit(statement.block, (condition) => {
    if (condition.kind === 'or') {
      const tested = condition.operands.flatMap((one) =>
        one.kind === 'isNull' && one.operand.kind === 'parameter' ? [one.operand.index] : [],
      )
      const bound = condition.operands.some(
        (one) => one.kind === 'compare' && [one.left, one.right].some(isKey),
      )
      if (tested.length > 0 && bound) {
        found = `${statement.parameters[tested[0]!]!.name} may be NULL, and then the predicate holds for every row`
      }
    }
    if (condition.kind === 'compare' && condition.operator === '=') {
      for (const [key, other] of [
        [condition.left, condition.right],
        [condition.right, condition.left],
      ] as const) {
        if (
          isKey(key) &&
          other.kind === 'call' &&
          /^coalesce$/i.test(other.name) &&
          other.arguments.some(isKey)
        ) {
          found = 'it falls back on the column itself through COALESCE'
        }
      }
    }
  })
  return found
}

/** Every condition of a statement, whatever level it stands on. */
function visit(value: unknown, see: (condition: Condition) => void): void {
  if (Array.isArray(value)) {
    for (const part of value) visit(part, see)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const { kind } = value as { readonly kind?: string }
  if (kind === 'or' || kind === 'compare') see(value as Condition)
  for (const part of Object.values(value)) if (typeof part === 'object') visit(part, see)
}
