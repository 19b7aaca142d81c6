import { describe, expect, it } from 'vitest'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import { prisma } from '../support/exposures.ts'
import { byId, exposuresIn, route } from '../support/team-members.ts'

describe('a query by id, steered from another file', () => {
  it.each<readonly [string, Exposure['kind'], string]>([
    ['the request names it', 'certain', 'return getProject(params.id)'],
    [
      'a constant, an object and a conversion on the way',
      'certain',
      'const wanted = { id: String(params.id) }; return getProject(wanted.id)',
    ],
    [
      'a call that refuses',
      'guarded',
      'await assertAccess(session, params.id); return getProject(params.id)',
    ],
    [
      'the same about another value',
      'certain',
      'await assertAccess(session, params.other); return getProject(params.id)',
    ],
    [
      'the same only at times',
      'certain',
      'if (params.strict) await assertAccess(session, params.id); return getProject(params.id)',
    ],
    ['a call that only looks on', 'certain', 'await track(session, params.id); return getProject(params.id)'],
    [
      'the tenant of the row, compared',
      'guarded',
      'const row = await getProject(params.id); if (row.teamId !== session.teamId) throw new Error(); return row',
    ],
    [
      'another column, compared',
      'certain',
      'const row = await getProject(params.id); if (row.name !== params.name) throw new Error(); return row',
    ],
    [
      'the tenant of the row, compared with a constant',
      'certain',
      "const row = await getProject(params.id); if (row.teamId === 'none') throw new Error(); return row",
    ],
    [
      'a membership of the team of the row',
      'guarded',
      'const row = await getProject(params.id); if (!(await findMember(row.teamId, session.user.id))) throw new Error(); return row',
    ],
    [
      'a row that was read elsewhere',
      'derived',
      'const row = await loadProject(session); return getProject(row.id)',
    ],
    ['the tenant itself', 'derived', 'return getProject(session.teamId)'],
    ['a constant', 'unreached', "return getProject('welcome')"],
  ])('%s: %s', (_, kind, body) => {
    const elsewhere = `import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export const loadProject = (session) => prisma.project.findFirst({ where: { teamId: session.teamId } })
export const track = (session, id) => console.log(id)
`
    const files = { 'service.ts': byId, 'app/route.ts': route(body), 'app/elsewhere.ts': elsewhere }
    expect(exposuresIn(files).map((one) => one.kind)).toEqual([kind])
  })

  it.each<readonly [string, Exposure['kind']]>([
    ['list.map((one) => one.id)', 'certain'],
    ['list.filter(Boolean)', 'certain'],
    ['kept.map((one) => one.id)', 'unreached'],
    ['elsewhere(list)', 'unreached'],
  ])('a list that the function makes of its parameter: %s', (ids, kind) => {
    const service = `${prisma}import { elsewhere, kept } from 'some-package'
export function getProject(list) {
  const ids = ${ids}
  return prisma.project.findMany({ where: { id: { in: ids } } })
}
`
    const files = { 'service.ts': service, 'app/route.ts': route('return getProject(params.ids)') }
    expect(exposuresIn(files).map((one) => one.kind)).toEqual([kind])
  })

  it('tells the way', () => {
    const [exposure] = exposuresIn({
      'service.ts': byId,
      'app/route.ts': route('return getProject(params.id)'),
    })
    expect(exposure).toMatchObject({
      kind: 'certain',
      path: [
        { name: 'GET', file: 'app/route.ts' },
        { name: 'getProject', file: 'service.ts' },
      ],
    })
  })

  it('is not seen without callers', () => {
    expect(exposuresIn({ 'service.ts': byId })).toMatchObject([{ kind: 'unreached' }])
  })

  it('does not count ways from code that works for all tenants', () => {
    const files = { 'service.ts': byId, 'jobs/route.ts': route('return getProject(params.id)') }
    expect(exposuresIn(files)).toMatchObject([{ kind: 'unreached' }])
  })

  it('takes the worst of several ways', () => {
    const files = {
      'service.ts': byId,
      'app/one.ts': route('await assertAccess(session, params.id); return getProject(params.id)'),
      'app/two.ts': route('return getProject(params.id)'),
    }
    expect(exposuresIn(files)).toMatchObject([{ kind: 'certain' }])
  })
})

