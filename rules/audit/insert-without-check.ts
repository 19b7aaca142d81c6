import type { AuditCheck } from './check.ts'
import { listCommands, policyHoles } from './policy-diagnosis.ts'
import { nameOf } from './subjects.ts'

export const insertWithoutCheck: AuditCheck = {
  id: 'insert-without-check',
  direction: 'open',
  title: 'A check that admits rows of other tenants',
  catalogue: 15,
  run: (context) =>
    policyHoles(
      context,
      'check',
      (leak, reason) =>
        `WITH CHECK of policy ${leak.policy.name} on ${nameOf(leak.table)} lets ${listCommands(leak)} write rows for another tenant: ${reason}. Make it compare the tenant key with the acting tenant.`,
    ),
}
