import { describe, expect, it } from 'vitest'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import { prisma } from '../support/exposures.ts'
import { byId, exposuresIn, route } from '../support/team-members.ts'

describe('rows of tenants that the logged-in user is a member of', () => {
  const handler = (body: string): string =>
    `${prisma}export async function GET(request, { params }) {\n  const session = await getSession(request)\n  const body = await request.json()\n  ${body}\n}\n`
  const mine = 'team: { members: { some: { userId: session.user.id } } }'
  const leave = "if (!row) throw new Error('not found')"
  it.each<readonly [string, Exposure['kind'], string]>([
    ['the read itself', 'derived', `return prisma.project.findFirst({ where: { id: params.id, ${mine} } })`],
    [
      'members that the request names',
      'certain',
      'return prisma.project.findFirst({ where: { id: params.id, team: { members: { some: { userId: body.userId } } } } })',
    ],
    [
      'a membership that says nothing of the tenant',
      'certain',
      'return prisma.project.findFirst({ where: { id: params.id, helpers: { some: { userId: session.user.id } } } })',
    ],
    [
      'a membership of one of several conditions',
      'certain',
      `return prisma.project.findFirst({ where: { id: params.id, OR: [{ ${mine} }, { archived: true }] } })`,
    ],
    [
      'a write by the same id',
      'derived',
      `const row = await prisma.project.findFirst({ where: { id: params.id, ${mine} } }); ${leave}; return prisma.project.delete({ where: { id: params.id } })`,
    ],
    [
      'a write by the same id, not rejected',
      'certain',
      `const row = await prisma.project.findFirst({ where: { id: params.id, ${mine} } }); return prisma.project.delete({ where: { id: params.id } })`,
    ],
    [
      'a write by another id',
      'certain',
      `const row = await prisma.project.findFirst({ where: { id: params.id, ${mine} } }); ${leave}; return prisma.project.delete({ where: { id: body.id } })`,
    ],
  ])('%s: %s', (_, kind, body) => {
    const exposures = exposuresIn({ 'service.ts': handler(body) })
    expect(exposures.at(body.includes('delete') ? -1 : 0)).toMatchObject({ kind })
  })

  it('is told by the callers where the user is a parameter', () => {
    const service = `${prisma}export const projectsOf = (id: string, userId: string) => prisma.project.findFirst({ where: { id, team: { members: { some: { userId } } } } })\n`
    const imports = `import { projectsOf } from '../service'`
    const kinds = ['session.user.id', 'params.userId'].map(
      (user) =>
        exposuresIn({
          'service.ts': service,
          'app/route.ts': route(`return projectsOf(params.id, ${user})`, imports),
        })[0]!.kind,
    )
    expect(kinds).toEqual(['derived', 'certain'])
  })
})

describe('a tenant in scope', () => {
  const withTeam = (body: string): string =>
    `${prisma}import { withTeam, projectOf } from './elsewhere'\nexport const GET = withTeam(async ({ team, params }) => {\n  ${body}\n})\n`
  it.each<readonly [string, boolean, string]>([
    ['a member of it', false, 'prisma.project.findUnique({ where: { id: team.defaultProjectId } })'],
    ['what is made of it', false, 'prisma.project.findUnique({ where: { id: projectOf(team) } })'],
    ['a value of the request', true, 'return prisma.project.findUnique({ where: { id: params.id } })'],
    [
      'a member of it only at times',
      true,
      'return prisma.project.findUnique({ where: { id: team.pinned ?? params.id } })',
    ],
  ])('%s is told: %s', (_, isTold, body) => {
    const elsewhere =
      'export const withTeam = (handler) => handler\nexport const projectOf = (team) => team.defaultProjectId\n'
    const [exposure] = exposuresIn({ 'service.ts': withTeam(body), 'elsewhere.ts': elsewhere })
    expect(['certain', 'likely'].includes(exposure!.kind)).toBe(isTold)
  })
})

