import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyEdits } from '../../harness/run/mutant-copy.ts'
import { loadMutants } from '../../harness/run/mutant-files.ts'
import { verdictOf } from '../../harness/run/mutant-result.ts'
import { type MutantsEvent, runMutants } from '../../harness/run/mutants.ts'
import type { Mutant } from '../../harness/run/mutant.ts'
import { Problem } from '../../rules/problem.ts'
import { leftovers, smallLegs, type SmallProject, smallProject } from './service.ts'

let project: SmallProject

beforeEach(() => {
  project = smallProject()
})

afterEach(() => project.remove())

const filter = 'row.id === id && row.tenant === tenant'

function mutant(id: string, replace: string, more: Partial<Mutant> = {}): Mutant {
  const edits = [{ file: 'server.mjs', find: filter, replace }]
  return { id, area: 'scoping', class: 1, title: id, edits, killedBy: [], ...more }
}

function save(...mutants: readonly unknown[]): void {
  mutants.forEach((entry, index) => project.write(`mutants/m${index}.json`, JSON.stringify(entry)))
}

async function run(only?: readonly string[]) {
  const events: MutantsEvent[] = []
  const collection = await loadMutants([project.mutants])
  const options = { ...collection, directory: project.service, ...(only ? { only } : {}) }
  const result = await runMutants(options, smallLegs, (event) => events.push(event))
  const matrix = Object.fromEntries(result.mutants.map((entry) => [entry.id, entry]))
  return { result, events, matrix }
}

async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Problem)
  return error as Problem
}

