import * as parser from '@typescript-eslint/parser'
import type { Linter } from 'eslint'
import { resolve } from 'node:path'

export type Preset = 'certain' | 'recommended' | 'strict'

/** ESLint with the parser and no rule: what every ratio is taken to. */
export const parserAlone: Linter.Config = {
  files: ['**/*.{js,jsx,cjs,mjs,ts,tsx,cts,mts}'],
  languageOptions: {
    parser: parser as unknown as Linter.Parser,
    parserOptions: { ecmaFeatures: { jsx: true } },
  },
  linterOptions: { reportUnusedDisableDirectives: 'off' },
}

/** What the plugin's settings name: a file, or the least that any model says. */
export const tenancyOf = (file: string | undefined): string | object =>
  file === undefined ? { tenantColumns: ['tenant_id'], relations: {} } : resolve(file)

/** The parser with a preset of the built package, by its own name as a user's configuration imports it. */
export async function withPreset(preset: Preset, tenancy: string | undefined): Promise<Linter.Config[]> {
  const name = 'watertight'
  const { default: watertight } = (await import(name)) as {
    default: { configs: Record<Preset, Linter.Config[]> }
  }
  const settings = { watertight: { tenancy: tenancyOf(tenancy) } }
  return [parserAlone, ...watertight.configs[preset], { settings }]
}
