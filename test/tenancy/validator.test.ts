import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { generateTenancyValidator } from '../support/generate-tenancy-validator.ts'

const root = join(import.meta.dirname, '../..')

describe('the compiled validator of tenancy.json', () => {
  it('is the one that the JSON Schema gives', async () => {
    const { path, content } = await generateTenancyValidator()
    expect(readFileSync(join(root, path), 'utf8') === content, 'run `npm run generate`').toBe(true)
  })

  it('comes from a valid JSON Schema', () => {
    const schema = JSON.parse(readFileSync(join(root, 'rules/tenancy/tenancy.schema.json'), 'utf8'))
    expect(new Ajv2020().validateSchema(schema)).toBe(true)
  })
})
