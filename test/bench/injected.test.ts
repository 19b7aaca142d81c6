import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { without } from '../../bench/injected/filters.ts'

const folder = mkdtempSync(join(tmpdir(), 'injected-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const files = {
  'tenancy.json': JSON.stringify({
    tenantColumns: ['teamId'],
    trusted: ['session.teamId'],
    relations: { projects: { owned: 'teamId', model: 'Project' }, notes: { owned: 'teamId', model: 'Note' } },
    tenantless: [{ files: ['jobs/**'], reason: 'over all teams' }],
  }),
  'app/open/route.ts': `import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export async function GET(request, { params }) {
  const session = await getSession(request)
  return prisma.project.findFirst({ where: { id: params.id, teamId: session.teamId } })
}
`,
  'app/twice/route.ts': `import { Pool } from 'pg'
const pool = new Pool()
export async function GET(request, { params }) {
  const session = await getSession(request)
  return pool.query('SELECT * FROM notes WHERE id = $1 AND "teamId" = $2 AND "teamId" = $2', [params.id, session.teamId])
}
`,
  'app/proved/route.ts': `import { and, eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable, text } from 'drizzle-orm/pg-core'
const db = drizzle(url)
const notes = pgTable('notes', { id: text('id'), teamId: text('teamId') })
export async function DELETE(request, { params }) {
  const session = await getSession(request)
  const [note] = await db.select().from(notes).where(and(eq(notes.id, params.id), eq(notes.teamId, session.teamId)))
  if (!note) throw new Error()
  return db.delete(notes).where(and(eq(notes.id, note.id), eq(notes.teamId, session.teamId)))
}
`,
  'jobs/sweep.ts': `import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export const sweep = (session) => prisma.note.deleteMany({ where: { teamId: session.teamId } })
`,
}
for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

describe('bench:injected', () => {
  const run = (...argv: string[]) =>
    spawnSync(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), join(import.meta.dirname, '../../bench/injected.ts'), ...argv],
      { encoding: 'utf8' },
    )

  it('takes out one filter at a time, and says what became of the query', () => {
    const { status, stdout } = run(folder, '--tenancy', join(folder, 'tenancy.json'), '--json')
    expect(status).toBe(0)
    const { outcomes, holes, results } = JSON.parse(stdout)
    const told = outcomes.map(({ file, removed, result }: Record<string, string>) => [file, removed, result])
    expect(told.toSorted()).toEqual([
      ['app/open/route.ts', ', teamId: session.teamId', 'certain'],
      ['app/proved/route.ts', ', eq(notes.teamId, session.teamId)', 'certain'],
      ['app/proved/route.ts', ', eq(notes.teamId, session.teamId)', 'proved'],
      ['app/twice/route.ts', 'AND "teamId" = $2', 'still confined'],
      ['app/twice/route.ts', 'AND "teamId" = $2', 'still confined'],
    ])
    expect({ holes, results }).toEqual({ holes: 3, results: { certain: 2, proved: 1, 'still confined': 2 } })
  }, 60_000)

  it('ends with one error when nothing is named', () => {
    const { status, stdout, stderr } = run()
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^Name a folder .*\n$/)
  })
})

it('leaves every other character where it was', () => {
  const text = readFileSync(join(folder, 'app/open/route.ts'), 'utf8')
  const from = text.indexOf('params.id,')
  const left = without(text, { from, to: text.indexOf('}', from) })
  expect(left).toHaveLength(text.length)
  expect([...left].filter((one, at) => one !== text[at]).join('')).toMatch(/^ +$/)
  expect(left.split('\n').map((line) => line.length)).toEqual(text.split('\n').map((line) => line.length))
})
