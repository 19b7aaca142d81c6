import type { AuditFinding } from '../../rules/audit/index.ts'
import { junitXml } from '../report/junit.ts'
import { sarifLog } from '../report/sarif.ts'
import type { AuditResult } from './audit-result.ts'

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
    known: result.known.map(shown),
    fixed: result.fixed,
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

function auditSarif({ findings, verdict }: AuditResult): string {
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
  return sarifLog(rules, results, verdict !== 'inconclusive')
}

function auditJunit({ findings, verdict, unread }: AuditResult): string {
  const outcome = { clean: 'passed', finding: 'failure', inconclusive: 'error' } as const
  return junitXml(
    'watertight audit',
    [
      {
        className: 'watertight',
        name: 'the schema keeps tenants apart',
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
    ],
    0,
  )
}
