import { isNullableByHabit } from './nullable-keys.ts'
import { isRequired, type ReferenceShape, type RelationShape } from './shape.ts'
import { isIdentity, tenantWeight, tenantWordOfColumn, weightOfWord, wordsOf } from './vocabulary.ts'

/** Who the tenants are and which columns carry them. */
export interface TenantLevels {
  readonly root: string | null
  /** Most specific first. */
  readonly columns: readonly string[]
  readonly notes: readonly string[]
}

/** A reference to a relation that is no reference to itself. */
interface Edge {
  readonly from: RelationShape
  readonly reference: ReferenceShape
  readonly required: boolean
}

/** A tenancy level below the root takes this share of the relations that carry no broader key. */
const levelShare = 0.25
const levelLeast = 3

/**
 * Finds the tenant root, the levels below it and their columns, from foreign keys weighed with names.
 * `given` columns (`--tenant-column`) are taken at their word; the root is then what they refer to.
 */
export function findTenantLevels(
  relations: readonly RelationShape[],
  given: readonly string[],
): TenantLevels {
  const edges = edgesOf(relations)
  if (given.length > 0) return givenLevels(relations, edges, given)
  const best = bestCandidate(relations, edges)
  if (best === null) return levelsByColumn(relations)
  const root = climb(best, edges)
  const rootColumns = columnsTo(root, relations, edges)
  const notes = [`${root} is taken for the tenant root: ${rootReason(root, edges)}.`]
  const columns = [...rootColumns]
  for (const level of levelsBelow(root, relations, edges, rootColumns)) {
    const own = columnsTo(level, relations, edges).filter((column) => !columns.includes(column))
    if (own.length === 0) continue
    columns.unshift(...own)
    notes.push(
      `${level} is taken for a tenancy level inside ${root}, because many relations carry only ${own.join(', ')}. ` +
        `If its rows are ordinary data of a tenant, name the tenant column with --tenant-column.`,
    )
  }
  return { root, columns, notes }
}

function edgesOf(relations: readonly RelationShape[]): ReadonlyMap<string, readonly Edge[]> {
  const edges = new Map<string, Edge[]>()
  for (const from of relations) {
    for (const reference of from.references) {
      if (reference.to === from.name) continue
      const edge = { from, reference, required: isRequired(from, reference.columns) }
      edges.set(reference.to, [...(edges.get(reference.to) ?? []), edge])
    }
  }
  return edges
}

function givenLevels(
  relations: readonly RelationShape[],
  edges: ReadonlyMap<string, readonly Edge[]>,
  given: readonly string[],
): TenantLevels {
  const notes: string[] = []
  for (const column of given) {
    if (!relations.some((shape) => shape.columns.some(({ name }) => name === column))) {
      notes.push(`No relation has the column ${column} that --tenant-column names.`)
    }
  }
  const broadest = given.at(-1)!
  const counts = new Map<string, number>()
  for (const [to, into] of edges) {
    const count = into.filter(({ reference }) => reference.columns.includes(broadest)).length
    if (count > 0) counts.set(to, count)
  }
  const referred = [...counts].sort(([a, left], [b, right]) => right - left || compare(a, b))[0]?.[0]
  const root = referred ?? relationNamedBy(broadest, relations)
  if (root === null)
    notes.push(`No relation is the tenant root: nothing that ${broadest} refers to was found.`)
  return { root, columns: given, notes }
}

