import type { Schema, SqlFunction } from '../schema/schema.ts'
import { toStatements } from '../sql/statements.ts'
import type { Condition, Operand } from '../sql/statement.ts'
import type { AuditContext } from './check.ts'
import { tenantColumn, tenantTables } from './subjects.ts'

/** Calls `visit` for every operand and condition below a value, outermost first. */
export function walk(value: unknown, visit: (part: Operand | Condition) => void): void {
  if (Array.isArray(value)) for (const part of value) walk(part, visit)
  else if (typeof value === 'object' && value !== null) {
    if ('kind' in value) visit(value as Operand)
    for (const part of Object.values(value)) walk(part, visit)
  }
}

/**
 * The setting that carries the acting tenant: the model's, else the one that policies compare with tenant keys most often.
 */
export function tenantSetting(context: AuditContext): string | null {
  const { setting } = context.tenancy
  if (setting !== null) return setting.toLowerCase()
  const counts = new Map<string, number>()
  for (const { table, ownership } of tenantTables(context)) {
    const key = tenantColumn(ownership)
    for (const { using, check } of table.policies) {
      walk(
        [using?.condition, check?.condition].map((condition) =>
          resolveCalls(condition ?? null, context.schema),
        ),
        (part) => {
          if (part.kind !== 'compare' || part.operator !== '=') return
          for (const [column, value] of [
            [part.left, part.right] as const,
            [part.right, part.left] as const,
          ]) {
            if (column.kind === 'column' && column.column === key && value.kind === 'setting') {
              counts.set(value.name, (counts.get(value.name) ?? 0) + 1)
            }
          }
        },
      )
    }
  }
  const best = [...counts].toSorted(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))[0]
  return best?.[0]?.toLowerCase() ?? null
}

/** What a function of no arguments returns, where its body is one expression over settings and constants. */
function returned(routine: SqlFunction): Operand | null {
  if (routine.arguments !== '') return null
  const expression =
    routine.language === 'sql'
      ? routine.body
      : /^\s*begin\s+return\s+([^;]+);\s*end\s*;?\s*$/i.exec(routine.body)?.[1]
  if (expression === undefined) return null
  const text = /^\s*(?:select|begin|return)\b/i.test(expression) ? expression : `SELECT ${expression}`
  const parsed = toStatements(text.replace(/^\s*return\b/i, 'SELECT'))
  const block = parsed.kind === 'parsed' ? parsed.statements[0]?.statement?.block : undefined
  if (block?.kind !== 'select' || block.from.length > 0 || block.where !== null || block.outputs.length !== 1)
    return null
  return block.outputs[0]!.operand
}

/** Puts what a function returns in the place of its calls: `current_tenant()` becomes the setting that it reads. */
export function resolveCalls<T>(value: T, schema: Schema, depth = 0): T {
  if (depth > 4 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((part: unknown) => resolveCalls(part, schema, depth)) as T
  const operand = value as unknown as Operand
  if (operand.kind === 'call' && operand.arguments.length === 0) {
    const name = operand.name.split('.').at(-1)
    const candidates = schema.functions.filter((routine) => routine.name === name)
    const result = candidates.length === 1 ? returned(candidates[0]!) : null
    if (result !== null) return resolveCalls(result, schema, depth + 1) as T
  }
  if (operand.kind === 'subquery' && operand.block.kind === 'select') {
    const { from, where, outputs } = operand.block
    const only = outputs.length === 1 ? outputs[0]!.operand : null
    if (from.length === 0 && where === null && only !== null) return resolveCalls(only, schema, depth) as T
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, resolveCalls(part as unknown, schema, depth)]),
  ) as T
}
