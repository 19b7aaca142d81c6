import { describe, expect, it } from 'vitest'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import { exposureKinds, exposuresOf, prisma, teamsWith } from '../support/exposures.ts'

const tenancy = teamsWith({
  pages: { owned: 'teamId', model: 'Page' },
  users: { owned: 'teamId', model: 'User' },
  notes: { ownedThrough: ['pageId', 'pages'], model: 'Note' },
  providers: { ownedThrough: ['pageId', 'pages'], model: 'Provider' },
  invitations: { owned: 'teamId', model: 'Invitation' },
  drafts: { owned: 'teamId', model: 'Draft' },
  memberships: { owned: 'teamId', model: 'Membership' },
  page_members: { ownedThrough: ['pageId', 'pages'] },
  role_capabilities: { global: 'reference data' },
})

const kinds = (service: string, others: Readonly<Record<string, string>> = {}): readonly string[] =>
  exposureKinds({ 'service.ts': `${prisma}${service}\n`, ...others }, tenancy)

describe('a check where the value is there', () => {
  const route = (check: string, handed: string): string => `import { load } from './service'
export async function GET(request, { params }) {
  const session = await getSession(request)
  ${check}
  return load(${handed})
}\n`
  const byId = (id: string): string =>
    `db.selectFrom('pages').selectAll().where('id', '=', ${id}).executeTakeFirst()`
  it.each<readonly [string, Exposure['kind'], string]>([
    ['of the value', 'guarded', 'if (params.id) await assertPageAccess(session, params.id)'],
    [
      'in a branch of its own',
      'guarded',
      'if (params.id) { const page = await find(params.id); await assertPageAccess(session, page.folder) }',
    ],
    ['of another value', 'certain', 'if (params.strict) await assertPageAccess(session, params.id)'],
    [
      'and of another',
      'certain',
      'if (params.id && params.strict) await assertPageAccess(session, params.id)',
    ],
    [
      'in a further branch',
      'certain',
      'if (params.id) { if (params.strict) await assertPageAccess(session, params.id) }',
    ],
    ['where it is not', 'certain', 'if (!params.id) await assertPageAccess(session, params.id)'],
  ])('%s', (_, kind, check) => {
    const whole = `import { db } from './db'\nexport const load = (input) => ${byId('input.id')}\n`
    const single = `import { db } from './db'\nexport const load = (id) => ${byId('id')}\n`
    expect(
      exposuresOf({ 'service.ts': single, 'route.ts': route(check, 'params.id') }, tenancy),
    ).toMatchObject([{ kind }])
    expect(exposuresOf({ 'service.ts': whole, 'route.ts': route(check, 'params') }, tenancy)).toMatchObject([
      { kind },
    ])
  })

  it('is none where a library reads every row without it', () => {
    const service = 'export const load = (id) => prisma.page.findFirst({ where: { id } })'
    const check = 'if (params.id) await assertPageAccess(session, params.id)'
    expect(kinds(service, { 'route.ts': route(check, 'params.id') })).toEqual(['certain'])
  })
})

describe('a check of what may be left out, where it is there', () => {
  const files = (check: string, act: string): Readonly<Record<string, string>> => ({
    'service.ts': `${prisma}export const act = (input) => ${act}\nexport const teamIdOfPage = async (id) => (await prisma.page.findUnique({ where: { id } }))?.teamId\n`,
    'route.ts': `import { act, teamIdOfPage } from './service'
export async function POST(request, { params }) {
  const session = await getSession(request)
  ${check}
  return act(params)
}
`,
  })
  const inside =
    'const teamId = await teamIdOfPage(params.pageId); if (teamId !== session.teamId) throw new Error()'
  const one = 'prisma.page.update({ where: { id: input.pageId }, data: { live: true } })'
  const many = 'prisma.page.updateMany({ where: { id: input.pageId }, data: { live: true } })'
  it.each<readonly [string, Exposure['kind'], string, string]>([
    ['before a look-up by a key', 'guarded', `if (params.pageId) { ${inside} }`, one],
    ['asked for by its type', 'guarded', `if (params.pageId !== undefined) { ${inside} }`, one],
    ['before one that picks all without it', 'certain', `if (params.pageId) { ${inside} }`, many],
    ['where another value is there', 'certain', `if (params.other) { ${inside} }`, one],
    ['whatever is there', 'guarded', inside, many],
  ])('%s', (_, kind, check, act) => {
    expect(exposureKinds(files(check, act), tenancy).at(0)).toBe(kind)
  })
})

describe('a look-up for the tenant, where the value is there', () => {
  const head = `import { drizzle } from 'drizzle-orm/node-postgres'
import { and, eq } from 'drizzle-orm'
import { pgTable, text } from 'drizzle-orm/pg-core'
const db = drizzle(url)
const pages = pgTable('pages', { id: text('id'), kind: text('kind'), teamId: text('teamId') })
const notes = pgTable('notes', { id: text('id'), pageId: text('pageId') })
`
  const files = (asked: string, where: string, after: string): Readonly<Record<string, string>> => ({
    'service.ts': `${head}export const remove = (pageId) => db.delete(notes).where(eq(notes.pageId, pageId))\n`,
    'route.ts': `import { remove } from './service'
${head}export async function POST(request, { params }) {
  const session = await getSession(request)
  if (${asked}) {
    const page = await db.select({ id: pages.id }).from(pages).where(${where}).get()
    ${after}
  }
  return remove(params.pageId)
}
`,
  })
  const own = 'and(eq(pages.id, params.pageId), eq(pages.teamId, session.teamId))'
  const left = 'if (!page) throw new Error()'
  it.each<readonly [string, Exposure['kind'], string, string, string]>([
    ['by its key', 'guarded', 'params.pageId', own, left],
    ['for anybody', 'certain', 'params.pageId', 'eq(pages.id, params.pageId)', left],
    ['by another column', 'certain', 'params.pageId', own.replace('pages.id', 'pages.kind'), left],
    ['where another value is there', 'certain', 'params.kind', own, left],
    ['unnoticed', 'certain', 'params.pageId', own, 'if (!page) log()'],
  ])('%s', (_, kind, asked, where, after) => {
    expect(exposureKinds(files(asked, where, after), tenancy)).toEqual([kind])
  })
})
