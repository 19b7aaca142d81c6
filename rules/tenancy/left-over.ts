import type { Decision } from './decision.ts'
import { detailOf } from './detail.ts'
import { isPerson } from './identity.ts'
import type { ReferenceShape, RelationShape } from './shape.ts'
import { isAuthorship, isReferenceData, tenantWordOfColumn, weightOfWord, wordsOf } from './vocabulary.ts'

/** What is known around a relation that has neither a tenant key nor a parent that must be there. */
export interface Surroundings {
  /** Its references to relations of tenants. */
  readonly owners: readonly ReferenceShape[]
  /** Relations of tenants that refer to it. */
  readonly users: readonly string[]
  readonly relations: readonly RelationShape[]
  readonly decisionOf: (relation: string) => Decision | undefined
}

/** Why a relation is taken for global that says nothing of tenants at all. */
export const unconnected = 'no reference to a tenant, and no tenant refers to it'

/** Global, when nothing connects the relation with a tenant; else unknown. The text says what a person should look at. */
export function judgeLeftOver(
  relation: RelationShape,
  { owners, users, relations, decisionOf }: Surroundings,
): [Decision, string?] {
  const isOwned = (name: string) => isTenants(decisionOf(name))
  const isUnknown = (name: string) => 'unknown' in (decisionOf(name) ?? {})
  const people = new Set(relations.filter(isPerson).map(({ name }) => name))
  const ownedBehind = (column: string) => relationBehind(column, relations, isOwned)
  if (isPerson(relation)) {
    return [
      { global: 'identity: one user may belong to several tenants' },
      'taken for an identity; a query that lists it shows the users of all tenants',
    ]
  }
  const parents = owners.filter(({ columns }) => !columns.every(isAuthorship))
  if (parents.length > 0) return unknown(`no required parent, only optional ones (${listed(parents)})`)
  const doubtful = relation.references.find(({ to }) => isUnknown(to))
  if (doubtful !== undefined) {
    return unknown(`refers to ${doubtful.to}, of which it is unknown whose it is`)
  }
  const named = relation.columns.find(({ name }) => namesTenant(relation, name))
  // `organization_id`, where organizations are what a tenant keeps rather than tenants.
  const kept = named === undefined ? undefined : ownedBehind(named.name)
  if (kept !== undefined && !('root' in decisionOf(kept.name)!)) return unknown(leadsTo(named!.name, kept))
  if (named !== undefined) return unknown(`${named.name} names a tenant, but is not among the tenant columns`)
  const identity = relation.references.find(({ to }) => people.has(to) && !isOwned(to))
  if (identity !== undefined && users.length === 0) {
    return [
      { global: 'belongs to a user, not to a tenant' },
      `belongs to ${identity.to} through ${identity.columns.join('+')}, and to no tenant; correct it if its rows are a tenant's`,
    ]
  }
  if (isReferenceData(relation.name)) {
    return [{ global: 'reference data' }, 'taken for reference data by its name']
  }
  const detail = detailOf(relation, relations, decisionOf)
  if (detail !== null) return detail
  if (users.length > 0) {
    const shown = users.slice(0, 3).join(', ') + (users.length > 3 ? ', …' : '')
    return unknown(`no tenant key and no owned parent, but tenants' rows refer to it (${shown})`)
  }
  const loose = relation.columns.find(({ name }) => ownedBehind(name) !== undefined)
  if (loose !== undefined) return unknown(leadsTo(loose.name, ownedBehind(loose.name)!))
  if (owners.length > 0) {
    return unknown(`only its authors (${listed(owners)}) connect it with a tenant`)
  }
  return [
    { global: unconnected },
    'taken for global because nothing connects it with a tenant; a tenant id kept without a foreign key would not be seen',
  ]
}

/** The owned relation that a column names: `projectId` → `projects`. */
function relationBehind(
  column: string,
  relations: readonly RelationShape[],
  isOwned: (name: string) => boolean,
): RelationShape | undefined {
  const word = wordsOf(column).slice(0, -1).join('_')
  if (!/(id|uuid)$/i.test(column) || word === '') return undefined
  return relations.find(({ name }) => wordsOf(name).join('_') === word && isOwned(name))
}

/** Do the rows belong to tenants? */
export function isTenants(decision: Decision | undefined): boolean {
  return decision !== undefined && ('owned' in decision || 'ownedThrough' in decision || 'root' in decision)
}

/** A column with the name of its own relation (`accounts.account_id`) is an id of its rows, no tenant's. */
function namesTenant(relation: RelationShape, column: string): boolean {
  const word = tenantWordOfColumn(column)
  return word !== null && weightOfWord(word) >= 5 && wordsOf(relation.name).at(-1) !== word
}

const leadsTo = (column: string, { name }: RelationShape): string =>
  `${column} seems to lead to ${name}, though no foreign key says so`

function listed(references: readonly ReferenceShape[]): string {
  return references.map(({ columns, to }) => `${columns.join('+')} -> ${to}`).join(', ')
}

export function unknown(reason: string): [Decision, string] {
  return [{ unknown: reason }, `${reason}: say how its rows belong to tenants`]
}
