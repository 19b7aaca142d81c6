import * as parser from '@typescript-eslint/parser'
import { Linter } from 'eslint'
import { dirname, isAbsolute } from 'node:path'
import watertight from '../../rules/index.ts'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'

/** What came of one text: problems, or that linting it threw. */
export type Outcome =
  | { readonly kind: 'linted'; readonly messages: readonly Linter.LintMessage[] }
  | { readonly kind: 'thrown'; readonly error: Error }

function outcome(config: Linter.Config[], code: string, filename: string): Outcome {
  try {
    // A linter leaves out what lies outside its folder.
    const linter = new Linter({ cwd: isAbsolute(filename) ? dirname(filename) : process.cwd() })
    return { kind: 'linted', messages: linter.verify(code, config, { filename }) }
  } catch (error) {
    return { kind: 'thrown', error: error as Error }
  }
}

const base = (filename: string, sourceType: 'module' | 'script'): Linter.Config => ({
  files: ['**/*.{ts,tsx,cts,mts,js,jsx,cjs,mjs}'],
  languageOptions: { parser, sourceType, parserOptions: { ecmaFeatures: { jsx: /x$/.test(filename) } } },
  linterOptions: { reportUnusedDisableDirectives: 'off' },
})

/** The parser alone, without a rule. */
export function parseOnly(
  code: string,
  filename: string,
  sourceType: 'module' | 'script' = 'module',
): Outcome {
  return outcome([base(filename, sourceType)], code, filename)
}

/** Every rule of `strict`. */
export function lintStrictly(
  code: string,
  filename: string,
  tenancy: TenancyFile | string,
  sourceType: 'module' | 'script' = 'module',
): Outcome {
  const config = [
    base(filename, sourceType),
    ...watertight.configs.strict,
    { settings: { watertight: { tenancy } } },
  ]
  return outcome(config as Linter.Config[], code, filename)
}
