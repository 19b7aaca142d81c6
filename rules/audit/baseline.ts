import { Problem } from '../problem.ts'
import type { AuditFinding } from './check.ts'
import { verdictOf, type AuditReport } from './report.ts'

/** One accepted finding: which, why, and until when (`YYYY-MM-DD`, that day included). @public */
export interface BaselineEntry {
  readonly id: string
  readonly reason: string
  readonly until: string
}

/** What a baseline did to a report. @public */
export interface BaselineResult {
  /** The report without the accepted findings. */
  readonly report: AuditReport
  readonly accepted: readonly { readonly finding: AuditFinding; readonly entry: BaselineEntry }[]
  /** Past their date: their findings count again. */
  readonly expired: readonly BaselineEntry[]
  /** Match nothing any more: the hole is closed, or has changed. */
  readonly stale: readonly BaselineEntry[]
}

const problem = (message: string): Problem =>
  new Problem(
    'E-USAGE',
    `The baseline is not valid: ${message}.`,
    'Write a JSON list of { "id", "reason", "until": "YYYY-MM-DD" }.',
  )

/** Is it a day of the calendar, written as ISO 8601 says? */
function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true
}

/**
 * Reads the text of a baseline file.
 *
 * @throws Problem `E-USAGE` when it is no list of entries, or when an entry has no reason or no date.
 * @public
 */
export function readBaseline(text: string): BaselineEntry[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw problem((error as Error).message)
  }
  if (!Array.isArray(value)) throw problem('it is no list')
  return value.map((entry: unknown, index): BaselineEntry => {
    const { id, reason, until } = (entry ?? {}) as Record<string, unknown>
    const place = `entry ${index + 1}`
    if (typeof id !== 'string' || id === '') throw problem(`${place} has no id`)
    if (typeof reason !== 'string' || reason.trim() === '') throw problem(`${place} (${id}) has no reason`)
    if (typeof until !== 'string' || !isDay(until)) throw problem(`${place} (${id}) has no date in "until"`)
    return { id, reason, until }
  })
}

/**
 * Takes accepted findings out of a report.
 *
 * @param today `YYYY-MM-DD`; an entry whose date is before it accepts nothing.
 * @public
 */
export function applyBaseline(
  report: AuditReport,
  baseline: readonly BaselineEntry[],
  today: string,
): BaselineResult {
  const current = new Map(baseline.filter(({ until }) => until >= today).map((entry) => [entry.id, entry]))
  const accepted = report.findings.flatMap((finding) => {
    const entry = current.get(finding.id)
    return entry === undefined ? [] : [{ finding, entry }]
  })
  const findings = report.findings.filter(({ id }) => !current.has(id))
  const ids = new Set(report.findings.map(({ id }) => id))
  return {
    report: { ...report, findings, verdict: verdictOf(findings, report.policies, report.unread) },
    accepted,
    expired: baseline.filter(({ until }) => until < today),
    stale: baseline.filter(({ id }) => !ids.has(id)),
  }
}
