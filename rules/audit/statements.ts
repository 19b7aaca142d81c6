import { confine } from '../confinement/confine.ts'
import type { OccurrenceVerdict, TenantValue } from '../confinement/verdict.ts'
import type { Schema } from '../schema/schema.ts'
import { as } from '../sql/ast.ts'
import { type SqlStatement, type SqlStatements, toStatements } from '../sql/statements.ts'
import type { Occurrence, Operand, Statement } from '../sql/statement.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import { CalledFunctions } from './called-functions.ts'
import { nameOf, quote } from './subjects.ts'
import { describe } from './policy-leaks.ts'

/** What one captured statement does to one relation. @public */
export interface StatementVerdict {
  /** Index of the statement in the input. */
  readonly statement: number
  readonly text: string
  /** Null for a statement that could not be read. */
  readonly relation: string | null
  readonly verdict: 'confined' | 'leak' | 'unknown'
  readonly reason: string
}

/** What the audit of captured statements says. @public */
export interface StatementReport {
  readonly verdict: 'clean' | 'finding' | 'inconclusive'
  readonly statements: number
  /** Every mention of a relation that is not confined; confined ones are counted only. */
  readonly open: readonly StatementVerdict[]
  readonly confined: number
}

/** Columns that say whose row it is, for each mention; a root's key is its tenant. */
function keyColumns(statement: Statement, tenancy: Tenancy): ReadonlyMap<number, string> {
  const keys = new Map<number, string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (typeof value === 'object' && value !== null) {
      const item = value as Occurrence
      if (item.kind === 'relation') {
        const ownership = tenancy.ownershipOf(item.relation)
        if (ownership.kind === 'owned') keys.set(item.id, ownership.column)
        if (ownership.kind === 'root') keys.set(item.id, ownership.key)
      }
      Object.values(value).forEach(visit)
    }
  }
  visit(statement.block)
  return keys
}

/** Parameters that the statement puts into a tenant key: a capture holds no values, so the place decides. */
function tenantParameters(statement: Statement, tenancy: Tenancy): ReadonlySet<number> {
  const found = new Set<number>()
  const keys = keyColumns(statement, tenancy)
  const pair = (left: Operand, right: Operand): void => {
    if (left.kind !== 'column' || right.kind !== 'parameter') return
    const key = left.occurrence === null ? undefined : keys.get(left.occurrence)
    if (left.column === key) found.add(right.index)
  }
  const visit = (value: unknown, target: number | null): void => {
    if (Array.isArray(value)) for (const part of value) visit(part, target)
    else if (typeof value === 'object' && value !== null) {
      const part = value as Part
      if (part.kind === 'compare') {
        pair(part.left!, part.right!)
        pair(part.right!, part.left!)
      }
      const key = target === null ? undefined : keys.get(target)
      if (part.kind === undefined && part.column !== undefined && part.column === key) {
        if (part.operand?.kind === 'parameter') found.add(part.operand.index)
      }
      const next = part.kind === 'insert' || part.kind === 'update' ? part.target!.id : target
      for (const inner of Object.values(value)) visit(inner, next)
    }
  }
  visit(statement.block, null)
  return found
}

/** The properties of a relational form that lead to parameters. */
interface Part {
  readonly kind?: string
  readonly left?: Operand
  readonly right?: Operand
  readonly column?: string
  readonly operand?: Operand | null
  readonly target?: Occurrence
}

/**
 * Is every relation that captured statements touch confined? Taken from the driver, a log or `pg_stat_statements`, with `$n`
 * in the place of values. A parameter that is compared with the tenant key counts as the tenant: what value the program
 * bound is the linter's question.
 *
 * @param lines One statement each.
 * @param schema Sharpens the binding of unqualified names.
 * @public
 */
