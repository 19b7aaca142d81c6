import type { Condition } from '../sql/statement.ts'
import { walk } from './acting-tenant.ts'
import type { AuditContext, AuditCheck } from './check.ts'
import { analysePolicies, describe, type PolicyLeak } from './policy-leaks.ts'
import { nameOf } from './subjects.ts'

/** What is wrong with an expression that leaks; each is a check of its own, and every leak has exactly one. */
export type Diagnosis = 'check' | 'write' | 'true' | 'identity' | 'bypass' | 'union'

/** Alternatives of a condition, through nested ORs. */
function alternatives(condition: Condition): readonly Condition[] {
  if (condition.kind === 'or') return condition.operands.flatMap(alternatives)
  if (condition.kind === 'and' && condition.operands.length === 1) return alternatives(condition.operands[0]!)
  return [condition]
}

function isAlwaysTrue(condition: Condition): boolean {
  switch (condition.kind) {
    case 'constant':
      return condition.value === true
    case 'truth':
      return condition.operand.kind === 'literal' && condition.operand.value === true
    case 'and':
      return condition.operands.every(isAlwaysTrue)
    case 'or':
      return condition.operands.some(isAlwaysTrue)
    case 'compare':
      return (
        condition.operator === '=' &&
        condition.left.kind === 'literal' &&
        condition.right.kind === 'literal' &&
        condition.left.value !== null &&
        condition.left.value === condition.right.value
      )
    default:
      return false
  }
}

/** Does the alternative hold because the session has no tenant? */
function asksForNobody(condition: Condition, setting: string | null): boolean {
  const isSetting = (operand: { readonly kind: string; readonly name?: string }): boolean =>
    operand.kind === 'setting' && operand.name?.toLowerCase() === setting
  if (condition.kind === 'isNull') return isSetting(condition.operand)
  if (condition.kind !== 'compare' || condition.operator !== '=') return false
  const { left, right } = condition
  const empty = (operand: typeof left): boolean => operand.kind === 'literal' && operand.value === ''
  return (isSetting(left) && empty(right)) || (isSetting(right) && empty(left))
}

/** Does the alternative look at another setting than the tenant's, and at no column? */
function asksForSwitch(condition: Condition, setting: string | null): boolean {
  let other = false
  let column = false
  walk(condition, (part) => {
    if (part.kind === 'setting' && part.name.toLowerCase() !== setting) other = true
    if (part.kind === 'column') column = true
  })
  return other && !column
}

export function diagnose(leak: PolicyLeak, setting: string | null): Diagnosis {
  if (leak.expression === 'check') return 'check'
  const parts = alternatives(leak.condition)
  if (parts.some((part) => asksForNobody(part, setting))) return 'identity'
  if (parts.some((part) => asksForSwitch(part, setting))) return 'bypass'
  if (leak.policy.command === 'update' || leak.policy.command === 'delete') return 'write'
  return parts.some(isAlwaysTrue) ? 'true' : 'union'
}

type Hole = ReturnType<AuditCheck['run']> extends Iterable<infer One> ? One : never

/** The holes with one diagnosis. `explain` says what is wrong and what to do. */
export function* policyHoles(
  context: AuditContext,
  diagnosis: Diagnosis,
  explain: (leak: PolicyLeak, reason: string) => string,
): Generator<Hole> {
  const { leaks, setting } = analysePolicies(context)
  for (const leak of leaks) {
    if (diagnose(leak, setting) !== diagnosis) continue
    const { table, policy, expression, counterexample } = leak
    const row =
      counterexample === null
        ? ''
        : ` A row that passes: ${Object.entries(counterexample)
            .map(([column, value]) => `${column} = ${value ?? 'NULL'}`)
            .join(', ')}.`
    yield {
      object: `policy ${policy.name} on ${nameOf(table)}`,
      origin: policy.origin ?? table.origin,
      message: explain(leak, describe(leak.verdict)) + row,
      fix: null,
      key: `${nameOf(table)}/${policy.name}/${expression}`,
    }
  }
}

/** `select, update and delete`. */
export function listCommands({ commands }: PolicyLeak): string {
  return commands.length < 2
    ? commands.join('')
    : `${commands.slice(0, -1).join(', ')} and ${commands.at(-1)}`
}
