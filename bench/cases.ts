/**
 * `npm run bench:cases -- CASES.jsonl [--only ID]… [--preset NAME] [--verbose] [--json]`, with the clones in `WATERTIGHT_CORPUS`: real
 * fixed bugs, linted before and after the fix. A case is *hit* when a finding overlaps the vulnerable lines before the fix, *clean* when none
 * overlaps the fixed lines after it, and *discriminated* when both hold.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cloneOf, layTree } from './corpus/clones.ts'
import { findingsOf, type LintFinding, linterFor, type Preset } from './corpus/lint.ts'
import { modelFor, overlayOf } from './corpus/model.ts'

interface Case {
  readonly id: string
  readonly repo: string
  readonly fix: string
  readonly parent: string
  readonly path: string
  readonly lines: readonly [number, number]
  readonly fixed_lines: readonly [number, number]
  readonly orm: string
  readonly local: boolean
  readonly fix_style: string
  readonly severity: string
  readonly schema_at_parent: string
  readonly post_fix?: string
}

interface Outcome {
  readonly it: Case
  readonly hit: readonly LintFinding[]
  readonly stays: readonly LintFinding[]
  readonly failure: string | null
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true, default: [] },
    preset: { type: 'string', default: 'recommended' },
    verbose: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const clones = process.env.WATERTIGHT_CORPUS
const [file] = positionals
if (clones === undefined || file === undefined) {
  console.error(
    'Name the cases (one JSON object a line), and the folder with the clones in WATERTIGHT_CORPUS.',
  )
  process.exit(2)
}
const trees = resolve(clones, '.watertight')
mkdirSync(trees, { recursive: true })

const cases = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => JSON.parse(line) as Case)
  .filter(
    ({ id }) => values.only.length === 0 || values.only.some((one) => id === one || id.startsWith(`${one}-`)),
  )

/** The findings that overlap the lines of one version of the file. */
async function overlapping(
  it: Case,
  commit: string,
  lines: readonly [number, number],
): Promise<readonly LintFinding[]> {
  const clone = cloneOf(it.repo, clones!)
  if (clone === null) throw new Error(`no clone of ${it.repo}`)
  const name = `${it.repo.replace('/', '+')}@${commit.slice(0, 12)}`
  const tree = layTree(clone, commit, join(trees, name))
  const schemas = it.schema_at_parent.split(/\s*[,+]\s*/)
  const tenancy = modelFor(tree, schemas, overlayOf(it.repo), join(trees, 'models', `${name}.json`))
  if (!existsSync(join(tree, it.path))) return []
  const eslint = linterFor(tree, tenancy, values.preset as Preset)
  // By its text: a route's path may hold brackets, which a pattern would take for its own.
  const path = join(tree, it.path)
  const results = await eslint.lintText(readFileSync(path, 'utf8'), { filePath: path })
  return findingsOf(results).filter(({ line, endLine }) => line <= lines[1] && endLine >= lines[0])
}

const outcomes: Outcome[] = []
for (const it of cases) {
  try {
    const hit = await overlapping(it, it.parent, it.lines)
    const stays = await overlapping(it, it.fix, it.fixed_lines)
    outcomes.push({
      it,
      hit,
      stays,
      failure: hit.concat(stays).find(({ rule }) => rule === 'fatal')?.message ?? null,
    })
  } catch (error) {
    outcomes.push({ it, hit: [], stays: [], failure: error instanceof Error ? error.message : String(error) })
  }
  const { hit, stays, failure } = outcomes.at(-1)!
  if (values.json) continue
  const verdict =
    failure !== null
      ? 'FAILED'
      : `${hit.length > 0 ? 'hit ' : 'miss'} ${stays.length > 0 ? 'stays' : 'clean'}`
  console.log(
    `${it.id.padEnd(14)} ${verdict.padEnd(11)} ${it.orm.padEnd(9)} ${it.fix_style}${failure === null ? '' : `: ${failure}`}`,
  )
  if (!values.verbose) continue
  for (const one of hit) console.log(`    before ${one.line}: ${one.rule} ${one.message}`)
  for (const one of stays) console.log(`    after  ${one.line}: ${one.rule} ${one.message}`)
}

interface Row {
  readonly cases: number
  readonly hit: number
  readonly clean: number
  readonly discriminated: number
  readonly failed: number
}

function rowOf(some: readonly Outcome[]): Row {
  const sound = some.filter(({ failure }) => failure === null)
  return {
    cases: some.length,
    hit: sound.filter(({ hit }) => hit.length > 0).length,
    clean: sound.filter(({ stays }) => stays.length === 0).length,
    discriminated: sound.filter(({ hit, stays }) => hit.length > 0 && stays.length === 0).length,
    failed: some.length - sound.length,
  }
}

function groups(key: (it: Case) => string): Record<string, Row> {
  const names = [...new Set(outcomes.map(({ it }) => key(it)))]
  return Object.fromEntries(names.map((name) => [name, rowOf(outcomes.filter(({ it }) => key(it) === name))]))
}

const figures = {
  preset: values.preset,
  'local and exploitable': rowOf(outcomes.filter(({ it }) => it.local && it.severity === 'exploitable')),
  all: rowOf(outcomes),
  fixStyle: groups(({ fix_style }) => fix_style),
  library: groups(({ orm }) => orm),
  severity: groups(({ severity, local }) => `${severity}, ${local ? 'local' : 'not local'}`),
}
if (values.json) console.log(JSON.stringify(figures))
else {
  console.table({ 'local and exploitable': figures['local and exploitable'], all: figures.all })
  console.table(figures.fixStyle)
  console.table(figures.library)
  console.table(figures.severity)
}
