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
