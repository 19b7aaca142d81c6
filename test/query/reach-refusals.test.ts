import { describe, expect, it } from 'vitest'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import { exposureKinds, teamsWith, prisma } from '../support/exposures.ts'

const tenancy = teamsWith(
  { workspaces: { owned: 'teamId', model: 'Workspace' }, projects: { owned: 'teamId', model: 'Project' } },
  { tenantColumns: ['teamId', 'workspaceId'] },
)

const handler = (body: string): string =>
  `${prisma}export async function POST(request, { params }) {\n  const session = await getSession(request)\n  const body = await request.json()\n  ${body}\n}\n`
const kindsOf = (service: string): readonly Exposure['kind'][] =>
  exposureKinds({ 'service.ts': service }, tenancy)

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
