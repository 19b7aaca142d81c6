import { both, TooComplex, type Branches } from './facts.ts'
import { inward } from './outward.ts'
import { rowsIn, termsOf, type Reach } from './reach.ts'
import { ownershipColumns, rowsOf, type JoinNode, type Leaf, type Node, type QueryNode } from './space.ts'
import { columnsIn } from './terms.ts'

/** What holds of every row that can matter to a node, worked out only as far as the asked row variables need it. */
export interface Surroundings {
  readonly about: (rows: Iterable<number>) => Branches
}

/** Branches that are already worked out. */
export const fixed = (branches: Branches): Surroundings => ({ about: () => branches })

/** The same, and every question is also about this row variable. */
export const pinned = (surroundings: Surroundings, row: number): Surroundings => ({
  about: (rows) => surroundings.about([row, ...rows]),
})

/** Outer joins that are kept although only the wording of a verdict needs them. */
const tellingLimit = 3

/**
 * The inside of one level. Each outer join doubles the branches, so one is left out where nothing that is asked speaks of its
 * optional side: "with a partner or without" then says nothing, and a verdict is the same with it and without it.
 */
export class Level implements Surroundings {
  private readonly node: QueryNode
  private readonly around: Surroundings
  private readonly reach: Reach
  private readonly leafOf: (row: number) => Leaf | undefined
  private readonly known = new Map<string, Branches | TooComplex>()

  constructor(
    node: QueryNode,
    around: Surroundings,
    reach: Reach,
    leafOf: (row: number) => Leaf | undefined,
  ) {
    this.node = node
    this.around = around
    this.reach = reach
    this.leafOf = leafOf
  }

  about(rows: Iterable<number>): Branches {
    const plan = new Plan(this.reach, this.leafOf, rows)
    plan.add(rowsIn(this.node.where))
    // What stands later may speak of what stands before it.
    for (const item of this.node.items.toReversed()) plan.read(item)
    const found = this.known.get(plan.key) ?? this.expand(plan)
    this.known.set(plan.key, found)
    if (found instanceof TooComplex) throw found
    return found
  }

  private expand(plan: Plan): Branches | TooComplex {
    try {
      return both(this.around.about([]), inward(this.node, plan.omitted))
    } catch (error) {
      if (error instanceof TooComplex) return error
      throw error
    }
  }
}

/** Which outer joins of a level can be left out of an answer. */
class Plan {
  readonly omitted = new Set<Node>()
  key = ''
  private readonly reach: Reach
  private readonly leafOf: (row: number) => Leaf | undefined
  private readonly needed: Set<number>
  private telling = 0

  constructor(reach: Reach, leafOf: (row: number) => Leaf | undefined, rows: Iterable<number>) {
    this.reach = reach
    this.leafOf = leafOf
    this.needed = new Set(rows)
  }

  add(rows: Iterable<number>): void {
    for (const row of rows) this.needed.add(row)
  }

  read(node: Node): void {
    if (node.kind === 'leaf' || node.kind === 'rowset') return
    if (node.kind !== 'join') return this.add(this.reach.of(node))
    if (node.type === 'left' && !this.keeps(node)) {
      this.omitted.add(node)
      this.key += '-'
      return this.read(node.left)
    }
    this.key += '+'
    if (node.type === 'right' || node.type === 'full') this.add(node.rows)
    this.add(rowsIn(node.on))
    this.read(node.right)
    this.read(node.left)
  }

  private keeps(join: JoinNode): boolean {
    for (const row of rowsOf(join.right)) if (this.needed.has(row)) return true
    if (this.telling >= tellingLimit || !this.tells(join)) return false
    this.telling += 1
    return true
  }

  /** The condition of the join speaks of the owner of a row that is asked for; a reason would mention it. */
  private tells(join: JoinNode): boolean {
    return join.on.some((branch) =>
      branch.some((fact) =>
        termsOf(fact)
          .flatMap(columnsIn)
          .some(({ row, column }) => {
            const leaf = row !== null && this.needed.has(row) ? this.leafOf(row) : undefined
            return leaf !== undefined && column !== null && ownershipColumns(leaf.ownership).includes(column)
          }),
      ),
    )
  }
}
