import { describe, expect, it } from 'vitest'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import { exposureKinds, teamsWith, prisma } from '../support/exposures.ts'

const tenancy = teamsWith({
  projects: { owned: 'teamId', model: 'Project' },
  memberships: { owned: 'teamId', model: 'Membership' },
})

const byId = `${prisma}export const getProject = (id: string) => prisma.project.findUnique({ where: { id } })\n`

const helpers = `import { cache } from 'some-cache'
${prisma}
export const getTeamIdFromProjectId = async (id) => (await prisma.project.findUnique({ where: { id }, select: { teamId: true } })).teamId
export const getTeamIdFromTaskId = async (id) => (await prisma.task.findUnique({ where: { id } })).teamId
export const getNameFromProjectId = async (id) => (await prisma.project.findUnique({ where: { id } })).name
export const assertAccess = async (session, { teamId }) => { if (session.teamIds.includes(teamId)) return; throw new Error() }
const teamAuth = async (teamId) => ({ team: await memberOf(teamId) })
export const projectAuth = cache(async (teamId, id) => {
  const [auth, projectTeamId] = await Promise.all([teamAuth(teamId), getTeamIdFromProjectId(id)])
  if (projectTeamId !== auth.team.id) notFound()
  return auth
})
export const projectThere = cache(async (teamId, id) => {
  const [auth, projectTeamId] = await Promise.all([teamAuth(teamId), getTeamIdFromProjectId(id)])
  if (projectTeamId === null) notFound()
  return auth
})
export const projectIgnoring = cache(async (teamId, id) => {
  const projectTeamId = await getTeamIdFromProjectId(id)
  if (projectTeamId !== house.team.id) notFound()
})
export const renamed = async (session, id) => prisma.project.update({ where: { id, teamId: session.teamId }, data: { name: 'x' } })
export const wanted = async (params) => { const body = await getJsonBody(params); return { id: body.id ?? params.id } }
`

const route = (body: string): string => `import { getProject } from '../service'
import { assertAccess, getNameFromProjectId, getTeamIdFromProjectId, getTeamIdFromTaskId, projectAuth, projectIgnoring, projectThere, renamed, wanted } from './helpers'
export async function GET(request, { params }) {
  const session = await getSession(request)
  ${body}
}
`

const kindsOf = (body: string): readonly Exposure['kind'][] =>
  exposureKinds({ 'service.ts': byId, 'app/helpers.ts': helpers, 'app/route.ts': route(body) }, tenancy)

const both =
  'const projectTeamId = await getTeamIdFromProjectId(params.id); const taskTeamId = await getTeamIdFromTaskId(params.taskId);'
const differ = 'if (projectTeamId !== taskTeamId) throw new Error();'

describe('the tenants of two resources, compared', () => {
  it.each<readonly [string, Exposure['kind'], string]>([
    [
      'and the other one is authorised',
      'guarded',
      `${both} ${differ} await assertAccess(session, { teamId: taskTeamId }); return getProject(params.id)`,
    ],
    ['and nobody is authorised', 'certain', `${both} ${differ} return getProject(params.id)`],
    [
      'and another tenant is authorised',
      'certain',
      `${both} ${differ} await assertAccess(session, { teamId: params.teamId }); return getProject(params.id)`,
    ],
    [
      'and the difference is only told',
      'certain',
      `${both} if (projectTeamId !== taskTeamId) console.log('other'); await assertAccess(session, { teamId: taskTeamId }); return getProject(params.id)`,
    ],
    [
      'after the read',
      'certain',
      `const row = await getProject(params.id); ${both} ${differ} await assertAccess(session, { teamId: taskTeamId }); return row`,
    ],
    [
      'with what the request says, which is authorised afterwards',
      'guarded',
      'const projectTeamId = await getTeamIdFromProjectId(params.id); if (projectTeamId !== params.teamId) throw new Error(); await assertAccess(session, { teamId: params.teamId }); return getProject(params.id)',
    ],
    [
      'with what the request says, which nobody authorises',
      'certain',
      'const projectTeamId = await getTeamIdFromProjectId(params.id); if (projectTeamId !== params.teamId) throw new Error(); return getProject(params.id)',
    ],
    [
      'by a helper that answers no tenant',
      'certain',
      'const name = await getNameFromProjectId(params.id); if (name !== params.name) throw new Error(); await assertAccess(session, { teamId: params.name }); return getProject(params.id)',
    ],
  ])('%s: %s', (_, kind, body) => {
    expect(kindsOf(body)).toEqual([kind])
  })
})

