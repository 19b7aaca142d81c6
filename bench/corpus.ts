/**
 * What a preset says of real code: queries recognised by library, verdicts, findings by rule and per 1,000 lines, and a random sample of
 * findings to read.
 *
 * `npm run bench:corpus -- FOLDER --tenancy FILE [--server GLOB]…` lints one folder;
 * `npm run bench:corpus -- --repositories REPOS.jsonl [--only NAME]…` the newest commits of the clones in `WATERTIGHT_CORPUS`, with the model that
 * `watertight init` infers and the overlays in `bench/corpus/overlays`. Both take `--preset NAME --sample N --seed S --json`.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cloneOf, commitOf, layTree } from './corpus/clones.ts'
import type { Preset } from './corpus/lint.ts'
import { modelFor, overlayOf } from './corpus/model.ts'
import { type Noise, noiseOf } from './corpus/noise.ts'
import { sampleOf } from './corpus/sample.ts'

const everything = '**/*.{ts,tsx,js,jsx,cts,mts,cjs,mjs}'

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

interface Repository {
  readonly repo: string
  readonly server_globs: readonly string[]
}

async function ofRepository({ repo, server_globs }: Repository, clones: string): Promise<Noise> {
  const clone = cloneOf(repo, clones)
  if (clone === null) throw new Error(`no clone of ${repo} in ${clones}`)
  const commit = commitOf(clone, 'HEAD')
  const trees = resolve(clones, '.watertight')
  mkdirSync(trees, { recursive: true })
  const name = `${repo.replace('/', '+')}@${commit.slice(0, 12)}`
  const tree = layTree(clone, commit, join(trees, name))
  const overlay = overlayOf(repo)
  const tenancy = modelFor(tree, [], overlay, join(trees, 'models', `${name}.json`))
  // A remark may stand behind a glob.
  const globs = server_globs
    .map((glob) => glob.replace(/\s+\(.*\)$/, ''))
    .map((glob) => glob.replace(/\/\*\*$/, `/${everything}`))
  return noiseOf(tree, tenancy, globs, preset)
}

const [folder] = positionals
const clones = process.env.WATERTIGHT_CORPUS
if (values.repositories !== undefined && clones !== undefined) {
  const repositories = readFileSync(values.repositories, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Repository)
    .filter(({ repo }) => values.only.length === 0 || values.only.some((one) => repo.includes(one)))
  let lines = 0
  let findings = 0
  for (const one of repositories) {
    const noise = await ofRepository(one, clones)
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
