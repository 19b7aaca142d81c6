import type { Decision, InferenceNote } from './decision.ts'
import { decideOwners } from './owners.ts'
import { personLevels } from './person-levels.ts'
import { compare, findTenantLevels, type TenantLevels } from './root.ts'
import { type DatabaseShape, mergeShapes, type RelationShape } from './shape.ts'
import type { TenancyFile, TenancyFileRelation } from './tenancy.ts'

/** A proposed model, and everything a person should look at. @public */
export interface Inference {
  readonly file: TenancyFile
  readonly notes: readonly InferenceNote[]
}

export interface InferenceOptions {
  /** `--tenant-column`, most specific first. */
  readonly tenantColumns?: readonly string[]
  readonly $schema?: string
  /**
   * What else speaks of the same database, such as other packages of a monorepo. Relations that no source names are added; what is inferred of
   * all others stays as it is.
   */
  readonly beside?: readonly DatabaseShape[]
}

/**
 * Infers the tenancy model: per relation the narrowest NOT NULL tenant key; else a foreign key to an owned parent; else
 * global, when nothing owned refers to it; else unknown. Equal input gives equal output, sorted by name.
 *
 * @public
 */
export function inferTenancy(sources: readonly DatabaseShape[], options: InferenceOptions = {}): Inference {
  const shape = mergeShapes(sources)
  const relations = [...shape.relations].sort((a, b) => compare(a.name, b.name))
  const found = findTenantLevels(relations, options.tenantColumns ?? [])
  const levels =
    found.root === null && options.tenantColumns === undefined ? (personLevels(relations) ?? found) : found
  const notes: InferenceNote[] = levels.notes.map((text) => ({ relation: null, unsure: true, text }))
  for (const text of shape.unread) notes.push({ relation: null, unsure: true, text: `Not read: ${text}` })
  const own = decideOwners(relations, levels, notes)
  const beside = mergeShapes(options.beside ?? [])
  const added = beside.relations.filter(({ name }) => !own.has(name))
  const all = [...relations, ...added].sort((a, b) => compare(a.name, b.name))
  const decisions = new Map([...decideAdded(all, own, levels, notes), ...own])
  noteUnread(beside, notes)
  const entries = all.map(
    (relation) => [relation.name, entryOf(relation, decisions.get(relation.name)!, levels.columns)] as const,
  )
  const file: TenancyFile = {
    ...(options.$schema === undefined ? {} : { $schema: options.$schema }),
    tenantRoot: levels.root,
    tenantColumns: levels.columns,
    setting: settingOf(shape, notes),
    relations: Object.fromEntries(entries),
    trusted: [],
    ...rowSecurityOf(mergeShapes([shape, beside]), decisions, notes),
  }
  return { file, notes: notes.sort((a, b) => compare(a.relation ?? '', b.relation ?? '')) }
}

/** How the rows of the relations belong to tenants that are not decided yet, with doubts about these alone. */
function decideAdded(
  all: readonly RelationShape[],
  known: ReadonlyMap<string, Decision>,
  levels: TenantLevels,
  notes: InferenceNote[],
): ReadonlyMap<string, Decision> {
  if (all.length === known.size) return known
  const doubts: InferenceNote[] = []
  const decisions = decideOwners(all, levels, doubts)
  notes.push(...doubts.filter(({ relation }) => relation !== null && !known.has(relation)))
  const added = all.flatMap(({ name }) => (known.has(name) ? [] : [name]))
  const shown = added.slice(0, 5).join(', ') + (added.length > 5 ? ', …' : '')
  const text = `Only other packages or migrations name ${shown}: take out what another database holds, for the audit asks for every relation.`
  notes.push({ relation: null, unsure: true, text })
  return decisions
}

/** Of what is read beside the schema, the sum is enough: it is not what the model rests on. */
function noteUnread({ unread }: DatabaseShape, notes: InferenceNote[]): void {
  if (unread.length === 0) return
  const [first] = unread
  const more = unread.length === 1 ? '' : `, and ${unread.length - 1} more places beside the schema`
  notes.push({ relation: null, unsure: true, text: `Not read: ${first}${more}` })
}

/** Ownership first, then what the ORM calls things; nothing that says what is taken for granted anyway. */
function entryOf(
  relation: RelationShape,
  decision: Decision,
  tenantColumns: readonly string[],
): TenancyFileRelation {
  const also = otherKeys(relation, decision, tenantColumns)
  const expected = 'root' in decision ? decision.root : 'id'
  const plainKey = relation.primaryKey.length === 1 && relation.primaryKey[0] === expected
  return {
    ...decision,
    ...(also.length === 0 ? {} : { also }),
    ...(relation.model === null ? {} : { model: relation.model }),
    ...(relation.primaryKey.length === 0 || plainKey ? {} : { key: relation.primaryKey }),
    ...(Object.keys(relation.properties).length === 0 ? {} : { properties: relation.properties }),
    ...(Object.keys(relation.relationFields).length === 0 ? {} : { relationFields: relation.relationFields }),
  }
}

/** Keys of other tenant levels beside the one that was taken for the owner. */
function otherKeys(
  relation: RelationShape,
  decision: Decision,
  tenantColumns: readonly string[],
): readonly string[] {
  const own =
    'owned' in decision ? decision.owned : 'ownedThrough' in decision ? decision.ownedThrough[0] : null
  if (own === null) return []
  return tenantColumns.filter(
    (name) => name !== own && relation.columns.some((column) => column.name === name),
  )
}

/** The setting that most policies read. */
function settingOf(shape: DatabaseShape, notes: InferenceNote[]): string | null {
  const ranked = [...shape.settings].sort(([a, left], [b, right]) => right - left || compare(a, b))
  if (ranked.length > 1) {
    const names = ranked.map(([name, count]) => `${name} (${count})`).join(', ')
    notes.push({
      relation: null,
      unsure: true,
      text: `Policies read several settings: ${names}. The most frequent was taken.`,
    })
  }
  const best = ranked[0]?.[0]
  return best !== undefined && best.includes('.') ? best : null
}

/** What the database does, judged by the owned relations; nothing is declared for a schema that does nothing. */
function rowSecurityOf(
  shape: DatabaseShape,
  decisions: ReadonlyMap<string, Decision>,
  notes: InferenceNote[],
): Pick<TenancyFile, 'rowLevelSecurity'> {
  const owned = [...decisions].filter(([, decision]) => 'owned' in decision).map(([name]) => name)
  const open = owned.filter((name) => !shape.rowSecurity.has(name))
  if (open.length === owned.length) {
    notes.push({
      relation: null,
      unsure: false,
      text: 'No row-level security was found, and the audit will say so of every tenant relation; write "rowLevelSecurity": "none" if the application alone is to confine.',
    })
    return {}
  }
  if (open.length > 0) {
    const shown = open.slice(0, 5).join(', ') + (open.length > 5 ? ', …' : '')
    notes.push({
      relation: null,
      unsure: true,
      text: `Row-level security is on for some relations but not for ${shown}.`,
    })
    return { rowLevelSecurity: 'enabled' }
  }
  const forced = owned.every((name) => shape.rowSecurity.get(name) === 'forced')
  return { rowLevelSecurity: forced ? 'forced' : 'enabled' }
}
