import type { Occurrence } from '../sql/statement.ts'
import { all, always, both, closureOf, project, type Branches, type Fact } from './facts.ts'
import { judge, keyOf, linkState, tenantState, type JudgeContext } from './judge.ts'
import { inward, outward } from './outward.ts'
import {
  rowsOf,
  type BlockNode,
  type JoinNode,
  type Leaf,
  type Node,
  type QueryNode,
  type SetNode,
  type Write,
  type Written,
} from './space.ts'
import type { Verdict } from './verdict.ts'

/** Walks a statement from the outside in. `context` of a node: what holds of every row that can matter, in branches. */
export class Visitor {
  private readonly queries: readonly BlockNode[]
  private readonly context: JudgeContext
  private readonly record: (occurrence: Occurrence, verdict: Verdict) => void

  constructor(
    queries: readonly BlockNode[],
    context: JudgeContext,
    record: (occurrence: Occurrence, verdict: Verdict) => void,
  ) {
    this.queries = queries
    this.context = context
    this.record = record
  }

  top(node: BlockNode): void {
    this.visit(node, outward(node))
  }

  private visit(node: Node, branches: Branches): void {
    switch (node.kind) {
      case 'leaf':
        return this.record(node.occurrence, judge(node, branches, this.context))
      case 'rowset':
        return
      case 'join':
        return this.join(node, branches)
      case 'query':
        return this.query(node, branches)
      case 'set':
        return this.set(node, branches)
      case 'opaque':
        for (const leaf of node.leaves) this.record(leaf.occurrence, this.unread(leaf, node.reason))
    }
  }

  private unread(leaf: Leaf, reason: string): Verdict {
    const verdict = judge(leaf, [[]], this.context)
    if (verdict.kind !== 'leak' || leaf.occurrence.access === 'truncate') return verdict
    return { kind: 'unknown', reason: `${reason} is not understood` }
  }

  private query(node: QueryNode, branches: Branches): void {
    const whole = node.barrier || !node.witnesses
    // What writes does so whatever surrounds it.
    const around = node.write === null ? project(branches, rowsOf(node)) : always
    const inside = whole ? both(around, both(inward(node), node.links)) : branches
    this.filters(node.where, inside)
    for (const query of node.loose) this.subquery(query, inside)
    const target = node.write?.target
    for (const item of node.items) if (item !== target) this.visit(item, inside)
    if (node.write !== null) this.record(node.write.target.occurrence, this.written(node.write, inside))
  }

  /** Visits the sub-queries of a condition, each under what the rest of its branch says. */
  private filters(condition: Branches, branches: Branches): void {
    const found = new Set<number>()
    for (const fact of condition.flat()) {
      if (fact.kind === 'query' && fact.within.length === 0) found.add(fact.query)
    }
    for (const query of found) {
      const here = branches.filter((branch) =>
        branch.some((fact) => fact.kind === 'query' && fact.query === query),
      )
      this.subquery(query, here)
    }
  }

  private subquery(query: number, branches: Branches): void {
    const node = this.queries[query]!
    const rest = branches.map((branch) => branch.filter((fact) => !fact.within.includes(query)))
    this.visit(node, both(rest, outward(node)))
  }

  private join(node: JoinNode, branches: Branches): void {
    const { type, left, right } = node
    const leftMissing = this.canBeAbsent(left, branches)
    const rightMissing = this.canBeAbsent(right, branches)
    if (type === 'inner' || (!leftMissing && !rightMissing)) {
      this.filters(node.on, branches)
      this.visit(left, branches)
      this.visit(right, branches)
      return
    }
    const matched = (side: Node): Branches =>
      both(project(branches, rowsOf(side)), both(outward(side), node.on))
    const unmatched = (side: Node): Branches => both(project(branches, rowsOf(side)), outward(side))
    const outside = type === 'full' ? node.rows : rowsOf(type === 'left' ? right : left)
    this.filters(node.on, both(project(branches, outside), node.on))
    // A side that always finds its row is filtered by what surrounds it; a side that may be missing only by ON.
    this.visit(left, !leftMissing ? branches : rightMissing ? unmatched(left) : matched(left))
    this.visit(right, !rightMissing ? branches : leftMissing ? unmatched(right) : matched(right))
  }

