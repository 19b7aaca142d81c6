import { describe, expect, it } from 'vitest'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import { exposureKinds, prisma, teamsWith } from '../support/exposures.ts'

const tenancy = teamsWith(
  {
    projects: { owned: 'teamId', model: 'Project' },
    tasks: { ownedThrough: ['projectId', 'projects'], model: 'Task' },
    memberships: { owned: 'teamId', model: 'Membership' },
  },
  { guards: { admitted: [], teamProcedure: ['input.id'] } },
)

describe('a guard that looks its row up', () => {
  const middleware = (body: string): string => `${prisma}
export const guard = (sources) => async (c, next) => {
  const userId = c.get('userId')
  ${body}
  return next()
}\n`
  it.each<readonly [string, readonly Exposure['kind'][], string]>([
    [
      'the tenant of the row in a variable, then a check',
      ['guarded'],
      `let teamId = null
  for (const source of sources) {
    switch (source.type) {
      case 'project': {
        const row = await prisma.project.findUnique({ where: { id: c.req.param('id') } })
        teamId = row?.teamId ?? null
      }
    }
    if (teamId) break
  }
  await validateTeamAccess(userId, teamId)`,
    ],
    [
      'another variable, then a check',
      ['certain'],
      `let teamId = c.req.query('teamId')
  let name = null
  const row = await prisma.project.findUnique({ where: { id: c.req.param('id') } })
  name = row?.name ?? null
  await validateTeamAccess(userId, teamId)`,
    ],
    [
      'the row that a row belongs to',
      ['guarded', 'guarded'],
      `const task = await prisma.task.findUnique({ where: { id: c.req.param('id') } })
  const project = await prisma.project.findUnique({ where: { id: task.projectId } })
  await validateTeamAccess(userId, project.teamId)`,
    ],
    [
      'a row that it has nothing to do with',
      ['certain', 'guarded'],
      `const task = await prisma.task.findUnique({ where: { id: c.req.param('id') } })
  const project = await prisma.project.findUnique({ where: { id: c.req.param('projectId') } })
  await validateTeamAccess(userId, project.teamId)`,
    ],
  ])('%s: %j', (_, kinds, body) => {
    expect(exposureKinds({ 'service.ts': middleware(body) }, tenancy)).toEqual(kinds)
  })
})

