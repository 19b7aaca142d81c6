import { Linter } from 'eslint'
import { dirname, isAbsolute } from 'node:path'
import * as parser from '@typescript-eslint/parser'
import { queryContextOf, type FileContext, type QueryContext } from '../../rules/query/context.ts'
import { renderStatement } from '../../rules/query/render.ts'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'

/** What the query layer makes of a source text: the context that the rules would get; null when it sees no query. */
export function contextOf(code: string, tenancy: TenancyFile, filename = 'sample.ts'): QueryContext | null {
  let context: QueryContext | null = null
  const linter = new Linter(isAbsolute(filename) ? { cwd: dirname(filename) } : {})
  const messages = linter.verify(
    code,
    {
      files: ['**/*.ts', '**/*.tsx'],
      languageOptions: { parser },
      settings: { watertight: { tenancy } },
      plugins: {
        probe: {
          rules: {
            probe: {
              create: (rule) => ({
                'Program:exit': () => {
                  context = queryContextOf(rule as unknown as FileContext)
                },
              }),
            },
          },
        },
      },
      rules: { 'probe/probe': 'error' },
    } as Linter.Config,
    { filename },
  )
  if (messages.length > 0) throw new Error(messages.map(({ message }) => message).join('\n'))
  return context
}

/** Every statement of a source text as pseudo-SQL, in source order; what was not seen as `opaque: reason`. */
export function statementsIn(code: string, tenancy: TenancyFile, filename?: string): readonly string[] {
  return (contextOf(code, tenancy, filename)?.sites ?? []).flatMap(({ queries, opaques }) => [
    ...queries.map(({ query }) => renderStatement(query.statement)),
    ...opaques.map(({ reason }) => `opaque: ${reason}`),
  ])
}

/** The verdict on every mention, as `relation: verdict`. */
export function verdictsIn(code: string, tenancy: TenancyFile, filename?: string): readonly string[] {
  return (contextOf(code, tenancy, filename)?.sites ?? []).flatMap(({ queries }) =>
    queries.flatMap(({ occurrences }) =>
      occurrences.map(({ occurrence, verdict }) => `${occurrence.relation.name}: ${verdict.kind}`),
    ),
  )
}
