import type { Cell, Coverage, OracleId, Relation } from './events.ts'

/** The gap of a cell whose operation worked, and which nothing was judged in. */
export const notReached = 'not reached'

/** What each operation was seen to do. */
interface Seen {
  controls: number
  attempts: number
  readonly statuses: Map<number, number>
}

/** Counts judged observations by *operation × relation × oracle*, and which operations worked for their owner. */
export class CoverageLedger {
  readonly #cells = new Map<
    string,
    { operation: string; relation: Relation; oracle: OracleId; judged: number; gap: string | null }
  >()
  readonly #seen = new Map<string, Seen>()
  readonly #unresolved = new Map<string, number>()

  /** Declares a cell, so that it counts as a gap until something is judged in it. */
  declare(operation: string, relation: Relation, oracle: OracleId, gap: string | null = null): void {
    this.#cells.set(key(operation, relation, oracle), { operation, relation, oracle, judged: 0, gap })
  }

  judged(operation: string, relation: Relation, oracle: OracleId): void {
    const cell = this.#cells.get(key(operation, relation, oracle))
    if (cell !== undefined) cell.judged++
  }

  /** The owner's own request: a positive control when it succeeded. */
  control(operation: string, status: number, success: boolean): void {
    const seen = this.#of(operation)
    seen.attempts++
    seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1)
    if (success) seen.controls++
  }

  unresolved(operation: string): void {
    this.#unresolved.set(operation, (this.#unresolved.get(operation) ?? 0) + 1)
  }

  /** How often its owner has asked. */
  attempts(operation: string): number {
    return this.#seen.get(operation)?.attempts ?? 0
  }

  hasControl(operation: string): boolean {
    return (this.#seen.get(operation)?.controls ?? 0) > 0
  }

  /** Status codes of all owners' requests, for telling a target that refuses everything. */
  statuses(): ReadonlyMap<number, number> {
    const all = new Map<number, number>()
    for (const { statuses } of this.#seen.values())
      for (const [status, count] of statuses) all.set(status, (all.get(status) ?? 0) + count)
    return all
  }

  summary(): Coverage {
    const cells = [...this.#cells.values()].map((cell): Cell => ({ ...cell, gap: this.#gap(cell) }))
    const gaps = cells.filter((cell) => cell.gap !== null)
    return { cells: cells.length, exercised: cells.length - gaps.length, gaps, matrix: cells }
  }

  progress(): { readonly cells: number; readonly exercised: number } {
    let exercised = 0
    for (const cell of this.#cells.values()) if (this.#gap(cell) === null) exercised++
    return { cells: this.#cells.size, exercised }
  }

  /** Of the cells in which an oracle can see and whose operation worked for its owner, how many were exercised. */
  reach(): { readonly cells: number; readonly exercised: number } {
    const open = [...this.#cells.values()].filter(
      ({ gap, operation }) => gap === null && this.hasControl(operation),
    )
    return { cells: open.length, exercised: open.filter(({ judged }) => judged > 0).length }
  }

  #gap(cell: { operation: string; judged: number; gap: string | null }): string | null {
    if (cell.gap !== null) return cell.gap
    if (!this.hasControl(cell.operation)) return this.#whyNoControl(cell.operation)
    return cell.judged > 0 ? null : notReached
  }

  #whyNoControl(operation: string): string {
    const seen = this.#seen.get(operation)
    if (seen === undefined || seen.attempts === 0) {
      return (this.#unresolved.get(operation) ?? 0) > 0
        ? 'no id of the right type to send'
        : 'no positive control: never tried with own ids'
    }
    const [status] = [...seen.statuses].toSorted((left, right) => right[1] - left[1])[0]!
    return `no positive control: its owner gets ${status}`
  }

  #of(operation: string): Seen {
    let seen = this.#seen.get(operation)
    if (seen === undefined) {
      seen = { controls: 0, attempts: 0, statuses: new Map() }
      this.#seen.set(operation, seen)
    }
    return seen
  }
}

function key(operation: string, relation: Relation, oracle: OracleId): string {
  return `${oracle} ${relation} ${operation}`
}