describe('a guard around the handler', () => {
  const guards = `${prisma}
export async function requireProject(req, res, next) {
  const row = await prisma.project.findFirst({ where: { id: req.params.projectId, teamId: req.session.teamId } })
  if (!row) throw new Error('no such project')
  next()
}
export const requireTeam = (name) => async (req, res, next) => {
  if (!(await prisma.membership.findFirst({ where: { teamId: req.params[name], userId: req.session.userId } }))) throw new Error()
  next()
}
export class ProjectGuard {
  async canActivate(context) {
    const { session, params } = context.switchToHttp().getRequest()
    return (await prisma.project.findFirst({ where: { id: params.projectId, teamId: session.teamId } })) !== null || refuse()
  }
}
export class SignedInGuard { canActivate(context) { if (!context.session) throw new Error(); return true } }
function refuse() { throw new Error() }
export const projectProcedure = t.procedure.use(signedIn).use(async ({ ctx, input, next }) => {
  const row = await prisma.project.findFirst({ where: { id: input.projectId, teamId: ctx.session.teamId } })
  if (!row) throw new Error('no such project')
  return next()
})
export const nestedProcedure = projectProcedure.use(logged)
export const signedInProcedure = t.procedure.use(async ({ ctx, next }) => {
  if (!(await prisma.session.findFirst({ where: { id: ctx.session.id } }))) throw new Error()
  return next()
})
`
  const read = (id: string): string => `prisma.project.findUnique({ where: { id: ${id} } })`
  const express = `async (req, res) => { const { session } = req; return ${read('req.params.projectId')} }`
  const trpc = `async ({ ctx, input }) => { const { session } = ctx; return ${read('input.projectId')} }`
  it.each<readonly [string, Exposure['kind'], string]>([
    ['by name', 'guarded', `router.get('/:projectId', requireProject, ${express})`],
    ['in a list', 'guarded', `router.get('/:projectId', [requireProject], ${express})`],
    ['of another key', 'certain', `router.get('/:projectId', requireTeam('teamId'), ${express})`],
    [
      'for a prefix',
      'guarded',
      `router.use('/x/:projectId', requireProject); router.get('/x/:projectId/tasks', ${express})`,
    ],
    [
      'for another prefix',
      'certain',
      `router.use('/y/:projectId', requireProject); router.get('/x/:projectId/tasks', ${express})`,
    ],
    [
      'after the route',
      'certain',
      `router.get('/x/:projectId/tasks', ${express}); router.use('/x/:projectId', requireProject)`,
    ],
    [
      'of another router',
      'certain',
      `other.use('/x/:projectId', requireProject); router.get('/x/:projectId/tasks', ${express})`,
    ],
    ['as a hook', 'guarded', `app.addHook('preHandler', requireProject); app.get('/:projectId', ${express})`],
    ['in options', 'guarded', `app.get('/:projectId', { preHandler: [requireProject] }, ${express})`],
    [
      'in the options of the handler',
      'guarded',
      `app.route({ url: '/:projectId', preHandler: requireProject, handler: ${express} })`,
    ],
    [
      'in options, of another key',
      'certain',
      `app.route({ url: '/:projectId', preHandler: requireTeam('teamId'), handler: ${express} })`,
    ],
    [
      'written where it is used',
      'guarded',
      `router.get('/:projectId', async (req, res, next) => { if (!(await findProject(req.params.projectId, req.session.teamId))) throw new Error(); next() }, ${express})`,
    ],
    [
      'written where it is used, and refusing nobody',
      'certain',
      `router.get('/:projectId', async (req, res, next) => { await findProject(req.params.projectId, req.session.teamId); next() }, ${express})`,
    ],
    ['a procedure', 'guarded', `export const show = projectProcedure.input(shape).query(${trpc})`],
    ['a procedure of a procedure', 'guarded', `export const show = nestedProcedure.query(${trpc})`],
    ['a procedure that asks who it is', 'certain', `export const show = signedInProcedure.query(${trpc})`],
    [
      'a procedure that asks who it is, by the same key',
      'certain',
      `export const show = signedInProcedure.query(async ({ ctx, input }) => { const { session } = ctx; return ${read('input.id')} })`,
    ],
    [
      'a procedure that reads the key from a pattern',
      'guarded',
      `export const show = t.procedure.use(async ({ ctx, input, next }) => { const { projectId } = input; if (!(await findProject(projectId, ctx.session.teamId))) throw new Error(); return next() }).query(${trpc})`,
    ],
    [
      'a middleware that asks who it is, by the same key',
      'certain',
      `router.get('/:id', async (req, res, next) => { if (!(await findSession({ id: req.session.id }))) throw new Error(); next() }, async (req, res) => { const { session } = req; return ${read('req.params.id')} })`,
    ],
    [
      'an action',
      'guarded',
      `export const show = actionClient.use(async ({ ctx, clientInput, next }) => { if (!(await findProject(clientInput.projectId, ctx.session.teamId))) throw new Error(); return next() }).action(async ({ ctx, input }) => { const { session } = ctx; return ${read('input.projectId')} })`,
    ],
    [
      'a procedure that the tenancy model names',
      'guarded',
      `export const show = teamProcedure.query(async ({ ctx, input }) => { const { session } = ctx; return ${read('input.id')} })`,
    ],
    ['the same with another input', 'certain', `export const show = teamProcedure.query(${trpc})`],
    [
      'of a method',
      'guarded',
      `class Projects { @UseGuards(ProjectGuard) async show(request) { const { session } = request; return ${read('request.params.projectId')} } }`,
    ],
    [
      'of a class',
      'guarded',
      `@UseGuards(SignedInGuard, ProjectGuard) class Projects { async show(request) { const { session } = request; return ${read('request.params.projectId')} } }`,
    ],
    [
      'of a class, about who it is',
      'certain',
      `@UseGuards(SignedInGuard) class Projects { @Permissions('projectId') async show(request) { const { session } = request; return ${read('request.params.projectId')} } }`,
    ],
  ])('%s: %s', (_, kind, code) => {
    const service = `import { ProjectGuard, SignedInGuard, nestedProcedure, projectProcedure, requireProject, requireTeam, signedInProcedure } from './guards'
${prisma}${code}\n`
    expect(exposureKinds({ 'service.ts': service, 'guards.ts': guards }, tenancy)).toEqual([kind])
  })
})

