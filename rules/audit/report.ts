import type { Schema } from '../schema/schema.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import type { AuditFinding, PolicyVerdict } from './check.ts'
import { checks } from './checks.ts'
import { missingRelations } from './missing-relations.ts'
import { analysePolicies } from './policy-leaks.ts'
import { unmodelledTriggers } from './triggers.ts'

/** `inconclusive`: nothing was found, but not everything could be read or decided. @public */
export type AuditVerdict = 'clean' | 'finding' | 'inconclusive'

/** What the audit of one schema says. Findings and policies are sorted by id, so that two reports compare. @public */
export interface AuditReport {
  readonly verdict: AuditVerdict
  readonly findings: readonly AuditFinding[]
  readonly policies: readonly PolicyVerdict[]
  /** What was not read or not decided: each could hide a hole. */
  readonly unread: Schema['unread']
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

/** Findings of every check, each hole once. */
export function runChecks(schema: Schema, tenancy: Tenancy): AuditFinding[] {
  const context = { schema, tenancy }
  const found = new Map<string, AuditFinding>()
  for (const check of checks) {
    for (const hole of check.run(context)) {
      const id = `${check.id}/${hole.key}`
      if (!found.has(id)) found.set(id, { ...hole, id, check: check.id, direction: check.direction })
    }
  }
  return [...found.values()].toSorted((left, right) => compare(left.id, right.id))
}

export function verdictOf(
  findings: readonly AuditFinding[],
  policies: readonly PolicyVerdict[],
  unread: Schema['unread'],
): AuditVerdict {
  if (findings.length > 0) return 'finding'
  return unread.length > 0 || policies.some(({ verdict }) => verdict === 'unknown') ? 'inconclusive' : 'clean'
}

/**
 * Holds a schema to its tenancy model. Runs nothing and changes nothing.
 *
 * @throws Problem `E-TENANCY-RELATION` when the model names a relation that the schema does not have, although all of the
 * schema was read.
 * @public
 */
export function auditSchema(schema: Schema, tenancy: Tenancy): AuditReport {
  const unread = [
    ...schema.unread,
    ...missingRelations(schema, tenancy),
    ...unmodelledTriggers({ schema, tenancy }),
  ]
  const findings = runChecks(schema, tenancy)
  const policies = analysePolicies({ schema, tenancy }).verdicts
  return { verdict: verdictOf(findings, policies, unread), findings, policies, unread }
}
