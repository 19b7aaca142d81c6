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

describe('a handler that is declared public', () => {
  const bySlug = 'prisma.page.findFirst({ where: { slug: input.slug } })'
  it.each<readonly [string, readonly Exposure['kind'][], string]>([
    [
      'reads by what stands on the web',
      ['derived'],
      `publicProcedure.input(shape).query(({ ctx, input }) => ${bySlug})`,
    ],
    [
      'the same for who is logged in',
      ['certain'],
      `protectedProcedure.input(shape).query(({ ctx, input }) => ${bySlug})`,
    ],
    [
      'reads by an id',
      ['likely'],
      'publicProcedure.query(({ ctx, input }) => prisma.page.findFirst({ where: { id: input.id } }))',
    ],
    [
      'writes by what stands on the web',
      ['likely'],
      'publicProcedure.mutation(({ ctx, input }) => prisma.page.updateMany({ where: { slug: input.slug }, data: { seen: true } }))',
    ],
    [
      'only by its last name',
      ['certain'],
      `procedure.public.query(({ ctx, input }) => { const { session } = ctx; return ${bySlug} })`,
    ],
  ])('%s', (_, expected, procedure) => {
    expect(kinds(`export const show = ${procedure}`)).toEqual(expected)
  })
})

describe('a procedure', () => {
  const all = 'prisma.page.findMany({ orderBy: { id: "asc" } })'
  const byId = 'prisma.page.findFirst({ where: { id: input.id } })'
  it.each<readonly [string, readonly Exposure['kind'][], string]>([
    ['that asks for nothing', ['likely'], `teamProcedure.meta(told).query(async () => ${all})`],
    ['of a builder', ['likely'], `api.teamProcedure.query(async () => { return ${all} })`],
    ['that anybody may call', ['unreached'], `publicProcedure.query(async () => ${all})`],
    ['that is none', ['unreached'], `teamCache.query(async () => ${all})`],
    ['that only prepares one', ['unreached'], `teamProcedure.use(async () => ${all})`],
    ['of a tenant', ['certain'], `teamProcedure.query(async ({ input }) => ${byId})`],
    ['of those who run a tenant', ['certain'], `teamAdminProcedure.query(async ({ input }) => ${byId})`],
    ['of something else', ['likely'], `steamProcedure.query(async ({ input }) => ${byId})`],
  ])('%s', (_, expected, procedure) => {
    expect(kinds(`export const show = ${procedure}`)).toEqual(expected)
  })
})

describe('whoever comes in', () => {
  const of = (name: string, where: string, model = 'user') =>
    `export async function ${name}(request) { const session = request.session; const { email, code, id } = request.body
      return prisma.${model}.findFirst({ where: { ${where} } }) }`
  it.each<readonly [string, Exposure['kind'], string]>([
    ['by an address', 'derived', of('signInByMagicCode', 'email, code')],
    ['who forgot something', 'derived', of('postForgotPassword', 'email')],
    ['by an id', 'certain', of('signInByMagicCode', 'id')],
    ['by an address and an id', 'derived', of('resetPassword', 'email, id')],
    ['to something else', 'certain', of('signIn', 'email', 'page')],
    ['is looked up by somebody else', 'certain', of('findByEmail', 'email')],
    ['and is listed', 'certain', of('getLoginHistory', 'email')],
  ])('%s', (_, kind, service) => {
    expect(kinds(service)).toEqual([kind])
  })
})

describe('the actor in sight of a handler', () => {
  const read = 'return prisma.page.findFirst({ where: { id: c.req.param("id") } })'
  it.each<readonly [string, readonly Exposure['kind'][], string]>([
    [
      'is in it',
      ['certain'],
      `app.get('/:id', async (c) => { const session = await getSession(c); ${read} })`,
    ],
    ['is beside it', ['likely'], `app.use(session()); app.get('/:id', async (c) => { ${read} })`],
  ])('%s', (_, expected, routes) => {
    expect(kinds(`export function createApp(app) { ${routes} }`)).toEqual(expected)
  })
})

