import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { consoleReport } from '../report/console.ts'
import { writeJson } from '../report/json.ts'
import type { CampaignEvent, Finding } from '../run/events.ts'
import type { CampaignOptions } from '../run/options.ts'
import { type Options, readArguments, usage, wholeNumber } from './arguments.ts'
import { campaignFormats, CampaignReports } from './campaign-reports.ts'
import { type Command, exitCodes, type Io } from './command.ts'
import { readReportOptions } from './report-files.ts'
import { shownTarget, targetFrom } from './target-file.ts'

const help = `
Usage: watertight fuzz [TARGET.ts] [--openapi FILE|URL] [--mode hunt|certify] [--seconds N | --trials N] [--seed S]
                       [--shard I/N] [--report FORMAT=FILE]... [--json]

Attacks a running service with several tenants and says, with evidence, whether one reached another's data.

  TARGET.ts             how to start the service, make tenants and sign in (watertight.target.ts)
  --openapi FILE|URL    in place of the target's own OpenAPI document
  --mode MODE           hunt adapts and claims nothing statistically; certify draws from a fixed distribution (hunt)
  --seconds N           attack for so long (20)
  --trials N            or for so many trials; equal seeds and trials send equal requests
  --seed S              a whole number (1)
  --shard I/N           run only this part of the campaign, counted from 0; merge the parts with \`watertight merge\`
  --report FORMAT=FILE  write a report as well; FORMAT is one of ${campaignFormats.join(', ')}
  --out DIR             where receipts of findings are written (watertight-report)
  --allow-host HOST     a host other than this machine that may be attacked; it must be yours
  --json                one JSON document on standard output, and nothing else there

Exit code 0 clean and covered, 1 finding, 2 usage or configuration, 3 inconclusive, 4 not enough coverage.

Examples:
  watertight fuzz
  watertight fuzz api.target.ts --seconds 120 --report html=watertight-report/index.html
  watertight fuzz --mode certify --trials 3000 --json
  watertight fuzz --shard 0/4 --report ndjson=shard-0.ndjson
`

const spec = {
  openapi: 'one',
  mode: 'one',
  seconds: 'one',
  trials: 'one',
  seed: 'one',
  shard: 'one',
  report: 'many',
  out: 'one',
  'allow-host': 'many',
  json: 'flag',
} as const

/** Runs a campaign. */
export const fuzz: Command = {
  name: 'fuzz',
  summary: 'attack a service and report ways from one tenant to another',
  help,
  run: async (argv, io) => {
    const { options, positionals } = readArguments('fuzz', argv, spec, { most: 1, what: 'the target file' })
    const requests = readReportOptions(options.report, campaignFormats, io.cwd)
    const chosen = campaignOptions(options, io)
    const target = await targetFrom(positionals[0], io)
    const reports = new CampaignReports(requests, shownTarget(target, io))
    const print = consoleReport(options.json ? io.stderr : io.stdout)
    const receipts = relative(io.cwd, chosen.receiptsDirectory)
    const emit = (raw: CampaignEvent) => {
      const event = located(raw, receipts)
      reports.emit(event)
      print(event)
    }
    const { runCampaign } = await import('../run/campaign.ts')
    try {
      await runCampaign({ ...chosen, target, signal: io.signal }, emit)
    } catch (error) {
      reports.finish()
      throw error
    }
    const record = reports.finish()
    if (record === null) throw new Error('the campaign returned without saying that it has ended')
    if (options.json) io.stdout.write(writeJson(record))
    return exitCodes[record.summary.verdict]
  },
}

type Chosen = Omit<CampaignOptions, 'target' | 'signal'> & { readonly receiptsDirectory: string }

function campaignOptions(options: Options<typeof spec>, io: Io): Chosen {
  const { mode, seconds, trials, seed, shard, openapi, out } = options
  if (mode !== null && mode !== 'hunt' && mode !== 'certify') {
    throw usage('fuzz', `--mode must be hunt or certify, not ${JSON.stringify(mode)}`)
  }
  if (seconds !== null && trials !== null) throw usage('fuzz', '--seconds and --trials exclude each other')
  return {
    receiptsDirectory: resolve(io.cwd, out ?? 'watertight-report'),
    allowHosts: options['allow-host'],
    ...(mode === null ? {} : { mode }),
    ...(seconds === null ? {} : { seconds: wholeNumber('fuzz', 'seconds', seconds, 1) }),
    ...(trials === null ? {} : { trials: wholeNumber('fuzz', 'trials', trials, 1) }),
    ...(seed === null ? {} : { seed: wholeNumber('fuzz', 'seed', seed, 0) }),
    ...(shard === null ? {} : { shard: readShard(shard) }),
    ...(openapi === null
      ? {}
      : { openapi: existsSync(resolve(io.cwd, openapi)) ? resolve(io.cwd, openapi) : openapi }),
  }
}

function readShard(text: string): { index: number; of: number } {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text)
  const [index, of] = [Number(match?.[1]), Number(match?.[2])]
  if (match === null || index >= of) {
    throw usage('fuzz', `--shard must be I/N with I from 0 to N-1, such as 0/4, not ${JSON.stringify(text)}`)
  }
  return { index, of }
}

/** Receipts named from where the user stands. */
export function located(event: CampaignEvent, receipts: string): CampaignEvent {
  const locate = (finding: Finding): Finding =>
    finding.receipt === null
      ? finding
      : { ...finding, receipt: join(receipts, finding.receipt).replaceAll('\\', '/') }
  if (event.type === 'finding') return { ...event, finding: locate(event.finding) }
  if (event.type !== 'campaign-ended') return event
  return { ...event, summary: { ...event.summary, findings: event.summary.findings.map(locate) } }
}
