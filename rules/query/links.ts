import type { Block, Condition, FromItem, OccurrenceId, Operand, Statement } from '../sql/statement.ts'

/** What a column of a mention is equal to. */
export type LinkEnd =
  | { readonly kind: 'mention'; readonly id: OccurrenceId; readonly column: string }
  /** A value; `list`: one of the values of a list. */
  | { readonly kind: 'parameter'; readonly index: number; readonly list?: boolean }

/** Every row of this mention that the statement can touch has this column equal to that. */
export interface Link {
  readonly of: OccurrenceId
  readonly column: string
  readonly to: LinkEnd
}

/** Every row of this mention that the statement can touch is tied to a row of that one by a relation whose columns do not show. */
export interface Association {
  readonly of: OccurrenceId
  readonly with: OccurrenceId
}

type Restricted = ReadonlySet<OccurrenceId>

const nothing: Restricted = new Set()

/** CTEs may hand on what other CTEs hand on, but not for ever. */
const depthLimit = 16

export interface Links {
  readonly links: readonly Link[]
  readonly associations: readonly Association[]
  /** Mentions of which a row must exist, or the statement finds none itself. */
  readonly required: ReadonlySet<OccurrenceId>
}

/** The equalities that always restrict a mention: not those of an OR, a NOT, or of the side that an outer join keeps. */
export function linksOf(statement: Statement): Links {
  const known = collected.get(statement)
  if (known !== undefined) return known
  const collector = new Collector()
  collector.block(statement.block, nothing, true)
  collected.set(statement, collector)
  return collector
}

/** Asked for each statement by each value that it may tell something of. */
const collected = new WeakMap<Statement, Links>()

class Collector implements Links {
  readonly links: Link[] = []
  readonly associations: Association[] = []
  readonly required = new Set<OccurrenceId>()
  readonly #derived = new Map<OccurrenceId, Block>()

  /** `outer`: mentions around the block that its condition restricts too, because a row must exist. */
  block(block: Block, outer: Restricted, required = false): void {
    for (const { block: inner } of block.ctes) this.block(inner, nothing)
    switch (block.kind) {
      case 'select':
      case 'update':
      case 'delete': {
        const own = new Set([...block.from.flatMap(mentionsIn), ...outer])
        if (block.kind !== 'select') own.add(block.target.id)
        if (required) for (const id of foundIn(block)) this.required.add(id)
        for (const item of block.from) this.from(item)
        if (block.where !== null) this.conjunct(block.where, own, required)
        const { from: _from, where: _where, ctes: _ctes, ...rest } = block
        this.inside(Object.values(rest))
        return
      }
      case 'set':
        for (const branch of block.branches) this.block(branch, nothing)
        return
      case 'insert':
        this.inside(Object.values({ ...block, ctes: [] }))
        return
      case 'opaque':
    }
  }

  private from(item: FromItem): void {
    if (item.kind === 'derived') {
      if (item.id !== undefined) this.#derived.set(item.id, item.block)
      this.block(item.block, nothing)
    }
    if (item.kind !== 'join') return
    this.from(item.left)
    this.from(item.right)
    if (item.on !== null) this.conjunct(item.on, restrictedBy(item))
  }

  private conjunct(condition: Condition, restricted: Restricted, required = false): void {
    switch (condition.kind) {
      case 'and':
        for (const operand of condition.operands) this.conjunct(operand, restricted, required)
        return
      case 'compare':
        if (condition.operator === '=') {
          this.equal(condition.left, condition.right, restricted)
          this.equal(condition.right, condition.left, restricted)
        }
        this.inside([condition.left, condition.right])
        return
      case 'in':
        if (condition.values.length === 1) {
          this.equal(condition.operand, condition.values[0]!, restricted, condition.list)
        }
        this.inside([condition.operand, ...condition.values])
        return
      case 'inQuery':
        this.among(condition.operands, condition.block, restricted)
        this.block(condition.block, nothing)
        return
      case 'exists':
        this.block(condition.block, restricted, required)
        return
      case 'opaque':
        if (condition.associates === true) this.associated(condition.mentions, restricted)
        this.inside(condition.mentions)
        return
      default:
        this.inside(Object.values(condition))
    }
  }

