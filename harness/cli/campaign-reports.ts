import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { Problem } from '../../rules/problem.ts'
import { writeCurl } from '../report/curl.ts'
import { writeHtml } from '../report/html.ts'
import { writeJson } from '../report/json.ts'
import { writeJunit } from '../report/junit.ts'
import { type CampaignRecord, recordOf } from '../report/record.ts'
import { writeSarif } from '../report/sarif.ts'
import { writeVitest } from '../report/vitest.ts'
import type { CampaignEvent } from '../run/events.ts'
import { type ReportRequest, writeReport } from './report-files.ts'

/** Formats of `fuzz --report`. `ndjson` is the stream of events that `merge` reads. */
export const campaignFormats = ['json', 'html', 'junit', 'sarif', 'ndjson', 'curl', 'vitest'] as const

type Format = (typeof campaignFormats)[number]

/** Writes the reports that were asked for: the event stream as it comes, the others when the campaign has ended. */
export class CampaignReports {
  readonly #requests: readonly ReportRequest<Format>[]
  readonly #target: string
  readonly #events: CampaignEvent[] = []
  readonly #streams: number[]

  constructor(requests: readonly ReportRequest<Format>[], target: string) {
    this.#requests = requests
    this.#target = target
    this.#streams = requests.filter(({ format }) => format === 'ndjson').map(({ file }) => openStream(file))
  }

  readonly emit = (event: CampaignEvent): void => {
    // Thousands of progress events say nothing that the summary does not.
    if (event.type !== 'progress') this.#events.push(event)
    for (const stream of this.#streams) writeSync(stream, `${JSON.stringify(event)}\n`)
  }

  /** Call once, whether the campaign has ended or not: a stream without an end is evidence, too. */
  finish(): CampaignRecord | null {
    for (const stream of this.#streams) closeSync(stream)
    const record = recordOf(this.#events)
    if (record === null) return null
    for (const { format, file } of this.#requests) {
      if (format !== 'ndjson') writeReport(file, render(format, record, this.#target))
    }
    return record
  }
}

/** One report of a finished campaign. */
export function render(format: Exclude<Format, 'ndjson'>, record: CampaignRecord, target: string): string {
  switch (format) {
    case 'json':
      return writeJson(record)
    case 'html':
      return writeHtml(record)
    case 'junit':
      return writeJunit(record)
    case 'sarif':
      return writeSarif(record, target === '' ? null : target)
    case 'curl':
      return writeCurl(record.summary.findings)
    case 'vitest':
      return writeVitest(record.summary.findings, (receipt) => receipt, target)
  }
}

function openStream(file: string): number {
  try {
    mkdirSync(dirname(file), { recursive: true })
    return openSync(file, 'w')
  } catch (cause) {
    throw new Problem(
      'E-REPORT',
      `cannot write ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Name a file in a folder that can be written.',
      { cause },
    )
  }
}
