import type { Condition, Operand, RelationName, Statement } from '../sql/statement.ts'
import { confine } from './confine.ts'
import { evaluate, type Value } from './evaluate.ts'
import { keyOf } from './judge.ts'
import type { OwnershipOf, TenantValue, Verdict } from './verdict.ts'

/** One row-level-security policy, as far as deciding it needs. Conditions speak of the table as occurrence 0. */
export interface PolicyRule {
  readonly permissive: boolean
  readonly command: 'all' | 'select' | 'insert' | 'update' | 'delete'
  readonly using: Condition | null
  readonly check: Condition | null
}

export type PolicyCommand = 'select' | 'insert' | 'update' | 'delete'

/** `existing`: which rows the command finds (USING). `written`: which rows it may leave behind (WITH CHECK). */
export type Gate = 'existing' | 'written'

/** What the policies of a table let one command do. */
export interface PolicyDecision {
  readonly command: PolicyCommand
  readonly verdict: Verdict
  /** The gate that decided: the one that leaks, if any. */
  readonly gate: Gate
  /**
   * A row of another tenant that the gate lets through, column → value, found by search and checked by evaluation. Null
   * when the gate holds, or when no such row could be built without other tables.
   */
  readonly counterexample: Readonly<Record<string, string | null>> | null
}

export interface PolicyContext {
  readonly ownershipOf: OwnershipOf
  /** The setting that carries the acting tenant; null when the tenancy has none. */
  readonly setting: string | null
  /** Tells about operands that are no setting and no literal, for example a call of the tenancy's own function. */
  readonly tenantValue?: TenantValue
}

const gatesOf: Readonly<Record<PolicyCommand, readonly Gate[]>> = {
  select: ['existing'],
  insert: ['written'],
  update: ['existing', 'written'],
  delete: ['existing'],
}

/**
 * What the policies on a table let through, per command.
 *
 * A row passes a gate when any permissive policy and every restrictive one is TRUE; without a permissive policy none
 * passes. WITH CHECK falls back to USING. Source: PostgreSQL documentation, CREATE POLICY, "Notes" and table 5.9.
 */
export function confinePolicies(
  table: RelationName,
  policies: readonly PolicyRule[],
  context: PolicyContext,
): readonly PolicyDecision[] {
  return (['select', 'insert', 'update', 'delete'] as const).map((command) => {
    const decisions = gatesOf[command].map((gate) =>
      decideGate(table, command, gate, gateCondition(policies, command, gate), context),
    )
    const worst = (kind: Verdict['kind']): PolicyDecision | undefined =>
      decisions.find((decision) => decision.verdict.kind === kind)
    return worst('leak') ?? worst('unknown') ?? decisions[0]!
  })
}

/** The condition that a row must satisfy to pass. */
export function gateCondition(
  policies: readonly PolicyRule[],
  command: PolicyCommand,
  gate: Gate,
): Condition {
  const conditions = (permissive: boolean): Condition[] =>
    policies
      .filter((policy) => policy.permissive === permissive)
      .filter((policy) => policy.command === 'all' || policy.command === command)
      .flatMap((policy) => (gate === 'existing' ? policy.using : (policy.check ?? policy.using)) ?? [])
  return {
    kind: 'and',
    operands: [{ kind: 'or', operands: conditions(true) }, ...conditions(false)],
  }
}

function decideGate(
  table: RelationName,
  command: PolicyCommand,
  gate: Gate,
  condition: Condition,
  context: PolicyContext,
): PolicyDecision {
  const statement: Statement = {
    parameters: [],
    block: {
      kind: 'select',
      ctes: [],
      span: null,
      from: [
        {
          kind: 'relation',
          id: 0,
          relation: { schema: table.schema, name: table.name },
          alias: null,
          access: 'read',
          span: null,
        },
      ],
      where: condition,
      having: null,
      outputs: [],
      merges: false,
      limited: false,
      others: [],
    },
  }
  const verdicts = confine(statement, context.ownershipOf, (operand) => isTenant(operand, context))
  const { verdict } = verdicts.find(({ occurrence }) => occurrence.id === 0)!
  const counterexample = verdict.kind === 'leak' ? findRow(table, condition, context) : null
  return { command, gate, verdict, counterexample }
}

function isTenant(operand: Operand, context: PolicyContext): 'tenant' | 'other' | 'unknown' {
  if (operand.kind === 'setting') {
    if (context.setting === null) return context.tenantValue?.(operand) ?? 'unknown'
    return operand.name === context.setting.toLowerCase() ? 'tenant' : 'other'
  }
  if (operand.kind === 'literal') return 'other'
  return context.tenantValue?.(operand) ?? 'unknown'
}

const acting = 'acting-tenant'
const foreign = 'other-tenant'

/** Upper bound on the rows that are tried. */
const rowLimit = 20_000

/** Searches a row of another tenant that passes, with the setting set, never set, and reset. */
function findRow(
  table: RelationName,
  condition: Condition,
  context: PolicyContext,
): Readonly<Record<string, string | null>> | null {
  const key = keyOf(context.ownershipOf(table), context.ownershipOf)
  if (key?.kind !== 'tenant') return null
  const { columns, literals } = vocabularyOf(condition)
  const others = [...columns].filter((column) => column !== key.column)
  const values: Value[] = [...new Set<Value>(['any value', null, ...literals, acting])]
  let tried = 0
  for (const owner of [foreign, ...literals.filter((value) => value !== null), null]) {
    for (const setting of [acting, null, '']) {
      for (const row of assignments(others, values)) {
        if (++tried > rowLimit) return null
        row.set(key.column, owner)
        const passes = evaluate(condition, {
          column: (name) => row.get(name) ?? null,
          setting: (name) => (name === context.setting?.toLowerCase() ? setting : null),
        })
        if (passes === true) {
          return Object.fromEntries(
            [...row].map(([name, value]) => [name, value === null ? null : String(value)]),
          )
        }
      }
    }
  }
  return null
}

/** Every assignment of the values to the columns. */
function* assignments(columns: readonly string[], values: readonly Value[]): Generator<Map<string, Value>> {
  const [column, ...rest] = columns
  if (column === undefined) {
    yield new Map()
    return
  }
  for (const value of values) for (const row of assignments(rest, values)) yield row.set(column, value)
}

/** Columns of the table and literals that a condition speaks of. */
function vocabularyOf(condition: Condition): {
  readonly columns: ReadonlySet<string>
  readonly literals: Value[]
} {
  const columns = new Set<string>()
  const literals: Value[] = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (typeof value === 'object' && value !== null) {
      const operand = value as Operand
      if (operand.kind === 'column' && operand.occurrence === 0) columns.add(operand.column)
      else if (operand.kind === 'literal') literals.push(operand.value)
      else Object.values(value).forEach(visit)
    }
  }
  visit(condition)
  return { columns, literals }
}