describe('a comparison of the tenant of the row that was read', () => {
  const read = 'const row = await prisma.project.findUnique({ where: { id: params.id } })'
  const own = 'row.teamId === session.teamId'
  const other = 'row.teamId !== session.teamId'

  it.each<readonly [string, Exposure['kind'], string]>([
    ['leaves', 'guarded', `${read}; if (${other}) return null`],
    ['leaves, beside the absence of the row', 'guarded', `${read}; if (!row || ${other}) throw new Error()`],
    ['leaves by a function that never comes back', 'guarded', `${read}; if (${other}) notFound()`],
    ['holds what follows', 'guarded', `${read}; if (${own}) return row`],
    ['is a condition of the answer', 'guarded', `${read}; return ${own} ? row : null`],
    ['stands before the answer', 'guarded', `${read}; return ${own} && row`],
    ['is asserted', 'guarded', `${read}; invariant(${own}); return row`],
    ['is kept for later', 'guarded', `${read}; const owns = ${own}; if (!owns) return null; return row`],
    [
      'leaves, also when there is no tenant',
      'guarded',
      `${read}; if (!session.teamId || ${other}) return null`,
    ],
    ['is only told', 'certain', `${read}; if (${other}) console.warn('other team'); return row`],
    ['is logged', 'certain', `${read}; console.log(${own}); return row`],
    ['stands for itself', 'certain', `${read}; ${own}; return row`],
    ['is left out without a tenant', 'certain', `${read}; if (session.teamId && ${other}) return null`],
    [
      'is left out without a tenant, the other way round',
      'certain',
      `${read}; if (session.teamId === undefined || ${own}) return row`,
    ],
    ['is with the row itself', 'certain', `${read}; if (row.teamId !== row.teamId) return null`],
    ['is with what is asked for', 'certain', `${read}; if (row.teamId !== params.teamId) return null`],
  ])('%s: %s', (_, kind, body) => {
    const source = `${prisma}export async function GET(request, { params }) {
  const session = await getSession(request)
  ${body}
}`
    expect(exposureKinds({ 'service.ts': source }, tenancy)).toEqual([kind])
  })
})

describe('a call that is named like a guard', () => {
  const called = (definition: string, call: string): Readonly<Record<string, string>> => ({
    'service.ts': `${prisma}export const getProject = (id: string) => prisma.project.findUnique({ where: { id } })\n`,
    'checks.ts': definition,
    'route.ts': `import { getProject } from './service'
import { assertFree, assertAccess } from './checks'
export async function GET(request, { params }) {
  const session = await getSession(request)
  ${call}
  return getProject(params.id)
}
`,
  })
  it.each<readonly [string, Exposure['kind'], string, string]>([
    [
      'and knows nobody',
      'certain',
      "export function assertFree({ slug }) { if (reserved.has(slug)) throw new Error('taken') }",
      'assertFree({ slug: params.id })',
    ],
    [
      'and is handed who asks, and does nothing with it',
      'certain',
      "export function assertFree(session, slug) { if (reserved.has(slug)) throw new Error('taken') }",
      'assertFree(session, params.id)',
    ],
    [
      'and looks at who asks',
      'guarded',
      'export function assertAccess(session, id) { if (!session.projects.includes(id)) throw new Error() }',
      'assertAccess(session, params.id)',
    ],
    [
      'and finds out who asks',
      'guarded',
      'export async function assertAccess(id) { const session = await getSession(); if (!session.projects.includes(id)) throw new Error() }',
      'await assertAccess(params.id)',
    ],
    [
      'and takes who asks from what it is handed',
      'guarded',
      'export async function assertAccess(id, given) { const { actor } = given; if (!(await mayOpen(given.session, id))) throw new Error() }',
      'await assertAccess(params.id, { session })',
    ],
    ['and is not in sight', 'guarded', 'export const other = 1', 'await assertAccess(params.id)'],
  ])('%s', (_, kind, definition, call) => {
    expect(exposureKinds(called(definition, call), tenancy)).toEqual([kind])
  })
})

describe('a look-up before it, by the same value', () => {
  const files = (helper: string): Readonly<Record<string, string>> => ({
    'service.ts': `${prisma}export const allOf = (kindId: string) => prisma.project.findMany({ where: { kindId } })\n`,
    'own.ts': `${prisma}export async function ownOf(kindId, teamId) { ${helper} }\n`,
    'route.ts': `import { allOf } from './service'
import { ownOf } from './own'
export async function GET(request, { params }) {
  const session = await getSession(request)
  const own = await ownOf(params.kindId, session.teamId)
  return [own, await allOf(params.kindId)]
}
`,
  })
  const found = 'await prisma.project.findMany({ where: { teamId, kindId } })'
  const first = 'await prisma.project.findFirstOrThrow({ where: { teamId, kindId } })'
  it.each<readonly [string, Exposure['kind'], string]>([
    [
      'that throws when there is none',
      'guarded',
      `const rows = ${found}; if (rows.length === 0) throw new Error(); return rows`,
    ],
    [
      'that throws on what goes wrong',
      'certain',
      `try { return ${found} } catch (error) { if (error.code) { throw new DatabaseError(error) } throw error }`,
    ],
    [
      'that throws on what goes wrong, such as no row',
      'guarded',
      `try { return ${first} } catch { throw new Error('none of yours') }`,
    ],
  ])('%s', (_, kind, helper) => {
    expect(exposureKinds(files(helper), tenancy)).toEqual([kind])
  })
})
