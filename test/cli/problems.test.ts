import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { problemCodes } from '../../rules/problem.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/problems.md'), 'utf8')

describe('docs/problems.md', () => {
  it('lists every code with its exit code, and no other', () => {
    const rows = [...page.matchAll(/^\| (E-[A-Z-]+) \| (\d) \|/gm)].map((row) => [row[1], Number(row[2])])
    expect(Object.fromEntries(rows)).toEqual(problemCodes)
    expect(rows).toHaveLength(Object.keys(problemCodes).length)
  })
})
