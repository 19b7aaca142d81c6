/**
 * `npm run bench:relint -- FILE [--tenancy FILE] [--cwd FOLDER] [--edits N] [--preset NAME] [--json]`: how long one file takes to be
 * linted again in a warm process, as an editor does after each edit. Every edit changes the text, so that nothing can be told from the last
 * time by comparing texts: a letter in a comment, a statement in a function, an import line that appears and goes. The parser alone goes the
 * same way, as the part of it that is not ours.
 */
import { Linter } from 'eslint'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { parserAlone, type Preset, withPreset } from './configuration.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tenancy: { type: 'string' },
    cwd: { type: 'string' },
    edits: { type: 'string', default: '40' },
    preset: { type: 'string', default: 'recommended' },
    json: { type: 'boolean', default: false },
  },
})

const [file] = positionals
if (file === undefined) {
  console.error('Name a file.')
  process.exit(2)
}

const filename = resolve(file)
const cwd = resolve(values.cwd ?? dirname(filename))
const linter = new Linter({ cwd })
const source = readFileSync(filename, 'utf8')
const lines = source.split('\n')

/** Line ends inside a function body, where a statement may stand; by indentation, which a formatter guarantees. */
const insides = lines.flatMap((line, index) => (/^\s{2,}.*(?:;|\)|\{)$/.test(line) ? [index] : []))

function edited(turn: number): string {
  switch (turn % 3) {
    case 0:
      return `${source}\n// edit ${turn}\n`
    case 1: {
      const at = insides[(turn * 7919) % Math.max(insides.length, 1)] ?? lines.length - 1
      return [...lines.slice(0, at + 1), `/* typed ${turn} */`, ...lines.slice(at + 1)].join('\n')
    }
    default:
      return `import 'added-${turn}'\n${source}`
  }
}

function milliseconds(
  config: Linter.Config[],
  text: string,
): { readonly took: number; readonly found: number } {
  // Processor time: what else runs on the machine is no part of it.
  const before = process.cpuUsage()
  const messages = linter.verify(text, config, { filename, allowInlineConfig: false })
  const { user, system } = process.cpuUsage(before)
  return { took: (user + system) / 1000, found: messages.length }
}

function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(1))
}

const configuration = await withPreset(values.preset as Preset, values.tenancy)
const first = milliseconds(configuration, source)
// What an editor does from its second look at a file on; the engine has compiled the code by then.
for (let turn = 0; turn < 10; turn += 1) milliseconds(configuration, edited(turn))
const alone: number[] = []
const full: number[] = []
for (let turn = 10; turn < 10 + Number(values.edits); turn += 1) {
  alone.push(milliseconds([parserAlone], edited(turn)).took)
  full.push(milliseconds(configuration, edited(turn)).took)
}
const figures = {
  lines: lines.length,
  findings: first.found,
  firstMilliseconds: Number(first.took.toFixed(0)),
  parserMedian: percentile(alone, 0.5),
  parserP95: percentile(alone, 0.95),
  median: percentile(full, 0.5),
  p95: percentile(full, 0.95),
  medianOverParser: Number((percentile(full, 0.5) / percentile(alone, 0.5)).toFixed(2)),
}
if (values.json) console.log(JSON.stringify(figures))
else
  console.log(
    `${figures.lines} lines, ${figures.findings} findings: first ${figures.firstMilliseconds} ms; again median ${figures.median} ms, ` +
      `p95 ${figures.p95} ms (below 50); the parser alone ${figures.parserMedian} and ${figures.parserP95} ms; ratio ${figures.medianOverParser}`,
  )