describe('a row that is asked whether it is public', () => {
  it.each<readonly [string, Exposure['kind'], string]>([
    [
      'before it is shown',
      'guarded',
      'const page = await load(params.id); if (!page.isPublic) throw new Error(); return page',
    ],
    [
      'or missing',
      'guarded',
      'const page = await load(params.id); if (!page || !page.isPublic) return; return page',
    ],
    [
      'the other way round',
      'certain',
      'const page = await load(params.id); if (page.isPublic) throw new Error(); return page',
    ],
    [
      'and nothing follows',
      'certain',
      'const page = await load(params.id); if (!page.isPublic) warn(); return page',
    ],
    [
      'of another',
      'certain',
      'const page = await load(params.id); if (!params.isPublic) throw new Error(); return page',
    ],
    [
      'of something else',
      'certain',
      'const page = await load(params.id); if (!page.isLive) throw new Error(); return page',
    ],
  ])('%s', (_, kind, body) => {
    const service = 'export const load = (id) => prisma.page.findUnique({ where: { id } })'
    const route = `import { load } from './service'\nexport async function GET(request, { params }) {\n  const session = await getSession(request)\n  ${body}\n}\n`
    expect(kinds(service, { 'route.ts': route })).toEqual([kind])
  })
})

describe('the context of a request', () => {
  const handler = (value: string): string =>
    `app.get('/x', async (c) => { const session = c.get('session'); return prisma.note.findMany({ where: { authorId: ${value} } }) })`
  it.each<readonly [string, Exposure['kind'], string]>([
    ['who is logged in', 'derived', "c.get('userId')"],
    ['a member of it', 'derived', "c.get('user').id"],
    ['what else was left there', 'unreached', "c.get('event').authorId"],
    ['a header', 'certain', "c.get('x-user')"],
    ['a header of one word', 'certain', "c.get('host')"],
    ['a header by another name of the request', 'certain', "c.req.header('userId')"],
    ['a query', 'certain', "c.req.query('userId')"],
  ])('%s: %s', (_, kind, value) => {
    expect(kinds(handler(value))).toEqual([kind])
  })

  it('tells an invitation of one’s own from other rows of a tenant', () => {
    const by = (model: string): string =>
      `app.get('/x', async (c) => prisma.${model}.findMany({ where: { email: c.get('userEmail') } }))`
    expect(kinds(by('invitation'))).toEqual(['derived'])
    expect(kinds(by('draft'))).toEqual(['likely'])
  })
})

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

describe('a method that its callers know by a type above it', () => {
  const store = (above: string, heading: string): string =>
    `${above}\nexport class Notes ${heading} {\n  async remove(id) { return prisma.note.delete({ where: { id } }) }\n}`
  const controller = (type: string): string =>
    `import type { ${type} } from './service'\nexport class Controller {\n  constructor(private readonly notes: ${type}) {}\n  async drop(req, res) { if (!req.user) return; await this.notes.remove(req.params.id) }\n}\n`
  const contract = 'export interface Store { remove(id: string): Promise<void> }'
  it.each<readonly [string, Exposure['kind'], string, string]>([
    ['an interface', 'certain', store(contract, 'implements Store'), controller('Store')],
    [
      'an abstract class',
      'certain',
      store('export abstract class Store { abstract remove(id: string): Promise<void> }', 'extends Store'),
      controller('Store'),
    ],
    [
      'an interface above the class that it extends',
      'certain',
      store(`${contract}\nclass Base implements Store {}`, 'extends Base'),
      controller('Store'),
    ],
    ['itself', 'certain', store('', ''), controller('Notes')],
    ['another interface', 'unreached', store(contract, ''), controller('Store')],
  ])('%s', (_, kind, service, caller) => {
    expect(kinds(service, { 'controller.ts': caller })).toEqual([kind])
  })
})

describe('a method with the name that every store has', () => {
  const service = (name: string): string =>
    `export class ${name} { async findById(id) { return prisma.note.findFirst({ where: { id } }) } }`
  const caller = (receiver: string): string =>
    `export default async (req, res) => { if (!req.user) return; res.json(await ${receiver}.findById(req.params.id)) }`
  it.each<readonly [string, Exposure['kind'], string, string]>([
    ['called on what is named as its class', 'certain', 'NoteService', 'container.noteService'],
    ['called on what is named as its relation', 'certain', 'PostgresNotes', 'req.db.notes'],
    ['called on something else', 'unreached', 'NoteService', 'container.orderService'],
  ])('%s', (_, kind, name, receiver) => {
    expect(kinds(service(name), { 'handler.ts': caller(receiver) })).toEqual([kind])
  })

  it('is followed wherever its name says more', () => {
    const one = `export class NoteService { async findByShareCode(id) { return prisma.note.findFirst({ where: { id } }) } }`
    const call = `export default async (req, res) => { if (!req.user) return; res.json(await container.orderService.findByShareCode(req.params.id)) }`
    expect(kinds(one, { 'handler.ts': call })).toEqual(['certain'])
  })
})

