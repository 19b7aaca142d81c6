import {
  confinePolicies,
  type Gate,
  type PolicyCommand,
  type PolicyContext,
  type PolicyDecision,
  type PolicyRule,
} from '../confinement/policies.ts'
import type { Verdict } from '../confinement/verdict.ts'
import type { Policy, Table } from '../schema/schema.ts'
import type { Condition } from '../sql/statement.ts'
import { resolveCalls, tenantSetting } from './acting-tenant.ts'
import type { AuditContext, PolicyVerdict } from './check.ts'
import { policiesIn, withNestedPolicies } from './nested-policies.ts'
import { rolesReachableFrom } from './privileges.ts'
import {
  isChild,
  nameOf,
  ownershipOf,
  rowSecurityMode,
  tableNamed,
  tenantColumn,
  tenantTables,
} from './subjects.ts'

/** A policy that lets a session reach rows of another tenant, and the expression by which it does. */
export interface PolicyLeak {
  readonly table: Table
  readonly policy: Policy
  readonly expression: 'using' | 'check'
  readonly condition: Condition
  readonly commands: readonly PolicyCommand[]
  readonly verdict: Verdict & { readonly kind: 'leak' }
  readonly counterexample: PolicyDecision['counterexample']
}

export interface PolicyAnalysis {
  readonly setting: string | null
  readonly verdicts: readonly PolicyVerdict[]
  readonly leaks: readonly PolicyLeak[]
}

type Rule = PolicyRule & { readonly policy: Policy }

const analyses = new WeakMap<object, { readonly tenancy: object; readonly analysis: PolicyAnalysis }>()

/** Decides the policies of all tenant tables; once for a schema, however many checks ask. */
export function analysePolicies(context: AuditContext): PolicyAnalysis {
  const known = analyses.get(context.schema)
  if (known?.tenancy === context.tenancy) return known.analysis
  const analysis = analyse(context)
  analyses.set(context.schema, { tenancy: context.tenancy, analysis })
  return analysis
}

function analyse(context: AuditContext): PolicyAnalysis {
  const setting = tenantSetting(context)
  const policyContext: PolicyContext = { ownershipOf: (relation) => ownershipOf(context, relation), setting }
  const verdicts: PolicyVerdict[] = []
  const leaks: PolicyLeak[] = []
  const mode = rowSecurityMode(context)
  for (const { table, ownership, name } of tenantTables(context)) {
    if (!table.rowSecurity) {
      // A part is reached past its parent's policies only by whom it is granted to, which a check of its own tells.
      if ((mode === 'none' && table.policies.length === 0) || isChild(context, table)) continue
      verdicts.push(...unprotected(name, tenantColumn(ownership)))
      continue
    }
    const decisions = audiences(context, table).flatMap((audience) => {
      leaks.push(...leaksOf(table, audience, policyContext))
      return confinePolicies(table, audience, policyContext)
    })
    for (const command of commands) verdicts.push(worst(name, command, decisions))
  }
  return { setting, verdicts, leaks: merge(leaks) }
}

const commands = ['select', 'insert', 'update', 'delete'] as const

function unprotected(table: string, column: string | null): PolicyVerdict[] {
  return commands.map((command) => ({
    table,
    command,
    verdict: 'leak',
    counterexample: column === null ? null : { [column]: 'other-tenant' },
    reason: 'row-level security is not enabled',
  }))
}

function ruleOf({ schema }: AuditContext, policy: Policy): Rule {
  const { permissive, command, using, check } = policy
  return {
    policy,
    permissive,
    command,
    using: resolveCalls(using?.condition ?? null, schema),
    check: resolveCalls(check?.condition ?? null, schema),
  }
}

/** The sets of policies that apply together, one for each kind of session that the policies tell apart. */
function audiences(context: AuditContext, table: Table): (readonly Rule[])[] {
  const { schema } = context
  const named = new Set(schema.tables.flatMap(({ policies }) => policies.flatMap(({ roles }) => roles)))
  const roles = new Set(['public', ...named, ...schema.roles.map(({ name }) => name)])
  const kinds = new Map<string, readonly string[]>()
  for (const role of roles) {
    const reached = ['public', ...rolesReachableFrom(schema, role)].filter((name) => named.has(name))
    kinds.set(JSON.stringify(reached.toSorted()), reached)
  }
  return [...kinds.values()].map((reached) => {
    const rulesOf = (of: Table): Rule[] =>
      of.policies
        .filter((policy) => policy.roles.some((name) => reached.includes(name)))
        .map((policy) => ruleOf(context, policy))
    const nested = policiesIn((relation) => tableNamed(schema, relation), rulesOf)
    const expand = (condition: Condition | null): Condition | null =>
      condition === null ? null : withNestedPolicies(condition, nested)
    return rulesOf(table).map((rule) => ({
      ...rule,
      using: expand(rule.using),
      check: expand(rule.check),
    }))
  })
}

