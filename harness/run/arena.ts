import type { Hint } from '../generate/hints.ts'
import type { Prepared } from '../generate/prepared.ts'
import type { Repertoire } from '../generate/trial.ts'
import type { Tenant } from '../model/tenant.ts'
import type { World } from '../model/world.ts'
import type { View } from '../oracles/view.ts'
import type { CoverageLedger } from './coverage.ts'
import type { OracleId } from './events.ts'
import type { Transport } from './transport.ts'

/** Everything that a trial needs in order to run in one world. */
export interface Arena {
  readonly world: World
  readonly transport: Transport
  readonly prepared: ReadonlyMap<string, Prepared>
  readonly repertoire: Repertoire
  readonly hints: readonly Hint[]
  readonly tenantFields: readonly string[]
  readonly known: ReadonlySet<string>
  readonly payloads: Map<string, string>
  readonly coverage: CoverageLedger
  readonly oracles: ReadonlySet<OracleId>
  readonly success: (status: number) => boolean
  /** Texts that only the victim uses; empty where they would prove nothing. */
  dictionary: readonly string[]
  /** Replaced when it has been damaged. */
  victim: Tenant
  readonly bystander: Tenant
}

/** What the oracles see for one acting tenant. */
export function viewOf(arena: Arena, actor: Tenant): View {
  return {
    canaries: arena.world.canaries,
    identifiers: arena.world.identifiers,
    planted: actor.planted,
    nameOf: (tenant) => (tenant === actor.index ? 'the actor itself' : arena.world.nameOf(tenant)),
    sharing: arena.world.loaded.target.sharing ?? [],
    now: new Date(),
  }
}