describe('a wrapped helper that is handed the tenant and the id', () => {
  it.each<readonly [string, Exposure['kind'], string]>([
    ['and compares the tenants', 'guarded', 'projectAuth(params.teamId, params.id)'],
    ['of another id', 'certain', 'projectAuth(params.teamId, params.other)'],
    ['and asks whether the row is there', 'certain', 'projectThere(params.teamId, params.id)'],
    ['and ignores the tenant', 'certain', 'projectIgnoring(params.teamId, params.id)'],
  ])('%s: %s', (_, kind, call) => {
    expect(kindsOf(`await ${call}; return getProject(params.id)`)).toEqual([kind])
  })
})

describe('what a helper answers', () => {
  it.each<readonly [string, Exposure['kind'], string]>([
    ['after a write', 'derived', 'const row = await renamed(session, params.id); return getProject(row.id)'],
    ['by reading the request', 'certain', 'const row = await wanted(params); return getProject(row.id)'],
  ])('%s: %s', (_, kind, body) => {
    expect(kindsOf(body)).toEqual([kind])
  })
})

describe('a tenant in scope, beside an id that the callers hand in', () => {
  const service = (where: string): string =>
    `${prisma}export const finish = ({ team, project }) => prisma.project.updateMany({ where: { ${where} }, data: { done: true } })\n`
  const caller = `import { finish } from '../service'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export const GET = withTeam(async ({ team, params }) => {
  const project = await prisma.project.findFirst({ where: { id: params.id, teamId: team.id } })
  return finish({ team, project })
})\n`
  it.each<readonly [string, Exposure['kind'], string]>([
    ['of a row that was read', 'derived', 'id: project.id'],
    ['of what the row belongs to', 'likely', 'partnerId: project.partnerId'],
  ])('%s: %s', (_, kind, where) => {
    const files = { 'service.ts': service(where), 'app/route.ts': caller }
    expect(exposureKinds(files, tenancy)).toEqual([kind])
  })
})

describe('a row that a variable is given on one of several ways', () => {
  const reading = (body: string): string => `${prisma}export async function GET(request, { params }) {
  const session = await getSession(request)
  let project = null
  ${body}
  return project
}\n`
  const byId = 'await prisma.project.findUnique({ where: { id: params.id } })'
  const bySlug = 'await prisma.project.findUnique({ where: { slug: params.slug } })'
  const compared = 'if (project.teamId !== session.teamId) throw new Error()'
  it.each<readonly [string, readonly Exposure['kind'][], string]>([
    ['compared', ['guarded'], `if (params.id) { project = ${byId} }; ${compared}`],
    [
      'each way of it compared',
      ['guarded', 'guarded'],
      `if (params.id) { project = ${byId} } else { project = ${bySlug} }; ${compared}`,
    ],
    [
      'the last of two compared',
      ['certain', 'guarded'],
      `project = ${byId}; send(project); project = ${bySlug}; ${compared}`,
    ],
    [
      'another one compared',
      ['certain'],
      `let other = null; project = ${byId}; other = await load(); if (other.teamId !== session.teamId) throw new Error()`,
    ],
    [
      'compared with what the request says',
      ['certain'],
      `project = ${byId}; if (project.teamId !== params.teamId) throw new Error()`,
    ],
    [
      'and its name compared',
      ['certain'],
      `project = ${byId}; if (project.name !== session.name) throw new Error()`,
    ],
  ])('%s: %j', (_, kinds, body) => {
    expect(exposureKinds({ 'service.ts': reading(body) }, tenancy)).toEqual(kinds)
  })
})
