import type { TSESTree } from '@typescript-eslint/utils'
import { contains } from '../source/children.ts'
import { isEnsured } from '../provenance/guard.ts'
import type { FromItem, Occurrence, OccurrenceId } from '../sql/statement.ts'
import { Membership } from './authority/membership.ts'
import { type Check, checkAfter } from './check.ts'
import type { CallSite } from './context.ts'
import { areAllFound } from './counted.ts'
import { isCallOf, isFound, isRowPath, signsOf } from './found.ts'
import { Identities, type Identity, isEqual } from './identity.ts'
import type { Judged, JudgedQuery } from './judge.ts'
import { objectMappers } from './object-mappers.ts'
import type { ExtractionScope } from './library.ts'
import { type Link, linksOf } from './links.ts'
import { isKey, relationIn } from './reference.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import { SiteIndex } from './site-index.ts'
import { type Standing, standingsOf, type ValueFact } from './standing.ts'

/** A row that a query found by this column of it. */
export interface Found {
  readonly judged: JudgedQuery
  readonly mention: Judged
  readonly column: string
}

/** So many queries before a place are asked what they tell there; each answer goes through the statements between. */
const nearest = 32

/**
 * What the queries of a file prove for those after them: the columns of a row that is the tenant's, and the key by which such
 * a row was looked for, once its absence was rejected.
 */
export class Proofs {
  /** Where the queries of the file stand. */
  readonly sites: SiteIndex
  readonly #scope: ExtractionScope
  readonly identities: Identities
  /** What runs before the queries of the file and ties a tenant to who is signed in. */
  readonly membership: Membership
  readonly #nodes = new Map<JudgedQuery, TSESTree.Node>()
  readonly #checks = new Map<JudgedQuery, Check | null>()
  readonly #standings = new Map<JudgedQuery, ReadonlyMap<OccurrenceId, Standing>>()

  constructor(sites: readonly CallSite[], scope: ExtractionScope) {
    this.sites = new SiteIndex(sites)
    this.#scope = scope
    const calls = new Set(sites.map(({ node }) => node))
    this.identities = new Identities(scope, (node) => calls.has(node))
    this.membership = new Membership(scope, this.sites, this.identities)
    for (const site of sites) for (const judged of site.queries) this.#nodes.set(judged, site.node)
  }

  standingOf(judged: JudgedQuery, id: OccurrenceId): Standing {
    return this.#of(judged).get(id) ?? 'open'
  }

  /** Is what the request says of the tenant proved before, by a membership? */
  isProved(value: TSESTree.Node, at: TSESTree.Node): boolean {
    return this.membership.before(value, at) === 'proved'
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
    const alone = node !== undefined && this.sites.at(node)?.queries.length === 1
    const { identities } = this
    const isProved = (value: TSESTree.Node, at: TSESTree.Node): boolean => this.isProved(value, at)
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
    return [...(row === null ? [] : [row]), ...this.#tellingOf(this.#foundBy(at, isSame, () => false))]
  }

  /** What earlier queries of the function tell of a value where it is used. */
  factsAt(value: TSESTree.Node, at: TSESTree.Node): readonly ValueFact[] {
    const identity = this.identities.of(value)
    const row = identity === null ? null : this.#rowColumn(identity, at)
    return [
      ...(row === null ? [] : [row]),
      ...this.#tellingOf(this.foundAt(value, at)),
      ...this.#amongRows(value, at),
    ]
  }

  /** The value was found among columns of rows, else the function did not get here. */
  #amongRows(value: TSESTree.Node, at: TSESTree.Node): readonly ValueFact[] {
    const { tests } = this.identities
    const found: ValueFact[] = []
    const note = (known: Identity | null): boolean => {
      const fact = known === null ? null : this.#rowColumn(known, at)
      if (fact !== null) found.push(fact)
      return fact !== null
    }
    const list = this.identities.listAround(value)
    isEnsured(at, (test) => note(tests.within(test, value) ?? (list && tests.allWithin(test, list))), {
      lacks: (test) => list !== null && note(tests.allWithinUnless(test, list)),
    })
    return found
  }

