import type { AuditCheck } from './check.ts'
import { childWithoutTenantKey } from './child-without-tenant-key.ts'
import { defaultPrivilegesToPublic } from './default-privileges-to-public.ts'
import { definerSearchPath } from './definer-search-path.ts'
import { foreignKeyNullsTenant } from './foreign-key-nulls-tenant.ts'
import { foreignKeyWithoutTenant } from './foreign-key-without-tenant.ts'
import { insertWithoutCheck } from './insert-without-check.ts'
import { materializedViewOverOwned } from './materialized-view-over-owned.ts'
import { nullableTenantColumn } from './nullable-tenant-column.ts'
import { onlyRestrictivePolicies } from './only-restrictive-policies.ts'
import { openWriteGate } from './open-write-gate.ts'
import { partitionWithoutRls } from './partition-without-rls.ts'
import { policyAlwaysTrue } from './policy-always-true.ts'
import { policyBypassSetting } from './policy-bypass-setting.ts'
import { policyIdentityNull } from './policy-identity-null.ts'
import { policyUnionNotConfined } from './policy-union-not-confined.ts'
import { policyWithoutRls } from './policy-without-rls.ts'
import { privilegedApplicationRole } from './privileged-application-role.ts'
import { rlsDisabled } from './rls-disabled.ts'
import { rlsNotForced } from './rls-not-forced.ts'
import { rlsWithoutPolicy } from './rls-without-policy.ts'
import { storedTenantSetting } from './stored-tenant-setting.ts'
import { tenantColumnDefault } from './tenant-column-default.ts'
import { truncateGranted } from './truncate-granted.ts'
import { unclassifiedTable } from './unclassified-table.ts'
import { uniqueWithoutTenant } from './unique-without-tenant.ts'
import { viewWithoutSecurityInvoker } from './view-without-security-invoker.ts'

/** Every check, by id. */
export const checks: readonly AuditCheck[] = [
  childWithoutTenantKey,
  defaultPrivilegesToPublic,
  definerSearchPath,
  foreignKeyNullsTenant,
  foreignKeyWithoutTenant,
  insertWithoutCheck,
  materializedViewOverOwned,
  nullableTenantColumn,
  onlyRestrictivePolicies,
  openWriteGate,
  partitionWithoutRls,
  policyAlwaysTrue,
  policyBypassSetting,
  policyIdentityNull,
  policyUnionNotConfined,
  policyWithoutRls,
  privilegedApplicationRole,
  rlsDisabled,
  rlsNotForced,
  rlsWithoutPolicy,
  storedTenantSetting,
  tenantColumnDefault,
  truncateGranted,
  unclassifiedTable,
  uniqueWithoutTenant,
  viewWithoutSecurityInvoker,
]
