import type { Schema, SqlFunction, Table, Trigger } from '../schema/schema.ts'
import type { RelationName } from '../sql/statement.ts'
import { type AuditContext } from './check.ts'
import { analysePolicies } from './policy-leaks.ts'
import { granteesOf, roleNamed, rolesReachableFrom } from './privileges.ts'
import { nameOf, ownershipOf } from './subjects.ts'

/** Trigger functions of PostgreSQL itself, and of its extensions: they change the row that is written, or report it. */
const harmless =
  /^(?:suppress_redundant_updates_trigger|tsvector_update_trigger(?:_column)?|moddatetime|insert_username|lo_manage|autoinc)$/

const writes =
  /\b(?:insert\s+into|update|delete\s+from|merge\s+into|truncate(?:\s+table)?)\s+(?:only\s+)?((?:"[^"]+"|\w+)(?:\s*\.\s*(?:"[^"]+"|\w+))?)/gi

/** Functions that functions call; deeper ones are named rather than followed. */
const depthLimit = 4

/**
 * Triggers whose work is not modelled, where it could reach rows of other tenants: they run with the rights of their owner, write
 * relations of tenants, put their statements together, or are not in sight.
 */
export function unmodelledTriggers(context: AuditContext): Schema['unread'] {
  return context.schema.tables.flatMap((table) =>
    table.triggers.flatMap((trigger) => {
      const reason = reasonOf(trigger, context)
      if (reason === null) return []
      const { name, runs, origin } = trigger
      return [
        { reason: `trigger ${name} on ${nameOf(table)} runs ${nameOf(runs)}(), which ${reason}`, origin },
      ]
    }),
  )
}

function reasonOf({ runs }: Trigger, context: AuditContext): string | null {
  const all = functionsNamed(runs, context)
  if (all.length === 0) return harmless.test(runs.name) ? null : 'is not in sight'
  const reasons = all.map((one) => reasonFor(one, context, 0))
  return reasons.find((reason) => reason !== null) ?? null
}

const functionsNamed = ({ schema, name }: RelationName, context: AuditContext): readonly SqlFunction[] =>
  context.schema.functions.filter((one) => one.name === name && (schema === null || one.schema === schema))

function reasonFor(one: SqlFunction, context: AuditContext, depth: number): string | null {
  if (one.securityDefiner && ownerReachesTenants(one, context)) return 'runs with the rights of its owner'
  if (!/^(?:plpgsql|sql)$/.test(one.language)) return `is written in ${one.language}`
  const body = one.body.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
  if (/\bexecute\b/i.test(body)) return 'runs statements that it puts together'
  for (const [, written] of body.matchAll(writes)) {
    const relation = relationNamed(written!)
    // `FOR UPDATE OF` and `ON CONFLICT DO UPDATE SET` name no relation.
    if (/^(?:set|of|skip|nowait)$/i.test(relation.name)) continue
    if (ownershipOf(context, relation).kind === 'global') continue
    // Policies hold the rights of the caller; of an owner who reaches no tenant's table, the write fails.
    if (one.securityDefiner || isHeldByPolicies(relation, context)) continue
    return `writes ${nameOf(relation)}`
  }
  if (depth >= depthLimit) return 'calls functions that call others'
  for (const [, called] of body.matchAll(/([a-z_][\w.]*)\s*\(/gi)) {
    for (const inner of functionsNamed(relationNamed(called!), context)) {
      const reason = inner === one ? null : reasonFor(inner, context, depth + 1)
      if (reason !== null) return `calls ${nameOf(inner)}(), which ${reason}`
    }
  }
  return null
}

/**
 * Whether the owner of a function could reach rows of tenants: an ordinary role that owns no table of theirs and was granted
 * none, by itself, by what it is a member of or as anybody, could not, whatever the function does.
 */
function ownerReachesTenants({ owner }: SqlFunction, context: AuditContext): boolean {
  const { schema } = context
  const roles = owner === null ? [] : rolesReachableFrom(schema, owner)
  if (roles.length === 0) return true
  for (const name of roles) {
    const role = roleNamed(schema, name)
    if (role === null || role.superuser || role.bypassRls) return true
  }
  const anybody = [...roles, 'public']
  return schema.tables.some((table) => {
    if (ownershipOf(context, table).kind === 'global') return false
    return (
      table.owner === null ||
      roles.includes(table.owner) ||
      granteesOf(schema, table).some((one) => anybody.includes(one))
    )
  })
}

/**
 * A function that runs with the rights of its caller is held by the policies of what it writes, as its caller is: it
 * reaches no row that the caller could not. A name without a schema may be any table that is called so.
 */
function isHeldByPolicies(relation: RelationName, context: AuditContext): boolean {
  const tables = context.schema.tables.filter(
    ({ name, schema }) => name === relation.name && schema === (relation.schema ?? schema),
  )
  return tables.length > 0 && tables.every((table) => isHeld(table, context))
}

function isHeld(table: Table, context: AuditContext): boolean {
  if (!table.rowSecurity || !table.forceRowSecurity) return false
  const verdicts = analysePolicies(context).verdicts.filter((verdict) => verdict.table === nameOf(table))
  return verdicts.length > 0 && verdicts.every(({ verdict }) => verdict === 'confined')
}

function relationNamed(written: string): RelationName {
  const parts = [...written.matchAll(/"([^"]+)"|(\w+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain!.toLowerCase(),
  )
  return { schema: parts.length > 1 ? parts.at(-2)! : null, name: parts.at(-1) ?? written }
}
