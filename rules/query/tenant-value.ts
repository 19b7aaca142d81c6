import type { TenantValue } from '../confinement/verdict.ts'
import type { Provenance } from '../provenance/provenance.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'

/**
 * Does an operand stand for the acting tenant? Only the claim *a tenant predicate exists* is decided here, so every value that
 * the program computes counts; that it is the *authenticated* tenant is a rule of its own. A value written into the
 * code is no tenant.
 */
export function tenantValueOf(values: readonly Provenance[], tenancy: Tenancy): TenantValue {
  return (operand) => {
    switch (operand.kind) {
      case 'parameter': {
        const provenance = values[operand.index]
        return provenance?.kind === 'literal' ? 'other' : 'tenant'
      }
      case 'setting':
        return operand.name === tenancy.setting ? 'tenant' : 'unknown'
      case 'literal':
        return 'other'
      default:
        return 'unknown'
    }
  }
}
