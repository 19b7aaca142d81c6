import type { Rule } from 'eslint'
import { type FileContext, queryContextOf } from '../../rules/query/context.ts'

/** What the query layer saw, over all files that were linted with {@link censusRule}. */
export interface Census {
  readonly queries: Record<string, number>
  readonly opaque: Record<string, number>
  readonly verdicts: Record<string, number>
}

export const emptyCensus = (): Census => ({ queries: {}, opaque: {}, verdicts: {} })

export function count(table: Record<string, number>, key: string): void {
  table[key] = (table[key] ?? 0) + 1
}

/** A rule that counts what the other rules see, and reports nothing. */
export function censusRule(census: Census): Rule.RuleModule {
  return {
    create: (context) => {
      const found = queryContextOf(context as unknown as FileContext)
      for (const site of found?.sites ?? []) {
        for (const { query, occurrences } of site.queries) {
          count(census.queries, query.library)
          for (const { verdict } of occurrences) count(census.verdicts, verdict.kind)
        }
        for (const opaque of site.opaques) count(census.opaque, opaque.library)
      }
      return {}
    },
  }
}
