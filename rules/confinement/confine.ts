import type { Block, Occurrence, OccurrenceId, Statement } from '../sql/statement.ts'
import { SpaceBuilder } from './build.ts'
import { TooComplex } from './facts.ts'
import type { JudgeContext, ParentValue } from './judge.ts'
import { mentionsOf } from './mentions.ts'
import { neverSpeaksOfTenants } from './silent.ts'
import { openEnvironment, type Leaf } from './space.ts'
import type { OccurrenceVerdict, OwnershipOf, TenantValue, Verdict } from './verdict.ts'
import { tooComplex, Visitor } from './visit.ts'

export interface ConfineOptions {
  /**
   * Knows ids of rows that are the tenant's (of a confined read, of a guard): such a value in the column that leads to the
   * parent confines the child.
   */
  readonly parentValue?: ParentValue
}

const severity = { confined: 0, unknown: 1, leak: 2 } as const

/**
 * For every mention of a relation in every scope of the statement: is every row that it can touch the acting tenant's?
 *
 * `confined` means that the statement returns and does the same when the rows of all other tenants are removed from that
 * mention. What is not understood is `unknown`, never `confined`; a mention that was not reached is `unknown` too.
 */
export function confine(
  statement: Statement,
  ownershipOf: OwnershipOf,
  tenantValue: TenantValue,
  options: ConfineOptions = {},
): readonly OccurrenceVerdict[] {
  const mentions = mentionsOf(statement.block)
  const verdicts = new Map<OccurrenceId, Verdict>()
  const record = (occurrence: Occurrence, verdict: Verdict): void => {
    const before = verdicts.get(occurrence.id)
    if (before === undefined || severity[before.kind] < severity[verdict.kind])
      verdicts.set(occurrence.id, verdict)
  }
  let failed = false
  try {
    decide(statement, ownershipOf, tenantValue, options, record, verdicts)
  } catch (error) {
    if (!(error instanceof TooComplex) && !(error instanceof RangeError)) throw error
    failed = true
  }
  const found = mentions.map(({ occurrence, joined }): OccurrenceVerdict => {
    const ownership = ownershipOf(occurrence.relation)
    const verdict = failed ? undecided(ownership.kind) : (verdicts.get(occurrence.id) ?? notReached)
    return { occurrence, ownership, verdict, joined }
  })
  if (options.parentValue !== undefined || !found.some(({ verdict }) => verdict === tooComplex)) return found
  const ownerships = found.map(({ ownership }) => ownership)
  if (!neverSpeaksOfTenants(statement, ownerships, ownershipOf)) return found
  return found.map((one) => (one.verdict === tooComplex ? { ...one, verdict: unfiltered } : one))
}

const unfiltered: Verdict = { kind: 'leak', reason: { kind: 'unfiltered' } }
const notReached: Verdict = { kind: 'unknown', reason: 'the mention was not reached' }

function undecided(kind: string): Verdict {
  return kind === 'global' ? { kind: 'confined', evidence: { kind: 'global', reason: 'global' } } : tooComplex
}

function decide(
  { block, parameters }: Statement,
  ownershipOf: OwnershipOf,
  tenantValue: TenantValue,
  options: ConfineOptions,
  record: (occurrence: Occurrence, verdict: Verdict) => void,
  verdicts: ReadonlyMap<OccurrenceId, Verdict>,
): void {
  const leaves = new Map<number, Leaf>()
  const builder = new SpaceBuilder(ownershipOf, (leaf) => leaves.set(leaf.row, leaf))
  const context: JudgeContext = {
    ownershipOf,
    tenantValue,
    parentValue: options.parentValue ?? (() => false),
    nameOf: (index) => parameters[index]?.name ?? `$${index + 1}`,
    leafOf: (row) => leaves.get(row),
    termOf: (row, column) => builder.terms.column(row, column),
  }
  const visitor = new Visitor(builder.queries, context, record)
  visitor.top(builder.block(block, null))
  // CTEs are judged where they are mentioned; one that is not mentioned there still runs if it writes.
  for (const cte of ctesOf(block)) {
    const missed = mentionsOf(cte).some(({ occurrence }) => !verdicts.has(occurrence.id))
    if (missed) visitor.top(builder.block(cte, openEnvironment(null)))
  }
}

function ctesOf(block: Block): readonly Block[] {
  const found: Block[] = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (typeof value === 'object' && value !== null) {
      const { ctes } = value as { readonly ctes?: readonly { readonly block: Block }[] }
      if (ctes !== undefined) for (const cte of ctes) found.push(cte.block)
      Object.values(value).forEach(visit)
    }
  }
  visit(block)
  return [...new Set(found)]
}
