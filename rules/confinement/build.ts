import { isHoleName } from '../sql/hole.ts'
import type {
  Assignment,
  Block,
  Condition,
  FromItem,
  Occurrence,
  Operand,
  Output,
  SelectBlock,
  SetBlock,
  UpdateBlock,
} from '../sql/statement.ts'
import { always, both, TooComplex, type Branches, type Fact, type Term } from './facts.ts'
import { insertLevel, type LevelBuilder } from './insert.ts'
import { outward } from './outward.ts'
import { Predicates, tagged, type Resolver, type Witness } from './predicate.ts'
import { setLevel } from './set.ts'
import {
  openEnvironment,
  ownershipColumns,
  type BlockNode,
  type Environment,
  type Leaf,
  type Node,
  type QueryNode,
  type SetNode,
  type Written,
} from './space.ts'
import { columnsIn, Terms } from './terms.ts'
import type { OwnershipOf } from './verdict.ts'

const rowLimit = 600

/** Brings the blocks of one statement into the form that is judged: row variables, branches, links. */
export class SpaceBuilder implements Resolver, LevelBuilder {
  readonly terms = new Terms()
  readonly predicates = new Predicates(this)
  /** Sub-queries in expressions, by number. */
  readonly queries: BlockNode[] = []
  /** By environment first: a CTE that is mentioned twice has the same expressions in two places. */
  private readonly witnesses = new Map<Environment, Map<object, Witness>>()
  private readonly ownershipOf: OwnershipOf
  private readonly onLeaf: (leaf: Leaf) => void
  private rows = 0

  constructor(ownershipOf: OwnershipOf, onLeaf: (leaf: Leaf) => void) {
    this.ownershipOf = ownershipOf
    this.onLeaf = onLeaf
  }

  private nextRow(): number {
    if (this.rows >= rowLimit) throw new TooComplex('too many mentions')
    return this.rows++
  }

  mark(): number {
    return this.rows
  }

  /** Numbers are given in the order of reading, so what is read between two marks belongs together. */
  private rowsSince(first: number): ReadonlySet<number> {
    return new Set(Array.from({ length: this.rows - first }, (_, index) => first + index))
  }

  leaf(occurrence: Occurrence, environment: Environment): Leaf {
    const row = this.nextRow()
    const leaf: Leaf = { kind: 'leaf', row, occurrence, ownership: this.ownershipOf(occurrence.relation) }
    this.onLeaf(leaf)
    environment.leaves.push(leaf)
    environment.columns.set(occurrence.id, (column) => this.terms.column(row, column))
    return leaf
  }

  block(block: Block, parent: Environment | null): BlockNode {
    switch (block.kind) {
      case 'select':
        return this.select(block, parent)
      case 'set':
        return this.set(block, parent)
      case 'insert':
        return insertLevel(block, parent, this)
      case 'update':
      case 'delete':
        return this.change(block, parent)
      case 'opaque': {
        const environment = openEnvironment(parent)
        const leaves = block.occurrences.map((occurrence) => this.leaf(occurrence, environment))
        const { reason } = block
        const rows = new Set(leaves.map((leaf) => leaf.row))
        return { kind: 'opaque', row: this.nextRow(), rows, reason, leaves, outputs: [], resolve: () => null }
      }
    }
  }

  private select(block: SelectBlock, parent: Environment | null): QueryNode {
    const first = this.rows
    const environment = openEnvironment(parent)
    const items = block.from.map((item) => this.item(item, environment))
    const where = both(this.holds(block.where, environment), this.holds(block.having, environment))
    const inside = (operand: Operand | null): boolean =>
      operand?.kind === 'column' && operand.occurrence !== null && environment.columns.has(operand.occurrence)
    const loose = [...block.others, ...block.outputs.flatMap((output) => output.operand ?? [])]
    return this.query(block.outputs, environment, first, {
      items,
      where,
      barrier: block.merges || block.limited,
      // Without GROUP BY an aggregate gives a row even for no rows; a column of a row stands beside it only with GROUP BY.
      witnesses: !block.merges || block.outputs.some((output) => inside(output.operand)),
      loose: loose.flatMap((operand) => this.subqueries(operand, environment)),
      write: null,
    })
  }

