import type { Frame, Shape } from './shapes.ts'

const filter = 'require-tenant-filter'

/** A procedure behind one of those that the tenancy model names, or behind another. */
const procedure =
  (name: string): Frame =>
  (body) => `export const projectRouter = router({
  one: ${name}.input(schema).query(async ({ input, ctx }) => {
    ${body}
  }),
})`

/** A route with a guard before its handler. */
const guarded =
  (guard: string): Frame =>
  (body) => `app.get('/teams/:teamId/projects/:projectId', ${guard}, async (request, reply) => {
  const { user } = request.session
  ${body}
})`

/** What runs without a request. */
const job =
  (comment: string): Frame =>
  (body) => `${comment}
export async function remind(context) {
  const { session } = context
  ${body}
}`

const annotation = '// watertight-tenantless reason="nightly reminders of all teams"'

/** Shapes whose proof stands outside the function that queries. */
export const framedShapes: readonly Shape[] = [
  {
    shape: 'guard of a procedure, of the team',
    frame: procedure('teamProcedure'),
    body: (d) => `return ${d.projectsOf('input.teamId')}`,
    counterfeits: [
      {
        of: 'a procedure that guards nothing',
        frame: procedure('publicProcedure'),
        body: (d) => `return ${d.projectsOf('input.teamId')}`,
        rules: ['no-untrusted-tenant-id'],
      },
      {
        of: 'the input that the guard proves is not the one of the query',
        body: (d) => `return ${d.project('input.projectId')}`,
        rules: [filter],
      },
    ],
  },
  {
    shape: 'guard of a procedure, of the row',
    frame: procedure('projectProcedure'),
    body: (d) => `return ${d.project('input.projectId')}`,
    counterfeits: [
      {
        of: 'the query is by the id of another row',
        body: (d) => `return ${d.project('input.otherId')}`,
        rules: [filter],
      },
    ],
  },
  {
    shape: 'guard of middleware',
    frame: guarded("requireProjectAccess('projectId')"),
    body: (d) => `return ${d.project('request.params.projectId')}`,
    counterfeits: [
      {
        of: 'the guard is for the parent of the path',
        frame: guarded("requireTeamAccess('teamId')"),
        body: (d) => `return ${d.project('request.params.projectId')}`,
        rules: [filter],
      },
      {
        of: 'the guard is for another value than the one of the query',
        body: (d) => `return ${d.project('request.query.copyOf')}`,
        rules: [filter],
      },
    ],
  },
  {
    shape: 'without a tenant by design, named by path',
    frame: job(''),
    filename: 'jobs/remind.ts',
    body: (d) => `return ${d.projectsIn('context.ids')}`,
    counterfeits: [
      {
        of: 'another path',
        filename: 'src/remind.ts',
        body: (d) => `return ${d.projectsIn('context.params.ids')}`,
        rules: [filter],
      },
    ],
  },
  {
    shape: 'without a tenant by design, named by annotation',
    frame: job(annotation),
    body: (d) => `return ${d.projectsIn('context.params.ids')}`,
    counterfeits: [
      {
        of: 'no annotation',
        frame: job('// reminders of all teams'),
        body: (d) => `return ${d.projectsIn('context.params.ids')}`,
        rules: [filter],
      },
      {
        of: 'an annotation without a reason',
        frame: job('// watertight-tenantless'),
        body: (d) => `return ${d.projectsIn('context.params.ids')}`,
        rules: ['no-invalid-ignore', filter],
      },
    ],
  },
]
