import * as parser from '@typescript-eslint/parser'
import { Linter } from 'eslint'
import watertight from '../../../rules/index.ts'
import type { TenancyFile } from '../../../rules/tenancy/tenancy.ts'

/** Projects of teams, tasks of projects, under the names that each library has for them. */
export function tenancyFor(library: string): TenancyFile {
  const plural = library === 'Drizzle'
  return {
    tenantRoot: 'teams',
    tenantColumns: ['team_id'],
    relations: {
      teams: { root: 'id', model: plural ? 'teams' : 'Team' },
      projects: {
        owned: 'team_id',
        model: plural ? 'projects' : 'Project',
        properties: { teamId: 'team_id' },
        relationFields: { tasks: { to: 'tasks', many: true, on: [['id', 'project_id']] } },
      },
      tasks: {
        ownedThrough: ['project_id', 'projects'],
        model: plural ? 'tasks' : 'Task',
        properties: { projectId: 'project_id' },
        relationFields: { project: { to: 'projects', many: false, on: [['project_id', 'id']] } },
      },
      memberships: {
        owned: 'team_id',
        model: plural ? 'memberships' : 'Membership',
        properties: { teamId: 'team_id', userId: 'user_id' },
      },
    },
    trusted: ['request.session.teamId'],
    guards: { teamProcedure: ['input.teamId'], projectProcedure: ['input.projectId'] },
    tenantless: [{ files: ['jobs/**'], reason: 'jobs over all teams' }],
    rowLevelSecurity: 'none',
  }
}

/** The rules that the shipped preset `recommended` reports, in source order. */
export function reportedIn(code: string, library: string, filename = 'src/routes.ts'): readonly string[] {
  const messages = new Linter().verify(
    code,
    [
      { files: ['**/*.ts'], languageOptions: { parser } },
      ...watertight.configs.recommended,
      { settings: { watertight: { tenancy: tenancyFor(library) } } },
    ] as Linter.Config[],
    { filename },
  )
  return messages.map(({ ruleId, message }) => ruleId?.replace('watertight/', '') ?? message)
}
