import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Problem, type ProblemCode } from '../../rules/problem.ts'
import { loadTenancy } from '../../rules/tenancy/read.ts'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'

let folder: string
let files = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenancy-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function problemOf(source: string | TenancyFile): Problem {
  try {
    loadTenancy(source, { cwd: folder })
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('expected a problem')
}

function written(text: string): string {
  const path = join(folder, `${files++}.json`)
  writeFileSync(path, text)
  return path
}

const file: TenancyFile = {
  tenantRoot: 'organizations',
  tenantColumns: ['tenant_id'],
  relations: {
    organizations: { root: 'uid', model: 'Organization' },
    projects: { owned: 'tenant_id', model: 'Project', properties: { tenantId: 'tenant_id' } },
    'public.tasks': { ownedThrough: ['project_id', 'projects'], key: ['task_no'] },
    comments: { ownedThrough: ['task_id', 'tasks'] },
    notes: { ownedThrough: ['task_code', 'tasks', 'code'] },
    'billing.invoices': { owned: 'tenant_id' },
    'archive.logs': { owned: 'tenant_id' },
    'audit.logs': { global: 'operations' },
    User: { global: 'identity', model: 'User' },
    countries: { global: 'reference data' },
    strange: { unknown: 'no key' },
  },
}

describe('loadTenancy', () => {
  const tenancy = loadTenancy(file)

  it.each([
    ['projects', 'owned'],
    ['public.projects', 'owned'],
    ['PROJECTS', 'owned'],
    ['Project', 'owned'],
    ['project', 'owned'],
    ['"projects"', 'owned'],
    ['tasks', 'through'],
    ['Organization', 'root'],
    ['invoices', 'owned'],
    ['billing.invoices', 'owned'],
    ['User', 'global'],
    ['user', 'global'],
    ['strange', 'unknown'],
  ])('finds %s', (name, kind) => {
    expect(tenancy.find(name)?.ownership.kind).toBe(kind)
  })

  it.each([
    '"PROJECTS"',
    'other.projects',
    'public.invoices',
    'logs',
    'nothing',
    '',
    '.',
    '__proto__',
    'constructor',
  ])('does not find %s', (name) => expect(tenancy.find(name)).toBeNull())

  it('answers unknown for a relation that is not named', () => {
    expect(tenancy.ownershipOf({ schema: null, name: 'nothing' })).toEqual({ kind: 'unknown' })
    expect(tenancy.ownershipOf({ schema: 'other', name: 'projects' })).toEqual({ kind: 'unknown' })
    expect(tenancy.ownershipOf({ schema: null, name: 'PROJECTS' })).toEqual({ kind: 'unknown' })
  })

  it('resolves parents and their keys', () => {
    expect(tenancy.find('tasks')!.ownership).toEqual({
      kind: 'through',
      column: 'project_id',
      parent: 'projects',
      parentColumn: 'id',
    })
    expect(tenancy.find('comments')!.ownership).toMatchObject({
      parent: 'public.tasks',
      parentColumn: 'task_no',
    })
    expect(tenancy.find('notes')!.ownership).toMatchObject({ parentColumn: 'code' })
    expect(tenancy.find('organizations')!.ownership).toEqual({ kind: 'root', key: 'uid' })
  })

  it('maps properties to columns', () => {
    expect(tenancy.columnOf('Project', 'tenantId')).toBe('tenant_id')
    expect(tenancy.columnOf('Project', 'constructor')).toBe('constructor')
    expect(tenancy.columnOf('nothing', 'tenantId')).toBe('tenantId')
  })

  it('takes tenantRoot at its word when relations leaves it out', () => {
    const short = loadTenancy({
      tenantRoot: 'organizations',
      tenantColumns: ['tenant_id'],
      relations: { projects: { owned: 'tenant_id' } },
    })
    expect(short.find('organizations')!.ownership).toEqual({ kind: 'root', key: 'id' })
  })

  it('keeps one object as one model, and reads a file again only when it changed', () => {
    expect(loadTenancy(file)).toBe(tenancy)
    const path = written(JSON.stringify(file))
    const first = loadTenancy(path)
    expect(loadTenancy(path)).toBe(first)
    writeFileSync(path, JSON.stringify({ ...file, tenantColumns: ['org_id'] }))
    utimesSync(path, new Date(), new Date(Date.now() + 5000))
    expect(loadTenancy(path).tenantColumns).toEqual(['org_id'])
  })
})

describe('problems', () => {
  const base = { tenantColumns: ['t'], relations: {} }
  const cases: readonly (readonly [string, ProblemCode, unknown, RegExp])[] = [
    ['no relations', 'E-TENANCY-INVALID', { tenantColumns: [] }, /"relations" is missing/],
    ['an array', 'E-TENANCY-INVALID', [], /must be object/],
    ['a mistyped key', 'E-TENANCY-INVALID', { ...base, tenantColumn: 't' }, /did you mean "tenantColumns"/],
    [
      'a mistyped kind',
      'E-TENANCY-INVALID',
      { ...base, relations: { a: { own: 't' } } },
      /relations\.a \(line 1, column \d+\): unknown key "own", did you mean "owned"/,
    ],
    ['no kind', 'E-TENANCY-INVALID', { ...base, relations: { a: {} } }, /exactly one of "owned"/],
    [
      'two kinds',
      'E-TENANCY-INVALID',
      { ...base, relations: { a: { owned: 't', root: 'id' } } },
      /exactly one of/,
    ],
    [
      'half a parent',
      'E-TENANCY-INVALID',
      { ...base, relations: { a: { ownedThrough: ['b'] } } },
      /own column, parent/,
    ],
    ['an odd setting', 'E-TENANCY-INVALID', { ...base, setting: 'tenant' }, /with a dot/],
    [
      'an odd level',
      'E-TENANCY-INVALID',
      { ...base, rowLevelSecurity: 'on' },
      /one of "forced", "enabled", "none"/,
    ],
    [
      'an unnamed parent',
      'E-TENANCY-RELATION',
      { ...base, relations: { tasks: { owned: 't' }, a: { ownedThrough: ['x', 'task'] } } },
      /did you mean tasks/,
    ],
    [
      'a cycle',
      'E-TENANCY-RELATION',
      { ...base, relations: { a: { ownedThrough: ['x', 'b'] }, b: { ownedThrough: ['x', 'a'] } } },
      /a -> b -> a/,
    ],
    [
      'a global parent',
      'E-TENANCY-RELATION',
      { ...base, relations: { a: { ownedThrough: ['x', 'b'] }, b: { global: 'x' } } },
      /global/,
    ],
    [
      'a root that is none',
      'E-TENANCY-RELATION',
      { ...base, tenantRoot: 'a', relations: { a: { owned: 't' } } },
      /"root"/,
    ],
    [
      'two roots',
      'E-TENANCY-RELATION',
      { ...base, relations: { a: { root: 'x' }, b: { root: 'x' } } },
      /a and b/,
    ],
    [
      'two spellings',
      'E-TENANCY-RELATION',
      { ...base, relations: { a: { owned: 'x' }, 'public.a': { root: 'x' } } },
      /twice/,
    ],
  ]
  it.each(cases)('%s', (_, code, value, message) => {
    const problem = problemOf(written(JSON.stringify(value)))
    expect(problem.code).toBe(code)
    expect(problem.message).toMatch(message)
    expect(problem.next).not.toBe('')
    expect(problem.exitCode).toBe(2)
  })

  it('no file', () => {
    expect(problemOf('absent.json')).toMatchObject({
      code: 'E-TENANCY-MISSING',
      next: expect.stringContaining('watertight init'),
    })
  })

  it.each([
    ['{\n  "tenantColumns": [,]\n}', /:2:21: expected a value, found ","/],
    ['{ "a": 1', /:1:9: .*end of the file/],
    ['{ "relations": {\n "a": {}, "a": {} } }', /:2:11: the key "a" stands twice/],
    ['// note\n{}', /:1:1: .*comment/],
    ['', /:1:1: expected a value/],
    ['{"a": "\t"}', /:1:7: this string/],
  ])('no JSON: %j', (text, message) => {
    const problem = problemOf(written(text))
    expect(problem.code).toBe('E-TENANCY-SYNTAX')
    expect(problem.message).toMatch(message)
  })

  it.each([null, undefined, 7, true])('an inline %s', (value) => {
    expect(problemOf(value as unknown as TenancyFile).code).toBe('E-TENANCY-INVALID')
  })
})