describe('the kill matrix', () => {
  it('tells which leg kills, and that the twin and the clean service live', async () => {
    save(
      mutant('by-both', 'row.id === id', {
        killedBy: [
          { leg: 'lint', by: 'tenant-filter' },
          { leg: 'fuzz', by: 'foreign-read' },
        ],
        twin: [
          { file: 'server.mjs', find: filter, replace: 'row.id === id && row.tenant === String(tenant)' },
        ],
      }),
      mutant('at-run-time', 'row.id === id && row.tenant.length === tenant.length'),
    )
    const { result, matrix, events } = await run()
    expect(matrix['by-both']).toMatchObject({
      killed: { lint: true, audit: false, fuzz: true },
      requests: 2,
      twinAlive: true,
      unmet: [],
    })
    expect(matrix['at-run-time']).toMatchObject({
      killed: { lint: false, audit: false, fuzz: true },
      twinAlive: null,
    })
    expect(result.clean).toEqual({ lint: false, audit: false, fuzz: false })
    expect(verdictOf(result)).toBe('clean')
    expect(events.map(({ type }) => type)).toEqual([
      'mutants-started',
      'baseline',
      'mutant',
      'mutant',
      'mutants-ended',
    ])
    expect(leftovers(project)).toEqual([])
    expect(readFileSync(join(project.service, 'server.mjs'), 'utf8')).toContain(filter)
  })

  it('counts findings that the clean service has as nobody’s kill, and one more of them as a kill', async () => {
    project.write('app/service/legacy.mjs', `export const find = (row, id) => row.id === id\n`)
    const more = [
      {
        file: 'legacy.mjs',
        find: 'export const',
        replace: 'export const one = (row, id) =>\n  row.id === id\nexport const',
      },
    ]
    const shifted = [{ file: 'legacy.mjs', find: 'export', replace: '\n\n\nexport' }]
    save({ ...mutant('one-more', ''), edits: more }, { ...mutant('line-shift', ''), edits: shifted })
    const { result, matrix } = await run()
    expect(result.clean.lint).toBe(true)
    expect(matrix['one-more']!.killed.lint).toBe(true)
    expect(matrix['line-shift']!.killed).toEqual({ lint: false, audit: false, fuzz: false })
    expect(verdictOf(result)).toBe('finding')
  })

  it('names a survivor, an unmet claim and a killed twin', async () => {
    save(
      mutant('harmless', `${filter} && true`, { killedBy: [{ leg: 'fuzz', by: 'foreign-read' }] }),
      mutant('bad-twin', 'row.id === id', {
        killedBy: [{ leg: 'fuzz', by: 'existence' }],
        twin: [{ file: 'server.mjs', find: filter, replace: 'row.id === id || row.id === id' }],
      }),
    )
    const { result, matrix } = await run()
    expect(matrix['harmless']).toMatchObject({
      killed: { lint: false, audit: false, fuzz: false },
      unmet: [{ leg: 'fuzz', by: 'foreign-read' }],
    })
    expect(matrix['bad-twin']).toMatchObject({
      killed: { lint: true, fuzz: true },
      twinAlive: false,
      unmet: [{ leg: 'fuzz', by: 'existence' }],
    })
    expect(verdictOf(result)).toBe('finding')
  })

  it.each([
    [
      'that does not start',
      { find: `import { rows }`, replace: `throw new Error('no')\nimport { rows }` },
      'E-TARGET-START',
    ],
    ['that does not parse', { find: filter, replace: 'row.id === === id' }, 'E-MUTANT'],
    ['whose text is gone', { find: 'no such text', replace: 'x' }, 'E-MUTANT'],
    ['whose text is ambiguous', { find: 'row', replace: 'line' }, 'E-MUTANT'],
    ['whose file is gone', { file: 'gone.mjs', find: 'x', replace: 'y' }, 'E-MUTANT'],
  ])('neither kills nor spares a mutant %s', async (_, edit, code) => {
    save({ ...mutant('broken', ''), edits: [{ file: 'server.mjs', ...edit }] })
    const { result, matrix } = await run()
    expect(matrix['broken']!.killed.fuzz).toBeNull()
    expect(matrix['broken']!.outcomes.fuzz).toMatchObject({ kind: 'error', code })
    expect(verdictOf(result)).toBe('inconclusive')
    expect(leftovers(project)).toEqual([])
  })

  it('does not take a campaign that covered nothing for a survivor', async () => {
    save(mutant('shut', 'false'))
    const { result, matrix } = await run()
    expect(matrix['shut']!.killed.fuzz).toBeNull()
    expect(matrix['shut']!.outcomes.fuzz).toMatchObject({ kind: 'uncovered' })
    expect(verdictOf(result)).toBe('inconclusive')
  })

  it('takes layers away, and holds the service without them against the mutant', async () => {
    const layers = [
      { id: 'no-filter', title: 'x', edits: [{ file: 'schema.sql', find: 'ENABLE', replace: 'DISABLE' }] },
    ]
    project.write('mutants/knockouts.json', JSON.stringify(layers))
    save(mutant('layered', 'row.id === id', { knockOut: ['no-filter', 'rls'] }))
    const { result, matrix } = await run()
    expect(result.baselines.map(({ knockOut }) => knockOut)).toEqual([[], ['no-filter', 'rls']])
    expect(result.baselines[1]!.killed).toEqual({ lint: false, audit: true, fuzz: false })
    expect(matrix['layered']!.killed).toEqual({ lint: true, audit: false, fuzz: true })
    expect(verdictOf(result)).toBe('clean')
  })

  it('runs only what is asked for', async () => {
    save(mutant('first', 'row.id === id'), mutant('second', 'row.id === id'))
    const { result } = await run(['second'])
    expect(result.mutants.map(({ id }) => id)).toEqual(['second'])
    expect((await problemOf(run(['third']))).message).toMatch(/no mutant third/)
  })
})

