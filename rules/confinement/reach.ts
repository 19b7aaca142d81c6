import type { Branches, Fact, Term } from './facts.ts'
import type { BlockNode, Node, Write } from './space.ts'

const known = new WeakMap<Branches, ReadonlySet<number>>()

/** Row variables that the facts of these branches speak of. */
export function rowsIn(branches: Branches): ReadonlySet<number> {
  const found = known.get(branches)
  if (found !== undefined) return found
  const rows = new Set<number>()
  for (const branch of branches) for (const fact of branch) addFact(fact, rows)
  known.set(branches, rows)
  return rows
}

export function addTerm(term: Term, rows: Set<number>): void {
  if (term.row !== null) rows.add(term.row)
  for (const inner of term.mentions) addTerm(inner, rows)
}

function addFact(fact: Fact, rows: Set<number>): void {
  for (const term of termsOf(fact)) addTerm(term, rows)
  if (fact.kind === 'absent') for (const row of fact.rows) rows.add(row)
  else if (fact.kind === 'choice') rows.add(fact.set)
  else if (fact.kind === 'optional') for (const row of rowsIn(fact.inner)) rows.add(row)
}

/** The terms that a fact itself speaks of. */
export function termsOf(fact: Fact): readonly Term[] {
  switch (fact.kind) {
    case 'equal':
    case 'differ':
      return [fact.left, fact.right]
    case 'member':
      return [fact.term, ...fact.values]
    case 'notNull':
    case 'isNull':
      return [fact.term]
    case 'weak':
    case 'opaque':
    case 'query':
      return fact.terms
    case 'absent':
    case 'choice':
    case 'never':
    case 'optional':
      return []
  }
}

/** Row variables that anything inside a node speaks of, at any depth: its own, and those of the levels around it. */
export class Reach {
  private readonly queries: readonly BlockNode[]
  private readonly nodes = new WeakMap<Node, ReadonlySet<number>>()

  constructor(queries: readonly BlockNode[]) {
    this.queries = queries
  }

  of(node: Node): ReadonlySet<number> {
    const found = this.nodes.get(node)
    if (found !== undefined) return found
    const rows = new Set<number>()
    this.nodes.set(node, rows)
    this.add(node, rows)
    return rows
  }

  /** What a condition speaks of, and the sub-queries in it. */
  ofCondition(branches: Branches): ReadonlySet<number> {
    const rows = new Set(rowsIn(branches))
    for (const query of queriesIn(branches)) this.merge(this.of(this.queries[query]!), rows)
    return rows
  }

  ofWrite(write: Write): ReadonlySet<number> {
    const rows = new Set([write.target.row])
    const conflict = write.kind === 'insert' ? write.conflict : null
    const assigned = write.kind === 'update' ? write.set : (conflict?.set ?? [])
    for (const { term, facts } of assigned) {
      if (term !== null) addTerm(term, rows)
      this.merge(this.ofCondition(facts), rows)
    }
    if (conflict === null) return rows
    rows.add(conflict.existing.row)
    this.merge(this.ofCondition(conflict.where), rows)
    for (const query of conflict.loose) this.merge(this.of(this.queries[query]!), rows)
    return rows
  }

  private merge(from: ReadonlySet<number>, to: Set<number>): void {
    for (const row of from) to.add(row)
  }

  private add(node: Node, rows: Set<number>): void {
    if (node.kind === 'leaf') rows.add(node.row)
    else if (node.kind === 'join') {
      this.merge(this.of(node.left), rows)
      this.merge(this.of(node.right), rows)
      this.merge(this.ofCondition(node.on), rows)
    } else if (node.kind === 'query') {
      for (const item of node.items) this.merge(this.of(item), rows)
      this.merge(this.ofCondition(node.where), rows)
      this.merge(rowsIn(node.links), rows)
      for (const query of node.loose) this.merge(this.of(this.queries[query]!), rows)
      if (node.write !== null) this.merge(this.ofWrite(node.write), rows)
    } else if (node.kind === 'set') {
      node.branches.forEach((branch, index) => {
        this.merge(this.of(branch), rows)
        this.merge(rowsIn(node.linksOf(index)), rows)
      })
    } else if (node.kind === 'opaque') this.merge(node.rows, rows)
  }
}

/** Sub-queries that a condition itself holds, not those that only a witness row speaks of. */
export function queriesIn(condition: Branches): ReadonlySet<number> {
  const found = new Set<number>()
  for (const branch of condition) {
    for (const fact of branch) {
      if (fact.kind === 'query' && fact.within.length === 0) found.add(fact.query)
    }
  }
  return found
}
