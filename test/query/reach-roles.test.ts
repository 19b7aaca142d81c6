import { describe, expect, it } from 'vitest'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import { reachText } from '../../rules/query/reach/reach-text.ts'
import { exposureKinds, exposuresOf, teamsWith } from '../support/exposures.ts'

const tenancy = teamsWith({
  projects: { owned: 'teamId', model: 'Project' },
  memberships: { owned: 'teamId', model: 'Membership' },
})

const service = `import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export const getProject = (id: string) => prisma.project.findUnique({ where: { id } })
`

const route = (check: string): string => `import { getProject } from '../service'
import { assertProjectAccess, canOpen } from './access'
export async function GET(request, { params }) {
  const session = await getSession(request)
  ${check}
  return getProject(params.id)
}
`

const kindOf = (access: string, check: string): readonly Exposure['kind'][] => {
  const files = { 'service.ts': service, 'app/access.ts': access, 'app/route.ts': route(check) }
  return exposureKinds(files, tenancy)
}

const asserting = (body: string): string => `export async function assertProjectAccess(session, id) {
  const member = await findMember(session.userId, session.teamId)
  ${body}
}
`

describe('what is said of a check that a whole role passes', () => {
  const said = (body: string, check = 'await assertProjectAccess(session, params.id)'): string => {
    const files = {
      'service.ts': service,
      'app/access.ts': asserting(body),
      'app/route.ts': route(check),
    }
    return exposuresOf(files, tenancy).map(reachText).join()
  }
  it('names the check', () => {
    expect(
      said("if (member.role !== 'owner') { if (!member.projects.includes(id)) throw new Error('no') }"),
    ).toMatch(
      /^ Certain: the request chooses `.*id`, and `assertProjectAccess` lets whole roles pass before it looks \(/,
    )
  })
  it('is nothing where there is none', () => {
    expect(said('', 'await track(params.id)')).toMatch(/^ Certain: the request chooses `.*id` \(/)
  })
})

describe('a check that a whole role of the tenant passes', () => {
  it.each<readonly [string, Exposure['kind'], string]>([
    [
      'only others are looked at',
      'certain',
      "if (member.role !== 'owner' && member.role !== 'admin') { if (!member.projects.includes(id)) throw new Error('no') }",
    ],
    [
      'everybody is looked at, and others for more',
      'guarded',
      "if (!(await findProject(id, session.teamId))) throw new Error('no'); if (member.role !== 'owner') { if (!member.projects.includes(id)) throw new Error('no') }",
    ],
    [
      'left early',
      'certain',
      "if (member.role === 'owner') return; if (!member.projects.includes(id)) throw new Error('no')",
    ],
    [
      'whoever owns it is let in, and of others those of a role',
      'certain',
      "if (id === member.projectId) return; if (member.role !== 'owner') throw new Error('no')",
    ],
    [
      'whoever owns it is let in, and of others those of a role by another name',
      'certain',
      "if (id === member.projectId) return; if (!isTeamAdmin(member)) throw new Error('no')",
    ],
    [
      'whoever owns it is let in, and of others nobody',
      'guarded',
      "if (id === member.projectId) return; throw new Error('no')",
    ],
    [
      'whoever owns it is let in, and of others those who run the service',
      'guarded',
      "if (id === member.projectId) return; if (!isSuperAdmin(member.role)) throw new Error('no')",
    ],
    [
      'turned away early',
      'guarded',
      "if (member.role === 'owner') throw new Error('no'); if (!member.projects.includes(id)) throw new Error('no')",
    ],
    [
      'under a name',
      'certain',
      "const isPrivileged = ['owner', 'admin'].includes(member.role); if (!isPrivileged && !member.projects.includes(id)) throw new Error('no')",
    ],
    [
      'under a name that asks for another thing',
      'guarded',
      "const isPrivileged = ids.includes(id); if (!isPrivileged) throw new Error('no')",
    ],
    [
      'the row is read for all, and its tenant compared for others',
      'certain',
      "const project = await findProjectById(id); if (member.role !== 'owner') { if (project.teamId !== member.teamId) throw new Error('no') }",
    ],
    [
      'the row is read for all, and its tenant compared for all',
      'guarded',
      "const project = await findProjectById(id); if (project.teamId !== member.teamId) throw new Error('no'); if (member.role !== 'owner') { if (!member.projects.includes(id)) throw new Error('no') }",
    ],
    [
      'the membership is that in the tenant of the row',
      'guarded',
      "const project = await findProjectById(id); const owner = await findMember(session.userId, project.teamId); if (owner.role !== 'owner') { if (!owner.projects.includes(id)) throw new Error('no') }",
    ],
    [
      'only where the id is there, and only others',
      'certain',
      "if (!id) throw new Error('no'); if (id && member.role !== 'owner' && !member.projects.includes(id)) throw new Error('no')",
    ],
    [
      'only told of, for all',
      'certain',
      "if (member.role !== Role.OWNER) { if (!member.projects.includes(id)) throw new Error('no') } await track('opened', id)",
    ],
    [
      'those who run the service',
      'guarded',
      "if (session.user.role !== 'superadmin') { if (!member.projects.includes(id)) throw new Error('no') }",
    ],
    [
      'a role of a user, who may run the service',
      'guarded',
      "if (session.user.role !== 'admin') { if (!member.projects.includes(id)) throw new Error('no') }",
    ],
    [
      'a role that may do little',
      'guarded',
      "if (member.role !== 'guest') { if (!member.projects.includes(id)) throw new Error('no') }",
    ],
  ])('%s: %s', (_, kind, body) => {
    expect(kindOf(asserting(body), 'await assertProjectAccess(session, params.id)')).toEqual([kind])
  })

  it.each<readonly [string, Exposure['kind'], string]>([
    ['or it is one of theirs', 'certain', "return member.role === 'owner' || member.projects.includes(id)"],
    ['and it is one of theirs', 'guarded', "return member.role === 'owner' && member.projects.includes(id)"],
    ['else', 'certain', "return member.role === 'owner' ? true : member.projects.includes(id)"],
    [
      'in either case',
      'guarded',
      'return member.role === "owner" ? member.owned.includes(id) : member.projects.includes(id)',
    ],
  ])('a question, %s: %s', (_, kind, body) => {
    const access = `export async function canOpen({ session, projectId: id }) {
  const member = await findMember(session.userId, session.teamId)
  ${body}
}
`
    const check = 'if (!(await canOpen({ session, projectId: params.id }))) return'
    expect(kindOf(access, check)).toEqual([kind])
  })

  it.each<readonly [string, Exposure['kind'], string]>([
    ['for the row', 'certain', 'await assertProjectAccess(session, project.id)'],
    [
      'for the row, then its tenant',
      'guarded',
      'await assertProjectAccess(session, project.id); if (project.teamId !== session.teamId) throw new Error()',
    ],
  ])('%s: %s', (_, kind, check) => {
    const access = asserting(
      "if (member.role !== 'owner' && !member.projects.includes(id)) throw new Error('no')",
    )
    const files = {
      'service.ts': service,
      'app/access.ts': access,
      'app/route.ts': `import { getProject } from '../service'
import { assertProjectAccess } from './access'
export async function GET(request, { params }) {
  const session = await getSession(request)
  const project = await getProject(params.id)
  ${check}
  return project
}
`,
    }
    expect(exposureKinds(files, tenancy)).toEqual([kind])
  })
})
