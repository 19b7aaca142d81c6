import { ESLint, type Linter } from 'eslint'
import { parserAlone } from '../lint/configuration.ts'
import watertight from '../../rules/index.ts'

export type Preset = Exclude<keyof typeof watertight.configs, 'sql'>

export interface LintFinding {
  readonly file: string
  readonly line: number
  readonly endLine: number
  readonly rule: string
  readonly message: string
}

/** ESLint over a tree that is not ours: no configuration of the tree is read, its parser options are the plain ones. */
export function linterFor(
  root: string,
  tenancy: string,
  preset: Preset,
  extra: readonly Linter.Config[] = [],
): ESLint {
  return new ESLint({
    cwd: root,
    overrideConfigFile: true,
    allowInlineConfig: false,
    // A glob may be of another version of the tree.
    errorOnUnmatchedPattern: false,
    overrideConfig: [
      { ignores: ['**/node_modules/**', '**/dist/**', '**/*.d.ts', '**/*.{test,spec}.*', '**/__tests__/**'] },
      { ...parserAlone, settings: { watertight: { tenancy } } },
      ...watertight.configs[preset],
      ...extra,
    ],
  })
}

export function findingsOf(results: readonly ESLint.LintResult[]): readonly LintFinding[] {
  return results.flatMap(({ filePath, messages }) =>
    messages.map(({ line, endLine, ruleId, message }) => ({
      file: filePath,
      line: line ?? 1,
      endLine: endLine ?? line ?? 1,
      rule: ruleId ?? 'fatal',
      message,
    })),
  )
}
