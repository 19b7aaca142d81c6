import type { Occurrence } from '../sql/statement.ts'
import { all, always, both, closureOf, project, TooComplex, type Branches, type Fact } from './facts.ts'
import { judge, keyOf, linkState, tenantState, type JudgeContext } from './judge.ts'
import { outward } from './outward.ts'
import { queriesIn, Reach } from './reach.ts'
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
import { fixed, Level, pinned, type Surroundings } from './surroundings.ts'
import type { Verdict } from './verdict.ts'

export const tooComplex: Verdict = { kind: 'unknown', reason: 'the statement is too complex to decide' }

/** Inside one side of a join, every question is about a row that has that side. */
function within(side: Node, around: Surroundings): Surroundings {
  const [row] = rowsOf(side)
  return row === undefined ? around : pinned(around, row)
}

/** Walks a statement from the outside in, with what surrounds each node. */
export class Visitor {
  private readonly queries: readonly BlockNode[]
  private readonly reach: Reach
  private readonly context: JudgeContext
  private readonly record: (occurrence: Occurrence, verdict: Verdict) => void

  constructor(
    queries: readonly BlockNode[],
    context: JudgeContext,
    record: (occurrence: Occurrence, verdict: Verdict) => void,
  ) {
    this.queries = queries
    this.reach = new Reach(queries)
    this.context = context
    this.record = record
  }

  top(node: BlockNode): void {
    if (node.kind === 'query') this.attempt(node, () => this.level(node, fixed(always)))
    else this.attempt(node, () => this.visit(node, fixed(outward(node))))
  }

  private visit(node: Node, around: Surroundings): void {
    this.attempt(node, () => {
      switch (node.kind) {
        case 'leaf':
          return this.record(node.occurrence, judge(node, around.about([node.row]), this.context))
        case 'rowset':
          return
        case 'join':
          return this.join(node, around)
        case 'query':
          return this.query(node, around)
        case 'set':
          return this.set(node, around)
        case 'opaque':
          for (const leaf of node.leaves) this.record(leaf.occurrence, this.unread(leaf, node.reason))
      }
    })
  }

  /** What is too complex in one place leaves the mentions there undecided, and no others. */
  private attempt(node: Node, decide: () => void): void {
    try {
      decide()
    } catch (error) {
      if (!(error instanceof TooComplex)) throw error
      for (const row of rowsOf(node)) {
        const leaf = this.context.leafOf(row)
        if (leaf === undefined) continue
        const isGlobal = leaf.ownership.kind === 'global'
        this.record(leaf.occurrence, isGlobal ? judge(leaf, always, this.context) : tooComplex)
      }
    }
  }

  private unread(leaf: Leaf, reason: string): Verdict {
    const verdict = judge(leaf, [[]], this.context)
    if (verdict.kind !== 'leak' || leaf.occurrence.access === 'truncate') return verdict
    return { kind: 'unknown', reason: `${reason} is not understood` }
  }

  private query(node: QueryNode, around: Surroundings): void {
    const whole = node.barrier || !node.witnesses
    if (!whole) return this.inside(node, around)
    // What writes does so whatever surrounds it.
    const outside = node.write === null ? project(around.about(this.reach.of(node)), rowsOf(node)) : always
    this.level(node, fixed(outside))
  }

  private level(node: QueryNode, around: Surroundings): void {
    this.inside(node, new Level(node, around, this.reach, this.context.leafOf))
  }

  private inside(node: QueryNode, inside: Surroundings): void {
    this.filters(node.where, inside)
    for (const query of node.loose) this.subquery(query, inside.about(this.reach.of(this.queries[query]!)))
    const target = node.write?.target
    for (const item of node.items) if (item !== target) this.visit(item, inside)
    if (node.write === null) return
    const branches = inside.about(this.reach.ofWrite(node.write))
    this.record(node.write.target.occurrence, this.written(node.write, branches))
  }

