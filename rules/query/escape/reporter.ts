import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import type { CallSite, FileContext } from '../context.ts'
import type { Tenancy } from '../../tenancy/tenancy.ts'
import { escapesOf } from './escapes.ts'

/** What the way from a rule to ESLint has to know of the rule. */
export interface ReportingRule {
  readonly name: string
  readonly messages: Readonly<Record<string, string>>
  /** Code that works for all tenants by design is no exception from the rule. */
  readonly evenTenantless: boolean
  /** Tell also what code does that works for all tenants by design. */
  readonly tellTenantless: boolean
}

export interface Reported {
  readonly messageId: string
  readonly node: TSESTree.Node
  readonly data: Readonly<Record<string, string>>
  readonly suggest?: TSESLint.ReportSuggestionArray<string> | undefined
  /** Null: the finding is about no query. */
  readonly site: CallSite | null
}

/** The message of a finding in code that works for all tenants by design. */
export const tenantlessMessages = {
  tenantless: 'For all tenants, by design ({{design}}): {{finding}}',
} as const

/** Reports what no escape excuses. Every rule of the plugin reports through this. */
export function reporterOf(
  context: TSESLint.RuleContext<string, readonly unknown[]>,
  tenancy: Tenancy,
  rule: ReportingRule,
): (reported: Reported) => void {
  const escapes = escapesOf(context as unknown as FileContext, tenancy)
  escapes.enter(rule.name)
  return ({ messageId, node, data, suggest, site }) => {
    const report = { rule: rule.name, node, relation: data['relation'] ?? null, site }
    const excuse = escapes.excuse(report, rule.evenTenantless ? ['ignore'] : ['ignore', 'tenantless'])
    if (excuse === null) {
      context.report({ messageId, node, data, ...(suggest === undefined ? {} : { suggest }) })
    } else if (excuse.kind === 'tenantless' && rule.tellTenantless) {
      const finding = filled(rule.messages[messageId]!, data)
      context.report({ messageId: 'tenantless', node, data: { design: excuse.reason, finding } })
    }
  }
}

const filled = (message: string, data: Readonly<Record<string, string>>): string =>
  message.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => data[name] ?? '')
