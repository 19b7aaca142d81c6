import type { LeakReason } from '../confinement/verdict.ts'
import { holdsHole } from '../sql/hole.ts'
import type { CallSite } from './context.ts'
import type { Judged, JudgedQuery } from './judge.ts'
import { optionalParameter } from './optional-parameter.ts'
import type { Standing } from './standing.ts'
import { tenantSchemaOf } from './tenant-schema.ts'

export type FindingState =
  | { readonly kind: 'leak'; readonly reason: LeakReason }
  /** It is confined, but not always: the program may drop the tenant predicate. */
  | { readonly kind: 'optional'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }
  /** The tenancy model does not name the relation. */
  | { readonly kind: 'unnamed' }

/** What is wrong with one relation in one call, over all the statements that the call may send. */
export interface Finding {
  readonly judged: JudgedQuery
  readonly occurrence: Judged
  readonly state: FindingState
  /** Its rows are reached by reference from confined ones; whether references stay in their tenant is not shown. */
  readonly byReference: boolean
}

/** What speaks for a mention beside its own statement. */
export type StandingOf = (judged: JudgedQuery, occurrence: Judged) => Standing

/** The findings of a call: one for each relation, kind of access and role in the statement. */
export function findingsOf(site: CallSite, standingOf: StandingOf): Finding[] {
  const worst = new Map<string, { readonly finding: Finding; readonly statements: Set<JudgedQuery> }>()
  for (const judged of site.queries) {
    for (const occurrence of judged.occurrences) {
      const state = stateOf(judged, occurrence)
      if (state === null) continue
      const standing = standsBy(occurrence, state) ? standingOf(judged, occurrence) : 'open'
      if (standing === 'confined' || (standing === 'repeated' && state.kind === 'leak')) continue
      const finding: Finding = { judged, occurrence, state, byReference: standing === 'reference' }
      const { relation, access } = occurrence.occurrence
      const key = [relation.schema, relation.name, access, occurrence.joined].join('\0')
      const known = worst.get(key)
      if (known === undefined) {
        worst.set(key, { finding, statements: new Set([judged]) })
        continue
      }
      known.statements.add(judged)
      if (weight(finding) > weight(known.finding)) worst.set(key, { ...known, finding })
    }
  }
  return [...worst.values()].map(({ finding, statements }) => sometimes(finding, site, statements))
}

/**
 * May something else than its own predicate speak for a mention? Of one whose condition the program leaves out at times, what ties it to other rows is
 * never in what is left out. A value that may be missing is another thing: with it the tie is gone.
 */
function standsBy({ verdict }: Judged, state: FindingState): boolean {
  const isLeftOut = verdict.kind === 'leak' && verdict.reason.kind === 'optional'
  return state.kind === 'leak' || (state.kind === 'optional' && isLeftOut)
}

const severity: Record<FindingState['kind'], number> = { unnamed: 0, unknown: 1, optional: 2, leak: 3 }

const weight = ({ state, byReference }: Finding): number => severity[state.kind] - (byReference ? 2.5 : 0)

function stateOf({ query }: JudgedQuery, judged: Judged): FindingState | null {
  const { verdict, ownership, occurrence } = judged
  if (ownership.kind === 'unknown') {
    if (holdsHole(occurrence.relation.name)) {
      return { kind: 'unknown', reason: 'the relation is only known at run time' }
    }
    switch (tenantSchemaOf(occurrence.relation, query)) {
      case 'acting':
        return null
      case 'named':
        return { kind: 'unknown', reason: 'its schema is that of a tenant, which the program pastes in' }
      case null:
        return { kind: 'unnamed' }
    }
  }
  if (verdict.kind === 'confined') return null
  if (verdict.kind === 'unknown') return { kind: 'unknown', reason: verdict.reason }
  if (verdict.reason.kind === 'optional') return { kind: 'optional', reason: verdict.reason.reason }
  const column = keyColumn(judged)
  const reason = column === null ? null : optionalParameter(query.statement, occurrence.id, column)
  return reason === null ? { kind: 'leak', reason: verdict.reason } : { kind: 'optional', reason }
}

function keyColumn({ ownership }: Judged): string | null {
  if (ownership.kind === 'owned') return ownership.column
  return ownership.kind === 'root' ? ownership.key : null
}

/** A leak in some of the statements that one call may send, where others do the same to the relation and confine it. */
function sometimes(finding: Finding, site: CallSite, leaking: ReadonlySet<JudgedQuery>): Finding {
  if (finding.state.kind !== 'leak') return finding
  const { relation, access } = finding.occurrence.occurrence
  const confinedElsewhere = site.queries.some(
    (judged) =>
      !leaking.has(judged) &&
      judged.occurrences.some(
        ({ occurrence, verdict }) =>
          occurrence.relation.name === relation.name &&
          occurrence.access === access &&
          verdict.kind === 'confined',
      ),
  )
  if (!confinedElsewhere) return finding
  const reason = 'the program adds the tenant predicate only on some paths'
  return { ...finding, state: { kind: 'optional', reason } }
}