  /** The value is a column of the row that the call itself writes, before the rows that hang on it. */
  #writtenRow(judged: JudgedQuery, column: string): readonly ValueFact[] {
    const node = this.#nodes.get(judged)
    const first = node === undefined ? undefined : this.sites.at(node)?.queries[0]
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
    const site = origin === null ? undefined : this.sites.ofCall(origin)
    if (site === undefined || site.node.range[0] >= at.range[0]) return null
    const facts = site.queries.slice(0, 1).map((judged) => this.#columnOf(judged, identity.path))
    return facts[0] ?? null
  }

  #columnOf(judged: JudgedQuery, path: readonly string[]): ValueFact | null {
    const names = path.filter((name, index) => name !== '*' && !(index === 0 && name === 'rows'))
    const field = names.at(-1)
    if (field === undefined) return null
    const { tenancy } = this.#scope
    const mention = names.length === 1 ? rowOf(judged, field) : this.#mentionAt(judged, names.slice(0, -1))
    if (mention === null) return null
    const standing = this.standingOf(judged, mention.id)
    if (standing !== 'confined' && standing !== 'reference') return null
    const relation = relationIn(tenancy, mention.relation)
    if (relation === null || relation.ownership.kind === 'global') return null
    const column = outputColumn(judged, field) ?? tenancy.columnOf(relation.name, field)
    return { relation: mention.relation, column, standing }
  }

  /** The value is the key by which an earlier query found a row of the tenant, else the function did not get here. */
  #tellingOf(found: readonly Found[]): readonly ValueFact[] {
    return found.flatMap(({ judged, mention, column }) => {
      const { relation, id } = mention.occurrence
      const standing = this.standingOf(judged, id)
      return standing === 'confined' || standing === 'reference' ? [{ relation, column, standing }] : []
    })
  }

  /** The rows that earlier queries found by a value as their key, whosever they are, else the function did not get here. */
  foundAt(source: TSESTree.Node, at: TSESTree.Node): readonly Found[] {
    return this.#foundBy(
      at,
      (key) => this.identities.areSame(key, source),
      (site, key) => this.#isCounted(site, key, source, at),
    )
  }

  #foundBy(
    at: TSESTree.Node,
    isSame: (key: TSESTree.Node) => boolean,
    isCounted: (site: CallSite, key: TSESTree.Node) => boolean,
  ): readonly Found[] {
    const before = this.sites
      .around(at)
      .filter(({ node }) => node.range[0] < at.range[0] && !contains(node, at))
      .slice(-nearest)
    return before.flatMap((site) => {
      const [judged, ...others] = site.queries
      if (judged === undefined || others.length > 0) return []
      const check = this.#checkOf(judged)
      if (check !== null && check.node.range[1] > at.range[0]) return []
      const one = this.#keysOf(judged, isSame, 'one')
      if (one.length > 0 && isFound(site, at, this.identities, this.#scope.sourceCode.text)) return one
      const included = this.#keysOf(judged, isSame, 'one', (id) =>
        this.#isIncludedFound(site, judged, id, at),
      )
      if (included.length > 0) return included
      return this.#keysOf(judged, (key) => isCounted(site, key), 'list')
    })
  }

  /** `if (rows.length !== ids.length) return …`: each of the ids was found. */
  #isCounted(site: CallSite, keys: TSESTree.Node, source: TSESTree.Node, at: TSESTree.Node): boolean {
    const list = this.identities.of(keys)
    const value = this.identities.of(source)
    if (list === null || value === null || list.path.includes('*')) return false
    const member = value.path.at(-1) === '*' ? { ...value, path: value.path.slice(0, -1) } : value
    // A test inside the call, around the value, holds where the value is used: `...(ids?.length > 0 && { … })`.
    const use = contains(at, source) ? source : at
    return isEqual(list, member) && areAllFound(site.node, list, use, this.identities)
  }

  /** `if (parent.children.length === 0) throw …` after a read that includes the children with this key. */
  #isIncludedFound(site: CallSite, judged: JudgedQuery, id: OccurrenceId, at: TSESTree.Node): boolean {
    return isEnsured(
      at,
      (node) => {
        const tested = this.identities.of(node)
        if (tested?.origin == null || !isCallOf(site, tested.origin) || !isRowPath(tested.path)) return false
        const names = tested.path.filter((name) => name !== '*' && name !== 'length')
        return names.length > 0 && this.#mentionAt(judged, names, true)?.id === id
      },
      signsOf(this.identities),
    )
  }

  /** The mention that relation fields lead to from the rows of a query; `alone`: when it is the only one of its relation. */
  #mentionAt(judged: JudgedQuery, names: readonly string[], alone = false): Occurrence | null {
    let mention = rowOf(judged, null)
    for (const name of names) {
      const from = mention === null ? null : relationIn(this.#scope.tenancy, mention.relation)
      const lead = from?.relationFields[name]
      const all = lead === undefined ? [] : joinedOf(judged, lead.to)
      mention = alone && all.length > 1 ? null : worstOf(all, this.#of(judged))
    }
    return mention
  }

  /** Keys that a query looks for: of mentions that must have a row, unless `isThere` tells which ones have. */
  #keysOf(
    judged: JudgedQuery,
    isKeyed: (key: TSESTree.Node) => boolean,
    of: 'one' | 'list',
    isThere?: (id: OccurrenceId) => boolean,
  ): readonly Found[] {
    const { tenancy } = this.#scope
    const { links, required } = linksOf(judged.query.statement)
    return links.flatMap(({ of: id, column, to }): readonly Found[] => {
      const source = to.kind === 'parameter' ? judged.query.sources[to.index] : null
      // One row that was found says nothing of the other values of a list.
      if (to.kind !== 'parameter' || (to.list === true) !== (of === 'list')) return []
      if (source == null || !isKeyed(source)) return []
      if (isThere === undefined ? !required.has(id) : required.has(id) || !isThere(id)) return []
      if (of === 'list' && !isOncePerRow(judged, id, links, tenancy)) return []
      // `notes.page_id = $1 AND notes.page_id = pages.id` looks for the page by its key, too. Of a list, as many notes may be of one page.
      const isOfOne = of === 'one' && isThere === undefined
      const same = (isOfOne ? links : []).flatMap((link) =>
        link.of === id && link.column === column && link.to.kind === 'mention'
          ? [{ at: link.to.id, by: link.to.column }]
          : link.to.kind === 'mention' && link.to.id === id && link.to.column === column
            ? [{ at: link.of, by: link.column }]
            : [],
      )
      return [{ at: id, by: column }, ...same].flatMap(({ at, by }): readonly Found[] => {
        const mention = judged.occurrences.find(({ occurrence }) => occurrence.id === at)
        if (mention === undefined || (at !== id && !required.has(at))) return []
        const { relation } = mention.occurrence
        const isOne = mention.ownership.kind !== 'global' && isKey({ relation, column: by }, tenancy)
        return isOne ? [{ judged, mention, column: by }] : []
      })
    })
  }
}

