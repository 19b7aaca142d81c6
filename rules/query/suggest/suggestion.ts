import type { TSESLint } from '@typescript-eslint/utils'
import type { Finding } from '../finding.ts'
import type { ExtractionScope } from '../library.ts'
import type { Library } from '../query.ts'
import type { CallSite } from '../context.ts'
import type { Edit } from './edit.ts'
import { kyselyEdit } from './kysely.ts'
import { pgEdit } from './pg.ts'
import { prismaEdit } from './prisma.ts'

const editors: Partial<Record<Library, (finding: Finding, scope: ExtractionScope) => Edit | null>> = {
  kysely: kyselyEdit,
  pg: pgEdit,
  prisma: prismaEdit,
}

/** The messages of rules that suggest. */
export const suggestionMessages = { addTenant: 'Add `{{text}}`.' } as const

/**
 * What an editor offers for a finding: the tenant predicate, where the acting tenant is in scope and the place for it is certain. None
 * where one call sends several statements, for they share the text.
 */
export function suggestionsFor(
  finding: Finding,
  { queries }: CallSite,
  scope: ExtractionScope,
): TSESLint.ReportSuggestionArray<string> | undefined {
  const { state, judged } = finding
  if (state.kind !== 'leak' || (queries.length > 1 && judged.query.library !== 'prisma')) return undefined
  if (queries[0] !== judged) return undefined
  const edit = editors[judged.query.library]?.(finding, scope) ?? null
  if (edit === null) return undefined
  const fix: TSESLint.ReportFixFunction = (fixer) =>
    edit.insertions.map(({ at, text }) => fixer.insertTextBeforeRange([at, at], text))
  return [{ messageId: 'addTenant', data: { text: edit.text }, fix }]
}
