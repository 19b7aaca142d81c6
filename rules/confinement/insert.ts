import type {
  Assignment,
  Block,
  Condition,
  Conflict,
  InsertBlock,
  Occurrence,
  Operand,
  Output,
} from '../sql/statement.ts'
import { all, always, both, either, type Branches, type Fact } from './facts.ts'
import {
  openEnvironment,
  ownershipColumns,
  type BlockNode,
  type ConflictNode,
  type Environment,
  type Leaf,
  type Node,
  type QueryNode,
  type Written,
} from './space.ts'
import type { Terms } from './terms.ts'

/** What reading an INSERT needs of whoever reads the other levels. */
export interface LevelBuilder {
  readonly terms: Terms
  /** The row variable that will be given next. */
  readonly mark: () => number
  readonly leaf: (occurrence: Occurrence, environment: Environment) => Leaf
  readonly block: (block: Block, parent: Environment | null) => BlockNode
  readonly query: (
    outputs: readonly Output[],
    environment: Environment,
    first: number,
    rest: Pick<QueryNode, 'items' | 'where' | 'barrier' | 'witnesses' | 'loose' | 'write'>,
  ) => QueryNode
  readonly holds: (condition: Condition | null, environment: Environment) => Branches
  readonly written: (assignment: Assignment, environment: Environment) => Written
  readonly subqueries: (operand: Operand, environment: Environment) => readonly number[]
}

/** The level of an INSERT: its source gives the rows, the target's columns are equated with what is written. */
export function insertLevel(
  block: InsertBlock,
  parent: Environment | null,
  builder: LevelBuilder,
): QueryNode {
  const first = builder.mark()
  const outer = openEnvironment(parent)
  const environment = openEnvironment(parent)
  const target = builder.leaf(block.target, environment)
  const { source } = block
  const items: Node[] = []
  let assigned: Branches = always
  let opaque: string | null = null
  if (source.kind === 'query') {
    const node = builder.block(source.block, outer)
    items.push(node)
    assigned = assignedByQuery(target, source.columns, node, builder)
    if (source.columns.length === 0) opaque = 'the order of the columns is not known'
  } else if (source.kind === 'rows') {
    assigned = assignedRows(target, source.rows, outer, builder)
  } else {
    assigned = assignedRow(target, source.known, outer, builder)
    opaque = source.reason
  }
  const operands = source.kind === 'query' ? [] : source.kind === 'rows' ? source.rows.flat() : source.known
  const conflict =
    block.conflict === null ? null : conflictOf(block.conflict, target, block.target, outer, builder)
  const loose = [...operands, ...block.outputs].flatMap(({ operand }) => operand ?? [])
  return builder.query(block.outputs, environment, first, {
    items: [...items, target],
    where: assigned,
    barrier: true,
    witnesses: conflict === null && opaque === null,
    loose: loose.flatMap((operand) => builder.subqueries(operand, outer)),
    write: { kind: 'insert', target, opaque, conflict },
  })
}

function assignedByQuery(
  target: Leaf,
  columns: readonly string[],
  node: BlockNode,
  builder: LevelBuilder,
): Branches {
  const facts = columns.flatMap((column, index): Fact[] => {
    const star = node.outputs.slice(0, index + 1).some((output) => output.term === null)
    const right = star ? null : (node.outputs[index]?.term ?? null)
    const left = builder.terms.column(target.row, column)
    const blank = { source: null, within: [] } as const
    if (right === null) return [{ kind: 'opaque', terms: [left], reason: 'a column of *', ...blank }]
    return [{ kind: 'equal', left, right, nullSafe: true, ...blank }]
  })
  return [facts]
}

function assignedRows(
  target: Leaf,
  rows: readonly (readonly Assignment[])[],
  environment: Environment,
  builder: LevelBuilder,
): Branches {
  const seen = new Set<string>()
  const relevant = new Set(ownershipColumns(target.ownership))
  const distinct = rows.filter((row) => {
    const values = row.filter((assignment) => relevant.has(assignment.column))
    const key = JSON.stringify(values, (name, value: unknown) => (name === 'span' ? undefined : value))
    return !seen.has(key) && seen.add(key)
  })
  return either(distinct.map((row) => assignedRow(target, row, environment, builder)))
}

function assignedRow(
  target: Leaf,
  row: readonly Assignment[],
  environment: Environment,
  builder: LevelBuilder,
): Branches {
  return all(
    row.map((assignment) => {
      const left = builder.terms.column(target.row, assignment.column)
      const blank = { source: null, within: [] } as const
      if (assignment.operand === null) {
        return [[{ kind: 'opaque', terms: [left], reason: `the default of ${assignment.column}`, ...blank }]]
      }
      const written = builder.written(assignment, environment)
      const equal: Fact = { kind: 'equal', left, right: written.term!, nullSafe: true, ...blank }
      return both([[equal]], written.facts)
    }),
  )
}

function conflictOf(
  conflict: Conflict,
  target: Leaf,
  occurrence: Occurrence,
  outer: Environment,
  builder: LevelBuilder,
): ConflictNode | null {
  if (conflict.action === 'nothing') return null
  const environment: Environment = { ...openEnvironment(outer), proposed: target.row }
  const existing = builder.leaf(occurrence, environment)
  const same = (conflict.target ?? []).map((column): Fact => ({
    kind: 'equal',
    left: builder.terms.column(existing.row, column),
    right: builder.terms.column(target.row, column),
    nullSafe: false,
    source: null,
    within: [],
  }))
  return {
    existing,
    constraint: conflict.constraint,
    where: both([same], builder.holds(conflict.where, environment)),
    set: conflict.set.map((assignment) => builder.written(assignment, environment)),
    loose: conflict.set
      .flatMap(({ operand }) => operand ?? [])
      .flatMap((operand) => builder.subqueries(operand, environment)),
  }
}