/** Is each row of a mention found at most once, so that their number tells that all of them were? What is joined by its own key does not multiply. */
function isOncePerRow(
  { query, occurrences }: JudgedQuery,
  id: OccurrenceId,
  links: readonly Link[],
  tenancy: Tenancy,
): boolean {
  if (objectMappers.has(query.library)) return true
  const isJoined = occurrences.some(({ occurrence, joined }) => joined && occurrence.id === id)
  return occurrences.every(({ occurrence, joined }) => {
    if (occurrence.id === id || (!joined && !isJoined)) return true
    const { relation } = occurrence
    return links.some(
      ({ of, column, to }) =>
        to.kind === 'mention' &&
        ((of === occurrence.id && isKey({ relation, column }, tenancy)) ||
          (to.id === occurrence.id && isKey({ relation, column: to.column }, tenancy))),
    )
  })
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

const joinedOf = ({ occurrences }: JudgedQuery, relation: string): readonly Occurrence[] =>
  occurrences.flatMap(({ occurrence, joined }) =>
    joined && occurrence.relation.name === relation ? [occurrence] : [],
  )

/** Of several mentions of a relation, the one that the least speaks for. */
function worstOf(
  all: readonly Occurrence[],
  standings: ReadonlyMap<OccurrenceId, Standing>,
): Occurrence | null {
  const order: readonly Standing[] = ['open', 'repeated', 'reference', 'confined']
  const rank = ({ id }: Occurrence): number => order.indexOf(standings.get(id) ?? 'open')
  return all.toSorted((one, other) => rank(one) - rank(other))[0] ?? null
}
