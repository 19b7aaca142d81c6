import type { ProvisionedTenant, RequestCredentials } from '../target/target.ts'
import type { Pool } from './pool.ts'

/** The victim owns what others are after, the bystander shows what *every* foreigner sees, attackers act. */
export type Role = 'victim' | 'bystander' | 'attacker'

/** Someone who can send requests. */
export interface Actor {
  readonly name: string
  readonly role: string
  readonly credentials: RequestCredentials
}

/** A provisioned tenant, ready to act. */
export interface Tenant {
  readonly index: number
  readonly role: Role
  /** As shown: `victim`, `attacker`. */
  readonly label: string
  readonly slug: string
  readonly provisioned: ProvisionedTenant
  readonly actors: readonly Actor[]
  /** Provisioned ids, and those harvested while it was prepared. */
  readonly pool: Pool
  /** Foreign ids that it has written somewhere: they may come back to it rightly. */
  readonly planted: Set<string>
}
