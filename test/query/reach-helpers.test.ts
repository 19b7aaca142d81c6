import { describe, expect, it } from 'vitest'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import { exposureKinds, exposuresOf, prisma, teamsWith } from '../support/exposures.ts'

const tenancy = teamsWith(
  {
    projects: { owned: 'teamId', model: 'Project' },
    tasks: { ownedThrough: ['projectId', 'projects'], model: 'Task' },
    memberships: { owned: 'teamId', model: 'Membership' },
  },
  { guards: { admitted: [], teamProcedure: ['input.id'] } },
)

const byId = `${prisma}export const getProject = (id: string) => prisma.project.findUnique({ where: { id } })
export const teamIdOf = async (id: string) => {
  const project = await prisma.project.findUnique({ where: { id } })
  return project?.teamId ?? null
}\n`

/** Helpers that look a project up and answer in several ways. */
const helpers = `${prisma}
export async function openProject(session, id) {
  const project = await prisma.project.findFirst({ where: { id, teamId: session.teamId } })
  if (!project) return { error: 'no such project' }
  return { project }
}
export const projectResult = async ({ session, id }) => {
  const project = await prisma.project.findFirst({ where: { id, teamId: session.teamId } })
  return project ? { ok: true, project } : { ok: false }
}
export async function projectOfMine(id) {
  const session = await getSession()
  const project = await prisma.project.findFirst({ where: { id, teamId: session.teamId } })
  return project ?? null
}
export async function unauthorised(request, id) {
  const session = await getSession(request)
  const project = await prisma.project.findFirst({ where: { id, teamId: session.teamId } })
  if (!project) return new Response(null, { status: 404 })
}
export async function existing(session, id) {
  const project = await prisma.project.findFirst({ where: { id } })
  if (!project) return { error: 'no such project' }
  return { project }
}
export async function canSeeProject(session, id) {
  return (await prisma.project.count({ where: { id, teamId: session.teamId } })) > 0
}
export async function admitted(id) { return true }
export async function assertAccess(session, id) {
  if (!(await canSeeProject(session, id))) throw new Error('no')
}
`

const route = (body: string): string => `import { getProject, teamIdOf } from '../service'
import { admitted, assertAccess, canSeeProject, existing, openProject, projectOfMine, projectResult, unauthorised } from './helpers'
export async function GET(request, { params }) {
  const session = await getSession(request)
  ${body}
}
`

describe('a helper that looks up and refuses, in another file', () => {
  it.each<readonly [string, Exposure['kind'], string]>([
    ['an error', 'guarded', 'const r = await openProject(session, params.id); if (r.error) return r'],
    ['an error, unnoticed', 'certain', 'const r = await openProject(session, params.id)'],
    [
      'an error, destructured',
      'guarded',
      'const { error } = await openProject(session, params.id); if (error) return error',
    ],
    [
      'an error by its key',
      'guarded',
      "const r = await openProject(session, params.id); if ('error' in r) return r",
    ],
    [
      'an error, only told',
      'certain',
      'const r = await openProject(session, params.id); if (r.error) console.log(r)',
    ],
    ['of another id', 'certain', 'const r = await openProject(session, params.other); if (r.error) return r'],
    [
      'only at times',
      'certain',
      'if (params.strict) { const r = await openProject(session, params.id); if (r.error) return r }',
    ],
    ['a result', 'guarded', 'const r = await projectResult({ session, id: params.id }); if (!r.ok) return r'],
    ['a result, unnoticed', 'certain', 'const r = await projectResult({ session, id: params.id })'],
    ['null', 'guarded', 'const r = await projectOfMine(params.id); if (r === null) return'],
    ['null, unnoticed', 'certain', 'await projectOfMine(params.id)'],
    [
      'another result asked',
      'certain',
      'const r = await projectOfMine(params.id); const s = await getSession(); if (!s) return',
    ],
    ['a response', 'guarded', 'const r = await unauthorised(request, params.id); if (r) return r'],
    [
      'a response, dropped',
      'certain',
      'const r = await unauthorised(request, params.id); if (r) console.log(r)',
    ],
    [
      'a look-up that is handed the actor and ignores it',
      'certain',
      'const r = await existing(session, params.id); if (r.error) return r',
    ],
    ['a question', 'guarded', 'if (!(await canSeeProject(session, params.id))) return'],
    ['a question without an answer', 'certain', 'await canSeeProject(session, params.id)'],
    ['a function that the tenancy model names', 'guarded', 'await admitted(params.id)'],
    ['the same of another id', 'certain', 'await admitted(params.other)'],
  ])('%s: %s', (_, kind, body) => {
    const files = {
      'service.ts': byId.split('export const teamIdOf')[0]!,
      'app/helpers.ts': helpers,
      'app/route.ts': route(`${body}; return getProject(params.id)`),
    }
    expect(exposureKinds(files, tenancy)).toEqual([kind])
  })

  it('beside the read is no check of it', () => {
    const body =
      'const [project] = await Promise.all([getProject(params.id), assertAccess(session, params.id)]); return project'
    const files = {
      'service.ts': byId.split('export const teamIdOf')[0]!,
      'app/helpers.ts': helpers,
      'app/route.ts': route(body),
    }
    expect(exposuresOf(files, tenancy)).toMatchObject([{ kind: 'certain' }])
  })
})

