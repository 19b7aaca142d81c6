import {
  applyBaseline,
  type AuditFinding,
  type AuditReport,
  type AuditVerdict,
  type BaselineEntry,
  type BaselineResult,
  type PolicyVerdict,
} from '../../rules/audit/index.ts'
import type { CapturedReport } from './audit-statements.ts'

/** What `watertight audit` says, over everything that it looked at. */
export interface AuditResult {
  readonly verdict: AuditVerdict
  readonly findings: readonly AuditFinding[]
  readonly policies: readonly PolicyVerdict[]
  readonly unread: AuditReport['unread']
  /** Findings that the baseline accepts, with its reason. */
  readonly known: BaselineResult['accepted']
  /** Entries of the baseline that match no finding any more. */
  readonly stale: readonly BaselineEntry[]
  /** Entries of the baseline past their day: what they accepted counts again. */
  readonly expired: readonly BaselineEntry[]
  /** Null when no captured statements were given. */
  readonly statements: CapturedReport | null
}

/** Migrations and database together: a hole in either is a hole. */
export function mergeReports(reports: readonly AuditReport[]): AuditReport {
  const findings = new Map<string, AuditFinding>()
  const policies = new Map<string, PolicyVerdict>()
  for (const report of reports) {
    // The first to tell is the one with file and line.
    for (const finding of report.findings) if (!findings.has(finding.id)) findings.set(finding.id, finding)
    for (const policy of report.policies) {
      const key = `${policy.table} ${policy.command}`
      const other = policies.get(key)
      if (other === undefined || rank(policy.verdict) > rank(other.verdict)) policies.set(key, policy)
    }
  }
  const verdicts = reports.map(({ verdict }) => verdict)
  return {
    verdict: worst(verdicts),
    findings: [...findings.values()],
    policies: [...policies.values()],
    unread: reports.flatMap(({ unread }) => unread),
  }
}

/** @param today `YYYY-MM-DD` */
export function auditResult(
  report: AuditReport,
  statements: CapturedReport | null,
  baseline: readonly BaselineEntry[],
  today: string,
): AuditResult {
  const { report: open, accepted, expired, stale } = applyBaseline(report, baseline, today)
  const verdict = worst([open.verdict, ...(statements === null ? [] : [statements.verdict])])
  const { findings, policies, unread } = open
  return { verdict, findings, policies, unread, known: accepted, stale, expired, statements }
}

function worst(verdicts: readonly AuditVerdict[]): AuditVerdict {
  return (['finding', 'inconclusive'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'clean'
}

function rank(verdict: PolicyVerdict['verdict']): number {
  return ['confined', 'unknown', 'leak'].indexOf(verdict)
}
