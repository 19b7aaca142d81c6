import * as parser from '@typescript-eslint/parser'
import { Linter } from 'eslint'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { whoeverCalls } from '../support/presets.ts'

const root = resolve(import.meta.dirname, '../../fixtures/lint')

const libraries = readdirSync(root).filter((library) =>
  readdirSync(join(root, library)).includes('tenancy.json'),
)

/** `line: rule` for everything that the recommended preset reports, whoever calls the code. */
function findings(library: string, code: string): readonly string[] {
  const messages = new Linter().verify(
    code,
    [
      { files: ['**/*.ts'], languageOptions: { parser } },
      ...whoeverCalls('recommended'),
      { settings: { watertight: { tenancy: join(root, library, 'tenancy.json') } } },
    ] as Linter.Config[],
    { filename: 'sample.ts' },
  )
  return messages.map(({ line, ruleId, message }) => `${line}: ${ruleId ?? message}`)
}

/** Each `// expect: rule` stands on the line above the place that is reported. */
function expected(code: string): readonly string[] {
  return code.split('\n').flatMap((line, index) => {
    const rules = /\/\/ expect: (.+)$/.exec(line)?.[1]
    return rules === undefined ? [] : rules.split(', ').map((rule) => `${index + 2}: watertight/${rule}`)
  })
}

describe.each(libraries)('%s', (library) => {
  for (const kind of ['leaky', 'safe']) {
    it.each(readdirSync(join(root, library, kind)))(`${kind}/%s`, (file) => {
      const code = readFileSync(join(root, library, kind, file), 'utf8')
      const wanted = expected(code)
      expect(wanted.length > 0).toBe(kind === 'leaky')
      expect(findings(library, code)).toEqual(wanted)
    })
  }
})
