import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { resolveImport } from '../../rules/source/graph.ts'

const folder = mkdtempSync(join(tmpdir(), 'watertight-graph-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('finds the source of a relative import', () => {
  writeFileSync(join(folder, 'near.ts'), '')
  expect(resolveImport('./near', join(folder, 'from.ts'))).toBe(join(folder, 'near.ts'))
})

it('finds no source in a file that is none', () => {
  writeFileSync(join(folder, 'data.json'), '{}')
  expect(resolveImport('./data.json', join(folder, 'from.ts'))).toBeNull()
})
