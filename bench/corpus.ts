/**
 * What a preset says of real code: queries recognised by library, verdicts, findings by rule and per 1,000 lines, and a random sample of
 * findings to read.
 *
 * `npm run bench:corpus -- FOLDER --tenancy FILE [--server GLOB]…` lints one folder;
 * `npm run bench:corpus -- --repositories REPOS.jsonl [--only NAME]…` the newest commits of the clones in `WATERTIGHT_CORPUS`, with the model that
 * `watertight init` infers and the overlays in `bench/corpus/overlays`. Both take `--preset NAME --sample N --seed S --json`.
 */
import { parseArgs } from 'node:util'
import type { Preset } from './corpus/lint.ts'
import { type Noise, noiseOf } from './corpus/noise.ts'
import { sampleOf } from './corpus/sample.ts'
import { treeOptions, treesIn } from './corpus/trees.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...treeOptions,
    preset: { type: 'string', default: 'recommended' },
    sample: { type: 'string', default: '10' },
  },
})
const preset = values.preset as Preset

function show(title: string, noise: Noise): void {
  const { findings, ...figures } = noise
  const sample = sampleOf(findings, Number(values.sample), Number(values.seed))
  if (values.json) return console.log(JSON.stringify({ title, ...figures, sample }))
  console.log(`${title}\n${JSON.stringify(figures, null, 2)}`)
  for (const { file, line, rule, message } of sample) console.log(`${file}:${line} ${rule}\n    ${message}`)
}

let lines = 0
let findings = 0
for (const { title, tree, tenancy, globs } of treesIn(values, positionals[0])) {
  const noise = await noiseOf(tree, tenancy, globs, preset)
  lines += noise.lines
  findings += noise.findings.length
  show(title, noise)
}
if (!values.json && values.repositories !== undefined) {
  console.log(
    `${findings} findings in ${lines} lines: ${((findings / lines) * 1000).toFixed(2)} per 1,000 lines in ${preset}`,
  )
}
