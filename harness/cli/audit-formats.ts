import { createHash } from 'node:crypto'
import type { AuditFinding } from '../../rules/audit/index.ts'
import { junitXml } from '../report/junit.ts'
import { sarifLog } from '../report/sarif.ts'
import type { AuditResult } from './audit-result.ts'
import type { CapturedReport, OpenStatement } from './audit-statements.ts'

/** Formats of `audit --report`. */
export const auditFormats = ['json', 'sarif', 'junit'] as const

export function writeAudit(format: (typeof auditFormats)[number], result: AuditResult): string {
  if (format === 'sarif') return auditSarif(result)
  return format === 'junit' ? auditJunit(result) : auditJson(result)
}

/** The document of `watertight audit --json`; `docs/json.md` holds its schema. */
export function auditJson(result: AuditResult): string {
  const document = {
    verdict: result.verdict,
    findings: result.findings.map(shown),
    policies: result.policies.map(({ table, command, verdict, counterexample, reason }) => ({
      table,
      command,
      verdict,
      counterexample,
      reason,
    })),
    unread: result.unread.map(({ reason, origin }) => ({
      reason,
      file: origin?.file ?? null,
      line: origin?.line ?? null,
    })),
    known: result.known.map(({ finding, entry: { reason, until } }) => ({
      ...shown(finding),
      reason,
      until,
    })),
    fixed: result.stale.map(({ id }) => id),
    expired: result.expired.map(({ id }) => id),
    statements: result.statements === null ? null : shownStatements(result.statements),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function shown({ id, check, direction, object, origin, message, fix, key }: AuditFinding) {
  return {
    id,
    check,
    direction,
    object,
    file: origin?.file ?? null,
    line: origin?.line ?? null,
    message,
    fix,
    key,
  }
}

function shownStatements({ file, statements, confined, open }: CapturedReport) {
  return {
    file,
    statements,
    confined,
    open: open.map(({ line, times, relation, verdict, reason, text }) => ({
      line,
      times,
      relation,
      verdict,
      reason,
      text,
    })),
  }
}

/** The statement says what is wrong, wherever it was captured. */
function statementId({ text, relation }: OpenStatement): string {
  return `captured-statement/${createHash('sha256').update(`${relation}\n${text}`).digest('hex').slice(0, 16)}`
}

function statementMessage({ verdict, relation, reason, text }: OpenStatement): string {
  const what = verdict === 'leak' ? 'is not confined to a tenant' : 'cannot be told to be confined'
  return `${relation ?? 'A captured statement'} ${what}: ${reason}\n\n${text}`
}

function auditSarif({ findings, verdict, statements }: AuditResult): string {
  const checks = [...new Set(findings.map(({ check }) => check))].sort()
  const rules = checks.map((id) => ({
    id: `watertight/sql-${id}`,
    title: id.replaceAll('-', ' '),
    help: `See docs/audit/${id}.md.`,
  }))
  const results = findings.map((finding) => ({
    ruleId: `watertight/sql-${finding.check}`,
    level: finding.direction === 'open' ? ('error' as const) : ('warning' as const),
    message: finding.fix === null ? finding.message : `${finding.message}\n\n${finding.fix}`,
    fingerprint: finding.id,
    location: finding.origin === null ? null : { file: finding.origin.file, line: finding.origin.line },
    logical: finding.object,
  }))
  const captured = (statements?.open ?? []).map((open) => ({
    ruleId: 'watertight/sql-captured-statement',
    level: open.verdict === 'leak' ? ('error' as const) : ('warning' as const),
    message: statementMessage(open),
    fingerprint: statementId(open),
    location: { file: statements!.file, line: open.line },
    logical: open.relation ?? 'statement',
  }))
  if (captured.length > 0) {
    rules.push({
      id: 'watertight/sql-captured-statement',
      title: 'captured statement',
      help: 'See docs/audit/README.md.',
    })
  }
  return sarifLog(rules, [...results, ...captured], verdict !== 'inconclusive')
}

function auditJunit({ findings, verdict, unread, statements }: AuditResult): string {
  const outcome = { clean: 'passed', finding: 'failure', inconclusive: 'error' } as const
  return junitXml(
    'watertight audit',
    [
      {
        className: 'watertight',
        name: 'tenants are kept apart',
        outcome: outcome[verdict],
        message: verdict,
        text: unread.map(({ reason }) => reason).join('\n'),
      },
      ...findings.map(({ check, id, message, fix }) => ({
        className: `watertight.${check}`,
        name: id,
        outcome: 'failure' as const,
        message,
        text: fix ?? '',
      })),
      ...(statements?.open ?? []).map((open) => ({
        className: 'watertight.captured-statement',
        name: statementId(open),
        outcome: open.verdict === 'leak' ? ('failure' as const) : ('error' as const),
        message: open.reason,
        text: statementMessage(open),
      })),
    ],
    0,
  )
}
