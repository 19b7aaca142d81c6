import { describe, expect, it } from 'vitest'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import { exposureKinds, prisma, teamsWith } from '../support/exposures.ts'

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

describe('a row under a name of the session', () => {
  it.each<readonly [string, Exposure['kind'], string]>([
    [
      'that was looked up for the tenant',
      'derived',
      'const session = await draftOf({ id: input.id, teamId: ctx.teamId })',
    ],
    ['that is the session', 'likely', 'const session = await getSession()'],
  ])('%s', (_, kind, init) => {
    const service = `import { draftOf } from './drafts'\nexport const save = async (ctx, input) => { ${init}; return prisma.draft.deleteMany({ where: { ownerId: session.id } }) }`
    const drafts = `${prisma}export const draftOf = ({ id, teamId }) => prisma.draft.findFirst({ where: { id, teamId } })\n`
    expect(kinds(service, { 'drafts.ts': drafts })).toEqual([kind])
  })
})

describe('a service that parses what it is handed', () => {
  const service = (parsed: string, picked = 'input.id'): string => `import { PageInput } from './schemas'
export async function showPage(args) {
  const input = ${parsed}
  return prisma.page.findFirst({ where: { id: ${picked} } })
}`
  const route = (input: string): string => `import { showPage } from './service'
export const show = protectedProcedure.input(shape).query(({ ctx, input }) => showPage({ ctx, input: ${input} }))`
  it.each<readonly [string, readonly Exposure['kind'][], string, string]>([
    ['by a schema', ['certain'], service('PageInput.parse(args.input)'), 'input'],
    ['member by member', ['certain'], service('PageInput.parse(args.input)'), '{ id: input.id }'],
    ['later', ['certain'], service('await PageInput.parseAsync(args.input)'), '{ id: input.id }'],
    [
      'by a schema that does not throw',
      ['certain'],
      service('PageInput.safeParse(args.input)', 'input.data.id'),
      '{ id: input.id }',
    ],
    [
      'and picks by what the session of the caller says',
      ['likely'],
      service('PageInput.parse(args.input)'),
      '{ id: ctx.session.pageId, kind: input.kind }',
    ],
    [
      'and picks by what the caller writes',
      ['unreached'],
      service('PageInput.parse(args.input)'),
      "{ id: 'home', kind: input.kind }",
    ],
  ])('%s', (_, expected, text, input) => {
    expect(kinds(text, { 'router.ts': route(input) })).toEqual(expected)
  })
})

describe('a service that parses what it is handed and looks at it first', () => {
  const service = (check: string): string => `import { PageInput } from './schemas'
export async function showPage(args) {
  const input = PageInput.parse(args.input)
  ${check}
  return prisma.note.findFirst({ where: { id: input.id, pageId: input.pageId } })
}
async function loadPageOf({ teamId, pageId }) {
  const page = await prisma.page.findFirst({ where: { id: pageId, teamId } })
  if (!page) throw new Error()
}
async function loadPage({ pageId }) {
  const page = await prisma.page.findFirst({ where: { id: pageId, live: true } })
  if (!page) throw new Error()
}`
  const router = `import { showPage } from './service'
export const show = protectedProcedure.input(shape).query(({ ctx, input }) => showPage({ ctx, input }))`
  it.each<readonly [string, Exposure['kind'], string]>([
    ['for the tenant', 'guarded', 'await loadPageOf({ pageId: input.pageId, teamId: args.ctx.teamId })'],
    ['for anybody', 'certain', 'await loadPage({ pageId: input.pageId })'],
  ])('%s', (_, kind, check) => {
    expect(kinds(service(check), { 'router.ts': router })[0]).toBe(kind)
  })
})

describe('lists that are put together', () => {
  it.each([
    'ids.concat(params.more)',
    '[].concat(params.ids)',
    'Object.values(Object.fromEntries(params.pairs))',
  ])('%s', (list) => {
    const handler = `export async function GET(request, { params }) { const session = await getSession(request); const ids = ['a']; return prisma.page.findMany({ where: { id: { in: ${list} } } }) }`
    expect(kinds(handler)).toEqual(['certain'])
  })
})

