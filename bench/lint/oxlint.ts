/**
 * `npm run bench:oxlint -- FOLDER [--tenancy FILE] [--preset NAME] [--limit N] [--runs N] [--json]`: the plugin in oxlint and in ESLint
 * over the same files, taking turns in one run: how many times faster oxlint is, and whether both report the same (rule, file, line). The
 * process fails when they do not.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Linter } from 'eslint'
import { type Preset, tenancyOf } from './configuration.ts'
import { sourceFiles } from './files.ts'

interface Run {
  readonly seconds: number
  readonly findings: ReadonlySet<string>
  readonly unparsable: ReadonlySet<string>
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tenancy: { type: 'string' },
    preset: { type: 'string', default: 'recommended' },
    limit: { type: 'string', default: '2000' },
    runs: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
})

const [folder] = positionals
if (folder === undefined) {
  console.error('Name a folder with source files.')
  process.exit(2)
}
const root = resolve(folder)
const files = sourceFiles(root, Number(values.limit))

const { resolve: locate } = createRequire(import.meta.url)
const entry = locate('watertight')
const { default: watertight } = (await import(entry)) as {
  default: { configs: Record<Preset, Linter.Config[]> }
}
const rules = Object.assign(
  {},
  ...watertight.configs[values.preset as Preset].map((one) => one.rules),
) as object
const settings = { watertight: { tenancy: tenancyOf(values.tenancy) } }

const work = mkdtempSync(join(tmpdir(), 'watertight-oxlint-'))
const oxlintConfig = join(work, 'oxlintrc.json')
writeFileSync(
  oxlintConfig,
  JSON.stringify({ jsPlugins: [entry], plugins: [], categories: { correctness: 'off' }, rules, settings }),
)
const eslintConfig = join(work, 'eslint.config.mjs')
writeFileSync(
  eslintConfig,
  `import watertight from ${JSON.stringify(entry)}
import parser from ${JSON.stringify(locate('@typescript-eslint/parser'))}
export default [
  { ignores: ['!**/node_modules/'] },
  {
    files: ['**/*.{js,jsx,cjs,mjs,ts,tsx,cts,mts}'],
    languageOptions: { parser, parserOptions: { ecmaFeatures: { jsx: true } } },
    linterOptions: { reportUnusedDisableDirectives: 'off' },
  },
  ...watertight.configs[${JSON.stringify(values.preset)}],
  { settings: ${JSON.stringify(settings)} },
]
`,
)

function timed(bin: string, args: readonly string[]): { readonly seconds: number; readonly stdout: string } {
  const before = performance.now()
  const { stdout, stderr, status } = spawnSync(process.execPath, [bin, ...args, ...files], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  })
  if (status !== 0 && status !== 1) throw new Error(`${bin} ends with ${status}: ${stderr.slice(0, 2000)}`)
  return { seconds: (performance.now() - before) / 1000, stdout }
}

const bin = (name: string, path: string): string => join(locate(`${name}/package.json`), '..', path)

interface EslintResult {
  readonly filePath: string
  readonly messages: readonly { readonly ruleId: string | null; readonly line: number }[]
}

function inEslint(): Run {
  const { seconds, stdout } = timed(bin('eslint', 'bin/eslint.js'), [
    ...['--config', eslintConfig, '--no-inline-config', '--no-ignore', '--format', 'json'],
  ])
  const results = JSON.parse(stdout) as readonly EslintResult[]
  return runOf(
    seconds,
    results.flatMap(({ filePath, messages }) =>
      messages.map(({ ruleId, line }) => ({ rule: ruleId, file: relative(root, filePath), line })),
    ),
  )
}

interface OxlintReport {
  readonly diagnostics: readonly {
    readonly code?: string
    readonly filename: string
    readonly labels: readonly { readonly span: { readonly line: number } }[]
  }[]
}

function inOxlint(): Run {
  const { seconds, stdout } = timed(bin('oxlint', 'bin/oxlint'), [
    ...['--config', oxlintConfig, '--disable-nested-config', '--no-ignore', '--format', 'json'],
  ])
  const { diagnostics } = JSON.parse(stdout) as OxlintReport
  return runOf(
    seconds,
    diagnostics.map(({ code, filename, labels }) => ({
      rule: /^watertight\((.*)\)$/.exec(code ?? '')?.[1]?.replace(/^/, 'watertight/') ?? null,
      file: relative(root, resolve(root, filename)),
      line: labels[0]?.span.line ?? 1,
    })),
  )
}

function runOf(
  seconds: number,
  told: readonly { readonly rule: string | null; readonly file: string; readonly line: number }[],
): Run {
  const plain = told.filter(({ rule }) => rule !== null)
  return {
    seconds,
    findings: new Set(plain.map(({ rule, file, line }) => `${file}:${line} ${rule}`)),
    unparsable: new Set(told.filter(({ rule }) => rule === null).map(({ file }) => file)),
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
}

const eslint: Run[] = []
const oxlint: Run[] = []
for (let run = 0; run < Number(values.runs); run += 1) {
  eslint.push(inEslint())
  oxlint.push(inOxlint())
}
rmSync(work, { recursive: true })

/** Both parsers must have read a file for its findings to be compared. */
const isRead = (finding: string): boolean =>
  ![...eslint[0]!.unparsable, ...oxlint[0]!.unparsable].some((file) => finding.startsWith(`${file}:`))
const only = (some: Run, other: Run): string[] =>
  [...some.findings].filter((finding) => isRead(finding) && !other.findings.has(finding))
const onlyEslint = only(eslint[0]!, oxlint[0]!)
const onlyOxlint = only(oxlint[0]!, eslint[0]!)
const eslintSeconds = median(eslint.map(({ seconds }) => seconds))
const oxlintSeconds = median(oxlint.map(({ seconds }) => seconds))
const figures = {
  files: files.length,
  findings: eslint[0]!.findings.size,
  onlyEslint: onlyEslint.length,
  onlyOxlint: onlyOxlint.length,
  unparsable: { eslint: eslint[0]!.unparsable.size, oxlint: oxlint[0]!.unparsable.size },
  eslintSeconds: Number(eslintSeconds.toFixed(2)),
  oxlintSeconds: Number(oxlintSeconds.toFixed(2)),
  timesFaster: Number((eslintSeconds / oxlintSeconds).toFixed(2)),
}
if (values.json) console.log(JSON.stringify({ ...figures, differences: { onlyEslint, onlyOxlint } }))
else {
  console.log(
    `${figures.files} files, ${figures.findings} findings: ESLint ${figures.eslintSeconds} s, oxlint ${figures.oxlintSeconds} s, ` +
      `${figures.timesFaster} times faster (at least 5); only ESLint reports ${figures.onlyEslint}, only oxlint ${figures.onlyOxlint}`,
  )
  for (const finding of onlyEslint) console.log(`  only ESLint: ${finding}`)
  for (const finding of onlyOxlint) console.log(`  only oxlint: ${finding}`)
}
process.exit(onlyEslint.length + onlyOxlint.length === 0 ? 0 : 1)
