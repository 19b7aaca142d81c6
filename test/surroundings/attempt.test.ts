import * as parser from '@typescript-eslint/parser'
import { Linter } from 'eslint'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import watertight from '../../rules/index.ts'
import { clinic } from '../support/rule-tester.ts'

/** The findings of `no-error-leak` in `controller.ts` under `recommended`; the other files lie around it. */
function findings(files: Readonly<Record<string, string>>): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'attempt-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const config = {
      files: ['**/*.ts'],
      languageOptions: { parser },
      settings: { watertight: { tenancy: clinic } },
    }
    return new Linter({ cwd: folder })
      .verify(files['controller.ts']!, [...watertight.configs.recommended, config] as Linter.Config[], {
        filename: join(folder, 'controller.ts'),
      })
      .filter(({ ruleId }) => ruleId === 'watertight/no-error-leak' || ruleId === null)
      .map(({ line, message }) => `${String(line)} ${message.split(' ')[0]!}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const controller = `
import { BadRequestException } from '@nestjs/common'
import { Medicines } from './medicines.ts'
export class Controller {
  constructor(private readonly medicines: Medicines) {}
  async rename(id: string, name: string) {
    try {
      return await this.medicines.rename(id, name)
    } catch (error) {
      throw new BadRequestException(error)
    }
  }
}`

const medicines = `
import { Store } from './store.ts'
export class Medicines extends Store {
  async rename(id: string, name: string) { return this.put(id, name) }
}`

const store = (body: string): string => `
import { Pool } from 'pg'
const pool = new Pool()
export class Store {
  async put(id: string, name: string) { ${body} }
}`

const update = "await pool.query('UPDATE medicines SET name = $1 WHERE id = $2', [name, id])"

describe('what an attempt may raise, across files', () => {
  it('is what a method writes that an injected service inherits', () => {
    const files = { 'controller.ts': controller, 'medicines.ts': medicines, 'store.ts': store(update) }
    expect(findings(files)).toEqual(['10 `error`'])
  })

  it('is nothing of the database once another error has taken its place', () => {
    const replaced = store(`try { ${update} } catch { throw new Error('The medicine cannot be renamed.') }`)
    expect(
      findings({ 'controller.ts': controller, 'medicines.ts': medicines, 'store.ts': replaced }),
    ).toEqual([])
  })

  it('tells no rows when nothing is written', () => {
    const reads = store("await pool.query('SELECT name FROM medicines WHERE id = $1', [id])")
    expect(findings({ 'controller.ts': controller, 'medicines.ts': medicines, 'store.ts': reads })).toEqual(
      [],
    )
  })
})
