import type { Condition, Operand } from '../sql/statement.ts'

/**
 * A value that equalities speak of: a column of one row variable, or an operand that is the same for the whole statement.
 * Interned: two terms are the same value exactly if they are the same object.
 */
export interface Term {
  /** The row variable that the column belongs to; null for parameters, literals, settings, calls, unbound columns. */
  readonly row: number | null
  readonly column: string | null
  readonly operand: Operand | null
  /** Columns inside a call or an opaque expression. */
  readonly mentions: readonly Term[]
}

/** What one conjunct says. Facts that confinement cannot use are kept, for they decide between leak and unknown. */
export type Fact = (
  | { readonly kind: 'equal'; readonly left: Term; readonly right: Term; readonly nullSafe: boolean }
  | { readonly kind: 'differ'; readonly left: Term; readonly right: Term }
  | { readonly kind: 'member'; readonly term: Term; readonly values: readonly Term[] }
  | { readonly kind: 'notNull'; readonly term: Term }
  | { readonly kind: 'isNull'; readonly term: Term }
  /** An outer join found no partner: every column of these row variables is NULL. */
  | { readonly kind: 'absent'; readonly rows: ReadonlySet<number> }
  /** Row of a set operation that this branch gave. */
  | { readonly kind: 'choice'; readonly set: number; readonly branch: number }
  | { readonly kind: 'never' }
  | { readonly kind: 'weak'; readonly terms: readonly Term[] }
  | { readonly kind: 'opaque'; readonly terms: readonly Term[]; readonly reason: string }
  | { readonly kind: 'optional'; readonly inner: Branches; readonly reason: string }
  /** A sub-query stands here; it is judged under the other facts of the branch. */
  | { readonly kind: 'query'; readonly query: number; readonly terms: readonly Term[] }
) & {
  readonly source: Condition | null
  /** Sub-queries whose witness row this fact speaks of. */
  readonly within: readonly number[]
}

/** A disjunction of conjunctions. No branch at all: never TRUE. */
export type Branches = readonly (readonly Fact[])[]

/** Thrown where the disjunctive normal form would grow beyond use. */
export class TooComplex extends Error {
  override readonly name = 'TooComplex'
}

const branchLimit = 256

/** Facts in all the branches together, where there are several. */
const factLimit = 20_000

/** From here on it pays to look which branches contradict themselves. */
const pruneFrom = 24

export const always: Branches = [[]]

export function both(left: Branches, right: Branches): Branches {
  if (left.length === 1 && left[0]!.length === 0) return right
  if (right.length === 1 && right[0]!.length === 0) return left
  if (left.length * right.length > branchLimit * 8) throw new TooComplex('too many branches')
  if (left.length * right.length > 1 && lengthOf(left) * right.length > factLimit) {
    throw new TooComplex('too many facts')
  }
  return prune(left.flatMap((first) => right.map((second) => [...first, ...second])))
}

const lengthOf = (branches: Branches): number => branches.reduce((sum, { length }) => sum + length, 0)

function prune(branches: Branches): Branches {
  if (branches.length <= pruneFrom) return branches
  const possible = branches.filter((branch) => !closureOf(branch).contradictory)
  if (possible.length > branchLimit) throw new TooComplex('too many branches')
  return possible
}

export function either(parts: readonly Branches[]): Branches {
  return prune(parts.flat())
}

/** All of the parts together. Facts that no alternative stands between are joined at once, for conjunctions can be very long. */
export function all(parts: readonly Branches[]): Branches {
  let joined = always
  let certain: Fact[] = []
  for (const part of parts) {
    const [only, ...others] = part
    if (only !== undefined && others.length === 0) for (const fact of only) certain.push(fact)
    else {
      joined = both(both(joined, [certain]), part)
      certain = []
    }
  }
  return both(joined, [certain])
}

interface EqualityClass {
  readonly terms: Term[]
  readonly lists: (readonly Term[])[]
  notNull: boolean
  isNull: boolean
}

/** The equality closure of one branch. */
export class Closure {
  private readonly classes = new Map<Term, EqualityClass>()
  private readonly never: boolean
  private readonly differing: (readonly [Term, Term])[] = []

  constructor(facts: readonly Fact[]) {
    const absent: ReadonlySet<number>[] = []
    let never = false
    for (const fact of facts) {
      if (fact.kind === 'absent') absent.push(fact.rows)
      else if (fact.kind === 'never') never = true
      else this.add(fact)
    }
    this.never = this.settle(absent) || never
  }

  /** No row can satisfy this branch. */
  get contradictory(): boolean {
    return this.never
  }

  classOf(term: Term): EqualityClass {
    let found = this.classes.get(term)
    if (found === undefined) {
      found = { terms: [term], lists: [], notNull: false, isNull: false }
      this.classes.set(term, found)
    }
    return found
  }

