import type { Tenancy } from '../../tenancy/tenancy.ts'
import type { Judged } from '../judge.ts'
import { isFoundByAuthentication, isOwnTenant } from './actor.ts'
import { isInvitation, isMembership } from './column.ts'
import type { Exposure } from './exposure.ts'

/** A row of one's own is no other tenant's, unless the relation carries a tenant and one person may act in several. */
export function exposureOfOwn(path: string, { ownership, occurrence }: Judged, tenancy: Tenancy): Exposure {
  if (isFoundByAuthentication(path, tenancy)) {
    return { kind: 'derived', from: 'a row that authentication read' }
  }
  if (isOwnTenant(path, tenancy)) {
    return { kind: 'derived', from: 'the tenant of whoever is logged in', isTenant: true }
  }
  const { name } = occurrence.relation
  return ownership.kind === 'owned' && !isMembership(name) && !isInvitation(name)
    ? {
        kind: 'likely',
        reason: 'it is bound to the logged-in user, who may act in several tenants',
        path: [],
      }
    : { kind: 'derived', from: 'whoever is logged in' }
}
