import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import type { CallSite, FileContext } from '../context.ts'
import type { Tenancy } from '../../tenancy/tenancy.ts'
import type { Escape } from './directive.ts'
import { escapesOf } from './escapes.ts'

/** What the way from a rule to ESLint has to know of the rule. */
export interface ReportingRule {
  readonly name: string
  readonly messages: Readonly<Record<string, string>>
  /** Code that works for all tenants by design is no exception from the rule. */
  readonly evenTenantless: boolean
  /** A program with one tenant is no exception from the rule. */
  readonly evenSingleTenant: boolean
  /** Tell also what code does that works for all tenants by design. */
  readonly tellTenantless: boolean
}

/** What is said of one relation, or of the site as a whole. */
export interface Said {
  readonly data: Readonly<Record<string, string>>
  /** What is the same wherever it is found, and told where it is found first in the file. */
  readonly once?: string | undefined
  readonly suggest?: TSESLint.ReportSuggestionArray<string> | undefined
}

export interface Reported extends Said {
  readonly messageId: string
  readonly node: TSESTree.Node
  /** The same message about other relations of the statement: one report tells them all, and `{{others}}` names these. */
  readonly same?: readonly Said[] | undefined
  /** Null: the finding is about no query. */
  readonly site: CallSite | null
}

/** The messages of findings in code that works for all tenants by design, and where there is one tenant. */
export const tenantlessMessages = {
  tenantless: 'For all tenants, by design ({{design}}): {{finding}}',
  singleTenant: 'There is one tenant ({{design}}): {{finding}}',
} as const

/** Reports what no escape excuses. Every rule of the plugin reports through this. */
export function reporterOf(
  context: TSESLint.RuleContext<string, readonly unknown[]>,
  tenancy: Tenancy,
  rule: ReportingRule,
): (reported: Reported) => void {
  const escapes = escapesOf(context as unknown as FileContext, tenancy)
  escapes.enter(rule.name)
  const kinds: Escape['kind'][] = ['ignore']
  if (!rule.evenTenantless) kinds.push('tenantless')
  if (!rule.evenSingleTenant) kinds.push('singleTenant')
  const told = new Set<string>()
  return ({ messageId, node, site, same, ...said }) => {
    const isOpen = ({ data }: Said): boolean => {
      const excuse = escapes.excuse(
        { rule: rule.name, node, relation: data['relation'] ?? null, site },
        kinds,
      )
      if (excuse !== null && excuse.kind !== 'ignore' && rule.tellTenantless) {
        const finding = filled(rule.messages[messageId]!, data)
        context.report({ messageId: excuse.kind, node, data: { design: excuse.reason, finding } })
      }
      return excuse === null
    }
    const open = [said, ...(same ?? [])].filter(isOpen)
    const [first, ...others] = open
    if (first === undefined || (first.once !== undefined && told.has(first.once))) return
    if (first.once !== undefined) told.add(first.once)
    const suggest = open.flatMap((one) => one.suggest ?? [])
    const data = same === undefined ? first.data : { ...first.data, others: othersText(others) }
    context.report({ messageId, node, data, ...(suggest.length === 0 ? {} : { suggest }) })
  }
}

function othersText(others: readonly Said[]): string {
  const names = [...new Set(others.map(({ data }) => `\`${data['relation']}\``))]
  const last = names.pop()
  if (last === undefined) return ''
  return ` The same holds of ${names.length === 0 ? last : `${names.join(', ')} and ${last}`}.`
}

const filled = (message: string, data: Readonly<Record<string, string>>): string =>
  message.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => data[name] ?? '')
