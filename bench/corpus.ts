/**
 * What a preset says of real code: queries recognised by library, verdicts, findings by rule and per 1,000 lines, and a random sample of
 * findings to read.
 *
 * `npm run bench:corpus -- FOLDER --tenancy FILE [--server GLOB]…` lints one folder;
 * `npm run bench:corpus -- --repositories REPOS.jsonl [--only NAME]…` the newest commits of the clones in `WATERTIGHT_CORPUS`, with the model that
 * `watertight init` infers and the overlays in `bench/corpus/overlays`. Both take `--preset NAME --sample N --seed S --json`.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Preset } from './corpus/lint.ts'
import { type Noise, noiseOf } from './corpus/noise.ts'
import { everything, repositoriesIn, treeOf } from './corpus/repositories.ts'
import { sampleOf } from './corpus/sample.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tenancy: { type: 'string' },
    server: { type: 'string', multiple: true, default: [] },
    repositories: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
    preset: { type: 'string', default: 'recommended' },
    sample: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
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

const [folder] = positionals
const clones = process.env.WATERTIGHT_CORPUS
if (values.repositories !== undefined && clones !== undefined) {
  let lines = 0
  let findings = 0
  for (const one of repositoriesIn(values.repositories, values.only)) {
    const { tree, tenancy, globs } = treeOf(one, clones)
    const noise = await noiseOf(tree, tenancy, globs, preset)
    lines += noise.lines
    findings += noise.findings.length
    show(one.repo, noise)
  }
  if (!values.json) {
    console.log(
      `${findings} findings in ${lines} lines: ${((findings / lines) * 1000).toFixed(2)} per 1,000 lines in ${preset}`,
    )
  }
} else if (folder !== undefined && values.tenancy !== undefined) {
  const globs = values.server.length > 0 ? values.server : [everything]
  show(folder, await noiseOf(resolve(folder), resolve(values.tenancy), globs, preset))
} else {
  console.error(
    'Name a folder with real source and its tenancy model with --tenancy, or --repositories FILE and the folder of clones in WATERTIGHT_CORPUS.',
  )
  process.exit(2)
}