  private canBeAbsent(node: Node, branches: Branches): boolean {
    const rows = rowsOf(node)
    return branches.some((branch) => {
      const missing = branch.some(
        (fact) => fact.kind === 'absent' && [...rows].every((row) => fact.rows.has(row)),
      )
      return missing && rows.size > 0 && !closureOf(branch).contradictory
    })
  }

  private set(node: SetNode, branches: Branches): void {
    node.branches.forEach((branch, index) => {
      if (node.operator === 'except' && index > 0) {
        const context = both(project(branches, rowsOf(branch)), both(outward(branch), node.linksOf(index)))
        this.visit(branch, context)
      } else if (node.operator === 'union') {
        const chosen = (fact: Fact): boolean =>
          fact.kind === 'choice' && fact.set === node.row && fact.branch === index
        const kept = branches.filter((facts) => facts.some(chosen))
        this.visit(branch, kept)
      } else this.visit(branch, branches)
    })
  }

  private written(write: Write, inside: Branches): Verdict {
    if (write.kind === 'insert') return this.inserted(write, inside)
    const row = judge(write.target, inside, this.context)
    if (row.kind !== 'confined' || write.kind === 'delete') return row
    const moved = this.assigned(write.target, write.set, inside)
    if (moved !== null) return moved
    if (write.open && write.target.ownership.kind !== 'global') {
      return { kind: 'unknown', reason: 'the written columns could not all be seen' }
    }
    return row
  }

  private inserted(write: Extract<Write, { kind: 'insert' }>, inside: Branches): Verdict {
    const { target, opaque, conflict } = write
    let row = judge(target, inside, this.context)
    if (target.ownership.kind === 'root') {
      row = { kind: 'confined', evidence: { kind: 'declared', by: 'the row is a new tenant' } }
    }
    if (row.kind === 'leak' && opaque !== null && row.reason.kind === 'unfiltered') {
      return { kind: 'unknown', reason: opaque }
    }
    if (row.kind === 'leak' && row.reason.kind === 'unfiltered') row = this.givenParent(target, inside) ?? row
    if (row.kind !== 'confined' || conflict === null) return row
    const meeting = both(inside, conflict.where)
    this.filters(conflict.where, meeting)
    for (const query of conflict.loose) this.subquery(query, meeting)
    const existing = judge(conflict.existing, meeting, this.context)
    if (existing.kind === 'leak' && conflict.constraint !== null && existing.reason.kind === 'unfiltered') {
      return { kind: 'unknown', reason: `the columns of the constraint ${conflict.constraint} are not known` }
    }
    if (existing.kind !== 'confined') return existing
    return this.assigned(conflict.existing, conflict.set, meeting) ?? row
  }

  /** A parent that is taken as given is said so: the link is there, the proof is not. */
  private givenParent(target: Leaf, inside: Branches): Verdict | null {
    const key = keyOf(target.ownership, this.context.ownershipOf)
    if (key?.kind !== 'link') return null
    const term = this.context.termOf(target.row, key.column)
    const given = inside.every((branch) => closureOf(branch).classOf(term).terms.length > 1)
    if (!given) return null
    const description = `${key.column} is taken as given; nothing shows that this row of ${key.parent} is the tenant's`
    return { kind: 'leak', reason: { kind: 'weak', description } }
  }

  /** A verdict against an assignment that moves the row away from the tenant; null when none does. */
  private assigned(target: Leaf, set: readonly Written[], branches: Branches): Verdict | null {
    const key = keyOf(target.ownership, this.context.ownershipOf)
    const written = set.find((assignment) => assignment.column === key?.column)
    if (key === null || written === undefined) return null
    const { term } = written
    if (term === null) return { kind: 'unknown', reason: `${key.column} is set to its default` }
    const own = this.context.termOf(target.row, key.column)
    for (const branch of all([branches, written.facts])) {
      const closure = closureOf(branch)
      if (closure.contradictory || closure.classOf(term).terms.includes(own)) continue
      const isNull = term.operand?.kind === 'literal' && term.operand.value === null
      if (isNull && key.kind === 'link') continue
      const state =
        key.kind === 'tenant'
          ? tenantState(term, -1, closure, this.context)
          : linkState(term, key, closure, this.context, new Set())
      if (state.kind === 'tenant') continue
      if (state.kind === 'unknown') return state
      const description = `${key.column} is set to a value that is not shown to be the tenant's`
      return { kind: 'leak', reason: { kind: 'weak', description } }
    }
    return null
  }
}
