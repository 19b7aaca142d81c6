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
