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

describe('rows that are kept by their tenant', () => {
  const read = 'await prisma.provider.findMany({ include: { page: true }, where: { kind: params.kind } })'
  const keep = 'rows = rows.filter((row) => row.page.teamId === session.teamId && row.live)'
  it.each<readonly [string, Exposure['kind'], string]>([
    ['in the same variable', 'guarded', `let rows = ${read}; ${keep}; return rows`],
    [
      'in another variable',
      'guarded',
      `const all = ${read}; const rows = all.filter((row) => row.page.teamId === session.teamId); return rows`,
    ],
    [
      'on the way out',
      'guarded',
      `const all = ${read}; return all.filter((row) => row.live && row.page.teamId === session.teamId)`,
    ],
    [
      'in another variable, of which nothing is used',
      'certain',
      `const all = ${read}; const rows = all.filter((row) => row.page.teamId === session.teamId); return all`,
    ],
    [
      'none of which may be another tenant’s',
      'guarded',
      `const rows = ${read}; const others = rows.filter((row) => row.page.teamId !== session.teamId); if (others.length > 0) throw new Error(); return rows`,
    ],
    [
      'in another variable, by a block, of which nothing is used',
      'certain',
      `const all = ${read}; const rows = all.filter(function (row) { return row.page.teamId === session.teamId }); return all`,
    ],
    [
      'in another variable, of which nothing is used but a row of the first',
      'certain',
      `const all = ${read}; const rows = all.filter((row) => row.page.teamId === session.teamId); return all.find((row) => row.live)`,
    ],
    [
      'in another variable, and all are counted',
      'guarded',
      `const all = ${read}; const rows = all.filter((row) => { return row.page.teamId === session.teamId }); log(all.length); return rows`,
    ],
    [
      'by a helper',
      'guarded',
      `const all = ${read}; const rows = all.filter((row) => isOf(row.page, session.teamId ?? null)).sort(); return rows`,
    ],
    [
      'by a helper that looks at something else',
      'certain',
      `const all = ${read}; const rows = all.filter((row) => isLive(row.page, session.teamId)); return rows`,
    ],
    [
      'by a helper, or not',
      'certain',
      `const all = ${read}; const rows = all.filter((row) => params.all || isOf(row.page, session.teamId)); return rows`,
    ],
    [
      'by a helper, given what the request names',
      'certain',
      `const all = ${read}; const rows = all.filter((row) => isOf(row.page, params.teamId)); return rows`,
    ],
    ['only at times', 'certain', `let rows = ${read}; if (params.own) { ${keep} } return rows`],
    ['after they were shown', 'certain', `let rows = ${read}; show(rows); ${keep}; return rows`],
    [
      'by another column',
      'certain',
      `let rows = ${read}; rows = rows.filter((row) => row.page.id === params.id); return rows`,
    ],
    [
      'of another list',
      'certain',
      `let rows = ${read}; let others = list(); rows = others.filter((row) => row.page.teamId === session.teamId); return rows`,
    ],
  ])('%s', (_, kind, body) => {
    const helpers =
      'const isOf = (page, teamId) => page.teamId === teamId\nconst isLive = (page) => page.live'
    const service = `${helpers}\nexport async function GET(request, { params }) {\n  const session = await getSession(request)\n  ${body}\n}`
    expect(kinds(service)[0]).toBe(kind)
  })
})

describe('the parent of a row, found by a helper', () => {
  it.each<readonly [string, Exposure['kind'], string]>([
    [
      'and compared',
      'guarded',
      'const page = await pageById(note.pageId); if (page.teamId !== session.teamId) throw new Error()',
    ],
    [
      'and compared, only at times',
      'certain',
      'if (note.kind) { const page = await pageById(note.pageId); if (page.teamId !== session.teamId) throw new Error() }',
    ],
    ['and not compared', 'certain', 'const page = await pageById(note.pageId); if (!page) throw new Error()'],
    [
      'of another row',
      'certain',
      'const page = await pageById(params.pageId); if (page.teamId !== session.teamId) throw new Error()',
    ],
    [
      'by what looks nothing up',
      'certain',
      'const page = await made(note.pageId); if (page.teamId !== session.teamId) throw new Error()',
    ],
  ])('%s', (_, kind, body) => {
    const service = `import { made, pageById } from './pages'
export async function GET(request, { params }) {
  const session = await getSession(request)
  const note = await prisma.note.findUnique({ where: { id: params.id } })
  ${body}
  return note
}`
    const pages = `${prisma}export const pageById = (id) => prisma.page.findUnique({ where: { id } })\nexport const made = (id) => ({ id, teamId: 'x' })\n`
    expect(kinds(service, { 'pages.ts': pages })).toEqual([kind])
  })
})

