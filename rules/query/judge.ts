import { confine } from '../confinement/confine.ts'
import type {
  OccurrenceVerdict,
  Ownership,
  OwnershipOf,
  TenantValue,
  Verdict,
} from '../confinement/verdict.ts'
import type { RelationName, Statement } from '../sql/statement.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import { readsOfNobodys } from './nobody.ts'
import type { Query } from './query.ts'
import { relationIn } from './reference.ts'
import { tenantValueOf } from './tenant-value.ts'

/** The verdict on one mention of a relation, with what else speaks for it. */
export interface Judged extends OccurrenceVerdict {
  /** The tenancy model declares that something other than this statement confines it: row-level security, a scoped client. */
  readonly declared: string | null
  /** Its rows are the tenant's or nobody's: the statement lets only rows without a tenant through beside those of the tenant. */
  readonly ownOrNobodys: boolean
}

/** A query with the verdicts on every relation that it mentions. */
export interface JudgedQuery {
  readonly query: Query
  readonly occurrences: readonly Judged[]
}

/** The verdicts are reached when somebody asks: of files that are read on the side, few queries matter. */
export function judge(query: Query, tenancy: Tenancy): JudgedQuery {
  let known: readonly Judged[] | null = null
  return {
    query,
    get occurrences() {
      return (known ??= judged(query, tenancy))
    },
  }
}

function judged(query: Query, tenancy: Tenancy): readonly Judged[] {
  const verdicts = verdictsOf(query, tenancy)
  const unseen = unseenText(query)
  const declared = declaredBy(query, tenancy)
  const nobodys = readsOfNobodys(query.statement, verdicts, (statement) =>
    verdictsOf({ ...query, statement }, tenancy),
  )
  return verdicts.map((one): Judged => ({
    ...one,
    verdict: unseen === null ? one.verdict : blurred(one, unseen),
    declared,
    ownOrNobodys: nobodys.has(one.occurrence.id),
  }))
}

function verdictsOf({ statement, values }: Query, tenancy: Tenancy): readonly OccurrenceVerdict[] {
  const alsoOf: AlsoOf = (relation) => relationIn(tenancy, relation)?.also ?? []
  return confineByAny(statement, ownershipIn(tenancy), alsoOf, tenantValueOf(values, tenancy))
}

/** Tells the further columns of a relation that carry a tenant of another level. */
export type AlsoOf = (relation: RelationName) => readonly string[]

/** A relation that carries the keys of several levels is confined by any of them: those that the first leaves open are asked again. */
export function confineByAny(
  statement: Statement,
  own: OwnershipOf,
  alsoOf: AlsoOf,
  tenantValue: TenantValue,
): readonly OccurrenceVerdict[] {
  let verdicts = confine(statement, own, tenantValue)
  const open = verdicts.filter(({ verdict }) => verdict.kind === 'leak')
  const others = new Set(open.flatMap(({ occurrence }) => alsoOf(occurrence.relation)))
  for (const column of others) {
    const by: OwnershipOf = (relation) =>
      alsoOf(relation).includes(column) ? { kind: 'owned', column } : own(relation)
    const further = confine(statement, by, tenantValue)
    verdicts = verdicts.map((one, index) =>
      one.verdict.kind === 'leak' && further[index]?.verdict.kind === 'confined'
        ? { ...one, verdict: further[index].verdict }
        : one,
    )
  }
  return verdicts
}

/** PostgreSQL's own catalogs hold no tenant's rows. */
function ownershipIn(tenancy: Tenancy): OwnershipOf {
  return (relation): Ownership => {
    const system = relation.schema === 'pg_catalog' || relation.schema === 'information_schema'
    if (system || (relation.schema === null && relation.name.startsWith('pg_'))) {
      return { kind: 'global', reason: 'system catalog' }
    }
    return tenancy.ownershipOf(relation)
  }
}

/**
 * Text that the program pastes in where it may change which rows are touched. `narrows`: every piece is a condition in brackets of its own,
 * so what confines beside it still does, but it may confine what nothing else does.
 */
interface Unseen {
  readonly narrows: boolean
}

function unseenText(query: Query): Unseen | null {
  const fragments = query.interpolations.filter(
    (one) => one.position === 'fragment' && one.widens !== false && one.provenance.kind !== 'literal',
  )
  return fragments.length === 0 ? null : { narrows: fragments.every(({ enclosed }) => enclosed === true) }
}

function blurred({ ownership, verdict }: OccurrenceVerdict, { narrows }: Unseen): Verdict {
  if (ownership.kind === 'global' || verdict.kind === 'unknown') return verdict
  if (narrows && verdict.kind === 'confined') return verdict
  return { kind: 'unknown', reason: 'part of the SQL text is put together out of sight' }
}

function declaredBy(query: Query, tenancy: Tenancy): string | null {
  if (tenancy.rowLevelSecurity === 'forced') return 'row-level security'
  const client = tenancy.scopedClients.find(
    (name) => query.client === name || query.client.endsWith(`.${name}`) || query.client === `${name}()`,
  )
  return client === undefined ? null : `the scoped client \`${client}\``
}
