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

describe('rows that are kept by their tenant', () => {
  const read = 'await prisma.provider.findMany({ include: { page: true }, where: { kind: params.kind } })'
  const keep = 'rows = rows.filter((row) => row.page.teamId === session.teamId && row.live)'
  it.each<readonly [string, Exposure['kind'], string]>([
    ['in the same variable', 'guarded', `let rows = ${read}; ${keep}; return rows`],
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
    const service = `export async function GET(request, { params }) {\n  const session = await getSession(request)\n  ${body}\n}`
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
    ['itself', 'certain', store('', ''), controller('Notes')],
    ['another interface', 'unreached', store(contract, ''), controller('Store')],
  ])('%s', (_, kind, service, caller) => {
    expect(kinds(service, { 'controller.ts': caller })).toEqual([kind])
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
