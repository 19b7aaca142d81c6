import { conditionOf, toStatements } from '../sql/statements.ts'
import type { ReadOptions } from '../sql/reader.ts'
import type { Block, RelationName } from '../sql/statement.ts'
import type { Policy, PolicyExpression, Table, View } from './schema.ts'

/** A policy as its source text; what it means depends on the columns of all tables it mentions. */
export type UnboundPolicy = Omit<Policy, 'using' | 'check'> & {
  readonly using: string | null
  readonly check: string | null
}

export type UnboundTable = Omit<Table, 'policies'> & { readonly policies: readonly UnboundPolicy[] }

export type UnboundView = Omit<View, 'block'>

/** Reads expressions and view queries once all tables are known, so that unqualified names bind as PostgreSQL binds them. */
export function bindExpressions(
  tables: readonly UnboundTable[],
  views: readonly UnboundView[],
): { tables: Table[]; views: View[] } {
  const columns = new Map<string, readonly string[]>()
  for (const table of tables) {
    columns.set(
      `${table.schema}.${table.name}`,
      table.columns.map(({ name }) => name),
    )
  }
  const options: ReadOptions = {
    columnsOf: ({ schema, name }) => columns.get(`${schema ?? 'public'}.${name}`) ?? null,
  }
  return {
    tables: tables.map((table) => ({
      ...table,
      policies: table.policies.map((policy) => ({
        ...policy,
        using: expressionOf(policy.using, table, options),
        check: expressionOf(policy.check, table, options),
      })),
    })),
    views: views.map((view) => ({ ...view, block: blockOfQuery(view.text, options) })),
  }
}

function expressionOf(
  text: string | null,
  table: RelationName & Pick<Table, 'columns'>,
  options: ReadOptions,
): PolicyExpression | null {
  if (text === null) return null
  const columns = table.columns.map(({ name }) => name)
  return { text, condition: conditionOf(text, { schema: table.schema, name: table.name, columns }, options) }
}

/** The query of a view, null when it is beyond the reader. */
function blockOfQuery(text: string, options: ReadOptions): Block | null {
  const parsed = toStatements(text, options)
  return parsed.kind === 'parsed' ? (parsed.statements[0]?.statement?.block ?? null) : null
}
