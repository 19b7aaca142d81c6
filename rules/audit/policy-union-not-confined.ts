import type { AuditCheck } from './check.ts'
import { listCommands, policyHoles } from './policy-diagnosis.ts'
import { nameOf } from './subjects.ts'

export const policyUnionNotConfined: AuditCheck = {
  id: 'policy-union-not-confined',
  direction: 'open',
  title: 'Policies that together reach beyond the tenant',
  catalogue: 17,
  run: (context) =>
    policyHoles(
      context,
      'union',
      (leak, reason) =>
        `Policy ${leak.policy.name} on ${nameOf(leak.table)} lets ${listCommands(leak)} reach rows of other tenants: ${reason}. Permissive policies add up, so every one of them must compare the tenant key with the acting tenant.`,
    ),
}
