import type { Exposure } from './exposure.ts'
import type { SteeringValue } from './steering.ts'

/** Do the rows of a mention hang on this value, whatever the others are? */
export function isBinding({ provenance, column, holds }: SteeringValue, state: Exposure): boolean {
  if (!isIdentifying(column)) return false
  if (state.kind === 'guarded') return true
  return state.kind === 'derived' && (provenance.kind !== 'parameter' || (holds && state.isTenant === true))
}

/** Is the row that owns the rows of a mention, or the row itself, one that every caller has read? */
export function isHeld({ column, holds }: SteeringValue, state: Exposure): boolean {
  return holds && state.kind === 'derived' && isIdentifying(column)
}

/** A row that was read before, whose query is judged where it stands. */
export const ofRow: Exposure = { kind: 'derived', from: 'a row that was read' }

/** A row that is known to be the tenant's. */
export const ofTenantRow: Exposure = { kind: 'derived', from: 'a row of the tenant' }

/** A name that people give: nothing keeps two tenants from giving the same. */
export function isPlainName(column: string | null): boolean {
  return column !== null && /(?:^|_)(?:name|title|label)$|(?:Name|Title|Label)$/.test(column)
}

/** Does a column name rows rather than describe them? */
export function isIdentifying(column: string | null): boolean {
  return column !== null && /(?:id|uuid|key|slug|email|name|code|token|number|domain)s?$/i.test(column)
}

/** What only its holder knows: whoever has it may see the row. The code of an invitation is one, that of a country is none. */
export function isSecret(column: string, relation: string): boolean {
  if (isInvitation(relation) && /code$/i.test(column)) return true
  return /token|secret|hash|signature|nonce|password|otp|api_?key/i.test(column)
}

/** `state` of a callback that names a row: the nonce that an authorisation was begun with. */
export function isNonce(column: string | null, value: string): boolean {
  return /(?:^|\.)state$/.test(value) && column !== 'state' && isIdentifying(column)
}

/** A relation that says who may act in which tenant: its rows of one user are that user's own memberships. */
export function isMembership(relation: string): boolean {
  return /(?:member(?:ship)?|user|role|participant|collaborator)s?$|^users?(?:_?to_?|_)?(?:team|org|workspace)/i.test(
    relation,
  )
}

/** A relation of what was sent to one person, to join a tenant: it is the person's own before it is answered. */
export function isInvitation(relation: string): boolean {
  return /(?:^|_|[a-z])invit(?:e|ation)s?$/i.test(relation)
}
