import type { Tenancy } from '../../tenancy/tenancy.ts'
import { endsInTenantId, tenantNames } from './actor.ts'

const comparison = /([\w$.?!\]]+)\s*[!=]==?\s*([\w$.?!]+)/g

/** Does the text of a function compare a tenant with something that it does not write out: `surveyTeamId !== auth.team.id`? */
export function comparesTenant(text: string, tenancy: Tenancy): boolean {
  return [...text.matchAll(comparison)].some(
    ([, left, right]) =>
      !isWrittenOut(left!) &&
      !isWrittenOut(right!) &&
      speaksOfTenant(left!, tenancy) &&
      speaksOfTenant(right!, tenancy),
  )
}

const isWrittenOut = (side: string): boolean => /^(?:null|undefined|true|false|\d+)$/.test(side)

/** Does a path lead to a tenant, or to the id of one, as it is written? */
export function speaksOfTenant(path: string, tenancy: Tenancy): boolean {
  const names = tenantNames(tenancy)
  return path
    .split(/[.?!]+/)
    .some((name) => name !== '' && (names.test(name) || endsInTenantId(name, tenancy)))
}