describe('an edited copy', () => {
  it('leaves the project as it was, beside a service that is the whole project', () => {
    const copy = applyEdits(project.root, [
      { file: 'app/outside.mjs', find: 'no such row', replace: 'nothing for $& $1' },
    ])
    expect(readFileSync(join(copy.directory, 'app/outside.mjs'), 'utf8')).toContain('nothing for $& $1, says')
    expect(existsSync(join(copy.directory, 'node_modules/installed/index.js'))).toBe(true)
    expect(readFileSync(join(project.root, 'app/outside.mjs'), 'utf8')).toContain('no such row')
    copy.remove()
    expect(existsSync(join(project.root, 'node_modules/installed/index.js'))).toBe(true)
    expect(leftovers(project)).toEqual([])
  })

  it('applies edits of one file one after the other', () => {
    const copy = applyEdits(project.service, [
      { file: 'schema.sql', find: 'ENABLE', replace: 'FORCE' },
      { file: 'schema.sql', find: 'FORCE ROW', replace: 'NO FORCE ROW' },
    ])
    expect(readFileSync(join(copy.directory, 'schema.sql'), 'utf8')).toMatch(/rows NO FORCE ROW/)
    copy.remove()
  })
})

describe('reading mutants', () => {
  it('reads TypeScript, arrays and single files, and leaves knock-outs and types out', async () => {
    project.write(
      'mutants/scoping/typed.ts',
      `interface Named { readonly id: string }
       const base: Named = { id: 'typed' }
       export default { ...base, area: 'scoping', class: 1, title: 't', edits: [{ file: 'a', find: 'b', replace: '' }] }`,
    )
    project.write('mutants/many.json', JSON.stringify([mutant('one', 'x'), mutant('two', 'y')]))
    project.write('mutants/knockouts.ts', `export default [{ id: 'guard', title: 't', sql: 'SELECT 1' }]`)
    project.write('mutants/notes.md', 'not a mutant')
    const all = await loadMutants([project.mutants])
    expect(all.mutants.map(({ id }) => id)).toEqual(['one', 'two', 'typed'])
    expect([...all.knockOuts.keys()]).toEqual(['rls', 'guard'])
    const one = await loadMutants([join(project.mutants, 'scoping/typed.ts')])
    expect(one.mutants.map(({ id, killedBy }) => [id, killedBy])).toEqual([['typed', []]])
  })

  it.each([
    ['no id', { ...mutant('a', 'x'), id: '' }, /id must be a text/],
    ['no edits', { ...mutant('a', 'x'), edits: undefined }, /edits are missing/],
    ['an empty edit', { ...mutant('a', 'x'), edits: [{ file: 'a' }] }, /edits\[0\] must be/],
    [
      'a file outside',
      { ...mutant('a', 'x'), edits: [{ file: '../a', find: 'a', replace: 'b' }] },
      /leaves the service/,
    ],
    ['an edit of nothing', mutant('a', filter), /changes nothing/],
    ['an odd leg', { ...mutant('a', 'x'), killedBy: [{ leg: 'luck', by: 'x' }] }, /killedBy must be/],
    ['an unknown layer', mutant('a', 'x', { knockOut: ['firewall'] }), /knocks out firewall/],
    ['a class in words', { ...mutant('a', 'x'), class: 'one' }, /class must be the number/],
    ['a text', 'mutant', /is no mutant/],
  ])('rejects %s', async (_, entry, reason) => {
    save(entry)
    const problem = await problemOf(loadMutants([project.mutants]))
    expect(problem.code).toBe('E-MUTANT')
    expect(problem.message).toContain('m0.json')
    expect(problem.message).toMatch(reason)
  })

  it('rejects an id that is there twice, a file that does not load, and a folder that is not there', async () => {
    save(mutant('same', 'x'), mutant('same', 'y'))
    expect((await problemOf(loadMutants([project.mutants]))).message).toMatch(
      /m1\.json: the id same.*m0\.json/,
    )
    project.write('mutants/m0.json', '{')
    expect((await problemOf(loadMutants([project.mutants]))).message).toMatch(/m0\.json does not load/)
    expect((await problemOf(loadMutants([join(project.root, 'nowhere')]))).code).toBe('E-MUTANT')
  })
})
