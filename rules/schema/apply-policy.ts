import type { AlterPolicyStmt, CreatePolicyStmt, RangeVar } from 'libpg-query'
import { relationOf, rolesOf } from './ast.ts'
import { findTable, type DraftTable } from './draft.ts'
import { policyExpression } from './expression.ts'
import type { Reading } from './reading.ts'
import type { Policy, PolicyExpression } from './schema.ts'
import { parenthesized } from './tokens.ts'

function expression(reading: Reading, table: DraftTable, ...keywords: string[]): PolicyExpression | null {
  const text = parenthesized(reading.text, reading.tokens, ...keywords)
  return text === null ? null : policyExpression(text, { schema: table.schema, name: table.name })
}

function tableOf(reading: Reading, range: RangeVar | undefined, policy: string): DraftTable | null {
  const table = findTable(reading.draft, relationOf(range as RangeVar))
  if (table === null) {
    const reason = `policy ${policy} on a table that is not known: ${range?.relname ?? ''}`
    reading.draft.unread.push({ reason, origin: reading.origin })
  }
  return table
}

export function createPolicy(reading: Reading, statement: CreatePolicyStmt): void {
  const name = statement.policy_name ?? ''
  const table = tableOf(reading, statement.table, name)
  if (table === null || table.policies.some((policy) => policy.name === name)) return
  const roles = rolesOf(statement.roles, reading.draft.role)
  table.policies.push({
    name,
    table: { schema: table.schema, name: table.name },
    permissive: statement.permissive ?? false,
    command: (statement.cmd_name ?? 'all') as Policy['command'],
    roles: roles.length > 0 ? roles.toSorted() : ['public'],
    using: expression(reading, table, 'using'),
    check: expression(reading, table, 'with', 'check'),
    origin: reading.origin,
  })
}

export function alterPolicy(reading: Reading, statement: AlterPolicyStmt): void {
  const name = statement.policy_name ?? ''
  const table = tableOf(reading, statement.table, name)
  const at = table?.policies.findIndex((policy) => policy.name === name) ?? -1
  if (table === null || at < 0) return
  const held = table.policies[at]!
  const roles = rolesOf(statement.roles, reading.draft.role)
  table.policies[at] = {
    ...held,
    roles: roles.length > 0 ? roles.toSorted() : held.roles,
    using: expression(reading, table, 'using') ?? held.using,
    check: expression(reading, table, 'with', 'check') ?? held.check,
    origin: reading.origin,
  }
}
