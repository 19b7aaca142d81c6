import type { AuditCheck } from './check.ts'
import { listCommands, policyHoles } from './policy-diagnosis.ts'
import { nameOf } from './subjects.ts'

export const policyAlwaysTrue: AuditCheck = {
  id: 'policy-always-true',
  direction: 'open',
  title: 'A policy that admits every row',
  catalogue: 14,
  run: (context) =>
    policyHoles(
      context,
      'true',
      (leak, reason) =>
        `Policy ${leak.policy.name} on ${nameOf(leak.table)} lets ${listCommands(leak)} reach every row: ${reason}. Compare the tenant key with the acting tenant in every branch.`,
    ),
}
