import { Chalk, type ChalkInstance } from 'chalk'
import type { CampaignEvent, CampaignSummary, Finding } from '../run/events.ts'
import { grouped, groupGaps, oracleWords, percent, verdictWords } from './record.ts'

/** Where lines go. `color` is decided by the caller from the stream, NO_COLOR and FORCE_COLOR. */
export interface Terminal {
  readonly write: (text: string) => void
  /** A person watches: one line may be drawn over again. */
  readonly live: boolean
  readonly color: boolean
  readonly columns: number
}

type Progress = Extract<CampaignEvent, { type: 'progress' }>

/** Colours for a stream; plain text where it takes none. */
export function paintFor({ color }: Pick<Terminal, 'color'>): ChalkInstance {
  return new Chalk({ level: color ? 1 : 0 })
}

/** Prints a campaign while it runs: a live line for a person, a line each quarter for a log; the verdict at the end. */
export function consoleReport(terminal: Terminal): (event: CampaignEvent) => void {
  const paint = paintFor(terminal)
  let drawn = false
  let quarter = 0
  const clear = () => {
    if (drawn) terminal.write('\r\u001b[2K')
    drawn = false
  }
  const line = (text = '') => {
    clear()
    terminal.write(`${text}\n`)
  }
  const progress = (event: Progress) => {
    const text = progressLine(event)
    if (terminal.live) {
      clear()
      terminal.write(text.slice(0, terminal.columns - 1))
      drawn = true
    } else if (Math.floor(event.fraction * 4) > quarter) {
      quarter = Math.floor(event.fraction * 4)
      line(text)
    }
  }
  return (raw) => {
    const event = withoutControls(raw)
    switch (event.type) {
      case 'campaign-started':
        return line(
          `${paint.bold(event.target)}: ${event.operations} operations, ${event.tenants} tenants, ` +
            `${event.oracles.length} oracles, mode ${event.mode}, seed ${event.seed}` +
            (event.shard.of > 1 ? `, shard ${event.shard.index}/${event.shard.of}` : ''),
        )
      case 'phase':
        return line(paint.dim(`  ${event.name} ${event.seconds.toFixed(1)} s`))
      case 'progress':
        return progress(event)
      case 'finding':
        return line(`${paint.red('✗')} ${event.finding.title} ${paint.dim(event.finding.oracle)}`)
      case 'warning':
        return line(paint.yellow(`! ${event.code} ${event.message}`))
      case 'campaign-ended':
        clear()
        for (const text of summaryLines(event.summary, paint)) terminal.write(`${text}\n`)
    }
  }
}

function progressLine({ fraction, trials, requests, findings, exercised, cells }: Progress): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * 20)
  const bar = '█'.repeat(full) + '░'.repeat(20 - full)
  return (
    `  ${bar} ${percent(fraction, 1).padStart(5)}  ${grouped(trials)} trials  ${grouped(requests)} requests  ` +
    `${exercised}/${cells} cells  ${findings} finding${findings === 1 ? '' : 's'}`
  )
}

/** The end of a campaign, also of merged shards. */
export function summaryLines(raw: CampaignSummary, paint: ChalkInstance): string[] {
  const summary = withoutControls(raw)
  return [
    '',
    ...summary.findings.flatMap((finding, index) => findingLines(finding, index + 1, paint)),
    ...gapLines(summary, paint),
    ...verdictLines(summary, paint),
  ]
}

function findingLines(finding: Finding, number: number, paint: ChalkInstance): string[] {
  const rate = Math.round(finding.reproductionRate * 100)
  return [
    paint.red.bold(`${number}. ${finding.title}`),
    `   ${finding.oracle}: ${oracleWords[finding.oracle]}`,
    `   ${finding.evidence}`,
    paint.dim(
      `   ${finding.id}; ${finding.requests} request${finding.requests === 1 ? '' : 's'}; seen again in ${rate} % of re-runs`,
    ),
    ...finding.steps.flatMap(({ request, response }, index) => [
      `   ${index + 1}) ${paint.bold(request.actor)}  ${request.method} ${request.path}`,
      `      ${paint.bold(String(response.status))} ${oneLine(response.excerpt, 160)}`,
    ]),
    '',
    ...finding.curl
      .trimEnd()
      .split('\n')
      .map((text) => paint.cyan(`   ${text}`)),
    ...(finding.receipt === null ? [] : [paint.dim(`   watertight replay ${finding.receipt}`)]),
    '',
  ]
}

function gapLines({ coverage }: CampaignSummary, paint: ChalkInstance): string[] {
  if (coverage.gaps.length === 0) return []
  const groups = groupGaps(coverage.gaps).map(({ reason, cells, operations }) => {
    const shown =
      operations.slice(0, 4).join(', ') + (operations.length > 4 ? `, and ${operations.length - 4} more` : '')
    return `  ${String(cells.length).padStart(4)}  ${reason}: ${paint.dim(shown)}`
  })
  return [paint.bold('Not exercised'), ...groups, '']
}

function verdictLines(summary: CampaignSummary, paint: ChalkInstance): string[] {
  const color = {
    clean: paint.green,
    finding: paint.red,
    inconclusive: paint.yellow,
    uncovered: paint.yellow,
  }[summary.verdict]
  const { cells, exercised } = summary.coverage
  return [
    color.bold(`${summary.verdict.toUpperCase()}  ${verdictWords[summary.verdict]}`),
    ...(summary.problem === null ? [] : [`${summary.problem.code}: ${summary.problem.message}`]),
    ...(summary.claim === null ? [] : [summary.claim]),
    paint.dim(
      `${summary.findings.length} finding${summary.findings.length === 1 ? '' : 's'}, ${exercised} of ${cells} cells (${percent(exercised, cells)}), ` +
        `${grouped(summary.trials)} trials, ${grouped(summary.requests)} requests in ${summary.seconds.toFixed(1)} s ` +
        `(${grouped(summary.requestsPerSecond)}/s), mode ${summary.mode}, seed ${summary.seed}`,
    ),
  ]
}

function oneLine(text: string, length: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > length ? `${line.slice(0, length - 1)}…` : line
}

/** The service under attack chooses these texts; none may move the cursor or turn the direction of writing. */
export function withoutControls<T>(value: T): T {
  if (typeof value === 'string')
    return value.replace(/(?![\n\t])[\p{Cc}\p{Cf}\p{Surrogate}]/gu, '\ufffd') as T
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item: unknown) => withoutControls(item)) as T
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutControls<unknown>(item)]),
  ) as T
}
