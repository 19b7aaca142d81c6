import type { CampaignEvent, CampaignSummary, Cell, Finding, OracleId } from '../run/events.ts'

type Started = Extract<CampaignEvent, { type: 'campaign-started' }>
type Warning = Extract<CampaignEvent, { type: 'warning' }>

/** A campaign as its events told it, for the writers of whole files. */
export interface CampaignRecord {
  /** Null for merged shards. */
  readonly started: Started | null
  readonly warnings: readonly Warning[]
  readonly summary: CampaignSummary
}

/** Folds a stream of events into a record; null before the campaign has ended. */
export function recordOf(events: Iterable<CampaignEvent>): CampaignRecord | null {
  let started: Started | null = null
  let summary: CampaignSummary | null = null
  const warnings: Warning[] = []
  for (const event of events) {
    if (event.type === 'campaign-started') started = event
    if (event.type === 'warning') warnings.push(event)
    if (event.type === 'campaign-ended') summary = event.summary
  }
  return summary === null ? null : { started, warnings, summary }
}

/** What each verdict says in one line; no report may call anything but `clean` a pass. */
export const verdictWords: Readonly<Record<CampaignSummary['verdict'], string>> = {
  clean: 'No leak found, and enough exercised to say so',
  finding: 'Tenants are not isolated',
  inconclusive: 'Inconclusive: the run could not be finished',
  uncovered: 'Not enough was exercised to say anything',
}

/** What an oracle says when it accuses. */
export const oracleWords: Readonly<Record<OracleId, string>> = {
  'foreign-read': "another tenant's data in an answer",
  'foreign-write': "another tenant's rows changed",
  existence: 'a foreign id is answered differently from one that never existed',
  'error-message': 'an error gives away internals',
  principal: 'the answer follows a hint instead of the authenticated actor',
  interference: 'answers differ with what another tenant owns',
}

/** Gaps with one reason, most frequent first. */
export interface GapGroup {
  readonly reason: string
  readonly cells: readonly Cell[]
  readonly operations: readonly string[]
}

export function groupGaps(gaps: readonly Cell[]): readonly GapGroup[] {
  const groups = new Map<string, Cell[]>()
  for (const cell of gaps) {
    const reason = cell.gap ?? 'not exercised'
    groups.set(reason, [...(groups.get(reason) ?? []), cell])
  }
  return [...groups]
    .map(([reason, cells]) => ({
      reason,
      cells,
      operations: [...new Set(cells.map(({ operation }) => operation))].sort(),
    }))
    .sort((a, b) => b.cells.length - a.cells.length || (a.reason < b.reason ? -1 : 1))
}

/** `GET /projects/1 -> 200` for one line of a step. */
export function stepLine({ request, response }: Finding['steps'][number]): string {
  return `${request.actor}: ${request.method} ${request.path} -> ${response.status}`
}

/** 12,345 whatever the locale of the machine. */
export function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${Math.floor((100 * part) / whole)} %`
}