  /** Completes a level with the names and links of its outputs. */
  query(
    outputs: readonly Output[],
    environment: Environment,
    first: number,
    rest: Pick<QueryNode, 'items' | 'where' | 'barrier' | 'witnesses' | 'loose' | 'write'>,
  ): QueryNode {
    const row = this.nextRow()
    const links: Fact[] = []
    const named = outputs.map((output, index) => {
      if (output.operand === null) return { name: null, term: null }
      const term = this.terms.column(row, `${index}`)
      const right = this.term(output.operand, environment)
      links.push({ kind: 'equal', left: term, right, nullSafe: true, source: null, within: [] })
      return { name: output.name, term }
    })
    const stars = outputs.filter((output) => output.name === null)
    const resolve = (column: string): Term | null => {
      const found = named.filter((output) => output.name === column)
      if (found.length > 0) return found.length === 1 ? found[0]!.term : null
      return this.throughStar(stars, column, environment)
    }
    return {
      kind: 'query',
      row,
      rows: this.rowsSince(first),
      links: [links],
      outputs: named,
      resolve,
      ...rest,
    }
  }

  /** The column of the mention that a star stands for, where only one can have it. */
  private throughStar(stars: readonly Output[], column: string, environment: Environment): Term | null {
    if (stars.length === 0) return null
    const ids = stars.flatMap((star) => (star.of === null ? [...environment.columns.keys()] : [star.of]))
    const distinct = [...new Set(ids)]
    if (distinct.length === 1) return environment.columns.get(distinct[0]!)?.(column) ?? null
    const owners = environment.leaves.filter(
      (leaf) => distinct.includes(leaf.occurrence.id) && ownershipColumns(leaf.ownership).includes(column),
    )
    return owners.length === 1 ? this.terms.column(owners[0]!.row, column) : null
  }

  private set(block: SetBlock, parent: Environment | null): SetNode {
    const start = this.rows
    const row = this.nextRow()
    const branches = block.branches.map((branch) => this.block(branch, parent))
    return setLevel(block.operator, branches, row, this.rowsSince(start), this.terms)
  }

  private change(
    block: UpdateBlock | Extract<Block, { kind: 'delete' }>,
    parent: Environment | null,
  ): QueryNode {
    const first = this.rows
    const environment = openEnvironment(parent)
    const target = this.leaf(block.target, environment)
    const items: Node[] = [target, ...block.from.map((item) => this.item(item, environment))]
    const where = this.holds(block.where, environment)
    const assigned = block.kind === 'update' ? block.set : []
    const set = assigned.map((assignment) => this.written(assignment, environment))
    const loose = [...block.outputs, ...assigned].flatMap(({ operand }) => operand ?? [])
    const written = new Set(assigned.map((assignment) => assignment.column))
    const outputs = this.unwritten(block.outputs, written, block.kind === 'update' && block.openSet)
    return this.query(outputs, environment, first, {
      items,
      where,
      barrier: true,
      witnesses: true,
      loose: loose.flatMap((operand) => this.subqueries(operand, environment)),
      write:
        block.kind === 'delete'
          ? { kind: 'delete', target }
          : { kind: 'update', target, set, open: block.openSet },
    })
  }

  /** RETURNING shows the row after the change: a written column is no longer the column that WHERE spoke of. */
  private unwritten(
    outputs: readonly Output[],
    written: ReadonlySet<string>,
    open: boolean,
  ): readonly Output[] {
    return outputs.map((output) => {
      const { operand } = output
      if (operand === null) return open || written.size > 0 ? { ...output, of: -1 } : output
      if (operand.kind !== 'column' || (!open && !written.has(operand.column))) return output
      const reason = `${operand.column} is written by the same statement`
      return { ...output, operand: { kind: 'opaque', reason, mentions: [], span: operand.span } }
    })
  }

  written({ column, operand }: Assignment, environment: Environment): Written {
    if (operand === null) return { column, term: null, facts: always }
    const witness = operand.kind === 'subquery' ? this.witness(operand, environment) : null
    const facts = witness === null ? always : tagged(witness.facts, witness.query)
    return { column, term: this.term(operand, environment), facts }
  }