describe('a membership that is read for the tenant of a row', () => {
  const member = (by: string, of = 'team.id'): string =>
    `await prisma.membership.findFirst({ where: { teamId: ${of}, userId: ${by} } })`
  const refuse = 'if (!member) return'
  it.each<readonly [string, Exposure['kind'], string]>([
    ['of who is logged in', 'guarded', `const member = ${member('session.user.id')}; ${refuse}`],
    [
      'compared with nothing',
      'guarded',
      `const member = ${member('session.user.id')}; if (member === null) return`,
    ],
    ['and not asked', 'certain', `const member = ${member('session.user.id')}`],
    [
      'asked the other way round',
      'certain',
      `const member = ${member('session.user.id')}; if (member) return`,
    ],
    [
      'whose absence is only told',
      'certain',
      `const member = ${member('session.user.id')}; if (!member) warn()`,
    ],
    ['of another tenant', 'certain', `const member = ${member('session.user.id', 'params.team')}; ${refuse}`],
    ['of another', 'certain', `const member = ${member('params.other')}; ${refuse}`],
  ])('%s', (_, kind, body) => {
    const service = `export async function GET(request, { params }) {
  const session = await getSession(request)
  const team = await prisma.team.findFirst({ where: { slug: params.slug } })
  ${body}
  return team
}`
    expect(kinds(service)[0]).toBe(kind)
  })
})

describe('the tenant of a joined row, under another name', () => {
  const read =
    'const [row] = await db.select({ note: notes, noteTeamId: pages.teamId, wanted: notes.wanted }).from(notes).innerJoin(pages, eq(notes.pageId, pages.id)).where(eq(notes.id, params.id));'
  const head = `import { drizzle } from 'drizzle-orm/node-postgres'
import { eq } from 'drizzle-orm'
import { pgTable, text } from 'drizzle-orm/pg-core'
const db = drizzle(url)
const pages = pgTable('pages', { id: text('id'), teamId: text('teamId') })
const notes = pgTable('notes', { id: text('id'), pageId: text('pageId'), wanted: text('wanted') })
`
  it.each<readonly [string, Exposure['kind'], string]>([
    ['compared', 'guarded', 'if (row.noteTeamId !== session.teamId) throw new Error()'],
    ['compared with what is sent', 'certain', 'if (row.noteTeamId !== params.teamId) throw new Error()'],
    ['not compared, but another column', 'certain', 'if (row.wanted !== session.teamId) throw new Error()'],
  ])('%s', (_, kind, check) => {
    const text = `${head}export async function GET(request, { params }) { const session = await getSession(request); ${read} ${check}; return row }\n`
    expect(exposureKinds({ 'service.ts': text }, tenancy)).toEqual([kind, kind])
  })
})

describe('a call that is handed the tenant of a row and who is logged in', () => {
  const read = 'const page = await prisma.page.findFirst({ where: { id: params.id } });'
  const handler = (call: string): string =>
    `export async function GET(request, { params }) { const session = await getSession(request); ${read} ${call}; return page }`
  const helper = (body: string): string => `\nasync function look(row, session) { ${body} }`
  it.each<readonly [string, Exposure['kind'], string]>([
    [
      'that refuses',
      'guarded',
      `${handler('await look(page.teamId, session)')}${helper('if (!session.teams.has(row)) throw new Error()')}`,
    ],
    [
      'that comes back whatever it finds',
      'certain',
      `${handler('await look(page.teamId, session)')}${helper('await cache.drop(row, session.id)')}`,
    ],
    [
      'whose answer is looked at',
      'guarded',
      `${handler('const mine = await look(page.teamId, session); if (!mine) return null')}${helper('return session.teams.has(row)')}`,
    ],
    ['that is not in sight', 'guarded', handler('await elsewhere(page.teamId, session)')],
    [
      'that makes what is sent',
      'certain',
      handler('await sendMail({ react: Shared({ team: page.teamId, user: session.user }) })'),
    ],
  ])('%s', (_, kind, text) => {
    expect(kinds(text)).toEqual([kind])
  })
})

