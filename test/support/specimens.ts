import * as parser from '@typescript-eslint/parser'
import { Linter } from 'eslint'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

/** `line: rule` for each finding. A file has the name that it has in its folder. */
function findings(code: string, filename: string, config: Linter.Config[]): readonly string[] {
  const messages = new Linter().verify(
    code,
    [{ files: ['**/*.ts'], languageOptions: { parser } }, ...config] as Linter.Config[],
    { filename },
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

/** The specimens of one kind in a folder, by their paths in it. */
export function specimensIn(folder: string, kind: 'leaky' | 'safe'): readonly string[] {
  const room = join(folder, kind)
  if (!existsSync(room)) return []
  return readdirSync(room, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
}

/** The tenancy model of a folder, or that of the room around it. */
export function modelOf(folder: string): string {
  const own = join(folder, 'tenancy.json')
  return existsSync(own) ? own : join(folder, '../tenancy.json')
}

/**
 * A test for each specimen of a folder: leaky ones are reported exactly where they say so, by the rules that they name, among them
 * `own`; and safe ones not at all.
 */
export function testSpecimens(folder: string, config: Linter.Config[], own?: string): void {
  const settings = { watertight: { tenancy: modelOf(folder) } }
  for (const kind of ['leaky', 'safe'] as const) {
    it.each(specimensIn(folder, kind))(`${kind}/%s`, (path) => {
      const code = readFileSync(join(folder, kind, path), 'utf8')
      const wanted = expected(code)
      expect(wanted.length > 0).toBe(kind === 'leaky')
      if (own !== undefined && kind === 'leaky') expect(wanted.join('\n')).toContain(`watertight/${own}`)
      expect(findings(code, path, [...config, { settings }])).toEqual(wanted)
    })
  }
}
