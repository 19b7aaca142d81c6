import { describe, expect, it } from 'vitest'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import { exposureKinds, exposuresOf, teamsWith, prisma } from '../support/exposures.ts'

const tenancy = teamsWith({
  pages: { owned: 'teamId', model: 'Page' },
  projects: { owned: 'teamId', model: 'Project' },
})

const handler = (body: string): string => `${prisma}export async function POST(request, { params }) {
  const session = await getSession(request)
  ${body}
}\n`
const bySlug = 'await prisma.page.findFirst({ where: { slug: params.slug } })'
const all = 'await prisma.page.findMany({ where: { kind: params.kind } })'

describe('a look at what is taken already', () => {
  it.each<readonly [string, Exposure['kind'], string]>([
    ['refuses the name', 'derived', `const page = ${bySlug}; if (page) throw new Error('taken')`],
    ['refuses it at once', 'derived', `if (${bySlug}) throw new Error('taken')`],
    [
      'refuses it of another row',
      'derived',
      `const page = ${bySlug}; if (page && page.id !== params.id) return taken()`,
    ],
    [
      'counts',
      'derived',
      "const found = await prisma.page.count({ where: { slug: params.slug } }); if (found > 0) throw new Error('taken')",
    ],
    [
      'goes over rows',
      'derived',
      `const pages = ${all}; for (const page of pages) { if (page.isDraft) continue; const hosts = page.hosts.split(','); if (hosts.includes(params.host)) throw new Error('taken') }`,
    ],
    [
      'answers whether it is free',
      'derived',
      `const pages = ${all}; const some = pages.filter((page) => page.live); return some.length === 0`,
    ],
    ['and shows it', 'certain', `const page = ${bySlug}; if (page) throw new Error('taken'); return page`],
    ['and tells of it', 'certain', `const page = ${bySlug}; if (page) throw new Error(page.title)`],
    [
      'and hands it on',
      'certain',
      `const page = ${bySlug}; if (page) { await notify(page); throw new Error('taken') }`,
    ],
    [
      'refuses all but its own',
      'derived',
      `const rows = ${all}; const others = params.id ? rows.filter((row) => row.id !== params.id) : rows; if (others.length > 0) throw new Error('taken')`,
    ],
    [
      'chooses by it what to do',
      'certain',
      `const page = ${bySlug}; const next = page ? params.a : params.b; if (next) throw new Error('taken')`,
    ],
    [
      'refuses unless all of them are there',
      'certain',
      `const pages = await prisma.page.findMany({ where: { id: { in: params.ids } } }); if (pages.length !== params.ids.length) throw new Error('no such page')`,
    ],
    [
      'refuses unless there is one',
      'certain',
      `const found = await prisma.page.count({ where: { id: params.id } }); if (found !== 1) throw new Error('no such page')`,
    ],
    [
      'refuses when there is one',
      'derived',
      `const found = await prisma.page.count({ where: { slug: params.slug } }); if (found === 1) throw new Error('taken')`,
    ],
    ['refuses who has none', 'certain', `const page = ${bySlug}; if (!page) throw new Error('no such page')`],
    ['refuses nobody', 'certain', `const page = ${bySlug}; if (page) { count() }`],
    ['does otherwise', 'certain', `const page = ${bySlug}; if (page) return; else await prune(page)`],
    [
      'answers in either case what the program wrote',
      'derived',
      `const page = ${bySlug}; if (page) { return json({ free: false }) } else { return json({ free: true }) }`,
    ],
    [
      'answers in one case what it found',
      'certain',
      `const page = ${bySlug}; if (page) { return json({ title: page.title }) } else { return json({ free: true }) }`,
    ],
    [
      'does something before it answers',
      'certain',
      `const page = ${bySlug}; if (page) { await prune(params.slug); return json(1) } else { return json(0) }`,
    ],
    ['answers whether there is one', 'certain', `const page = ${bySlug}; return page !== null`],
    [
      'only goes on',
      'certain',
      `const pages = ${all}; for (const page of pages) { if (page.isDraft) continue; send(page) }`,
    ],
    [
      'is a check of the tenant',
      'certain',
      `const page = ${bySlug}; if (page.teamId === 'none') throw new Error()`,
    ],
    [
      'is written to again',
      'certain',
      `let page = ${bySlug}; if (page) throw new Error(); page = await load(params.slug); return page`,
    ],
  ])('%s: %s', (_, kind, body) => {
    expect(exposuresOf({ 'service.ts': handler(body) }, tenancy)).toMatchObject([{ kind }])
  })

  it.each<readonly [string, Exposure['kind'], string]>([
    ['the caller refuses', 'derived', "if (await pageBySlug(params.slug)) throw new Error('taken')"],
    ['the caller shows it', 'certain', 'return pageBySlug(params.slug)'],
  ])('%s', (_, kind, body) => {
    const service = `${prisma}export const pageBySlug = (slug) => prisma.page.findFirst({ where: { slug } })\n`
    const route = `import { pageBySlug } from './service'\nexport async function POST(request, { params }) {\n  const session = await getSession(request)\n  ${body}\n}\n`
    expect(exposuresOf({ 'service.ts': service, 'route.ts': route }, tenancy)).toMatchObject([{ kind }])
  })
})

describe('a row that is looked for to refuse when there is one', () => {
  const find = 'const taken = await prisma.project.findUnique({ where: { slug: body.slug } });'
  it.each<readonly [string, Exposure['kind'], string]>([
    ['with an answer', 'derived', `${find} if (taken) return Response.json({ error: 'taken' })`],
    [
      'with an error',
      'derived',
      `${find} if (taken !== null) { console.log('x'); throw new Error('taken') }`,
    ],
    [
      'as one of several that are waited for',
      'derived',
      'const [now, taken] = await Promise.all([clock(), prisma.project.findUnique({ where: { slug: body.slug } })]); if (taken) throw new Error()',
    ],
    [
      'among many',
      'derived',
      'const all = await prisma.project.findMany({ where: { slug: body.slug } }); if (all.length > 0) throw new Error()',
    ],
    ['and is answered', 'certain', `${find} if (taken) return Response.json(taken)`],
    ['and is used before', 'certain', `${find} console.log(taken); if (taken) throw new Error()`],
    ['where there is none', 'certain', `${find} if (!taken) throw new Error(); return done(body.slug)`],
    ['and nothing leaves', 'certain', `${find} if (taken) console.log('taken')`],
    ['for another reason, too', 'derived', `${find} if (taken && body.strict) throw new Error()`],
    ['and it is changed', 'certain', find.replace('findUnique', 'delete') + ' if (taken) throw new Error()'],
  ])('%s: %s', (_, kind, code) => {
    expect(
      exposureKinds({ 'service.ts': handler(`const body = await request.json(); ${code}`) }, tenancy),
    ).toEqual([kind])
  })
})
