import type { AuditFinding, AuditReport, AuditVerdict, PolicyVerdict } from '../../rules/audit/index.ts'

/** What `watertight audit` says, over everything that it looked at. */
export interface AuditResult {
  readonly verdict: AuditVerdict
  readonly findings: readonly AuditFinding[]
  readonly policies: readonly PolicyVerdict[]
  readonly unread: AuditReport['unread']
  /** Findings that the baseline knows already. */
  readonly known: readonly AuditFinding[]
  /** Ids in the baseline that are findings no more. */
  readonly fixed: readonly string[]
}

/** Migrations and database together: a hole in either is a hole. `baseline` holds ids, null without one. */
export function mergeReports(
  reports: readonly AuditReport[],
  baseline: ReadonlySet<string> | null,
): AuditResult {
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
  const all = [...findings.values()]
  const open = all.filter(({ id }) => !(baseline?.has(id) ?? false))
  const inconclusive = reports.some(
    ({ verdict, unread, policies: decided }) =>
      verdict === 'inconclusive' ||
      unread.length > 0 ||
      decided.some((policy) => policy.verdict === 'unknown'),
  )
  return {
    verdict: open.length > 0 ? 'finding' : inconclusive ? 'inconclusive' : 'clean',
    findings: open,
    policies: [...policies.values()],
    unread: reports.flatMap(({ unread }) => unread),
    known: all.filter(({ id }) => baseline?.has(id) ?? false),
    fixed: [...(baseline ?? [])].filter((id) => !findings.has(id)),
  }
}

function rank(verdict: PolicyVerdict['verdict']): number {
  return ['confined', 'unknown', 'leak'].indexOf(verdict)
}
