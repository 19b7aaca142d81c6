import type { TSESTree } from '@typescript-eslint/utils'
import type { CallSite, FileContext } from '../context.ts'
import { relationText } from '../advice.ts'
import type { Tenancy } from '../../tenancy/tenancy.ts'
import { type Escape, directiveIn } from './directive.ts'
import { fingerprintOf } from './fingerprint.ts'
import { isReached, lineReach, partReach, type Reach } from './reach.ts'
import { configuredFor, singleTenantOf, tenantlessFile, todayOf } from './settings.ts'

/** A finding before it is reported. */
export interface Report {
  readonly rule: string
  readonly node: TSESTree.Node
  /** The relation that the message names; null when it names none. */
  readonly relation: string | null
  /** Null: the finding is about no query. */
  readonly site: CallSite | null
}

/** An escape in a file, and where it stands; null: in the configuration. */
export interface Placed {
  readonly escape: Escape
  readonly comment: TSESTree.Comment | null
  readonly reach: Reach
  /** The relation of the escape under its stored name. */
  readonly relation: string | null
  /** Why it does not hold for now; null: it does. */
  readonly over: string | null
}

/** Something to say of an escape itself. */
export interface Note {
  readonly comment: TSESTree.Comment | null
  readonly text: string
}

const files = new WeakMap<object, Escapes>()

/** The escapes of a file, shared by all rules. */
export function escapesOf(context: FileContext, tenancy: Tenancy): Escapes {
  const { ast } = context.sourceCode
  const known = files.get(ast)
  if (known !== undefined) return known
  const made = new Escapes(context, tenancy)
  files.set(ast, made)
  return made
}

/** What the comments of a file and the configuration excuse, and which of them did. */
export class Escapes {
  readonly #valid: Placed[] = []
  readonly #tenancy: Tenancy
  readonly #faults: Note[] = []
  readonly #today: string
  /** Those that excused a finding, or would have while they held. */
  readonly #used = new Set<Placed>()
  readonly #late = new Set<Placed>()
  readonly #rules = new Set<string>()

  constructor(context: FileContext, tenancy: Tenancy) {
    this.#today = todayOf(context)
    this.#tenancy = tenancy
    this.#read(context)
    for (const { escape, faults } of configuredFor(context)) this.#add(escape, null, { kind: 'file' }, faults)
    const tenantless = tenantlessFile(context, tenancy)
    if (tenantless !== null) this.#add(tenantless, null, { kind: 'file' }, [])
    const single = singleTenantOf(context, tenancy)
    if (single !== null) this.#place(single.escape, null, { kind: 'file' }, single.faults[0] ?? null)
  }

  #add(escape: Escape, comment: TSESTree.Comment | null, reach: Reach, faults: readonly string[]): void {
    this.#faults.push(...faults.map((text): Note => ({ comment, text })))
    if (faults.length > 0) return
    const isLate = escape.until !== null && escape.until < this.#today
    this.#place(escape, comment, reach, isLate ? `it ended on ${escape.until}` : null)
  }

  #place(escape: Escape, comment: TSESTree.Comment | null, reach: Reach, over: string | null): void {
    const relation = escape.relation === null ? null : this.#tenancy.find(escape.relation)
    this.#valid.push({ escape, comment, reach, relation: relation?.name ?? escape.relation, over })
  }

  #read({ sourceCode }: FileContext): void {
    if (!sourceCode.text.includes('watertight-')) return
    for (const comment of sourceCode.getAllComments()) {
      const directive = directiveIn(comment.value)
      if (directive === null) continue
      const { escape } = directive
      const reach = escape.kind === 'ignore' ? lineReach(comment, sourceCode) : partReach(comment, sourceCode)
      const nowhere = reach === null ? ['it stands above no function'] : []
      this.#add(escape, comment, reach ?? { kind: 'file' }, [...directive.faults, ...nowhere])
    }
  }

  /** Tells that a rule looks at the file, so that an escape for it can be judged. */
  enter(rule: string): void {
    this.#rules.add(rule)
  }

  /** The escape that excuses a finding; an accepted finding before code that is tenantless by design. */
  excuse(report: Report, kinds: readonly Escape['kind'][]): Escape | null {
    const matching = this.#valid.filter(
      (placed) => kinds.includes(placed.escape.kind) && matches(placed, report),
    )
    const current = matching.filter(({ over }) => over === null)
    const found = current.find(({ escape }) => escape.kind === 'ignore') ?? current[0]
    if (found !== undefined) this.#used.add(found)
    else for (const placed of matching) this.#late.add(placed)
    return found?.escape ?? null
  }

  /** What is wrong with the escapes themselves, once every rule has looked at the file. */
  notes(sites: readonly CallSite[]): readonly Note[] {
    return [...this.#faults, ...this.#valid.flatMap((placed) => this.#noteOn(placed, sites) ?? [])]
  }

  #noteOn(placed: Placed, sites: readonly CallSite[]): Note | null {
    const { escape, comment, reach } = placed
    if (this.#used.has(placed)) return null
    if (placed.over !== null) {
      // One entry of the configuration stands for many files; it is told where it was needed.
      const told = comment !== null || this.#late.has(placed)
      return told ? { comment, text: placed.over } : null
    }
    if (comment === null || (escape.rule !== null && !this.#rules.has(escape.rule))) return null
    const here = sites.filter(({ node }) => isReached(reach, node))
    const changed = here.filter((site) => escape.fingerprint !== null && isOpen(site))
    if (changed.length > 0 && changed.every((site) => fingerprintOf(site) !== escape.fingerprint)) {
      const now = changed.map(fingerprintOf).join(', ')
      return { comment, text: `the query has changed: its fingerprint is ${now}, not ${escape.fingerprint}` }
    }
    // A stricter preset would report something here.
    if (here.some((site) => isOpen(site) && mentions(site, placed.relation))) return null
    return { comment, text: 'there is nothing to excuse' }
  }
}

function matches(placed: Placed, { rule, node, relation, site }: Report): boolean {
  const { escape, reach } = placed
  if (escape.rule !== null && escape.rule !== rule) return false
  if (!isReached(reach, site?.node ?? node) && !isReached(reach, node)) return false
  if (placed.relation !== null) {
    const inQuery = relation === null && site !== null && mentions(site, placed.relation)
    if (!inQuery && relation !== placed.relation) return false
  }
  return escape.fingerprint === null || (site !== null && fingerprintOf(site) === escape.fingerprint)
}

function mentions({ queries }: CallSite, relation: string | null): boolean {
  if (relation === null) return true
  return queries.some(({ occurrences }) => occurrences.some((one) => relationText(one) === relation))
}

/** Could some rule report something about the call? */
function isOpen({ queries, opaques }: CallSite): boolean {
  if (opaques.length > 0) return true
  return queries.some(
    ({ query, occurrences }) =>
      query.interpolations.length > 0 || occurrences.some(({ verdict }) => verdict.kind !== 'confined'),
  )
}
