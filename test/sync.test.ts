import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checks } from '../rules/audit/checks.ts'
import { rules } from '../rules/lint/rules.ts'
import { libraries } from '../rules/query/libraries.ts'
import { everyPreset } from '../rules/query/rule.ts'
import plugin from '../rules/index.ts'
import * as audit from '../rules/audit/index.ts'
import * as harness from '../harness/index.ts'
import { allOracles } from '../harness/run/resolved-options.ts'
import { checkIds, ruleIds } from './support/generate.ts'

const root = join(import.meta.dirname, '..')

/** Names of the files of a folder with an ending, without it. */
function stems(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending) && name !== 'README.md')
    .map((name) => name.slice(0, -ending.length))
    .sort()
}

const sorted = (ids: readonly string[]): string[] => [...ids].sort()
const text = (path: string): string => readFileSync(join(root, path), 'utf8')

describe('rules', () => {
  const ids = sorted(rules.map(({ name }) => name))

  it('are registered, each in a file of its name', () => expect(ids).toEqual(ruleIds()))
  it('have a docs page each, and no page is left over', () => expect(stems('docs/rules', '.md')).toEqual(ids))
  it('have a test each', () => {
    expect(ids.filter((id) => !existsSync(join(root, `test/lint/${id}.test.ts`)))).toEqual([])
  })
  it.each(everyPreset)('are in %s when they say so', (preset) => {
    const named = plugin.configs[preset].flatMap((config) => Object.keys(config.rules ?? {}))
    const members = rules.filter(({ meta }) => meta.docs?.presets.includes(preset))
    expect(sorted(named)).toEqual(sorted(members.map(({ name }) => `watertight/${name}`)))
  })
  it('are all in strict', () => {
    expect(rules.filter(({ meta }) => !meta.docs?.presets.includes('strict'))).toEqual([])
  })
})

describe('audit checks', () => {
  const ids = sorted(checks.map(({ id }) => id))

  it('are registered, each in a file of its name', () => expect(ids).toEqual(checkIds()))
  it('have a docs page each, and no page is left over', () => expect(stems('docs/audit', '.md')).toEqual(ids))
  it('are rules for .sql files', () => {
    expect(sorted(Object.keys(plugin.rules)).filter((id) => id.startsWith('sql-'))).toEqual(
      ids.map((id) => `sql-${id}`),
    )
  })
})

describe('oracles', () => {
  it('have a file and a docs page each, and no page is left over', () => {
    expect(allOracles.filter((id) => !existsSync(join(root, `harness/oracles/${id}.ts`)))).toEqual([])
    expect(stems('docs/oracles', '.md')).toEqual(sorted(allOracles))
  })
})

describe('libraries', () => {
  it('have an extractor each, and safe and leaky fixtures', () => {
    const names = sorted(libraries.map(({ name }) => name))
    expect(stems('rules/query/libraries', '.ts')).toEqual(names)
    expect(readdirSync(join(root, 'fixtures/lint')).sort()).toEqual(names)
    for (const name of names) {
      for (const kind of ['safe', 'leaky']) {
        expect(readdirSync(join(root, 'fixtures/lint', name, kind)).length).toBeGreaterThan(0)
      }
    }
  })
})

describe('problems', () => {
  it('are all used', () => {
    const sources = ['rules', 'harness', 'fixtures'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.ts') && !path.includes('node_modules') && path !== 'problem.ts')
        .map((path) => text(join(folder, path))),
    )
    const all = sources.join('\n')
    const codes = [...text('rules/problem.ts').matchAll(/'(E-[A-Z-]+)':/g)].map((match) => match[1]!)
    expect(codes.length).toBeGreaterThan(10)
    expect(codes.filter((code) => !all.includes(`'${code}'`))).toEqual([])
  })
})

describe('the public API', () => {
  it('is the plugin', () => {
    expect(sorted(Object.keys(plugin))).toEqual(['configs', 'languages', 'meta', 'rules'])
    expect(sorted(Object.keys(plugin.configs))).toEqual(['certain', 'recommended', 'sql', 'strict'])
  })
  it('is what a target needs', () =>
    expect(sorted(Object.keys(harness))).toEqual(['defineMutant', 'defineTarget']))
  it('is the audit', () => expect(sorted(Object.keys(audit))).toMatchSnapshot())
})
