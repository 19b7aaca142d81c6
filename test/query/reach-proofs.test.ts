import { describe, expect, it } from 'vitest'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import { exposuresOf, teamsWith, prisma } from '../support/exposures.ts'

const tenancy = teamsWith({
  projects: { owned: 'teamId', model: 'Project' },
  enrolments: { ownedThrough: ['projectId', 'projects'], model: 'Enrolment' },
  favourites: { ownedThrough: ['projectId', 'projects'], model: 'Favourite' },
})

type Row = readonly [name: string, kind: Exposure['kind'], body: string]

/** What the last statement of `service.ts` that is not confined is exposed to. */
const kindOf = (files: Readonly<Record<string, string>>): Exposure['kind'] | undefined =>
  exposuresOf(files, tenancy).at(-1)?.kind

describe('a map from ids to tenants, of which each must be the same', () => {
  const service = (pair: string): string => `${prisma}export const teamsOf = cache(async (ids: string[]) => {
  const teams = new Map<string, string>()
  for (const row of await prisma.project.findMany({ where: { id: { in: ids } } })) teams.set(row.id, ${pair})
  return teams
})\n`
  const route = (body: string): string => `import { teamsOf } from '../service'
export async function POST(request) {
  const session = await getSession(request)
  const body = await request.json()
  const teams = await teamsOf(body.ids)
  ${body}
}\n`
  const every = 'const own = body.ids.every((id) => teams.get(id) === session.teamId)'
  it.each<Row>([
    ['all of them', 'guarded', `${every}; if (!own) throw new Error()`],
    [
      'none is another',
      'guarded',
      'if (body.ids.some((id) => teams.get(id) !== session.teamId)) return null',
    ],
    ['or else', 'guarded', `${every}; if (body.strict || !own) throw new Error()`],
    ['only at times', 'certain', `${every}; if (body.strict && !own) throw new Error()`],
    [
      'one of them',
      'certain',
      'if (!body.ids.some((id) => teams.get(id) === session.teamId)) throw new Error()',
    ],
    ['unnoticed', 'certain', `${every}; console.log(own)`],
    [
      'of another list',
      'certain',
      'if (!body.others.every((id) => teams.get(id) === session.teamId)) throw new Error()',
    ],
    [
      'what the request says',
      'certain',
      'if (!body.ids.every((id) => teams.get(id) === body.teamId)) throw new Error()',
    ],
    ['the wrong way round', 'certain', `${every}; if (own) throw new Error()`],
  ])('%s: %s', (_, kind, body) => {
    expect(kindOf({ 'service.ts': service('row.teamId'), 'app/route.ts': route(body) })).toBe(kind)
  })

  it('from ids to something else is none', () => {
    const files = { 'service.ts': service('row.title'), 'app/route.ts': route(`${every}; if (!own) return`) }
    expect(kindOf(files)).toBe('certain')
  })
})

describe('a session that the server keeps', () => {
  const helpers = `
async function verifySession(request, roomId, other) {
  const token = cookies().get('s')?.value
  if (!token) return null
  const stored = await redis.get('session:' + token)
  try {
    const session = Schema.parse(stored)
    if (session.expiresAt < Date.now() || session.roomId !== roomId) {
      await redis.del('session:' + token)
      return null
    }
    return session
  } catch (error) {
    return null
  }
}
async function cookieSession(request, roomId) {
  const token = cookies().get('s')?.value
  const session = JSON.parse(token)
  if (session.roomId !== roomId) return null
  return session
}
async function anySession(request, roomId) {
  const token = cookies().get('s')?.value
  const session = await redis.get('session:' + token)
  if (session.roomId !== roomId) console.log('another room')
  return session
}
async function sparingSession(request, roomId) {
  const token = cookies().get('s')?.value
  const session = await redis.get('session:' + token)
  if (session.admin) return session
  if (session.roomId !== roomId) return null
  return session
}
async function storedUnderTheRoom(request, roomId) {
  const session = await redis.get('session:' + roomId)
  if (session.roomId !== roomId) return null
  return session
}
`
  const read = 'return prisma.project.findUnique({ where: { id: body.id } })'
  it.each<Row>([
    ['asked', 'guarded', `const s = await verifySession(request, body.id); if (!s) return; ${read}`],
    [
      'and more',
      'guarded',
      `const s = await verifySession(request, body.id); if (!s || s.old) return; ${read}`,
    ],
    ['unnoticed', 'likely', `const s = await verifySession(request, body.id); ${read}`],
    ['of another', 'likely', `const s = await verifySession(request, body.other); if (!s) return; ${read}`],
    [
      'in another place',
      'likely',
      `const s = await verifySession(request, body.other, body.id); if (!s) return; ${read}`,
    ],
    ['in a cookie', 'likely', `const s = await cookieSession(request, body.id); if (!s) return; ${read}`],
    ['of any room', 'likely', `const s = await anySession(request, body.id); if (!s) return; ${read}`],
    [
      'that spares some',
      'likely',
      `const s = await sparingSession(request, body.id); if (!s) return; ${read}`,
    ],
    [
      'under what the request says',
      'likely',
      `const s = await storedUnderTheRoom(request, body.id); if (!s) return; ${read}`,
    ],
    [
      'before a write',
      'likely',
      `const s = await verifySession(request, body.id); if (!s) return; ${read.replace('findUnique', 'delete')}`,
    ],
  ])('%s: %s', (_, kind, body) => {
    const code = `${prisma}${helpers}export async function POST(request) {\n  const body = await request.json()\n  ${body}\n}\n`
    const found = kindOf({ 'service.ts': code })
    expect(found === 'certain' ? 'likely' : found).toBe(kind)
  })
})