describe('callers', () => {
  const call = 'return load(params.id)'
  it.each<readonly [string, Readonly<Record<string, string>>]>([
    [
      'under another name',
      { 'service.ts': byId, 'app/route.ts': route(call, `import { getProject as load } from '../service'`) },
    ],
    [
      'as the default export',
      {
        'service.ts': `${prisma}export default async function (id: string) { return 1 }
async function getProject(id: string) { return prisma.project.findUnique({ where: { id } }) }
export { getProject }\n`,
        'app/route.ts': route('return getProject(params.id)'),
      },
    ],
    [
      'of a default export under any name',
      {
        'service.ts': `${prisma}async function getProject(id: string) { return prisma.project.findUnique({ where: { id } }) }
export default getProject\n`,
        'app/route.ts': route(call, `import load from '../service'`),
      },
    ],
    [
      'of what a wrapper made',
      {
        'service.ts': `import { cache } from 'react'\n${prisma}export const getProject = cache(async (id: string) => prisma.project.findUnique({ where: { id } }))\n`,
        'app/route.ts': route('return getProject(params.id)'),
      },
    ],
    [
      'of a method behind an injected service',
      {
        'service.ts': `${prisma}export class ProjectService { findProject(id: string) { return prisma.project.findUnique({ where: { id } }) } }\n`,
        'app/controller.ts': `import { ProjectService } from '../service'
export class ProjectController {
  constructor(private readonly projects: ProjectService) {}
  async show(request) { const session = request.session; return this.projects.findProject(request.params.id) }
}\n`,
      },
    ],
    [
      'that render a component',
      {
        'service.ts': `${prisma}export const Card = async ({ projectId }: { projectId: string }) => prisma.project.findUnique({ where: { id: projectId } })\n`,
        'app/page.tsx': `import { Card } from '../service'
export default async function Page(props) { const session = await getSession(); const params = await props.params; return <Card projectId={params.id} /> }\n`,
      },
    ],
  ])('%s', (_, files) => {
    expect(exposuresIn(files)).toMatchObject([{ kind: 'certain' }])
  })
})

describe('in its own file', () => {
  const handler = (body: string): string =>
    `${prisma}export async function GET(request, { params }) {\n  const session = await getSession(request)\n  ${body}\n}\n`
  it.each<readonly [string, readonly Exposure['kind'][], string]>([
    ['a handler', ['certain'], handler('return prisma.project.findUnique({ where: { id: params.id } })')],
    ['all rows', ['likely'], handler('return prisma.project.findMany({ where: { archived: false } })')],
    [
      'all rows, and nobody asks',
      ['unreached'],
      `${prisma}export const sweep = () => prisma.project.findMany({ where: { archived: false } })\n`,
    ],
    [
      'the tenant is there and ignored',
      ['likely'],
      `${prisma}export const rename = (teamId: string, id: string) => prisma.project.update({ where: { id }, data: { name: 'x' } })\n`,
    ],
    [
      "one's own row",
      ['derived'],
      handler('return prisma.task.findMany({ where: { assigneeId: session.user.id } })'),
    ],
    [
      'a secret',
      ['derived'],
      handler('return prisma.project.findFirst({ where: { inviteToken: params.token } })'),
    ],
    [
      'a look at whose it is',
      ['derived'],
      handler('return prisma.project.findUnique({ where: { id: params.id }, select: { teamId: true } })'),
    ],
    [
      'a condition that is not in sight',
      ['unreached'],
      handler('return prisma.project.findMany({ where: { id: params.id, ...visible(session) } })'),
    ],
    [
      'a join through what tenants share',
      ['likely'],
      handler(
        'return prisma.person.findUnique({ where: { id: session.user.id }, include: { projects: true } })',
      ),
    ],
    [
      'a write after a check of the row',
      ['guarded', 'guarded'],
      handler(
        'const row = await prisma.project.findUnique({ where: { id: params.id } }); if (row.teamId !== session.teamId) throw new Error(); return prisma.project.delete({ where: { id: params.id } })',
      ),
    ],
    [
      'a write before it',
      ['guarded', 'certain'],
      handler(
        'const row = await prisma.project.findUnique({ where: { id: params.id } }); await prisma.project.delete({ where: { id: params.id } }); if (row.teamId !== session.teamId) throw new Error()',
      ),
    ],
  ])('%s: %j', (_, kinds, service) => {
    expect(exposuresIn({ 'service.ts': service }).map((one) => one.kind)).toEqual(kinds)
  })
})

