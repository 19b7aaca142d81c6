import type { Exposure } from '../../rules/query/reach/exposure.ts'
import { exposuresOf, prisma, teamsWith } from './exposures.ts'

/** Teams with members, their projects, and people who are in several teams. */
const tenancy = teamsWith(
  {
    teams: {
      root: 'id',
      model: 'Team',
      relationFields: { members: { to: 'memberships', many: true, on: [['id', 'teamId']] } },
    },
    projects: {
      owned: 'teamId',
      model: 'Project',
      relationFields: {
        person: { to: 'people', many: false, on: [['personId', 'id']] },
        team: { to: 'teams', many: false, on: [['teamId', 'id']] },
        helpers: { to: 'memberships', many: true, on: [['helperId', 'userId']] },
      },
    },
    tasks: { ownedThrough: ['projectId', 'projects'], model: 'Task' },
    memberships: { owned: 'teamId', model: 'Membership' },
    grants: { ownedThrough: ['projectId', 'projects'] },
    people: {
      global: 'identities',
      model: 'Person',
      relationFields: { projects: { to: 'projects', many: true, on: [['id', 'personId']] } },
    },
  },
  { tenantless: [{ files: ['jobs/**'], reason: 'jobs over all teams' }] },
)

export const exposuresIn = (files: Readonly<Record<string, string>>): readonly Exposure[] =>
  exposuresOf(files, tenancy)

/** A service whose query is found by its id alone. */
export const byId = `${prisma}export const getProject = (id: string) => prisma.project.findUnique({ where: { id } })\n`

/** A handler in another file that does `body` with the session and the request in scope. */
export const route = (
  body: string,
  imports = `import { getProject } from '../service'`,
): string => `${imports}
import { assertAccess, loadProject, findMember, track } from './elsewhere'
export async function GET(request, { params }) {
  const session = await getSession(request)
  ${body}
}
`