export function auditStatements(
  lines: readonly string[],
  tenancy: Tenancy,
  schema: Schema | null = null,
): StatementReport {
  const tables = new Map(
    (schema?.tables ?? []).map((table) => [nameOf(table), table.columns.map(({ name }) => name)]),
  )
  const statementsOf = (text: string): SqlStatements =>
    toStatements(text, { columnsOf: (relation) => tables.get(nameOf(relation)) ?? null })
  const read = lines.map(statementsOf)
  const functions = new CalledFunctions(schema?.functions ?? [], (body) =>
    confinedStatements(statementsOf(body), tenancy),
  )
  const named = preparedNames(read.flatMap((parsed) => (parsed.kind === 'error' ? [] : parsed.statements)))
  const verdicts = lines.flatMap((text, index): StatementVerdict[] => {
    const parsed = read[index]!
    if (parsed.kind === 'error') {
      return [
        {
          statement: index,
          text,
          relation: null,
          verdict: 'unknown',
          reason: `not parsed: ${parsed.message}`,
        },
      ]
    }
    return parsed.statements.flatMap((one) => {
      const hidden = hiddenWork(one, named)
      if (hidden !== null)
        return [{ statement: index, text, relation: null, verdict: 'unknown', reason: hidden }]
      if (one.statement === null) return []
      const called = functions.unseenIn(one.statement).map((reason): StatementVerdict => ({
        statement: index,
        text,
        relation: null,
        verdict: 'unknown',
        reason,
      }))
      return [...judge(one.statement, tenancy).map((mention) => verdictOn(index, text, mention)), ...called]
    })
  })
  const open = verdicts.filter(({ verdict }) => verdict !== 'confined')
  const leaks = open.some(({ verdict }) => verdict === 'leak')
  return {
    verdict: leaks ? 'finding' : open.length > 0 ? 'inconclusive' : 'clean',
    statements: lines.length,
    open,
    confined: verdicts.length - open.length,
  }
}

/** The statements of a body that touches only rows of the tenant; null where that is not shown. */
function confinedStatements(parsed: SqlStatements, tenancy: Tenancy): readonly Statement[] | null {
  if (parsed.kind === 'error' || parsed.statements.length === 0) return null
  const statements = parsed.statements.map(({ statement }) => statement)
  const all = statements.filter((statement) => statement !== null)
  if (all.length < statements.length || parsed.statements.some((one) => hiddenWork(one, new Set()) !== null))
    return null
  const open = all.some((statement) =>
    judge(statement, tenancy).some((mention) => verdictOn(0, '', mention).verdict !== 'confined'),
  )
  return open ? null : all
}

/** Statements and cursors that the capture itself prepares: what they do is judged there. */
function preparedNames(statements: readonly SqlStatement[]): ReadonlySet<string> {
  return new Set(
    statements.flatMap(({ node }) => {
      const name = as(node, 'PrepareStmt')?.name ?? as(node, 'DeclareCursorStmt')?.portalname
      return name === undefined ? [] : [name]
    }),
  )
}

/** Why the rows that a statement touches cannot be told from its text; null when they can. */
function hiddenWork({ node, statement }: SqlStatement, named: ReadonlySet<string>): string | null {
  const inner = as(node, 'ExplainStmt')?.query ?? as(node, 'CreateTableAsStmt')?.query ?? node
  if (as(inner, 'DoStmt') !== undefined) return 'a DO block: its text is no statement that could be judged'
  if (as(inner, 'CallStmt') !== undefined) return 'a procedure: what it touches is not in the statement'
  const name = as(inner, 'ExecuteStmt')?.name ?? as(inner, 'FetchStmt')?.portalname
  if (name !== undefined && !named.has(name)) return `${quote(name)} was prepared or declared elsewhere`
  const isOpaque = statement?.block.kind === 'opaque' && statement.block.occurrences.length === 0
  return isOpaque && name === undefined ? `not understood: ${statement.block.reason}` : null
}

function judge(statement: Statement, tenancy: Tenancy): readonly OccurrenceVerdict[] {
  const parameters = tenantParameters(statement, tenancy)
  const tenantValue: TenantValue = (operand) => {
    if (operand.kind === 'parameter') return parameters.has(operand.index) ? 'tenant' : 'unknown'
    if (operand.kind === 'setting')
      return operand.name.toLowerCase() === tenancy.setting?.toLowerCase() ? 'tenant' : 'other'
    return operand.kind === 'literal' ? 'other' : 'unknown'
  }
  return confine(statement, tenancy.ownershipOf, tenantValue)
}

/** PostgreSQL's own catalogs hold no rows of tenants. */
const isSystem = (schema: string | null, name: string): boolean =>
  schema === 'pg_catalog' || schema === 'information_schema' || (schema === null && name.startsWith('pg_'))

function verdictOn(
  statement: number,
  text: string,
  { occurrence, verdict }: OccurrenceVerdict,
): StatementVerdict {
  const { schema, name } = occurrence.relation
  const relation = schema === null ? quote(name) : `${quote(schema)}.${quote(name)}`
  const isKnown = isSystem(schema, name)
  return {
    statement,
    text,
    relation,
    verdict: isKnown ? 'confined' : verdict.kind,
    reason: isKnown ? 'a system catalog' : describe(verdict),
  }
}