  groups(): Iterable<EqualityClass> {
    return new Set(this.classes.values())
  }

  private add(fact: Fact): void {
    if (fact.kind === 'equal') {
      const group = this.merge(fact.left, fact.right)
      if (!fact.nullSafe) group.notNull = true
    } else if (fact.kind === 'notNull') this.classOf(fact.term).notNull = true
    else if (fact.kind === 'isNull') this.classOf(fact.term).isNull = true
    else if (fact.kind === 'member') {
      const group = this.classOf(fact.term)
      group.lists.push(fact.values)
      group.notNull = true
    } else if (fact.kind === 'differ') {
      this.classOf(fact.left).notNull = true
      this.classOf(fact.right).notNull = true
      this.differing.push([fact.left, fact.right])
    }
  }

  private merge(left: Term, right: Term): EqualityClass {
    const classes = [this.classOf(left), this.classOf(right)] as const
    if (classes[0] === classes[1]) return classes[0]
    // The smaller one moves, so that a value that many others equal is not moved once for each of them.
    const [second, first] =
      classes[0].terms.length < classes[1].terms.length ? classes : [classes[1], classes[0]]
    for (const term of second.terms) first.terms.push(term)
    for (const list of second.lists) first.lists.push(list)
    first.notNull ||= second.notNull
    first.isNull ||= second.isNull
    for (const term of second.terms) this.classes.set(term, first)
    return first
  }

  /** Draws the conclusions of NULLs and literals; true when the branch contradicts itself. */
  private settle(absent: readonly ReadonlySet<number>[]): boolean {
    let contradictory = this.differing.some(([left, right]) => this.classOf(left) === this.classOf(right))
    for (const [key, group] of this.classes) {
      // Every class is in the map once for each of its terms.
      if (group.terms[0] !== key) continue
      let first: string | number | boolean | null = null
      for (const { row, operand } of group.terms) {
        if (row !== null && absent.some((rows) => rows.has(row))) group.isNull = true
        if (operand?.kind !== 'literal') continue
        if (operand.value === null) group.isNull = true
        else if (first === null) first = operand.value
        else contradictory ||= differs(operand.value, first)
      }
      contradictory ||= group.notNull && group.isNull
    }
    return contradictory
  }
}

/** Words that boolean and date columns read as equal to other words. */
const interchangeable = /^(t|f|true|false|yes|no|y|n|on|off|now|today|tomorrow|yesterday|epoch|infinity)$/

/** Certainly different values, whatever the column's type and collation. */
function differs(left: string | number | boolean, right: string | number | boolean): boolean {
  if (typeof left !== typeof right) return false
  if (typeof left !== 'string') return left !== right
  const [first, second] = [left, right as string].map((text) => text.trim().toLowerCase()) as [string, string]
  const isWord = (text: string): boolean => /^[a-z_]{2,}$/.test(text) && !interchangeable.test(text)
  return isWord(first) && isWord(second) && first !== second
}

const closures = new WeakMap<readonly Fact[], Closure>()

/** The closure of a branch, computed once. */
export function closureOf(branch: readonly Fact[]): Closure {
  const known = closures.get(branch)
  if (known !== undefined) return known
  const closure = new Closure(branch)
  closures.set(branch, closure)
  return closure
}

/** What the branches say about everything but these row variables. */
export function project(branches: Branches, rows: ReadonlySet<number>): Branches {
  const outside = (term: Term): boolean =>
    (term.row === null || !rows.has(term.row)) && term.mentions.every(outside)
  return branches.flatMap((branch) => {
    const closure = closureOf(branch)
    if (closure.contradictory) return []
    const facts: Fact[] = []
    const blank = { source: null, within: [] } as const
    for (const group of closure.groups()) {
      const [first, ...rest] = group.terms.filter(outside)
      if (first === undefined) continue
      for (const term of rest)
        facts.push({ kind: 'equal', left: first, right: term, nullSafe: true, ...blank })
      if (group.notNull) facts.push({ kind: 'notNull', term: first, ...blank })
      if (group.isNull) facts.push({ kind: 'isNull', term: first, ...blank })
      for (const values of group.lists) {
        if (values.every(outside)) facts.push({ kind: 'member', term: first, values, ...blank })
      }
    }
    for (const fact of branch) {
      if (fact.kind === 'weak' || fact.kind === 'opaque') {
        if (fact.terms.every(outside)) facts.push(fact)
      } else if (fact.kind === 'absent') {
        const kept = new Set([...fact.rows].filter((row) => !rows.has(row)))
        if (kept.size > 0) facts.push({ ...fact, rows: kept })
      } else if (fact.kind === 'optional') facts.push(fact)
    }
    return [facts]
  })
}