/** The relation that most others lead to, weighed with what its name says. */
function bestCandidate(
  relations: readonly RelationShape[],
  edges: ReadonlyMap<string, readonly Edge[]>,
): string | null {
  const scored = relations
    .filter(({ name, kind }) => kind === 'table' && tenantWeight(name) > 0 && !isIdentity(name))
    .map(({ name }) => ({ name, score: tenantWeight(name) * inboundWeight(name, relations, edges) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || compare(a.name, b.name))
  if (scored[0] !== undefined) return scored[0].name
  return unnamedCandidate(relations, edges)
}

function inboundWeight(
  name: string,
  relations: readonly RelationShape[],
  edges: ReadonlyMap<string, readonly Edge[]>,
): number {
  const into = edges.get(name) ?? []
  const direct = new Set(into.filter(({ required }) => required).map(({ from }) => from.name))
  const optional = new Set(into.map(({ from }) => from.name))
  const word = wordsOf(name).at(-1)!
  // A schema without foreign keys still names its tenants in its columns.
  const byName = relations.filter(
    (shape) =>
      !optional.has(shape.name) && shape.columns.some((column) => tenantWordOfColumn(column.name) === word),
  ).length
  const reach = reachOf(name, edges).size
  return direct.size + (optional.size - direct.size) / 2 + byName / 2 + (reach - direct.size) / 2
}

/** Every relation whose rows lead here through NOT NULL references. */
function reachOf(name: string, edges: ReadonlyMap<string, readonly Edge[]>): ReadonlySet<string> {
  const reached = new Set<string>()
  const open = [name]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { from, required } of edges.get(next) ?? []) {
      if (!required || reached.has(from.name) || from.name === name) continue
      reached.add(from.name)
      open.push(from.name)
    }
  }
  return reached
}

/** Without a telling name: one relation that at least half of all others require directly. */
function unnamedCandidate(
  relations: readonly RelationShape[],
  edges: ReadonlyMap<string, readonly Edge[]>,
): string | null {
  const ranked = relations
    .filter(({ name }) => !isIdentity(name))
    .map(({ name }) => ({
      name,
      count: new Set((edges.get(name) ?? []).filter((edge) => edge.required).map(({ from }) => from.name))
        .size,
    }))
    .sort((a, b) => b.count - a.count || compare(a.name, b.name))
  const best = ranked[0]
  return best !== undefined && best.count >= 3 && best.count * 2 >= relations.length - 1 ? best.name : null
}

/** From a workspace to the organization that it must lie in: the tenant is the outermost level. */
function climb(start: string, edges: ReadonlyMap<string, readonly Edge[]>): string {
  const seen = new Set([start])
  for (let name = start; ;) {
    const outer = [...edges]
      .filter(([to, into]) => {
        const required = into.some((edge) => edge.from.name === name && edge.required)
        return required && !seen.has(to) && tenantWeight(to) >= 4 && !isIdentity(to)
      })
      .map(([to]) => to)
      .sort((a, b) => tenantWeight(b) - tenantWeight(a) || compare(a, b))[0]
    if (outer === undefined) return name
    seen.add(outer)
    name = outer
  }
}

/** Levels between the root and the data, outermost first. */
function levelsBelow(
  root: string,
  relations: readonly RelationShape[],
  edges: ReadonlyMap<string, readonly Edge[]>,
  rootColumns: readonly string[],
): string[] {
  const levels: string[] = []
  const covered = new Set(rootColumns)
  const inside = new Set([root])
  for (let found = true; found;) {
    found = false
    const open = relations.filter((shape) => !isCovered(shape, covered, relations))
    for (const { name } of [...relations].sort((a, b) => compare(a.name, b.name))) {
      if (inside.has(name) || tenantWeight(name) === 0 || isIdentity(name)) continue
      if (![...inside].some((outer) => liesIn(name, outer, edges))) continue
      // Schemas that grew have the key of a level without NOT NULL where it came later.
      const into = new Set((edges.get(name) ?? []).map((edge) => edge.from))
      const only = open.filter((shape) => into.has(shape)).length
      if (only < Math.max(levelLeast, levelShare * relations.length)) continue
      levels.push(name)
      inside.add(name)
      for (const column of columnsTo(name, relations, edges)) covered.add(column)
      found = true
      break
    }
  }
  return levels
}

