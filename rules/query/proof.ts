import type { TSESTree } from '@typescript-eslint/utils'
import { contains, functionAround } from '../source/children.ts'
import { isEnsured } from '../provenance/guard.ts'
import { decisionsTo } from '../provenance/writes.ts'
import type { FromItem, Occurrence, OccurrenceId } from '../sql/statement.ts'
import { Membership } from './authority/membership.ts'
import { type Check, checkAfter } from './check.ts'
import type { CallSite } from './context.ts'
import { areAllFound } from './counted.ts'
import { Identities, type Identity, isEqual } from './identity.ts'
import type { JudgedQuery } from './judge.ts'
import { objectMappers } from './object-mappers.ts'
import type { Answer } from './query.ts'
import type { ExtractionScope } from './library.ts'
import { linksOf } from './links.ts'
import { isKey, relationIn } from './reference.ts'
import { type Standing, standingsOf, type ValueFact } from './standing.ts'

/**
 * What the queries of a file prove for those after them: the columns of a row that is the tenant's, and the key by which such
 * a row was looked for, once its absence was rejected.
 */
export class Proofs {
  readonly #sites: readonly CallSite[]
  readonly #scope: ExtractionScope
  readonly identities: Identities
  readonly #membership: Membership
  readonly #nodes = new Map<JudgedQuery, TSESTree.Node>()
  readonly #checks = new Map<JudgedQuery, Check | null>()
  readonly #standings = new Map<JudgedQuery, ReadonlyMap<OccurrenceId, Standing>>()

  constructor(sites: readonly CallSite[], scope: ExtractionScope) {
    this.#sites = sites
    this.#scope = scope
    const calls = new Set(sites.map(({ node }) => node))
    this.identities = new Identities(scope, (node) => calls.has(node))
    this.#membership = new Membership(scope, sites, this.identities)
    for (const site of sites) for (const judged of site.queries) this.#nodes.set(judged, site.node)
  }

  standingOf(judged: JudgedQuery, id: OccurrenceId): Standing {
    return this.#of(judged).get(id) ?? 'open'
  }

  #of(judged: JudgedQuery): ReadonlyMap<OccurrenceId, Standing> {
    const known = this.#standings.get(judged)
    if (known !== undefined) return known
    const facts = new Map<number, readonly ValueFact[]>()
    const told = (index: number): readonly ValueFact[] => {
      const found = facts.get(index) ?? this.#factsOf(judged, index)
      facts.set(index, found)
      return found
    }
    const check = this.#checkOf(judged)
    const found = standingsOf(judged, this.#scope.tenancy, told, check?.standings)
    this.#standings.set(judged, found)
    return found
  }