/** The permissive policies each of which, together with the restrictive ones, lets rows of others through. */
function leaksOf(table: Table, audience: readonly Rule[], context: PolicyContext): PolicyLeak[] {
  const restrictive = audience.filter(({ permissive }) => !permissive)
  return audience
    .filter(({ permissive }) => permissive)
    .flatMap((rule) =>
      gates.flatMap(([command, gate]) => leakAt(table, rule, restrictive, command, gate, context)),
    )
}

const gates: readonly (readonly [PolicyCommand, Gate])[] = [
  ['select', 'existing'],
  ['insert', 'written'],
  ['update', 'existing'],
  ['update', 'written'],
  ['delete', 'existing'],
]

function leakAt(
  table: Table,
  rule: Rule,
  restrictive: readonly Rule[],
  command: PolicyCommand,
  gate: Gate,
  context: PolicyContext,
): PolicyLeak[] {
  if (rule.command !== 'all' && rule.command !== command) return []
  const expression = gate === 'written' && rule.check !== null ? 'check' : 'using'
  const condition = rule[expression]
  if (condition === null) return []
  // One gate at a time: what the other gate lets through is a finding of its own.
  const only = restrictive
    .filter((other) => other.command === 'all' || other.command === command)
    .map((other) => (gate === 'written' ? (other.check ?? other.using) : other.using))
  const alone: PolicyRule[] = [
    { permissive: true, command: 'select', using: condition, check: null },
    ...only.map((using): PolicyRule => ({ permissive: false, command: 'select', using, check: null })),
  ]
  const decision = confinePolicies(table, alone, context).find((candidate) => candidate.command === 'select')!
  if (decision.verdict.kind !== 'leak') return []
  const { verdict, counterexample } = decision
  return [{ table, policy: rule.policy, expression, condition, commands: [command], verdict, counterexample }]
}

/** One leak for each expression, with all the commands that it opens. */
function merge(leaks: readonly PolicyLeak[]): PolicyLeak[] {
  const merged = new Map<string, PolicyLeak>()
  for (const leak of leaks) {
    const key = JSON.stringify([nameOf(leak.table), leak.policy.name, leak.expression])
    const held = merged.get(key)
    merged.set(
      key,
      held === undefined ? leak : { ...held, commands: [...new Set([...held.commands, ...leak.commands])] },
    )
  }
  return [...merged.values()]
}

const severity = { confined: 0, unknown: 1, leak: 2 } as const

function worst(table: string, command: PolicyCommand, decisions: readonly PolicyDecision[]): PolicyVerdict {
  const own = decisions.filter((decision) => decision.command === command)
  const decision = own.reduce<PolicyDecision | null>(
    (held, next) =>
      held === null || severity[next.verdict.kind] > severity[held.verdict.kind] ? next : held,
    null,
  )
  if (decision === null)
    return { table, command, verdict: 'confined', counterexample: null, reason: 'no policy admits a row' }
  const { verdict, counterexample } = decision
  return { table, command, verdict: verdict.kind, counterexample, reason: describe(verdict) }
}

/** A verdict in words. */
export function describe(verdict: Verdict): string {
  if (verdict.kind === 'unknown') return verdict.reason
  if (verdict.kind === 'confined') {
    const { evidence } = verdict
    return evidence.kind === 'key'
      ? `${evidence.column} is the acting tenant`
      : evidence.kind === 'parent'
        ? `confined through ${evidence.parent}`
        : evidence.kind === 'empty'
          ? 'no policy admits a row'
          : evidence.kind === 'global'
            ? evidence.reason
            : `confined by ${evidence.by}`
  }
  const { reason } = verdict
  switch (reason.kind) {
    case 'unfiltered':
      return 'no condition reaches the tenant key'
    case 'branch':
      return `the branch ${reason.branch} does not bind the tenant`
    case 'optional':
      return reason.reason
    case 'weak':
      return reason.description
    case 'released':
      return `${reason.column} is set to NULL`
    case 'outerJoin':
      return 'the condition of an outer join does not restrict this side'
    case 'unboundPeer':
      return `bound only to ${reason.peer}, which is not confined itself`
  }
}
