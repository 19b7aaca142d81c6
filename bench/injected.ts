/**
 * Takes the tenant's filter out of queries of real code, one at a time, and asks whether a finding appears: what the linter would miss of
 * holes that nobody has made yet, on code that nobody has looked at.
 *
 * `npm run bench:injected -- FOLDER --tenancy FILE [--server GLOB]…` for one folder; `npm run bench:injected -- --repositories REPOS.jsonl
 * [--only NAME]…` for the newest commits of the clones in `WATERTIGHT_CORPUS`. Both take `--sample N --seed S --json --silent`; `--silent` lists the
 * queries that nothing was said about.
 */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import type { ESLint } from 'eslint'
import { linterFor } from './corpus/lint.ts'
import { sampleOf } from './corpus/sample.ts'
import { treeOptions, treesIn } from './corpus/trees.ts'
import { without } from './injected/filters.ts'
import { type Candidate, candidateRule, probeRule, type Seen } from './injected/probe.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...treeOptions,
    sample: { type: 'string', default: '60' },
    silent: { type: 'boolean', default: false },
  },
})

interface Outcome {
  readonly file: string
  readonly line: number
  readonly library: string
  readonly removed: string
  readonly result: 'certain' | 'likely' | 'told' | 'elsewhere' | 'broken' | Seen['silence']
  readonly why: string
}

async function outcomesIn(
  tree: string,
  tenancy: string,
  globs: readonly string[],
): Promise<readonly Outcome[]> {
  const candidates: Candidate[] = []
  let at = -1
  let seen: Seen = { silence: 'nothing recognised', why: '' }
  const rules = {
    candidates: candidateRule(candidates),
    probe: probeRule(
      () => at,
      (said) => (seen = said),
    ),
  }
  const baseline = linterFor(tree, tenancy, 'recommended', [
    { plugins: { injected: { rules } }, rules: { 'injected/candidates': 'error' } },
  ])
  const before = new Map((await baseline.lintFiles([...globs])).map((one) => [one.filePath, one.messages]))
  const eslint = linterFor(tree, tenancy, 'recommended', [
    { plugins: { injected: { rules } }, rules: { 'injected/probe': 'error' } },
  ])
  const outcomes: Outcome[] = []
  for (const one of sampleOf(candidates, Number(values.sample), Number(values.seed))) {
    const { file, lines, library, filter } = one
    const text = readFileSync(file, 'utf8')
    at = one.at
    seen = { silence: 'nothing recognised', why: '' }
    const [result] = await eslint.lintText(without(text, filter), { filePath: file })
    const known = new Set(before.get(file)?.map(keyOf))
    const fresh = result!.messages.filter((message) => !known.has(keyOf(message)))
    const own = fresh.filter(({ line, endLine }) => line <= lines[1] && (endLine ?? line) >= lines[0])
    outcomes.push({
      file: relative(tree, file),
      line: lines[0],
      library,
      removed: text.slice(filter.from, filter.to).replaceAll(/\s+/g, ' '),
      ...said(fresh, own, seen),
    })
  }
  return outcomes
}

type Message = ESLint.LintResult['messages'][number]
const keyOf = ({ ruleId, line, column }: Message): string => `${ruleId} ${line}:${column}`

function said(
  fresh: readonly Message[],
  own: readonly Message[],
  { silence, why }: Seen,
): Pick<Outcome, 'result' | 'why'> {
  const fatal = fresh.find((message) => message.fatal === true)
  if (fatal !== undefined) return { result: 'broken', why: fatal.message }
  const texts = own.map(({ message }) => message)
  const told =
    texts.find((text) => text.includes(' Certain: ')) ?? texts.find((text) => text.includes(' Likely: '))
  if (told !== undefined) return { result: told.includes(' Certain: ') ? 'certain' : 'likely', why: told }
  if (texts.length > 0) return { result: 'told', why: texts[0]! }
  if (fresh.length > 0) return { result: 'elsewhere', why: fresh[0]!.message }
  return { result: silence, why }
}

/** What was no hole: what remains confines the query, or the text was no program any more. */
const noHole: ReadonlySet<string> = new Set(['still confined', 'broken'])
const found: ReadonlySet<string> = new Set(['certain', 'likely', 'told'])

function show(title: string, outcomes: readonly Outcome[]): void {
  const holes = outcomes.filter(({ result }) => !noHole.has(result))
  const results: Record<string, number> = {}
  for (const { result } of outcomes) results[result] = (results[result] ?? 0) + 1
  const share = holes.filter(({ result }) => found.has(result)).length / Math.max(holes.length, 1)
  const figures = { holes: holes.length, found: Number(share.toFixed(2)), results }
  if (values.json) return console.log(JSON.stringify({ title, ...figures, outcomes }))
  console.log(`${title} ${JSON.stringify(figures)}`)
  if (!values.silent) return
  for (const { file, line, library, removed, result, why } of outcomes) {
    if (!found.has(result) && !noHole.has(result))
      console.log(`  ${file}:${line} ${library} − ${removed} : ${result} ${why}`)
  }
}

for (const { title, tree, tenancy, globs } of treesIn(values, positionals[0])) {
  show(title, await outcomesIn(tree, tenancy, globs))
}