  /** The check of the tenant right after a read, if it has one. */
  #checkOf(judged: JudgedQuery): Check | null {
    const known = this.#checks.get(judged)
    if (known !== undefined) return known
    const node = this.#nodes.get(judged)
    const alone = node !== undefined && this.#sites.find((site) => site.node === node)?.queries.length === 1
    const { identities } = this
    const isProved = (value: TSESTree.Node, at: TSESTree.Node): boolean =>
      this.#membership.before(value, at) === 'proved'
    const found = alone ? checkAfter({ judged, node, identities, scope: this.#scope, isProved }) : null
    this.#checks.set(judged, found)
    return found
  }

  #factsOf(judged: JudgedQuery, index: number): readonly ValueFact[] {
    const source = judged.query.sources[index]
    const at = this.#nodes.get(judged)
    const key = judged.query.rowKeys?.get(index)
    if (key !== undefined) return this.#writtenRow(judged, key)
    if (source == null || at === undefined) return []
    const member = judged.query.members?.get(index)
    if (member === undefined) return this.factsAt(source, at)
    const whole = this.identities.of(source)
    if (whole === null) return []
    const identity: Identity = { ...whole, path: [...whole.path, member] }
    const row = this.#rowColumn(identity, at)
    const isSame = (key: TSESTree.Node): boolean => {
      const other = this.identities.of(key)
      return other !== null && !other.path.includes('*') && isEqual(other, identity)
    }
    return [...(row === null ? [] : [row]), ...this.#lookedFor(at, isSame, () => false)]
  }

  /** What earlier queries of the function tell of a value where it is used. */
  factsAt(value: TSESTree.Node, at: TSESTree.Node): readonly ValueFact[] {
    const identity = this.identities.of(value)
    const row = identity === null ? null : this.#rowColumn(identity, at)
    const isSame = (key: TSESTree.Node): boolean => this.identities.areSame(key, value)
    const isCounted = (site: CallSite, key: TSESTree.Node): boolean => this.#isCounted(site, key, value, at)
    return [...(row === null ? [] : [row]), ...this.#lookedFor(at, isSame, isCounted)]
  }

  /** The value is a column of the row that the call itself writes, before the rows that hang on it. */
  #writtenRow(judged: JudgedQuery, column: string): readonly ValueFact[] {
    const node = this.#nodes.get(judged)
    const first = this.#sites.find((site) => site.node === node)?.queries[0]
    const block = first?.query.statement.block
    if (first === undefined || first === judged || block === undefined || !('target' in block)) return []
    const { relation, id } = block.target
    const known = relationIn(this.#scope.tenancy, relation)
    if (known === null || known.ownership.kind === 'global') return []
    const standing = this.standingOf(first, id)
    return standing === 'confined' || standing === 'reference' ? [{ relation, column, standing }] : []
  }

  /** The value is a column of what an earlier query returned. */
  #rowColumn(identity: Identity, at: TSESTree.Node): ValueFact | null {
    const { origin } = identity
    const site = origin === null ? undefined : this.#sites.find((one) => isCallOf(one, origin))
    if (site === undefined || site.node.range[0] >= at.range[0]) return null
    const facts = site.queries.slice(0, 1).map((judged) => this.#columnOf(judged, identity.path))
    return facts[0] ?? null
  }

  #columnOf(judged: JudgedQuery, path: readonly string[]): ValueFact | null {
    const names = path.filter((name, index) => name !== '*' && !(index === 0 && name === 'rows'))
    const field = names.at(-1)
    if (field === undefined) return null
    const { tenancy } = this.#scope
    let mention = rowOf(judged, names.length === 1 ? field : null)
    for (const name of names.slice(0, -1)) {
      const from = mention === null ? null : relationIn(tenancy, mention.relation)
      const lead = from?.relationFields[name]
      mention = lead === undefined ? null : worstMention(judged, lead.to, this.#of(judged))
    }
    if (mention === null) return null
    const standing = this.standingOf(judged, mention.id)
    if (standing !== 'confined' && standing !== 'reference') return null
    const relation = relationIn(tenancy, mention.relation)
    if (relation === null || relation.ownership.kind === 'global') return null
    const column = outputColumn(judged, field) ?? tenancy.columnOf(relation.name, field)
    return { relation: mention.relation, column, standing }
  }

  /** The value is the key by which an earlier query found a row of the tenant, else the function did not get here. */
  #lookedFor(
    at: TSESTree.Node,
    isSame: (key: TSESTree.Node) => boolean,
    isCounted: (site: CallSite, key: TSESTree.Node) => boolean,
  ): readonly ValueFact[] {
    return this.#sites.flatMap((site) => {
      if (site.node.range[0] >= at.range[0] || contains(site.node, at)) return []
      const around = functionAround(site.node)
      const [judged, ...others] = site.queries
      if (around === null || !contains(around, at) || judged === undefined || others.length > 0) return []
      const check = this.#checkOf(judged)
      if (check !== null && check.node.range[1] > at.range[0]) return []
      const one = this.#keysOf(judged, isSame)
      if (one.length > 0 && this.#isRejected(site, at)) return one
      return this.#keysOf(judged, (key) => isCounted(site, key))
    })
  }

