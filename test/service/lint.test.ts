import { ESLint, type Linter } from 'eslint'
import * as parser from '@typescript-eslint/parser'
import { expect, it } from 'vitest'
import watertight from '../../rules/index.ts'

it('keeps to every rule of `strict`; where it may write raw SQL is for its own configuration to say', async () => {
  const eslint = new ESLint({
    overrideConfigFile: true,
    overrideConfig: [
      { files: ['**/*.ts'], languageOptions: { parser: parser as unknown as Linter.Parser } },
      ...watertight.configs.strict,
      { rules: { 'watertight/no-raw-sql': 'off' } },
      { settings: { watertight: { tenancy: './fixtures/service/tenancy.json' } } },
    ],
  })
  const results = await eslint.lintFiles(['fixtures/service/**/*.ts'])
  expect(results.length).toBeGreaterThan(10)
  expect(
    results.flatMap(({ filePath, messages }) =>
      messages.map(({ line, message }) => `${filePath}:${line} ${message}`),
    ),
  ).toEqual([])
})
