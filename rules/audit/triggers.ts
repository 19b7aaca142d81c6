import type { Schema, SqlFunction, Trigger } from '../schema/schema.ts'
import type { RelationName } from '../sql/statement.ts'
import { type AuditContext } from './check.ts'
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
  if (one.securityDefiner) return 'runs with the rights of its owner'
  if (!/^(?:plpgsql|sql)$/.test(one.language)) return `is written in ${one.language}`
  const body = one.body.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
  if (/\bexecute\b/i.test(body)) return 'runs statements that it puts together'
  for (const [, written] of body.matchAll(writes)) {
    const relation = relationNamed(written!)
    // `FOR UPDATE OF` and `ON CONFLICT DO UPDATE SET` name no relation.
    if (/^(?:set|of|skip|nowait)$/i.test(relation.name)) continue
    if (ownershipOf(context, relation).kind !== 'global') return `writes ${nameOf(relation)}`
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

function relationNamed(written: string): RelationName {
  const parts = [...written.matchAll(/"([^"]+)"|(\w+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain!.toLowerCase(),
  )
  return { schema: parts.length > 1 ? parts.at(-2)! : null, name: parts.at(-1) ?? written }
}