describe('a row that ties the actor to what is read next', () => {
  const tie = (call: string, relation = 'enrolment', user = 'session.user.id'): string =>
    `prisma.${relation}.${call}({ where: { userId_projectId: { userId: ${user}, projectId: body.id } }, data: {} })`
  it.each<Row>([
    ['an update, which throws', 'guarded', `await ${tie('update')}`],
    ['a look-up that throws', 'guarded', `await ${tie('findUniqueOrThrow')}`],
    ['a look-up, asked', 'guarded', `if (!(await ${tie('findUnique')})) throw new Error()`],
    ['an update of many, which does not', 'certain', `await ${tie('updateMany')}`],
    ['a look-up, unnoticed', 'certain', `await ${tie('findUnique')}`],
    ['an update that is not waited for', 'certain', tie('update')],
    ['an update whose failure is swallowed', 'certain', `try { await ${tie('update')} } catch {}`],
    ['of another user', 'certain', `await ${tie('update', 'enrolment', 'body.userId')}`],
    ['of another project', 'certain', `await ${tie('update').replace('body.id', 'body.other')}`],
    ['that everybody makes for himself', 'certain', `await ${tie('update', 'favourite')}`],
  ])('%s: %s', (_, kind, before) => {
    const code = `${prisma}export async function POST(request) {
  const session = await getSession(request)
  const body = await request.json()
  ${before}
  return prisma.project.findUnique({ where: { id: body.id } })
}\n`
    expect(kindOf({ 'service.ts': code })).toBe(kind)
  })
})

describe('a helper that leaves refusing to another one', () => {
  const auth = (body: string): string => `${prisma}
export const projectAuth = cache(async (id) => {
  const [session, project] = await Promise.all([getSession(), prisma.project.findFirst({ where: { id } })])
  ${body}
  return { project, session }
})
export const quietAuth = async (id) => {
  const session = await getSession()
  const project = await prisma.project.findFirst({ where: { id, teamId: session.teamId } })
  return { project }
}
export const forgetfulAuth = async (id) => {
  const session = await getSession()
  const member = await prisma.enrolment.findFirst({ where: { userId: session.user.id } })
  if (!member) throw new Error()
}
`
  const refusing = 'if (project.teamId !== session.teamId) throw new Error()'
  const outer = (body: string): string => `import { forgetfulAuth, projectAuth, quietAuth } from './auth'
export const pageAuth = async (id) => {
  ${body}
  return { isReadOnly: auth.isReadOnly }
}\n`
  const page = (call: string): string => `import { getProject } from '../service'
import { pageAuth } from './page-auth'
const Page = async (props) => {
  const params = await props.params
  const session = await getSession()
  ${call}
  return getProject(params.id)
}
export default Page\n`
  const service = `${prisma}export const getProject = (id: string) => prisma.project.findUnique({ where: { id } })\n`
  it.each<readonly [...Row, string]>([
    ['that throws', 'guarded', 'const auth = await projectAuth(id)', 'await pageAuth(params.id)'],
    ['for another', 'likely', 'const auth = await projectAuth(id)', 'await pageAuth(params.other)'],
    ['that never throws', 'likely', 'const auth = await quietAuth(id)', 'await pageAuth(params.id)'],
    ['that ignores it', 'likely', 'const auth = await forgetfulAuth(id)', 'await pageAuth(params.id)'],
    ['of something else', 'likely', "const auth = await projectAuth('x')", 'await pageAuth(params.id)'],
    [
      'at times',
      'likely',
      'let auth = {}; if (strict) { auth = await projectAuth(id) }',
      'await pageAuth(params.id)',
    ],
    [
      'and swallows it',
      'likely',
      'let auth = {}; try { auth = await projectAuth(id) } catch {}',
      'await pageAuth(params.id)',
    ],
    ['unawaited', 'likely', 'const auth = projectAuth(id)', 'await pageAuth(params.id)'],
  ])('%s: %s', (_, kind, body, call) => {
    const files = {
      'service.ts': service,
      'app/auth.ts': auth(refusing),
      'app/page-auth.ts': outer(body),
      'app/page.ts': page(call),
    }
    const found = kindOf(files)
    expect(found === 'certain' ? 'likely' : found).toBe(kind)
  })
})

