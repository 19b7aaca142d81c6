import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lintDirectory } from '../../harness/cli/lint-directory.ts'

let folder: string
let tenancy: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lint-'))
  tenancy = join(folder, 'model.json')
  mkdirSync(join(folder, 'src/deep'), { recursive: true })
  writeFileSync(
    tenancy,
    JSON.stringify({
      tenantColumns: ['tenant_id'],
      relations: { notes: { owned: 'tenant_id' } },
      trusted: ['ctx.tenantId'],
    }),
  )
})
afterEach(() => rmSync(folder, { recursive: true }))

const leaky = `import { Pool } from 'pg'
const pool = new Pool()
export const read = (ctx: { tenantId: string }, id: string) =>
  pool.query('select * from notes where id = $1', [id])
`
const safe = leaky
  .replace('where id = $1', 'where id = $1 and tenant_id = $2')
  .replace('[id]', '[id, ctx.tenantId]')

describe('lintDirectory', () => {
  it('finds the leak in the file, not the twin beside it', async () => {
    writeFileSync(join(folder, 'src/deep/leaky.ts'), leaky)
    writeFileSync(join(folder, 'src/safe.ts'), safe)
    const { findings, fatal, files } = await lintDirectory(join(folder, 'src'), tenancy)
    expect({ fatal, files }).toEqual({ fatal: [], files: 2 })
    expect(findings.map(({ ruleId, file, line }) => ({ ruleId, file, line }))).toEqual([
      { ruleId: 'watertight/require-tenant-filter', file: 'deep/leaky.ts', line: 4 },
    ])
  })

  it('tells a file that does not parse', async () => {
    writeFileSync(join(folder, 'src/broken.ts'), 'export const = 1')
    const { findings, fatal } = await lintDirectory(join(folder, 'src'), tenancy)
    expect(findings).toEqual([])
    expect(fatal).toMatchObject([{ file: 'broken.ts' }])
  })

  it('does not take a missing tenancy model for a clean result', async () => {
    writeFileSync(join(folder, 'src/leaky.ts'), leaky)
    await expect(lintDirectory(join(folder, 'src'), join(folder, 'absent.json'))).rejects.toMatchObject({
      code: 'E-TENANCY-MISSING',
    })
  })

  it('does not depend on a configuration around the folder', async () => {
    writeFileSync(join(folder, 'eslint.config.js'), 'throw new Error("not read")')
    writeFileSync(join(folder, 'src/leaky.ts'), leaky)
    cpSync(join(folder, 'src'), join(folder, 'copy'), { recursive: true })
    expect((await lintDirectory(join(folder, 'copy'), tenancy)).findings).toHaveLength(1)
  })
})
