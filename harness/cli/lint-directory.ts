import { relative } from 'node:path'
import type { Linter } from 'eslint'
import { Problem } from '../../rules/problem.ts'
import { loadTenancy } from '../../rules/tenancy/read.ts'

export interface DirectoryFinding {
  readonly ruleId: string
  /** Relative to the directory, with forward slashes. */
  readonly file: string
  readonly line: number
  readonly message: string
}

export interface DirectoryLint {
  readonly findings: readonly DirectoryFinding[]
  /** Files that ESLint could not parse, or rules that crashed: what they would have said is not known. */
  readonly fatal: readonly { readonly file: string; readonly message: string }[]
  readonly files: number
}

const sources = ['**/*.{js,cjs,mjs,jsx,ts,cts,mts,tsx}']

export type Preset = 'certain' | 'recommended' | 'strict'

/**
 * Lints the source in a directory with a preset, whatever configuration lies around it.
 *
 * @throws {@link Problem} `E-USAGE` when ESLint or its TypeScript parser is not installed; those of `loadTenancy`.
 */
export async function lintDirectory(
  directory: string,
  tenancyFile: string,
  preset: Preset = 'recommended',
): Promise<DirectoryLint> {
  // Said once and in its own words, not as the crash of the first rule on the first file.
  loadTenancy(tenancyFile)
  const { ESLint } = await peer(() => import('eslint'), 'eslint')
  const parser = await peer(() => import('@typescript-eslint/parser'), '@typescript-eslint/parser')
  const { default: plugin } = await import('../../rules/index.ts')
  const languageOptions = { parser: parser as unknown as Linter.Parser, sourceType: 'module' as const }
  const eslint = new ESLint({
    cwd: directory,
    overrideConfigFile: true,
    errorOnUnmatchedPattern: false,
    overrideConfig: [
      { ignores: ['**/node_modules/**', '**/*.d.ts'] },
      ...plugin.configs[preset].map((config) => ({ ...config, files: sources })),
      {
        files: sources,
        languageOptions,
        settings: { watertight: { tenancy: tenancyFile } },
        linterOptions: { reportUnusedDisableDirectives: 'off' },
        // Where raw SQL may stand is for the house to say; it tells nothing of a leak.
        rules: { 'watertight/no-raw-sql': 'off' },
      },
    ],
  })
  const results = await lintAll(() => eslint.lintFiles(sources))
  const messages = results.flatMap(({ filePath, messages: list }) =>
    list.map((message) => ({ file: relative(directory, filePath).replaceAll('\\', '/'), message })),
  )
  const isFinding = (message: Linter.LintMessage) =>
    message.fatal !== true && message.ruleId?.startsWith('watertight/') === true
  return {
    findings: messages
      .filter(({ message }) => isFinding(message))
      .map(({ file, message }) => ({
        ruleId: message.ruleId!,
        file,
        line: message.line,
        message: message.message,
      })),
    fatal: messages
      .filter(({ message }) => message.fatal === true)
      .map(({ file, message }) => ({ file, message: message.message })),
    files: results.length,
  }
}

/** A rule that throws ends the whole run of ESLint. */
async function lintAll<T>(lint: () => Promise<T>): Promise<T> {
  try {
    return await lint()
  } catch (cause) {
    if (cause instanceof Problem) throw cause
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new Problem(
      'E-INTERNAL',
      `the linter failed: ${text}`,
      'Report this with the file that it names.',
      { cause },
    )
  }
}

async function peer<T>(load: () => Promise<T>, name: string): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    throw new Problem(
      'E-USAGE',
      `Linting needs the package ${name}, which is not installed.`,
      'Install it: npm install --save-dev eslint @typescript-eslint/parser',
      { cause },
    )
  }
}