describe('what cannot be followed, beside a name of the request', () => {
  it.each<readonly [string, Exposure['kind']]>([
    ['{ id: key, name }', 'unreached'],
    ['{ projectId: key, name }', 'unreached'],
    ['{ note: key, name }', 'certain'],
  ])('%s', (where, kind) => {
    const service = `${prisma}export const taskOf = (key, name) => prisma.task.findFirst({ where: ${where} })\n`
    const body = 'return taskOf(kept.current.key, params.name)'
    const files = {
      'service.ts': service,
      'app/route.ts': route(body, `import { taskOf } from '../service'`),
    }
    expect(exposuresIn(files)).toMatchObject([{ kind }])
  })
})

describe('the nonce of a callback', () => {
  it.each<readonly [string, Exposure['kind'], string]>([
    ['names its row', 'derived', 'id: String(request.query.state)'],
    ['describes rows', 'certain', 'state: String(request.query.state)'],
    ['is no nonce under another name', 'certain', 'id: String(request.query.status)'],
  ])('%s: %s', (_, kind, where) => {
    const service = `${prisma}export async function callback(request, response) {
  const session = request.session
  return prisma.project.findFirst({ where: { ${where} } })
}\n`
    expect(exposuresIn({ 'service.ts': service })[0]!.kind).toBe(kind)
  })
})

describe('who asks for all rows', () => {
  const service = `${prisma}export const projects = () => prisma.project.findMany({ where: { archived: false } })\n`
  it.each<readonly [string, Exposure['kind'], string]>([
    ['somebody whose rights are asked for', 'likely', "new PermissionChecker(req).mustHave('read')"],
    ['anybody', 'unreached', "new PermissionChecker(rules).mustHave('read')"],
    ['anybody whose request is only noted', 'unreached', 'new RequestLog(req).write()'],
  ])('%s: %s', (_, kind, check) => {
    const handler = `import { projects } from '../service'
export default async (req, res) => { ${check}; res.json(await projects()) }\n`
    expect(exposuresIn({ 'service.ts': service, 'app/list.ts': handler })).toMatchObject([{ kind }])
  })
})

describe('a method that is named like one of the library', () => {
  const service = `${prisma}export class ProjectRepository { findMany() { return prisma.project.findMany({ where: { archived: false } }) } }\n`
  it.each<readonly [string, Exposure['kind'], string]>([
    ['is called by what may be its class', 'likely', 'req.repositories.projects.findMany()'],
    [
      'is not called by a query of another relation',
      'unreached',
      'prisma.task.findMany({ where: { id: 1 } })',
    ],
  ])('%s: %s', (_, kind, call) => {
    const handler = `${prisma}export default async (req, res) => { new PermissionChecker(req).mustHave('read'); res.json(await ${call}) }\n`
    expect(exposuresIn({ 'service.ts': service, 'app/list.ts': handler })).toMatchObject([{ kind }])
  })
})

describe('a whole filter that is not in sight', () => {
  const handler = (options: string): string => `${prisma}import { parse } from './parse'
export default async (req, res) => { new PermissionChecker(req).mustHave('read')
  const made = parse(req)
  res.json(await prisma.project.findMany(${options})) }\n`
  it.each<readonly [string, Exposure['kind'], string]>([
    ['may hold the tenant', 'unreached', '{ ...(made.where ? { where: made.where } : {}) }'],
    ['that is in sight holds none', 'likely', '{ ...(made.where ? { where: { archived: false } } : {}) }'],
    ['is no part of what sorts', 'likely', '{ ...(made.order ? { orderBy: made.order } : {}) }'],
  ])('%s: %s', (_, kind, options) => {
    expect(exposuresIn({ 'service.ts': handler(options) })).toMatchObject([{ kind }])
  })
})
