/**
 * `npm run bench:corpus -- FOLDER --tenancy FILE [--server GLOB]… [--preset NAME] [--sample N] [--seed S] [--json]`: what a preset says of real
 * code: queries recognised by library, verdicts, findings by rule and per 1,000 lines, and a random sample of findings to read.
 */
import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ESLint, type Linter, type Rule } from 'eslint'
import parser from '@typescript-eslint/parser'
import watertight from '../rules/index.ts'
import { type FileContext, queryContextOf } from '../rules/query/context.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tenancy: { type: 'string' },
    server: { type: 'string', multiple: true, default: ['**/*.{ts,tsx,js,jsx,cts,mts,cjs,mjs}'] },
    preset: { type: 'string', default: 'recommended' },
    sample: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const [folder] = positionals
if (folder === undefined || values.tenancy === undefined) {
  console.error('Name a folder with real source, and its tenancy model with --tenancy.')
  process.exit(2)
}
const root = resolve(folder)

const counts = {
  queries: {} as Record<string, number>,
  opaque: {} as Record<string, number>,
  verdicts: {} as Record<string, number>,
}
const count = (table: Record<string, number>, key: string): void => void (table[key] = (table[key] ?? 0) + 1)

/** Counts what the rules see; reports nothing. */
const census: Rule.RuleModule = {
  create: (context) => {
    const found = queryContextOf(context as unknown as FileContext)
    for (const site of found?.sites ?? []) {
      for (const { query, occurrences } of site.queries) {
        count(counts.queries, query.library)
        for (const { verdict } of occurrences) count(counts.verdicts, verdict.kind)
      }
      for (const opaque of site.opaques) count(counts.opaque, opaque.library)
    }
    return {}
  },
}

const eslint = new ESLint({
  cwd: root,
  overrideConfigFile: true,
  allowInlineConfig: false,
  ignore: false,
  overrideConfig: [
    { ignores: ['**/node_modules/**', '**/dist/**', '**/*.d.ts', '**/*.{test,spec}.*', '**/__tests__/**'] },
    {
      files: ['**/*.{ts,tsx,js,jsx,cts,mts,cjs,mjs}'],
      languageOptions: {
        parser: parser as unknown as Linter.Parser,
        parserOptions: { ecmaFeatures: { jsx: true } },
      },
      linterOptions: { reportUnusedDisableDirectives: 'off' },
      settings: { watertight: { tenancy: resolve(values.tenancy) } },
      plugins: { census: { rules: { census } } },
      rules: { 'census/census': 'error' },
    },
    ...watertight.configs[values.preset as keyof typeof watertight.configs],
  ],
})

/** Small and seeded: the sample is the same for everybody who reads it. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    return state / 2 ** 32
  }
}

const results = await eslint.lintFiles(values.server)
const lines = results.reduce(
  (sum, { filePath }) => sum + readFileSync(filePath, 'utf8').split('\n').length,
  0,
)
const messages = results.flatMap(({ filePath, messages: list }) =>
  list.map((message) => ({
    file: relative(root, filePath),
    line: message.line,
    rule: message.ruleId ?? 'fatal',
    text: message.message,
  })),
)
const findings = messages.filter(({ rule }) => rule.startsWith('watertight/'))
const rules: Record<string, number> = {}
for (const { rule } of messages) count(rules, rule)
const random = randomOf(Number(values.seed))
const sample = findings
  .map((finding) => ({ finding, order: random() }))
  .sort((a, b) => a.order - b.order)
  .slice(0, Number(values.sample))
  .map(({ finding }) => finding)
const figures = {
  files: results.length,
  lines,
  ...counts,
  rules,
  perThousandLines: Number(((findings.length / lines) * 1000).toFixed(2)),
}
if (values.json) console.log(JSON.stringify({ ...figures, sample }))
else {
  console.log(JSON.stringify(figures, null, 2))
  for (const { file, line, rule, text } of sample) console.log(`${file}:${line} ${rule}\n    ${text}`)
}
