import { type CampaignRecord, oracleWords, stepLine, verdictWords } from './record.ts'

/** One `<testcase>`. */
export interface JunitCase {
  readonly className: string
  readonly name: string
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped'
  readonly message: string
  readonly text: string
}

/** A campaign as JUnit XML: the verdict, each finding and each gap is a test case. */
export function writeJunit({ summary, started }: CampaignRecord): string {
  const name = `watertight fuzz ${started?.target ?? ''}`.trim()
  const cases: JunitCase[] = [
    {
      className: 'watertight',
      name: 'tenants are isolated and enough was exercised',
      outcome: (
        { clean: 'passed', finding: 'failure', uncovered: 'failure', inconclusive: 'error' } as const
      )[summary.verdict],
      message: summary.problem?.message ?? verdictWords[summary.verdict],
      text: summary.claim ?? verdictWords[summary.verdict],
    },
    ...summary.findings.map((finding): JunitCase => ({
      className: `watertight.${finding.oracle}`,
      name: finding.id,
      outcome: 'failure',
      message: finding.title,
      text: [
        oracleWords[finding.oracle],
        finding.evidence,
        ...finding.steps.map(stepLine),
        finding.curl,
      ].join('\n'),
    })),
    ...summary.coverage.gaps.map((cell): JunitCase => ({
      className: `watertight.${cell.oracle}`,
      name: `${cell.operation} ${cell.relation}`,
      outcome: 'skipped',
      message: cell.gap ?? 'not exercised',
      text: '',
    })),
  ]
  return junitXml(name, cases, summary.seconds)
}

/** JUnit XML as GitLab, Jenkins and GitHub actions read it. */
export function junitXml(suite: string, cases: readonly JunitCase[], seconds: number): string {
  const count = (outcome: JunitCase['outcome']) => cases.filter((one) => one.outcome === outcome).length
  const counts =
    `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" ` +
    `skipped="${count('skipped')}" time="${seconds.toFixed(3)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="watertight" ${counts}>`,
    `<testsuite name="${escapeXml(suite)}" ${counts}>`,
    ...cases.map(caseXml),
    '</testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function caseXml({ className, name, outcome, message, text }: JunitCase): string {
  const head = `<testcase classname="${escapeXml(className)}" name="${escapeXml(name)}"`
  if (outcome === 'passed') return `${head}/>`
  return `${head}><${outcome} message="${escapeXml(message)}">${escapeXml(text)}</${outcome}></testcase>`
}

/** Escapes text for element content and attributes; characters that XML 1.0 cannot hold become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}
