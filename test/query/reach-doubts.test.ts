import { describe, expect, it } from 'vitest'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import { exposureKinds, teamsWith, prisma } from '../support/exposures.ts'

const tenancy = teamsWith({ projects: { owned: 'teamId', model: 'Project' } })

const kindsOf = (body: string): readonly Exposure['kind'][] => {
  const files = {
    'service.ts': `${prisma}export const getProject = (id: string) => prisma.project.findUnique({ where: { id } })\n`,
    'app/known.ts': 'export const touched = (id) => { counter += 1 }\n',
    'app/route.ts': `import { getProject } from '../service'
import { touched } from './known'
import { gate } from '@acme/gate'
export async function GET(request, { params }, services) {
  const session = await getSession(request)
  ${body}
}
`,
  }
  return exposureKinds(files, tenancy)
}

describe('a call that is handed the value and could not be read', () => {
  it.each<readonly [string, Exposure['kind'], string]>([
    [
      'may refuse it',
      'likely',
      'await services.policies.examine(session, params.id); return getProject(params.id)',
    ],
    ['of a package', 'likely', 'await gate(session, params.id); return getProject(params.id)'],
    [
      'is asked',
      'likely',
      'const ok = await gate(session, params.id); if (!ok) return; return getProject(params.id)',
    ],
    ['is not asked', 'certain', 'const seen = await gate(session, params.id); return getProject(params.id)'],
    ['of another value', 'certain', 'await gate(session, params.other); return getProject(params.id)'],
    [
      'only at times',
      'certain',
      'if (params.strict) await gate(session, params.id); return getProject(params.id)',
    ],
    [
      'after the read',
      'certain',
      'const row = await getProject(params.id); await gate(session, params.id); return row',
    ],
    ['can be read', 'certain', 'touched(params.id); return getProject(params.id)'],
    [
      'only tells of it',
      'certain',
      'logger.log(params.id); await track(params.id); return getProject(params.id)',
    ],
    [
      'only looks at its form',
      'certain',
      "if (!params.id.startsWith('p')) return; return getProject(params.id)",
    ],
    [
      'asks a list that is the same for all',
      'certain',
      'if (RESERVED_IDS.includes(params.id)) return; return getProject(params.id)',
    ],
    [
      'asks a list that may be the tenant’s',
      'likely',
      'if (!session.projectIds.includes(params.id)) return; return getProject(params.id)',
    ],
    [
      'finds out who is logged in',
      'certain',
      'const s = await getServerSession({ params }, options); if (!s) return; return getProject(params.id)',
    ],
    ['is of the language', 'certain', 'if (!Number(params.id)) return; return getProject(params.id)'],
  ])('%s: %s', (_, kind, body) => {
    expect(kindsOf(body)).toEqual([kind])
  })
})

describe('a row that must name whoever asks', () => {
  const reading = (body: string): string => `${prisma}export async function GET(request, { params }) {
  const session = await getSession(request)
  const project = await prisma.project.findUnique({ where: { id: params.id } })
  ${body}
  return project
}\n`
  it.each<readonly [string, Exposure['kind'], string]>([
    ['compared', 'likely', 'if (!project || project.ownerId !== session.user.id) throw new Error()'],
    ['only told', 'certain', 'if (project.ownerId !== session.user.id) warn()'],
    [
      'with somebody whom the request names',
      'certain',
      'if (project.ownerId !== params.userId) throw new Error()',
    ],
    ['in a column that names nobody', 'certain', 'if (project.title !== session.user.id) throw new Error()'],
    ['the other way round', 'certain', 'if (project.ownerId === session.user.id) throw new Error()'],
    [
      'and something else',
      'certain',
      'if (params.strict && project.ownerId !== session.user.id) throw new Error()',
    ],
  ])('%s: %s', (_, kind, body) => {
    expect(exposureKinds({ 'service.ts': reading(body) }, tenancy)).toEqual([kind])
  })
})
