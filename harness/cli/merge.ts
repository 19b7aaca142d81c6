import { resolve } from 'node:path'
import { paintFor, summaryLines } from '../report/console.ts'
import { writeJson } from '../report/json.ts'
import type { CampaignRecord } from '../report/record.ts'
import { readArguments } from './arguments.ts'
import { campaignFormats, render } from './campaign-reports.ts'
import { type Command, exitCodes } from './command.ts'
import { readReportOptions, writeReport } from './report-files.ts'

const formats = campaignFormats.filter((format) => format !== 'ndjson')

const help = `
Usage: watertight merge FILE... [--report FORMAT=FILE]... [--json]

Merges the event files of shards into one verdict: the worst of them. A shard without an end makes it inconclusive.

  FILE                  what \`watertight fuzz --shard I/N --report ndjson=FILE\` wrote
  --report FORMAT=FILE  write a report as well; FORMAT is one of ${formats.join(', ')}
  --json                one JSON document on standard output, and nothing else there

Example:
  watertight merge shard-*.ndjson --report html=watertight-report/index.html
`

/** Merges shards. */
export const merge: Command = {
  name: 'merge',
  summary: 'merge the event files of shards into one verdict',
  help,
  run: async (argv, io) => {
    const { options, positionals } = readArguments(
      'merge',
      argv,
      { report: 'many', json: 'flag' },
      { least: 1, most: Infinity, what: 'the event file of a shard' },
    )
    const requests = readReportOptions(options.report, formats, io.cwd)
    const { mergeEvents } = await import('../run/merge.ts')
    const summary = await mergeEvents(positionals.map((file) => resolve(io.cwd, file)))
    const record: CampaignRecord = { started: null, warnings: [], summary }
    for (const { format, file } of requests) writeReport(file, render(format, record, ''))
    if (options.json) io.stdout.write(writeJson(record))
    else io.stdout.write(`${summaryLines(summary, paintFor(io.stdout)).join('\n')}\n`)
    return exitCodes[summary.verdict]
  },
}
