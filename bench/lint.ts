/**
 * `npm run bench:lint -- FOLDER [--tenancy FILE] [--runs N] [--limit N]`: CPU of ESLint with `recommended`, as a ratio to ESLint with
 * the parser alone, on the same real files in the same run. Each measurement is a process of its own, the two kinds alternate, medians count.
 */
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { parserAlone, withPreset } from './lint/configuration.ts'
import { sourceFiles } from './lint/files.ts'

interface Measurement {
  readonly seconds: number
  readonly files: number
  readonly lines: number
  readonly findings: number
  readonly fatal: number
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tenancy: { type: 'string' },
    runs: { type: 'string', default: '3' },
    limit: { type: 'string', default: '2000' },
    child: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

const folder = positionals[0] ?? process.env.WATERTIGHT_CORPUS
if (folder === undefined) {
  console.error('Name a folder with real source files, or set WATERTIGHT_CORPUS.')
  process.exit(2)
}

async function measure(kind: 'parser' | 'recommended'): Promise<Measurement> {
  const { ESLint } = await import('eslint')
  const files = sourceFiles(resolve(folder!), Number(values.limit))
  const configuration = kind === 'parser' ? [parserAlone] : await withPreset('recommended', values.tenancy)
  const eslint = new ESLint({
    cwd: resolve(folder!),
    overrideConfigFile: true,
    overrideConfig: configuration,
    allowInlineConfig: false,
    ignore: false,
  })
  const before = process.cpuUsage()
  const results = await eslint.lintFiles(files)
  const used = process.cpuUsage(before)
  return {
    seconds: (used.user + used.system) / 1e6,
    files: results.length,
    lines: results.reduce((sum, result) => sum + (result.source?.split('\n').length ?? 0), 0),
    findings: results.reduce(
      (sum, result) => sum + result.messages.filter((message) => !message.fatal).length,
      0,
    ),
    fatal: results.reduce((sum, result) => sum + result.fatalErrorCount, 0),
  }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

if (values.child !== undefined) {
  console.log(JSON.stringify(await measure(values.child as 'parser' | 'recommended')))
} else {
  const child = (kind: string): Measurement =>
    JSON.parse(
      execFileSync(
        process.execPath,
        [...process.execArgv, import.meta.filename, ...process.argv.slice(2), '--child', kind],
        {
          encoding: 'utf8',
          maxBuffer: 1 << 28,
        },
      ),
    ) as Measurement
  const runs = { parser: [] as Measurement[], recommended: [] as Measurement[] }
  for (let run = 0; run < Number(values.runs); run += 1) {
    runs.parser.push(child('parser'))
    runs.recommended.push(child('recommended'))
  }
  const parserSeconds = median(runs.parser.map((run) => run.seconds))
  const recommendedSeconds = median(runs.recommended.map((run) => run.seconds))
  const { files, findings, fatal } = runs.recommended[0]!
  const figures = {
    files,
    findings,
    unparsable: fatal,
    parserSeconds: Number(parserSeconds.toFixed(2)),
    recommendedSeconds: Number(recommendedSeconds.toFixed(2)),
    ratio: Number((recommendedSeconds / parserSeconds).toFixed(2)),
  }
  if (values.json) console.log(JSON.stringify(figures))
  else
    console.log(
      `${files} files: parser alone ${figures.parserSeconds} s CPU, with recommended ${figures.recommendedSeconds} s, ` +
        `ratio ${figures.ratio} (at most 1.5); ${findings} findings, ${fatal} files that do not parse`,
    )
}
