import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PluginBuild, buildPlugin } from '../support/plugin-build.ts'
import { clinic } from '../support/rule-tester.ts'

const modules = resolve(import.meta.dirname, '../../node_modules')
let build: PluginBuild

const source = `import { Pool } from 'pg'
import { pool as shared } from './database.js'
const pool = new Pool()
export const find = (request) => pool.query('SELECT * FROM patients WHERE id = $1', [request.params.id])
export const drop = (request) => shared.query('DELETE FROM visits WHERE id = $1', [request.params.id])
export const list = (clinic) => pool.query('SELECT * FROM patients WHERE clinic_id = $1', [clinic])
`

beforeAll(() => {
  build = buildPlugin()
  const { project } = build
  mkdirSync(join(project, 'src'))
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(project, 'tenancy.json'), JSON.stringify(clinic))
  writeFileSync(join(project, 'src/patients.js'), source)
  writeFileSync(join(project, 'src/database.js'), "import pg from 'pg'\nexport const pool = new pg.Pool()\n")
  const body = `[...watertight.configs.recommended, { settings: { watertight: { tenancy: './tenancy.json' } } }]`
  writeFileSync(
    join(project, 'import.config.mjs'),
    `import watertight from ${JSON.stringify(build.url)}\nexport default ${body}\n`,
  )
  writeFileSync(
    join(project, 'require.config.cjs'),
    `const watertight = require(${JSON.stringify(build.entry)})\nmodule.exports = ${body}\n`,
  )
  writeFileSync(
    join(project, 'bare.config.mjs'),
    `import watertight from ${JSON.stringify(build.url)}\nexport default watertight.configs.recommended\n`,
  )
  writeFileSync(
    join(project, '.oxlintrc.json'),
    JSON.stringify({
      jsPlugins: [build.entry],
      categories: { correctness: 'off' },
      rules: { 'watertight/require-tenant-filter': 'error' },
      settings: { watertight: { tenancy: './tenancy.json' } },
    }),
  )
})

afterAll(() => build.remove())

function run(bin: string, ...args: string[]) {
  const { NODE_OPTIONS: _, ...env } = process.env
  return spawnSync(process.execPath, [join(modules, bin), ...args], {
    cwd: build.project,
    encoding: 'utf8',
    env: { ...env, NO_COLOR: '1' },
  })
}

interface Result {
  readonly messages: readonly { readonly ruleId: string | null; readonly line: number }[]
}

describe.each(['eslint', 'eslint-9'])('%s', (eslint) => {
  const bin = join(eslint, 'bin/eslint.js')

  it.each(['import.config.mjs', 'require.config.cjs'])('lints through %s', (config) => {
    const { stdout, stderr } = run(bin, '--config', config, '--format', 'json', 'src')
    expect(stderr).toBe('')
    const found = (JSON.parse(stdout) as Result[]).flatMap(({ messages }) => messages)
    expect(found.map(({ ruleId, line }) => `${ruleId}:${line}`)).toEqual([
      'watertight/require-tenant-filter:4',
      'watertight/require-tenant-filter:5',
    ])
  })

  it('fails, and says what to do, when no tenancy model is configured', () => {
    const { status, stdout, stderr } = run(bin, '--config', 'bare.config.mjs', 'src')
    expect(status).toBe(2)
    expect(stdout + stderr).toContain('E-TENANCY-MISSING')
    expect(stdout + stderr).toContain('watertight init')
  })
})

describe('oxlint', () => {
  it('runs the same plugin', () => {
    const { status, stdout } = run('oxlint/bin/oxlint', '--format', 'json', 'src')
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: { code: string; labels: { span: { line: number } }[] }[]
    }
    expect(diagnostics.map(({ code, labels }) => `${code}:${labels[0]!.span.line}`).toSorted()).toEqual([
      'watertight(require-tenant-filter):4',
      'watertight(require-tenant-filter):5',
    ])
    expect(status).toBe(1)
  })
})