describe('what runs before a handler left in its context, under other names of it', () => {
  it.each([
    ['where the file speaks of Hono', "import { Hono } from 'hono'\n", 'derived'],
    ['where it may be a header of Koa', '', 'certain'],
  ])('%s', (_, heading, kind) => {
    const service = `${heading}app.get('/x', async (ctx) => { const session = ctx.get('session'); return prisma.note.findMany({ where: { authorId: ctx.get('userId') } }) })`
    expect(kinds(service)).toEqual([kind])
  })
})

describe('a guard that the route is handed, by its name', () => {
  it.each([
    ['requireAuth', 'certain'],
    ['isAuthenticated', 'certain'],
    ['ensureLoggedIn', 'certain'],
    ['parseBody', 'likely'],
  ])('%s', (name, kind) => {
    const route = `router.get('/notes/:id', ${name}, async (req, res) => res.json(await prisma.note.findUnique({ where: { id: req.params.id } })))`
    expect(kinds(route)).toEqual([kind])
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

describe('a handler in a function that registers routes', () => {
  const register = (body: string): string =>
    `export function registerPages(api: typeof pagesApi) { return api.openapi(route, async (c) => { const userId = c.get('userId'); ${body} }) }`
  it.each<readonly [string, readonly Exposure['kind'][], string]>([
    ['reads all rows', ['likely'], 'return c.json(await prisma.page.findMany({ orderBy: { id: "asc" } }))'],
    [
      'reads by what is sent',
      ['certain'],
      "return c.json(await prisma.page.findFirst({ where: { id: c.req.param('id') } }))",
    ],
  ])('%s', (_, expected, body) => {
    expect(kinds(register(body))).toEqual(expected)
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

describe('a route whose handler is handed to what wraps it', () => {
  const all = 'prisma.page.findMany({ orderBy: { id: "asc" } })'
  const wrapped = (name: string): string =>
    `${prisma}export const ${name} = withApi({ handler: async ({ authentication }) => { log(authentication.teamId); return ${all} } })\n`
  it.each<readonly [string, string, string, readonly Exposure['kind'][]]>([
    ['in a file that is a route', 'GET', 'app/pages/route.ts', ['likely']],
    ['under another name', 'shown', 'app/pages/route.ts', ['unreached']],
    ['in another file', 'GET', 'app/pages/service.ts', ['unreached']],
  ])('%s', (_, name, filename, expected) => {
    expect(exposureKinds({ [filename]: wrapped(name) }, tenancy, filename)).toEqual(expected)
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

describe('a method of a controller', () => {
  const controller = (above: string, around = ''): string => `${around}
export class PageController {
  ${above}
  async show(@Param('id') id: string) { return prisma.page.findFirst({ where: { id } }) }
}`
  it.each<readonly [string, Exposure['kind'], string]>([
    ['behind a guard', 'certain', controller('@UseGuards(JwtGuard)\n  @Get()')],
    ['of a class behind a guard', 'certain', controller('@Get()', '@UseGuards(JwtGuard)\n@Controller()')],
    ['behind none', 'likely', controller('@Get()', '@Controller()')],
    ['that is declared public', 'likely', controller('@Public()\n  @Get()', '@Controller()')],
  ])('%s', (_, kind, text) => {
    expect(kinds(text)).toEqual([kind])
  })
})

describe('a method that is only known by its name', () => {
  const service =
    'export class PageCards { async renderPageCard(id: string) { return prisma.page.findFirst({ where: { id } }) } }'
  const route = (receiver: string): string => `import { PageCards } from './service'
const cards = new PageCards()
export async function GET(request, { params }) { const session = await getSession(request); return ${receiver}.renderPageCard(params.id) }`
  const called = (receiver: string, times: number): Readonly<Record<string, string>> =>
    Object.fromEntries(Array.from({ length: times }, (_, index) => [`route-${index}.ts`, route(receiver)]))
  it.each<readonly [string, Exposure['kind'], string, number]>([
    ['that few files call', 'certain', "registry.get('page')", 2],
    ['that many files call', 'likely', "registry.get('page')", 10],
    ['of a receiver that is known', 'certain', 'cards', 10],
  ])('%s', (_, kind, receiver, times) => {
    expect(kinds(service, called(receiver, times))).toEqual([kind])
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