  /** Visits the sub-queries of a condition, each under what the rest of its branch says. */
  private filters(condition: Branches, around: Surroundings): void {
    for (const query of queriesIn(condition)) {
      const here = around
        .about(this.reach.of(this.queries[query]!))
        .filter((branch) => branch.some((fact) => fact.kind === 'query' && fact.query === query))
      this.subquery(query, here)
    }
  }

  private subquery(query: number, branches: Branches): void {
    const node = this.queries[query]!
    const rest = branches.map((branch) => branch.filter((fact) => !fact.within.includes(query)))
    this.attempt(node, () => this.visit(node, fixed(both(rest, outward(node)))))
  }

  private join(node: JoinNode, around: Surroundings): void {
    const { type, left, right } = node
    const leftMissing = this.canBeAbsent(left, around)
    const rightMissing = this.canBeAbsent(right, around)
    if (type === 'inner' || (!leftMissing && !rightMissing)) {
      const here = within(right, around)
      this.filters(node.on, here)
      this.visit(left, around)
      this.visit(right, here)
      return
    }
    const outside = (side: Node): Branches =>
      project(around.about([...this.reach.of(side), ...this.reach.ofCondition(node.on)]), rowsOf(side))
    const matched = (side: Node): Surroundings => fixed(both(outside(side), both(outward(side), node.on)))
    const unmatched = (side: Node): Surroundings => fixed(both(outside(side), outward(side)))
    this.conditions(node, around)
    // A side that always finds its row is filtered by what surrounds it; a side that may be missing only by ON.
    this.visit(left, !leftMissing ? around : rightMissing ? unmatched(left) : matched(left))
    this.visit(right, !rightMissing ? within(right, around) : leftMissing ? unmatched(right) : matched(right))
  }

  /** The sub-queries in ON of an outer join, which is asked before it is known whether there is a partner. */
  private conditions(node: JoinNode, around: Surroundings): void {
    if (queriesIn(node.on).size === 0) return
    const outside = node.type === 'full' ? node.rows : rowsOf(node.type === 'left' ? node.right : node.left)
    const branches = around.about(this.reach.ofCondition(node.on))
    this.filters(node.on, fixed(both(project(branches, outside), node.on)))
  }

  private canBeAbsent(node: Node, around: Surroundings): boolean {
    const rows = [...rowsOf(node)]
    return around.about(rows.slice(0, 1)).some((branch) => {
      const missing = branch.some((fact) => fact.kind === 'absent' && rows.every((row) => fact.rows.has(row)))
      return missing && rows.length > 0 && !closureOf(branch).contradictory
    })
  }

  private set(node: SetNode, around: Surroundings): void {
    const branches = around.about(this.reach.of(node))
    node.branches.forEach((branch, index) => {
      if (node.operator === 'except' && index > 0) {
        const context = both(project(branches, rowsOf(branch)), both(outward(branch), node.linksOf(index)))
        this.visit(branch, fixed(context))
      } else if (node.operator === 'union') {
        const chosen = (fact: Fact): boolean =>
          fact.kind === 'choice' && fact.set === node.row && fact.branch === index
        this.visit(branch, fixed(branches.filter((facts) => facts.some(chosen))))
      } else this.visit(branch, fixed(branches))
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
    this.filters(conflict.where, fixed(meeting))
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
    let released: Verdict | null = null
    for (const branch of all([branches, written.facts])) {
      const closure = closureOf(branch)
      if (closure.contradictory || closure.classOf(term).terms.includes(own)) continue
      const isNull = term.operand?.kind === 'literal' && term.operand.value === null
      if (isNull && key.kind === 'link') continue
      if (isNull) {
        released = { kind: 'leak', reason: { kind: 'released', column: key.column } }
        continue
      }
      const state =
        key.kind === 'tenant'
          ? tenantState(term, -1, closure, this.context)
          : linkState(term, key, closure, this.context, new Set())
      if (state.kind === 'tenant') continue
      if (state.kind === 'unknown') return state
      const description = `${key.column} is set to a value that is not shown to be the tenant's`
      return { kind: 'leak', reason: { kind: 'weak', description } }
    }
    return released
  }
}