describe('rows that hang on the tenant of whoever is logged in', () => {
  const pg = `import { Pool } from 'pg'\nconst pool = new Pool()\n`
  const granted = (condition: string): string =>
    `${pg}export const granted = (id, teamId) => pool.query(\`select * from projects p where p.id = $1 and ${condition}\`, [id, teamId])\n`
  const grant = 'exists (select 1 from grants g where g."projectId" = p.id and g.holder_id = $2'
  const called = (service: string, team: string) =>
    exposuresIn({
      'service.ts': service,
      'app/route.ts': route(`return granted(params.id, ${team})`, `import { granted } from '../service'`),
    })[0]!.kind

  it.each<readonly [string, Exposure['kind'], string, string]>([
    ['a row that refers to it', 'derived', `${grant} and g.holder_type = 'team')`, 'session.teamId'],
    ['the same, of a request', 'certain', `${grant} and g.holder_type = 'team')`, 'params.teamId'],
    ['the same without the kind of the key', 'certain', `${grant})`, 'session.teamId'],
    [
      'the same in one of several conditions',
      'certain',
      `(${grant} and g.holder_type = 'team') or not p.hidden)`,
      'session.teamId',
    ],
    [
      'a row that has nothing to do with it',
      'certain',
      `exists (select 1 from grants g where g.holder_id = $2 and g.holder_type = 'team')`,
      'session.teamId',
    ],
    [
      'a row that shares a person with it',
      'certain',
      `exists (select 1 from memberships m where m."userId" = p."helperId" and m."teamRef" = $2)`,
      'session.teamId',
    ],
  ])('%s: %s', (_, kind, condition, team) => {
    expect(called(granted(condition), team)).toBe(kind)
  })

  it('counts only when every caller hands it in', () => {
    const files = {
      'service.ts': granted(`${grant} and g.holder_type = 'team')`),
      'app/one.ts': route(
        'return granted(params.id, session.teamId)',
        `import { granted } from '../service'`,
      ),
      'app/two.ts': route('return granted(params.id, params.teamId)', `import { granted } from '../service'`),
    }
    expect(exposuresIn(files)[0]!.kind).toBe('certain')
  })

  it.each<readonly [string, Exposure['kind'], string]>([
    ['the tenant that a middleware left', 'derived', 'locals.team.id'],
    ['a row that a middleware left', 'derived', 'locals.plan.id'],
    ['the user that a middleware left', 'likely', 'locals.user.id'],
    ['what a middleware was sent', 'certain', 'params.team.id'],
  ])('%s: %s', (_, kind, value) => {
    const handler = `import { getProject } from '../service'
export function show(request, response) { const { params } = request; const { locals } = response; const session = request.session
  return getProject(${value}) }\n`
    const [exposure] = exposuresIn({ 'service.ts': byId, 'app/route.ts': handler })
    expect(exposure).toMatchObject({ kind })
  })
})

describe('rows of a parent that every caller has read', () => {
  const service = `${prisma}export const taskOf = (projectId, name) => prisma.task.findFirst({ where: { projectId, name } })\n`
  const elsewhere = `import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export const loadProject = (session) => prisma.project.findFirst({ where: { teamId: session.teamId } })
export const openProject = (session, name) => prisma.project.upsert({ where: { name }, create: { teamId: session.teamId, name }, update: {} })
export const tidy = (session, value) => ({ id: value.trim(), at: session.startedAt })
`
  const imports = `import { taskOf } from '../service'\nimport { loadProject, openProject, tidy } from './elsewhere'`
  it.each<readonly [string, Exposure['kind'], string]>([
    [
      'and a name of the request',
      'derived',
      'const row = await loadProject(session); return taskOf(row.id, params.name)',
    ],
    [
      'or written',
      'derived',
      'const row = await openProject(session, params.name); return taskOf(row.id, params.name)',
    ],
    ['or cannot be followed', 'unreached', 'const row = kept.current; return taskOf(row.id, params.name)'],
    ['or only made', 'certain', 'const row = tidy(session, params.id); return taskOf(row.id, params.name)'],
    ['or that the request names', 'certain', 'return taskOf(params.id, params.name)'],
    [
      'on one way only',
      'certain',
      'const row = await loadProject(session); return params.all ? taskOf(params.id, params.name) : taskOf(row.id, params.name)',
    ],
  ])('%s: %s', (_, kind, body) => {
    const files = {
      'service.ts': service,
      'app/route.ts': route(body, imports),
      'app/elsewhere.ts': elsewhere,
    }
    expect(exposuresIn(files)[0]!.kind).toBe(kind)
  })
})