describe('what the program writes', () => {
  it.each([
    ['a member of an enumeration', 'PageKind.LANDING', ['likely']],
    ['another spelling', 'PageKind.Landing', ['likely']],
    ['a member of what is sent', 'params.Landing', ['certain']],
  ])('%s picks no row', (_, kind, expected) => {
    const handler = `import { PageKind } from '@prisma/client'
export async function GET(request, { params }) { const session = await getSession(request); return prisma.page.findMany({ where: { kind: ${kind} } }) }`
    expect(kinds(handler)).toEqual(expected)
  })
})

describe('a condition of which one branch is open', () => {
  const drizzle = `import { drizzle } from 'drizzle-orm/node-postgres'
import { and, eq, isNull, or } from 'drizzle-orm'
import { pgTable, text } from 'drizzle-orm/pg-core'
const db = drizzle(url)
const pages = pgTable('pages', { id: text('id'), slug: text('slug'), kind: text('kind'), teamId: text('teamId') })
`
  const handler = (where: string): string =>
    `${drizzle}export async function GET(request, { params }) { const session = await getSession(request); return db.select().from(pages).where(${where}) }\n`
  const own = 'eq(pages.teamId, session.teamId)'
  it.each<readonly [string, Exposure['kind'], string]>([
    ['by what the request chooses', 'certain', `or(${own}, eq(pages.id, params.id))`],
    [
      'by nothing that is sent',
      'likely',
      `params.all ? eq(pages.kind, 'x') : and(${own}, eq(pages.id, params.id))`,
    ],
    [
      'by what the request chooses, beside another condition',
      'certain',
      `and(eq(pages.kind, 'x'), or(and(${own}, eq(pages.slug, params.slug)), eq(pages.id, params.id)))`,
    ],
    ['in each of them', 'certain', 'or(eq(pages.id, params.id), eq(pages.slug, params.slug))'],
  ])('%s', (_, kind, where) => {
    expect(exposureKinds({ 'service.ts': handler(where) }, tenancy)).toEqual([kind])
  })
})

describe('a parameter that is called as the request is', () => {
  const service = (type: string): string =>
    `export const showPage = (request${type}) => findPage(request)\nconst findPage = (given) => prisma.page.findFirst({ where: { id: given.pageId } })`
  const route = (made: string): string => `import { showPage } from './service'
export async function GET(req, { params }) { const session = await getSession(req); return showPage(${made}) }`
  it.each<readonly [string, Exposure['kind'], string, string]>([
    ['and is of a type of its own', 'unreached', ': ShowPageRequest', "{ pageId: 'home' }"],
    [
      'and is of a type of its own, made of what is sent',
      'certain',
      ': ShowPageRequest',
      '{ pageId: params.id }',
    ],
    ['and is one', 'likely', ': NextRequest', "{ pageId: 'home' }"],
    ['and has no type', 'likely', '', "{ pageId: 'home' }"],
  ])('%s', (_, kind, type, made) => {
    expect(kinds(service(type), { 'route.ts': route(made) })).toEqual([kind])
  })
})

describe('what only its holder knows', () => {
  const by = (where: string, model: string): string =>
    `export async function POST(request, { params }) { const session = await getSession(request); return prisma.${model}.findFirst({ where: { ${where} } }) }`
  it.each<readonly [string, Exposure['kind'], string, string]>([
    ['the code of an invitation', 'derived', 'code: params.code', 'invitation'],
    ['the token of a page', 'derived', 'token: params.token', 'page'],
    ['the code of a page, which is none', 'certain', 'code: params.code', 'page'],
  ])('%s', (_, kind, where, model) => {
    expect(kinds(by(where, model))).toEqual([kind])
  })
})
