import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { type CallSite, type FileContext, tenancyOf } from '../query/context.ts'
import { reporterOf } from '../query/escape/reporter.ts'
import { type Described, type WatertightRule, ruleMeta } from '../query/rule.ts'
import { type FileView, fileViewOf } from './file.ts'

export type Report = (
  messageId: string,
  node: TSESTree.Node,
  data?: Readonly<Record<string, string>>,
  suggest?: TSESLint.ReportSuggestionArray<string>,
  /** The query that the finding is about, for the escapes that name one. */
  site?: CallSite,
) => void

interface FileRule<Options extends object> extends Described {
  readonly defaults: Options
  /** Lexical preflight on the source text: false means that the file certainly has nothing for the rule. Cheap. */
  readonly mentions: (text: string) => boolean
  readonly check: (file: FileView, options: Options, report: Report) => void
}

/** A rule that looks at a whole file, which need not have queries. */
export function defineFileRule<Options extends object>(rule: FileRule<Options>): WatertightRule {
  return {
    name: rule.name,
    meta: ruleMeta(rule),
    defaultOptions: [rule.defaults],
    create(context) {
      const { sourceCode } = context
      // The `.sql` language and others bring source code of their own.
      if (sourceCode.ast.type !== 'Program' || sourceCode.scopeManager === null) return {}
      if (!rule.mentions(sourceCode.text)) return {}
      const options = { ...rule.defaults, ...(context.options[0] as Partial<Options> | undefined) }
      const given = context as unknown as FileContext
      const report = reporterOf(context, tenancyOf(given), {
        name: rule.name,
        messages: rule.messages,
        evenTenantless: rule.evenTenantless ?? true,
        evenSingleTenant: rule.evenSingleTenant ?? rule.evenTenantless ?? true,
        tellTenantless: false,
      })
      return {
        Program() {
          rule.check(fileViewOf(given), options, (messageId, node, data = {}, suggest, site) =>
            report({ messageId, node, data, suggest, site: site ?? null }),
          )
        },
      }
    },
  }
}
