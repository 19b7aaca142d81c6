import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { type Census, censusRule, count, emptyCensus } from './census.ts'
import { findingsOf, type LintFinding, linterFor, type Preset } from './lint.ts'

/** What a preset says of the server code of one tree. */
export interface Noise {
  readonly files: number
  readonly lines: number
  readonly census: Census
  readonly rules: Record<string, number>
  readonly findings: readonly LintFinding[]
  readonly perThousandLines: number
}

/** Lints the files of the tree that the globs match. Paths of findings are relative to the tree. */
export async function noiseOf(
  tree: string,
  tenancy: string,
  globs: readonly string[],
  preset: Preset,
): Promise<Noise> {
  const census = emptyCensus()
  const eslint = linterFor(tree, tenancy, preset, [
    { plugins: { census: { rules: { census: censusRule(census) } } }, rules: { 'census/census': 'error' } },
  ])
  const results = await eslint.lintFiles([...globs])
  const lines = results.reduce(
    (sum, { filePath }) => sum + readFileSync(filePath, 'utf8').split('\n').length,
    0,
  )
  const all = findingsOf(results).map((one) => ({ ...one, file: relative(tree, one.file) }))
  const rules: Record<string, number> = {}
  for (const { rule } of all) count(rules, rule)
  const findings = all.filter(({ rule }) => rule.startsWith('watertight/'))
  const perThousandLines = Number(((findings.length / lines) * 1000).toFixed(2))
  return { files: results.length, lines, census, rules, findings, perThousandLines }
}
