import type { AuditCheck } from './check.ts'
import { policyHoles } from './policy-diagnosis.ts'
import { nameOf } from './subjects.ts'

export const policyIdentityNull: AuditCheck = {
  id: 'policy-identity-null',
  direction: 'open',
  title: 'A policy that opens up when nobody acts',
  catalogue: 19,
  run: (context) =>
    policyHoles(
      context,
      'identity',
      (leak, reason) =>
        `Policy ${leak.policy.name} on ${nameOf(leak.table)} admits every row to a session that has set no tenant: ${reason}. Drop that branch; give whoever needs all rows a role and policy of its own.`,
    ),
}