describe('a variable that a loop moves on over the rows of its own query', () => {
  const route = (body: string): string => `${prisma}export async function GET(request, { params }) {
  const session = await getSession(request)
  ${body}
}\n`
  const page = 'prisma.project.findMany({ where: { id: { gt: cursor } } })'
  it.each<Row>([
    [
      'and that begins as nothing picks no rows',
      'likely',
      `let cursor = null; for (;;) { const rows = await ${page}; if (rows.length === 0) return; cursor = rows.at(-1).id }`,
    ],
    [
      'and that begins as what the request says',
      'certain',
      `let id = params.id; while (id) { const row = await prisma.project.findUnique({ where: { id } }); id = row?.parentId ?? null }`,
    ],
    [
      'and that begins at a row',
      'derived',
      `const first = await prisma.project.findFirst({ where: { teamId: session.teamId } })
       let id = first.id; while (id) { const row = await prisma.project.findUnique({ where: { id } }); id = row?.parentId ?? null }`,
    ],
  ])('%s: %s', (_, kind, body) => {
    expect(kindOf({ 'service.ts': route(body) })).toBe(kind)
  })
})

describe('a row that was found together with the one that it belongs to', () => {
  const head = `import { Pool } from 'pg'\nconst pool = new Pool()\n`
  const handler = (
    joined: string,
    where: string,
  ): string => `${head}export async function POST(request, { params }) {
  const session = await getSession(request)
  const { rows } = await pool.query('SELECT e.id FROM enrolments e ${joined} projects p ON e."projectId" = p.id WHERE e.id = $1 AND ${where} AND p."teamId" = $3', [params.id, params.projectId, session.teamId])
  if (rows.length === 0) throw new Error()
  return pool.query('DELETE FROM favourites WHERE "projectId" = $1', [params.projectId])
}\n`
  it.each<readonly [string, Exposure['kind'], string, string]>([
    ['names it', 'derived', 'JOIN', 'e."projectId" = $2'],
    ['need not have it', 'certain', 'LEFT JOIN', 'e."projectId" = $2'],
    ['names another', 'certain', 'JOIN', 'e."otherId" = $2'],
  ])('%s', (_, kind, joined, where) => {
    const leaks = exposuresOf({ 'service.ts': handler(joined, where) }, tenancy)
    expect(leaks.at(-1)?.kind).toBe(kind)
  })
})

describe('as many rows as there should be', () => {
  const handler = (read: string): string => `import { drizzle } from 'drizzle-orm/node-postgres'
import { and, eq, inArray } from 'drizzle-orm'
import { pgTable, text } from 'drizzle-orm/pg-core'
const db = drizzle(url)
const projects = pgTable('projects', { id: text('id'), kindId: text('kindId'), teamId: text('teamId') })
const kinds = pgTable('kinds', { id: text('id') })
const enrolments = pgTable('enrolments', { id: text('id'), projectId: text('projectId') })
const favourites = pgTable('favourites', { id: text('id'), projectId: text('projectId') })
export async function POST(request, { params }) {
  const session = await getSession(request)
  const found = await db.select({ id: projects.id }).${read}
  if (found.length !== params.ids.length) throw new Error()
  return db.delete(favourites).where(inArray(favourites.projectId, params.ids))
}
`
  const own = (column: string): string =>
    `.where(and(inArray(${column}, params.ids), eq(projects.teamId, session.teamId)))`
  it.each<readonly [string, Exposure['kind'], string]>([
    ['of the rows themselves', 'derived', `from(projects)${own('projects.id')}`],
    [
      'with one that each refers to',
      'derived',
      `from(projects).innerJoin(kinds, eq(projects.kindId, kinds.id))${own('projects.id')}`,
    ],
    [
      'with many that refer to each',
      'certain',
      `from(projects).innerJoin(enrolments, eq(enrolments.projectId, projects.id))${own('projects.id')}`,
    ],
    [
      'joined to many that refer to each',
      'certain',
      `from(enrolments).innerJoin(projects, eq(enrolments.projectId, projects.id))${own('projects.id')}`,
    ],
    [
      'of those that refer to them',
      'certain',
      `from(enrolments).innerJoin(projects, eq(enrolments.projectId, projects.id))${own('enrolments.projectId')}`,
    ],
  ])('%s', (_, kind, read) => {
    const model = teamsWith({
      projects: { owned: 'teamId' },
      kinds: { global: 'reference data' },
      enrolments: { ownedThrough: ['projectId', 'projects'] },
      favourites: { ownedThrough: ['projectId', 'projects'] },
    })
    expect(exposuresOf({ 'service.ts': handler(read) }, model).at(-1)?.kind).toBe(kind)
  })
})