describe('a helper that answers by another one', () => {
  const access = (inner: string, outer: string): string => `${prisma}
const allThere = async (ids, team, trx = prisma) => {
  const rows = await trx.project.findMany({ where: { ${inner} } })
  return { exists: ids.every((id) => rows.some((row) => row.id === id)), rows }
}
export const isThere = async (id, team) => { ${outer} }
`
  const answer =
    'const { exists, rows } = await allThere([id], team); return exists ? { exists: true, row: rows[0] } : { exists: false }'
  const asked = 'const { exists } = await isThere(params.id, session.teamId); if (!exists) throw new Error()'
  it.each<readonly [string, Exposure['kind'], string, string, string]>([
    ['asked', 'guarded', 'id: { in: ids }, teamId: team', answer, asked],
    [
      'unnoticed',
      'certain',
      'id: { in: ids }, teamId: team',
      answer,
      'await isThere(params.id, session.teamId)',
    ],
    [
      'of another id',
      'certain',
      'id: { in: ids }, teamId: team',
      answer,
      asked.replace('params.id', 'params.other'),
    ],
    ['which ignores the tenant', 'certain', 'id: { in: ids }', answer, asked],
    [
      'which is not told the tenant',
      'certain',
      'id: { in: ids }, teamId: team',
      answer.replace(', team)', ', null)'),
      asked,
    ],
  ])('%s', (_, kind, inner, outer, check) => {
    const files = {
      'service.ts': byId.split('export const teamIdOf')[0]!,
      'app/access.ts': access(inner, outer),
      'app/route.ts': `import { getProject } from '../service'
import { isThere } from './access'
export async function GET(request, { params }) {
  const session = await getSession(request)
  ${check}
  return getProject(params.id)
}
`,
    }
    expect(exposureKinds(files, tenancy)).toEqual([kind])
  })
})

describe('what the callers hand in', () => {
  it.each<readonly [string, Exposure['kind'], readonly string[]]>([
    ['constants only', 'unreached', ["'welcome'", "'imprint'"]],
    ['a constant, and a value of the request', 'certain', ["'welcome'", 'params.id']],
  ])('%s: %s', (_, kind, values) => {
    const routes = values.map((value, index) => [`app/${index}.ts`, route(`return getProject(${value})`)])
    const files = { 'service.ts': byId.split('export const teamIdOf')[0]!, ...Object.fromEntries(routes) }
    expect(exposureKinds(files, tenancy)).toEqual([kind])
  })
})

describe('a look-up of the tenant of a row, checked by the caller', () => {
  it.each<readonly [string, Exposure['kind'], string]>([
    [
      'compared',
      'guarded',
      'const teamId = await teamIdOf(params.id); if (teamId !== session.teamId) throw new Error()',
    ],
    [
      'compared with a constant',
      'certain',
      "const teamId = await teamIdOf(params.id); if (teamId !== 'x') throw new Error()",
    ],
    ['handed to a check', 'guarded', 'await assertAccess(session, await teamIdOf(params.id))'],
    [
      'handed to a question about another',
      'certain',
      'await teamIdOf(params.id); await assertAccess(session, params.teamId)',
    ],
    [
      'through a variable that is written again',
      'guarded',
      'let teamId = null; for (const source of sources) { teamId = await teamIdOf(params.id); if (teamId) break } await assertAccess(session, teamId)',
    ],
    [
      'where the check is of another variable',
      'certain',
      'let teamId = null; let other = params.team; for (const source of sources) { teamId = await teamIdOf(params.id) } await assertAccess(session, other)',
    ],
    [
      'a membership',
      'guarded',
      'const teamId = await teamIdOf(params.id); const member = await findMember(teamId, session.user.id); if (!member) return',
    ],
    [
      'only told',
      'certain',
      'const teamId = await teamIdOf(params.id); await track(teamId, session.user.id)',
    ],
  ])('%s: %s', (_, kind, body) => {
    const service = `${prisma}export const teamIdOf = async (id: string) => {
  const project = await prisma.project.findUnique({ where: { id } })
  return project?.teamId ?? null
}\n`
    const files = { 'service.ts': service, 'app/helpers.ts': helpers, 'app/route.ts': route(body) }
    expect(exposureKinds(files, tenancy)).toEqual([kind])
  })
})
