import { Problem } from '../problem.ts'
import { loadTenancy } from '../tenancy/read.ts'
import type { Tenancy, TenancyFile } from '../tenancy/tenancy.ts'
import type { AuditCheck, AuditFinding } from './check.ts'
import { checks } from './checks.ts'
import { findingsOfFile } from './folder-findings.ts'
import {
  parseScript,
  SqlSourceCode,
  type Location,
  type SqlParseResult,
  type SqlScript,
} from './sql-source.ts'

interface File {
  readonly body: string | Uint8Array
}

const textOf = ({ body }: File): string => (typeof body === 'string' ? body : new TextDecoder().decode(body))

/**
 * SQL as an ESLint language, `watertight/sql`: parsed by PostgreSQL's own parser. The tree is a `Script` of `Statement`s, whose
 * `tag` names the kind.
 *
 * @public
 */
export const sqlLanguage = {
  fileType: 'text' as const,
  lineStart: 1 as const,
  columnStart: 0 as const,
  nodeTypeKey: 'type',
  visitorKeys: { Script: ['body'], Statement: [], Comment: [] },
  validateLanguageOptions(): void {},
  parse: (file: File): SqlParseResult => parseScript(textOf(file)),
  createSourceCode: (file: File, result: { readonly ast: SqlScript }): SqlSourceCode =>
    new SqlSourceCode(textOf(file), result.ast),
}

/** The part of ESLint's fixer that is used. */
interface Fixer {
  insertTextAfterRange(range: [number, number], text: string): unknown
}

/** The part of ESLint's rule context that is used. */
interface RuleContext {
  readonly filename: string
  readonly cwd: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly sourceCode: object
  report(descriptor: {
    loc: Location
    messageId: string
    data: Record<string, string>
    suggest?: { messageId: string; data: Record<string, string>; fix: (fixer: Fixer) => unknown }[] | null
  }): void
}

/** The shape of an ESLint rule, without a dependency on one of ESLint's releases. @public */
export interface SqlRule {
  readonly meta: {
    readonly type: 'problem'
    readonly docs: { readonly description: string; readonly url: string }
    readonly hasSuggestions: true
    readonly schema: readonly []
    readonly messages: Readonly<Record<string, string>>
  }
  create(context: RuleContext): Record<string, (node: SqlScript) => void>
}

/** Sources for which a problem with the model was reported: all rules meet it, one report is enough. */
const reported = new WeakSet<object>()

function report(context: RuleContext, source: SqlSourceCode, finding: AuditFinding): void {
  const { origin, fix, message } = finding
  if (origin === null) return
  const end = source.text.length
  context.report({
    loc: { start: source.getLocFromIndex(origin.start), end: source.getLocFromIndex(origin.end) },
    messageId: 'finding',
    data: { message },
    suggest:
      fix === null
        ? []
        : [
            {
              messageId: 'fix',
              data: { fix },
              fix: (fixer) =>
                fixer.insertTextAfterRange([end, end], `${source.text.endsWith('\n') ? '' : '\n'}${fix}\n`),
            },
          ],
  })
}

function tenancyOf(context: RuleContext): Tenancy {
  const { tenancy } = (context.settings['watertight'] ?? {}) as { tenancy?: string | TenancyFile }
  try {
    if (tenancy !== undefined && tenancy !== null) return loadTenancy(tenancy, { cwd: context.cwd })
    throw new Problem(
      'E-TENANCY-MISSING',
      'no tenancy model is configured for the watertight rules.',
      'Set `settings: { watertight: { tenancy: "./tenancy.json" } }` in the ESLint configuration; `watertight init` writes that file.',
    )
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    // Linters print only the message of what a rule throws.
    const { code, message, next } = error
    throw new Problem(code, `${code}: ${message} ${next}`, next, { cause: error })
  }
}

function ruleOf(check: AuditCheck): SqlRule {
  return {
    meta: {
      type: 'problem',
      docs: {
        description: check.title,
        url: `https://unpkg.com/watertight/docs/audit/${check.id}.md`,
      },
      hasSuggestions: true,
      schema: [],
      messages: { finding: '{{message}}', fix: 'Append: {{fix}}', problem: '{{message}} {{next}}' },
    },
    create(context) {
      const source = context.sourceCode
      if (!(source instanceof SqlSourceCode)) return {}
      return {
        Script(node) {
          const tenancy = tenancyOf(context)
          try {
            for (const finding of findingsOfFile(context.filename, source.text, tenancy)) {
              if (finding.check === check.id) report(context, source, finding)
            }
          } catch (error) {
            if (!(error instanceof Problem)) throw error
            // A half-written migration lacks tables that the model names; the editor must go on.
            if (reported.has(source)) return
            reported.add(source)
            const { message, next } = error
            const start = node.loc.start
            context.report({ loc: { start, end: start }, messageId: 'problem', data: { message, next } })
          }
        },
      }
    },
  }
}

/** Every audit check as an ESLint rule: `sql-<check id>`. @public */
export const sqlRules: Readonly<Record<string, SqlRule>> = Object.fromEntries(
  checks.map((check) => [`sql-${check.id}`, ruleOf(check)]),
)