/** A required reference to the outer level, or the only one that does not name an identity. */
function liesIn(level: string, outer: string, edges: ReadonlyMap<string, readonly Edge[]>): boolean {
  const own = (edges.get(outer) ?? []).filter((edge) => edge.from.name === level)
  if (own.some((edge) => edge.required)) return true
  const [reference] = own
  return (
    reference !== undefined &&
    reference.from.references.every(({ to }) => to === outer || to === level || isIdentity(to))
  )
}

/** Has the relation one of these keys? One that is nullable nearly everywhere is always set by the application. */
function isCovered(
  shape: RelationShape,
  columns: ReadonlySet<string>,
  relations: readonly RelationShape[],
): boolean {
  return shape.columns.some(
    ({ name, nullable }) => columns.has(name) && (!nullable || isNullableByHabit(name, relations)),
  )
}

/** Columns that carry the key of a level: the names that several references use, or that name the level. */
function columnsTo(
  level: string,
  relations: readonly RelationShape[],
  edges: ReadonlyMap<string, readonly Edge[]>,
): string[] {
  const counts = new Map<string, number>()
  for (const { from, reference, required } of edges.get(level) ?? []) {
    if (reference.columns.length !== 1 || isIdentity(from.name)) continue
    const column = reference.columns[0]!
    counts.set(column, (counts.get(column) ?? 0) + (required ? 1 : 0.5))
  }
  const word = wordsOf(level).at(-1)!
  for (const shape of relations) {
    for (const { name, nullable } of shape.columns) {
      if (shape.name !== level && tenantWordOfColumn(name) === word && !counts.has(name)) {
        counts.set(name, nullable ? 0.5 : 1)
      }
    }
  }
  const kept = [...counts].filter(([column, count]) => count >= 2 || tenantWordOfColumn(column) !== null)
  const chosen = kept.length > 0 ? kept : [...counts]
  return chosen.sort(([a, left], [b, right]) => right - left || compare(a, b)).map(([column]) => column)
}

/** Without a root table: columns that several relations share and that name a tenant. */
function levelsByColumn(relations: readonly RelationShape[]): TenantLevels {
  const counts = new Map<string, number>()
  for (const shape of relations) {
    for (const { name } of shape.columns) {
      if (tenantWordOfColumn(name) !== null) counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  }
  const columns = [...counts]
    .filter(([, count]) => count >= 2)
    .sort(([a, left], [b, right]) => weightOf(b) * right - weightOf(a) * left || compare(a, b))
    .map(([column]) => column)
  const best = columns[0]
  if (best === undefined) {
    return {
      root: null,
      columns: [],
      notes: [
        'No tenant was found: no relation that most others refer to, and no column such as tenant_id. Name the column with --tenant-column.',
      ],
    }
  }
  const root = relationNamedBy(best, relations)
  return {
    root,
    columns: [best],
    notes: [
      `${best} is taken for the tenant key because ${counts.get(best)} relations have it; no foreign key says so.` +
        (root === null ? ' The tenants themselves are in no relation that was read.' : ''),
    ],
  }
}

function weightOf(column: string): number {
  return weightOfWord(tenantWordOfColumn(column) ?? '')
}

/** `tenant_id` → the relation `tenants`. */
function relationNamedBy(column: string, relations: readonly RelationShape[]): string | null {
  const word = wordsOf(column).slice(0, -1).join('_')
  const named = relations.filter((shape) => shape.kind === 'table' && wordsOf(shape.name).join('_') === word)
  return named.map(({ name }) => name).sort(compare)[0] ?? null
}

function rootReason(root: string, edges: ReadonlyMap<string, readonly Edge[]>): string {
  const into = edges.get(root) ?? []
  const count = new Set(into.map(({ from }) => from.name)).size
  const reach = reachOf(root, edges).size
  if (count === 0) return 'columns of other relations carry its name'
  return `${count} relation${count === 1 ? '' : 's'} refer to it, ${reach} lead to it through required references`
}

/** Order of names that no locale changes. */
export function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
