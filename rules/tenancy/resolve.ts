import type { Ownership } from '../confinement/verdict.ts'
import { Problem } from '../problem.ts'
import { canonical, delegateOf, fold, splitName } from './names.ts'
import { nearest } from './nearest.ts'
import type { Tenancy, TenancyFile, TenancyFileRelation, TenancyRelation } from './tenancy.ts'

const unknown: Ownership = { kind: 'unknown' }

/** Turns a valid file into the model that everything asks; contradictions between its entries are problems. */
export function resolveTenancy(file: TenancyFile, path: string | null): Tenancy {
  const entries = withRoot(file, path)
  const byKey = new Map<string, string>()
  for (const key of entries.keys()) {
    const name = canonical(splitName(key))
    const twin = byKey.get(name)
    if (twin !== undefined)
      throw relationProblem(path, `relations names one relation twice: ${twin} and ${key}`)
    byKey.set(name, key)
  }
  const sqlName = (text: string) => byKey.get(canonical(splitName(text))) ?? null
  checkParents(entries, sqlName, path)
  const relations = new Map<string, TenancyRelation>()
  for (const [name, entry] of entries) relations.set(name, relationOf(name, entry, entries, sqlName))
  const find = finder(relations)
  return {
    tenantRoot: [...relations.values()].find(({ ownership }) => ownership.kind === 'root')?.name ?? null,
    tenantColumns: file.tenantColumns,
    setting: file.setting ?? null,
    relations,
    trusted: file.trusted ?? [],
    guards: file.guards ?? {},
    scopedClients: file.scopedClients ?? [],
    unscopedClients: file.unscopedClients ?? [],
    tenantless: file.tenantless ?? [],
    singleTenant: file.singleTenant ?? null,
    rowLevelSecurity: file.rowLevelSecurity ?? null,
    ownershipOf: ({ schema, name }) => find.stored(schema, name)?.ownership ?? unknown,
    find: find.written,
    columnOf: (relation, property) => {
      const properties = find.written(relation)?.properties
      return properties !== undefined && Object.hasOwn(properties, property)
        ? properties[property]!
        : property
    },
    file: path,
  }
}

/** The entries, with the root that `tenantRoot` promises. */
function withRoot(file: TenancyFile, path: string | null): Map<string, TenancyFileRelation> {
  const entries = new Map(Object.entries(file.relations))
  const roots = [...entries].filter(([, entry]) => 'root' in entry).map(([name]) => name)
  if (roots.length > 1)
    throw relationProblem(path, `two relations call themselves the root: ${roots.join(' and ')}`)
  const wanted = file.tenantRoot
  if (wanted === null || wanted === undefined) return entries
  const named = [...entries].find(([name]) => canonical(splitName(name)) === canonical(splitName(wanted)))
  if (named === undefined && roots.length === 0) return entries.set(wanted, { root: 'id' })
  if (named === undefined || !('root' in named[1])) {
    throw relationProblem(
      path,
      named === undefined
        ? `tenantRoot is ${wanted}, but relations says that ${roots[0]} is the root`
        : `tenantRoot is ${wanted}, but its entry in relations is not { "root": … }`,
    )
  }
  return entries
}

/** Every parent is named and every chain of parents ends. */
function checkParents(
  entries: ReadonlyMap<string, TenancyFileRelation>,
  sqlName: (text: string) => string | null,
  path: string | null,
): void {
  for (const start of entries.keys()) {
    const chain = [start]
    for (let name: string = start; ;) {
      const entry = entries.get(name)!
      if (!('ownedThrough' in entry)) break
      const written = entry.ownedThrough[1]
      const parent = sqlName(written)
      if (parent === null) {
        const meant = nearest(written, entries.keys())
        throw relationProblem(
          path,
          `${name} is owned through ${written}, which relations does not name` +
            (meant === null ? '' : `; did you mean ${meant}?`),
        )
      }
      if (chain.includes(parent)) {
        throw relationProblem(path, `owned through itself: ${[...chain, parent].join(' -> ')}`)
      }
      if ('global' in entries.get(parent)!) {
        throw relationProblem(
          path,
          `${name} is owned through ${parent}, which is global and so has no tenant`,
        )
      }
      chain.push(parent)
      name = parent
    }
  }
}

function relationOf(
  name: string,
  entry: TenancyFileRelation,
  entries: ReadonlyMap<string, TenancyFileRelation>,
  sqlName: (text: string) => string | null,
): TenancyRelation {
  return {
    name,
    ownership: ownershipOf(entry, entries, sqlName),
    model: entry.model ?? null,
    properties: entry.properties ?? {},
    relationFields: entry.relationFields ?? {},
    also: entry.also ?? [],
    key: keyColumns(entry),
  }
}

function ownershipOf(
  entry: TenancyFileRelation,
  entries: ReadonlyMap<string, TenancyFileRelation>,
  sqlName: (text: string) => string | null,
): Ownership {
  if ('owned' in entry) return { kind: 'owned', column: entry.owned }
  if ('root' in entry) return { kind: 'root', key: entry.root }
  if ('global' in entry) return { kind: 'global', reason: entry.global }
  if ('unknown' in entry) return unknown
  const [column, written, parentColumn] = entry.ownedThrough
  const parent = sqlName(written)!
  return {
    kind: 'through',
    column,
    parent,
    parentColumn: parentColumn ?? keyColumns(entries.get(parent)!)[0]!,
  }
}

function keyColumns(entry: TenancyFileRelation): readonly string[] {
  return entry.key ?? ['root' in entry ? entry.root : 'id']
}

/** Look-ups by stored name and by what a program writes (SQL text, model, delegate). */
function finder(relations: ReadonlyMap<string, TenancyRelation>) {
  const exact = new Map<string, TenancyRelation>()
  const anySchema = new Map<string, TenancyRelation | null>()
  const models = new Map<string, TenancyRelation | null>()
  const addOnce = (map: Map<string, TenancyRelation | null>, key: string, relation: TenancyRelation) =>
    map.set(key, map.has(key) && map.get(key) !== relation ? null : relation)
  for (const relation of relations.values()) {
    const stored = splitName(relation.name)
    exact.set(canonical(stored), relation)
    addOnce(anySchema, stored.name, relation)
    if (relation.model !== null) addOnce(models, relation.model, relation)
  }
  for (const relation of relations.values()) {
    // A delegate never hides a model of that very name.
    if (relation.model !== null && !models.has(delegateOf(relation.model))) {
      addOnce(models, delegateOf(relation.model), relation)
    }
  }
  /** Without a schema: `public` first, else the one schema that has the name. Two that have it are not guessed between. */
  const bySql = (schema: string | null, name: string): TenancyRelation | null =>
    exact.get(canonical({ schema, name })) ?? (schema === null ? (anySchema.get(name) ?? null) : null)
  const stored = (schema: string | null, name: string): TenancyRelation | null =>
    bySql(schema, name) ?? (schema === null ? (models.get(name) ?? null) : null)
  const written = (text: string): TenancyRelation | null => {
    const { schema, name, quoted } = splitName(text)
    const found = stored(schema, name)
    if (found !== null || quoted) return found
    return bySql(schema === null ? null : fold(schema), fold(name))
  }
  return { stored, written }
}

function relationProblem(path: string | null, message: string): Problem {
  return new Problem(
    'E-TENANCY-RELATION',
    `${path ?? 'the tenancy model'}: ${message}`,
    'Correct the entries named above, or run `watertight init` to infer the file again.',
  )
}
