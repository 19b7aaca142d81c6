import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { auditMigrations } from '../../rules/audit/index.ts'
import { checks } from '../../rules/audit/checks.ts'
import { loadTenancy } from '../../rules/tenancy/read.ts'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'

const folder = resolve(import.meta.dirname, '../../docs/audit')

function block(page: string, heading: string | null, language: string): string {
  const from = heading === null ? 0 : page.indexOf(`## ${heading}\n`)
  const match = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page.slice(Math.max(0, from)))
  if (from < 0 || match === null) throw new Error(`no ${language} block after ${heading}`)
  return match[1]!
}

describe('the pages of the checks', () => {
  it('exist for every check and for nothing else', () => {
    const pages = readdirSync(folder).filter((name) => name !== 'README.md')
    expect(pages.toSorted()).toEqual(checks.map(({ id }) => `${id}.md`).toSorted())
  })

  it('are in the table', () => {
    const table = readFileSync(join(folder, 'README.md'), 'utf8')
    const rows = [...table.matchAll(/^\| \[([\w-]+)\]\(\1\.md\)\s*\| (\d+)\s*\| (\w+)\s*\| (.*?)\s*\|$/gm)]
    const told = rows.map(([, id, catalogue, direction, title]) => ({
      id,
      catalogue: Number(catalogue),
      direction,
      title,
    }))
    const known = checks.map(({ id, catalogue, direction, title }) => ({ id, catalogue, direction, title }))
    const byId = (left: { id?: string | undefined }, right: { id?: string | undefined }): number =>
      left.id! < right.id! ? -1 : 1
    expect(told.toSorted(byId)).toEqual(known.toSorted(byId))
  })

  it.each(checks.map(({ id }) => id))('%s: its examples are what it says', (id) => {
    const page = readFileSync(join(folder, `${id}.md`), 'utf8')
    const tenancy = loadTenancy(JSON.parse(block(page, null, 'json')) as TenancyFile)
    const audit = (text: string) => auditMigrations([{ file: 'example.sql', text }], tenancy)
    const wrong = audit(block(page, 'Incorrect', 'sql'))
    expect([...new Set(wrong.findings.map(({ check }) => check))]).toEqual([id])
    expect(audit(block(page, 'Correct', 'sql'))).toMatchObject({ verdict: 'clean', findings: [], unread: [] })
  })
})
