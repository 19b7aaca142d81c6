import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe } from 'vitest'
import { whoeverCalls } from '../support/presets.ts'
import { testSpecimens } from '../support/specimens.ts'

const root = resolve(import.meta.dirname, '../../fixtures/lint')

describe.each(readdirSync(root))('%s', (library) => {
  testSpecimens(join(root, library), whoeverCalls('recommended'))
})
