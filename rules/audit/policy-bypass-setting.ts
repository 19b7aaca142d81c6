import type { AuditCheck } from './check.ts'
import { policyHoles } from './policy-diagnosis.ts'
import { nameOf } from './subjects.ts'

export const policyBypassSetting: AuditCheck = {
  id: 'policy-bypass-setting',
  direction: 'open',
  title: 'A policy with a switch that any session can throw',
  catalogue: 20,
  run: (context) =>
    policyHoles(
      context,
      'bypass',
      (leak, reason) =>
        `Policy ${leak.policy.name} on ${nameOf(leak.table)} admits every row when a setting says so, and any session can set it: ${reason}. Use a role for that, not a setting.`,
    ),
}
