import type { AlterPolicyStmt, CreatePolicyStmt, RangeVar } from 'libpg-query'
import { relationOf, rolesOf } from './ast.ts'
import { findTable, type DraftTable } from './draft.ts'
import type { Reading } from './reading.ts'
import type { Policy } from './schema.ts'
import { parenthesized } from './tokens.ts'

function expression(reading: Reading, ...keywords: string[]): string | null {
  return parenthesized(reading.text, reading.tokens, ...keywords)
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
    using: expression(reading, 'using'),
    check: expression(reading, 'with', 'check'),
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
    using: expression(reading, 'using') ?? held.using,
    check: expression(reading, 'with', 'check') ?? held.check,
    origin: reading.origin,
  }
}
