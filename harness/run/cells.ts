import { isCursor } from '../generate/cursors.ts'
import type { Prepared } from '../generate/prepared.ts'
import type { CoverageLedger } from './coverage.ts'
import type { OracleId, Relation } from './events.ts'

/** Why an oracle cannot judge in this campaign at all; absent when it can. */
export type Blindness = Readonly<Partial<Record<OracleId, string>>>

/** Declares every cell that a campaign should exercise. */
export function declareCells(
  prepared: Iterable<Prepared>,
  oracles: ReadonlySet<OracleId>,
  blind: Blindness,
  coverage: CoverageLedger,
): void {
  for (const { operation, slots } of prepared) {
    const declare = (oracle: OracleId, relation: Relation): void => {
      if (oracles.has(oracle)) coverage.declare(operation.id, relation, oracle, blind[oracle] ?? null)
    }
    const named = slots.some((slot) => !isCursor(slot.type))
    const plain = slots.length > 0 ? 'own' : 'none'
    declare('foreign-read', plain)
    declare('principal', plain)
    declare('interference', plain)
    if (named) {
      declare('foreign-read', 'foreign')
      declare('existence', 'foreign')
    }
    if (named) declare('error-message', 'malformed')
    else if (operation.body !== undefined) declare('error-message', plain)
    if (operation.writes) {
      declare('foreign-write', plain)
      if (named) declare('foreign-write', 'foreign')
    }
  }
}