  /** `if (rows.length !== ids.length) return …`: each of the ids was found. */
  #isCounted(site: CallSite, keys: TSESTree.Node, source: TSESTree.Node, at: TSESTree.Node): boolean {
    const list = this.identities.of(keys)
    const value = this.identities.of(source)
    if (list === null || value === null || list.path.includes('*')) return false
    const member = value.path.at(-1) === '*' ? { ...value, path: value.path.slice(0, -1) } : value
    return isEqual(list, member) && areAllFound(site.node, list, at, this.identities)
  }

  #keysOf(judged: JudgedQuery, isKeyed: (key: TSESTree.Node) => boolean): readonly ValueFact[] {
    const { tenancy } = this.#scope
    const { links, required } = linksOf(judged.query.statement)
    return links.flatMap(({ of, column, to }): readonly ValueFact[] => {
      const source = to.kind === 'parameter' ? judged.query.sources[to.index] : null
      if (source == null || !required.has(of) || !isKeyed(source)) return []
      const mention = judged.occurrences.find(({ occurrence }) => occurrence.id === of)
      if (mention === undefined) return []
      const { relation } = mention.occurrence
      if (mention.ownership.kind === 'global' || !isKey({ relation, column }, tenancy)) return []
      const standing = this.standingOf(judged, of)
      return standing === 'confined' || standing === 'reference' ? [{ relation, column, standing }] : []
    })
  }

  /** Does control reach `at` only when the query found a row? */
  #isRejected(site: CallSite, at: TSESTree.Node): boolean {
    const answer = site.queries[0]?.query.answer
    if (answer === undefined) return false
    if (answer.throws) {
      return isAwaited(site.node) && isOnTheWay(site.node, at, this.#scope.sourceCode.text)
    }
    return isEnsured(at, (node) => {
      const tested = this.identities.of(node)
      if (tested?.origin == null || !isCallOf(site, tested.origin)) return false
      return isRowIn(tested.path, answer.shape)
    })
  }
}

/** Does the call send what the site builds? */
export const isCallOf = (site: CallSite, call: TSESTree.Node): boolean =>
  site.node === call || site.queries.some(({ query }) => query.node === call)

/** Is what this path leads to truthy only when there is a row? */
function isRowIn(path: readonly string[], shape: Answer['shape']): boolean {
  switch (shape) {
    case 'none':
      return false
    case 'row':
      return !path.includes('*')
    case 'pair':
      // The array of rows stands in an array itself.
      return path[0] === '*' && isRowPath(path.slice(1))
    default:
      return isRowPath(path)
  }
}

/** Truthy only when there is a row: `rows[0]`, a column of it, the number of rows. */
function isRowPath(path: readonly string[]): boolean {
  return path.includes('*') || ['length', 'rowCount'].includes(path.at(-1) ?? '')
}

function isAwaited(node: TSESTree.Node): boolean {
  return node.parent?.type === 'AwaitExpression'
}

/** Has the query run whenever control reaches `at`, with nothing between that swallows what it throws? */
function isOnTheWay(node: TSESTree.Node, at: TSESTree.Node, text: string): boolean {
  for (let parent = node.parent; parent != null && !contains(parent, at); parent = parent.parent) {
    if (parent.type === 'TryStatement') return false
  }
  return decisionsTo(node, at, text).length === 0
}

/** The mention whose row a query returns; `field` picks the one that gives this column. */
function rowOf({ query, occurrences }: JudgedQuery, field: string | null): Occurrence | null {
  const { block } = query.statement
  if (block.kind === 'set' || block.kind === 'opaque') return null
  if (block.kind !== 'select') return block.target
  const named = block.outputs.find((output) => output.name !== null && output.name === field)
  const stars = block.outputs.filter((output) => output.name === null)
  const { operand } = named ?? { operand: null }
  if (named !== undefined && operand?.kind !== 'column') return null
  const id = operand?.kind === 'column' ? operand.occurrence : (stars[0]?.of ?? null)
  if (id !== null) return occurrences.find(({ occurrence }) => occurrence.id === id)?.occurrence ?? null
  if (stars.length !== 1) return null
  const [item] = block.from
  const first = item === undefined ? null : leftmost(item)
  return objectMappers.has(query.library) || item?.kind === 'relation' ? first : null
}

function leftmost(item: FromItem): Occurrence | null {
  if (item.kind === 'join') return leftmost(item.left)
  return item.kind === 'relation' ? item : null
}

function outputColumn({ query }: JudgedQuery, field: string): string | null {
  const { block } = query.statement
  if (block.kind !== 'select') return null
  const operand = block.outputs.find(({ name }) => name === field)?.operand
  return operand?.kind === 'column' ? operand.column : null
}

/** The mention of an included relation; of several, the one that the least speaks for. */
function worstMention(
  { occurrences }: JudgedQuery,
  relation: string,
  standings: ReadonlyMap<OccurrenceId, Standing>,
): Occurrence | null {
  const all = occurrences.filter(({ occurrence, joined }) => joined && occurrence.relation.name === relation)
  const order: readonly Standing[] = ['open', 'repeated', 'reference', 'confined']
  const sorted = all.toSorted(
    (one, other) =>
      order.indexOf(standings.get(one.occurrence.id) ?? 'open') -
      order.indexOf(standings.get(other.occurrence.id) ?? 'open'),
  )
  return sorted[0]?.occurrence ?? null
}
