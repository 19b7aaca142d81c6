import type { AuditCheck } from './check.ts'
import { listCommands, policyHoles } from './policy-diagnosis.ts'
import { nameOf } from './subjects.ts'

export const openWriteGate: AuditCheck = {
  id: 'open-write-gate',
  direction: 'open',
  title: 'UPDATE or DELETE that finds rows of other tenants',
  catalogue: 16,
  run: (context) =>
    policyHoles(
      context,
      'write',
      (leak, reason) =>
        `Policy ${leak.policy.name} on ${nameOf(leak.table)} lets ${listCommands(leak)} find rows of other tenants: ${reason}. A statement without WHERE reaches them all; compare the tenant key in USING.`,
    ),
}