  private item(item: FromItem, environment: Environment): Node {
    switch (item.kind) {
      case 'relation':
        return this.leaf(item, environment)
      case 'rowset':
        return { kind: 'rowset' }
      case 'derived': {
        const scope = openEnvironment(environment)
        const node = this.block(item.block, scope)
        if (item.id !== undefined) environment.columns.set(item.id, (column) => node.resolve(column))
        else this.expose(node, environment)
        return node
      }
      case 'join': {
        const first = this.rows
        const left = this.item(item.left, environment)
        const right = this.item(item.right, environment)
        const on = this.holds(item.on, environment)
        const type = item.type === 'cross' ? 'inner' : item.type
        return { kind: 'join', type, rows: this.rowsSince(first), left, right, on }
      }
    }
  }

  /** A derived table without a number lets columns speak of the occurrences inside it. */
  private expose(node: Node, environment: Environment): void {
    if (node.kind === 'leaf') {
      const { id } = node.occurrence
      // Twice the same number: which one is meant cannot be told.
      const twice = environment.columns.has(id)
      environment.columns.set(id, (column) => (twice ? null : this.terms.column(node.row, column)))
    } else if (node.kind === 'join') [node.left, node.right].forEach((side) => this.expose(side, environment))
    else if (node.kind === 'query') node.items.forEach((item) => this.expose(item, environment))
    else if (node.kind === 'set') node.branches.forEach((branch) => this.expose(branch, environment))
  }

  holds(condition: Condition | null, environment: Environment): Branches {
    return condition === null ? always : this.predicates.branches(condition, true, environment)
  }

  witness(condition: Condition | Operand, environment: Environment): Witness {
    const here = this.witnesses.get(environment) ?? new Map<object, Witness>()
    this.witnesses.set(environment, here)
    const known = here.get(condition)
    if (known !== undefined) return known
    const { block } = condition as Extract<Operand, { kind: 'subquery' }>
    const node = this.block(block, environment)
    const found: Witness = {
      query: this.queries.push(node) - 1,
      facts: outward(node),
      outputs: node.outputs.map((output) => output.term),
    }
    here.set(condition, found)
    return found
  }

  term(operand: Operand, environment: Environment): Term {
    switch (operand.kind) {
      case 'column':
        return this.column(operand, environment)
      case 'parameter':
      case 'literal':
      case 'setting':
        return this.terms.constant(operand)
      case 'subquery': {
        const [output] = this.witness(operand, environment).outputs
        return output ?? this.terms.expression(operand, [])
      }
      case 'call': {
        const [proposed] = operand.arguments
        if (operand.name === 'excluded' && proposed?.kind === 'column' && environment.proposed !== null) {
          return this.terms.column(environment.proposed, proposed.column)
        }
        return this.terms.expression(operand, this.columns(operand, environment))
      }
      case 'opaque':
        return this.terms.expression(operand, this.columns(operand, environment))
    }
  }

  private column(operand: Extract<Operand, { kind: 'column' }>, environment: Environment): Term {
    const { occurrence, column } = operand
    if (isHoleName(column)) return this.terms.unbound('*')
    if (occurrence === null) {
      const owners = environment.leaves.filter((leaf) => ownershipColumns(leaf.ownership).includes(column))
      return owners.length === 1 ? this.terms.column(owners[0]!.row, column) : this.terms.unbound(column)
    }
    for (let level: Environment | null = environment; level !== null; level = level.parent) {
      const found = level.columns.get(occurrence)
      if (found !== undefined) return found(column) ?? this.terms.unbound(column)
    }
    return this.terms.unbound(column)
  }

  columns(operand: Operand, environment: Environment): readonly Term[] {
    if (operand.kind === 'column') return [this.column(operand, environment)]
    if (operand.kind === 'call') {
      return operand.arguments.flatMap((argument) => columnsIn(this.term(argument, environment)))
    }
    if (operand.kind === 'opaque') return operand.mentions.flatMap((part) => this.columns(part, environment))
    return []
  }

  subqueries(operand: Operand, environment: Environment): readonly number[] {
    if (operand.kind === 'subquery') return [this.witness(operand, environment).query]
    const parts =
      operand.kind === 'call' ? operand.arguments : operand.kind === 'opaque' ? operand.mentions : []
    return parts.flatMap((part) => this.subqueries(part, environment))
  }
}
