import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands } from '../../harness/cli/commands.ts'
import { commandLine } from '../support/command-line.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-'))
  writeFileSync(join(folder, 'broken.json'), '{ "tenantColumns": [,] }')
  writeFileSync(
    join(folder, 'tenancy.json'),
    '{ "tenantColumns": ["t"], "relations": { "a": { "owned": "t" } } }',
  )
  writeFileSync(join(folder, 'a.sql'), 'create table b (id int);')
  writeFileSync(join(folder, 'bad.target.ts'), 'export default { name: 7 }')
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('help', () => {
  it.each(Object.keys(commands))(
    'of %s names its exit codes or examples, on standard output',
    async (name) => {
      const { code, stdout, stderr } = await commandLine([name, '--help'], folder)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(new RegExp(`^Usage: watertight ${name} `))
      expect(stdout).toMatch(/Examples?:\n {2}watertight /)
    },
  )

  it('without a command goes to standard error and is no success', async () => {
    const { code, stdout, stderr } = await commandLine([], folder)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    for (const name of Object.keys(commands)) expect(stderr).toContain(`  ${name} `)
  })
})

describe('problems have a code, a next step and an exit code, and no stack', () => {
  it.each<[string[], number, string, RegExp]>([
    [['fuz'], 2, 'E-USAGE', /did you mean fuzz/],
    [['constructor'], 2, 'E-USAGE', /unknown command/],
    [['audit', '--databse', 'x'], 2, 'E-USAGE', /did you mean --database/],
    [['audit', '--json=yes', 'a.sql'], 2, 'E-USAGE', /takes no value/],
    [['audit', '--tenancy', '--baseline', 'x'], 2, 'E-USAGE', /needs a value/],
    [['audit'], 2, 'E-USAGE', /name migrations/],
    [['audit', 'absent'], 2, 'E-SCHEMA-MISSING', /absent/],
    [['audit', 'a.sql', '--tenancy', 'absent.json'], 2, 'E-TENANCY-MISSING', /watertight init/],
    [['audit', 'a.sql', '--tenancy', 'broken.json'], 2, 'E-TENANCY-SYNTAX', /broken\.json:1:21/],
    [['audit', 'a.sql'], 2, 'E-TENANCY-RELATION', /\ba\b/],
    [['audit', '--database', 'nonsense'], 3, 'E-DATABASE-CONNECT', /postgres:\/\//],
    [
      ['audit', '--database', 'postgres://u:secret@127.0.0.1:1/x'],
      3,
      'E-DATABASE-CONNECT',
      /127\.0\.0\.1:1\/x/,
    ],
    [['audit', 'a.sql', '--report', 'sarf=x'], 2, 'E-REPORT', /sarif=x/],
    [['audit', 'a.sql', '--baseline', 'absent'], 2, 'E-USAGE', /baseline/],
    [['init', '--from', 'absent', '--out', 'new.json'], 2, 'E-SCHEMA-MISSING', /absent/],
    [['init', '--from', 'a.sql', '--out', 'new.json'], 2, 'E-USAGE', /--tenant-column/],
    [
      ['init', '--from', 'a.sql', '--tenant-column', 't', '--out', 'new.json'],
      2,
      'E-USAGE',
      /owned by a tenant/,
    ],
    [['init'], 2, 'E-USAGE', /tenancy\.json exists; --yes/],
    [['fuzz'], 2, 'E-TARGET-MISSING', /watertight\.target\.ts/],
    [['fuzz', 'absent.ts'], 2, 'E-TARGET-MISSING', /absent/],
    [['fuzz', 'bad.target.ts'], 2, 'E-TARGET-INVALID', /name/],
    [['fuzz', '--seconds', '1', '--trials', '1'], 2, 'E-USAGE', /exclude/],
    [['fuzz', '--shard', '4/4'], 2, 'E-USAGE', /0 to N-1/],
    [['fuzz', '--seconds', '-1'], 2, 'E-USAGE', /needs a value/],
    [['fuzz', '--mode', 'hard'], 2, 'E-USAGE', /hunt or certify/],
    [['replay'], 2, 'E-USAGE', /receipt is missing/],
    [['merge'], 2, 'E-USAGE', /event file/],
    [['merge', 'absent.ndjson'], 2, 'E-EVENTS', /absent/],
    [['mutants'], 2, 'E-USAGE', /--service/],
    [['explain', 'x'], 2, 'E-USAGE', /FILE:LINE/],
    [['explain', 'absent.ts:1'], 2, 'E-USAGE', /there is no absent\.ts/],
  ])('%j', async (argv, code, problem, text) => {
    const { code: left, stdout, stderr } = await commandLine(argv, folder)
    expect(stderr).toMatch(new RegExp(`^error ${problem}: `))
    expect(stderr).toMatch(/\nnext: \S/)
    expect(stderr).toMatch(text)
    expect(stderr).not.toMatch(/\n {4}at |secret/)
    expect({ left, stdout }).toEqual({ left: code, stdout: '' })
  })
})

describe('the program itself', () => {
  const main = join(import.meta.dirname, '../../harness/cli/main.ts')
  const tsx = import.meta.resolve('tsx')
  const program = (...argv: string[]) =>
    spawnSync(process.execPath, ['--import', tsx, main, ...argv], { cwd: folder, encoding: 'utf8' })

  it('prints nothing but the document on standard output, and exits with the code', () => {
    const { status, stdout, stderr } = program('audit', 'a.sql', '--tenancy', 'absent.json', '--json')
    expect(status).toBe(2)
    expect(JSON.parse(stdout).problem.code).toBe('E-TENANCY-MISSING')
    expect(stderr).toMatch(/^error E-TENANCY-MISSING/)
    expect(stderr).not.toContain('\u001b')
  })

  it('tells its version', () => {
    expect(program('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
