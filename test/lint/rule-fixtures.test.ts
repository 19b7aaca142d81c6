import type { Linter } from 'eslint'
import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import watertight from '../../rules/index.ts'
import { ruleIds } from '../support/generate.ts'
import { specimensIn, testSpecimens } from '../support/specimens.ts'

const root = resolve(import.meta.dirname, '../../fixtures/rules')
const rooms = readdirSync(root).filter((name) => statSync(join(root, name)).isDirectory())

it('has a room for each rule, and no other room', () => {
  expect(rooms.toSorted()).toEqual(ruleIds())
})

/** Statements are written out in many specimens of other rules; those of this one may hold them in `repositories`. */
const rawSqlIn = (rule: string): Linter.Config => ({
  rules: {
    'watertight/no-raw-sql': ['error', { allow: rule === 'no-raw-sql' ? ['repositories/**'] : ['**'] }],
  },
})

describe.each(ruleIds())('%s', (rule) => {
  const folder = join(root, rule)

  it('is tried on three leaks and two twins of leaks at least', () => {
    expect(specimensIn(folder, 'leaky').length).toBeGreaterThanOrEqual(3)
    expect(specimensIn(folder, 'safe').length).toBeGreaterThanOrEqual(2)
  })

  testSpecimens(folder, [...watertight.configs.strict, rawSqlIn(rule)], rule)
})
