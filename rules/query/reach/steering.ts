import type { TSESTree } from '@typescript-eslint/utils'
import type { Provenance } from '../../provenance/provenance.ts'
import type { Condition, OccurrenceId } from '../../sql/statement.ts'
import type { Judged, JudgedQuery } from '../judge.ts'
import { type Links, linksOf } from '../links.ts'
import type { Tenancy } from '../../tenancy/tenancy.ts'
import { holdersOf, lacksKind } from './holding.ts'

/** A value that picks rows of a mention. */
export interface SteeringValue {
  /** The expression, null where none stands for it alone. */
  readonly node: TSESTree.Node | null
  readonly provenance: Provenance
  /** The column that it is compared with; null where it is part of a larger condition. */
  readonly column: string | null
  /** It is a column of the row that the call itself writes. */
  readonly isWritten: boolean
  /** Whoever owns what it names owns the rows of the mention. */
  readonly holds: boolean
}

/**
 * The values that pick the rows of a mention: those that it, or a mention that it is joined with, is equal to; else all values of the
 * statement's conditions.
 */
export function steeringOf(judged: JudgedQuery, mention: Judged, tenancy: Tenancy): readonly SteeringValue[] {
  const { query } = judged
  const { occurrence } = mention
  const { block } = query.statement
  if (occurrence.access === 'insert' && block.kind === 'insert') return insertedOf(judged, occurrence.id)
  const ties = linksOf(query.statement)
  const connected = connectedWith(occurrence.id, ties)
  const holders = holdersOf(mention, judged, ties.links, tenancy)
  const direct = ties.links.flatMap(({ of, column, to }): SteeringValue[] => {
    if (!connected.has(of) || to.kind !== 'parameter') return []
    const holds = holders.has(of) && !lacksKind(judged, of, column)
    return [{ ...valueOf(judged, to.index, column), holds }]
  })
  if (direct.length > 0) return direct
  return parametersIn(conditionsOf(block)).map((index) => valueOf(judged, index, null))
}

export function valueOf({ query }: JudgedQuery, index: number, column: string | null): SteeringValue {
  return {
    node: query.sources[index] ?? null,
    provenance: query.values[index] ?? { kind: 'unknown', path: '', nullable: false },
    column,
    isWritten: query.rowKeys?.has(index) === true,
    holds: false,
  }
}

/** The mention and all that its rows are joined with. */
function connectedWith(start: OccurrenceId, { links, associations }: Links): ReadonlySet<OccurrenceId> {
  const pairs = [
    ...links.flatMap(({ of, to }) => (to.kind === 'mention' ? [[of, to.id] as const] : [])),
    ...associations.map((one) => [one.of, one.with] as const),
  ]
  const found = new Set([start])
  for (let size = 0; size !== found.size;) {
    size = found.size
    for (const [one, other] of pairs) {
      if (found.has(one)) found.add(other)
      else if (found.has(other)) found.add(one)
    }
  }
  return found
}

/** Of a row that is written, the value of the column that leads to its parent is the one that matters; else all of them. */
function insertedOf(judged: JudgedQuery, target: OccurrenceId): readonly SteeringValue[] {
  const { block } = judged.query.statement
  if (block.kind !== 'insert' || block.source.kind !== 'rows') return []
  const mention = judged.occurrences.find(({ occurrence }) => occurrence.id === target)
  const { ownership } = mention ?? {}
  const leading = ownership?.kind === 'through' ? ownership.column : null
  return block.source.rows.flatMap((row) =>
    row.flatMap(({ column, operand }) =>
      operand?.kind === 'parameter' && column === leading ? [valueOf(judged, operand.index, column)] : [],
    ),
  )
}

/** Everything in a block that decides which rows it touches. */
function conditionsOf(block: unknown): unknown {
  if (Array.isArray(block)) return block.map(conditionsOf)
  if (typeof block !== 'object' || block === null) return null
  const {
    set: _set,
    source: _source,
    outputs: _outputs,
    ...rest
  } = block as Readonly<Record<string, unknown>>
  return rest
}

function parametersIn(value: unknown, found = new Set<number>()): readonly number[] {
  if (Array.isArray(value)) for (const part of value) parametersIn(part, found)
  else if (typeof value === 'object' && value !== null) {
    const { kind, index } = value as { readonly kind?: string; readonly index?: unknown }
    if (kind === 'parameter' && typeof index === 'number') found.add(index)
    else for (const part of Object.values(value)) parametersIn(part, found)
  }
  return [...found]
}

/** Why a part of what picks the rows is not in sight, where that part may hold the tenant; null when all of it is. */
export function unseenIn({ query }: JudgedQuery): string | null {
  const { block } = query.statement
  if (!('where' in block) || block.where === null) return null
  // `made.where ? { where: made.where } : {}`: the whole filter is left out only where there is none.
  return unseenConjunct(block.where.kind === 'optional' ? block.where.condition : block.where)
}

function unseenConjunct(condition: Condition): string | null {
  if (condition.kind === 'and') {
    return condition.operands.map(unseenConjunct).find((reason) => reason !== null) ?? null
  }
  return condition.kind === 'opaque' && condition.mentions.length === 0 ? condition.reason : null
}