describe('a question after the memberships of a user', () => {
  const asked = (selected: string, from = 'role_capabilities'): string => `import { db } from './db'
export const userCan = (userId, pageId) => db
  .with('of_page', (db) => db.selectFrom('page_members').where('page_members.userId', '=', userId).where('page_members.pageId', '=', pageId).select('role'))
  .selectFrom('${from}')
  .where((eb) => eb('${from}.role', 'in', eb.selectFrom('of_page').select('role')))
  .select('${from}.${selected}')
  .executeTakeFirst()\n`
  const caller = (user: string): string => `import { userCan } from './service'
export async function GET(request, { params }) { const session = await getSession(request); return userCan(${user}, params.id) }\n`
  it.each<readonly [string, readonly Exposure['kind'][], string, string]>([
    ['who is logged in', ['derived'], asked('capability'), 'session.user.id'],
    ['whom the request names', ['certain'], asked('capability'), 'params.userId'],
    ['who could not be followed', ['likely'], asked('capability'), 'somebody'],
    ['that shows rows of tenants', ['certain', 'certain'], asked('title', 'pages'), 'params.userId'],
  ])('%s', (_, expected, service, user) => {
    const files = { 'service.ts': service, 'route.ts': caller(user) }
    expect(exposureKinds(files, tenancy)).toEqual(expected)
  })

  it.each<readonly [string, Exposure['kind'], string]>([
    ['one who could not be followed', 'derived', 'somebody'],
    ['one whom the request names', 'certain', 'params.userId'],
  ])('who is logged in, and %s elsewhere', (_, kind, user) => {
    const files = {
      'service.ts': asked('capability'),
      'route.ts': caller('session.user.id'),
      'other.ts': caller(user),
    }
    expect(exposureKinds(files, tenancy)).toEqual([kind])
  })
})

describe('a membership that a statement asks for beside its rows', () => {
  const forms = (membership: string): string => `import { db } from './db'
export const formsOf = (userId, pageId) => db
  .with('allowed', (db) => db.selectFrom('page_members').where('page_members.userId', '=', userId).${membership}.select('role'))
  .selectFrom('pages')
  .where('pages.id', '=', pageId)
  .where((eb) => eb(eb.val('editor'), 'in', eb.selectFrom('allowed').select('role')))
  .select('pages.title')
  .execute()\n`
  const ofPage = "where('page_members.pageId', '=', pageId)"
  const ofAnything = "where('page_members.pinned', '=', true)"
  it.each<readonly [string, Exposure['kind'], string, string]>([
    ['of who is logged in', 'likely', ofPage, 'session.user.id'],
    ['of whom the request names', 'certain', ofPage, 'params.userId'],
    ['of who is logged in, in anything', 'certain', ofAnything, 'session.user.id'],
  ])('%s', (_, kind, membership, user) => {
    const route = `import { formsOf } from './service'
export async function GET(request, { params }) { const session = await getSession(request); return formsOf(${user}, params.id) }\n`
    expect(exposureKinds({ 'service.ts': forms(membership), 'route.ts': route }, tenancy)[0]).toBe(kind)
  })
})

describe('a row that a wrapped builder gave', () => {
  it.each<readonly [string, Exposure['kind'], string]>([
    [
      'of the tenant',
      'derived',
      "const page = await cached(db.insertInto('pages').values({ teamId: session.teamId }).returningAll()).executeTakeFirstOrThrow()",
    ],
    [
      'of another tenant',
      'unreached',
      "const page = await cached(db.selectFrom('pages').selectAll().where('id', '=', params.id)).executeTakeFirstOrThrow()",
    ],
    [
      'by a wrapper of something else',
      'unreached',
      'const page = await cached(params).executeTakeFirstOrThrow()',
    ],
  ])('%s', (_, kind, init) => {
    const service = `import { db, cached } from './db'
export async function POST(request, { params }) {
  const session = await getSession(request)
  ${init}
  await db.insertInto('notes').values({ pageId: page.id }).execute()
}\n`
    expect(exposuresOf({ 'service.ts': service }, tenancy).at(-1)?.kind).toBe(kind)
  })
})

describe('a function with many callers that all check', () => {
  const route = `import { noteOf } from './service'\nexport async function GET(request, { params }) {\n  const session = await getSession(request)\n  await assertNoteAccess(session, params.id)\n  return noteOf(params.id)\n}\n`
  it.each([
    [60, 'guarded'],
    [61, 'unreached'],
  ])('%i of them', (count, kind) => {
    const others = Object.fromEntries(Array.from({ length: count }, (_, at) => [`route${at}.ts`, route]))
    const service = 'export const noteOf = (id) => prisma.note.findUnique({ where: { id } })'
    expect(kinds(service, others)).toEqual([kind])
  })
})