  private associated(keys: readonly Operand[], restricted: Restricted): void {
    const ids = keys.flatMap((key) =>
      key.kind === 'column' && key.occurrence !== null ? [key.occurrence] : [],
    )
    for (const of of ids.filter((id) => restricted.has(id))) {
      for (const other of ids) if (other !== of) this.associations.push({ of, with: other })
    }
  }

  private equal(left: Operand, given: Operand, restricted: Restricted, list = false): void {
    const right = this.behind(given)
    if (left.kind !== 'column' || left.occurrence === null || !restricted.has(left.occurrence)) return
    const { occurrence: of, column } = left
    if (right.kind === 'parameter') {
      this.links.push({ of, column, to: { kind: 'parameter', index: right.index, list } })
    } else if (right.kind === 'column' && right.occurrence !== null) {
      this.links.push({ of, column, to: { kind: 'mention', id: right.occurrence, column: right.column } })
    }
  }

  /** The column that a column of a derived table or CTE hands on. */
  private behind(operand: Operand, depth = 0): Operand {
    if (operand.kind !== 'column' || operand.occurrence === null) return operand
    const block = this.#derived.get(operand.occurrence)
    if (block?.kind !== 'select' || depth > depthLimit) return operand
    const output = block.outputs.find(({ name }) => name === operand.column)?.operand
    return output?.kind === 'column' ? this.behind(output, depth + 1) : operand
  }

  /** `a IN (SELECT b …)` binds the row outside to some row inside, `a IN (SELECT unnest($1))` to one of the values. */
  private among(operands: readonly Operand[], block: Block, restricted: Restricted): void {
    if (block.kind !== 'select') return
    operands.forEach((operand, index) => {
      const output = block.outputs[index]?.operand
      if (output != null) this.equal(operand, unnested(output), restricted)
    })
  }

  /** Blocks somewhere in a value restrict nothing outside themselves. */
  private inside(value: unknown): void {
    if (Array.isArray(value)) for (const part of value) this.inside(part)
    else if (typeof value === 'object' && value !== null) {
      if ('ctes' in value) this.block(value as Block, nothing)
      else this.inside(Object.values(value))
    }
  }
}

function unnested(output: Operand): Operand {
  const isList = output.kind === 'call' && output.name === 'unnest' && output.arguments.length === 1
  return isList ? output.arguments[0]! : output
}

function restrictedBy(join: Extract<FromItem, { kind: 'join' }>): Restricted {
  switch (join.type) {
    case 'inner':
    case 'cross':
      return new Set([...mentionsIn(join.left), ...mentionsIn(join.right)])
    case 'left':
      return new Set(mentionsIn(join.right))
    case 'right':
      return new Set(mentionsIn(join.left))
    case 'full':
      return nothing
  }
}

/** Mentions that every row of a block has a row of. */
function foundIn(block: Extract<Block, { kind: 'select' | 'update' | 'delete' }>): readonly OccurrenceId[] {
  const own = block.kind === 'select' ? [] : [block.target.id]
  return [...own, ...block.from.flatMap(alwaysIn)]
}

function alwaysIn(item: FromItem): readonly OccurrenceId[] {
  if (item.kind === 'relation') return [item.id]
  if (item.kind !== 'join' || item.type === 'full') return []
  const left = item.type === 'right' ? [] : alwaysIn(item.left)
  return [...left, ...(item.type === 'left' ? [] : alwaysIn(item.right))]
}

function mentionsIn(item: FromItem): readonly OccurrenceId[] {
  if (item.kind === 'relation') return [item.id]
  return item.kind === 'join' ? [...mentionsIn(item.left), ...mentionsIn(item.right)] : []
}
