import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { editedFiles } from '../../harness/run/mutant-edits.ts'
import { loadMutants } from '../../harness/run/mutant-files.ts'

const service = resolve('fixtures/service')
const { mutants, knockOuts } = await loadMutants(['fixtures/mutants'])

describe('the mutants of the reference service', () => {
  it('stand in folders of their areas, each of which the service has', () => {
    const areas = new Set(mutants.map(({ area }) => area))
    const folders = readdirSync('fixtures/mutants', { withFileTypes: true }).filter((one) =>
      one.isDirectory(),
    )
    expect([...areas].toSorted()).toEqual(folders.map(({ name }) => name).toSorted())
    for (const area of areas) expect(existsSync(resolve(service, area)), area).toBe(true)
    for (const area of areas) expect(readdirSync(`fixtures/mutants/${area}`).length, area).toBeGreaterThan(1)
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
