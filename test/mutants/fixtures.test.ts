import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { editedFiles } from '../../harness/run/mutant-edits.ts'
import { loadMutants } from '../../harness/run/mutant-files.ts'

const service = resolve('fixtures/service')
const { mutants, knockOuts } = await loadMutants(['fixtures/mutants'])

describe('the mutants of the reference service', () => {
  it('are as many as the matrix promises, over every area that the service has', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(20)
    expect(mutants.filter(({ twin }) => twin).length).toBeGreaterThanOrEqual(8)
    const areas = [...new Set(mutants.map(({ area }) => area))]
    expect(areas.toSorted()).toEqual(['identification', 'isolation', 'leakage', 'scoping'])
  })

  it.each(mutants.map((mutant) => [mutant.id, mutant] as const))('%s applies to the service', (_, mutant) => {
    const layers = (mutant.knockOut ?? []).flatMap((id) => knockOuts.get(id)!.edits ?? [])
    expect(mutant.killedBy.length).toBeGreaterThan(0)
    for (const edits of [mutant.edits, mutant.twin ?? []]) {
      const files = editedFiles(service, [...edits, ...layers])
      for (const { file } of edits) expect(files.has(file)).toBe(true)
    }
  })
})
