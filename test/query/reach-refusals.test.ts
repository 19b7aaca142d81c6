import { describe, expect, it } from 'vitest'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { exposuresOf } from '../support/exposures.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'teams',
  tenantColumns: ['teamId', 'workspaceId'],
  relations: {
    teams: { root: 'id', model: 'Team' },
    workspaces: { owned: 'teamId', model: 'Workspace' },
    projects: { owned: 'teamId', model: 'Project' },
  },
  trusted: ['session.teamId'],
}

const prisma = `import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\n`
const handler = (body: string): string =>
  `${prisma}export async function POST(request, { params }) {\n  const session = await getSession(request)\n  const body = await request.json()\n  ${body}\n}\n`
const kindsOf = (service: string): readonly Exposure['kind'][] =>
  exposuresOf({ 'service.ts': service }, tenancy).map(({ kind }) => kind)

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
  ])('%s: %s', (_, kind, body) => {
    expect(kindsOf(handler(body))).toEqual([kind])
  })
})

describe('a secret of the deployment', () => {
  const read = 'return prisma.project.findUnique({ where: { id: body.id } })'
  const refuse = "return Response.json({ error: 'no' })"
  it.each<readonly [string, Exposure['kind'], string]>([
    [
      'that the request must know',
      'guarded',
      `if (request.headers.get('x-secret') !== process.env.CRON_SECRET) ${refuse}`,
    ],
    [
      'in a template',
      'guarded',
      "if (request.headers.get('authorization') !== `Bearer ${process.env.CRON_SECRET}`) throw new Error()",
    ],
    ['or else', 'guarded', `if (!body.id || body.secret !== process.env.API_TOKEN) ${refuse}`],
    ['only at times', 'certain', `if (body.strict && body.secret !== process.env.API_TOKEN) ${refuse}`],
    ['and nothing leaves', 'certain', "if (body.secret !== process.env.API_TOKEN) console.log('no')"],
    ['the wrong way round', 'certain', `if (body.secret === process.env.API_TOKEN) ${refuse}`],
    ['that is none', 'certain', `if (body.mode !== process.env.NODE_ENV) ${refuse}`],
    ['that everybody knows', 'certain', `if (body.key !== process.env.NEXT_PUBLIC_KEY) ${refuse}`],
    ['beside a constant', 'certain', `if ('none' !== process.env.API_TOKEN) ${refuse}`],
  ])('%s: %s', (_, kind, check) => {
    expect(kindsOf(handler(`${check}; ${read}`))).toEqual([kind])
  })
})

describe('a level of tenants that is picked by its own key, with a tenant in scope', () => {
  it.each<readonly [string, Exposure['kind'], string]>([
    [
      'called so',
      'unreached',
      'const parsedWorkspaceId = parsed(workspaceId); return prisma.workspace.update({ where: { id: parsedWorkspaceId }, data: {} })',
    ],
    ['called otherwise', 'likely', 'return prisma.workspace.update({ where: { id: chosen() }, data: {} })'],
    [
      'and is no level of tenants',
      'likely',
      'return prisma.project.update({ where: { id: workspaceIdOf(chosen()) }, data: {} })',
    ],
  ])('%s: %s', (_, kind, body) => {
    expect(kindsOf(`${prisma}export const rename = async (workspaceId: string) => { ${body} }\n`)).toEqual([
      kind,
    ])
  })
})
