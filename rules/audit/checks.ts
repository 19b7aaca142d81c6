import type { AuditCheck } from './check.ts'
import { nullableTenantColumn } from './nullable-tenant-column.ts'
import { policyWithoutRls } from './policy-without-rls.ts'
import { rlsDisabled } from './rls-disabled.ts'
import { rlsNotForced } from './rls-not-forced.ts'
import { unclassifiedTable } from './unclassified-table.ts'

/** Every check, by id. */
export const checks: readonly AuditCheck[] = [
  nullableTenantColumn,
  policyWithoutRls,
  rlsDisabled,
  rlsNotForced,
  unclassifiedTable,
]
